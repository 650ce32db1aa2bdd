"""What stands on the wire, byte by byte: framing, time-outs, half requests, paths that belong to nobody."""

import hashlib
import socket
import time

import pytest

SERVER = {"args": ["--domain", "s3.example.test"]}


@pytest.fixture
def address(server):
    return "127.0.0.1", server.port


def connect(address, seconds=60):
    return socket.create_connection(address, timeout=seconds)


def read_all(s):
    data = b""
    while True:
        try:
            piece = s.recv(65536)
        except ConnectionResetError:
            return data
        if not piece:
            return data
        data += piece


def request_bytes(raw, method, path, body=b"", extra=None, payload_hash="UNSIGNED-PAYLOAD", length=None):
    headers = raw.signed_headers(method, path, [], extra or {}, payload_hash)
    headers["content-length"] = str(len(body) if length is None else length)
    return (f"{method} {path} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items()) + "\r\n").encode() + body


def test_health_paths_are_taken_only_unsigned(raw, address):
    for path in ("/health/live", "/health/ready", "/metrics"):
        assert raw.send("GET", path, sign=False).status == 200, path
        answer = raw.send("GET", path)
        assert answer.status == 404 and answer.code == "NoSuchBucket", path
    for path in ("/health", "/health/", "/health/other", "/metrics/", "/metrics/x"):
        assert raw.send("GET", path, sign=False).code == "NoSuchBucket", path


def test_buckets_may_be_called_health_and_metrics(raw):
    for name in ("health", "metrics"):
        raw.make_bucket(name)
        assert raw.put(name, "live", b"mine").status == 200
        assert raw.get(name, "live").body == b"mine"
        assert raw.exchange("GET", raw.presign("GET", f"/{name}/live"), {}).body == b"mine"
        assert raw.send("GET", f"/{name}/ready").code == "NoSuchKey"
        raw.delete(name, "live")
        assert raw.send("DELETE", f"/{name}").status == 204


def test_ids_stand_on_every_answer(raw, bucket):
    seen = set()
    for answer in (raw.put(bucket, "k", b"v"), raw.get(bucket, "k"), raw.head(bucket, "none"), raw.get(bucket, "none"),
                   raw.send("GET", "/", sign=False)):
        assert len(answer.headers["x-amz-request-id"]) == 16 and answer.headers["x-amz-id-2"]
        seen.add(answer.headers["x-amz-request-id"])
        if answer.code:
            assert answer.xml().findtext("RequestId") == answer.headers["x-amz-request-id"]
    assert len(seen) == 5


@pytest.mark.parametrize("sent", [0, 1, 4096, 99_999])
def test_a_body_that_ends_early_changes_nothing(raw, address, bucket, sent):
    with connect(address) as s:
        s.sendall(request_bytes(raw, "PUT", f"/{bucket}/k", b"x" * sent, length=100_000))
        s.shutdown(socket.SHUT_WR)
        answer = read_all(s)
    assert answer == b"" or b" 400 " in answer.split(b"\r\n")[0], answer[:200]
    assert raw.head(bucket, "k").status == 404


def test_a_connection_that_is_cut_changes_nothing(raw, address, bucket):
    s = connect(address)
    s.sendall(request_bytes(raw, "PUT", f"/{bucket}/k", b"x" * 50_000, length=100_000))
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    s.close()
    assert raw.head(bucket, "k").status == 404


def test_a_longer_body_than_announced_is_another_request(raw, address, bucket):
    with connect(address) as s:
        s.sendall(request_bytes(raw, "PUT", f"/{bucket}/k", b"12345" + b"GARBAGE\r\n\r\n", length=5))
        s.shutdown(socket.SHUT_WR)
        answers = read_all(s)
    assert answers.startswith(b"HTTP/1.1 200") and answers.count(b"HTTP/1.1 ") == 2 and b" 400 " in answers
    assert raw.get(bucket, "k").body == b"12345"


def test_slow_heads_do_not_hold_others_up(raw, address, bucket):
    slow = [connect(address) for _ in range(50)]
    for s in slow:
        s.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Sl")
    began = time.monotonic()
    for n in range(20):
        assert raw.put(bucket, f"k{n}", b"v").status == 200
    assert time.monotonic() - began < 5
    for s in slow:
        s.close()


@pytest.mark.parametrize("pause", [False, True])
def test_expect_continue_is_answered_before_the_body(raw, address, bucket, pause):
    body = b"y" * 70_000
    text = request_bytes(raw, "PUT", f"/{bucket}/k", body, extra={"expect": "100-continue"})
    head = text[:-len(body)]
    with connect(address) as s:
        s.sendall(head if pause else text)
        if pause:
            assert s.recv(65536).startswith(b"HTTP/1.1 100 ")
            s.sendall(body)
        s.shutdown(socket.SHUT_WR)
        assert b"HTTP/1.1 200" in read_all(s)
    assert raw.get(bucket, "k").body == body


def test_a_refused_upload_is_never_asked_for(raw, address, bucket):
    for extra, code in (({"x-amz-storage-class": "GLACIER"}, b"InvalidStorageClass"),
                        ({"x-amz-server-side-encryption": "AES256"}, b"NotImplemented"),
                        ({"x-amz-meta-m": "v" * 3000}, b"MetadataTooLarge")):
        with connect(address) as s:
            s.sendall(request_bytes(raw, "PUT", f"/{bucket}/k", extra={"expect": "100-continue", **extra}, length=1 << 30))
            answer = s.recv(65536)
        assert not answer.startswith(b"HTTP/1.1 100") and code in answer, answer[:300]


def test_a_hash_that_does_not_match_the_body(raw, bucket):
    answer = raw.send("PUT", f"/{bucket}/k", body=b"one", payload_hash=hashlib.sha256(b"two").hexdigest())
    assert (answer.status, answer.code) == (400, "XAmzContentSHA256Mismatch")
    assert raw.head(bucket, "k").status == 404


def test_half_closed_and_pipelined_requests_are_answered_in_order(raw, address, bucket):
    with connect(address) as s:
        s.sendall(b"".join(request_bytes(raw, "PUT", f"/{bucket}/p{n}", b"%d" % n) for n in range(10)) +
                  b"".join(request_bytes(raw, "GET", f"/{bucket}/p{n}") for n in range(10)))
        s.shutdown(socket.SHUT_WR)
        text = read_all(s)
    assert text.count(b"HTTP/1.1 200 OK") == 20
    assert [text.rsplit(b"HTTP/1.1 200 OK", 10 - n)[1].split(b"\r\n\r\n")[1][:1] for n in range(10)] == [
        b"%d" % n for n in range(10)]


def test_virtual_hosts(raw, bucket):
    host = {"host": f"{bucket}.s3.example.test"}
    answer = raw.exchange("PUT", "/a/b", raw.signed_headers("PUT", "/a/b", [], host, "UNSIGNED-PAYLOAD"), b"v")
    assert answer.status == 200 and raw.get(bucket, "a/b").body == b"v"


def test_presigned_links_take_back_nothing(raw, bucket):
    put = raw.presign("PUT", f"/{bucket}/k")
    assert raw.exchange("PUT", put, {}, b"by link").status == 200
    get = raw.presign("GET", f"/{bucket}/k", query=[("response-content-type", "text/y")])
    answer = raw.exchange("GET", get, {})
    assert answer.body == b"by link" and answer.headers["content-type"] == "text/y"
    assert raw.exchange("DELETE", get, {}).status == 403, "the method is signed"
    assert raw.exchange("GET", get.replace("text%2Fy", "text%2Fz"), {}).status == 403
    assert raw.exchange("GET", raw.presign("GET", f"/{bucket}/k", expires=604801), {}).status == 400


@pytest.mark.parametrize("query", ["policy", "versioning", "lifecycle", "tagging", "encryption", "cors", "website", "acl",
                                   "replication", "object-lock", "ownershipControls", "publicAccessBlock", "unheard-of"])
def test_sub_resources_never_make_or_delete_the_bucket(raw, bucket, query):
    raw.put(bucket, "k", b"kept")
    assert raw.send("PUT", f"/{bucket}", query={query: ""}, body=b"<x/>").status in (400, 409, 501)
    assert raw.send("DELETE", f"/{bucket}", query={query: ""}).status in (204, 501)
    assert raw.get(bucket, "k").body == b"kept"
