"""When the mail of a test came and was judged, and what passed before it, from the data of a rules file.

Times of the past are written as lengths before the mail: received: [2d, 5d].
"""

from datetime import datetime, timedelta

from maild.core.rules.model import Past
from maild.core.rules.parse.history import parse_plain_length, parse_thread
from maild.core.rules.parse.sheet import Path, Sheet, hint, kind, quoted


def parse_times(sheet: Sheet, spec: dict[str, object], path: Path) -> tuple[datetime | None, datetime | None]:
    """When the mail was received, and when it is judged; None where the test does not say."""
    received = _time(sheet, spec["received"], (*path, "received")) if "received" in spec else None
    now = _time(sheet, spec["now"], (*path, "now")) if "now" in spec else None
    if received and now and not _is_in_order(received, now):
        sheet.say((*path, "received"), 'no mail is received after it is judged, at "now"')
    return received, now


def _time(sheet: Sheet, value: object, path: Path) -> datetime | None:
    try:
        time = value if isinstance(value, datetime) else datetime.fromisoformat(_text(value))
    except ValueError:
        sheet.say(path, f"expected a time such as 2026-12-01T09:30:00+01:00, found {kind(value)}")
        return None
    if not _FIRST_YEAR <= time.year <= _LAST_YEAR:
        sheet.say(path, f"the year must lie between {_FIRST_YEAR} and {_LAST_YEAR}")
    return time


_FIRST_YEAR, _LAST_YEAR = 1970, 2999


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _is_in_order(received: datetime, now: datetime) -> bool:
    """Whether one comes before the other; taken for granted where only one says how far from Greenwich it is."""
    if (received.tzinfo is None) is not (now.tzinfo is None):
        return True
    return received <= now


def parse_past(sheet: Sheet, value: object, path: Path) -> Past:
    """The `history` of a test."""
    spec = sheet.table(value, path, ("received", "sent", "templates", "thread"))
    received = _lengths(sheet, spec["received"], (*path, "received")) if "received" in spec else ()
    sent = _lengths(sheet, spec["sent"], (*path, "sent")) if "sent" in spec else ()
    templates = _templates(sheet, spec["templates"], (*path, "templates")) if "templates" in spec else ()
    ours = "thread" in spec and parse_thread(sheet, spec["thread"], (*path, "thread"))
    return Past(received, sent, templates, ours)


def _lengths(sheet: Sheet, value: object, path: Path) -> tuple[timedelta, ...]:
    found = (parse_plain_length(sheet, text, place) for place, text in sheet.texts(value, path))
    return tuple(length for length in found if length is not None)


def _templates(sheet: Sheet, value: object, path: Path) -> tuple[tuple[str, timedelta], ...]:
    if not isinstance(value, dict):
        sheet.say(path, f"expected a map such as offer-request: 3d, found {kind(value)}")
        return ()
    for name in value:
        if name not in sheet.context.templates:
            meant = hint(str(name), sorted(sheet.context.templates))
            sheet.say((*path, str(name)), f"there is no template {quoted(str(name))}{meant}", on_key=True)
    return tuple(
        (str(name), length)
        for name, item in value.items()
        for length in _lengths(sheet, item, (*path, str(name)))
    )
