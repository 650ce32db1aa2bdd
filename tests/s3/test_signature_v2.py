"""Signature Version 2 as boto3 still makes it ("Signing and authenticating REST requests" in the S3 user guide)."""

import base64
import hashlib
import hmac
import json
import time
import urllib.error
import urllib.request

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

BODY = b"signed the old way"


def old(server, signature="s3", secret=None):
    return boto3.client("s3", endpoint_url=server.endpoint, region_name="us-east-1", aws_access_key_id=server.access,
                        aws_secret_access_key=secret or server.secret,
                        config=Config(signature_version=signature, s3={"addressing_style": "path"}, retries={"max_attempts": 0}))


def fetch(url, data=None, method=None, headers=None):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers or {}, method=method), timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def test_buckets_objects_and_sub_resources(server):
    s3 = old(server)
    s3.create_bucket(Bucket="old")  # asked for as /old, signed as /old/
    s3.put_object(Bucket="old", Key="a b/ü", Body=BODY, Metadata={"owner": "me"}, ContentType="text/plain")
    answer = s3.get_object(Bucket="old", Key="a b/ü", ResponseContentType="text/html")
    assert (answer["Body"].read(), answer["Metadata"], answer["ContentType"]) == (BODY, {"owner": "me"}, "text/html")
    upload = s3.create_multipart_upload(Bucket="old", Key="parts")["UploadId"]
    part = s3.upload_part(Bucket="old", Key="parts", UploadId=upload, PartNumber=1, Body=BODY)["ETag"]
    s3.complete_multipart_upload(Bucket="old", Key="parts", UploadId=upload,
                                 MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part}]})
    s3.put_bucket_tagging(Bucket="old", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    assert [o["Key"] for o in s3.list_objects_v2(Bucket="old", Prefix="a")["Contents"]] == ["a b/ü"]
    s3.delete_objects(Bucket="old", Delete={"Objects": [{"Key": "a b/ü"}, {"Key": "parts"}]})
    s3.delete_bucket(Bucket="old")


@pytest.mark.parametrize("call", ["create_bucket", "list_objects_v2", "head_bucket", "list_buckets"])
def test_another_secret_is_refused(server, call):
    arguments = {} if call == "list_buckets" else {"Bucket": "never"}
    with pytest.raises(ClientError) as caught:
        getattr(old(server, secret="another secret"), call)(**arguments)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert "never" not in [b["Name"] for b in server.boto().list_buckets()["Buckets"]]


def test_links_work_until_they_expire(server, bucket):
    s3 = old(server, "s3-query")
    put = s3.generate_presigned_url("put_object", {"Bucket": bucket, "Key": "k"}, ExpiresIn=60)
    assert "AWSAccessKeyId=" in put and fetch(put, BODY, "PUT", {"Content-Type": ""})[0] == 200
    get = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "k"}, ExpiresIn=60)
    assert fetch(get) == (200, BODY)
    assert fetch(get.replace("/k?", "/other?"))[0] == 403
    assert fetch(get, method="DELETE")[0] == 403
    assert fetch(s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "k"}, ExpiresIn=-1))[0] == 403
    assert fetch(get) == (200, BODY)


def form(server, bucket, **changed):
    expires = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 60))
    policy = base64.b64encode(json.dumps({"expiration": expires, "conditions": [
        {"BUCKET": bucket}, ["Starts-With", "$KEY", "up/"], {"acl": "private"}]}).encode()).decode()
    signature = base64.b64encode(hmac.new(server.secret.encode(), policy.encode(), hashlib.sha1).digest()).decode()
    fields = {"Key": "up/k", "AWSAccessKeyId": server.access, "ACL": "private", "policy": policy, "signature": signature, **changed}
    parts = [f'--x\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in fields.items()]
    parts.append('--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n' + BODY.decode() + "\r\n--x--\r\n")
    return fetch(f"{server.endpoint}/{bucket}", "".join(parts).encode(), "POST", {"Content-Type": "multipart/form-data; boundary=x"})


def test_forms_name_fields_and_operations_in_any_case(server, s3, bucket):
    assert form(server, bucket)[0] == 204
    assert s3.get_object(Bucket=bucket, Key="up/k")["Body"].read() == BODY
    assert form(server, bucket, Key="elsewhere")[0] == 403
    assert form(server, bucket, signature="AAAA")[0] == 403
    assert [o["Key"] for o in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["up/k"]
