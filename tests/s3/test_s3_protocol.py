"""What the S3 API reference says, asked by boto3 and by hand."""

import datetime
import email.utils
import hashlib
import urllib.request

import pytest

from helpers import data
from helpers.expect import code_of

MIB = data.MIB
DRIVES = 4


# ---- buckets ----


def test_buckets_live_and_die(s3, server):
    s3.create_bucket(Bucket="life")
    assert "life" in [b["Name"] for b in s3.list_buckets()["Buckets"]]
    assert s3.head_bucket(Bucket="life")["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert s3.get_bucket_location(Bucket="life").get("LocationConstraint") in (None, "us-east-1")
    s3.put_object(Bucket="life", Key="k", Body=b"x")
    assert code_of(s3.delete_bucket, Bucket="life") == "BucketNotEmpty"
    s3.delete_object(Bucket="life", Key="k")
    s3.delete_bucket(Bucket="life")
    assert code_of(s3.list_objects_v2, Bucket="life") == "NoSuchBucket"
    assert code_of(s3.head_bucket, Bucket="life") == "404"
    s3.create_bucket(Bucket="life")
    assert s3.list_objects_v2(Bucket="life")["KeyCount"] == 0
    s3.create_bucket(Bucket="life")  # us-east-1 alone lets its owner create it again


@pytest.mark.parametrize("name", ["ab", "UPPER", "a_b", "-a", "a-", "a..b", "192.168.1.1", "x" * 64, "xn--a", "a-s3alias"])
def test_bad_bucket_names_are_refused(name, raw):
    answer = raw.send("PUT", f"/{name}")
    assert (answer.status, answer.code) == (400, "InvalidBucketName"), answer


def test_what_clients_probe_answers_as_unset(s3, bucket):
    assert s3.get_bucket_versioning(Bucket=bucket).get("Status") is None
    assert s3.get_bucket_acl(Bucket=bucket)["Grants"][0]["Permission"] == "FULL_CONTROL"
    for call, code in ((s3.get_bucket_tagging, "NoSuchTagSet"), (s3.get_bucket_policy, "NoSuchBucketPolicy"),
                       (s3.get_bucket_cors, "NoSuchCORSConfiguration"),
                       (s3.get_bucket_lifecycle_configuration, "NoSuchLifecycleConfiguration"),
                       (s3.get_bucket_website, "NoSuchWebsiteConfiguration"),
                       (s3.get_object_lock_configuration, "ObjectLockConfigurationNotFoundError"),
                       (s3.get_bucket_replication, "ReplicationConfigurationNotFoundError"),
                       (s3.get_public_access_block, "NoSuchPublicAccessBlockConfiguration")):
        assert code_of(call, Bucket=bucket) == code


def test_sub_resources_never_fall_through(raw, bucket):
    """An unknown or unsupported sub-resource must not make or delete the bucket, nor read or write an object."""
    raw.put(bucket, "k", b"kept")
    for query in ("versioning", "policy", "tagging", "cors", "lifecycle", "website", "encryption", "replication", "logging",
                  "notification", "object-lock", "publicAccessBlock", "ownershipControls", "acl", "inventory", "analytics",
                  "intelligent-tiering", "metrics", "accelerate", "requestPayment", "policyStatus", "metadataTable", "nonsense"):
        answer = raw.send("PUT", f"/{bucket}", query={query: ""}, body=b"<x/>")
        assert answer.status >= 400, (query, answer)
        answer = raw.send("DELETE", f"/{bucket}", query={query: ""})
        removable = ("tagging", "policy", "cors", "lifecycle", "website", "publicAccessBlock", "ownershipControls")
        assert answer.status == 204 if query in removable else answer.status >= 400, (query, answer)
    for query in ("tagging", "acl", "retention", "legal-hold", "torrent", "restore", "select", "attributes", "nonsense"):
        answer = raw.send("PUT", f"/{bucket}/k", query={query: ""}, body=b"<x/>")
        assert answer.status >= 400, (query, answer)
    assert raw.get(bucket, "k").body == b"kept"


# ---- objects ----


def test_an_object_keeps_what_was_said_of_it(s3, bucket):
    said = dict(ContentType="text/x-test", CacheControl="max-age=60", ContentDisposition='attachment; filename="a.txt"',
                ContentEncoding="identity", ContentLanguage="de", Metadata={"colour": "blue", "with-dash": "1"})
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"hello", Expires=datetime.datetime(2030, 1, 1), **said)
    assert put["ETag"] == '"5d41402abc4b2a76b9719d911017c592"'
    for got in (s3.get_object(Bucket=bucket, Key="k"), s3.head_object(Bucket=bucket, Key="k")):
        for name, value in said.items():
            assert got[name] == value, name
        assert got["ContentLength"] == 5 and got["ETag"] == put["ETag"]
        assert abs((got["LastModified"] - datetime.datetime.now(datetime.timezone.utc)).total_seconds()) < 60
        assert got["AcceptRanges"] == "bytes"
    over = s3.get_object(Bucket=bucket, Key="k", ResponseContentType="text/other", ResponseCacheControl="no-store",
                         ResponseContentDisposition="inline")
    assert (over["ContentType"], over["CacheControl"], over["ContentDisposition"]) == ("text/other", "no-store", "inline")


