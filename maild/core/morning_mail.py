"""The words of the team's morning mail: German, plain text, good to read in any font.

No columns and no indents, so that nothing shifts in a proportional font. What strangers wrote, subjects and names of
senders, stands on one line each, cut short and without control characters. It holds no word of a mail's text.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from datetime import date, datetime

from maild.core.german.calendar import tag, uhrzeit
from maild.core.morning import Kind, Matter, Morning, Pile, Work

_LONGEST = 90  # characters of a subject or a sender
_URGENT = (Kind.IN_DOUBT, Kind.SEND_FAILED, Kind.CLARIFY, Kind.VANISHED)


def subject_of(morning: Morning) -> str:
    """«Montag, 23. November: 3 Vorgänge warten auf Sie, davon 1 dringend»."""
    day = tag(morning.now, morning.now.year)
    if not morning.total:
        return f"{day}: Nichts wartet auf Sie"
    urgent = sum(client.pile(kind).total for client in morning.clients for kind in _URGENT)
    tail = f", davon {urgent} dringend" if urgent else ""
    return f"{day}: {_waiting(morning.total)}{tail}"


def text_of(morning: Morning) -> str:
    """The whole mail. Where nothing waits it is short, but it comes: that it stays away means trouble."""
    opening = (
        f"{_waiting(morning.total)}, das Dringendste zuerst."
        if morning.total
        else "heute wartet nichts auf Sie."
    )
    parts = [f"Guten Morgen, {_clean(morning.member)},", opening]
    for kind in Kind:
        parts += _section(morning, kind)
    parts += _work(morning)
    return "\n\n".join([*parts, "maild"])


def _waiting(count: int) -> str:
    return "1 Vorgang wartet auf Sie" if count == 1 else f"{count} Vorgänge warten auf Sie"


# What waits.


@dataclass(frozen=True, slots=True)
class _Section:
    """How one kind of matter is told."""

    heading: str
    advice: str
    line: str  # with {subject}, {who}, {when} and {folder}


_SECTIONS = {
    Kind.IN_DOUBT: _Section(
        "Unklar, ob angekommen",
        "Bitte fragen Sie beim Empfänger nach. maild sendet diese Briefe nicht von selbst noch einmal.",
        "«{subject}» an {who}, seit {when}",
    ),
    Kind.SEND_FAILED: _Section(
        "Nicht zugestellt",
        "Die Nachricht neben dem Brief im Klärungsordner nennt den Grund.",
        "«{subject}» an {who}, seit {when}",
    ),
    Kind.CLARIFY: _Section(
        "In Klärung",
        "Diese Briefe sind freigegeben, aber nicht gesendet. Was zu tun ist, steht daneben im Klärungsordner.",
        "«{subject}», Antwort an {who}, seit {when}",
    ),
    Kind.VANISHED: _Section(
        "Entwürfe, die nirgends mehr liegen",
        "Bitte sehen Sie nach, ob Sie geantwortet haben; maild schreibt von selbst keinen neuen Entwurf.",
        "«{subject}», Antwort an {who}, Entwurf vom {when}",
    ),
    Kind.REMINDER: _Section(
        "Erinnerungen",
        "Diese Nachrichten sind noch nicht beantwortet. Ist nichts mehr zu tun, so nehmen Sie ihnen die Kennzeichnung.",
        "«{subject}» von {who}, eingegangen am {when}{folder}",
    ),
    Kind.UNANSWERED: _Section(
        "Unbeantwortet und ohne Entwurf",
        "",
        "«{subject}» von {who}, eingegangen am {when}{folder}",
    ),
    Kind.WAITING: _Section(
        "Entwürfe, die auf Sie warten",
        "",
        "«{subject}», Antwort an {who}, Entwurf vom {when}",
    ),
    Kind.ASIDE: _Section(
        "Von maild nicht bearbeitet",
        "Diese Nachrichten bleiben Ihnen überlassen.",
        "«{subject}» von {who}, eingegangen am {when}{folder}",
    ),
    Kind.PAUSED: _Section(
        "Angehaltene Regeln",
        "Bitte lassen Sie prüfen, ob die Regel richtig ist; bis dahin bleibt liegen, was sie bearbeiten würde.",
        "«{subject}», seit {when}, wartende Nachrichten: {who}",
    ),
    Kind.FILES: _Section(
        "Fehlerhafte Dateien",
        "Bitte lassen Sie sie berichtigen; «maild check» nennt die Stellen.",
        "{subject}",
    ),
    Kind.SERVER: _Section(
        "Nicht erreichbar",
        "Bleibt das so, fragen Sie bitte beim Anbieter nach.",
        "{subject}, zuletzt erreicht: {when}",
    ),
}


def _section(morning: Morning, kind: Kind) -> Iterator[str]:
    """Heading, advice, and for each client a paragraph."""
    piles = [(client, pile) for client in morning.clients if (pile := client.pile(kind)).total]
    if not piles:
        return
    section = _SECTIONS[kind]
    total = sum(pile.total for _, pile in piles)
    yield "\n".join(filter(None, [f"{section.heading} ({total})".upper(), section.advice]))
    for client, pile in piles:
        yield "\n".join([_clean(client.name), *_lines(section, pile, morning)])


def _lines(section: _Section, pile: Pile, morning: Morning) -> Iterator[str]:
    for matter in pile.matters:
        yield f"• {_line(section, matter, morning)}"
    more = pile.total - len(pile.matters)
    if more > 0:
        yield f"• und {more} weitere{'r' if more == 1 else ''}"


def _line(section: _Section, matter: Matter, morning: Morning) -> str:
    return section.line.format(
        subject=_clean(matter.subject) or "ohne Betreff",
        who=_clean(matter.who) or "unbekannt",
        when=_moment(matter.when, morning),
        folder=f", Ordner «{_clean(matter.folder)}»" if matter.folder else "",
    )


def _moment(when: datetime | None, morning: Morning) -> str:
    """«20.11., 16:12 Uhr», by the office's clock; with the year where it isn't this one."""
    if when is None:
        return "noch nie"
    local = when.astimezone(morning.now.tzinfo)
    day = f"{local:%d.%m.}" if local.year == morning.now.year else f"{local:%d.%m.%Y}"
    return f"{day}, {uhrzeit(local)}"


def _clean(text: str) -> str:
    """One line that can neither break the mail nor turn its letters round (Unicode TR 36), of bounded length."""
    visible = "".join(" " if letter.isspace() else letter for letter in text)
    shown = " ".join("".join(c for c in visible if unicodedata.category(c)[0] != "C").split())
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1].rstrip()}…"


# What was done.


def _work(morning: Morning) -> Iterator[str]:
    if not morning.clients:
        return
    yield f"{_span(morning.since, morning.now.date())}".upper()
    yield "\n".join(f"• {_clean(client.name)}: {_done(client.work)}" for client in morning.clients)


def _span(since: date, today: date) -> str:
    day = tag(since, today.year)
    yesterday = (today - since).days == 1
    return f"Getan gestern, {day}" if yesterday else f"Getan seit {day}"


def _done(work: Work) -> str:
    if not any(astuple(work)):
        return "nichts"
    told = [
        _counted(work.received, "Nachricht eingegangen", "Nachrichten eingegangen"),
        _counted(work.sorted, "einsortiert", "einsortiert"),
        _counted(work.drafted, "Entwurf geschrieben", "Entwürfe geschrieben"),
        _counted(work.approved, "Brief nach Freigabe gesendet", "Briefe nach Freigabe gesendet"),
        _counted(work.by_hand, "selbst beantwortet", "selbst beantwortet"),
        _counted(work.answered, "automatisch beantwortet", "automatisch beantwortet"),
        _counted(work.notes, "Notiz oder Weiterleitung gesendet", "Notizen und Weiterleitungen gesendet"),
    ]
    return ", ".join(filter(None, told))


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}" if count else ""
