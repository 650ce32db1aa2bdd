"""Starting, stopping, settings, TLS, health, logs: the server as its operator meets it."""

import json
import os
import re
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from helpers import data
from helpers.server import BINARY, free_port


def attempt(*args, env=None, seconds=20):
    """Runs a server that should refuse to start; returns (exit code, output)."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("CAIRN_")}
    try:
        done = subprocess.run([str(BINARY), "server", *map(str, args)], env={**clean, **(env or {})}, timeout=seconds,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    except subprocess.TimeoutExpired:
        pytest.fail(f"`cairn server {' '.join(map(str, args))}` started")
    return done.returncode, done.stdout


def certificate(folder, name, subject="127.0.0.1"):
    """A self-signed certificate in the two files that --certs-dir wants; returns the certificate's path."""
    folder.mkdir(exist_ok=True)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", f"/CN={name}", "-addext", f"subjectAltName=IP:{subject},DNS:localhost",
                    "-keyout", folder / "private.key", "-out", folder / "public.crt"], check=True, capture_output=True)
    return folder / "public.crt"


# ---- refusing to start ----


@pytest.mark.parametrize("user,password", [(None, None), ("", ""), ("admin", ""), ("admin", "short"),
                                           ("minioadmin", "minioadmin"), ("cairnadmin", "cairnadmin")])
def test_on_an_open_address_weak_credentials_are_refused(user, password, work):
    (work / "d").mkdir()
    env = {k: v for k, v in (("CAIRN_ROOT_USER", user), ("CAIRN_ROOT_PASSWORD", password)) if v is not None}
    code, output = attempt(work / "d", "--address", f"0.0.0.0:{free_port()}", env=env)
    assert code != 0
    assert re.search("credential|CAIRN_ROOT_PASSWORD|password", output, re.I), output
    assert list((work / "d").iterdir()) == []


@pytest.mark.parametrize("args", [["--no-such-flag"], [], ["--address", "nonsense"], ["--address", "127.0.0.1:99999"]])
def test_wrong_arguments_are_explained(args, work):
    paths = [] if args == [] else [work / "d"]
    code, output = attempt(*paths, *args, env={"CAIRN_ROOT_USER": "someone", "CAIRN_ROOT_PASSWORD": "long enough"})
    assert code != 0 and output.strip()


def test_an_unusable_parity_is_refused(work):
    for number in range(4):
        (work / f"d{number}").mkdir()
    for setting in ("EC:3", "EC:-1", "EC:x", "4"):
        code, output = attempt(*(work / f"d{n}" for n in range(4)), "--address", f"127.0.0.1:{free_port()}", env={
            "CAIRN_ROOT_USER": "someone", "CAIRN_ROOT_PASSWORD": "long enough", "CAIRN_STORAGE_CLASS_STANDARD": setting})
        assert code != 0 and "CAIRN_STORAGE_CLASS_STANDARD" in output, f"{setting}: {output}"
        assert list((work / "d0").iterdir()) == []


def test_two_servers_never_share_a_drive(make_server, work):
    server = make_server(1)
    server.raw().make_bucket("mine")
    second = make_server([work / "drive1"], start=False)
    second.start(wait=None)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and second.process.poll() is None:
        assert second.health() != 200, "two servers on one drive"
        time.sleep(0.1)
    second.process.kill()
    second.process.wait()
    second.process = None
    assert server.raw().put("mine", "k", b"v").status == 200


def test_a_taken_port_is_refused(make_server, work):
    server = make_server(1)
    (work / "other").mkdir()
    code, output = attempt(work / "other", "--address", f"127.0.0.1:{server.port}",
                           env={"CAIRN_ROOT_USER": "someone", "CAIRN_ROOT_PASSWORD": "long enough"})
    assert code != 0 and str(server.port) in output


# ---- settings ----


def test_help_and_the_settings_page_come_from_one_table():
    help_text = subprocess.run([str(BINARY), "server", "--help"], check=True, capture_output=True, text=True).stdout
    page = (BINARY.parents[2] / "docs/operations/configuration.md").read_text() if "build" in BINARY.parts else ""
    for flag in ("--address", "--region", "--domain", "--certs-dir", "--credentials-file"):
        assert flag in help_text, flag
        assert not page or flag in page, f"{flag} is not in configuration.md"
    for name in set(re.findall(r"CAIRN_[A-Z_]+", help_text)):
        assert not page or name in page, f"{name} is not in configuration.md"


