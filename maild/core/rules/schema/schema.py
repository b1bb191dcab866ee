"""The JSON schema of rules files, by which editors complete and check what is being written.

Made from the parser's own tables, so that no key of the language is missing in it. It refuses nothing that the parser
accepts in the usual spelling, but knows only the form: whether a template exists, a pattern compiles or two actions
contradict each other, `maild check` says.
"""

from maild.core.contact import Relationship
from maild.core.message import Machine
from maild.core.rules.model import Mode, Then
from maild.core.rules.parse.actions import ACTIONS
from maild.core.rules.parse.examples import EXAMPLE_KEYS, KINDS, MAIL_KEYS
from maild.core.rules.parse.rules import RULE_KEYS
from maild.core.rules.schema.conditions import condition_schemas, reference
from maild.core.rules.schema.parts import (
    ANY_TEXT,
    BUSINESS_PATTERN,
    EMPTY_LIST,
    FLAG,
    LENGTH,
    NOTHING,
    SIZE,
    SWITCH,
    TEXT,
    Schema,
    either,
    matching,
    said,
    several,
    table,
    word,
)


def rules_schema() -> Schema:
    """The schema of rules.yaml and of shared rule files (JSON Schema, draft 2020-12)."""
    top = {
        "use": said(
            "Files of rules/_shared/ whose rules come first, in this order, as _shared/machine-mail.yaml.",
            {"type": ["array", "null"], "items": matching(_SHARED_FILE)},
        ),
        "rules": said(
            "The rules, tried from top to bottom; the first that holds decides, unless it says then: continue.",
            {"type": ["array", "null"], "items": reference("rule")},
        ),
        "tests": said(
            "Mails and what is expected to come of them; run by `maild rules test`.",
            {"type": ["array", "null"], "items": reference("test")},
        ),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Rules of maild",
        **said("Sorting rules and their tests: rules/<client>/rules.yaml, rules/_shared/*.yaml.", {}),
        **table(top, top, least=0),
        "type": ["object", "null"],
        "$defs": {
            "rule": _rule(),
            "action": _action(),
            "test": _test(),
            "mail": table(MAIL_KEYS, _MAIL, least=0),
            "expect": table(("rules", *KINDS, "only"), _expect()),
            **condition_schemas(),
        },
    }


_SHARED_FILE = r"^_shared/(\w[\w-]*/)*\w[\w-]*\.ya?ml$"
# ECMAScript's \w knows ASCII only, so what can't stand in a name is left out instead.
_NAME = r"^[^\u0000-/:-@\[-^`{-\u00a9][^\u0000-\u001f!-,/:-@\[-^`{-\u00a9]{0,79}$"


def _rule() -> Schema:
    described = {
        "name": said(
            "Unique. It stands in logs, so put no customer's name into it.",
            matching(_NAME),
        ),
        "when": said(
            "Every key must hold; without when the rule holds for every mail.", reference("conditions")
        ),
        "unless": said(
            "The rule is off if all keys of the map hold; of a list of maps, if any of them does.",
            reference("conditionsOrList"),
        ),
        "do": said(
            "One entry for each action.", {"type": "array", "items": reference("action"), "minItems": 1}
        ),
        "then": said("stop: no later rule is tried (the default); continue: the search goes on.", word(Then)),
        "mode": said(
            "live (the default); canary: the log says what the rule would do, and nothing is done.",
            word(Mode),
        ),
    }
    return table(RULE_KEYS, described, required=["name", "do"])


def _action() -> Schema:
    return either(
        said(
            "trash: into the mailbox's Trash. keep: stays where it is, and no later rule is tried.",
            word(["trash", "keep"]),
        ),
        {**table(ACTIONS, _ACTIONS), "maxProperties": 1},
    )


_FOLDER = matching(r"^(?!.*[*%])\s*[^/\s][^/]*(/[^/]*[^/\s][^/]*)*\s*$")
_ALONE: Schema = {"enum": [None, True]}
_TEMPLATE = said("The name of a template.", TEXT)
_IDENTITY = said("Who writes: one of identities in client.yaml.", TEXT)
_DRAFT: dict[str, Schema] = {
    "template": _TEMPLATE,
    "identity": _IDENTITY,
    "attach": said("Files of templates/<client>/files/, beside those of the template.", several(TEXT)),
}
_ANSWER: dict[str, Schema] = {
    "template": said("The name of a template without gaps.", TEXT),
    "within": said(
        "No second answer by this template to the same sender within this time, 1d to 365d.", LENGTH
    ),
    "identity": _IDENTITY,
}
_FORWARD: dict[str, Schema] = {
    "to": said("client (notes.to), or an address that client.yaml declares.", TEXT),
    "when": said("now, or with the next digest.", word(["now", "digest"])),
}
_NOTE: dict[str, Schema] = {
    "text": said("What the client reads.", TEXT),
    "urgent": said("To the addresses of notes.urgent_to.", SWITCH),
}
_AFTER: dict[str, Schema] = {"after": said("As 4h, 2d or 4 business hours.", matching(BUSINESS_PATTERN))}
_ACTIONS: dict[str, Schema] = {
    "move": said("Into this folder, which is made where it is missing; levels with /.", _FOLDER),
    "copy": said("A copy into this folder.", _FOLDER),
    "mark": said("Sets flags: seen, flagged, or keywords.", several(FLAG)),
    "draft": said(
        "A reply by this template is laid into Drafts and waits for a person.",
        either(TEXT, table(_DRAFT, _DRAFT, required=["template"])),
    ),
    "answer": said(
        "A reply by this template goes out by itself, with nobody's approval.",
        either(TEXT, table(_ANSWER, _ANSWER, required=["template"])),
    ),
    "forward": said(
        "The whole mail as an attachment, to client or an address that client.yaml declares.",
        either(TEXT, table(_FORWARD, _FORWARD, required=["to"])),
    ),
    "note": said("A line to the client.", either(TEXT, table(_NOTE, _NOTE, required=["text"]))),
    "remind": said(
        "Remind the secretary after this time, if the mail is still unanswered.",
        either(matching(BUSINESS_PATTERN), table(_AFTER, _AFTER, required=["after"])),
    ),
    "relate": said("From now on the sender is this to the client.", word(Relationship)),
    "trash": said("Into the mailbox's Trash.", _ALONE),
    "keep": said("Stays where it is, and no later rule is tried.", _ALONE),
}

