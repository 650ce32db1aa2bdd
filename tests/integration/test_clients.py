"""Real clients carry real data there and back, on one drive, on four and on twelve."""

import json
import shutil
import time
import urllib.error
import urllib.request

import boto3.s3.transfer
import pytest
from botocore.exceptions import ClientError

from helpers import clients, data
from helpers.clients import CLIENTS, Aws, DebianAws

DRIVES = [1, 4, 12]
TREE_FILES = 120  # of /usr/share, in the bounded form


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    from conftest import LONG, SCRATCH
    folder = SCRATCH / "tree"
    shutil.rmtree(folder, ignore_errors=True)
    data.share_tree(folder, None if LONG else TREE_FILES)
    yield folder, data.tree_sums(folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    from conftest import LONG, SCRATCH
    SCRATCH.mkdir(parents=True, exist_ok=True)
    path = data.write_large(SCRATCH / "large.bin", 2 * data.GIB if LONG else 64 * data.MIB)
    yield path, data.sha_of_file(path)
    path.unlink()


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("client", clients.TREE_CLIENTS, ids=lambda c: c.name)
@pytest.mark.parametrize("drives", DRIVES)
def test_a_tree_comes_back_as_it_went(drives, client, make_server, work, tree):
    folder, sums = tree
    server = make_server(drives)
    server.raw().make_bucket("trees")
    carrier = client(server, "trees")
    carrier.up(folder)
    carrier.down(work / "back")
    data.assert_same_tree(data.tree_sums(work / "back"), sums)
    assert server.stop() == 0


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("client", clients.FILE_CLIENTS, ids=lambda c: c.name)
@pytest.mark.parametrize("drives", DRIVES)
def test_a_large_file_comes_back_as_it_went(drives, client, make_server, work, large):
    path, sum_of_it = large
    server = make_server(drives)
    server.raw().make_bucket("files")
    carrier = client(server, "files")
    carrier.put(path, "large.bin")
    assert "-" in server.raw().head("files", "large.bin").headers["etag"], "this was no multipart upload"
    carrier.get("large.bin", work / "back.bin")
    assert data.sha_of_file(work / "back.bin") == sum_of_it


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("drives", DRIVES)
def test_boto3_carries_a_tree(drives, make_server, tree):
    folder, sums = tree
    s3 = make_server(drives).boto()
    s3.create_bucket(Bucket="boto")
    for name in sums:
        s3.upload_file(str(folder / name), "boto", name)
    listed = [item["Key"] for page in s3.get_paginator("list_objects_v2").paginate(Bucket="boto", PaginationConfig={"PageSize": 100})
              for item in page["Contents"]]
    assert listed == sorted(sums, key=lambda k: k.encode())
    found = {name: data.sha(s3.get_object(Bucket="boto", Key=name)["Body"].read()) for name in listed}
    data.assert_same_tree(found, sums)


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("drives", DRIVES)
def test_boto3_carries_a_large_file(drives, make_server, work, large):
    s3 = make_server(drives).boto()
    s3.create_bucket(Bucket="boto")
    config = boto3.s3.transfer.TransferConfig(multipart_chunksize=8 * data.MIB, max_concurrency=8)
    s3.upload_file(str(large[0]), "boto", "large", Config=config)
    s3.download_file("boto", "large", str(work / "back"), Config=config)
    assert data.sha_of_file(work / "back") == large[1]


@pytest.mark.parametrize("client", [Aws, DebianAws], ids=lambda c: c.name)
def test_a_link_presigned_by_the_aws_cli_works_until_it_expires(client, make_server):
    server = make_server(1)
    server.raw().make_bucket("links")
    server.raw().put("links", "a b+c.txt", b"behind a link")
    link = client(server, "links").aws("s3", "presign", "s3://links/a b+c.txt", "--expires-in", "2").strip()
    assert urllib.request.urlopen(link).read() == b"behind a link"
    time.sleep(3)  # its time has to pass
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(link)
    assert refused.value.code == 403


def test_the_aws_cli_manages_buckets_and_objects(make_server, work):
    cli = Aws(make_server(4), "")
    cli.aws("s3", "mb", "s3://first")
    (work / "a.txt").write_text("hello")
    cli.aws("s3", "cp", work / "a.txt", "s3://first/dir/a.txt")
    assert "a.txt" in cli.aws("s3", "ls", "s3://first/dir/")
    cli.aws("s3", "mv", "s3://first/dir/a.txt", "s3://first/b.txt")
    assert json.loads(cli.aws("s3api", "head-object", "--bucket", "first", "--key", "b.txt"))["ContentLength"] == 5
    cli.aws("s3", "rm", "--recursive", "s3://first")
    cli.aws("s3", "rb", "s3://first")
    assert "first" not in cli.aws("s3", "ls")


def test_s3cmd_and_rclone_and_javascript_clear_a_bucket(make_server, tree):
    server = make_server(4)
    for maker in (clients.S3cmd, clients.Rclone, clients.Javascript):
        raw = server.raw()
        raw.make_bucket("full")
        for number in range(30):
            assert raw.put("full", f"dir/{number}", b"x").status == 200
        client = maker(server, "full")
        if maker is clients.S3cmd:
            client.s3cmd("del", "--recursive", "--force", "s3://full")
        elif maker is clients.Rclone:
            client.rclone("purge", "cairn:full")
        else:
            client.node("clear", "-")
        if maker is clients.Rclone:
            assert raw.send("HEAD", "/full").status == 404
        else:
            assert raw.list_keys("full") == {}
            assert raw.send("DELETE", "/full").status == 204


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"])
def test_boto3_checksums_are_kept_and_checked(algorithm, make_server):
    server = make_server(1)
    s3 = server.boto()
    s3.create_bucket(Bucket="sums")
    body = data.body(algorithm, 300_000)
    try:
        put = s3.put_object(Bucket="sums", Key="k", Body=body, ChecksumAlgorithm=algorithm)
    except Exception as error:  # botocore computes some of them only with the awscrt package
        if "awscrt" not in str(error).lower() and "crt" not in str(error).lower():
            raise
        put = None
    if put:
        got = s3.get_object(Bucket="sums", Key="k", ChecksumMode="ENABLED")
        assert got["Body"].read() == body
        assert got[f"Checksum{algorithm}"] == put[f"Checksum{algorithm}"]
    wrong = {"CRC32": "AAAAAA==", "CRC32C": "AAAAAA==", "CRC64NVME": "AAAAAAAAAAA=", "SHA1": "A" * 27 + "=",
             "SHA256": "A" * 43 + "="}[algorithm]
    with pytest.raises(ClientError) as refused:
        s3.put_object(Bucket="sums", Key="bad", Body=body, **{f"Checksum{algorithm}": wrong})
    assert refused.value.response["Error"]["Code"] == "BadDigest"
    assert "bad" not in server.raw().list_keys("sums")


def test_the_clients_under_test_are_the_ones_meant(binary):
    """So that nobody tests one version twice."""
    import subprocess
    versions = [subprocess.run([program, "--version"], capture_output=True, text=True, env={"PATH": "/usr/bin:/bin"}).stdout
                for program in (str(CLIENTS / "venv/bin/aws"), "/usr/bin/aws")]
    assert versions[0] and versions[1] and versions[0].split()[0] != versions[1].split()[0], versions
