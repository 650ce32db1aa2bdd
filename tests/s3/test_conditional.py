"""Conditions of writes, copies and deletes: "Add preconditions to S3 operations with conditional requests" in the user guide, and
the pages of PutObject, CompleteMultipartUpload, CopyObject, DeleteObject and DeleteObjects in the API reference."""

import datetime

import pytest

from helpers.expect import refusal

OTHER = '"0123456789abcdef0123456789abcdef"'


def write_put(s3, bucket, body, **condition):
    return s3.put_object(Bucket=bucket, Key="k", Body=body, **condition)


def write_parts(s3, bucket, body, **condition):
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    part = s3.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=1, Body=body)["ETag"]
    return s3.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload, MultipartUpload={
        "Parts": [{"PartNumber": 1, "ETag": part}]}, **condition)


def write_copy(s3, bucket, body, **condition):
    s3.put_object(Bucket=bucket, Key="source", Body=body)
    return s3.copy_object(Bucket=bucket, Key="k", CopySource=f"{bucket}/source", **condition)


WRITES = [write_put, write_parts, write_copy]
# condition, what an object that is there makes of it, what one that is not
CONDITIONS = [
    ({"IfNoneMatch": "*"}, (412, "PreconditionFailed"), None),
    ({"IfNoneMatch": "ETAG"}, (412, "PreconditionFailed"), None),
    ({"IfNoneMatch": OTHER}, None, None),
    ({"IfMatch": "ETAG"}, None, (404, "NoSuchKey")),
    ({"IfMatch": OTHER}, (412, "PreconditionFailed"), (404, "NoSuchKey")),
    ({"IfMatch": "*"}, None, (404, "NoSuchKey")),
]


def current(s3, bucket):
    got = s3.get_object(Bucket=bucket, Key="k")
    return got["Body"].read(), got["ETag"]


@pytest.mark.parametrize("versioning", [None, "Enabled", "Suspended"])
@pytest.mark.parametrize("write", WRITES)
def test_a_write_holds_to_its_condition(write, versioning, s3, bucket):
    if versioning:
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": versioning})
    for condition, there, absent in CONDITIONS:
        etag = s3.put_object(Bucket=bucket, Key="k", Body=b"old")["ETag"]
        sent = {k: etag if v == "ETAG" else v for k, v in condition.items()}
        if there:
            assert refusal(write, s3, bucket, b"new", **sent) == there, condition
            assert current(s3, bucket) == (b"old", etag), condition
        else:
            write(s3, bucket, b"new", **sent)
            assert current(s3, bucket)[0] == b"new", condition
        s3.delete_object(Bucket=bucket, Key="k")  # leaves a marker where there are versions: the object is not there
        if absent:
            assert refusal(write, s3, bucket, b"new", **sent) == absent, condition
            assert refusal(s3.get_object, Bucket=bucket, Key="k") == (404, "NoSuchKey")
        else:
            write(s3, bucket, b"new", **sent)
            assert current(s3, bucket)[0] == b"new", condition


def test_the_newest_version_is_what_a_condition_is_about(s3, bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket=bucket, Key="k", Body=b"1", IfNoneMatch="*")["ETag"]
    second = s3.put_object(Bucket=bucket, Key="k", Body=b"2")["ETag"]
    assert refusal(s3.put_object, Bucket=bucket, Key="k", Body=b"3", IfMatch=first) == (412, "PreconditionFailed")
    assert refusal(s3.put_object, Bucket=bucket, Key="k", Body=b"3", IfNoneMatch=second) == (412, "PreconditionFailed")
    s3.put_object(Bucket=bucket, Key="k", Body=b"3", IfNoneMatch=first)
    assert len(s3.list_object_versions(Bucket=bucket)["Versions"]) == 3


def test_an_upload_survives_a_failed_condition(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"old")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    part = s3.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=1, Body=b"new")["ETag"]
    finish = dict(Bucket=bucket, Key="k", UploadId=upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part}]})
    assert refusal(s3.complete_multipart_upload, **finish, IfNoneMatch="*") == (412, "PreconditionFailed")
    assert [p["ETag"] for p in s3.list_parts(Bucket=bucket, Key="k", UploadId=upload)["Parts"]] == [part]
    s3.complete_multipart_upload(**finish)
    assert current(s3, bucket)[0] == b"new"


