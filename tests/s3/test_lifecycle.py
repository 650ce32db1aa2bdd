"""Lifecycle: documents kept and refused, and rules carried out with a day of one second. "Managing the lifecycle of objects" in the
user guide and PutBucketLifecycleConfiguration in the API reference.

What must stay is looked at after what must go has gone. It is as old and its key comes first, so that a pass would have met it: no
test waits for nothing to happen.
"""

import datetime

import pytest

from helpers.expect import refusal

SERVER = {"env": {"CAIRN_LIFECYCLE_DAY": "1s", "CAIRN_LIFECYCLE_INTERVAL": "500ms"}}
WAIT = 60  # seconds, for a rule to be carried out on a busy machine


def rules(*given):
    return {"Rules": [{"ID": f"r{n}", "Status": "Enabled", **r} for n, r in enumerate(given)]}


def put(s3, bucket, *given):
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration=rules(*given))


def done(server, action):
    """How often the metrics say that this was done."""
    return server.metrics().get("cairn_lifecycle_actions_total", {}).get(f'action="{action}"', 0)


def keys(s3, bucket):
    return {c["Key"] for c in s3.list_objects_v2(Bucket=bucket).get("Contents", [])}


KEPT = [
    {"Filter": {"Prefix": "a/"}, "Expiration": {"Days": 3000}},
    {"Filter": {}, "Expiration": {"Date": datetime.datetime(2090, 9, 27, tzinfo=datetime.timezone.utc)}},
    {"Filter": {"Tag": {"Key": "k", "Value": "v"}}, "Expiration": {"Days": 1000}},
    {"Filter": {"And": {"Prefix": "p", "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}]}}, "Expiration": {"Days": 1000}},
    {"Filter": {"ObjectSizeGreaterThan": 10}, "Expiration": {"Days": 1000}},
    {"Filter": {"And": {"ObjectSizeGreaterThan": 10, "ObjectSizeLessThan": 20}}, "Expiration": {"Days": 1000}},
    {"Filter": {"Prefix": ""}, "NoncurrentVersionExpiration": {"NoncurrentDays": 1000, "NewerNoncurrentVersions": 3}},
    {"Filter": {"Prefix": ""}, "Expiration": {"ExpiredObjectDeleteMarker": True}},
    {"Filter": {"Prefix": ""}, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1000}},
    {"Prefix": "old style/", "Expiration": {"Days": 1000}},
    {"Filter": {"Prefix": "off/"}, "Status": "Disabled", "Expiration": {"Days": 1}},
]


@pytest.mark.parametrize("rule", KEPT, ids=range(len(KEPT)))
def test_documents_are_kept(rule, s3, bucket):
    assert refusal(s3.get_bucket_lifecycle_configuration, Bucket=bucket) == (404, "NoSuchLifecycleConfiguration")
    put(s3, bucket, rule)
    assert s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"] == rules(rule)["Rules"]
    s3.delete_bucket_lifecycle(Bucket=bucket)
    assert refusal(s3.get_bucket_lifecycle_configuration, Bucket=bucket) == (404, "NoSuchLifecycleConfiguration")


def test_a_rule_without_a_name_gets_one(s3, bucket):
    unnamed = [{"Status": "Enabled", "Filter": {"Prefix": p}, "Expiration": {"Days": 1000}} for p in ("a", "b")]
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": unnamed})
    names = [r["ID"] for r in s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]]
    assert len(set(names)) == 2 and all(names)


ALL = {"Filter": {"Prefix": ""}}
WRONG = [
    ([{**ALL, "ID": "x" * 256, "Expiration": {"Days": 1}}], "InvalidArgument"),
    ([{**ALL, "ID": "same", "Expiration": {"Days": 1}}, {"Filter": {"Prefix": "x"}, "ID": "same", "Expiration": {"Days": 1}}],
     "InvalidArgument"),
    ([{**ALL, "Status": "enabled", "Expiration": {"Days": 1}}], "MalformedXML"),
    ([{**ALL, "Expiration": {"Days": 0}}], "InvalidArgument"), ([{**ALL, "Expiration": {"Days": -1}}], None),
    ([{**ALL, "Expiration": {"Date": "20200101"}}], None), ([{**ALL, "Expiration": {"Date": "2090-01-01T01:00:00Z"}}], "InvalidArgument"),
    ([{**ALL, "Expiration": {"Days": 1, "Date": "2090-01-01T00:00:00Z"}}], "MalformedXML"), ([{**ALL, "Expiration": {}}], None),
    ([ALL], None), ([], "MalformedXML"), ([{**ALL, "NoncurrentVersionExpiration": {"NoncurrentDays": 0}}], "InvalidArgument"),
    ([{**ALL, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 0}}], "InvalidArgument"),
    ([{"Filter": {"Tag": {"Key": "a", "Value": "b"}}, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}}], "InvalidRequest"),
    ([{"Filter": {"Tag": {"Key": "a", "Value": "b"}}, "Expiration": {"ExpiredObjectDeleteMarker": True}}], "InvalidRequest"),
    ([{"Filter": {"And": {"ObjectSizeGreaterThan": 20, "ObjectSizeLessThan": 10}}, "Expiration": {"Days": 1}}], "InvalidRequest"),
    ([{"Filter": {"Prefix": "x" * 1025}, "Expiration": {"Days": 1}}], "InvalidRequest"),
    ([{"Filter": {"Prefix": "a", "Tag": {"Key": "a", "Value": "b"}}, "Expiration": {"Days": 1}}], "MalformedXML"),
    ([{"Filter": {"Prefix": f"p{n}"}, "Expiration": {"Days": 1}} for n in range(1001)], "InvalidRequest"),
]


