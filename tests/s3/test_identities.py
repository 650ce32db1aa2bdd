"""Users, policies, ACLs and temporary credentials, by boto3 against the real binary."""

import json
import urllib.error
import urllib.request

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

OWN_BUCKETS = "arn:aws:iam::aws:policy/ownbuckets"


def client(server, service, access=None, secret=None, token=None):
    return boto3.client(service, endpoint_url=server.endpoint, region_name="us-east-1",
                        aws_access_key_id=access or server.access, aws_secret_access_key=secret or server.secret,
                        aws_session_token=token,
                        config=Config(retries={"max_attempts": 3}, s3={"addressing_style": "path"}))


def allow(actions, resources="*", **condition):
    statement = {"Effect": "Allow", "Action": actions, "Resource": resources}
    if condition:
        statement["Condition"] = condition
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def refused(code, call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    assert caught.value.response["Error"]["Code"] == code, caught.value
    return caught.value.response


def anonymous(server, path):
    try:
        with urllib.request.urlopen(server.endpoint + path, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


@pytest.fixture
def server(make_server):
    return make_server(drives=1)


@pytest.fixture
def iam(server):
    return client(server, "iam")


def make_user(server, iam, name, policy_arn=None, policy=None):
    """The S3 client of a new user."""
    iam.create_user(UserName=name, Tags=[{"Key": "email", "Value": f"{name}@example.com"}])
    if policy_arn:
        iam.attach_user_policy(UserName=name, PolicyArn=policy_arn)
    if policy:
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return client(server, "s3", key["AccessKeyId"], key["SecretAccessKey"]), key


def test_users_groups_and_policies_live_through_a_restart(server, iam):
    alice, key = make_user(server, iam, "alice")
    refused("AccessDenied", alice.list_buckets)
    policy = iam.create_policy(PolicyName="Everything", PolicyDocument=allow("s3:*"))["Policy"]
    iam.create_group(GroupName="staff", Path="/dept/")
    iam.attach_group_policy(GroupName="staff", PolicyArn=policy["Arn"])
    iam.add_user_to_group(GroupName="staff", UserName="alice")
    alice.create_bucket(Bucket="photos")  # without a moment's wait
    server.restart()
    alice.put_object(Bucket="photos", Key="cat", Body=b"meow")
    assert [u["UserName"] for u in iam.list_users()["Users"]] == ["alice"]
    assert iam.get_user(UserName="alice")["User"]["Tags"] == [{"Key": "email", "Value": "alice@example.com"}]
    group = iam.get_group(GroupName="staff")
    assert (group["Group"]["Arn"], group["Users"][0]["UserName"]) == ("arn:aws:iam::000000000000:group/dept/staff", "alice")
    assert iam.list_attached_group_policies(GroupName="staff")["AttachedPolicies"][0]["PolicyArn"] == policy["Arn"]
    document = iam.get_policy_version(PolicyArn=policy["Arn"], VersionId="v1")["PolicyVersion"]["Document"]
    assert document["Statement"][0]["Action"] == "s3:*"
    used = iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])
    assert used["AccessKeyLastUsed"]["ServiceName"] == "s3" and used["UserName"] == "alice"
    assert alice.list_buckets()["Owner"]["DisplayName"] == "alice"
    iam.remove_user_from_group(GroupName="staff", UserName="alice")
    alice.get_object(Bucket="photos", Key="cat")  # hers without a policy
    refused("AccessDenied", alice.create_bucket, Bucket="more")
    refused("DeleteConflict", iam.delete_user, UserName="alice")
    iam.delete_access_key(UserName="alice", AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName="alice")
    refused("InvalidAccessKeyId", alice.list_buckets)
    refused("NoSuchEntity", iam.get_user, UserName="alice")


def test_lists_are_paged(iam):
    names = [f"user{n:03}" for n in range(25)]
    for name in names:
        iam.create_user(UserName=name)
    pages = list(iam.get_paginator("list_users").paginate(PaginationConfig={"PageSize": 10}))
    assert [len(p["Users"]) for p in pages] == [10, 10, 5]
    assert [u["UserName"] for p in pages for u in p["Users"]] == names


