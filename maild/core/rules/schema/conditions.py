"""The JSON schema of conditions: what may stand below `when`, `unless`, `all`, `any` and `not`."""

from maild.core.authentication import RESULTS
from maild.core.contact import Relationship
from maild.core.language import LANGUAGES
from maild.core.message import Machine
from maild.core.rules.circumstances import UNKNOWN_LANGUAGE
from maild.core.rules.parse.circumstances import WEEKDAYS
from maild.core.rules.parse.conditions import CONDITIONS
from maild.core.rules.parse.history import HISTORY
from maild.core.rules.parse.texts import ADDRESS_TESTS, TEXT_TESTS
from maild.core.rules.reading import ADDRESS_FIELDS
from maild.core.rules.schema.parts import (
    ANY_TEXT,
    FLAG,
    LENGTH,
    SIZE,
    SWITCH,
    TEXT,
    Schema,
    either,
    matching,
    one_of_keys,
    said,
    several,
    table,
    word,
)


def condition_schemas() -> dict[str, Schema]:
    """The definitions that conditions need, by name."""
    return {
        "conditions": _conditions(),
        "conditionsOrList": either(_CONDITIONS, _LIST),
        "textTests": _texts(quoted=False),
        "bodyTests": _texts(quoted=True),
        "addressTests": _addresses(),
    }


def reference(name: str) -> Schema:
    """A definition, by its name."""
    return {"$ref": f"#/$defs/{name}"}


_CONDITIONS = reference("conditions")
_LIST: Schema = {"type": "array", "items": _CONDITIONS, "minItems": 1}


def _conditions() -> Schema:
    known = [key for key in CONDITIONS if key != "header.X"]
    return {
        **table(known, {**_FIELDS, **_GROUPS, **_OTHERS}),
        "patternProperties": {
            r"^header\.[!-9;-~]+$": said(
                "Any header field, as header.X-Spam-Flag: tests on its text.", reference("textTests")
            )
        },
    }


_FIELDS: dict[str, Schema] = {
    "subject": said("The subject.", reference("textTests")),
    "body": said(
        "What the sender wrote anew, without quotation and signature; with quoted: true the whole text.",
        reference("bodyTests"),
    ),
    "attachment.name": said("The name of an attachment.", reference("textTests")),
    **{
        field: said(f"{what}: tests on the address and on text.", reference("addressTests"))
        for field, what in zip(
            ADDRESS_FIELDS,
            (
                "The sender (From)",
                "An address of To",
                "An address of Cc",
                "An address of To or Cc",
                "Where answers go (Reply-To)",
            ),
            strict=True,
        )
    },
}

_GROUPS: dict[str, Schema] = {
    "all": said("Every entry must hold.", _LIST),
    "any": said("At least one entry must hold.", _LIST),
    "not": said(
        "The map must not hold; of a list of maps, none may.",
        reference("conditionsOrList"),
    ),
}

_WORD = r"[^\u0000-/:-@\[-`{-\u00a9]"  # a letter or a digit; ECMAScript's \w knows ASCII only

_TEXT_TESTS: dict[str, Schema] = {
    "contains": said("The text stands anywhere, also inside a word.", several(TEXT)),
    "is": said('The whole text is this; "" is the empty text.', several(ANY_TEXT)),
    "starts": said("The text begins with this.", several(TEXT)),
    "ends": said("The text ends with this.", several(TEXT)),
    "matches": said("The whole text fits this pattern: * is any text, ? one letter.", several(TEXT)),
    "regex": said("This regular expression (RE2) fits somewhere. Put it in single quotes.", several(TEXT)),
    "words": said(
        "This German word is there, in any of its forms: Angebot finds Angebote and Angebotsanfrage.",
        several(matching(_WORD)),
    ),
    "exact": said(
        "Letter by letter: case, umlauts and blanks make a difference, and no other word forms.", SWITCH
    ),
    "quoted": said("Look at the quotation as well.", SWITCH),
}


def _texts(*, quoted: bool) -> Schema:
    known = (*TEXT_TESTS, "exact", *(("quoted",) if quoted else ()))
    tests = {**table(known, _TEXT_TESTS), **one_of_keys(TEXT_TESTS)}
    return said(
        "A text or a list of texts of which one must stand there, or a map of tests that must all hold.",
        either(several(TEXT), tests),
    )


_ADDRESS_TESTS: dict[str, Schema] = {
    "address": said("Exactly this address; capital letters make no difference.", several(matching(r"\S@\S"))),
    "domain": said("This domain and those below it.", several(matching(r"^\s*[^@*?\s]+\s*$"))),
    "local": said("The part before the @, without +detail.", several(matching(r"^[^@+]*[^@+\s][^@+]*$"))),
    "detail": said("What stands between + and @.", several(matching(r"^[^@+]*[^@+\s][^@+]*$"))),
    "name": said("The display name: a text, a list, or a map of tests on text.", reference("textTests")),
    "in": said("Any address of a list.", {"type": "array", "items": matching(r"\S@\S"), "minItems": 1}),
}