@pytest.mark.parametrize("wrong,code", WRONG, ids=range(len(WRONG)))
def test_wrong_documents_change_nothing(wrong, code, s3, bucket):
    put(s3, bucket, KEPT[0])
    document = rules(*wrong)
    status, told = refusal(s3.put_bucket_lifecycle_configuration, Bucket=bucket, LifecycleConfiguration=document)
    assert status == 400 and (told == code or code is None and told in ("MalformedXML", "InvalidRequest", "InvalidArgument"))
    assert s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"] == rules(KEPT[0])["Rules"]


def test_objects_expire_by_prefix_tag_size_and_date(server, s3, bucket):
    for key, size, tags in (("gone/a", 1, ""), ("gone/b", 1, ""), ("kept/a", 1, ""), ("tag/gone", 1, "t=1&u=2"), ("tag/a kept", 1, "u=2"),
                            ("size/small", 10, ""), ("size/right", 11, ""), ("size/large", 20, ""), ("date/gone", 1, ""),
                            ("off/kept", 1, ""), ("later/kept", 1, "")):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x" * size, Tagging=tags)
    expected = done(server, "expire") + 5
    put(s3, bucket, {"Filter": {"Prefix": "gone/"}, "Expiration": {"Days": 1}},
        {"Filter": {"Tag": {"Key": "t", "Value": "1"}}, "Expiration": {"Days": 1}},
        {"Filter": {"And": {"Prefix": "size/", "ObjectSizeGreaterThan": 10, "ObjectSizeLessThan": 20}}, "Expiration": {"Days": 1}},
        {"Filter": {"Prefix": "date/"}, "Expiration": {"Date": "2020-01-01T00:00:00Z"}},
        {"Filter": {"Prefix": "off/"}, "Status": "Disabled", "Expiration": {"Days": 1}},
        {"Filter": {"Prefix": "later/"}, "Expiration": {"Days": 100000}})
    kept = {"kept/a", "tag/a kept", "size/small", "size/large", "off/kept", "later/kept"}
    server.wait_until(lambda: len(keys(s3, bucket)) <= len(kept), WAIT, "objects to expire")
    assert keys(s3, bucket) == kept
    server.wait_until(lambda: done(server, "expire") == expected, WAIT, "the metrics to say so")


def test_in_a_versioned_bucket_expiry_leaves_a_marker(server, s3, bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket=bucket, Key="k", Body=b"kept")["VersionId"]
    put(s3, bucket, {**ALL, "Expiration": {"Days": 1}})
    server.wait_until(lambda: not keys(s3, bucket), WAIT, "the object to expire")
    listed = s3.list_object_versions(Bucket=bucket)
    assert [v["VersionId"] for v in listed["Versions"]] == [version] and len(listed["DeleteMarkers"]) == 1
    assert s3.get_object(Bucket=bucket, Key="k", VersionId=version)["Body"].read() == b"kept"


