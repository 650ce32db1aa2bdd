"""Versions: what each state of a bucket does to writes and deletes, delete markers, the null version, lists of versions.

The user guide's "Using versioning in S3 buckets" and the API reference's pages of the operations say what is expected.
"""

import collections
import concurrent.futures
import statistics
import threading
import time

import pytest

from helpers import data
from helpers.expect import answer_of, refusal


def set_versioning(s3, bucket, status):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})


@pytest.fixture
def versioned(s3, bucket):
    set_versioning(s3, bucket, "Enabled")
    return bucket


def versions(s3, bucket, **query):
    """[(key, version, is latest, is marker)] as listed, page by page."""
    found = []
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, **query):
        both = [(v, False) for v in page.get("Versions", [])] + [(m, True) for m in page.get("DeleteMarkers", [])]
        found += [(v["Key"], v["VersionId"], v["IsLatest"], marker) for v, marker in both]
    return found


def put(s3, bucket, key="k", body=b"x"):
    return s3.put_object(Bucket=bucket, Key=key, Body=body).get("VersionId")


def read(s3, bucket, key="k", **query):
    return s3.get_object(Bucket=bucket, Key=key, **query)["Body"].read()


def test_the_state_of_a_bucket(s3, raw, bucket):
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
    for status in ("Enabled", "Suspended", "Enabled", "Enabled"):
        set_versioning(s3, bucket, status)
        assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == status
    for body in (b"<VersioningConfiguration><Status>enabled</Status></VersioningConfiguration>",
                 b"<VersioningConfiguration><Status>Off</Status></VersioningConfiguration>", b"<Other/>", b"no document", b""):
        answer = raw.send("PUT", f"/{bucket}", query={"versioning": ""}, body=body)
        assert answer.status == 400, (body, answer)
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"


def test_a_write_says_its_version_only_where_it_has_one(s3, bucket):
    assert put(s3, bucket) is None
    set_versioning(s3, bucket, "Enabled")
    assert put(s3, bucket) not in (None, "null")
    set_versioning(s3, bucket, "Suspended")
    assert put(s3, bucket) is None
    assert s3.head_object(Bucket=bucket, Key="k")["VersionId"] == "null"


@pytest.mark.parametrize("status,marker", [(None, False), ("Enabled", True), ("Suspended", True)])
def test_a_delete_says_whether_it_left_a_marker(status, marker, s3, bucket):
    if status:
        set_versioning(s3, bucket, status)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    for key in ("k", "k", "never there"):
        deleted = s3.delete_object(Bucket=bucket, Key=key)
        assert deleted.get("DeleteMarker", False) == marker, key
        assert (deleted.get("VersionId") == "null") == (status == "Suspended")
        assert "x-amz-delete-marker" not in deleted["ResponseMetadata"]["HTTPHeaders"] or marker
    assert refusal(s3.get_object, Bucket=bucket, Key="k") == (404, "NoSuchKey")
    assert len(versions(s3, bucket)) == {None: 0, "Enabled": 4, "Suspended": 2}[status]