KEYS = ["a", "a/", "a/b", "a//b", "/leading", ".", "..", "../up", "a/../b", "./x", "//", " ", "white space", "tab\there", "ünïcödé",
        "日本語", "🎵", "percent%41", "plus+", "q?uery", "h#ash", "amp&", "eq=", "semi;", "quote'\"", "back\\slash", "<xml>&amp;",
        "new\nline", "star*", "x" * 1024, "é" * 512, "CASE", "case", "a b/c d", "~tilde", "trailing ", "~" * 5, "\u0001control"]


def test_any_key_is_just_a_key(s3, bucket):
    for number, key in enumerate(KEYS):
        s3.put_object(Bucket=bucket, Key=key, Body=f"body {number}".encode())
    for number, key in enumerate(KEYS):
        assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == f"body {number}".encode(), repr(key)
    listed = [item["Key"] for page in s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, PaginationConfig={"PageSize": 5}) for item in page.get("Contents", [])]
    assert listed == sorted(KEYS, key=lambda k: k.encode())
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": k} for k in KEYS if k != "\u0001control"]})
    left = [item["Key"] for item in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
    assert left == ["\u0001control"]


@pytest.mark.parametrize("size", [0, 1, 4095, 4096, 4097, 131071, 131072, 131073, MIB - 1, MIB, MIB + 1, 3 * MIB + 7, 17 * MIB])
def test_every_range_of_every_size_is_right(size, raw, bucket):
    body = data.body(size, size)
    assert raw.put(bucket, "k", body).status == 200
    assert raw.get(bucket, "k").body == body
    for spec, start, end in ((f"bytes=0-{size + 5}", 0, size), ("bytes=0-0", 0, 1), ("bytes=-1", size - 1, size),
                             (f"bytes=-{size + 9}", 0, size), (f"bytes={size // 2}-", size // 2, size),
                             (f"bytes={size // 3}-{size // 3 + 4095}", size // 3, min(size, size // 3 + 4096)),
                             (f"bytes={max(0, size - 3)}-{size - 1}", max(0, size - 3), size)):
        answer = raw.get(bucket, "k", Range=spec)
        if size == 0:
            assert answer.status == 416 or (answer.status == 200 and answer.body == b""), (spec, answer)
            continue
        assert answer.status == 206, (spec, answer)
        assert answer.body == body[start:end], spec
        assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{size}"
    answer = raw.get(bucket, "k", Range=f"bytes={size}-")
    assert (answer.status, answer.code) == (416, "InvalidRange")
    for odd in ("bytes=5-2", "bytes=a-b", "lines=1-2", "bytes=0-1,3-4"):
        answer = raw.get(bucket, "k", Range=odd)
        assert answer.status in (200, 206, 416), (odd, answer)
        if answer.status == 200:
            assert answer.body == body, f"{odd}: neither all of it nor a range"


def test_conditions_are_honoured(raw, bucket):
    first = raw.put(bucket, "k", b"one").headers["etag"]
    old = email.utils.formatdate(1_000_000_000, usegmt=True)
    # Some seconds ahead, because Last-Modified has a second's precision.
    new = email.utils.formatdate(datetime.datetime.now().timestamp() + 3600, usegmt=True)
    for headers, status in (({"If-Match": first}, 200), ({"If-Match": '"other"'}, 412), ({"If-Match": "*"}, 200),
                            ({"If-None-Match": first}, 304), ({"If-None-Match": '"other"'}, 200),
                            ({"If-Modified-Since": old}, 200), ({"If-Modified-Since": email.utils.formatdate(usegmt=True)}, 304),
                            ({"If-Unmodified-Since": old}, 412), ({"If-Unmodified-Since": new}, 200),
                            ({"If-Match": first, "If-Unmodified-Since": old}, 200),
                            ({"If-None-Match": '"other"', "If-Modified-Since": new}, 200)):
        answer = raw.get(bucket, "k", **headers)
        assert answer.status == status, (headers, answer)
        assert raw.send("HEAD", f"/{bucket}/k", headers=headers).status == status, headers
        if status == 304:
            assert answer.headers["etag"] == first and not answer.body
    assert raw.put(bucket, "k", b"two", **{"If-None-Match": "*"}).code == "PreconditionFailed"
    assert raw.put(bucket, "new", b"two", **{"If-None-Match": "*"}).status == 200
    assert raw.put(bucket, "k", b"two", **{"If-Match": '"other"'}).code == "PreconditionFailed"
    assert raw.put(bucket, "k", b"two", **{"If-Match": first}).status == 200
    assert raw.put(bucket, "none", b"two", **{"If-Match": first}).status == 404
    assert raw.get(bucket, "k").body == b"two"


def test_of_many_conditional_writers_one_wins(server, bucket):
    import concurrent.futures
    for number in range(10):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda n: server.raw().put(bucket, f"race{number}", b"%d" % n, **{"If-None-Match": "*"}), range(8)))
        winners = [n for n, a in enumerate(answers) if a.status == 200]
        assert len(winners) == 1, [a.status for a in answers]
        assert all(a.status in (200, 409, 412) for a in answers)
        assert server.raw().get(bucket, f"race{number}").body == b"%d" % winners[0]


def test_counters_by_conditional_writes_lose_no_step(server, bucket):
    """Eight writers count by compare and swap; every success is in the sum."""
    import concurrent.futures
    server.raw().put(bucket, "counter", b"0")

    def count(_):
        raw, done = server.raw(), 0
        while done < 10:
            now = raw.get(bucket, "counter")
            answer = raw.put(bucket, "counter", b"%d" % (int(now.body) + 1), **{"If-Match": now.headers["etag"]})
            assert answer.status in (200, 409, 412), answer
            done += answer.status == 200
        return done

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        total = sum(pool.map(count, range(8)))
    assert int(server.raw().get(bucket, "counter").body) == total == 80


def test_deletes(s3, raw, bucket):
    assert raw.delete(bucket, "never").status == 204
    raw.put(bucket, "k", b"x")
    assert raw.delete(bucket, "k").status == 204
    assert raw.get(bucket, "k").code == "NoSuchKey"
    assert raw.head(bucket, "k").status == 404
    for number in range(1000):
        raw.put(bucket, f"many/{number:04}", b"x")
    out = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": f"many/{n:04}"} for n in range(1000)]})
    assert len(out["Deleted"]) == 1000 and not out.get("Errors")
    quiet = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "none"}], "Quiet": True})
    assert not quiet.get("Deleted") and not quiet.get("Errors")
    assert raw.list_keys(bucket) == {}