def test_credentials_come_from_a_file(make_server, work):
    server = make_server(1, start=False)
    file = work / "credentials"
    file.write_text(f"CAIRN_ROOT_USER={server.env.pop('CAIRN_ROOT_USER')}\n"
                    f"CAIRN_ROOT_PASSWORD={server.env.pop('CAIRN_ROOT_PASSWORD')}\n")
    file.chmod(0o600)
    server.args += ["--credentials-file", str(file)]
    server.start()
    assert server.raw().send("PUT", "/from-a-file").status == 200


def test_a_region_is_part_of_the_signature(make_server):
    server = make_server(1, args=["--region", "eu-north-1"])
    raw = server.raw()
    raw.region = "eu-north-1"
    assert raw.send("PUT", "/cold").status == 200
    raw.region = "us-east-1"
    answer = raw.send("GET", "/cold")
    assert answer.status == 400 and answer.code == "AuthorizationHeaderMalformed"
    assert b"eu-north-1" in answer.body


def test_virtual_hosted_addresses_work(make_server):
    server = make_server(1, args=["--domain", "s3.example.test"])
    raw = server.raw()
    raw.make_bucket("hosted")
    headers = raw.signed_headers("PUT", "/a/b", [], {"host": "hosted.s3.example.test"}, "UNSIGNED-PAYLOAD")
    answer = raw.exchange("PUT", "/a/b", headers, b"by host name")
    assert answer.status == 200, answer
    assert raw.get("hosted", "a/b").body == b"by host name"


def test_drives_are_given_by_an_ellipsis(make_server, work):
    server = make_server(1, start=False)
    server.drives = [work / "many{1...4}"]
    for number in range(1, 5):
        (work / f"many{number}").mkdir()
    server.start()
    server.raw().make_bucket("many")
    assert all((work / f"many{n}/format.json").exists() for n in range(1, 5))


# ---- health, metrics, logs ----


def test_health_and_metrics_answer_without_credentials(make_server):
    server = make_server(4)
    raw = server.raw()
    raw.make_bucket("metered")
    raw.put("metered", "k", b"v" * 1000)
    raw.get("metered", "nothing")
    assert server.health("live") == 200 and server.health("ready") == 200
    status, text = server.get_page("/metrics")
    assert status == 200
    names = set()
    for line in text.splitlines():
        if line.startswith("#"):
            assert re.match(r"# (HELP|TYPE) cairn_\w+ ", line) or "process_" in line, line
            continue
        match = re.fullmatch(r"([a-zA-Z_:][\w:]*)(\{(\w+=\"(\\.|[^\"\\])*\",?)*\})? \S+", line)
        assert match, line
        names.add(match.group(1))
    for wanted in ("request", "drive", "heal", "memory", "bytes"):
        assert any(wanted in n for n in names), f"no metric about {wanted} in {sorted(names)}"


def test_every_answer_has_a_request_id_that_the_log_repeats(make_server):
    server = make_server(1, args=["--access-log", "all"])
    raw = server.raw()
    ids = [raw.send("GET", "/missing").headers["x-amz-request-id"], raw.send("PUT", "/there").headers["x-amz-request-id"],
           raw.put("there", "k", b"v").headers["x-amz-request-id"]]
    assert len(set(ids)) == 3
    server.wait_until(lambda: all(i in server.log.read_text() for i in ids), 5, "the request ids in the log")


def test_no_secret_is_logged(make_server):
    server = make_server(1, args=["--access-log", "all", "--log-level", "debug"])
    raw = server.raw()
    raw.make_bucket("secrets")
    target = raw.presign("PUT", "/secrets/k")
    assert raw.exchange("PUT", target, {}, b"x").status == 200
    raw.send("GET", "/secrets", headers={"x-amz-security-token": "a-token-nobody-should-see"})
    raw.send("GET", "/secrets", secret="not the secret")
    server.restart()
    log = server.log.read_text()
    assert server.secret not in log
    assert target.rsplit("X-Amz-Signature=", 1)[1] not in log
    assert "a-token-nobody-should-see" not in log


def test_idle_costs_nothing(make_server):
    server = make_server(12)
    server.raw().make_bucket("idle")
    server.raw().put("idle", "k", b"v")
    time.sleep(5)  # what the start and the write caused is over
    before = server.cpu_seconds()
    time.sleep(10)
    used = server.cpu_seconds() - before
    assert used < 0.1 + 0.03, f"{used:.2f} s of CPU in 10 s of idleness"  # 1 %, and the clock's ticks


