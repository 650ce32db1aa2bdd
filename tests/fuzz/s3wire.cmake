cairn_fuzz(sigv4 DEPS cairn_s3wire)
cairn_fuzz(aws_chunked DEPS cairn_s3wire)
cairn_fuzz(s3_xml DEPS cairn_s3wire)
cairn_fuzz(s3_route DEPS cairn_s3wire)