PAST, FUTURE = datetime.datetime(2015, 1, 1), datetime.datetime(2099, 1, 1)
# of a copy's source; what the object "source" with its own ETag makes of it
SOURCE_CONDITIONS = [
    ({"CopySourceIfMatch": "ETAG"}, True), ({"CopySourceIfMatch": OTHER}, False), ({"CopySourceIfNoneMatch": "ETAG"}, False),
    ({"CopySourceIfNoneMatch": OTHER}, True), ({"CopySourceIfModifiedSince": PAST}, True),
    ({"CopySourceIfUnmodifiedSince": PAST}, False), ({"CopySourceIfUnmodifiedSince": FUTURE}, True),
    ({"CopySourceIfMatch": "ETAG", "CopySourceIfUnmodifiedSince": PAST}, True),
    ({"CopySourceIfNoneMatch": "ETAG", "CopySourceIfModifiedSince": PAST}, False),
]


def test_conditions_of_a_copys_source(s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="source", Body=b"x" * 10)["ETag"]
    upload = s3.create_multipart_upload(Bucket=bucket, Key="parts")["UploadId"]
    for condition, holds in SOURCE_CONDITIONS:
        sent = {"CopySource": f"{bucket}/source", **{k: etag if v == "ETAG" else v for k, v in condition.items()}}
        for call, more in ((s3.copy_object, {"Key": "k"}),
                           (s3.upload_part_copy, {"Key": "parts", "UploadId": upload, "PartNumber": 1})):
            if holds:
                call(Bucket=bucket, **more, **sent)
            else:
                assert refusal(call, Bucket=bucket, **more, **sent) == (412, "PreconditionFailed"), condition


# condition and whether it holds for an object that is there; of one that is not, a delete asks nothing
DELETES = [({"IfMatch": "ETAG"}, True), ({"IfMatch": OTHER}, False), ({"IfMatch": "*"}, True), ({"IfMatchSize": 3}, True),
           ({"IfMatchSize": 4}, False), ({"IfMatchLastModifiedTime": PAST}, False), ({"IfMatchLastModifiedTime": "MODIFIED"}, True)]


@pytest.mark.parametrize("versioning", [None, "Enabled"])
def test_a_delete_holds_to_its_condition(versioning, s3, bucket):
    if versioning:
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": versioning})
    for condition, holds in DELETES:
        etag = s3.put_object(Bucket=bucket, Key="k", Body=b"old")["ETag"]
        modified = s3.head_object(Bucket=bucket, Key="k")["LastModified"]
        sent = {k: {"ETAG": etag, "MODIFIED": modified}.get(v, v) if isinstance(v, str) else v for k, v in condition.items()}
        if holds:
            assert s3.delete_object(Bucket=bucket, Key="k", **sent).get("DeleteMarker", False) == bool(versioning)
            assert refusal(s3.get_object, Bucket=bucket, Key="k") == (404, "NoSuchKey")
        else:
            assert refusal(s3.delete_object, Bucket=bucket, Key="k", **sent) == (412, "PreconditionFailed"), condition
            assert current(s3, bucket) == (b"old", etag)


def test_a_batch_holds_each_object_to_its_condition(s3, bucket):
    etags = {key: s3.put_object(Bucket=bucket, Key=key, Body=key.encode())["ETag"] for key in ("a", "b", "c", "d", "e")}
    modified = s3.head_object(Bucket=bucket, Key="e")["LastModified"]
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": [
        {"Key": "a", "ETag": etags["a"]}, {"Key": "b", "ETag": OTHER}, {"Key": "c", "Size": 1}, {"Key": "d", "Size": 2},
        {"Key": "e", "LastModifiedTime": modified}]})
    assert {d["Key"] for d in answer["Deleted"]} == {"a", "c", "e"}
    assert {(e["Key"], e["Code"]) for e in answer["Errors"]} == {("b", "PreconditionFailed"), ("d", "PreconditionFailed")}
    assert [c["Key"] for c in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["b", "d"]
