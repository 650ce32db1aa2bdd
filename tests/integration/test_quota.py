"""What buckets hold, and the quotas that keep them small."""

import hashlib
import random
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import urllib3

from helpers import raw
from helpers.admin import Admin


@pytest.fixture
def server(make_server):
    return make_server(1)


@pytest.fixture
def admin(server):
    return Admin(server)


def put_status(server, key, size, bucket="small"):
    return server.raw().send("PUT", f"/{bucket}/{key}", body=b"x" * size)


def test_usage_is_exact(admin, server):
    server.raw().make_bucket("small")
    for number in range(5):
        assert put_status(server, f"k{number}", 1000 + number).status == 200
    server.raw().delete("small", "k0")
    wanted = {"bucket": "small", "objects": 4, "bytes": 4010, "max_bytes": None, "max_objects": None}
    server.wait_until(lambda: admin("GET", "/usage/small", expect=200) == wanted, 10, "the counters")


def test_a_quota_of_bytes_is_kept_to_the_byte(admin, server):
    server.raw().make_bucket("small")
    admin("PUT", "/quotas/small", {"max_bytes": 100_000}, expect=200)
    assert put_status(server, "a", 60_000).status == 200
    refused = put_status(server, "b", 40_001)
    assert (refused.status, refused.code) == (403, "QuotaExceeded")
    assert put_status(server, "b", 40_000).status == 200  # exactly full, and no wrong refusal of what fits
    assert put_status(server, "c", 1).status == 403
    assert put_status(server, "c", 0).status == 200  # no bytes
    server.raw().delete("small", "a")
    server.wait_until(lambda: put_status(server, "d", 60_000).status == 200, 10, "the deleted bytes to be free")
    admin("DELETE", "/quotas/small", expect=200)
    assert put_status(server, "e", 1_000_000).status == 200


def test_copies_uploads_and_numbers_of_objects_count_too(admin, server):
    client = server.raw()
    client.make_bucket("small")
    client.make_bucket("source")
    assert put_status(server, "big", 6_000_000, "source").status == 200
    admin("PUT", "/quotas/small", {"max_bytes": 10_000_000, "max_objects": 2}, expect=200)
    copy = lambda key: client.send("PUT", f"/small/{key}", headers={"x-amz-copy-source": "/source/big"})  # noqa: E731
    assert copy("one").status == 200
    assert copy("two").code == "QuotaExceeded"
    upload = client.create_upload("small", "parts")
    part = client.send("PUT", "/small/parts", {"partNumber": 1, "uploadId": upload}, body=b"p" * 5_000_000)
    assert part.code == "QuotaExceeded"
    part = client.send("PUT", "/small/parts", {"partNumber": 1, "uploadId": upload}, body=b"p" * 3_000_000)
    assert part.status == 200
    assert put_status(server, "other", 2_000_000).status == 200
    body = (f'<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{part.headers["etag"]}</ETag></Part>'
            "</CompleteMultipartUpload>").encode()
    done = client.send("POST", "/small/parts", {"uploadId": upload}, body=body)
    assert (done.status, done.code) == (403, "QuotaExceeded"), done
    client.delete("small", "other")
    server.wait_until(lambda: client.send("POST", "/small/parts", {"uploadId": upload}, body=body).status == 200, 10,
                      "room for the upload")
    assert put_status(server, "third", 1).code == "QuotaExceeded"  # of objects


def post_form(server, bucket, key, body):
    """As a browser does it: the status, and what was answered."""
    form = server.boto().generate_presigned_post(bucket, key)
    answer = urllib3.request("POST", form["url"], fields={**form["fields"], "file": (key, body)}, retries=False, timeout=60)
    return raw.Answer(answer.status, answer.headers.items(), answer.data)


def test_forms_and_copied_parts_count_too(admin, server):
    client = server.raw()
    client.make_bucket("small")
    client.make_bucket("source")
    assert put_status(server, "big", 60_000, "source").status == 200
    admin("PUT", "/quotas/small", {"max_bytes": 100_000}, expect=200)
    assert post_form(server, "small", "a", b"f" * 50_000).status == 204
    assert post_form(server, "small", "b", b"f" * 50_001).code == "QuotaExceeded"
    upload = client.create_upload("small", "parts")

    def copy_part(headers):
        return client.send("PUT", "/small/parts", {"partNumber": 1, "uploadId": upload},
                           {"x-amz-copy-source": "/source/big", **headers})
    assert copy_part({}).code == "QuotaExceeded"
    assert copy_part({"x-amz-copy-source-range": "bytes=0-49999"}).status == 200