def test_copies(s3, bucket):
    body = data.body("copy", 3 * MIB)
    s3.put_object(Bucket=bucket, Key="from ä", Body=body, Metadata={"a": "1"}, ContentType="text/x")
    copied = s3.copy_object(Bucket=bucket, Key="to", CopySource={"Bucket": bucket, "Key": "from ä"})
    assert copied["CopyObjectResult"]["ETag"]
    got = s3.get_object(Bucket=bucket, Key="to")
    assert got["Body"].read() == body and got["Metadata"] == {"a": "1"} and got["ContentType"] == "text/x"
    s3.copy_object(Bucket=bucket, Key="to", CopySource={"Bucket": bucket, "Key": "from ä"}, MetadataDirective="REPLACE",
                   Metadata={"b": "2"}, ContentType="text/y")
    got = s3.head_object(Bucket=bucket, Key="to")
    assert got["Metadata"] == {"b": "2"} and got["ContentType"] == "text/y"
    assert code_of(s3.copy_object, Bucket=bucket, Key="to", CopySource={"Bucket": bucket, "Key": "to"}) == "InvalidRequest"
    assert code_of(s3.copy_object, Bucket=bucket, Key="x", CopySource={"Bucket": bucket, "Key": "none"}) == "NoSuchKey"
    assert code_of(s3.copy_object, Bucket=bucket, Key="x", CopySource={"Bucket": bucket, "Key": "to"},
                   CopySourceIfMatch="other") == "PreconditionFailed"


