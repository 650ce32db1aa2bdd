"""Amazon's own description of S3, as botocore carries it: requests built from it, and answers held against it.

Nothing here knows Cairn. A request is what the model's serializer makes of parameters; an answer is right when each header,
element and value has a place in the operation's output shape.
"""

import base64
import datetime
import hashlib
import re
import urllib.parse
import xml.etree.ElementTree as ElementTree

from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.serialize import create_serializer

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
MODEL = ServiceModel(Loader().load_service_model("s3", "service-2"), "s3")
SERIALIZER = create_serializer(MODEL.metadata["protocol"], include_validation=False)

# "Common Response Headers" of the S3 API reference, and what HTTP itself brings.
COMMON_HEADERS = {"content-length", "content-type", "connection", "date", "etag", "server", "x-amz-id-2", "x-amz-request-id",
                  "transfer-encoding", "keep-alive"}

# The model names no root of an answer without a payload: "Response Syntax" of each operation's page does.
ROOTS = {
    "CompleteMultipartUpload": "CompleteMultipartUploadResult",
    "CreateMultipartUpload": "InitiateMultipartUploadResult",
    "DeleteObjects": "DeleteResult",
    "GetBucketAccelerateConfiguration": "AccelerateConfiguration",
    "GetBucketAcl": "AccessControlPolicy",
    "GetBucketCors": "CORSConfiguration",
    "GetBucketLifecycleConfiguration": "LifecycleConfiguration",
    "GetBucketLocation": "LocationConstraint",
    "GetBucketLogging": "BucketLoggingStatus",
    "GetBucketNotificationConfiguration": "NotificationConfiguration",
    "GetBucketRequestPayment": "RequestPaymentConfiguration",
    "GetBucketTagging": "Tagging",
    "GetBucketVersioning": "VersioningConfiguration",
    "GetBucketWebsite": "WebsiteConfiguration",
    "GetObjectAcl": "AccessControlPolicy",
    "GetObjectAttributes": "GetObjectAttributesResponse",
    "GetObjectTagging": "Tagging",
    "ListBuckets": "ListAllMyBucketsResult",
    "ListMultipartUploads": "ListMultipartUploadsResult",
    "ListObjectVersions": "ListVersionsResult",
    "ListObjects": "ListBucketResult",
    "ListObjectsV2": "ListBucketResult",
    "ListParts": "ListPartsResult",
}


# ---- requests ----


def least(shape, values, name=""):
    """The least value of a shape that the model allows; `values` has those of members that must mean something."""
    if name in values:
        return values[name]
    kind = shape.type_name
    if kind == "structure":
        wanted = shape.required_members or (list(shape.members)[:1] if getattr(shape, "is_tagged_union", False) else [])
        return {member: least(shape.members[member], values, member) for member in wanted}
    if kind == "list":
        return [least(shape.member, values)]
    if kind == "string":
        return shape.enum[0] if shape.enum else "x"
    simple = {"map": {}, "integer": 1, "long": 1, "boolean": True, "blob": b"x", "float": 1.0, "double": 1.0,
              "timestamp": datetime.datetime(2040, 1, 1, tzinfo=datetime.timezone.utc)}
    return simple[kind]


def least_params(operation, values):
    return least(operation.input_shape, values) if operation.input_shape else {}


def optional_in_query(operation):
    """Names of members that a request may have in its query and need not."""
    shape = operation.input_shape
    return [name for name, member in (shape.members.items() if shape else ())
            if member.serialization.get("location") == "querystring" and name not in shape.required_members]


class Request:
    """A request as it goes out: method, path (not escaped), query as it stands in the target, pairs, headers, body."""

    def __init__(self, operation, params):
        made = SERIALIZER.serialize_to_request(params, operation)
        path, _, fixed = made["url_path"].partition("?")
        self.method, self.path = made["method"], urllib.parse.unquote(path)
        self.headers = {k.lower(): v for k, v in made["headers"].items()}
        body = made["body"]
        self.body = body.encode() if isinstance(body, str) else bytes(body or b"")
        self.fixed = [tuple(pair.split("=", 1)) for pair in fixed.split("&") if pair]
        self.query = []
        for name, value in made["query_string"].items():
            self.query += [(name, one) for one in (value if isinstance(value, list) else [value])]
        if (operation.http_checksum or {}).get("requestChecksumRequired") or operation.http_checksum_required:
            self.headers["content-md5"] = base64.b64encode(hashlib.md5(self.body).digest()).decode()

    def send(self, raw, bare=True, headers=None):
        """`bare` writes sub-resources as clients do, "?acl"; otherwise "?acl=", which means the same."""
        pairs = [(p[0], p[1] if len(p) > 1 else "") for p in self.fixed] + self.query
        signed = raw.signed_headers(self.method, self.path, pairs, {**self.headers, **(headers or {})},
                                    hashlib.sha256(self.body).hexdigest())
        quote = lambda text: urllib.parse.quote(str(text), safe="-_.~")  # noqa: E731
        written = ["=".join(p) if len(p) > 1 or bare else p[0] + "=" for p in self.fixed]
        written += [f"{quote(k)}={quote(v)}" for k, v in self.query]
        target = urllib.parse.quote(self.path, safe="/-_.~") + ("?" + "&".join(written) if written else "")
        return raw.exchange(self.method, target, signed, self.body)


# ---- answers ----


