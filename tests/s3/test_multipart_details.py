"""Uploads in parts, in detail: sending parts again, lists of parts that are wrong, copied ranges, reading by part, checksums.

"Uploading and copying objects using multipart upload" in the user guide and the pages of the operations in the API reference.
"""

import base64
import hashlib
import time
import zlib

import pytest

from helpers import data
from helpers.expect import code_of, refusal
from helpers.shards import shard_files

PART = 5 << 20


def begin(s3, bucket, key="k", **options):
    return s3.create_multipart_upload(Bucket=bucket, Key=key, **options)["UploadId"]


def send(s3, bucket, upload, number, body, key="k", **options):
    """A part as CompleteMultipartUpload wants it."""
    answer = s3.upload_part(Bucket=bucket, Key=key, UploadId=upload, PartNumber=number, Body=body, **options)
    return {"PartNumber": number, "ETag": answer["ETag"], **{k: v for k, v in answer.items() if k.startswith("ChecksumS")}}


def complete(s3, bucket, upload, parts, key="k", **options):
    return s3.complete_multipart_upload(Bucket=bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": parts}, **options)


def crc32(body):
    return base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()


@pytest.fixture(scope="module")
def bodies():
    return [data.body("one", PART), data.body("two", PART + 1), b"the end"]


@pytest.fixture
def large(s3, bucket, bodies):
    """An object in three parts: (bucket, ETag)."""
    upload = begin(s3, bucket, "large", ChecksumAlgorithm="SHA256")
    parts = [send(s3, bucket, upload, n, body, "large", ChecksumAlgorithm="SHA256") for n, body in enumerate(bodies, 1)]
    return bucket, complete(s3, bucket, upload, parts, "large")["ETag"]


def test_a_part_that_is_sent_again_replaces_the_first(s3, bucket):
    upload = begin(s3, bucket)
    first = send(s3, bucket, upload, 1, b"first")
    again = send(s3, bucket, upload, 1, b"again, longer")
    listed = s3.list_parts(Bucket=bucket, Key="k", UploadId=upload)["Parts"]
    assert [(p["ETag"], p["Size"]) for p in listed] == [(again["ETag"], 13)]
    assert refusal(complete, s3, bucket, upload, [first]) == (400, "InvalidPart")
    complete(s3, bucket, upload, [again])
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"again, longer"


def test_of_a_part_that_is_named_twice_the_last_counts(s3, bucket):
    upload = begin(s3, bucket)
    old = send(s3, bucket, upload, 1, b"old")
    new = send(s3, bucket, upload, 1, b"new")
    complete(s3, bucket, upload, [old, new])
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"new"


def test_lists_of_parts_that_are_wrong(s3, raw, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"old")
    upload = begin(s3, bucket)
    one, two = send(s3, bucket, upload, 1, b"small"), send(s3, bucket, upload, 2, b"last")
    for parts, expected in (
            ([one, two], "EntityTooSmall"), ([two, one], "InvalidPartOrder"), ([{**one, "ETag": two["ETag"]}], "InvalidPart"),
            ([{**one, "PartNumber": 3}], "InvalidPart"), ([{**one, "PartNumber": 10001}], None), ([{**one, "PartNumber": 0}], None),
            ([], "MalformedXML")):
        status, code = refusal(complete, s3, bucket, upload, parts)
        assert status == 400 and (code == expected or expected is None), (parts, code)
    for body in (b"", b"<CompleteMultipartUpload>", b"<Other/>", b"<CompleteMultipartUpload><Part/></CompleteMultipartUpload>"):
        answer = raw.send("POST", f"/{bucket}/k", query={"uploadId": upload}, body=body)
        assert (answer.status, answer.code) == (400, "MalformedXML"), answer
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"old"
    assert len(s3.list_parts(Bucket=bucket, Key="k", UploadId=upload)["Parts"]) == 2


def test_uploads_that_are_none(s3, bucket):
    upload = begin(s3, bucket)
    part = send(s3, bucket, upload, 1, b"x")
    other = begin(s3, bucket, "other")
    for wrong in ("56788", "x" * 500, upload[:-1] + ("0" if upload[-1] != "0" else "1"), other):
        for call, more in ((s3.upload_part, {"PartNumber": 1, "Body": b"y"}), (s3.list_parts, {}), (s3.abort_multipart_upload, {}),
                           (s3.complete_multipart_upload, {"MultipartUpload": {"Parts": [part]}})):
            assert refusal(call, Bucket=bucket, Key="k", UploadId=wrong, **more) == (404, "NoSuchUpload"), (wrong, call)
    s3.abort_multipart_upload(Bucket=bucket, Key="k", UploadId=upload)
    assert refusal(complete, s3, bucket, upload, [part]) == (404, "NoSuchUpload")
    assert [u["Key"] for u in s3.list_multipart_uploads(Bucket=bucket)["Uploads"]] == ["other"]
    for number in (0, 10001, -1):
        assert refusal(s3.upload_part, Bucket=bucket, Key="other", UploadId=other, PartNumber=number, Body=b"x") == (
            400, "InvalidArgument")


def test_a_complete_that_is_sent_again_says_the_same(s3, bucket):
    upload = begin(s3, bucket, ChecksumAlgorithm="SHA256")
    part = send(s3, bucket, upload, 1, b"x", ChecksumAlgorithm="SHA256")
    first, again = complete(s3, bucket, upload, [part]), complete(s3, bucket, upload, [part])
    for name in ("ETag", "ChecksumSHA256", "Key", "Bucket", "Location"):
        assert first[name] == again[name]
    inner = hashlib.sha256(hashlib.sha256(b"x").digest()).digest()
    assert first["ChecksumSHA256"] == base64.b64encode(inner).decode() + "-1"
    assert first["ETag"] == f'"{hashlib.md5(hashlib.md5(b"x").digest()).hexdigest()}-1"'


def test_a_checksum_of_the_whole_has_to_be_right(s3, bucket, bodies):
    upload = begin(s3, bucket, ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
    parts = []
    for number, body in ((1, bodies[0]), (2, b"end")):
        sent = s3.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=number, Body=body, ChecksumCRC32=crc32(body))
        parts.append({"PartNumber": number, "ETag": sent["ETag"], "ChecksumCRC32": sent["ChecksumCRC32"]})
    wrong = [{**parts[0], "ChecksumCRC32": parts[1]["ChecksumCRC32"]}, parts[1]]
    assert refusal(complete, s3, bucket, upload, wrong)[0] == 400
    assert refusal(complete, s3, bucket, upload, parts, ChecksumCRC32=crc32(b"other"), ChecksumType="FULL_OBJECT") == (
        400, "BadDigest")
    assert refusal(complete, s3, bucket, upload, parts, MpuObjectSize=PART)[0] == 400
    done = complete(s3, bucket, upload, parts, ChecksumCRC32=crc32(bodies[0] + b"end"), ChecksumType="FULL_OBJECT",
                    MpuObjectSize=PART + 3)
    assert done["ChecksumCRC32"] == crc32(bodies[0] + b"end") and done["ChecksumType"] == "FULL_OBJECT"


def test_ranges_of_a_copied_part(s3, bucket):
    s3.put_object(Bucket=bucket, Key="source", Body=b"01234")
    upload = begin(s3, bucket)
    copy = dict(Bucket=bucket, Key="k", UploadId=upload, PartNumber=1, CopySource=f"{bucket}/source")
    for wrong in ("0-2", "bytes=0", "bytes=hello-world", "bytes=0-bar", "bytes=hello-", "bytes=0-2,3-5", "bytes=3-1", "bytes=-2"):
        assert refusal(s3.upload_part_copy, **copy, CopySourceRange=wrong) == (400, "InvalidArgument"), wrong
    for outside in ("bytes=0-21", "bytes=0-5", "bytes=5-5"):
        status, code = refusal(s3.upload_part_copy, **copy, CopySourceRange=outside)
        assert status in (400, 416) and code == "InvalidRange", outside
    assert "Parts" not in s3.list_parts(Bucket=bucket, Key="k", UploadId=upload)
    etag = s3.upload_part_copy(**copy, CopySourceRange="bytes=1-3")["CopyPartResult"]["ETag"]
    complete(s3, bucket, upload, [{"PartNumber": 1, "ETag": etag}])
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"123"


@pytest.mark.parametrize("key", [" ", "_", "__", "?versionId", "a%25b", "a%b", "a+b c", "ü/ö?x=1&y=2"])
def test_sources_with_odd_names_are_the_ones_meant(key, s3, bucket):
    s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    source = {"Bucket": bucket, "Key": key}
    upload = begin(s3, bucket)
    etag = s3.upload_part_copy(Bucket=bucket, Key="k", UploadId=upload, PartNumber=1, CopySource=source)["CopyPartResult"]["ETag"]
    complete(s3, bucket, upload, [{"PartNumber": 1, "ETag": etag}])
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == key.encode()
    s3.copy_object(Bucket=bucket, Key="whole", CopySource=source)
    assert s3.get_object(Bucket=bucket, Key="whole")["Body"].read() == key.encode()
    if key == "a%25b":  # decoded once, and only once
        assert code_of(s3.copy_object, Bucket=bucket, Key="x", CopySource={"Bucket": bucket, "Key": "a%b"}) == "NoSuchKey"


def test_reading_by_part(s3, large, bodies):
    bucket, etag = large
    for number, body in enumerate(bodies, 1):
        got = s3.get_object(Bucket=bucket, Key="large", PartNumber=number, ChecksumMode="ENABLED")
        start = sum(map(len, bodies[:number - 1]))
        assert got["Body"].read() == body and got["ETag"] == etag and got["PartsCount"] == 3
        assert got["ContentRange"] == f"bytes {start}-{start + len(body) - 1}/{sum(map(len, bodies))}"
        head = s3.head_object(Bucket=bucket, Key="large", PartNumber=number)
        assert (head["ContentLength"], head["PartsCount"], head["ETag"]) == (len(body), 3, etag)
    assert refusal(s3.get_object, Bucket=bucket, Key="large", PartNumber=4) == (400, "InvalidPart")
    assert refusal(s3.get_object, Bucket=bucket, Key="large", PartNumber=0)[0] == 400
    assert refusal(s3.get_object, Bucket=bucket, Key="large", PartNumber=1, Range="bytes=0-1")[0] == 400


def test_an_object_of_one_piece_is_its_own_first_part(s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"body")["ETag"]
    got = s3.get_object(Bucket=bucket, Key="k", PartNumber=1)
    assert got["Body"].read() == b"body" and got["ETag"] == etag and "PartsCount" not in got
    assert refusal(s3.get_object, Bucket=bucket, Key="k", PartNumber=2) == (400, "InvalidPart")


def test_attributes_list_the_parts_by_page(s3, large, bodies):
    bucket, etag = large
    asked = dict(Bucket=bucket, Key="large", ObjectAttributes=["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"])
    whole = s3.get_object_attributes(**asked)
    assert whole["ETag"] == etag.strip('"') and whole["ObjectSize"] == sum(map(len, bodies))
    assert whole["Checksum"]["ChecksumType"] == "COMPOSITE" and whole["Checksum"]["ChecksumSHA256"]
    parts = whole["ObjectParts"]
    assert parts["TotalPartsCount"] == 3 and not parts["IsTruncated"]
    assert [(p["PartNumber"], p["Size"], p["ChecksumSHA256"]) for p in parts["Parts"]] == [
        (n, len(b), base64.b64encode(hashlib.sha256(b).digest()).decode()) for n, b in enumerate(bodies, 1)]
    page = s3.get_object_attributes(**asked, MaxParts=1, PartNumberMarker=1)["ObjectParts"]
    assert [p["PartNumber"] for p in page["Parts"]] == [2]
    assert (page["IsTruncated"], page["NextPartNumberMarker"], page["PartNumberMarker"], page["MaxParts"]) == (True, 2, 1, 1)
    last = s3.get_object_attributes(**asked, MaxParts=10, PartNumberMarker=2)["ObjectParts"]
    assert [p["PartNumber"] for p in last["Parts"]] == [3] and not last["IsTruncated"]


def test_uploads_are_listed_by_page_in_order(s3, bucket):
    made = {(key, begin(s3, bucket, key)) for key in ("a", "a", "b/1", "b/2", "c") for _ in range(2)}
    for size in (1, 3, 1000):
        pages = list(s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, PaginationConfig={"PageSize": size}))
        found = [(u["Key"], u["UploadId"]) for page in pages for u in page.get("Uploads", [])]
        assert set(found) == made and len(found) == len(made), size
        assert [key for key, _ in found] == sorted(key for key, _ in made)
    rolled = s3.list_multipart_uploads(Bucket=bucket, Delimiter="/")
    assert [p["Prefix"] for p in rolled["CommonPrefixes"]] == ["b/"] and {u["Key"] for u in rolled["Uploads"]} == {"a", "c"}
    assert {u["Key"] for u in s3.list_multipart_uploads(Bucket=bucket, Prefix="b/")["Uploads"]} == {"b/1", "b/2"}
    assert {u["Key"] for u in s3.list_multipart_uploads(Bucket=bucket, KeyMarker="b/1")["Uploads"]} == {"b/2", "c"}