# ---- lists ----


def test_lists_are_sorted_and_pages_join(s3, bucket):
    keys = [f"{a}/{b}/{c}" for a in "abc" for b in ("x", "y z", "ü") for c in range(4)] + ["a", "a0", "zz", "b-", "b."]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    ordered = sorted(keys, key=lambda k: k.encode())

    def walk(version, **options):
        contents, prefixes = [], []
        name = "list_objects_v2" if version == 2 else "list_objects"
        for page in s3.get_paginator(name).paginate(Bucket=bucket, **options):
            contents += [c["Key"] for c in page.get("Contents", [])]
            prefixes += [p["Prefix"] for p in page.get("CommonPrefixes", [])]
        return contents, prefixes

    for version in (1, 2):
        for size in (1, 2, 3, 7, 1000):
            paging = {"PaginationConfig": {"PageSize": size}}
            assert walk(version, **paging) == (ordered, []), (version, size)
            contents, prefixes = walk(version, Delimiter="/", **paging)
            assert prefixes == ["a/", "b/", "c/"] and contents == [k for k in ordered if "/" not in k]
            contents, prefixes = walk(version, Delimiter="/", Prefix="a/", **paging)
            assert prefixes == ["a/x/", "a/y z/", "a/ü/"] and contents == []
            assert walk(version, Prefix="b", **paging)[0] == [k for k in ordered if k.startswith("b")]
            assert walk(version, Prefix="none", **paging) == ([], [])
    after = s3.list_objects_v2(Bucket=bucket, StartAfter="b/x/1")["Contents"]
    assert [c["Key"] for c in after] == [k for k in ordered if k.encode() > b"b/x/1"]
    page = s3.list_objects_v2(Bucket=bucket, MaxKeys=0)
    assert page["KeyCount"] == 0 and not page["IsTruncated"]
    item = s3.list_objects_v2(Bucket=bucket, Prefix="zz")["Contents"][0]
    assert item["Size"] == 2 and item["ETag"] == f'"{hashlib.md5(b"zz").hexdigest()}"' and item["StorageClass"] == "STANDARD"


