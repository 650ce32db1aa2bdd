"""Cross-origin requests: "Using cross-origin resource sharing" in the user guide, PutBucketCors in the API reference, and the
Fetch standard for what a browser needs in the answers."""

import http.client

import pytest

from helpers.expect import refusal

RULES = [
    {"AllowedMethods": ["GET"], "AllowedOrigins": ["*suffix"]},
    {"AllowedMethods": ["GET"], "AllowedOrigins": ["start*end"], "AllowedHeaders": ["x-amz-*", "Content-Type"], "MaxAgeSeconds": 33,
     "ExposeHeaders": ["ETag", "x-amz-meta-m"]},
    {"AllowedMethods": ["GET", "HEAD"], "AllowedOrigins": ["https://exact.test:8443"]},
    {"AllowedMethods": ["PUT", "DELETE"], "AllowedOrigins": ["*.put"], "AllowedHeaders": ["*"]},
]


@pytest.fixture
def shared(s3, bucket):
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": RULES})
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", Metadata={"m": "1"})
    return bucket


def test_a_configuration_lives_and_dies(s3, bucket):
    assert refusal(s3.get_bucket_cors, Bucket=bucket) == (404, "NoSuchCORSConfiguration")
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": RULES})
    assert s3.get_bucket_cors(Bucket=bucket)["CORSRules"] == RULES
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": RULES[:1]})
    assert s3.get_bucket_cors(Bucket=bucket)["CORSRules"] == RULES[:1]
    s3.delete_bucket_cors(Bucket=bucket)
    assert refusal(s3.get_bucket_cors, Bucket=bucket) == (404, "NoSuchCORSConfiguration")


@pytest.mark.parametrize("rules", [
    [], [{"AllowedMethods": ["PATCH"], "AllowedOrigins": ["*"]}], [{"AllowedMethods": ["get"], "AllowedOrigins": ["*"]}],
    [{"AllowedMethods": ["GET"], "AllowedOrigins": ["a*b*c"]}], [{"AllowedMethods": ["GET"], "AllowedOrigins": []}],
    [{"AllowedMethods": [], "AllowedOrigins": ["*"]}], [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "ExposeHeaders": ["*"]}],
    [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "AllowedHeaders": ["a*b*"]}],
    [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "ID": "x" * 256}],
    [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}] * 101], ids=range(10))
def test_wrong_rules_are_refused_and_change_nothing(rules, s3, shared):
    status, code = refusal(s3.put_bucket_cors, Bucket=shared, CORSConfiguration={"CORSRules": rules})
    assert status == 400 and code in ("MalformedXML", "InvalidRequest", "InvalidArgument")
    assert s3.get_bucket_cors(Bucket=shared)["CORSRules"] == RULES


ORIGINS = [
    ("foo.suffix", True), ("suffix", True), ("foo.suffix.get", False), ("startend", True), ("start1end", True),
    ("start12end", True), ("0start12end", False), ("startend1", False), ("foo.bar", False), ("https://exact.test:8443", True),
    ("https://exact.test", False), ("http://exact.test:8443", False), ("foo.put", False),
]


@pytest.mark.parametrize("origin,allowed", ORIGINS)
def test_answers_and_preflights_agree_on_an_origin(origin, allowed, raw, shared):
    """The answer carries the headers whatever it says: a browser must be able to read a refusal."""
    for answer in (raw.get(shared, "k", origin=origin), raw.get(shared, "none", origin=origin),
                   raw.exchange("GET", f"/{shared}/k", {"Origin": origin}),
                   raw.exchange("GET", raw.presign("GET", f"/{shared}/k"), {"Origin": origin})):
        assert answer.status in (200, 403, 404)
        assert answer.headers.get("access-control-allow-origin") == (origin if allowed else None), answer.headers
        if allowed:
            assert "origin" in answer.headers["vary"].lower()
            assert answer.headers["access-control-allow-credentials"] == "true"
    preflight = raw.exchange("OPTIONS", f"/{shared}/k", {"Origin": origin, "Access-Control-Request-Method": "GET"})
    assert preflight.status == (200 if allowed else 403), preflight
    if allowed:
        assert preflight.headers["access-control-allow-origin"] == origin and preflight.body == b""
        assert "GET" in preflight.headers["access-control-allow-methods"]
    else:
        assert preflight.code == "AccessForbidden" and "access-control-allow-origin" not in preflight.headers


PREFLIGHTS = [
    ("foo.put", "PUT", None, 200), ("foo.put", "DELETE", "x-anything, authorization", 200), ("foo.put", "GET", None, 403),
    ("foo.suffix", "PUT", None, 403), ("foo.suffix", "GET", "x-amz-date", 403), ("startend", "GET", "X-Amz-Date", 200),
    ("startend", "GET", "content-type,x-amz-meta-m", 200), ("startend", "GET", "content-type, authorization", 403),
    ("startend", "HEAD", None, 403), ("foo.put", "PATCH", None, 403), (None, "GET", None, 400), ("foo.suffix", None, None, 400),
]


@pytest.mark.parametrize("origin,method,headers,status", PREFLIGHTS)
def test_a_preflight_asks_for_method_and_headers(origin, method, headers, status, raw, shared):
    sent = {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    for path in (f"/{shared}/k", f"/{shared}/none", f"/{shared}"):
        answer = raw.exchange("OPTIONS", path, {k: v for k, v in sent.items() if v is not None})
        assert answer.status == status, answer
        if status == 200:
            allowed = answer.headers.get("access-control-allow-headers", "").lower().replace(" ", "")
            wanted = (headers or "").lower().replace(" ", "")
            assert set(wanted.split(",")) <= set(allowed.split(","))


def test_what_a_rule_exposes(raw, shared):
    got = raw.get(shared, "k", origin="startend")
    assert {h.strip().lower() for h in got.headers["access-control-expose-headers"].split(",")} == {"etag", "x-amz-meta-m"}
    preflight = raw.exchange("OPTIONS", f"/{shared}/k", {"Origin": "startend", "Access-Control-Request-Method": "GET"})
    assert preflight.headers["access-control-max-age"] == "33"


def test_a_star_is_answered_with_a_star(s3, raw, bucket):
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]})
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    got = raw.get(bucket, "k", origin="https://any.test")
    assert got.headers["access-control-allow-origin"] == "*" and "access-control-allow-credentials" not in got.headers
    assert "access-control-allow-origin" not in raw.get(bucket, "k").headers, "no Origin, no headers"
    assert "access-control-allow-origin" not in raw.send("DELETE", f"/{bucket}/k", headers={"origin": "https://any.test"}).headers


def test_without_a_configuration_nobody_else_may(raw, bucket):
    answer = raw.exchange("OPTIONS", f"/{bucket}/k", {"Origin": "https://a.test", "Access-Control-Request-Method": "GET"})
    assert (answer.status, answer.code) == (403, "AccessForbidden")
    assert "access-control-allow-origin" not in raw.get(bucket, "k", origin="https://a.test").headers
    answer = raw.exchange("OPTIONS", "/no-such-bucket-here/k", {"Origin": "https://a.test", "Access-Control-Request-Method": "GET"})
    assert answer.status in (403, 404)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_no_header_of_an_answer_comes_twice(method, server, shared):
    """Two values of Access-Control-Allow-Origin are none to a browser."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request(method, f"/{shared}/k", headers={"Origin": "foo.suffix", "Access-Control-Request-Method": "GET"})
    answer = connection.getresponse()
    answer.read()
    assert answer.headers.get_all("Access-Control-Allow-Origin") == ["foo.suffix"]
    connection.close()