_TIME = matching(r"^[0-9]{4}-?[0-9]{2}-?[0-9]{2}")
_LENGTHS = several(LENGTH)
_PAST: dict[str, Schema] = {
    "received": said("Earlier mails from the sender, as lengths before this one: [2d, 5d].", _LENGTHS),
    "sent": said("Letters to the sender, as lengths before this mail.", _LENGTHS),
    "templates": said(
        "Letters to the sender by a template, as offer-request: 3d.",
        {"type": "object", "additionalProperties": _LENGTHS},
    ),
    "thread": said("ours: the mail refers to a letter of the business.", word(["ours"])),
}
_RELATIONSHIP = said("Of the sender; contacts.csv is not asked.", word(Relationship))
_FLAGS = said("Those set on the mail.", several(FLAG))


def _test() -> Schema:
    described = {
        "mail": said(
            "A mail written out, or the path of an .eml file, from the home's folder on.",
            either(matching(r"\.eml$"), reference("mail")),
        ),
        "now": said("When the mail is judged, as 2026-12-01T09:30:00+01:00.", _TIME),
        "received": said("When the mail was received, as 2026-12-01T09:30:00+01:00.", _TIME),
        "relationship": _RELATIONSHIP,
        "flags": _FLAGS,
        "history": said(
            "What passed before between the business and the sender.", table(_PAST, _PAST, least=0)
        ),
        "old": said("The mail counts as old: it is only moved, copied, marked or kept.", SWITCH),
        "expect": said(
            "What must come of it; what is not named is free, unless only: true.", reference("expect")
        ),
    }
    return table(EXAMPLE_KEYS, described, required=["mail", "expect"])


_ADDRESSES = said("An address with or without a name, or a list.", several(TEXT))
_FILE: dict[str, Schema] = {
    "name": said("Its name.", ANY_TEXT),
    "type": said("Its media type; left out, it is told from the name.", ANY_TEXT),
    "size": said("Its size, as 20KB.", SIZE),
}
_FILES = either(ANY_TEXT, table(_FILE, _FILE, least=0))
_MAIL: dict[str, Schema] = {
    **dict.fromkeys(("from", "to", "cc", "reply_to"), _ADDRESSES),
    "subject": said("As the condition sees it.", ANY_TEXT),
    "body": said("What the sender writes anew.", ANY_TEXT),
    "quoted": said("The quotation below the body.", ANY_TEXT),
    "headers": said(
        'Other fields, as {X-Spam-Flag: "YES"}.',
        {"type": "object", "additionalProperties": several(ANY_TEXT)},
    ),
    "machine": said(
        "What kind of program wrote it; left out, it is told from the headers; null: a person.",
        {"enum": [*Machine, None]},
    ),
    "attachments": said(
        "Names, or maps with name, type and size.",
        either({"type": "null"}, _FILES, {"type": "array", "items": _FILES}),
    ),
    "size": said("Of the whole mail, as 2MB.", SIZE),
    "encrypted": said("Whether its text can be read only with a key.", SWITCH),
    "signed": said("Whether it bears a signature.", SWITCH),
    "authenticated": said("Whether the trusted server found it to be from its From domain.", SWITCH),
    "relationship": _RELATIONSHIP,
    "flags": _FLAGS,
}


def _expect() -> dict[str, Schema]:
    said_of = {
        "move": "Exactly this folder; []: none.",
        "draft": "Exactly this template; []: none.",
        "answer": "Exactly this template; []: none.",
        "relate": "Exactly this relationship; []: none.",
        "remind": "After exactly this time; []: none.",
        "copy": "Exactly these folders, in any order; []: none.",
        "mark": "Exactly these flags, in any order; []: none.",
        "forward": "Exactly these addresses, in any order; []: none.",
        "note": "Exactly these texts; true: some note; []: none.",
    }
    several_texts = either(several(TEXT), NOTHING, EMPTY_LIST)
    found = dict.fromkeys(said_of, several_texts)
    found |= dict.fromkeys(("move", "draft", "answer"), either(TEXT, NOTHING, EMPTY_LIST))
    found["relate"] = either(word(Relationship), NOTHING, EMPTY_LIST)
    found["remind"] = either(matching(BUSINESS_PATTERN), NOTHING, EMPTY_LIST)
    found["note"] = either(SWITCH, several_texts)
    return {
        **{kind: said(text, found[kind]) for kind, text in said_of.items()},
        "rules": said("Exactly these live rules held, in this order; []: none.", several_texts),
        "trash": said("Whether it goes into Trash.", SWITCH),
        "keep": said("Whether a rule keeps it where it is.", SWITCH),
        "only": said("true: no action of a kind that is not named here.", SWITCH),
    }