def test_a_list_shows_what_was_acknowledged_before_it(server, bucket):
    import threading
    stop, wrong = threading.Event(), []

    def write(worker):
        raw, number = server.raw(), 0
        while not stop.is_set():
            key = f"{worker}/{number:05}"
            raw.put(bucket, key, b"x")
            if key not in raw.list_keys(bucket, prefix=key):
                wrong.append(f"{key} was acknowledged and is not listed")
            if number % 3 == 0:
                raw.delete(bucket, key)
                if key in raw.list_keys(bucket, prefix=key):
                    wrong.append(f"{key} was deleted and is listed")
            number += 1

    threads = [threading.Thread(target=write, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    stop.wait(4)
    stop.set()
    for thread in threads:
        thread.join()
    assert not wrong, wrong[:3]


# ---- multipart ----


def test_multipart_uploads(s3, raw, bucket):
    bodies = [data.body(n, 5 * MIB) for n in range(3)] + [b"the end"]
    upload = s3.create_multipart_upload(Bucket=bucket, Key="big", ContentType="text/big", Metadata={"m": "1"})["UploadId"]
    assert [u["UploadId"] for u in s3.list_multipart_uploads(Bucket=bucket)["Uploads"]] == [upload]
    parts = []
    for number, body in enumerate(bodies, 1):
        s3.upload_part(Bucket=bucket, Key="big", UploadId=upload, PartNumber=number, Body=b"overwritten later")
        etag = s3.upload_part(Bucket=bucket, Key="big", UploadId=upload, PartNumber=number, Body=body)["ETag"]
        parts.append({"PartNumber": number, "ETag": etag})
    listed = [p for page in s3.get_paginator("list_parts").paginate(
        Bucket=bucket, Key="big", UploadId=upload, PaginationConfig={"PageSize": 2}) for p in page["Parts"]]
    assert [(p["PartNumber"], p["Size"], p["ETag"]) for p in listed] == [
        (p["PartNumber"], len(b), p["ETag"]) for p, b in zip(parts, bodies)]
    assert raw.get(bucket, "big").status == 404
    done = s3.complete_multipart_upload(Bucket=bucket, Key="big", UploadId=upload, MultipartUpload={"Parts": parts})
    expected = hashlib.md5(b"".join(hashlib.md5(b).digest() for b in bodies)).hexdigest() + "-4"
    assert done["ETag"] == f'"{expected}"'
    again = raw.complete(bucket, "big", upload, [(p["PartNumber"], p["ETag"]) for p in parts])
    assert again.status == 200 and expected.encode() in again.body, "a repeated Complete has to succeed"
    got = s3.get_object(Bucket=bucket, Key="big")
    assert got["Body"].read() == b"".join(bodies) and got["ContentType"] == "text/big" and got["Metadata"] == {"m": "1"}
    for number, body in enumerate(bodies, 1):
        part = s3.get_object(Bucket=bucket, Key="big", PartNumber=number)
        assert part["Body"].read() == body and part["PartsCount"] == 4
    whole = b"".join(bodies)
    for start, end in ((5 * MIB - 10, 5 * MIB + 10), (10 * MIB - 1, 10 * MIB), (0, len(whole)), (15 * MIB - 1, len(whole))):
        assert raw.get(bucket, "big", Range=f"bytes={start}-{end - 1}").body == whole[start:end]
    assert not s3.list_multipart_uploads(Bucket=bucket).get("Uploads")


def test_multipart_mistakes_are_named(s3, raw, bucket):
    upload = raw.create_upload(bucket, "k")
    small = raw.put_part(bucket, "k", upload, 1, b"small").headers["etag"]
    second = raw.put_part(bucket, "k", upload, 2, b"last").headers["etag"]
    assert raw.complete(bucket, "k", upload, [(1, small), (2, second)]).code == "EntityTooSmall"
    assert raw.complete(bucket, "k", upload, [(2, second), (1, small)]).code == "InvalidPartOrder"
    assert raw.complete(bucket, "k", upload, [(1, '"00000000000000000000000000000000"')]).code == "InvalidPart"
    assert raw.complete(bucket, "k", upload, [(7, small)]).code == "InvalidPart"
    assert raw.complete(bucket, "k", upload, []).code == "MalformedXML"
    assert raw.complete(bucket, "k", "no-such-upload", [(1, small)]).code == "NoSuchUpload"
    assert raw.put_part(bucket, "k", upload, 0, b"x").code == "InvalidArgument"
    assert raw.put_part(bucket, "k", upload, 10001, b"x").code == "InvalidArgument"
    assert raw.get(bucket, "k").status == 404
    assert raw.complete(bucket, "k", upload, [(1, small)]).status == 200
    assert raw.get(bucket, "k").body == b"small"
    other = raw.create_upload(bucket, "k")
    assert raw.abort(bucket, "k", other).status == 204
    assert raw.put_part(bucket, "k", other, 1, b"x").code == "NoSuchUpload"
    assert raw.abort(bucket, "k", other).code == "NoSuchUpload"
    assert raw.get(bucket, "k").body == b"small"


def test_parts_can_be_copied(s3, raw, bucket):
    source = data.body("source", 12 * MIB)
    s3.put_object(Bucket=bucket, Key="source", Body=source)
    upload = raw.create_upload(bucket, "joined")
    etags = []
    for number, spec in enumerate(("bytes=0-5242879", f"bytes=7000000-{12 * MIB - 1}"), 1):
        copied = s3.upload_part_copy(Bucket=bucket, Key="joined", UploadId=upload, PartNumber=number,
                                     CopySource={"Bucket": bucket, "Key": "source"}, CopySourceRange=spec)
        etags.append((number, copied["CopyPartResult"]["ETag"]))
    assert raw.complete(bucket, "joined", upload, etags).status == 200
    assert raw.get(bucket, "joined").body == source[:5242880] + source[7000000:]


def test_a_thousand_parts(raw, bucket, long):
    """Many parts, written out of order: the smallest that S3 allows are 5 MiB, so only the last may be used here."""
    upload = raw.create_upload(bucket, "many")
    for number in (10000, 5000, 1):
        assert raw.put_part(bucket, "many", upload, number, b"part %d" % number).status == 200
    answer = raw.send("GET", f"/{bucket}/many", query={"uploadId": upload, "max-parts": 2})
    assert [p.findtext("PartNumber") for p in answer.xml().findall("Part")] == ["1", "5000"]
    assert answer.xml().findtext("IsTruncated") == "true"
    etag = raw.put_part(bucket, "many", upload, 10000, b"the only one").headers["etag"]
    assert raw.complete(bucket, "many", upload, [(10000, etag)]).status == 200
    assert raw.get(bucket, "many").body == b"the only one"


# ---- signatures and transfer ----


def test_presigned_links(server, raw, bucket):
    import urllib.error
    signer = server.boto(signature_version="s3v4")  # botocore still makes V2 links for us-east-1
    put = signer.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "p ü"}, ExpiresIn=60)
    assert urllib.request.urlopen(urllib.request.Request(put, data=b"by link", method="PUT")).status == 200
    got = signer.generate_presigned_url("get_object", Params={
        "Bucket": bucket, "Key": "p ü", "ResponseContentType": "text/by-link"}, ExpiresIn=60)
    answer = urllib.request.urlopen(got)
    assert answer.read() == b"by link" and answer.headers["Content-Type"] == "text/by-link"
    for wrong, code in ((got.replace("X-Amz-Signature=", "X-Amz-Signature=0"), 403), (got + "&x=1", 403),
                        (got.replace("p%20", "q%20"), 403)):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(wrong)
        assert refused.value.code == code
    late = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=100)
    answer = raw.exchange("GET", raw.presign("GET", f"/{bucket}/p ü", expires=50, now=late), {})
    assert (answer.status, answer.code) == (403, "AccessDenied")
    answer = raw.exchange("GET", raw.presign("GET", f"/{bucket}/p ü", expires=700_000), {})
    assert (answer.status, answer.code) == (400, "AuthorizationQueryParametersError")


