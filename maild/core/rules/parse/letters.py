"""Actions by which somebody is written to, from the data of a rules file: draft, answer, forward, note.

Whatever they refer to must exist: a template, an identity, a file, a declared address. What goes out with nobody's
approval is looked at most closely: an answer's template has no gaps, and none comes again within a day.
"""

from datetime import timedelta

from maild.core.action import Answer, Draft, Forward, Note
from maild.core.durations import BusinessHours, parse_duration
from maild.core.rules.parse.sheet import Path, Sheet, hint, kind, quoted


def parse_draft(sheet: Sheet, value: object, path: Path) -> Draft | None:
    """A reply that waits for a person."""
    if not isinstance(value, dict):
        template = _template(sheet, value, path)
        return None if template is None else Draft(template)
    spec = sheet.table(value, path, ("template", "identity", "attach"))
    if "template" not in value:
        sheet.say(path, "a draft needs a template")
    template = _template(sheet, spec["template"], (*path, "template")) if "template" in spec else None
    identity = _identity(sheet, spec["identity"], (*path, "identity")) if "identity" in spec else ""
    attach = _files(sheet, spec["attach"], (*path, "attach")) if "attach" in spec else ()
    return None if template is None else Draft(template, identity, attach)


def _template(sheet: Sheet, value: object, path: Path) -> str | None:
    name = sheet.text(value, path)
    if name is not None and name not in sheet.context.templates:
        meant = hint(name, sorted(sheet.context.templates)) or "; add it to templates/"
        sheet.say(path, f"there is no template {quoted(name)}{meant}")
        return None
    return name


def _identity(sheet: Sheet, value: object, path: Path) -> str:
    address = sheet.text(value, path)
    if address is None:
        return ""
    known = {identity.lower(): identity for identity in sheet.context.identities}
    if address.lower() not in known:
        sheet.say(
            path,
            f'{quoted(address)} is not one of the "identities" in client.yaml{hint(address, sorted(known))}',
        )
    return known.get(address.lower(), "")


def _files(sheet: Sheet, value: object, path: Path) -> tuple[str, ...]:
    entries = sheet.texts(value, path)
    for place, name in entries:
        if name not in sheet.context.files:
            sheet.say(
                place, f"there is no file {quoted(name)} to attach{hint(name, sorted(sheet.context.files))}"
            )
    return tuple(name for _, name in entries)


def parse_answer(sheet: Sheet, value: object, path: Path) -> Answer | None:
    """A reply that goes out by itself."""
    if not isinstance(value, dict):
        template = _complete_template(sheet, value, path)
        return None if template is None else Answer(template)
    spec = sheet.table(value, path, ("template", "within", "identity"))
    if "template" not in value:
        sheet.say(path, "an answer needs a template")
        return None
    template = _complete_template(sheet, spec["template"], (*path, "template"))
    within = _within(sheet, spec["within"], (*path, "within")) if "within" in spec else Answer("").within
    identity = _identity(sheet, spec["identity"], (*path, "identity")) if "identity" in spec else ""
    return None if template is None else Answer(template, within, identity)


def _complete_template(sheet: Sheet, value: object, path: Path) -> str | None:
    """A template without gaps: nobody reads an answer before it goes out."""
    name = _template(sheet, value, path)
    if name is not None and name in sheet.context.gapped:
        sheet.say(
            path,
            f"template {quoted(name)} has gaps, which nobody would fill in an answer; "
            "take the gaps out, or write a draft",
        )
        return None
    return name


def _within(sheet: Sheet, value: object, path: Path) -> timedelta:
    length = parse_length(sheet, value, path)
    if isinstance(length, timedelta) and _SHORTEST <= length <= _LONGEST:
        return length
    if length is not None:
        sheet.say(path, "the same answer may come again after 1d at the earliest and 365d at the latest")
    return _SHORTEST


_SHORTEST = timedelta(days=1)
_LONGEST = timedelta(days=365)


def parse_forward(sheet: Sheet, value: object, path: Path) -> Forward | None:
    """The mail, passed on to a declared address."""
    if not isinstance(value, dict):
        to = _forward_to(sheet, value, path)
        return None if to is None else Forward(to)
    spec = sheet.table(value, path, ("to", "when"))
    digest = "when" in spec and _is_digest(sheet, spec["when"], (*path, "when"))
    if "to" not in value:
        sheet.say(path, "a forward needs to: client, or an address that client.yaml declares")
        return None
    to = _forward_to(sheet, spec["to"], (*path, "to"))
    return None if to is None else Forward(to, digest)


def _is_digest(sheet: Sheet, value: object, path: Path) -> bool:
    when = sheet.text(value, path)
    return when is not None and sheet.choice(when, path, "time", ("now", "digest")) == "digest"


def _forward_to(sheet: Sheet, value: object, path: Path) -> str | None:
    to = sheet.text(value, path)
    if to is None:
        return None
    if to == "client" or to.lower() in sheet.context.forward_to:
        return to if to == "client" else to.lower()
    declared = hint(to, ["client", *sorted(sheet.context.forward_to)])
    sheet.say(
        path, f'{quoted(to)} is not declared; client.yaml lists such addresses in "forward_to"{declared}'
    )
    return None


def parse_note(sheet: Sheet, value: object, path: Path) -> Note | None:
    """A line to the client."""
    if not isinstance(value, dict):
        text = sheet.text(value, path)
        return None if text is None else Note(text)
    spec = sheet.table(value, path, ("text", "urgent"))
    if "text" not in value:
        sheet.say(path, "a note needs a text")
    text = sheet.text(spec["text"], (*path, "text")) if "text" in spec else None
    urgent = sheet.switch(spec.get("urgent", False), (*path, "urgent"))
    return None if text is None else Note(text, urgent)


def parse_length(sheet: Sheet, value: object, path: Path) -> timedelta | BusinessHours | None:
    """A length of time, or business hours; None where the text is neither."""
    if not isinstance(value, str) or not value.strip():
        sheet.say(path, f"expected a length of time such as 4h or 2d, found {kind(value)}")
        return None
    text = value
    try:
        return parse_duration(text.strip())
    except ValueError as error:
        sheet.say(path, str(error))
        return None
