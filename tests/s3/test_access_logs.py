"""Server access logging: "Logging requests with server access logging" in the user guide, and its log format.

Logs are delivered every few minutes, and when the server stops, which is what these tests make it do.
"""

import re
import shlex

from helpers.expect import refusal

# bucket owner, bucket, [time], remote ip, requester, request id, operation, key, "request", status, error, bytes sent, size, ...
LINE = re.compile(r'^(?P<owner>\S+) (?P<bucket>\S+) \[(?P<time>[^]]+)\] (?P<ip>\S+) (?P<requester>\S+) (?P<id>\S+) (?P<operation>\S+) '
                  r'(?P<key>\S+) (?P<request>"[^"]*"|-) (?P<status>\S+) (?P<error>\S+) (?P<sent>\S+) (?P<size>\S+) ')


def lines_of(s3, bucket, prefix):
    found = []
    for item in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", []):
        found += s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read().decode().splitlines()
    for line in found:
        assert len(shlex.split(line.replace("[", '"').replace("]", '"'))) >= 24, line
    return [LINE.match(line).groupdict() for line in found]


def test_requests_arrive_in_the_target_bucket(make_server):
    server = make_server(4)
    s3 = server.boto()
    for bucket in ("photos", "quiet", "logs"):
        s3.create_bucket(Bucket=bucket)
    s3.put_bucket_logging(Bucket="photos", BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": "of-photos/"}})
    s3.put_object(Bucket="photos", Key="a b", Body=b"12345")
    s3.get_object(Bucket="photos", Key="a b")["Body"].read()
    assert refusal(s3.get_object, Bucket="photos", Key="missing") == (404, "NoSuchKey")
    assert server.raw().send("GET", "/photos/a b", sign=False).status == 403
    s3.put_object(Bucket="quiet", Key="k", Body=b"not logged")
    server.restart()
    found = lines_of(server.boto(), "logs", "of-photos/")
    assert {line["bucket"] for line in found} == {"photos"}
    brief = [(line["operation"], line["key"], line["status"], line["error"], line["size"]) for line in found
             if line["operation"].endswith(".OBJECT")]
    assert brief == [("REST.PUT.OBJECT", "a%20b", "200", "-", "5"), ("REST.GET.OBJECT", "a%20b", "200", "-", "5"),
                     ("REST.GET.OBJECT", "missing", "404", "NoSuchKey", "-"), ("REST.GET.OBJECT", "a%20b", "403", "AccessDenied", "-")], found
    assert [line["requester"] == "-" for line in found if line["operation"].endswith(".OBJECT")] == [False, False, False, True]
    assert all(line["ip"] == "127.0.0.1" and len(line["id"]) == 16 for line in found)


def test_what_a_client_sends_cannot_forge_a_line(make_server):
    server = make_server(1)
    s3, raw = server.boto(), server.raw()
    for bucket in ("photos", "logs"):
        s3.create_bucket(Bucket=bucket)
    s3.put_bucket_logging(Bucket="photos", BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": ""}})
    key = 'k" 200 - 0\nevil photos [now] 1.2.3.4'
    raw.send("GET", "/photos/" + key, headers={"user-agent": 'me" forged "', "referer": 'x" - -'})
    server.restart()
    found = [line for line in lines_of(server.boto(), "logs", "") if line["operation"] == "REST.GET.OBJECT"]
    assert len(found) == 1 and found[0]["status"] == "404", found