def chunked(raw, path, body, chunk, trailer=None, tamper=None):
    """An aws-chunked signed upload (STREAMING-AWS4-HMAC-SHA256-PAYLOAD), by hand."""
    import hmac
    from helpers.raw import EMPTY, sign_key
    kind = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
    headers = {"content-encoding": "aws-chunked", "x-amz-decoded-content-length": str(len(body))}
    signed = raw.signed_headers("PUT", path, [], headers, kind)
    stamp, scope_date = signed["x-amz-date"], signed["x-amz-date"][:8]
    scope = f"{scope_date}/{raw.region}/s3/aws4_request"
    key, previous, out = sign_key(raw.secret, scope_date, raw.region), signed["authorization"].rsplit("=", 1)[1], b""
    pieces = [body[at:at + chunk] for at in range(0, len(body), chunk)] + [b""]
    for number, piece in enumerate(pieces):
        text = f"AWS4-HMAC-SHA256-PAYLOAD\n{stamp}\n{scope}\n{previous}\n{EMPTY}\n{hashlib.sha256(piece).hexdigest()}"
        previous = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        sent = b"X" + piece[1:] if tamper == number and piece else piece
        out += f"{len(piece):x};chunk-signature={previous}\r\n".encode() + sent + b"\r\n"
    return signed, out