def test_versions_are_read_copied_and_removed_by_their_id(s3, versioned):
    ids = [put(s3, versioned, body=b"%d" % n) for n in range(4)]
    assert len(set(ids)) == 4
    assert [v for _, v, _, _ in versions(s3, versioned)] == ids[::-1], "the newest is first"
    assert [latest for _, _, latest, _ in versions(s3, versioned)] == [True, False, False, False]
    for n, version in enumerate(ids):
        assert read(s3, versioned, VersionId=version) == b"%d" % n
        assert s3.head_object(Bucket=versioned, Key="k", VersionId=version)["VersionId"] == version
    copied = s3.copy_object(Bucket=versioned, Key="copy", CopySource={"Bucket": versioned, "Key": "k", "VersionId": ids[1]})
    assert copied["CopySourceVersionId"] == ids[1] and copied["VersionId"] and read(s3, versioned, "copy") == b"1"
    removed = s3.delete_object(Bucket=versioned, Key="k", VersionId=ids[3])
    assert removed["VersionId"] == ids[3] and "DeleteMarker" not in removed
    assert read(s3, versioned) == b"2", "the one before is the newest now"
    s3.delete_object(Bucket=versioned, Key="k", VersionId=ids[0])
    assert refusal(s3.get_object, Bucket=versioned, Key="k", VersionId=ids[0]) == (404, "NoSuchVersion")
    assert s3.delete_object(Bucket=versioned, Key="k", VersionId=ids[0])["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert [v for k, v, _, _ in versions(s3, versioned) if k == "k"] == [ids[2], ids[1]]


def test_a_marker_hides_an_object_until_it_is_removed(s3, raw, versioned):
    version = put(s3, versioned, body=b"kept")
    marker = s3.delete_object(Bucket=versioned, Key="k")["VersionId"]
    assert versions(s3, versioned) == [("k", version, False, False), ("k", marker, True, True)]
    assert "Contents" not in s3.list_objects_v2(Bucket=versioned)
    for method in ("GET", "HEAD"):
        hidden = raw.send(method, f"/{versioned}/k")
        assert (hidden.status, hidden.headers["x-amz-delete-marker"], hidden.headers["x-amz-version-id"]) == (404, "true", marker)
        itself = raw.send(method, f"/{versioned}/k", query={"versionId": marker})
        assert (itself.status, itself.headers["x-amz-delete-marker"]) == (405, "true") and itself.headers["last-modified"]
        assert itself.headers["allow"] == "DELETE"
    assert read(s3, versioned, VersionId=version) == b"kept"
    source = {"Bucket": versioned, "Key": "k"}
    assert refusal(s3.copy_object, Bucket=versioned, Key="x", CopySource=source) == (404, "NoSuchKey")
    assert refusal(s3.copy_object, Bucket=versioned, Key="x", CopySource={**source, "VersionId": marker}) == (
        400, "InvalidRequest")
    assert refusal(s3.get_object_tagging, Bucket=versioned, Key="k", VersionId=marker) == (405, "MethodNotAllowed")
    removed = s3.delete_object(Bucket=versioned, Key="k", VersionId=marker)
    assert removed["DeleteMarker"] is True and removed["VersionId"] == marker
    assert read(s3, versioned) == b"kept"


def test_what_was_there_before_versioning_is_the_null_version(s3, bucket):
    put(s3, bucket, body=b"before")
    set_versioning(s3, bucket, "Enabled")
    assert versions(s3, bucket) == [("k", "null", True, False)]
    later = put(s3, bucket, body=b"later")
    assert read(s3, bucket, VersionId="null") == b"before"
    set_versioning(s3, bucket, "Suspended")
    put(s3, bucket, body=b"suspended")
    assert read(s3, bucket, VersionId="null") == b"suspended", "one null version, and it is replaced"
    assert [(v, latest) for _, v, latest, _ in versions(s3, bucket)] == [("null", True), (later, False)]
    marker = s3.delete_object(Bucket=bucket, Key="k")
    assert marker["DeleteMarker"] and marker["VersionId"] == "null"
    assert {(v, m) for _, v, _, m in versions(s3, bucket)} == {("null", True), (later, False)}
    assert refusal(s3.get_object, Bucket=bucket, Key="k") == (404, "NoSuchKey")
    s3.delete_object(Bucket=bucket, Key="k", VersionId="null")
    assert read(s3, bucket) == b"later"


def test_every_kind_of_write_makes_a_version(s3, versioned):
    first = put(s3, versioned, body=b"first")
    upload = s3.create_multipart_upload(Bucket=versioned, Key="k")["UploadId"]
    body = data.body("part", 1 << 20)
    etag = s3.upload_part(Bucket=versioned, Key="k", UploadId=upload, PartNumber=1, Body=body)["ETag"]
    second = s3.complete_multipart_upload(Bucket=versioned, Key="k", UploadId=upload, MultipartUpload={
        "Parts": [{"PartNumber": 1, "ETag": etag}]})["VersionId"]
    third = s3.copy_object(Bucket=versioned, Key="k", CopySource={"Bucket": versioned, "Key": "k", "VersionId": first},
                           MetadataDirective="REPLACE")["VersionId"]
    assert [v for _, v, _, _ in versions(s3, versioned)] == [third, second, first]
    assert read(s3, versioned, VersionId=second) == body and read(s3, versioned) == b"first"


def test_ids_that_name_no_version(s3, raw, versioned):
    version = put(s3, versioned)
    other = put(s3, versioned, "other")
    for wrong in ("no-such-version", version[:-1] + ("0" if version[-1] != "0" else "1"), other, "x" * 2000):
        for method in ("GET", "HEAD"):
            answer = raw.send(method, f"/{versioned}/k", query={"versionId": wrong})
            assert answer.status in (400, 404) and (method == "HEAD" or answer.code in ("NoSuchVersion", "InvalidArgument")), answer
        raw.send("DELETE", f"/{versioned}/k", query={"versionId": wrong})
    assert refusal(s3.get_object, Bucket=versioned, Key="k", VersionId=other) == (404, "NoSuchVersion")
    assert raw.send("GET", f"/{versioned}/k", query={"versionId": ""}).code == "InvalidArgument"
    assert {v for _, v, _, _ in versions(s3, versioned)} == {version, other}
    assert raw.send("GET", f"/{versioned}", query={"versions": "", "version-id-marker": version}).code == "InvalidArgument"


def test_pages_of_versions_join(s3, versioned):
    made = {}
    for key in ("a", "a/b", "d", "d/e/f", "ü&<"):
        made[key] = [put(s3, versioned, key) for _ in range(2)]
        if key in ("a", "d"):
            made[key].append(s3.delete_object(Bucket=versioned, Key=key)["VersionId"])
    ordered = [(key, version) for key in sorted(made, key=str.encode) for version in made[key][::-1]]
    for size in (1, 4, 1000):
        found = []
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=versioned, PaginationConfig={"PageSize": size}):
            entries = page.get("Versions", []) + page.get("DeleteMarkers", [])
            assert len(entries) <= size
            found += [(v["Key"], v["VersionId"]) for v in sorted(entries, key=lambda v: ordered.index((v["Key"], v["VersionId"])))]
        assert found == ordered, size
        prefixes, keys = [], []
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=versioned, Delimiter="/",
                                                                     PaginationConfig={"PageSize": size}):
            prefixes += [p["Prefix"] for p in page.get("CommonPrefixes", [])]
            keys += [v["Key"] for v in page.get("Versions", [])]
        assert prefixes == ["a/", "d/"] and keys == ["a"] * 2 + ["d"] * 2 + ["ü&<"] * 2, size
        assert {k for k, *_ in versions(s3, versioned, Prefix="a/", PaginationConfig={"PageSize": size})} == {"a/b"}
    after = s3.list_object_versions(Bucket=versioned, KeyMarker="d", VersionIdMarker=made["d"][1])
    assert [v["VersionId"] for v in after["Versions"] if v["Key"] == "d"] == [made["d"][0]]
    assert "d" not in [v["Key"] for v in s3.list_object_versions(Bucket=versioned, KeyMarker="d")["Versions"]]


