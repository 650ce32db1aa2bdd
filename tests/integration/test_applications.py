"""Applications that live on S3 and bring protocols of their own: a file system, table formats, the whole of `aws s3api`."""

import importlib.util
import json
import os
import shlex
import shutil
import subprocess
import sys
import time

import boto3
import pytest
from botocore.exceptions import ClientError

from helpers import data
from helpers.clients import Aws, Rclone

COMMITTERS = 4


def needs(*modules):
    missing = [m for m in modules if importlib.util.find_spec(m) is None]
    return pytest.mark.skipif(bool(missing), reason=f"{', '.join(missing)} is not installed: ./dev deps")


def storage_options(server):
    return {"AWS_ACCESS_KEY_ID": server.access, "AWS_SECRET_ACCESS_KEY": server.secret, "AWS_ENDPOINT_URL": server.endpoint,
            "AWS_REGION": "us-east-1", "AWS_ALLOW_HTTP": "true", "AWS_CONDITIONAL_PUT": "etag"}


# ---- a file system ----


@pytest.fixture
def mounted(make_server, work):
    if shutil.which("s3fs") is None:
        pytest.skip("s3fs is not installed: ./dev deps")
    if not os.path.exists("/dev/fuse") or os.geteuid() != 0:
        pytest.skip("/dev/fuse is needed, and root")
    server = make_server(4)
    server.raw().make_bucket("mounted")
    secret, folder = work / "passwd-s3fs", work / "mount"
    secret.write_text(f"{server.access}:{server.secret}\n")
    secret.chmod(0o600)
    folder.mkdir()

    def mount():
        done = subprocess.run(["s3fs", "mounted", folder, "-o", f"passwd_file={secret},url={server.endpoint},use_path_request_style,"
                               "endpoint=us-east-1,sigv4,retries=1,connect_timeout=10"], capture_output=True, text=True, timeout=60)
        if done.returncode and "fuse" in done.stderr and "permitted" in done.stderr:
            pytest.skip(f"this machine lets nobody mount: {done.stderr.strip()}")
        assert done.returncode == 0, done.stderr
        server.wait_until(folder.is_mount, 30, "the mount")

    def unmount():
        if folder.is_mount():
            subprocess.run(["umount", folder], check=True, timeout=60)

    mount()
    yield server, folder, mount, unmount
    unmount()


def test_a_mounted_bucket_is_a_file_system(mounted):
    server, folder, mount, unmount = mounted
    (folder / "dir/deeper").mkdir(parents=True)
    small, large = data.body("small", 5000), data.body("large", 25 * data.MIB)
    (folder / "dir/small.bin").write_bytes(small)
    (folder / "dir/deeper/large.bin").write_bytes(large)
    (folder / "dir/ümläut 日本.txt").write_text("text")
    with (folder / "dir/small.bin").open("ab") as f:
        f.write(b"appended")
    with (folder / "dir/deeper/large.bin").open("r+b") as f:
        f.seek(11 * data.MIB)
        f.write(b"in the middle")
    large = large[:11 * data.MIB] + b"in the middle" + large[11 * data.MIB + 13:]
    (folder / "dir/deeper/large.bin").rename(folder / "moved.bin")
    (folder / "dir/small.bin").chmod(0o640)
    (folder / "link").symlink_to("moved.bin")
    (folder / "gone").write_bytes(b"x")
    (folder / "gone").unlink()
    (folder / "dir/deeper").rmdir()
    unmount()  # what is cached is forgotten
    mount()
    assert sorted(p.name for p in folder.iterdir()) == ["dir", "link", "moved.bin"]
    assert sorted(p.name for p in (folder / "dir").iterdir()) == ["small.bin", "ümläut 日本.txt"]
    assert (folder / "dir/small.bin").read_bytes() == small + b"appended"
    assert (folder / "dir/small.bin").stat().st_mode & 0o777 == 0o640
    assert data.sha((folder / "link").read_bytes()) == data.sha(large)
    assert data.sha(server.raw().get("mounted", "moved.bin").body) == data.sha(large)
    shutil.rmtree(folder / "dir")
    assert not [k for k in server.raw().list_keys("mounted") if k.startswith("dir")]


