"""A small S3 client that hides nothing: no retries, no redirects, one connection, full control of what is sent.

A request ends with an answer, or with an OSError (connection refused, cut, timed out); http.client's own complaints about a
cut answer become ConnectionError too.
"""

import datetime
import hashlib
import hmac
import http.client
import ssl
import urllib.parse
import xml.etree.ElementTree as ElementTree

EMPTY = hashlib.sha256(b"").hexdigest()
UNSIGNED = "UNSIGNED-PAYLOAD"


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = {k.lower(): v for k, v in headers}
        self.body = body

    def xml(self):
        """The document, with namespaces cut off its tags."""
        root = ElementTree.fromstring(self.body)
        for element in root.iter():
            element.tag = element.tag.rsplit("}", 1)[-1]
        return root

    @property
    def code(self):
        """The S3 error code, or None."""
        if not self.body.lstrip().startswith(b"<"):
            return None
        root = self.xml()
        return root.findtext("Code") if root.tag == "Error" else None

    def __repr__(self):
        return f"<{self.status} {self.body[:300]!r}>"


def sign_key(secret, date, region, service="s3"):
    key = ("AWS4" + secret).encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def canonical_query(query):
    quote = lambda s: urllib.parse.quote(str(s), safe="-_.~")  # noqa: E731
    return "&".join(f"{k}={v}" for k, v in sorted((quote(k), quote(v)) for k, v in query))


