"""Object Lock: its configuration, retention and legal holds, and what they refuse. "Locking objects with Object Lock" in the user
guide and the pages of the operations in the API reference."""

import datetime

import pytest

from helpers.expect import refusal

UTC = datetime.timezone.utc
FAR, FARTHER = datetime.datetime(2040, 1, 1, tzinfo=UTC), datetime.datetime(2041, 1, 1, tzinfo=UTC)
DENIED = (403, "AccessDenied")


@pytest.fixture
def locked(s3, bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"})
    return bucket


@pytest.fixture
def version(s3, locked):
    return s3.put_object(Bucket=locked, Key="k", Body=b"kept")["VersionId"]


def retain(s3, bucket, mode="GOVERNANCE", until=FAR, **more):
    return s3.put_object_retention(Bucket=bucket, Key="k", Retention={"Mode": mode, "RetainUntilDate": until}, **more)


def retention(s3, bucket, **query):
    kept = s3.get_object_retention(Bucket=bucket, Key="k", **query)["Retention"]
    return kept["Mode"], kept["RetainUntilDate"]


def rule(**retention_of):
    return {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": retention_of}}


def test_a_bucket_may_be_made_with_it(s3, bucket):
    name = bucket + "-made"
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    assert s3.get_object_lock_configuration(Bucket=name)["ObjectLockConfiguration"] == {"ObjectLockEnabled": "Enabled"}


def test_a_bucket_without_it(s3, bucket):
    assert refusal(s3.get_object_lock_configuration, Bucket=bucket) == (404, "ObjectLockConfigurationNotFoundError")
    assert refusal(s3.put_object_lock_configuration, Bucket=bucket, ObjectLockConfiguration=rule(Mode="GOVERNANCE", Days=1)) == (
        409, "InvalidBucketState")
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert refusal(retain, s3, bucket) == (400, "InvalidRequest")
    assert refusal(s3.get_object_retention, Bucket=bucket, Key="k") == (400, "InvalidRequest")
    assert refusal(s3.put_object_legal_hold, Bucket=bucket, Key="k", LegalHold={"Status": "ON"}) == (400, "InvalidRequest")
    assert refusal(s3.get_object_legal_hold, Bucket=bucket, Key="k") == (400, "InvalidRequest")
    for headers in ({"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": FAR}, {"ObjectLockLegalHoldStatus": "ON"}):
        assert refusal(s3.put_object, Bucket=bucket, Key="new", Body=b"x", **headers) == (400, "InvalidRequest")
    assert refusal(s3.head_object, Bucket=bucket, Key="new")[0] == 404


def test_configurations_are_kept(s3, locked):
    for kept in (rule(Mode="GOVERNANCE", Days=1), rule(Mode="COMPLIANCE", Years=1), {"ObjectLockEnabled": "Enabled"}):
        s3.put_object_lock_configuration(Bucket=locked, ObjectLockConfiguration=kept)
        assert s3.get_object_lock_configuration(Bucket=locked)["ObjectLockConfiguration"] == kept


@pytest.mark.parametrize("wrong,codes", [
    (rule(Mode="GOVERNANCE", Days=1, Years=1), ["MalformedXML"]), (rule(Mode="abc", Years=1), ["MalformedXML"]),
    (rule(Mode="governance", Years=1), ["MalformedXML"]), (rule(Mode="GOVERNANCE"), ["MalformedXML"]),
    ({**rule(Mode="GOVERNANCE", Years=1), "ObjectLockEnabled": "Disabled"}, ["MalformedXML"]),
    (rule(Mode="GOVERNANCE", Days=0), ["InvalidRetentionPeriod", "InvalidArgument"]),
    (rule(Mode="GOVERNANCE", Days=-1), ["InvalidRetentionPeriod", "InvalidArgument", "MalformedXML"]),
    (rule(Mode="GOVERNANCE", Days=36501), ["InvalidRetentionPeriod", "InvalidArgument"]),
    (rule(Mode="GOVERNANCE", Years=101), ["InvalidRetentionPeriod", "InvalidArgument"])], ids=range(9))
def test_wrong_configurations_change_nothing(wrong, codes, s3, locked):
    s3.put_object_lock_configuration(Bucket=locked, ObjectLockConfiguration=rule(Mode="GOVERNANCE", Days=7))
    status, code = refusal(s3.put_object_lock_configuration, Bucket=locked, ObjectLockConfiguration=wrong)
    assert status == 400 and code in codes
    assert s3.get_object_lock_configuration(Bucket=locked)["ObjectLockConfiguration"] == rule(Mode="GOVERNANCE", Days=7)


def test_versioning_stays_enabled(s3, locked):
    assert refusal(s3.put_bucket_versioning, Bucket=locked, VersioningConfiguration={"Status": "Suspended"}) == (
        409, "InvalidBucketState")
    assert s3.get_bucket_versioning(Bucket=locked)["Status"] == "Enabled"


@pytest.mark.parametrize("wrong", [{"Mode": "governance", "RetainUntilDate": FAR}, {"Mode": "abc", "RetainUntilDate": FAR},
                                   {"Mode": "GOVERNANCE", "RetainUntilDate": datetime.datetime(2020, 1, 1, tzinfo=UTC)},
                                   {"Mode": "GOVERNANCE"}, {"RetainUntilDate": FAR}])
def test_wrong_retentions_change_nothing(wrong, s3, locked, version):
    status, code = refusal(s3.put_object_retention, Bucket=locked, Key="k", Retention=wrong)
    assert status == 400 and code in ("MalformedXML", "InvalidArgument", "InvalidRequest")
    assert refusal(s3.get_object_retention, Bucket=locked, Key="k") == (404, "NoSuchObjectLockConfiguration")
    assert refusal(s3.put_object_legal_hold, Bucket=locked, Key="k", LegalHold={"Status": "abc"}) == (400, "MalformedXML")
    assert refusal(s3.get_object_legal_hold, Bucket=locked, Key="k") == (404, "NoSuchObjectLockConfiguration")


# until when it is GOVERNANCE, what is asked for, and whether it is let through without the bypass; with it, all are
CHANGES = [
    (FAR, "GOVERNANCE", FARTHER, True), (FAR, "GOVERNANCE", FAR, True), (FARTHER, "GOVERNANCE", FAR, False),
    (FAR, "COMPLIANCE", FAR, False),  # "alter its lock settings" needs the bypass, too
]


@pytest.mark.parametrize("until,new_mode,new_until,plain", CHANGES)
def test_changes_of_a_retention(until, new_mode, new_until, plain, s3, locked, version):
    for bypass, allowed in ((False, plain), (True, True)):
        retain(s3, locked, "GOVERNANCE", until, BypassGovernanceRetention=True)
        if allowed:
            retain(s3, locked, new_mode, new_until, BypassGovernanceRetention=bypass)
            assert retention(s3, locked) == (new_mode, new_until)
        else:
            assert refusal(retain, s3, locked, new_mode, new_until, BypassGovernanceRetention=bypass) == DENIED
            assert retention(s3, locked) == ("GOVERNANCE", until)


def test_compliance_yields_to_nobody(s3, locked, version):
    until = datetime.datetime.now(UTC).replace(microsecond=0) + datetime.timedelta(minutes=1)
    retain(s3, locked, "COMPLIANCE", until)
    for bypass in (False, True):
        for mode, date in (("GOVERNANCE", until), ("COMPLIANCE", until - datetime.timedelta(seconds=20)), ("GOVERNANCE", FAR)):
            assert refusal(retain, s3, locked, mode, date, BypassGovernanceRetention=bypass) == DENIED
        assert refusal(s3.put_object_retention, Bucket=locked, Key="k", Retention={}, BypassGovernanceRetention=bypass)[0] in (400, 403)
        assert refusal(s3.delete_object, Bucket=locked, Key="k", VersionId=version, BypassGovernanceRetention=bypass) == DENIED
    assert retention(s3, locked) == ("COMPLIANCE", until)
    retain(s3, locked, "COMPLIANCE", until + datetime.timedelta(seconds=30))
    assert s3.get_object(Bucket=locked, Key="k", VersionId=version)["Body"].read() == b"kept"


def test_governance_holds_a_version_until_it_is_bypassed(s3, locked, version):
    retain(s3, locked)
    marker = s3.delete_object(Bucket=locked, Key="k")["VersionId"]  # hides it, removes nothing
    assert refusal(s3.delete_object, Bucket=locked, Key="k", VersionId=version) == DENIED
    s3.delete_object(Bucket=locked, Key="k", VersionId=marker)
    assert refusal(s3.delete_object, Bucket=locked, Key="k", VersionId=version) == DENIED
    assert s3.get_object(Bucket=locked, Key="k")["Body"].read() == b"kept"
    s3.delete_object(Bucket=locked, Key="k", VersionId=version, BypassGovernanceRetention=True)
    assert refusal(s3.get_object, Bucket=locked, Key="k") == (404, "NoSuchKey")


def test_a_legal_hold_is_not_bypassed(s3, locked, version):
    s3.put_object_legal_hold(Bucket=locked, Key="k", LegalHold={"Status": "ON"})
    for bypass in (False, True):
        assert refusal(s3.delete_object, Bucket=locked, Key="k", VersionId=version, BypassGovernanceRetention=bypass) == DENIED
    assert s3.get_object_legal_hold(Bucket=locked, Key="k")["LegalHold"]["Status"] == "ON"
    s3.put_object_legal_hold(Bucket=locked, Key="k", LegalHold={"Status": "OFF"})
    assert s3.get_object_legal_hold(Bucket=locked, Key="k")["LegalHold"]["Status"] == "OFF"
    s3.delete_object(Bucket=locked, Key="k", VersionId=version)


def test_a_batch_removes_only_what_may_go(s3, locked, version):
    retain(s3, locked)
    free = s3.put_object(Bucket=locked, Key="free", Body=b"x")["VersionId"]
    both = {"Objects": [{"Key": "k", "VersionId": version}, {"Key": "free", "VersionId": free}]}
    answer = s3.delete_objects(Bucket=locked, Delete=both)
    assert [(e["Key"], e["VersionId"], e["Code"]) for e in answer["Errors"]] == [("k", version, "AccessDenied")]
    assert [d["Key"] for d in answer["Deleted"]] == ["free"]
    answer = s3.delete_objects(Bucket=locked, Delete={"Objects": both["Objects"][:1]}, BypassGovernanceRetention=True)
    assert [d["Key"] for d in answer["Deleted"]] == ["k"] and "Errors" not in answer


def test_headers_of_a_write_lock_and_reads_show_it(s3, locked):
    lock = {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": FAR, "ObjectLockLegalHoldStatus": "ON"}
    s3.put_object(Bucket=locked, Key="source", Body=b"x")
    upload = s3.create_multipart_upload(Bucket=locked, Key="parts", **lock)["UploadId"]
    etag = s3.upload_part(Bucket=locked, Key="parts", UploadId=upload, PartNumber=1, Body=b"x")["ETag"]
    s3.complete_multipart_upload(Bucket=locked, Key="parts", UploadId=upload, MultipartUpload={
        "Parts": [{"PartNumber": 1, "ETag": etag}]})
    s3.put_object(Bucket=locked, Key="put", Body=b"x", **lock)
    s3.copy_object(Bucket=locked, Key="copy", CopySource=f"{locked}/source", **lock)
    for key in ("put", "parts", "copy"):
        for got in (s3.head_object(Bucket=locked, Key=key), s3.get_object(Bucket=locked, Key=key)):
            assert {name: got[name] for name in lock} == lock, key
        assert refusal(s3.delete_object, Bucket=locked, Key=key, VersionId=got["VersionId"]) == DENIED
    s3.copy_object(Bucket=locked, Key="free", CopySource=f"{locked}/put")
    assert "ObjectLockMode" not in s3.head_object(Bucket=locked, Key="free"), "a copy does not inherit the lock"
    for wrong in ({"ObjectLockMode": "GOVERNANCE"}, {"ObjectLockRetainUntilDate": FAR},
                  {"ObjectLockMode": "OTHER", "ObjectLockRetainUntilDate": FAR}, {"ObjectLockLegalHoldStatus": "MAYBE"},
                  {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": datetime.datetime(2020, 1, 1, tzinfo=UTC)}):
        assert refusal(s3.put_object, Bucket=locked, Key="wrong", Body=b"x", **wrong) == (400, "InvalidArgument"), wrong
    assert refusal(s3.head_object, Bucket=locked, Key="wrong")[0] == 404


def test_the_default_retention_is_for_what_is_written_afterwards(s3, locked, version):
    s3.put_object_lock_configuration(Bucket=locked, ObjectLockConfiguration=rule(Mode="GOVERNANCE", Days=2))
    assert refusal(s3.get_object_retention, Bucket=locked, Key="k", VersionId=version) == (404, "NoSuchObjectLockConfiguration")
    s3.put_object(Bucket=locked, Key="k", Body=b"new")
    mode, until = retention(s3, locked)
    away = until - datetime.datetime.now(UTC)
    assert mode == "GOVERNANCE" and datetime.timedelta(days=1, hours=23) < away <= datetime.timedelta(days=2)
    s3.put_object(Bucket=locked, Key="k", Body=b"own", ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=FAR)
    assert retention(s3, locked) == ("GOVERNANCE", FAR), "the request's own retention goes before the default"


def test_each_version_has_its_own(s3, locked, version):
    second = s3.put_object(Bucket=locked, Key="k", Body=b"2")["VersionId"]
    retain(s3, locked, VersionId=version)
    assert retention(s3, locked, VersionId=version) == ("GOVERNANCE", FAR)
    assert refusal(s3.get_object_retention, Bucket=locked, Key="k") == (404, "NoSuchObjectLockConfiguration")
    s3.delete_object(Bucket=locked, Key="k", VersionId=second)
    assert refusal(s3.delete_object, Bucket=locked, Key="k", VersionId=version) == DENIED
