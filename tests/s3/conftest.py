"""Tests of the wire against a running endpoint: CAIRN_ENDPOINT, CAIRN_ACCESS_KEY, CAIRN_SECRET_KEY name it.

    CAIRN_ENDPOINT=http://127.0.0.1:9000 CAIRN_ACCESS_KEY=... CAIRN_SECRET_KEY=... pytest tests/s3

They make buckets of their own and remove them. The server must know the domain s3.example.test for the virtual hosts.
"""

import os
import secrets
import sys
import urllib.parse
from pathlib import Path

import boto3
import pytest
from botocore.config import Config

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))
from helpers import raw as raw_client  # noqa: E402

ENDPOINT = os.environ.get("CAIRN_ENDPOINT", "")
ACCESS = os.environ.get("CAIRN_ACCESS_KEY", "")
SECRET = os.environ.get("CAIRN_SECRET_KEY", "")


def pytest_collection_modifyitems(config, items):
    if not (ENDPOINT and ACCESS and SECRET):
        skip = pytest.mark.skip(reason="CAIRN_ENDPOINT, CAIRN_ACCESS_KEY and CAIRN_SECRET_KEY name no server")
        for item in items:
            item.add_marker(skip)


@pytest.fixture(scope="session")
def address():
    parts = urllib.parse.urlsplit(ENDPOINT)
    return parts.hostname, parts.port or 80


@pytest.fixture
def raw(address):
    client = raw_client.Client(*address, ACCESS, SECRET)
    yield client
    client.close()


@pytest.fixture(scope="session")
def boto():
    def make(**config):
        config = {"retries": {"max_attempts": 1, "mode": "standard"}, "signature_version": "s3v4",
                  "s3": {"addressing_style": "path"}, **config}
        return boto3.client("s3", endpoint_url=ENDPOINT, aws_access_key_id=ACCESS, aws_secret_access_key=SECRET,
                            region_name="us-east-1", config=Config(**config))

    return make


@pytest.fixture(scope="session")
def s3(boto):
    return boto()


@pytest.fixture
def bucket(s3):
    name = "wire-" + secrets.token_hex(6)
    s3.create_bucket(Bucket=name)
    yield name
    for upload in s3.list_multipart_uploads(Bucket=name).get("Uploads", []):
        s3.abort_multipart_upload(Bucket=name, Key=upload["Key"], UploadId=upload["UploadId"])
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=name):
        for item in page.get("Contents", []):
            s3.delete_object(Bucket=name, Key=item["Key"])
    s3.delete_bucket(Bucket=name)
