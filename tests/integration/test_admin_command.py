"""cairn admin: every command, for people and for scripts."""

import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from helpers.admin import READ_PHOTOS, Admin, cairn_admin


@pytest.fixture
def server(make_server):
    return make_server(1)


# One command after the other: arguments, standard input, what people see, what a script gets.
COMMANDS = [
    ("policy put reader -", READ_PHOTOS, r"name +reader\n(.*\n)*version +1\n", {"name": "reader", "users": []}),
    ("policy put reader - --description Reads", READ_PHOTOS, r"description +Reads\n", {"description": "Reads", "version": 1}),
    ("policy list", None, r"^NAME +BUILT IN +CHANGED +DESCRIPTION\n(.*\n)*reader +no +20\S+ +Reads\n", ["name", "readwrite"]),
    ("policy info reader", None, r"arn +arn:aws:iam::000000000000:policy/reader\n", {"document": READ_PHOTOS}),
    ("group add viewers --policy reader", None, r"name +viewers\n(.*\n)*policies +reader\n", {"policies": ["reader"], "members": []}),
    ("user add bob --no-key", None, r"enabled +yes\n", {"name": "bob", "keys": []}),
    ("user add alice --access-key alice-key --secret-key-file - --group viewers --policy reader", "a secret of alice\n",
     r"secret_key +a secret of alice\n", {"secret_key": "a secret of alice", "access_key": "alice-key", "groups": ["viewers"]}),
    ("user list", None, r"^NAME +ENABLED +POLICIES +GROUPS +KEYS +CREATED\nalice +yes +reader +viewers +alice-key +20", ["name", "bob"]),
    ("user info alice", None, r"keys +alice-key\n", {"keys": ["alice-key"]}),
    ("user disable alice", None, r"enabled +no\n", {"enabled": False}),
    ("user enable alice", None, r"enabled +yes\n", {"enabled": True}),
    ("group join viewers bob alice", None, r"members +alice, bob\n", {"members": ["alice", "bob"]}),
    ("group leave viewers bob", None, r"members +alice\n", {"members": ["alice"]}),
    ("group list", None, r"^NAME +POLICIES +CREATED\nviewers +reader +20", ["name", "viewers"]),
    ("group info viewers", None, r"members +alice\n", {"members": ["alice"]}),
    ("policy attach readwrite --user bob", None, r"policies +readwrite\n", {"policies": ["readwrite"]}),
    ("policy detach readwrite --user bob", None, r"policies\n", {"policies": []}),
    ("policy attach readonly --group viewers", None, r"policies +reader, readonly\n", {"policies": ["reader", "readonly"]}),
    ("policy detach readonly --group viewers", None, r"policies +reader\n", {"policies": ["reader"]}),
    ("key add --user alice --access-key script --secret-key-file - --name nightly --expires 90d", "a secret of a script",
     r"name +nightly\n(.*\n)*secret_key +a secret of a script\n", {"user": "alice", "expired": False}),
    ("key list", None, r"^ACCESS KEY +USER +ACTIVE +EXPIRES +LAST USED +NAME\nalice-key +alice +yes +- +-\nscript +alice +yes +20", ["access_key", "script"]),
    ("key list --user bob", None, r"^ACCESS KEY[^\n]+\n$", []),
    ("key info script", None, r"user +alice\n", {"name": "nightly"}),
    ("key set script --description backup --policy-file -", READ_PHOTOS, r"description +backup\n(.*\n)*\n{\"Version", {"policy": READ_PHOTOS}),
    ("key disable script", None, r"active +no\n", {"active": False}),
    ("key enable script", None, r"active +yes\n", {"active": True}),
    ("policy explain --user alice GetObject photos/a", None,
     r"^s3:GetObject arn:aws:s3:::photos/a\n  allowed by statement 0 \(Read\) of identity policy", {"decision": "allow", "sid": "Read"}),
    ("policy explain --access-key script s3:GetObject arn:aws:s3:::photos/private/x", None,
     r"denied by statement 1 \(NotPrivate\) of \w+ policy", {"decision": "explicit_deny", "sid": "NotPrivate"}),
    ("policy explain --anonymous ListBucket photos --context aws:SourceIp=192.0.2.1", None, r"denied", {"decision": "implicit_deny"}),
    ("quota set photos --size 1GiB --objects 10", None, r"max_bytes +1.0 GiB\nmax_objects +10\n", {"max_bytes": 1 << 30, "max_objects": 10}),
    ("quota list", None, r"^BUCKET +MAX SIZE +MAX OBJECTS\nphotos +1.0 GiB +10\n$", ["bucket", "photos"]),
    ("quota info photos", None, r"max_objects +10\n", {"bucket": "photos", "max_objects": 10}),
    ("usage", None, r"^BUCKET +OBJECTS +SIZE +MAX SIZE +MAX OBJECTS\nphotos +1 +1.5 KiB +1.0 GiB +10\ntotal +1 +1.5 KiB\n$", ["bucket", "photos"]),
    ("usage photos", None, r"bytes +1.5 KiB\n", {"objects": 1, "bytes": 1536}),
    ("quota remove photos", None, r"max_bytes +-\n", {"max_bytes": None}),
    ("info", None, r"^Cairn (.*\n)*buckets +1\n(.*\n)*DRIVE +POOL +SET +STATE (.*\n)*\S+ +0 +0 +online +yes ", {"can_write": True, "buckets": 1}),
    ("heal", None, r"^\d+ entries wait to be healed\n(.*\n)*running +", {"drives": []}),
    ("verify", None, r"error *\n(.*\n)*running +", {}),
    ("verify --start", None, r"started +20", {"finished": None}),
    ("key remove script", None, r"^done\n$", {}),
    ("group remove viewers", None, r"^done\n$", {}),
    ("user remove alice", None, r"^done\n$", {}),
    ("policy remove reader", None, r"^done\n$", {}),
]