def test_a_bucket_with_uploads_alone_may_be_deleted_or_not_but_says_so(s3, bucket):
    """An upload is no object: DeleteBucket takes it away, or answers BucketNotEmpty and leaves it."""
    upload = begin(s3, bucket)
    send(s3, bucket, upload, 1, b"x")
    try:
        s3.delete_bucket(Bucket=bucket)
    except s3.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] == "BucketNotEmpty"
        assert len(s3.list_parts(Bucket=bucket, Key="k", UploadId=upload)["Parts"]) == 1
    else:
        s3.create_bucket(Bucket=bucket)
        assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)
        assert code_of(s3.list_parts, Bucket=bucket, Key="k", UploadId=upload) == "NoSuchUpload"


@pytest.mark.parametrize("drives", [1, 4])
def test_a_slow_reader_gets_all_of_an_object_that_is_overwritten_meanwhile(drives, make_server):
    """The parts are opened one after the other, and removed some seconds after the overwrite unless somebody reads."""
    server = make_server(drives)
    s3 = server.boto()
    s3.create_bucket(Bucket="slow")
    upload = begin(s3, "slow")
    bodies = [data.body(f"part {n}", 8 << 20) for n in range(5)]
    parts = [send(s3, "slow", upload, n, body) for n, body in enumerate(bodies, 1)]
    complete(s3, "slow", upload, parts)
    assert all(len(shard_files(drive)) == 5 for drive in server.drives)
    stream = s3.get_object(Bucket="slow", Key="k")["Body"]
    digest, size = hashlib.md5(stream.read(1 << 20)), 1 << 20
    s3.put_object(Bucket="slow", Key="k", Body=b"small")
    while block := stream.read(1 << 20):
        digest.update(block)
        size += len(block)
        time.sleep(0.25)  # ten seconds in all, and never silent
    assert (size, digest.hexdigest()) == (5 * (8 << 20), hashlib.md5(b"".join(bodies)).hexdigest())
    stream.close()
    server.wait_until(lambda: not any(shard_files(drive) for drive in server.drives), 60, "the old parts to be removed")
