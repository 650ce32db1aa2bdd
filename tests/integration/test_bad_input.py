"""Bad input gets the error that the S3 API reference names for it, and changes nothing."""

import base64
import datetime
import hashlib
import socket
import time

import pytest

from helpers import data
from helpers.server import Server

BUCKET = "bad"


@pytest.fixture(scope="module")
def server():
    from conftest import SCRATCH
    import shutil
    work = SCRATCH / "bad-input"
    shutil.rmtree(work, ignore_errors=True)
    (work / "drive").mkdir(parents=True)
    server = Server([work / "drive"], work / "server").start()
    server.raw().make_bucket(BUCKET)
    assert server.raw().put(BUCKET, "kept", b"kept").status == 200
    yield server
    server.kill()
    shutil.rmtree(work, ignore_errors=True)


@pytest.fixture(autouse=True)
def nothing_changes(server):
    yield
    assert server.alive()
    raw = server.raw()
    assert list(raw.list_keys(BUCKET)) == ["kept"]
    assert raw.get(BUCKET, "kept").body == b"kept"
    assert server.usage(BUCKET) == (1, 4)


@pytest.fixture
def raw(server):
    return server.raw()


def talk(server, text, seconds=30, half_close=False):
    """Sends bytes, returns all that comes back until the server closes or goes silent."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=seconds) as s:
        try:
            s.sendall(text)
            if half_close:
                s.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        seen = b""
        s.settimeout(seconds)
        try:
            while more := s.recv(65536):
                seen += more
                if b"\r\n\r\n" in seen and b"HTTP/1.1 4" in seen[:12]:
                    s.settimeout(1)
        except OSError:
            pass
        return seen


def status_of(answer):
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.") else None


# ---- signatures ----


def test_wrong_credentials(raw):
    for options, code in (({"secret": "wrong"}, "SignatureDoesNotMatch"), ({"access": "nobody"}, "InvalidAccessKeyId"),
                          ({"region": "mars-1"}, "AuthorizationHeaderMalformed")):
        answer = raw.send("PUT", f"/{BUCKET}/x", body=b"x", **options)
        assert answer.status == (400 if code.startswith("Auth") else 403) and answer.code == code, (options, answer)
    for method, path in (("GET", "/"), ("GET", f"/{BUCKET}"), ("PUT", f"/{BUCKET}/x"), ("DELETE", f"/{BUCKET}/kept")):
        answer = raw.send(method, path, sign=False)
        assert (answer.status, answer.code) == (403, "AccessDenied"), (method, path, answer)


@pytest.mark.parametrize("minutes", [-20, 20])
def test_clock_skew(raw, minutes):
    now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)
    answer = raw.send("GET", f"/{BUCKET}/kept", now=now)
    assert (answer.status, answer.code) == (403, "RequestTimeTooSkewed"), answer


@pytest.mark.parametrize("value", ["AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=x", "AWS abc:def", "Basic YTpi", "", "x" * 5000,
                                   "AWS4-HMAC-SHA256 Credential=a/b/c/d/e/f/g, SignedHeaders=, Signature=zz"])
def test_malformed_authorization(raw, value):
    answer = raw.send("PUT", f"/{BUCKET}/x", sign=False, body=b"x", headers={
        "authorization": value, "host": f"127.0.0.1:{raw.port}", "x-amz-content-sha256": hashlib.sha256(b"x").hexdigest()})
    assert answer.status in (400, 403) and answer.code, answer


def test_an_unsigned_header_that_counts_is_refused(raw):
    """x-amz-* headers must be signed: someone on the way could have added them."""
    headers = raw.signed_headers("PUT", f"/{BUCKET}/x", [], {}, hashlib.sha256(b"x").hexdigest())
    headers["x-amz-acl"] = "private"
    answer = raw.exchange("PUT", f"/{BUCKET}/x", headers, b"x")
    assert answer.status == 403, answer


# ---- bodies ----


def test_digests_that_do_not_match(raw):
    body = data.body("digest", 100_000)
    wrong_md5 = base64.b64encode(hashlib.md5(b"other").digest()).decode()
    assert raw.put(BUCKET, "x", body, **{"Content-MD5": wrong_md5}).code == "BadDigest"
    assert raw.put(BUCKET, "x", body, **{"Content-MD5": "not base64"}).code == "InvalidDigest"
    answer = raw.send("PUT", f"/{BUCKET}/x", body=body, payload_hash=hashlib.sha256(b"other").hexdigest())
    assert (answer.status, answer.code) == (400, "XAmzContentSHA256Mismatch"), answer
    assert raw.put(BUCKET, "x", body, **{"x-amz-checksum-crc32": "AAAAAA=="}).code == "BadDigest"
    assert raw.put(BUCKET, "x", body, **{"x-amz-checksum-crc32": "AAAA"}).status == 400
    answer = raw.put(BUCKET, "x", body, **{"x-amz-checksum-crc32": "AAAAAA==", "x-amz-checksum-sha1": "A" * 27 + "="})
    assert answer.status == 400, answer


def test_bodies_that_end_early_leave_nothing(server, raw):
    for length in (10, 5_000_000):
        headers = raw.signed_headers("PUT", f"/{BUCKET}/x", [], {}, "UNSIGNED-PAYLOAD")
        head = f"PUT /{BUCKET}/x HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items())
        answer = talk(server, (head + f"Content-Length: {length}\r\n\r\n").encode() + b"x" * (length // 2), half_close=True)
        assert status_of(answer) in (None, 400), answer[:200]


def test_lengths_that_make_no_sense(server, raw):
    headers = raw.signed_headers("PUT", f"/{BUCKET}/x", [], {}, "UNSIGNED-PAYLOAD")
    head = f"PUT /{BUCKET}/x HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items())
    assert status_of(talk(server, (head + "\r\n").encode(), 5)) == 411
    for line in ("Content-Length: -1", "Content-Length: abc", "Content-Length: 1\r\nContent-Length: 2",
                 "Content-Length: 99999999999999999999999", "Content-Length: 5\r\nTransfer-Encoding: chunked",
                 "Transfer-Encoding: gzip"):
        answer = talk(server, (head + line + "\r\n\r\nhello").encode(), 5)
        assert status_of(answer) in (400, 411, 501), (line, answer[:200])
    answer = talk(server, (head + f"Content-Length: {6 << 40}\r\n\r\n").encode(), 5)
    assert status_of(answer) == 400 and b"EntityTooLarge" in answer, answer[:300]


# ---- requests ----


@pytest.mark.parametrize("text", [
    b"\x00\x01\x02\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1\r\nNo colon\r\n\r\n",
    b"GET / HTTP/1.1\r\n: empty\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", b"GET / HTTP/1.1\r\nX: a\x00b\r\n\r\n",
    b"GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n",
    b"get / http/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 100,
    b"GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n", b"GET http://x:99999/ HTTP/1.1\r\nHost: x\r\n\r\n",
], ids=range(14))
def test_malformed_requests(server, text):
    status = status_of(talk(server, text, 5, half_close=True))
    assert status is None or 400 <= status < 600, status


def test_oversized_things(server, raw):
    answer = talk(server, b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 10)
    assert status_of(answer) in (400, 414, None), answer[:200]
    answer = talk(server, b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 2_000_000 + b"\r\n\r\n", 10)
    assert status_of(answer) in (400, 431, None), answer[:200]
    answer = talk(server, b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(100_000)) + b"\r\n", 10)
    assert status_of(answer) in (400, 431, None), answer[:200]
    answer = raw.put(BUCKET, "x" * 1025, b"x")
    assert (answer.status, answer.code) == (400, "KeyTooLongError"), answer
    answer = raw.put(BUCKET, "x", b"x", **{"x-amz-meta-a": "b" * 2100})
    assert (answer.status, answer.code) == (400, "MetadataTooLarge"), answer


def test_a_key_that_is_no_utf8(raw):
    headers = raw.signed_headers("PUT", f"/{BUCKET}/x", [], {}, hashlib.sha256(b"x").hexdigest())
    assert raw.exchange("PUT", f"/{BUCKET}/%ff%fe", headers, b"x").status in (400, 403)


@pytest.mark.parametrize("document", [
    b"", b"<", b"<Delete>", b"<Delete></Delete>", b"<Other><Object><Key>kept</Key></Object></Other>", b"\xff\xfe",
    b"<Delete><Object></Object></Delete>", b"<Delete>" + b"<Object><Key>k</Key></Object>" * 1001 + b"</Delete>",
    b'<!DOCTYPE x [<!ENTITY a "kept">]><Delete><Object><Key>&a;</Key></Object></Delete>',
    b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><Delete><Object><Key>&a;</Key></Object></Delete>',
    b"<a>" * 100_000, b"<Delete>" + b" " * 5_000_000 + b"</Delete>",
], ids=range(12))
def test_bad_xml_deletes_nothing(raw, document):
    md5 = base64.b64encode(hashlib.md5(document).digest()).decode()
    try:
        answer = raw.send("POST", f"/{BUCKET}", query={"delete": ""}, body=document, headers={"Content-MD5": md5})
    except OSError:
        return  # cut off while it was still sending: also a refusal
    assert answer.status in (400, 413), answer
    assert answer.code in ("MalformedXML", "MissingRequestBodyError", "MaxMessageLengthExceeded", "EntityTooLarge",
                           "IncompleteBody", "MissingRequestBody"), answer


def test_a_delete_document_needs_a_checksum(raw):
    body = b"<Delete><Object><Key>other</Key></Object></Delete>"
    answer = raw.send("POST", f"/{BUCKET}", query={"delete": ""}, body=body)
    assert answer.status in (200, 400), answer
    answer = raw.send("POST", f"/{BUCKET}", query={"delete": ""}, headers={"Content-MD5": "AAAAAAAAAAAAAAAAAAAAAA=="},
                      body=b"<Delete><Object><Key>kept</Key></Object></Delete>")
    assert (answer.status, answer.code) == (400, "BadDigest"), answer


def test_bad_parameters_are_named(raw):
    for query in ({"list-type": "2", "max-keys": "-1"}, {"list-type": "2", "max-keys": "many"}, {"max-keys": "99999999999"},
                  {"list-type": "2", "continuation-token": "nonsense"}, {"uploads": "", "max-uploads": "x"},
                  {"encoding-type": "rot13"}):
        answer = raw.send("GET", f"/{BUCKET}", query=query)
        assert (answer.status, answer.code) == (400, "InvalidArgument"), (query, answer)


def test_slow_clients_do_not_stop_others(server, raw):
    """Connections that send a byte now and then keep their place only for a while, and nobody waits for them."""
    sockets = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(200)]
    try:
        for s in sockets:
            s.sendall(b"GET / HTTP/1.1\r\nX-Slow: ")
        started = time.monotonic()
        assert raw.get(BUCKET, "kept").status == 200
        assert time.monotonic() - started < 2
    finally:
        for s in sockets:
            s.close()


@pytest.mark.timeout(300)
def test_a_client_that_never_finishes_its_headers_is_dropped(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=120) as s:
        s.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        started = time.monotonic()
        answer = s.recv(1000)
        while answer and s.recv(1000):
            pass
    assert answer == b"" or status_of(answer) in (400, 408), answer[:100]
    assert time.monotonic() - started < 90