def leaves(server, *path):
    """The commands that the help shows."""
    code, out, _ = cairn_admin(server, *path, "--help")
    assert code == 0
    names = re.findall(r"^  ([a-z]+) ", out[out.find("Subcommands:"):], re.MULTILINE) if "Subcommands:" in out else []
    return [leaf for name in names for leaf in leaves(server, *path, name)] if names else [" ".join(path)]


def as_shown(command):
    group, *rest = command.split()
    return group if group in ("usage", "info", "heal", "verify") else f"{group} {rest[0]}"


@pytest.mark.parametrize("as_json", [False, True], ids=["tables", "json"])
def test_every_command_answers_people_and_scripts(server, as_json):
    server.raw().make_bucket("photos")
    server.raw().put("photos", "a", b"x" * 1536)
    assert {as_shown(command) for command, *_ in COMMANDS} == set(leaves(server))
    for command, text, table, document in COMMANDS:
        code, out, err = cairn_admin(server, *command.split(), *(["--json"] if as_json else []), text=text)
        assert (code, err) == (0, ""), command
        if not as_json:
            assert re.search(table, out), f"{command}\n{out}"
            continue
        answer = json.loads(out)
        if isinstance(document, list):
            found = [item[document[0]] for item in answer["items"]] if document else answer["items"]
            assert document[1] in found if document else not found, f"{command}\n{out}"
        else:
            assert document.items() <= answer.items(), f"{command}\n{out}"


def test_a_wrong_command_line_is_2_and_a_refusal_1(server, work):
    code, out, err = cairn_admin(server, "user", "info", "nobody")
    assert (code, out) == (1, "") and "NoSuchEntity" in err
    code, out, err = cairn_admin(server, "user", "info", "nobody", "--json")
    assert code == 1 and json.loads(out)["code"] == "NoSuchEntity"
    for wrong in ("", "user", "user frobnicate", "quota set photos", "user add", "user add eve --secret-key-file x", "key set k",
                  "policy explain GetObject photos/a", "policy explain --user a --anonymous GetObject photos/a",
                  "policy attach readonly", "user list --endpoint nonsense"):
        code, out, err = cairn_admin(server, *wrong.split())
        assert code == 2 and out == "" and err, wrong
    assert cairn_admin(server, "info", env={"CAIRN_ENDPOINT": "http://127.0.0.1:1"})[0] == 1
    code, _, err = cairn_admin(server, "info", env={"CAIRN_ROOT_PASSWORD": "the wrong one"})
    assert code == 1 and "SignatureDoesNotMatch" in err


def test_lists_are_asked_for_to_their_end(server):
    names = [f"group{n:04}" for n in range(1003)]  # a page has 1000
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: Admin(server)("POST", "/groups", {"name": name}, expect=201), names))
    answer = json.loads(cairn_admin(server, "group", "list", "--json")[1])
    assert [g["name"] for g in answer["items"]] == names and answer.keys() == {"items"}


def test_a_profile_names_the_server_and_the_credentials(server, work):
    made = json.loads(cairn_admin(server, "user", "add", "alice", "--json")[1])
    assert len(made["secret_key"]) >= 40
    profile = work / "alice.conf"
    profile.write_text(f"CAIRN_ENDPOINT={server.endpoint}\nAWS_ACCESS_KEY_ID={made['access_key']}\n"
                       f"AWS_SECRET_ACCESS_KEY={made['secret_key']}\n")
    profile.chmod(0o644)
    code, _, err = cairn_admin(server, "user", "list", "--profile", str(profile))
    assert code == 2 and made["secret_key"] not in err  # others may read it
    profile.chmod(0o600)
    code, _, err = cairn_admin(server, "user", "list", "--profile", str(profile))
    assert code == 1 and "AccessDenied" in err
    assert cairn_admin(server, "policy", "attach", "consoleAdmin", "--user", "alice")[0] == 0
    code, out, _ = cairn_admin(server, "user", "list", env={"CAIRN_PROFILE": str(profile), "CAIRN_ROOT_USER": ""})
    assert code == 0 and "alice" in out
