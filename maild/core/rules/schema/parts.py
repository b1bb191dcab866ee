"""The small parts that the JSON schema of rules files is made of (JSON Schema, draft 2020-12)."""

from collections.abc import Collection, Iterable, Mapping

Schema = dict[str, object]
"""A JSON schema, or a part of one; what it may hold is JSON Schema's business."""

LENGTH_PATTERN = r"^\s*[0-9]{1,6}[smhdy]\s*$"
BUSINESS_PATTERN = r"^\s*[0-9]{1,6}([smhdy]| business hours?)\s*$"
SIZE_PATTERN = r"^\s*[0-9]{1,12}([.,][0-9]{1,3})?\s*[KMGkmg]?[Bb]\s*$"
FLAG_PATTERN = r"^\\?[!#$&'+,\-./0-9:;<=>?@A-Z^_`a-z|}~\[]{1,64}$"

TEXT: Schema = {"type": "string", "pattern": r"\S"}
ANY_TEXT: Schema = {"type": "string"}
SWITCH: Schema = {"type": "boolean"}
NOTHING: Schema = {"enum": [None, False]}
EMPTY_LIST: Schema = {"type": "array", "maxItems": 0}
LENGTH: Schema = {"type": "string", "pattern": LENGTH_PATTERN}
SIZE: Schema = {
    "anyOf": [{"type": "string", "pattern": SIZE_PATTERN}, {"type": "integer", "minimum": 0}],
}
FLAG: Schema = {"type": "string", "pattern": FLAG_PATTERN}


def said(description: str, schema: Schema) -> Schema:
    """A schema with the text that an editor shows for it."""
    return {"description": description, **schema}


def matching(pattern: str) -> Schema:
    """A text of a certain form."""
    return {"type": "string", "pattern": pattern}


def word(words: Iterable[str]) -> Schema:
    """One of a few words."""
    return {"enum": list(words)}


def several(item: Schema) -> Schema:
    """One, or a list of one or more."""
    return {"anyOf": [item, {"type": "array", "items": item, "minItems": 1}]}


def either(*schemas: Schema) -> Schema:
    """Whatever one of them allows."""
    return {"anyOf": list(schemas)}


def table(
    known: Iterable[str],
    described: Mapping[str, Schema],
    *,
    required: Collection[str] = (),
    least: int = 1,
) -> Schema:
    """A map with the keys that the parser knows and no others; each must be described (KeyError)."""
    found: Schema = {
        "type": "object",
        "properties": {key: described[key] for key in known},
        "additionalProperties": False,
    }
    if required:
        found["required"] = list(required)
    elif least:
        found["minProperties"] = least
    return found


def one_of_keys(keys: Iterable[str]) -> Schema:
    """At least one of these keys is there."""
    return {"anyOf": [{"required": [key]} for key in keys]}