def test_users_are_kept_apart_by_what_they_own(server, iam):
    alice, _ = make_user(server, iam, "alice", OWN_BUCKETS)
    bob, _ = make_user(server, iam, "bob", OWN_BUCKETS)
    alice.create_bucket(Bucket="alices")
    bob.create_bucket(Bucket="bobs")
    alice.put_object(Bucket="alices", Key="k", Body=b"v")
    for call, arguments in [(bob.get_object, {"Key": "k"}), (bob.list_objects_v2, {}), (bob.put_object, {"Key": "x"}),
                            (bob.get_bucket_acl, {}), (bob.delete_bucket, {}), (bob.delete_object, {"Key": "k"})]:
        refused("AccessDenied", call, Bucket="alices", **arguments)
    refused("BucketAlreadyExists", bob.create_bucket, Bucket="alices")
    assert [b["Name"] for b in bob.list_buckets()["Buckets"]] == ["bobs"]
    assert [b["Name"] for b in client(server, "s3").list_buckets()["Buckets"]] == ["alices", "bobs"]
    alice.put_bucket_policy(Bucket="alices", Policy=json.dumps({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:user/bob"},
                       "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": ["arn:aws:s3:::alices", "arn:aws:s3:::alices/*"]}]}))
    assert bob.get_object(Bucket="alices", Key="k")["Body"].read() == b"v"
    assert [b["Name"] for b in bob.list_buckets()["Buckets"]] == ["alices", "bobs"]
    refused("AccessDenied", bob.put_object, Bucket="alices", Key="x", Body=b"")
    server.restart()
    assert bob.get_object(Bucket="alices", Key="k")["Body"].read() == b"v"
    alice.delete_bucket_policy(Bucket="alices")
    refused("AccessDenied", bob.get_object, Bucket="alices", Key="k")


def test_acls_and_the_public(server, iam):
    alice, _ = make_user(server, iam, "alice", OWN_BUCKETS)
    bob, _ = make_user(server, iam, "bob", OWN_BUCKETS)
    alice.create_bucket(Bucket="open")
    alice.put_object(Bucket="open", Key="k", Body=b"v")
    assert anonymous(server, "/open/k")[0] == 403
    alice.put_object_acl(Bucket="open", Key="k", ACL="public-read")
    assert anonymous(server, "/open/k") == (200, b"v")
    assert anonymous(server, "/open")[0] == 403
    alice.put_bucket_acl(Bucket="open", GrantRead='emailAddress="bob@example.com"', GrantFullControl=f'id="{alice.list_buckets()["Owner"]["ID"]}"')
    assert [o["Key"] for o in bob.list_objects_v2(Bucket="open")["Contents"]] == ["k"]
    grants = alice.get_bucket_acl(Bucket="open")["Grants"]
    assert {(g["Grantee"]["DisplayName"], g["Permission"]) for g in grants} == {("bob", "READ"), ("alice", "FULL_CONTROL")}
    alice.put_public_access_block(Bucket="open", PublicAccessBlockConfiguration={"IgnorePublicAcls": True, "BlockPublicPolicy": True})
    assert anonymous(server, "/open/k")[0] == 403
    everybody = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
                                                         "Resource": "arn:aws:s3:::open/*"}]}
    refused("AccessDenied", alice.put_bucket_policy, Bucket="open", Policy=json.dumps(everybody))
    alice.delete_public_access_block(Bucket="open")
    alice.put_bucket_policy(Bucket="open", Policy=json.dumps(everybody))
    assert alice.get_bucket_policy_status(Bucket="open")["PolicyStatus"]["IsPublic"] is True
    assert json.loads(alice.get_bucket_policy(Bucket="open")["Policy"]) == everybody
    alice.put_object(Bucket="open", Key="other", Body=b"o")
    assert anonymous(server, "/open/other") == (200, b"o")
    alice.put_bucket_acl(Bucket="open", ACL="private")
    alice.put_bucket_ownership_controls(Bucket="open", OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]})
    refused("AccessControlListNotSupported", alice.put_object_acl, Bucket="open", Key="k", ACL="public-read")
    refused("AccessControlListNotSupported", alice.put_object, Bucket="open", Key="new", ACL="private")
    alice.put_object(Bucket="open", Key="new", ACL="bucket-owner-full-control")


def test_who_may_list_a_key_may_know_that_it_is_missing(server, iam):
    alice, _ = make_user(server, iam, "alice", OWN_BUCKETS)
    bob, _ = make_user(server, iam, "bob")
    alice.create_bucket(Bucket="half")
    alice.put_bucket_policy(Bucket="half", Policy=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::half",
         "Condition": {"StringLike": {"s3:prefix": "public/*"}}}]}))
    for call in (bob.get_object, bob.head_object):
        assert refused("NoSuchKey" if call == bob.get_object else "404", call, Bucket="half", Key="public/none")
        assert refused("AccessDenied" if call == bob.get_object else "403", call, Bucket="half", Key="private/none")
    alice.put_object(Bucket="half", Key="public/some")
    refused("AccessDenied", bob.get_object, Bucket="half", Key="public/some")