def test_noncurrent_versions_expire_but_the_newest_ones(server, s3, bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    made = {key: [s3.put_object(Bucket=bucket, Key=key, Body=b"%d" % n)["VersionId"] for n in range(6)] for key in ("all/k", "some/k", "no/k")}
    put(s3, bucket, {"Filter": {"Prefix": "all/"}, "NoncurrentVersionExpiration": {"NoncurrentDays": 1}},
        {"Filter": {"Prefix": "some/"}, "NoncurrentVersionExpiration": {"NoncurrentDays": 1, "NewerNoncurrentVersions": 2}})

    def left():
        found = {}
        for v in s3.list_object_versions(Bucket=bucket)["Versions"]:
            found.setdefault(v["Key"], []).append(v["VersionId"])
        return found

    server.wait_until(lambda: sum(map(len, left().values())) <= 10, WAIT, "noncurrent versions to expire")
    assert left() == {"all/k": made["all/k"][5:], "some/k": made["some/k"][:2:-1], "no/k": made["no/k"][::-1]}


def test_a_marker_that_hides_nothing_expires(server, s3, bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for key in ("z alone", "a hiding"):
        version = s3.put_object(Bucket=bucket, Key=key, Body=b"x")["VersionId"]
        s3.delete_object(Bucket=bucket, Key=key)
        if key == "z alone":
            s3.delete_object(Bucket=bucket, Key=key, VersionId=version)
    put(s3, bucket, {**ALL, "Expiration": {"ExpiredObjectDeleteMarker": True}})
    server.wait_until(lambda: len(s3.list_object_versions(Bucket=bucket).get("DeleteMarkers", [])) < 2, WAIT, "the marker to expire")
    listed = s3.list_object_versions(Bucket=bucket)
    assert [m["Key"] for m in listed["DeleteMarkers"]] == ["a hiding"] and [v["Key"] for v in listed["Versions"]] == ["a hiding"]


def test_versions_go_and_then_their_marker(server, s3, bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    s3.delete_object(Bucket=bucket, Key="k")
    put(s3, bucket, {**ALL, "Expiration": {"ExpiredObjectDeleteMarker": True}, "NoncurrentVersionExpiration": {"NoncurrentDays": 1}})
    server.wait_until(lambda: not {"Versions", "DeleteMarkers"} & set(s3.list_object_versions(Bucket=bucket)), WAIT, "nothing to be left")


def test_uploads_that_nobody_ends_are_aborted(server, s3, bucket):
    uploads = {key: s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"] for key in ("z gone/k", "kept/k")}
    put(s3, bucket, {"Filter": {"Prefix": "z gone/"}, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}})
    server.wait_until(lambda: len(s3.list_multipart_uploads(Bucket=bucket).get("Uploads", [])) < 2, WAIT, "the upload to be aborted")
    assert [u["Key"] for u in s3.list_multipart_uploads(Bucket=bucket)["Uploads"]] == ["kept/k"]
    assert refusal(s3.list_parts, Bucket=bucket, Key="z gone/k", UploadId=uploads["z gone/k"]) == (404, "NoSuchUpload")


def test_a_lock_goes_before_a_rule(server, s3, bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"})
    held = s3.put_object(Bucket=bucket, Key="held", Body=b"x", ObjectLockLegalHoldStatus="ON")["VersionId"]
    for key in ("held", "unheld", "unheld"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"newer")
    put(s3, bucket, {**ALL, "NoncurrentVersionExpiration": {"NoncurrentDays": 1}})
    server.wait_until(lambda: len([v for v in s3.list_object_versions(Bucket=bucket)["Versions"] if v["Key"] == "unheld"]) == 1, WAIT,
                      "the unheld version to expire")
    assert held in [v["VersionId"] for v in s3.list_object_versions(Bucket=bucket)["Versions"]]
    server.wait_until(lambda: server.total("cairn_lifecycle_due") == 1, WAIT, "the metrics to say that the held one is due")