def _addresses() -> Schema:
    tests = table((*ADDRESS_TESTS, *TEXT_TESTS, "exact"), {**_ADDRESS_TESTS, **_TEXT_TESTS})
    tests["dependentSchemas"] = {"exact": one_of_keys(TEXT_TESTS)}
    return said(
        "A text or a list of texts that stand in the address or the display name, or a map of tests that one "
        "and the same address must pass.",
        either(several(TEXT), tests),
    )


_BOUNDS: dict[str, Schema] = {
    "larger": said("More than this, as 500KB or 2MB.", SIZE),
    "smaller": said("Less than this, as 500KB or 2MB.", SIZE),
}
_COUNTS: dict[str, Schema] = {
    "at_least": said("So many or more.", {"type": "integer", "minimum": 0}),
    "at_most": said("So many or fewer.", {"type": "integer", "minimum": 0}),
}
_ATTACHMENT: dict[str, Schema] = {
    "name": said("Its name.", reference("textTests")),
    "type": said(
        "Its media type, as application/pdf or image/*.", several(matching(r"^\s*[\w.+*-]+/[\w.+*-]+\s*$"))
    ),
    **_BOUNDS,
    "count": said(
        "How many attachments pass these tests.",
        either({"type": "integer", "minimum": 0}, table(_COUNTS, _COUNTS)),
    ),
}
_AGES: dict[str, Schema] = {
    "older": said("Received longer ago than this.", LENGTH),
    "younger": said("Received less long ago than this.", LENGTH),
}
_DAYS = "|".join(WEEKDAYS)
_SPAN = r"^\s*([01][0-9]|2[0-3]):[0-5][0-9] ?- ?(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)\s*$"
_RECEIVED: dict[str, Schema] = {
    "weekday": said(
        "On one of these days, as mon, mon-fri or [sat, sun].", several(matching(f"^({_DAYS})(-({_DAYS}))?$"))
    ),
    "between": said(
        'At one of these times, as "08:00-18:00"; "22:00-06:00" goes over midnight.', several(matching(_SPAN))
    ),
}
_WITHIN: dict[str, Schema] = {"within": said("Within this time before the mail came, as 30d.", LENGTH)}
_HISTORY: dict[str, Schema] = {
    "first_contact": said("Nothing passed between the business and the sender before.", SWITCH),
    "received": said(
        "Earlier mails from the sender.",
        table(
            ("at_least", "within"),
            {"at_least": said("So many or more.", {"type": "integer", "minimum": 1}), **_WITHIN},
        ),
    ),
    "sent": said(
        "Whether a letter went to the sender.", either(SWITCH, table(_WITHIN, _WITHIN, required=["within"]))
    ),
    "template_sent": said(
        "A letter by this template went to the sender.",
        either(
            TEXT,
            table(
                ("name", "within"),
                {"name": said("The template.", TEXT), **_WITHIN},
                required=["name"],
            ),
        ),
    ),
    "thread": said("ours: the mail refers to a letter of the business.", word(["ours"])),
}
_METHODS: dict[str, Schema] = {
    method: said(f"What the server says of {method.upper()}.", several(word(results)))
    for method, results in RESULTS.items()
}
_OTHERS: dict[str, Schema] = {
    "size": said("The size of the whole mail.", table(_BOUNDS, _BOUNDS)),
    "attachment": said(
        "Whether there is an attachment, or tests that one must pass.",
        either(SWITCH, table(_ATTACHMENT, _ATTACHMENT)),
    ),
    "machine": said(
        "What kind of program wrote the mail; any: any of them.", several(word([*Machine, "any"]))
    ),
    "relationship": said(
        "What the sender is to the client; who is not in contacts.csv is unknown.",
        several(word(Relationship)),
    ),
    "flags": said("One of these flags is set: seen, flagged, answered, or a keyword.", several(FLAG)),
    "age": said("How long ago the mail was received, when it is judged.", table(_AGES, _AGES)),
    "received": said("On which day and at what time the mail was received.", table(_RECEIVED, _RECEIVED)),
    "hours": said(
        "Whether the business was open when the mail was received; see hours in client.yaml.",
        word(["open", "closed"]),
    ),
    "holiday": said("Whether it was received on a public holiday of the business's region.", SWITCH),
    "absence": said(
        "Whether somebody was away, or one of these people; see absences in client.yaml.",
        either(SWITCH, several(TEXT)),
    ),
    "history": said("What passed before between the business and the sender.", table(HISTORY, _HISTORY)),
    "language": said("The language of what the mail says.", several(word([*LANGUAGES, UNKNOWN_LANGUAGE]))),
    "authenticated": said(
        "Whether the trusted server found the mail to be from its From domain, or what it says of single methods.",
        either(SWITCH, table(RESULTS, _METHODS)),
    ),
    "encrypted": said("Whether the text can be read only with a key.", SWITCH),
    "signed": said(
        "Whether it bears a signature found to be good; in this version none is verified.", SWITCH
    ),
}
