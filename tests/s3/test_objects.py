"""What boto3 of today says and hears: checksums in every form, conditions, copies, batches."""

import base64
import hashlib
import io
import os
import zlib

import pytest
from botocore.exceptions import ClientError

MIB = 1 << 20


def refused(call, status, code=None):
    with pytest.raises(ClientError) as caught:
        call()
    answer = caught.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == status, answer
    if code:
        assert answer["Error"]["Code"] == code, answer
    return answer


def crc32(data):
    return base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
@pytest.mark.parametrize("size", [0, 1, 65536, 65537, 3 * MIB + 1])
def test_checksums_are_kept_and_shown(s3, bucket, algorithm, size):
    body = os.urandom(size)
    put = s3.put_object(Bucket=bucket, Key="k", Body=body, ChecksumAlgorithm=algorithm)
    shown = s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    name = f"Checksum{algorithm}"
    assert put[name] == shown[name] and shown["ChecksumType"] == "FULL_OBJECT"
    assert s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")["Body"].read() == body
    assert put["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'


def test_a_stream_of_unknown_checksum_goes_with_a_trailer(s3, bucket):
    body = os.urandom(5 * MIB + 3)
    put = s3.put_object(Bucket=bucket, Key="k", Body=io.BytesIO(body), ChecksumAlgorithm="CRC32")
    assert put["ChecksumCRC32"] == crc32(body)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == body


def test_without_a_checksum_there_is_crc64nvme(server, bucket):
    client = server.boto(request_checksum_calculation="when_required")
    put = client.put_object(Bucket=bucket, Key="k", Body=b"123456789")
    assert put["ChecksumCRC64NVME"] == "rosUhgp5mIg=", "the check value of CRC-64/NVME"
    assert client.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")["ChecksumCRC64NVME"] == "rosUhgp5mIg="


def test_a_wrong_checksum_changes_nothing(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"old")
    refused(lambda: s3.put_object(Bucket=bucket, Key="k", Body=b"new", ChecksumCRC32=crc32(b"other")), 400, "BadDigest")
    refused(lambda: s3.put_object(Bucket=bucket, Key="k", Body=b"new",
                                  ContentMD5=base64.b64encode(hashlib.md5(b"other").digest()).decode()), 400, "BadDigest")
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"old"


def test_ranges_carry_no_checksum_of_the_whole(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
    got = s3.get_object(Bucket=bucket, Key="k", Range="bytes=2-4", ChecksumMode="ENABLED")
    assert got["Body"].read() == b"234" and got["ContentRange"] == "bytes 2-4/10"
    assert not any(k.startswith("Checksum") for k in got)


@pytest.mark.parametrize("algorithm,kind", [(None, "FULL_OBJECT"), ("CRC32", "COMPOSITE"), ("CRC32", "FULL_OBJECT"),
                                            ("SHA256", "COMPOSITE"), ("CRC64NVME", "FULL_OBJECT")])
def test_multipart_checksums(s3, server, bucket, algorithm, kind):
    client = server.boto(request_checksum_calculation="when_required") if algorithm in (None, "CRC64NVME") else s3
    asked = {"ChecksumAlgorithm": algorithm, "ChecksumType": kind} if algorithm else {}
    upload = client.create_multipart_upload(Bucket=bucket, Key="k", **asked)
    assert upload.get("ChecksumAlgorithm") == algorithm
    bodies, parts = [os.urandom(5 * MIB), os.urandom(77)], []
    for number, body in enumerate(bodies, 1):
        with_algorithm = {"ChecksumAlgorithm": algorithm} if algorithm in ("CRC32", "SHA256") else {}
        part = client.upload_part(Bucket=bucket, Key="k", UploadId=upload["UploadId"], PartNumber=number, Body=body,
                                  **with_algorithm)
        parts.append({"PartNumber": number, "ETag": part["ETag"],
                      **{k: v for k, v in part.items() if k.startswith("Checksum")}})
    listed = client.list_parts(Bucket=bucket, Key="k", UploadId=upload["UploadId"])
    assert listed["ChecksumType"] == kind and len(listed["Parts"]) == 2
    done = client.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload["UploadId"],
                                            MultipartUpload={"Parts": parts})
    name = f"Checksum{algorithm or 'CRC64NVME'}"
    assert done[name].endswith("-2") == (kind == "COMPOSITE") and done["ChecksumType"] == kind
    shown = client.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert shown[name] == done[name] and shown["Body"].read() == b"".join(bodies)
    if algorithm == "CRC32" and kind == "FULL_OBJECT":
        assert done[name] == crc32(b"".join(bodies))


def test_parts_of_an_upload_without_an_algorithm_may_have_any(s3, bucket):
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    part = s3.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=1, Body=b"x", ChecksumAlgorithm="SHA1")
    s3.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload, MultipartUpload={
        "Parts": [{"PartNumber": 1, "ETag": part["ETag"], "ChecksumSHA1": part["ChecksumSHA1"]}]})
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"