# ---- rclone ----


def test_rclone_sees_old_versions_and_copies_on_the_server(make_server, work):
    server = make_server(4)
    raw = server.raw()
    raw.make_bucket("versioned")
    answer = raw.send("PUT", "/versioned", {"versioning": ""},
                      body=b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>")
    assert answer.status == 200, answer
    rclone = Rclone(server, "versioned")
    for number in range(3):
        (work / "f").write_text(f"text {number}")
        rclone.rclone("copyto", work / "f", "cairn:versioned/dir/f.txt")
        time.sleep(1.1)  # rclone tells versions apart by the second
    listed = rclone.rclone("lsf", "-R", "--files-only", "--s3-versions", "cairn:versioned").split()
    assert len(listed) == 3 and "dir/f.txt" in listed, listed
    rclone.rclone("copy", "--s3-versions", "cairn:versioned", work / "back")
    assert {(work / "back" / name).read_text() for name in listed} == {f"text {n}" for n in range(3)}
    data.write_large(work / "large", 20 * data.MIB)
    rclone.rclone("copyto", work / "large", "cairn:versioned/large")
    rclone.rclone("mkdir", "cairn:second")
    log = work / "rclone.log"
    rclone.rclone("copy", "cairn:versioned", "cairn:second", "--log-level", "DEBUG", "--log-file", log, "--s3-copy-cutoff", "8M")
    assert "server-side copy" in log.read_text(), "the bytes went through the client"
    assert sorted(raw.list_keys("second")) == ["dir/f.txt", "large"]
    assert data.sha(raw.get("second", "large").body) == data.sha_of_file(work / "large")
    rclone.rclone("check", "--download", "cairn:versioned", "cairn:second")


# ---- tables ----


@needs("pyarrow")
def test_pyarrow_reads_and_writes_parquet(make_server):
    import pyarrow as pa
    import pyarrow.dataset as ds
    import pyarrow.fs as fs
    import pyarrow.parquet as pq
    server = make_server(4)
    server.raw().make_bucket("tables")
    s3 = fs.S3FileSystem(access_key=server.access, secret_key=server.secret, endpoint_override=server.endpoint.split("//")[1],
                         scheme="http", region="us-east-1")
    rows = 400_000
    table = pa.table({"n": list(range(rows)), "group": [n % 4 for n in range(rows)], "text": [f"row {n * 7919}" for n in range(rows)]})
    pq.write_table(table, "tables/one.parquet", filesystem=s3, row_group_size=50_000)
    assert pq.read_table("tables/one.parquet", filesystem=s3).equals(table)
    assert pq.read_table("tables/one.parquet", filesystem=s3, columns=["n"], filters=[("n", ">=", rows - 10)]).num_rows == 10
    ds.write_dataset(table, "tables/parts", filesystem=s3, format="parquet", partitioning=["group"], partitioning_flavor="hive")
    read = ds.dataset("tables/parts", filesystem=s3, format="parquet", partitioning="hive")
    assert read.count_rows() == rows
    assert read.to_table(filter=ds.field("group") == 3).num_rows == rows // 4
    s3.delete_dir("tables/parts")
    assert sorted(server.raw().list_keys("tables")) == ["one.parquet"]


@needs("polars")
def test_polars_reads_and_writes_parquet(make_server):
    import polars as pl
    server = make_server(4)
    server.raw().make_bucket("tables")
    options = {"aws_access_key_id": server.access, "aws_secret_access_key": server.secret, "aws_endpoint_url": server.endpoint,
               "aws_region": "us-east-1", "aws_allow_http": "true"}
    frame = pl.DataFrame({"n": range(200_000), "text": [f"row {n}" for n in range(200_000)]})
    frame.write_parquet("s3://tables/frame.parquet", storage_options=options)
    assert pl.read_parquet("s3://tables/frame.parquet", storage_options=options).equals(frame)
    lazy = pl.scan_parquet("s3://tables/*.parquet", storage_options=options).filter(pl.col("n") > 199_989)
    assert lazy.select(pl.len()).collect().item() == 10


DELTA_COMMITTER = """
import json, sys
import pyarrow as pa
from deltalake import write_deltalake
number, commits, options = int(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3])
for turn in range(commits):
    for attempt in range(100):
        try:
            write_deltalake("s3://lake/table", pa.table({"who": [number], "turn": [turn]}), mode="append", storage_options=options)
            break
        except Exception as error:  # it lost a race so often that it gave up: nothing was committed
            if "commit" not in str(error).lower() and "version" not in str(error).lower():
                raise
    else:
        sys.exit("no commit in 100 attempts")
"""


@needs("deltalake", "pyarrow")
@pytest.mark.timeout(1800)
def test_no_commit_to_a_delta_table_is_lost(make_server, long):
    """Four processes append at once; each commit is a PUT with If-None-Match of the log's next file."""
    import pyarrow as pa
    from deltalake import DeltaTable, write_deltalake
    commits = 100 if long else 6
    server = make_server(4)
    server.raw().make_bucket("lake")
    options = storage_options(server)
    write_deltalake("s3://lake/table", pa.table({"who": [-1], "turn": [-1]}), storage_options=options)
    processes = [subprocess.Popen([sys.executable, "-c", DELTA_COMMITTER, str(n), str(commits), json.dumps(options)],
                                  stderr=subprocess.PIPE, text=True) for n in range(COMMITTERS)]
    for process in processes:
        errors = process.communicate(timeout=1200)[1]
        assert process.returncode == 0, errors[-2000:]
    table = DeltaTable("s3://lake/table", storage_options=options)
    rows = table.to_pyarrow_table().to_pylist()
    expected = {(n, turn) for n in range(COMMITTERS) for turn in range(commits)} | {(-1, -1)}
    assert len(rows) == len(expected) and {(r["who"], r["turn"]) for r in rows} == expected, "commits were lost or doubled"
    assert table.version() == COMMITTERS * commits
    log = [k for k in server.raw().list_keys("lake", "table/_delta_log/") if k.endswith(".json")]
    assert sorted(log) == [f"table/_delta_log/{n:020}.json" for n in range(COMMITTERS * commits + 1)]


# ---- boto3's resources ----


def test_boto3_resources_manage_versions_uploads_and_copies(make_server):
    server = make_server(4)
    s3 = boto3.resource("s3", endpoint_url=server.endpoint, aws_access_key_id=server.access, aws_secret_access_key=server.secret,
                        region_name="us-east-1")
    bucket = s3.create_bucket(Bucket="resources")
    bucket.wait_until_exists()
    assert "resources" in [b.name for b in s3.buckets.all()]
    bucket.Versioning().enable()
    assert bucket.Versioning().status == "Enabled"
    item = bucket.Object("dir/item")
    versions = [item.put(Body=f"text {n}".encode(), Metadata={"n": str(n)})["VersionId"] for n in range(3)]
    item.reload()
    assert item.metadata == {"n": "2"} and item.version_id == versions[2]
    assert item.Version(versions[0]).get()["Body"].read() == b"text 0"
    assert [v.id for v in bucket.object_versions.filter(Prefix="dir/")] == versions[::-1]
    bucket.Object("copy").copy({"Bucket": "resources", "Key": "dir/item", "VersionId": versions[1]})
    assert bucket.Object("copy").get()["Body"].read() == b"text 1"
    upload = bucket.Object("parts").initiate_multipart_upload()
    part = upload.Part(1).upload(Body=b"only one")
    assert [u.id for u in bucket.multipart_uploads.all()] == [upload.id]
    upload.complete(MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
    assert [o.key for o in bucket.objects.all()] == ["copy", "dir/item", "parts"]
    assert {o.key: o.size for o in bucket.objects.filter(Prefix="p")} == {"parts": 8}
    bucket.objects.all().delete()
    assert list(bucket.objects.all()) == [] and len(list(bucket.object_versions.all())) == 8
    bucket.object_versions.all().delete()
    bucket.delete()
    with pytest.raises(ClientError):
        s3.meta.client.head_bucket(Bucket="resources")


# ---- aws s3api ----

TAGS = '{"TagSet":[{"Key":"a","Value":"b"}]}'
LIFECYCLE = '{"Rules":[{"ID":"r","Filter":{"Prefix":"x/"},"Status":"Enabled","Expiration":{"Days":3}}]}'
CORS = '{"CORSRules":[{"AllowedMethods":["GET"],"AllowedOrigins":["*"]}]}'
LOCK = '{"ObjectLockEnabled":"Enabled","Rule":{"DefaultRetention":{"Mode":"GOVERNANCE","Days":1}}}'
LATER = "2099-01-01T00:00:00Z"
POLICY = ('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject",'
          '"Resource":"arn:aws:s3:::empty/*"}]}')
WEBSITE = '{"IndexDocument":{"Suffix":"index.html"},"ErrorDocument":{"Key":"error.html"}}'
LOGGING = '{"LoggingEnabled":{"TargetBucket":"main","TargetPrefix":"log/"}}'
DOUBLE = "--bucket main --key k"
# A command; what must come back: a path into its JSON and the value there (a callable judges it), None for no output, or the code
# of the error. {name} is what an earlier row saved.
TABLE = [
    ("create-bucket --bucket main", {"Location": "/main"}),
    ("head-bucket --bucket main", {}),
    ("list-buckets", {"Buckets.0.Name": "main"}),
    ("get-bucket-location --bucket main", {"LocationConstraint": None}),
    ("put-bucket-versioning --bucket main --versioning-configuration Status=Enabled", None),
    ("get-bucket-versioning --bucket main", {"Status": "Enabled"}),
    (f"put-bucket-tagging --bucket main --tagging '{TAGS}'", None),
    ("get-bucket-tagging --bucket main", {"TagSet.0.Value": "b"}),
    ("delete-bucket-tagging --bucket main", None),
    ("get-bucket-tagging --bucket main", "NoSuchTagSet"),
    (f"put-bucket-lifecycle-configuration --bucket main --lifecycle-configuration '{LIFECYCLE}'", ...),
    ("get-bucket-lifecycle-configuration --bucket main", {"Rules.0.Expiration.Days": 3}),
    ("delete-bucket-lifecycle --bucket main", None),
    ("get-bucket-lifecycle-configuration --bucket main", "NoSuchLifecycleConfiguration"),
    (f"put-bucket-cors --bucket main --cors-configuration '{CORS}'", None),
    ("get-bucket-cors --bucket main", {"CORSRules.0.AllowedMethods": ["GET"]}),
    ("delete-bucket-cors --bucket main", None),
    ("get-bucket-cors --bucket main", "NoSuchCORSConfiguration"),
    ("put-bucket-request-payment --bucket main --request-payment-configuration Payer=BucketOwner", None),
    ("get-bucket-request-payment --bucket main", {"Payer": "BucketOwner"}),
    ("get-bucket-logging --bucket main", ...),
    ("get-bucket-accelerate-configuration --bucket main", ...),
    ("get-bucket-policy --bucket main", "NoSuchBucketPolicy"),
    ("get-bucket-website --bucket main", "NoSuchWebsiteConfiguration"),
    ("get-bucket-replication --bucket main", "ReplicationConfigurationNotFoundError"),
    ("get-public-access-block --bucket main", "NoSuchPublicAccessBlockConfiguration"),
    ("get-bucket-notification-configuration --bucket main", ...),
    (f"put-object {DOUBLE} --body {{file}} --metadata who=me --content-type text/x-test", {"ETag": bool, "VersionId": ("v1", str)}),
    (f"head-object {DOUBLE}", {"ContentLength": 11, "Metadata.who": "me", "ContentType": "text/x-test"}),
    (f"get-object {DOUBLE} --range bytes=1-3 {{out}}", {"ContentLength": 3, "ContentRange": "bytes 1-3/11"}),
    (f"get-object {DOUBLE} --version-id {{v1}} {{out}}", {"ContentLength": 11}),
    (f"get-object-attributes {DOUBLE} --object-attributes ETag ObjectSize Checksum", {"ObjectSize": 11}),
    (f"put-object {DOUBLE} --body {{file}} --if-none-match '*'", "PreconditionFailed"),
    (f"put-object-tagging {DOUBLE} --tagging '{TAGS}'", ...),
    (f"get-object-tagging {DOUBLE}", {"TagSet.0.Key": "a"}),
    (f"delete-object-tagging {DOUBLE}", ...),
    (f"get-object-acl {DOUBLE}", ...),
    ("copy-object --bucket main --key copied --copy-source main/k", {"CopyObjectResult.ETag": bool}),
    ("list-objects --bucket main", {"Contents.0.Key": "copied", "Contents.1.Key": "k"}),
    ("list-objects-v2 --bucket main --prefix k", {"KeyCount": lambda n: n in (None, 1), "Contents.0.Size": 11}),
    ("list-object-versions --bucket main --prefix k", {"Versions.0.VersionId": "{v1}", "Versions.0.IsLatest": True}),
    ("create-multipart-upload --bucket main --key mp", {"UploadId": ("upload", str)}),
    ("list-multipart-uploads --bucket main", {"Uploads.0.UploadId": "{upload}"}),
    ("upload-part --bucket main --key mp --upload-id {upload} --part-number 1 --body {five}", {"ETag": bool}),
    ("upload-part-copy --bucket main --key mp --upload-id {upload} --part-number 2 --copy-source main/k",
     {"CopyPartResult.ETag": ("part2", str)}),
    ("list-parts --bucket main --key mp --upload-id {upload}", {"Parts.1.Size": 11, "Parts.0.ETag": ("part1", str)}),
    ("complete-multipart-upload --bucket main --key mp --upload-id {upload} --multipart-upload "
     "'{\"Parts\":[{\"PartNumber\":1,\"ETag\":{part1}},{\"PartNumber\":2,\"ETag\":{part2}}]}'", {"Key": "mp"}),
    ("create-multipart-upload --bucket main --key other", {"UploadId": ("upload", str)}),
    ("abort-multipart-upload --bucket main --key other --upload-id {upload}", ...),
    ("get-object-lock-configuration --bucket main", "ObjectLockConfigurationNotFoundError"),
    (f"put-object-lock-configuration --bucket main --object-lock-configuration '{LOCK}'", ...),
    ("get-object-lock-configuration --bucket main", {"ObjectLockConfiguration.Rule.DefaultRetention.Days": 1}),
    (f"put-object-retention {DOUBLE} --retention Mode=GOVERNANCE,RetainUntilDate={LATER}", ...),
    (f"get-object-retention {DOUBLE}", {"Retention.Mode": "GOVERNANCE"}),
    (f"put-object-legal-hold {DOUBLE} --legal-hold Status=ON", ...),
    (f"get-object-legal-hold {DOUBLE}", {"LegalHold.Status": "ON"}),
    (f"delete-object {DOUBLE} --version-id {{v1}} --bypass-governance-retention", "AccessDenied"),
    (f"put-object-legal-hold {DOUBLE} --legal-hold Status=OFF", ...),
    (f"delete-object {DOUBLE}", {"DeleteMarker": True}),
    (f"head-object {DOUBLE}", "404"),
    (f"delete-object {DOUBLE} --version-id {{v1}} --bypass-governance-retention", {"VersionId": "{v1}"}),
    ("delete-objects --bucket main --delete 'Objects=[{Key=copied},{Key=mp}]'", {"Deleted.1.DeleteMarker": True}),
    ("delete-bucket --bucket main", "BucketNotEmpty"),
    ("create-bucket --bucket empty --object-ownership ObjectWriter", ...),
    ("wait bucket-exists --bucket empty", None),
    ("get-bucket-ownership-controls --bucket empty", {"OwnershipControls.Rules.0.ObjectOwnership": "ObjectWriter"}),
    ("put-bucket-acl --bucket empty --acl public-read", None),
    ("get-bucket-acl --bucket empty", {"Grants.0.Permission": bool, "Grants.1.Permission": bool}),
    ("put-object --bucket empty --key o --body {file} --acl public-read", ...),
    ("put-object-acl --bucket empty --key o --acl private", ...),
    ("get-object-acl --bucket empty --key o", {"Grants.0.Permission": "FULL_CONTROL", "Grants.1.Permission": None}),
    ("put-bucket-ownership-controls --bucket empty --ownership-controls 'Rules=[{ObjectOwnership=BucketOwnerPreferred}]'", None),
    ("delete-bucket-ownership-controls --bucket empty", None),
    (f"put-bucket-policy --bucket empty --policy '{POLICY}'", None),
    ("get-bucket-policy --bucket empty", {"Policy": lambda text: json.loads(text) == json.loads(POLICY)}),
    ("get-bucket-policy-status --bucket empty", {"PolicyStatus.IsPublic": True}),
    ("delete-bucket-policy --bucket empty", None),
    ("put-public-access-block --bucket empty --public-access-block-configuration BlockPublicAcls=true", None),
    ("get-public-access-block --bucket empty", {"PublicAccessBlockConfiguration.BlockPublicAcls": True}),
    ("delete-public-access-block --bucket empty", None),
    (f"put-bucket-website --bucket empty --website-configuration '{WEBSITE}'", None),
    ("get-bucket-website --bucket empty", {"IndexDocument.Suffix": "index.html"}),
    ("delete-bucket-website --bucket empty", None),
    ("put-bucket-accelerate-configuration --bucket empty --accelerate-configuration Status=Suspended", ...),
    (f"put-bucket-logging --bucket empty --bucket-logging-status '{LOGGING}'", None),
    ("get-bucket-logging --bucket empty", {"LoggingEnabled.TargetPrefix": "log/"}),
    ("get-object-torrent --bucket empty --key o {out}", "NotImplemented"),
    ("restore-object --bucket empty --key o --restore-request Days=1", "NotImplemented"),
    ("rename-object --bucket empty --key p --rename-source empty/o", "NotImplemented"),
    ("select-object-content --bucket empty --key o --expression x --expression-type SQL --input-serialization '{\"CSV\":{}}' "
     "--output-serialization '{\"CSV\":{}}' {out}", "NotImplemented"),
    ("update-object-encryption --bucket empty --key o --object-encryption '{\"SSEKMS\":{\"KMSKeyArn\":\"arn:aws:kms:us-east-1:0:key/a\"}}'", "NotImplemented"),
    ("put-object-annotation --bucket empty --key o --annotation-name a --annotation-payload {file}", "NotImplemented"),
    ("get-object-annotation --bucket empty --key o --annotation-name a {out}", "NotImplemented"),
    ("list-object-annotations --bucket empty --key o", "NotImplemented"),
    ("delete-object-annotation --bucket empty --key o --annotation-name a", "NotImplemented"),
    ("create-session --bucket empty", "NotImplemented"),
    ("list-directory-buckets", "AuthorizationHeaderMalformed"),  # of another service: s3express
    ("put-bucket-replication --bucket empty --replication-configuration '{\"Role\":\"r\",\"Rules\":[]}'", "NotImplemented"),
    ("delete-bucket-replication --bucket empty", "NotImplemented"),
    ("put-bucket-notification-configuration --bucket empty --notification-configuration '{}'", "NotImplemented"),
    *((f"{verb} --bucket empty", "NotImplemented") for verb in (
        "delete-bucket-encryption", "get-bucket-abac", "get-bucket-metadata-configuration",
        "get-bucket-metadata-table-configuration", "delete-bucket-metadata-configuration",
        "delete-bucket-metadata-table-configuration", "list-bucket-analytics-configurations",
        "list-bucket-intelligent-tiering-configurations", "list-bucket-inventory-configurations",
        "list-bucket-metrics-configurations")),
    *((f"{verb}-bucket-{kind}-configuration --bucket empty --id i", error)
      for verb, error in (("get", "NoSuchConfiguration"), ("delete", "NotImplemented"))
      for kind in ("analytics", "intelligent-tiering", "inventory", "metrics")),
    ("get-bucket-encryption --bucket empty", "ServerSideEncryptionConfigurationNotFoundError"),
    ("delete-object --bucket empty --key o", None),
    ("delete-bucket --bucket empty", None),
    ("head-bucket --bucket empty", "404"),
]


def at(document, path):
    for step in path.split("."):
        try:
            document = document[int(step)] if step.isdigit() else document[step]
        except (KeyError, IndexError, TypeError):
            return None
    return document


def filled(text, saved):
    for name, value in saved.items():
        text = text.replace("{" + name + "}", str(value))
    return text


# Runs the command lines that it reads in one process: starting aws anew takes a second each.
AWS_WORKER = """
import contextlib, io, json, sys
from awscli.clidriver import create_clidriver
driver, answers = create_clidriver(), sys.stdout
for line in sys.stdin:
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = driver.main(json.loads(line))
        except SystemExit as end:
            code = end.code
    print(json.dumps([code, *(s.buffer.getvalue().decode() for s in (out, err))]), file=answers, flush=True)
"""


@pytest.fixture
def aws_worker(make_server):
    cli = Aws(make_server(1), "")
    with subprocess.Popen([sys.executable, "-c", AWS_WORKER], env=cli.env, text=True, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as process:
        def run(*argv):
            line = ["--endpoint-url", cli.server.endpoint, "--output", "json", "s3api", *argv]
            print(json.dumps(line), file=process.stdin, flush=True)
            return json.loads(process.stdout.readline())
        yield run
        process.stdin.close()


def test_aws_s3api_gets_what_it_must_from_every_operation(aws_worker, work):
    (work / "file").write_bytes(b"eleven byte")
    (work / "five").write_bytes(data.body("five", 5 * data.MIB))
    saved = {"file": str(work / "file"), "five": str(work / "five"), "out": str(work / "out")}
    wrong = []
    for command, expected in TABLE:
        argv = shlex.split(filled(command, saved))
        code, out, err = aws_worker(*argv)
        said = out + err
        if isinstance(expected, str):
            if code == 0 or f"({expected})" not in err:
                wrong.append((command, expected, said))
            continue
        if code != 0 or (expected is None and out.strip()):
            wrong.append((command, expected, said))
            continue
        document = json.loads(out) if out.strip() else {}
        for path, value in (expected.items() if isinstance(expected, dict) else ()):
            found = at(document, path)
            if isinstance(value, tuple):
                saved[value[0]] = found
                value = value[1]
            fits = value(found) if callable(value) else found == (filled(value, saved) if isinstance(value, str) else value)
            if not fits:
                wrong.append((command, (path, value), said))
    assert not wrong, "\n".join(f"{c}\n  expected {e}\n  {s.strip()[:400]}" for c, e, s in wrong)
