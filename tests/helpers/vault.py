"""A bucket with object lock, locked versions in it, and what they must keep whatever is tried on them."""

import base64
import datetime
import hashlib

from . import data

DAY = 86_400
COMPLIANCE, GOVERNANCE, HOLD = "COMPLIANCE", "GOVERNANCE", "legal hold"
KINDS = [COMPLIANCE, GOVERNANCE, HOLD]
WRITERS = ["put", "copy", "multipart"]
BYPASS = {"x-amz-bypass-governance-retention": "true"}
# What must not change. Tags may.
KEPT_HEADERS = ("etag", "content-length", "content-type", "last-modified", "cache-control", "x-amz-meta-owner", "x-amz-version-id",
                "x-amz-object-lock-mode", "x-amz-object-lock-retain-until-date", "x-amz-object-lock-legal-hold")


def date(seconds_from_now):
    when = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds_from_now)
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def lock_headers(kind, seconds=DAY):
    if kind == HOLD:
        return {"x-amz-object-lock-legal-hold": "ON"}
    return {"x-amz-object-lock-mode": kind, "x-amz-object-lock-retain-until-date": date(seconds)}


def retention(mode, until):
    return f"<Retention><Mode>{mode}</Mode><RetainUntilDate>{until}</RetainUntilDate></Retention>".encode()


def with_md5(body):
    return {"Content-MD5": base64.b64encode(hashlib.md5(body).digest()).decode()}


class Vault:
    def __init__(self, server, bucket="vault"):
        self.server, self.bucket, self.client = server, bucket, server.raw()
        answer = self.client.send("PUT", f"/{bucket}", headers={"x-amz-bucket-object-lock-enabled": "true"})
        if answer.status == 501:  # the other way to such a bucket
            self.client.make_bucket(bucket)
            assert self.set_versioning("Enabled").status == 200
            assert self.set_default_retention(None).status == 200
        else:
            assert answer.status == 200, answer
        self.kept = {}  # (key, version) -> what it must stay

    def send(self, method, key, query=(), headers=None, body=b""):
        return self.client.send(method, f"/{self.bucket}/{key}" if key else f"/{self.bucket}", query, headers, body)

    # ---- requests ----

    def set_versioning(self, status):
        return self.send("PUT", "", {"versioning": ""},
                         body=f"<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>".encode())

    def set_default_retention(self, rule):
        """`rule` is (mode, days), or None."""
        text = rule and f"<Rule><DefaultRetention><Mode>{rule[0]}</Mode><Days>{rule[1]}</Days></DefaultRetention></Rule>"
        return self.send("PUT", "", {"object-lock": ""}, body=(
            f"<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>{text or ''}</ObjectLockConfiguration>").encode())

    def put(self, key, body, writer="put", headers=None):
        """Writes a new version one way or the other; returns its answer."""
        headers = {"Content-Type": "text/plain", "Cache-Control": "no-store", "x-amz-meta-owner": key, **(headers or {})}
        if writer == "put":
            return self.send("PUT", key, headers=headers, body=body)
        if writer == "copy":
            assert self.send("PUT", "source", body=body).status == 200
            return self.send("PUT", key, headers={**headers, "x-amz-copy-source": f"/{self.bucket}/source",
                                                  "x-amz-metadata-directive": "REPLACE"})
        created = self.send("POST", key, {"uploads": ""}, headers)
        if created.status != 200:
            return created
        upload = created.xml().findtext("UploadId")
        part = self.client.put_part(self.bucket, key, upload, 1, body)
        assert part.status == 200, part
        return self.client.complete(self.bucket, key, upload, [(1, part.headers["etag"])])

    def lock(self, key, kind, writer="put", size=3000, seconds=DAY):
        """A new locked version that must stay as it is from now on; returns its id."""
        answer = self.put(key, data.body(f"{key} {kind} {writer}", size), writer, lock_headers(kind, seconds))
        assert answer.status == 200, answer
        version = answer.headers["x-amz-version-id"]
        self.keep(key, version)
        return version

    def delete(self, key, version, headers=None, client=None):
        return (client or self.client).send("DELETE", f"/{self.bucket}/{key}", {"versionId": version}, headers)

    def delete_many(self, pairs, headers=None):
        body = ("<Delete>" + "".join(f"<Object><Key>{k}</Key><VersionId>{v}</VersionId></Object>" for k, v in pairs) +
                "</Delete>").encode()
        return self.send("POST", "", {"delete": ""}, {**with_md5(body), **(headers or {})}, body)

    def retain(self, key, version, document, headers=None):
        return self.send("PUT", key, {"retention": "", "versionId": version}, {**with_md5(document), **(headers or {})}, document)

    def hold(self, key, version, status="ON", client=None):
        body = f"<LegalHold><Status>{status}</Status></LegalHold>".encode()
        return (client or self.client).send("PUT", f"/{self.bucket}/{key}", {"legal-hold": "", "versionId": version}, with_md5(body), body)

    def versions(self, key):
        """(id, is a delete marker) of the key's versions, newest first."""
        answer = self.send("GET", "", {"versions": "", "prefix": key})
        assert answer.status == 200, answer
        return [(item.findtext("VersionId"), item.tag == "DeleteMarker") for item in answer.xml()
                if item.tag in ("Version", "DeleteMarker") and item.findtext("Key") == key]

    # ---- what must stay ----

    def look(self, key, version):
        answer = self.send("GET", key, {"versionId": version})
        return (answer.status, data.sha(answer.body) if answer.status == 200 else answer.code,
                tuple(answer.headers.get(name) for name in KEPT_HEADERS))

    def keep(self, key, version):
        seen = self.look(key, version)
        assert seen[0] == 200, f"{key} {version}: {seen}"
        self.kept[key, version] = seen
        return seen

    def check(self, why, only=None):
        """Every locked version, its bytes and its lock are what they were, and a list shows it."""
        for (key, version), before in self.kept.items():
            if only in (None, (key, version)):
                now = self.look(key, version)
                assert now == before, f"after {why}: {key} {version} was {before} and is {now}"
                assert (version, False) in self.versions(key), f"after {why}: {key} {version} is not listed"
