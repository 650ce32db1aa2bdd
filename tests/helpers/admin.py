"""Requests to the admin API, each answer held against docs/api/admin.yaml, and the command line in front of it."""

import json
import subprocess

import yaml

from . import openapi
from .server import BINARY, ROOT

PREFIX = "/_admin/v1"
DOCUMENT = yaml.safe_load((ROOT / "docs/api/admin.yaml").read_text())
METHODS = {"get", "put", "post", "patch", "delete"}
OPERATIONS = {(method.upper(), path): operation for path, item in DOCUMENT["paths"].items()
              for method, operation in item.items() if method in METHODS}

READ_PHOTOS = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Sid": "Read", "Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"],
     "Resource": ["arn:aws:s3:::photos", "arn:aws:s3:::photos/*"]},
    {"Sid": "NotPrivate", "Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::photos/private/*"}]})


def client_of(server, key=None):
    client = server.raw()
    if key:
        client.access, client.secret = key["access_key"], key["secret_key"]
    return client


class Admin:
    """Requests to the API, each answer held against the document."""

    def __init__(self, server, key=None):
        """As root, or as whom an access key of an answer belongs to."""
        self.client = client_of(server, key)
        self.seen = set()

    def __call__(self, method, path, body=None, query=(), expect=None):
        payload = b"" if body is None else json.dumps(body).encode()
        answer = self.client.send(method, PREFIX + path, query, body=payload)
        document = json.loads(answer.body)
        template, operation = find_operation(method, path)
        if operation:
            self.seen.add((method, template))
            schema = response_schema(operation, answer.status)
            assert not openapi.problems(DOCUMENT, schema, document), f"{method} {path}: {answer}"
            if answer.status >= 400:
                assert document["request_id"] == answer.headers["x-amz-request-id"]
            elif body is not None:
                assert not openapi.problems(DOCUMENT, request_schema(operation), body), f"{method} {path}: {body}"
        if expect is not None:
            assert answer.status == expect, f"{method} {path}: {answer}"
        return document


def find_operation(method, path):
    parts = path.split("/")
    for template, item in DOCUMENT["paths"].items():
        wanted = template.split("/") if template != "/" else [""]
        if len(wanted) == len(parts) and all(w == p or w.startswith("{") for w, p in zip(wanted, parts)):
            return template, item.get(method.lower())
    return None, None


def request_schema(operation):
    return operation["requestBody"]["content"]["application/json"]["schema"]


def response_schema(operation, status):
    responses = operation["responses"]
    answer = openapi.resolve(DOCUMENT, responses[str(status) if status < 400 else "default"])
    return answer["content"]["application/json"]["schema"]


def cairn_admin(server, *args, env=None, text=None):
    done = subprocess.run([str(BINARY), "admin", *args], input=text, text=True, capture_output=True, timeout=60,
                          env={"PATH": "/usr/bin:/bin", "CAIRN_ENDPOINT": server.endpoint, "CAIRN_ROOT_USER": server.access,
                               "CAIRN_ROOT_PASSWORD": server.secret, **(env or {})})
    return done.returncode, done.stdout, done.stderr