def test_roles_and_temporary_credentials(server, iam):
    alice, key = make_user(server, iam, "alice", policy=allow(["s3:*", "sts:*"]))
    alice.create_bucket(Bucket="data")
    trust = json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::000000000000:user/alice"}}]})
    role = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=trust)["Role"]
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Action"] == "sts:AssumeRole"
    iam.put_role_policy(RoleName="worker", PolicyName="p", PolicyDocument=allow("s3:*"))
    sts = client(server, "sts", key["AccessKeyId"], key["SecretAccessKey"])
    assert sts.get_caller_identity()["Arn"] == "arn:aws:iam::000000000000:user/alice"
    made = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="job7", DurationSeconds=900,
                           Policy=allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::data/in/*"))
    c = made["Credentials"]
    session = (c["AccessKeyId"], c["SecretAccessKey"], c["SessionToken"])
    assert client(server, "sts", *session).get_caller_identity()["Arn"] == \
        "arn:aws:sts::000000000000:assumed-role/worker/job7"
    worker = client(server, "s3", *session)
    worker.put_object(Bucket="data", Key="in/k", Body=b"v")
    refused("AccessDenied", worker.put_object, Bucket="data", Key="out/k", Body=b"v")
    refused("AccessDenied", worker.list_objects_v2, Bucket="data")
    link = worker.generate_presigned_url("get_object", Params={"Bucket": "data", "Key": "in/k"})
    with urllib.request.urlopen(link, timeout=10) as answer:
        assert answer.read() == b"v"
    own = sts.get_session_token(DurationSeconds=900)["Credentials"]
    mine = client(server, "s3", own["AccessKeyId"], own["SecretAccessKey"], own["SessionToken"])
    mine.put_object(Bucket="data", Key="mine", Body=b"v")
    server.restart()
    assert worker.get_object(Bucket="data", Key="in/k")["Body"].read() == b"v"
    mine.get_object(Bucket="data", Key="mine")
    alice.put_object(Bucket="data", Key="in/hers", Body=b"v")
    worker.get_object(Bucket="data", Key="in/hers")
    iam.delete_role_policy(RoleName="worker", PolicyName="p")
    refused("AccessDenied", worker.get_object, Bucket="data", Key="in/hers")
    worker.get_object(Bucket="data", Key="in/k")  # what it wrote is its own
    iam.delete_role(RoleName="worker")
    refused("InvalidAccessKeyId", worker.get_object, Bucket="data", Key="in/k")
    refused("NotImplemented", sts.assume_role_with_web_identity, RoleArn=role["Arn"], RoleSessionName="xx",
            WebIdentityToken="none")


def test_users_may_use_the_api_as_far_as_their_policies_go(server, iam):
    _, key = make_user(server, iam, "alice", policy=allow(["iam:GetUser", "iam:*AccessKey*"], "arn:aws:iam::*:user/${aws:username}"))
    own = client(server, "iam", key["AccessKeyId"], key["SecretAccessKey"])
    assert own.get_user()["User"]["UserName"] == "alice"
    assert len(own.list_access_keys()["AccessKeyMetadata"]) == 1
    refused("AccessDenied", own.list_users)
    refused("AccessDenied", own.attach_user_policy, UserName="alice", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    another = own.create_access_key()["AccessKey"]
    own.update_access_key(AccessKeyId=key["AccessKeyId"], Status="Inactive")
    refused("InvalidClientTokenId", own.get_user)
    client(server, "iam", another["AccessKeyId"], another["SecretAccessKey"]).get_user()


def test_a_change_is_there_after_a_kill(server, iam):
    for n in range(20):
        iam.create_user(UserName=f"user{n}")
    server.kill()
    server.start()
    assert len(iam.list_users()["Users"]) == 20


def test_users_are_known_while_a_drive_is_missing(make_server):
    server = make_server(drives=4)
    iam = client(server, "iam")
    alice, _ = make_user(server, iam, "alice", OWN_BUCKETS)
    alice.create_bucket(Bucket="alices")
    server.stop()
    server.drives[0].rename(server.drives[0].with_name("away"))
    server.start()
    alice.put_object(Bucket="alices", Key="k", Body=b"v")
    assert alice.get_object(Bucket="alices", Key="k")["Body"].read() == b"v"