def check_scalar(shape, text, where, http_date=False):
    """What is wrong with a value as it stands on the wire."""
    text = text or ""
    if shape.type_name in ("integer", "long"):
        right = re.fullmatch(r"-?\d+", text)
    elif shape.type_name == "boolean":
        right = text in ("true", "false")
    elif shape.type_name == "timestamp":
        style = shape.serialization.get("timestampFormat") or ("rfc822" if http_date else "iso8601")
        right = re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT" if style == "rfc822" else
                             r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z", text)
    else:
        right = not getattr(shape, "enum", None) or text in shape.enum
    return [] if right else [f"{where}: {text!r} is no {shape.name} ({shape.type_name})"]


def check_attributes(element, shape, where):
    allowed = {}
    if shape.type_name == "structure":
        for member in shape.members.values():
            if member.serialization.get("xmlAttribute"):
                allowed[member.serialization["name"].replace("xsi:", f"{{{XSI}}}")] = member
    return [f"{where}: unknown attribute {name}" for name in element.attrib if name not in allowed]


def local(element):
    namespace, _, name = element.tag.rpartition("}")
    return name, namespace.lstrip("{")


def element_name(name, shape):
    """The element that a structure's member stands in, and whether it may be there many times."""
    if shape.type_name == "list" and shape.serialization.get("flattened"):
        return shape.member.serialization.get("name") or shape.serialization.get("name", name), True
    return shape.serialization.get("name", name), False


def check_value(element, shape, where):
    wrong = check_attributes(element, shape, where)
    if shape.type_name == "structure":
        return wrong + check_structure(element, shape, shape.members, where)
    if shape.type_name == "list":
        wanted = shape.member.serialization.get("name", "member")
        for number, child in enumerate(element):
            name, _ = local(child)
            below = f"{where}/{name}[{number}]"
            wrong += check_value(child, shape.member, below) if name == wanted else [f"{below}: expected {wanted}"]
        return wrong
    if len(element):
        return wrong + [f"{where}: elements in a {shape.type_name}"]
    return wrong + check_scalar(shape, element.text, where)


def check_structure(element, shape, members, where):
    """`members` are those of the structure that stand in the document."""
    wrong = []
    known = {element_name(name, m)[0]: (name, m, element_name(name, m)[1]) for name, m in members.items()
             if not m.serialization.get("xmlAttribute")}
    if (element.text or "").strip():
        wrong.append(f"{where}: text {element.text!r} in a structure")
    seen = set()
    for child in element:
        name, namespace = local(child)
        below = f"{where}/{name}"
        if name not in known:
            wrong.append(f"{below}: unknown element")
            continue
        member_name, member, many = known[name]
        if namespace != NAMESPACE:
            wrong.append(f"{below}: in the namespace {namespace!r}")
        if member_name in seen and not many:
            wrong.append(f"{below}: there twice")
        seen.add(member_name)
        wrong += check_value(child, member.member if many else member, below)
    missing = [name for name in shape.required_members if name in members and name not in seen and
               not members[name].serialization.get("xmlAttribute")]
    return wrong + [f"{where}: {name} is missing" for name in missing]


def check_headers(operation, answer):
    shape = operation.output_shape
    members = {} if shape is None else {name: m for name, m in shape.members.items()
                                        if m.serialization.get("location") in ("header", "headers")}
    single = {m.serialization["name"].lower(): m for m in members.values() if m.serialization["location"] == "header"}
    prefixes = [m.serialization["name"].lower() for m in members.values() if m.serialization["location"] == "headers"]
    wrong = []
    for name, value in answer.headers.items():
        if name in single:
            wrong += check_scalar(single[name], value, f"header {name}", http_date=True)
        elif name not in COMMON_HEADERS and not any(name.startswith(p) for p in prefixes):
            wrong.append(f"header {name}: unknown ({value})")
    return wrong


def check_body(operation, answer):
    shape = operation.output_shape
    if operation.http["method"] == "HEAD" or shape is None:
        return [f"a body of {len(answer.body)} bytes"] if answer.body else []
    payload = shape.serialization.get("payload")
    members = {name: m for name, m in shape.members.items() if "location" not in m.serialization}
    if payload:
        carried = shape.members[payload]
        if carried.type_name in ("blob", "string"):
            return []
        root_name, members, shape = carried.serialization.get("name", payload), carried.members, carried
    elif not members:
        return [f"a body of {len(answer.body)} bytes"] if answer.body else []
    else:
        root_name = ROOTS[operation.name]
    try:
        root = ElementTree.fromstring(answer.body)
    except ElementTree.ParseError as error:
        return [f"no XML: {error}"]
    name, namespace = local(root)
    wrong = [] if (name, namespace) == (root_name, NAMESPACE) else [f"the root is {root.tag}, not {root_name}"]
    if operation.name == "GetBucketLocation":  # the one that is unwrapped: its root is the member
        return wrong + (check_scalar(shape.members["LocationConstraint"], root.text, root_name) if root.text else [])
    return wrong + check_attributes(root, shape, root_name) + check_structure(root, shape, members, root_name)


def check_answer(operation, answer, partial=False):
    """Everything in a successful answer that the model has no place for."""
    wanted = 206 if partial else operation.http.get("responseCode", 200)
    wrong = [] if answer.status == wanted else [f"status {answer.status}, not {wanted}"]
    return wrong + check_headers(operation, answer) + check_body(operation, answer)
