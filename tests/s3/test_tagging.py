"""Tags of objects and buckets: limits, characters, headers, versions, copies. "Tagging your objects" in the user guide, and the
pages of PutObjectTagging, PutBucketTagging and CopyObject in the API reference."""

import urllib.parse

import pytest

from helpers.expect import refusal


@pytest.fixture
def s3(server):
    return server.boto(parameter_validation=False)  # wrong tags are to reach the server


def tag_set(tags):
    return {"TagSet": [{"Key": k, "Value": v} for k, v in tags]}


def of_object(s3, bucket, key="k", **query):
    found = s3.get_object_tagging(Bucket=bucket, Key=key, **query)["TagSet"]
    assert len({t["Key"] for t in found}) == len(found)
    return {t["Key"]: t["Value"] for t in found}


GOOD = [
    [("a", "b")], [("a", "")], [("k" * 128, "v" * 256)], [("a", "1"), ("A", "2")], [(f"k{n}", "v") for n in range(10)],
    [("with space", "and + - = . _ : / @")], [("schlüssel", "größe")], [("ключ" * 32, "值" * 256)], [],
]
BAD = [
    ([("", "v")], "InvalidTag"), ([("k" * 129, "v")], "InvalidTag"), ([("k", "v" * 257)], "InvalidTag"),
    ([("k", "1"), ("k", "2")], "InvalidTag"), ([("aws:mine", "v")], "InvalidTag"), ([("a{b", "v")], "InvalidTag"),
    ([("k", "a<b>")], "InvalidTag"), ([(f"k{n}", "v") for n in range(11)], "InvalidTag"),
]


@pytest.mark.parametrize("tags", GOOD, ids=range(len(GOOD)))
def test_tags_are_kept(tags, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", Tagging="old=1")
    s3.put_object_tagging(Bucket=bucket, Key="k", Tagging=tag_set(tags))
    assert of_object(s3, bucket) == dict(tags), "a document replaces all tags"
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", Tagging=urllib.parse.urlencode(tags))
    assert of_object(s3, bucket) == dict(tags)
    assert s3.head_object(Bucket=bucket, Key="k").get("TagCount", 0) == len(tags)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert of_object(s3, bucket) == {}, "tags belong to the object that was replaced"
    if tags:
        s3.put_bucket_tagging(Bucket=bucket, Tagging=tag_set(tags))
        assert {t["Key"]: t["Value"] for t in s3.get_bucket_tagging(Bucket=bucket)["TagSet"]} == dict(tags)


@pytest.mark.parametrize("tags,code", BAD, ids=range(len(BAD)))
def test_wrong_tags_are_refused_and_change_nothing(tags, code, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"old", Tagging="old=1")
    assert refusal(s3.put_object_tagging, Bucket=bucket, Key="k", Tagging=tag_set(tags)) == (400, code)
    header = urllib.parse.urlencode(tags)
    status, told = refusal(s3.put_object, Bucket=bucket, Key="k", Body=b"new", Tagging=header)
    assert status == 400 and told in (code, "InvalidArgument")
    assert refusal(s3.create_multipart_upload, Bucket=bucket, Key="k", Tagging=header)[0] == 400
    assert refusal(s3.copy_object, Bucket=bucket, Key="k2", CopySource=f"{bucket}/k", TaggingDirective="REPLACE",
                   Tagging=header)[0] == 400
    if len(tags) < 11:
        assert refusal(s3.put_bucket_tagging, Bucket=bucket, Tagging=tag_set(tags)) == (400, code)
    assert of_object(s3, bucket) == {"old": "1"} and s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"old"
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)


@pytest.mark.parametrize("body", [b"", b"<Tagging>", b"<Other/>", b"<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>",
                                  b"<Tagging><TagSet><Tag><Value>a</Value></Tag></TagSet></Tagging>",
                                  b"<Tagging><TagSet><Extra/></TagSet></Tagging>"])
