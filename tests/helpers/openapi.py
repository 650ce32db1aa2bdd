"""Holds JSON against the schemas of an OpenAPI 3.1 document: the part of JSON Schema that ours uses, and no silent rest."""

import datetime

KNOWN = {"type", "properties", "required", "additionalProperties", "items", "enum", "format", "minimum", "maximum", "oneOf", "$ref",
         "description", "default"}
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "null": type(None)}


def resolve(document, node):
    while "$ref" in node:
        path = node["$ref"].removeprefix("#/").split("/")
        node = document
        for name in path:
            node = node[name]
    return node


def is_type(value, name):
    if name == "integer" and isinstance(value, bool):
        return False
    return isinstance(value, TYPES[name])


def problems(document, schema, value, where="$"):
    """What is wrong with a value, as a list of sentences."""
    schema = resolve(document, schema)
    unknown = set(schema) - KNOWN
    assert not unknown, f"the schema uses {unknown}, which this validator does not know"
    if "oneOf" in schema:
        fits = [s for s in schema["oneOf"] if not problems(document, s, value, where)]
        return [] if len(fits) == 1 else [f"{where}: {len(fits)} of oneOf fit {value!r}"]
    types = schema.get("type", [])
    types = types if isinstance(types, list) else [types]
    if types and not any(is_type(value, t) for t in types):
        return [f"{where}: {value!r} is no {' or '.join(types)}"]
    found = []
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{where}: {value!r} is none of {schema['enum']}")
    if isinstance(value, int) and not isinstance(value, bool):
        if not schema.get("minimum", value) <= value <= schema.get("maximum", value):
            found.append(f"{where}: {value} is out of bounds")
    if schema.get("format") == "date-time" and isinstance(value, str):
        try:
            datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
        except ValueError:
            found.append(f"{where}: {value!r} is no time")
    if isinstance(value, list) and "items" in schema:
        for index, item in enumerate(value):
            found += problems(document, schema["items"], item, f"{where}[{index}]")
    if isinstance(value, dict):
        found += [f"{where}: {name} is missing" for name in schema.get("required", []) if name not in value]
        properties, more = schema.get("properties", {}), schema.get("additionalProperties", True)
        for name, item in value.items():
            if name in properties:
                found += problems(document, properties[name], item, f"{where}.{name}")
            elif more is False:
                found.append(f"{where}: {name} is not in the schema")
            elif isinstance(more, dict):
                found += problems(document, more, item, f"{where}.{name}")
    return found