def test_conditional_writes(s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"1", IfNoneMatch="*")["ETag"]
    refused(lambda: s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfNoneMatch="*"), 412, "PreconditionFailed")
    refused(lambda: s3.put_object(Bucket=bucket, Key="none", Body=b"2", IfMatch=etag), 404, "NoSuchKey")
    refused(lambda: s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfMatch='"0"'), 412)
    s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfMatch=etag)
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    part = s3.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=1, Body=b"3")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    refused(lambda: s3.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload, MultipartUpload=parts,
                                                 IfNoneMatch="*"), 412)
    refused(lambda: s3.delete_object(Bucket=bucket, Key="k", IfMatch=etag), 412)
    s3.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload, MultipartUpload=parts)
    s3.delete_object(Bucket=bucket, Key="k", IfMatch="*")
    refused(lambda: s3.head_object(Bucket=bucket, Key="k"), 404)


def test_batch_deletes_in_every_form(s3, bucket):
    for n in range(30):
        s3.put_object(Bucket=bucket, Key=f"k{n}", Body=b"")
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": f"k{n}"} for n in range(10)]})
    assert len(answer["Deleted"]) == 10
    answer = s3.delete_objects(Bucket=bucket, Delete={"Quiet": True, "Objects": [{"Key": f"k{n}"} for n in range(10, 20)]})
    assert "Deleted" not in answer and "Errors" not in answer
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": [
        {"Key": "k20", "ETag": '"0"'}, {"Key": "k21", "VersionId": "null"}, {"Key": "k22", "VersionId": "no-such-version"}]})
    assert [e["Key"] for e in answer["Errors"]] == ["k20"] and answer["Errors"][0]["Code"] == "PreconditionFailed"
    assert [i["Key"] for i in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["k20"] + [f"k{n}" for n in range(22, 30)]


def test_copies_keep_or_replace(s3, bucket):
    s3.put_object(Bucket=bucket, Key="a", Body=b"x" * 100_000, Metadata={"m": "1"}, ContentType="text/x",
                  ChecksumAlgorithm="SHA256")
    copied = s3.copy_object(Bucket=bucket, Key="b ü", CopySource={"Bucket": bucket, "Key": "a"})["CopyObjectResult"]
    assert copied["ETag"] == s3.head_object(Bucket=bucket, Key="a")["ETag"] and "ChecksumSHA256" in copied
    head = s3.head_object(Bucket=bucket, Key="b ü")
    assert head["Metadata"] == {"m": "1"} and head["ContentType"] == "text/x"
    s3.copy_object(Bucket=bucket, Key="c", CopySource={"Bucket": bucket, "Key": "b ü"}, MetadataDirective="REPLACE",
                   Metadata={"n": "2"}, ChecksumAlgorithm="CRC32")
    head = s3.head_object(Bucket=bucket, Key="c", ChecksumMode="ENABLED")
    assert head["Metadata"] == {"n": "2"} and head["ChecksumCRC32"] == crc32(b"x" * 100_000)
    refused(lambda: s3.copy_object(Bucket=bucket, Key="a", CopySource={"Bucket": bucket, "Key": "a"}), 400, "InvalidRequest")


def test_metadata_in_other_scripts_and_odd_shapes(s3, bucket):
    metadata = {"plain": "value", "empty": "", "spaces": "a  b", "symbols": "=;:,\"'<>&"}
    s3.put_object(Bucket=bucket, Key="k", Body=b"", Metadata=metadata)
    assert s3.head_object(Bucket=bucket, Key="k")["Metadata"] == metadata
    refused(lambda: s3.put_object(Bucket=bucket, Key="k", Body=b"", Metadata={"m": "x" * 2100}), 400, "MetadataTooLarge")


def test_buckets_are_listed_by_page_and_prefix(s3, bucket):
    assert bucket in [b["Name"] for b in s3.list_buckets(Prefix=bucket)["Buckets"]]
    first = s3.list_buckets(MaxBuckets=1)
    assert len(first["Buckets"]) == 1
    names = {b["Name"] for page in s3.get_paginator("list_buckets").paginate(PaginationConfig={"PageSize": 1})
             for b in page["Buckets"]}
    assert bucket in names