class Client:
    def __init__(self, host, port, access, secret, region="us-east-1", timeout=60, tls_ca=None):
        self.host, self.port, self.access, self.secret = host, port, access, secret
        self.region, self.timeout, self.tls_ca = region, timeout, tls_ca
        self.connection = None

    def close(self):
        if self.connection:
            self.connection.close()
            self.connection = None

    def connect(self):
        if self.connection is None:
            if self.tls_ca:
                context = ssl.create_default_context(cafile=str(self.tls_ca))
                self.connection = http.client.HTTPSConnection(self.host, self.port, timeout=self.timeout, context=context)
            else:
                self.connection = http.client.HTTPConnection(self.host, self.port, timeout=self.timeout)
        return self.connection

    def signed_headers(self, method, path, query, headers, payload_hash, now=None, region=None, secret=None, access=None):
        """`headers` with Host, date, payload hash and Authorization added. `path` is unescaped."""
        now = now or datetime.datetime.now(datetime.timezone.utc)
        stamp = now.strftime("%Y%m%dT%H%M%SZ")
        region = region or self.region
        all_headers = {"host": f"{self.host}:{self.port}", "x-amz-date": stamp, "x-amz-content-sha256": payload_hash,
                       **{k.lower(): str(v) for k, v in headers.items()}}
        names = ";".join(sorted(all_headers))
        canonical = "\n".join([
            method, urllib.parse.quote(path, safe="/-_.~"), canonical_query(query),
            "".join(f"{k}:{' '.join(v.split())}\n" for k, v in sorted(all_headers.items())), names, payload_hash])
        scope = f"{stamp[:8]}/{region}/s3/aws4_request"
        to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        key = sign_key(secret or self.secret, stamp[:8], region)
        signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
        all_headers["authorization"] = (f"AWS4-HMAC-SHA256 Credential={access or self.access}/{scope}, "
                                        f"SignedHeaders={names}, Signature={signature}")
        return all_headers

    def send(self, method, path, query=(), headers=None, body=b"", sign=True, payload_hash=None, **signing):
        """One request. `path` is unescaped; `query` is pairs or a dict; `body` is bytes."""
        query = list(query.items()) if isinstance(query, dict) else list(query)
        headers = dict(headers or {})
        if sign:
            payload_hash = payload_hash or hashlib.sha256(body).hexdigest()
            headers = self.signed_headers(method, path, query, headers, payload_hash, **signing)
        target = urllib.parse.quote(path, safe="/-_.~") + ("?" + canonical_query(query) if query else "")
        return self.exchange(method, target, headers, body)

    def exchange(self, method, target, headers, body=b""):
        """Sends exactly this; the target is already escaped."""
        try:
            connection = self.connect()
            connection.putrequest(method, target, skip_host=any(k.lower() == "host" for k in headers),
                                  skip_accept_encoding=True)
            for name, value in headers.items():
                connection.putheader(name, value)
            if (body or method in ("PUT", "POST")) and not any(
                    k.lower() in ("content-length", "transfer-encoding") for k in headers):
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body if body else None)
            response = connection.getresponse()
            answer = Answer(response.status, response.getheaders(), response.read())
            if response.will_close:
                self.close()
            return answer
        except http.client.HTTPException as error:
            self.close()
            raise ConnectionError(repr(error)) from error
        except OSError:
            self.close()
            raise

    def presign(self, method, path, query=(), expires=300, now=None):
        """A presigned target (escaped path and query)."""
        now = now or datetime.datetime.now(datetime.timezone.utc)
        stamp = now.strftime("%Y%m%dT%H%M%SZ")
        scope = f"{stamp[:8]}/{self.region}/s3/aws4_request"
        query = [*query, ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"), ("X-Amz-Credential", f"{self.access}/{scope}"),
                 ("X-Amz-Date", stamp), ("X-Amz-Expires", expires), ("X-Amz-SignedHeaders", "host")]
        escaped = urllib.parse.quote(path, safe="/-_.~")
        canonical = "\n".join([method, escaped, canonical_query(query), f"host:{self.host}:{self.port}\n", "host", UNSIGNED])
        to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        signature = hmac.new(sign_key(self.secret, stamp[:8], self.region), to_sign.encode(), hashlib.sha256).hexdigest()
        return f"{escaped}?{canonical_query(query)}&X-Amz-Signature={signature}"

    # ---- the usual requests ----

    def put(self, bucket, key, body, **headers):
        return self.send("PUT", f"/{bucket}/{key}", body=body, headers=headers)

    def get(self, bucket, key, **headers):
        return self.send("GET", f"/{bucket}/{key}", headers=headers)

    def head(self, bucket, key):
        return self.send("HEAD", f"/{bucket}/{key}")

    def delete(self, bucket, key):
        return self.send("DELETE", f"/{bucket}/{key}")

    def make_bucket(self, bucket):
        answer = self.send("PUT", f"/{bucket}")
        assert answer.status == 200, answer
        return answer

    def list_keys(self, bucket, prefix="", page=1000):
        """Every key under the prefix, page by page: key -> (size, ETag)."""
        found, token = {}, None
        while True:
            query = {"list-type": 2, "prefix": prefix, "max-keys": page}
            if token:
                query["continuation-token"] = token
            answer = self.send("GET", f"/{bucket}", query=query)
            assert answer.status == 200, answer
            root = answer.xml()
            for item in root.findall("Contents"):
                key = item.findtext("Key")
                assert key not in found, f"{key} is listed twice"
                found[key] = (int(item.findtext("Size")), item.findtext("ETag"))
            token = root.findtext("NextContinuationToken")
            if root.findtext("IsTruncated") != "true":
                return found
            assert token, "a truncated list without a continuation token"

    def create_upload(self, bucket, key):
        answer = self.send("POST", f"/{bucket}/{key}", query={"uploads": ""})
        assert answer.status == 200, answer
        return answer.xml().findtext("UploadId")

    def put_part(self, bucket, key, upload, number, body):
        return self.send("PUT", f"/{bucket}/{key}", query={"partNumber": number, "uploadId": upload}, body=body)

    def complete(self, bucket, key, upload, etags):
        body = "<CompleteMultipartUpload>" + "".join(
            f"<Part><PartNumber>{n}</PartNumber><ETag>{e}</ETag></Part>" for n, e in etags) + "</CompleteMultipartUpload>"
        return self.send("POST", f"/{bucket}/{key}", query={"uploadId": upload}, body=body.encode())

    def abort(self, bucket, key, upload):
        return self.send("DELETE", f"/{bucket}/{key}", query={"uploadId": upload})

    def list_uploads(self, bucket):
        answer = self.send("GET", f"/{bucket}", query={"uploads": "", "max-uploads": 1000})
        assert answer.status == 200, answer
        return [(u.findtext("Key"), u.findtext("UploadId")) for u in answer.xml().findall("Upload")]

    def multipart(self, bucket, key, parts):
        """A whole upload; returns the answer to Complete."""
        upload = self.create_upload(bucket, key)
        etags = []
        for number, body in enumerate(parts, 1):
            answer = self.put_part(bucket, key, upload, number, body)
            assert answer.status == 200, answer
            etags.append((number, answer.headers["etag"]))
        return self.complete(bucket, key, upload, etags)