@pytest.mark.parametrize("size", [0, 1, 8191, 65536, 300_000])
def test_signed_chunks(size, raw, bucket):
    body = data.body("chunked", size)
    headers, sent = chunked(raw, f"/{bucket}/c", body, 65536)
    answer = raw.exchange("PUT", f"/{bucket}/c", headers, sent)
    assert answer.status == 200, answer
    got = raw.get(bucket, "c")
    assert got.body == body and got.headers.get("content-encoding") in (None, "")
    if size > 1:
        headers, sent = chunked(raw, f"/{bucket}/c", body, 65536, tamper=0)
        answer = raw.exchange("PUT", f"/{bucket}/c", headers, sent)
        assert (answer.status, answer.code) == (403, "SignatureDoesNotMatch"), answer
        assert raw.get(bucket, "c").body == body


def test_unsigned_chunks_with_a_trailer(raw, bucket):
    import base64
    import zlib
    body = data.body("trailer", 200_000)
    crc = base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()
    for value, status in ((crc, 200), ("AAAAAA==", 400)):
        headers = raw.signed_headers("PUT", f"/{bucket}/t", [], {
            "content-encoding": "aws-chunked", "x-amz-decoded-content-length": str(len(body)),
            "x-amz-trailer": "x-amz-checksum-crc32"}, "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
        sent = f"{len(body):x}\r\n".encode() + body + f"\r\n0\r\nx-amz-checksum-crc32:{value}\r\n\r\n".encode()
        answer = raw.exchange("PUT", f"/{bucket}/t", headers, sent)
        assert answer.status == status, answer
    assert answer.code == "BadDigest"
    got = raw.get(bucket, "t", **{"x-amz-checksum-mode": "ENABLED"})
    assert got.body == body and got.headers["x-amz-checksum-crc32"] == crc


def test_expect_continue_and_pipelining(server, raw, bucket):
    import socket
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as s:
        headers = raw.signed_headers("PUT", f"/{bucket}/e", [], {}, "UNSIGNED-PAYLOAD")
        head = f"PUT /{bucket}/e HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items())
        # Without the invitation botocore would misread the answer to its next request on this connection.
        s.sendall((head + "Content-Length: 0\r\nExpect: 100-continue\r\n\r\n").encode())
        seen = b""
        while seen.count(b"\r\n\r\n") < 2:
            seen += s.recv(4096)
        assert seen.startswith(b"HTTP/1.1 100") and b"HTTP/1.1 200" in seen, seen
        s.sendall((head + "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n").encode())
        assert s.recv(1000).startswith(b"HTTP/1.1 100")
        s.sendall(b"hello")
        assert s.recv(4096).startswith(b"HTTP/1.1 200")
        # Refused before the body was asked for.
        s.sendall((head.replace(headers["authorization"][-10:], "0" * 10) + "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n").encode())
        assert s.recv(4096).startswith(b"HTTP/1.1 403")
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as s:
        target = raw.presign("GET", f"/{bucket}/e")
        request = f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode()
        s.sendall(request * 5)
        seen = b""
        while seen.count(b"hello") < 5:
            more = s.recv(4096)
            assert more, seen
            seen += more
        assert seen.count(b"HTTP/1.1 200") == 5


def test_unsupported_meanings_are_refused_and_private_is_not(raw, bucket):
    for name, value in (("x-amz-server-side-encryption", "AES256"), ("x-amz-object-lock-mode", "COMPLIANCE"),
                        ("x-amz-object-lock-legal-hold", "ON"), ("x-amz-acl", "no-such-acl"),
                        ("x-amz-server-side-encryption-customer-algorithm", "AES256")):
        answer = raw.put(bucket, "k", b"x", **{name: value})
        assert answer.status in (400, 501), (name, answer)
        assert raw.get(bucket, "k").status == 404, name
    assert raw.put(bucket, "k", b"x", **{"x-amz-acl": "private"}).status == 200
