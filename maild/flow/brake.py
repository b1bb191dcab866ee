"""Paused rules in the daemon's run: what they have done of late, the mails that wait for them, and word to the office.

Whether a rule acts too much is `core.brake`'s question; who resumes it is a person's.
"""

from datetime import timedelta
from shlex import quote

from maild import maillog
from maild.core.brake import Meter
from maild.core.rules.model import Mode
from maild.flow.desk import Alarm, Desk
from maild.store.records import Pause

BY_HAND = "it was paused by hand"


def meter(desk: Desk) -> Meter:
    """How much each rule has acted up to now."""
    brake, pauses = desk.client.config.brake, desk.store.pauses
    return Meter(brake, pauses.acted(desk.clock() - brake.within), pauses.resumed())


def stop(desk: Desk, rule: str) -> None:
    """The brake pauses a rule, and the office hears of it."""
    brake = desk.client.config.brake
    reason = f"it acted on {brake.count} mails within {_spoken(brake.within, _ENGLISH)} and would have acted on more"
    if desk.store.pauses.pause(rule, reason, desk.clock()):
        maillog.rule_paused(desk.slug, rule, reason)
    tell_office(desk)


def release_orphans(desk: Desk) -> None:
    """Have mails judged anew that wait for a rule which is gone, acts no more, or is not paused any more."""
    pauses = desk.store.pauses
    released = pauses.release(pauses.in_force() & _live_rules(desk), desk.clock())
    if released:
        maillog.released(desk.slug, released)


def tell_office(desk: Desk) -> None:
    """Raise an alarm for every paused rule; who delivers alarms tells each once."""
    live = _live_rules(desk)
    for pause in desk.store.pauses.all():
        if pause.rule in live:
            desk.alarm(_alarm(desk, pause))


def _live_rules(desk: Desk) -> frozenset[str]:
    return frozenset(rule.name for rule in desk.client.rules.rules if rule.mode is Mode.LIVE)


def _alarm(desk: Desk, pause: Pause) -> Alarm:
    config = desk.client.config
    brake = config.brake
    reason = (
        "Sie wurde von Hand angehalten."
        if pause.reason == BY_HAND
        else f"Sie hat innerhalb von {_spoken(brake.within, _GERMAN)} {brake.count} Nachrichten bearbeitet und hätte "
        "noch weitere bearbeitet. Mehr lässt die Bremse nicht zu (brake in client.yaml)."
    )
    return Alarm(
        key=f"pause {desk.slug} {pause.rule} {pause.since.isoformat()}",
        subject=f"maild: Die Regel «{pause.rule}» für {config.name} ist angehalten",
        text=_TEXT.format(
            rule=pause.rule, name=config.name, reason=reason, slug=desk.slug, words=quote(pause.rule)
        ),
    )


_TEXT = """\
Guten Tag,

die Sortierregel «{rule}» für {name} ist angehalten. {reason}

Nachrichten, die sie bearbeiten würde, bleiben bis auf Weiteres unverändert im Posteingang. Was sie schon getan hat, \
bleibt getan; alle anderen Regeln arbeiten weiter.

Bitte lassen Sie prüfen, ob die Regel richtig ist. Wie viele Nachrichten warten, zeigt

    maild status

und so arbeitet sie weiter, auch an den Nachrichten, die warten:

    maild rules resume --client {slug} {words}

maild
"""

_ENGLISH = {
    86_400: ("a day", "days"),
    3_600: ("an hour", "hours"),
    60: ("a minute", "minutes"),
    1: ("a second", "seconds"),
}
_GERMAN = {
    86_400: ("einem Tag", "Tagen"),
    3_600: ("einer Stunde", "Stunden"),
    60: ("einer Minute", "Minuten"),
    1: ("einer Sekunde", "Sekunden"),
}


def _spoken(length: timedelta, words: dict[int, tuple[str, str]]) -> str:
    """A length in the largest unit that measures it evenly; in German as it stands behind «innerhalb von»."""
    seconds = int(length.total_seconds())
    unit = next(unit for unit in words if seconds % unit == 0)
    one, many = words[unit]
    return one if seconds == unit else f"{seconds // unit} {many}"
