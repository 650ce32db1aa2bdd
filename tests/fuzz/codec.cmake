cairn_fuzz(shard_header DEPS cairn_codec)