def test_a_batch_makes_and_removes_markers_and_versions(s3, versioned):
    version = put(s3, versioned, "a")
    made = s3.delete_objects(Bucket=versioned, Delete={"Objects": [{"Key": "a"}, {"Key": "never"}]})["Deleted"]
    assert all(d["DeleteMarker"] and d["DeleteMarkerVersionId"] and "VersionId" not in d for d in made) and len(made) == 2
    markers = {d["Key"]: d["DeleteMarkerVersionId"] for d in made}
    assert {(k, v) for k, v, _, m in versions(s3, versioned) if m} == set(markers.items())
    gone = s3.delete_objects(Bucket=versioned, Delete={"Objects": [
        {"Key": "a", "VersionId": version}, {"Key": "a", "VersionId": markers["a"]},
        {"Key": "never", "VersionId": markers["never"]}]})["Deleted"]
    assert "DeleteMarker" not in gone[0] and gone[0]["VersionId"] == version
    assert all(d["DeleteMarker"] and d["DeleteMarkerVersionId"] == d["VersionId"] for d in gone[1:])
    assert versions(s3, versioned) == []


def test_many_may_remove_the_same_versions(server, s3, versioned):
    for n in range(15):
        put(s3, versioned, f"k{n % 5}")
    doomed = {"Objects": [{"Key": k, "VersionId": v} for k, v, _, _ in versions(s3, versioned)]}
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(server.boto().delete_objects(Bucket=versioned, Delete=doomed)))
               for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [(len(a["Deleted"]), "Errors" in a) for a in answers] == [(15, False)] * 5
    assert versions(s3, versioned) == []


def test_a_bucket_with_versions_is_not_empty(s3, versioned):
    version = put(s3, versioned)
    marker = s3.delete_object(Bucket=versioned, Key="k")["VersionId"]
    assert "Contents" not in s3.list_objects_v2(Bucket=versioned)
    for left in (version, marker):
        assert answer_of(s3.delete_bucket, Bucket=versioned)["Error"]["Code"] == "BucketNotEmpty"
        s3.delete_object(Bucket=versioned, Key="k", VersionId=left)
    s3.delete_bucket(Bucket=versioned)


def test_a_key_with_many_versions_is_as_fast_as_one_with_a_single_version(server, s3, long):
    """In turns, so that both meet the same machine; medians, since it does other things besides."""
    count = 10_000 if long else 1_000
    raw = server.raw()
    raw.make_bucket("piles")
    set_versioning(s3, "piles", "Enabled")

    def pile(number):
        client = server.raw()
        ids = [client.put("piles", "pile", b"v" * 100).headers["x-amz-version-id"] for _ in range(count // 8)]
        client.close()
        return ids[0]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        oldest = list(pool.map(pile, range(8)))[0]

    def seconds(call, *args, **kwargs):
        started = time.monotonic()
        assert call(*args, **kwargs).status in (200, 204)
        return time.monotonic() - started
    taken = collections.defaultdict(list)
    for n in range(200):
        for key, name in (("pile", "pile"), (f"single-{n}", "single")):
            taken["put", name].append(seconds(raw.put, "piles", key, b"v" * 100))
            taken["get", name].append(seconds(raw.get, "piles", key))
        taken["get oldest", "pile"].append(seconds(raw.send, "GET", "/piles/pile", query={"versionId": oldest}))
        taken["get oldest", "single"].append(taken["get", "single"][-1])
    for what in ("put", "get", "get oldest"):
        pile_ms, single_ms = (statistics.median(taken[what, name]) * 1e3 for name in ("pile", "single"))
        print(f"{what}: {pile_ms:.2f} ms with {count} versions, {single_ms:.2f} ms with one")
        assert pile_ms < 1.5 * single_ms + 0.3, f"{what}: {pile_ms:.2f} ms with {count} versions, {single_ms:.2f} ms with one"