# ---- stopping ----


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_lets_requests_finish(number, make_server):
    server = make_server(4)
    server.raw().make_bucket("stop")
    raw = server.raw()
    body = data.body("slow", 6 << 20)
    headers = raw.signed_headers("PUT", "/stop/slow", [], {}, "UNSIGNED-PAYLOAD")
    head = "PUT /stop/slow HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items())
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as s:
        s.sendall((head + f"Content-Length: {len(body)}\r\n\r\n").encode() + body[:1 << 20])
        time.sleep(0.3)  # the request is under way
        server.process.send_signal(number)
        time.sleep(0.3)
        s.sendall(body[1 << 20:])
        answer = s.recv(4096)
    assert answer.startswith(b"HTTP/1.1 200"), answer[:200]
    assert server.reap(30) == 0
    server.start()
    assert server.raw().get("stop", "slow").body == body


def test_idle_connections_do_not_hold_up_a_stop(make_server):
    server = make_server(1)
    sockets = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(20)]
    sockets[0].sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")  # half a request
    started = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - started < 15
    for s in sockets:
        s.close()


# ---- TLS ----


@pytest.fixture
def tls_server(make_server, work):
    cert = certificate(work / "certs", "first")
    return make_server(1, args=["--certs-dir", str(work / "certs")], scheme="https", ca=cert)


def context_of(server, low, high):
    context = ssl.create_default_context(cafile=str(server.ca))
    context.minimum_version, context.maximum_version = low, high
    return context


def handshake(server, low, high):
    context = context_of(server, low, high)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as s, context.wrap_socket(
            s, server_hostname="127.0.0.1") as t:
        return t.version(), t.getpeercert()


def test_tls_1_2_and_1_3_are_spoken_and_nothing_older(tls_server):
    assert handshake(tls_server, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2)[0] == "TLSv1.2"
    assert handshake(tls_server, ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_3)[0] == "TLSv1.3"
    with pytest.raises((ssl.SSLError, OSError)):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        with socket.create_connection(("127.0.0.1", tls_server.port), timeout=10) as s:
            context.wrap_socket(s)


def test_policies_ask_for_the_version_of_tls(tls_server):
    s3, raw = tls_server.boto(), tls_server.raw()
    s3.create_bucket(Bucket="tls")
    s3.put_object(Bucket="tls", Key="k", Body=b"v")
    s3.put_bucket_policy(Bucket="tls", Policy=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::tls/*",
         "Condition": {"NumericLessThan": {"s3:TlsVersion": "1.3"}}}]}))
    link = tls_server.endpoint + raw.presign("GET", "/tls/k")

    def get(version):
        try:
            with urllib.request.urlopen(link, timeout=10, context=context_of(tls_server, version, version)) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            return error.code
    assert get(ssl.TLSVersion.TLSv1_3) == b"v"
    assert get(ssl.TLSVersion.TLSv1_2) == 403


def test_boto3_works_over_tls(tls_server):
    s3 = tls_server.boto()
    s3.create_bucket(Bucket="tls")
    body = data.body("tls", 3 << 20)
    s3.put_object(Bucket="tls", Key="k", Body=body)
    assert s3.get_object(Bucket="tls", Key="k")["Body"].read() == body


def test_a_new_certificate_is_taken_without_a_restart(tls_server, work):
    old = handshake(tls_server, ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_3)[1]["serialNumber"]
    fresh = work / "fresh"
    certificate(fresh, "second")
    for name in ("private.key", "public.crt"):
        (fresh / name).replace(work / "certs" / name)

    def serial():
        try:
            return handshake(tls_server, ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_3)[1]["serialNumber"] != old
        except ssl.SSLError:
            return False  # still the old one, which the new file doesn't vouch for
    tls_server.process.send_signal(signal.SIGHUP)
    tls_server.wait_until(serial, 90, "the new certificate")


def test_plain_http_on_the_tls_port_gets_nowhere(tls_server):
    with socket.create_connection(("127.0.0.1", tls_server.port), timeout=10) as s:
        s.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = s.recv(1000)
    assert not answer.startswith(b"HTTP/1.1 200")
    assert tls_server.health() == 200