def test_a_refused_upload_changes_nothing(admin, server):
    client = server.raw()
    client.make_bucket("small")
    assert put_status(server, "a", 1000).status == 200
    server.wait_until(lambda: admin("GET", "/usage/small")["bytes"] == 1000, 10, "the counters")
    admin("PUT", "/quotas/small", {"max_bytes": 500, "max_objects": 10}, expect=200)  # less than it holds
    assert put_status(server, "a", 10).code == "QuotaExceeded"
    assert put_status(server, "b", 10).code == "QuotaExceeded"
    assert client.get("small", "a").body == b"x" * 1000
    assert client.list_keys("small").keys() == {"a"}
    usage = admin("GET", "/usage/small", expect=200)
    assert usage == {"bucket": "small", "objects": 1, "bytes": 1000, "max_bytes": 500, "max_objects": 10}
    assert client.delete("small", "a").status == 204  # deleting is never refused
    server.wait_until(lambda: put_status(server, "b", 500).status == 200, 10, "room")


def test_old_versions_count_and_delete_markers_do_not(admin, server):
    boto = server.boto()
    boto.create_bucket(Bucket="small")
    boto.put_bucket_versioning(Bucket="small", VersioningConfiguration={"Status": "Enabled"})
    admin("PUT", "/quotas/small", {"max_objects": 2}, expect=200)
    assert put_status(server, "k", 10).status == 200
    assert server.raw().delete("small", "k").status == 204
    assert put_status(server, "k", 10).status == 200
    assert put_status(server, "k", 10).code == "QuotaExceeded"
    server.wait_until(lambda: admin("GET", "/usage/small")["objects"] == 2, 10, "the counters")


class Writer:
    """Puts objects in every way there is; remembers the bytes that were acknowledged."""

    SIZE = 10_000

    def __init__(self, server, number):
        self.server, self.number = server, number

    def put(self, key):
        return put_status(self.server, key, self.SIZE)

    def form(self, key):
        return post_form(self.server, "small", key, b"x" * self.SIZE)

    def copy(self, key):
        return self.server.raw().send("PUT", f"/small/{key}", headers={"x-amz-copy-source": "/source/one"})

    def multipart(self, key):
        client = self.server.raw()
        upload = client.create_upload("small", key)
        part = client.put_part("small", key, upload, 1, b"x" * self.SIZE)
        if part.status != 200:
            return part
        return client.complete("small", key, upload, [(1, part.headers["etag"])])

    def run(self, count):
        """How many were acknowledged."""
        ways = [self.put, self.form, self.copy, self.multipart]
        done = 0
        for n in range(count):
            answer = random.Random(f"{self.number} {n}").choice(ways)(f"w{self.number}-{n}")
            if answer.status in (200, 204):
                done += 1
            else:
                assert (answer.status, answer.code) == (403, "QuotaExceeded"), answer
        return done


@pytest.mark.parametrize("quota", [{"max_bytes": 40 * Writer.SIZE + 5_000}, {"max_objects": 40}])
def test_32_writers_at_a_time_fill_a_quota_and_never_go_beyond_it(make_server, quota):
    server = make_server(4)
    admin = Admin(server)
    server.raw().make_bucket("small")
    server.raw().make_bucket("source")
    assert put_status(server, "one", Writer.SIZE, "source").status == 200
    admin("PUT", "/quotas/small", quota, expect=200)
    with ThreadPoolExecutor(32) as pool:
        done = sum(pool.map(lambda number: Writer(server, number).run(3), range(32)))
    assert done <= 40
    assert len(server.raw().list_keys("small")) == done
    # Those that gave up early may have left room, which the next gets.
    server.wait_until(lambda: admin("GET", "/usage/small")["objects"] == done, 10, "the counters")
    for n in range(done, 40):
        assert put_status(server, f"late{n}", Writer.SIZE).status == 200
    assert put_status(server, "more", Writer.SIZE).code == "QuotaExceeded"
    server.wait_until(lambda: admin("GET", "/usage/small")["objects"] == 40, 10, "the counters")


def test_a_quota_is_kept_through_a_restart_and_a_kill(make_server):
    server = make_server(4)
    admin = Admin(server)
    server.raw().make_bucket("small")
    admin("PUT", "/quotas/small", {"max_bytes": 50_000}, expect=200)
    for n, end in enumerate((server.restart, server.kill, server.kill)):
        assert put_status(server, f"k{n}", 15_000).status == 200
        end()
        if not server.alive():
            server.start()
        assert put_status(server, "large", 50_001).code == "QuotaExceeded"
    admin = Admin(server)
    server.wait_until(lambda: admin("GET", "/usage/small")["bytes"] == 45_000, 30, "the counters")
    time.sleep(2)  # for so long what was read right after the start is trusted
    assert put_status(server, "more", 5_001).code == "QuotaExceeded"
    assert put_status(server, "more", 5_000).status == 200


def test_a_body_that_breaks_off_frees_what_it_held(admin, server):
    client = server.raw()
    client.make_bucket("small")
    admin("PUT", "/quotas/small", {"max_bytes": 100_000}, expect=200)
    wrong = client.send("PUT", "/small/a", body=b"x" * 90_000, payload_hash=hashlib.sha256(b"other").hexdigest())
    assert wrong.status == 400
    assert put_status(server, "b", 90_000).status == 200