def test_documents_that_are_none(body, s3, raw, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", Tagging="old=1")
    for path in (f"/{bucket}/k", f"/{bucket}"):
        answer = raw.send("PUT", path, query={"tagging": ""}, body=body)
        assert answer.status == 400 and answer.code in ("MalformedXML", "MissingRequestBodyError", "InvalidTag"), answer
    assert of_object(s3, bucket) == {"old": "1"}


def test_tags_are_removed(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", Tagging="a=1&b=2")
    etag = s3.head_object(Bucket=bucket, Key="k")["ETag"]
    assert s3.delete_object_tagging(Bucket=bucket, Key="k")["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert of_object(s3, bucket) == {} and "TagCount" not in s3.head_object(Bucket=bucket, Key="k")
    assert s3.head_object(Bucket=bucket, Key="k")["ETag"] == etag
    assert refusal(s3.get_object_tagging, Bucket=bucket, Key="none") == (404, "NoSuchKey")
    assert refusal(s3.put_object_tagging, Bucket=bucket, Key="none", Tagging=tag_set([("a", "b")])) == (404, "NoSuchKey")


def test_tags_of_a_bucket(s3, bucket):
    assert refusal(s3.get_bucket_tagging, Bucket=bucket) == (404, "NoSuchTagSet")
    s3.put_bucket_tagging(Bucket=bucket, Tagging=tag_set([(f"k{n}", "v") for n in range(50)]))
    assert len(s3.get_bucket_tagging(Bucket=bucket)["TagSet"]) == 50
    assert refusal(s3.put_bucket_tagging, Bucket=bucket, Tagging=tag_set([(f"k{n}", "v") for n in range(51)]))[0] == 400
    assert len(s3.get_bucket_tagging(Bucket=bucket)["TagSet"]) == 50
    assert s3.delete_bucket_tagging(Bucket=bucket)["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert refusal(s3.get_bucket_tagging, Bucket=bucket) == (404, "NoSuchTagSet")


def test_a_tag_without_a_value_in_the_header(s3, raw, bucket):
    assert raw.put(bucket, "k", b"x", **{"x-amz-tagging": "foo=bar&bare"}).status == 200
    assert of_object(s3, bucket) == {"foo": "bar", "bare": ""}


def test_an_upload_in_parts_has_tags(s3, bucket):
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k", Tagging="Hello=World&foo=bar")["UploadId"]
    etag = s3.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=1, Body=b"x")["ETag"]
    s3.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload, MultipartUpload={
        "Parts": [{"PartNumber": 1, "ETag": etag}]})
    assert of_object(s3, bucket) == {"Hello": "World", "foo": "bar"}


def test_copies_keep_or_replace_tags(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", Tagging="a=1")
    source = f"{bucket}/k"
    for options, expected in (({}, {"a": "1"}), ({"TaggingDirective": "COPY"}, {"a": "1"}),
                              ({"MetadataDirective": "REPLACE"}, {"a": "1"}),
                              ({"TaggingDirective": "REPLACE", "Tagging": "b=2"}, {"b": "2"}),
                              ({"TaggingDirective": "REPLACE"}, {})):
        s3.copy_object(Bucket=bucket, Key="copy", CopySource=source, **options)
        assert of_object(s3, bucket, "copy") == expected, options
    assert refusal(s3.copy_object, Bucket=bucket, Key="copy", CopySource=source, TaggingDirective="OTHER")[0] == 400


def test_each_version_has_its_tags(s3, bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket=bucket, Key="k", Body=b"1", Tagging="n=1")["VersionId"]
    second = s3.put_object(Bucket=bucket, Key="k", Body=b"2", Tagging="n=2")["VersionId"]
    answer = s3.put_object_tagging(Bucket=bucket, Key="k", VersionId=first, Tagging=tag_set([("n", "one")]))
    assert answer["VersionId"] == first
    assert of_object(s3, bucket, VersionId=first) == {"n": "one"} and of_object(s3, bucket) == {"n": "2"}
    assert s3.delete_object_tagging(Bucket=bucket, Key="k")["VersionId"] == second
    assert of_object(s3, bucket, VersionId=second) == {} and of_object(s3, bucket, VersionId=first) == {"n": "one"}
    assert len(s3.list_object_versions(Bucket=bucket)["Versions"]) == 2, "tags make no version"
