"""Conditions on circumstances and what they saw, in German."""

from datetime import datetime, timedelta

from maild.core.durations import BusinessHours
from maild.core.hours import Opening
from maild.core.rules.circumstances import (
    AbsenceIs,
    AgeIs,
    AuthenticatedIs,
    EncryptedIs,
    FirstContactIs,
    HolidayIs,
    HoursAre,
    LanguageIs,
    MethodFound,
    ReceivedBefore,
    ReceivedIs,
    SentBefore,
    SignedIs,
    TemplateSent,
    ThreadIsOurs,
)
from maild.core.rules.explain.circumstances import (
    Age,
    Away,
    Circumstance,
    Contacts,
    Findings,
    Holiday,
    Hours,
    Moment,
    Signature,
    Times,
    Tongue,
)
from maild.core.rules.explain.excerpt import harmless
from maild.core.rules.explain.wording.entries import enumerated, hours, roughly

WEEKDAYS = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag")
LANGUAGES = {
    "de": "Deutsch",
    "en": "Englisch",
    "fr": "Französisch",
    "nl": "Niederländisch",
    "unknown": "unbekannt",
}


def question(condition: object) -> str:
    """What a condition on circumstances asks, as a statement that is true or false."""
    match condition:
        case AgeIs(older=older, younger=younger):
            return f"die Mail kam vor {_bounds(older, younger)}"
        case ReceivedIs(weekdays=weekdays, between=between):
            return f"die Mail kam {_received(weekdays, between)}"
        case HoursAre(wanted=wanted):
            return f"die Mail kam {'während' if wanted else 'außerhalb'} der Geschäftszeiten"
        case HolidayIs(wanted=wanted):
            return f"die Mail kam an {'einem' if wanted else 'keinem'} gesetzlichen Feiertag"
        case AbsenceIs(wanted=wanted, people=people):
            who = enumerated([harmless(each) for each in sorted(people)], "oder") or "jemand"
            return f"beim Eingang war {who} abwesend" if wanted else _nobody(who if people else "")
        case LanguageIs(wanted=wanted):
            return f"die Sprache ist {enumerated([_language(code) for code in sorted(wanted)], 'oder')}"
        case EncryptedIs(wanted=wanted):
            return f"die Mail ist {'' if wanted else 'nicht '}verschlüsselt"
        case SignedIs(wanted=wanted):
            return f"die Mail trägt {'eine' if wanted else 'keine'} geprüfte Unterschrift"
    return _question_on_past(condition)


def _nobody(who: str) -> str:
    return f"es stimmt nicht, dass {who} abwesend war" if who else "beim Eingang war niemand abwesend"


def _question_on_past(condition: object) -> str:
    match condition:
        case FirstContactIs(wanted=True):
            return "es ist der erste Kontakt mit dem Absender"
        case FirstContactIs():
            return "es ist nicht der erste Kontakt mit dem Absender"
        case ReceivedBefore(at_least=least, within=within):
            mails = "schon eine Mail" if least == 1 else f"schon mindestens {least} Mails"
            return f"vom Absender {'kam' if least == 1 else 'kamen'} {_within(within)}{mails}"
        case SentBefore(wanted=wanted, within=within):
            return f"an den Absender ging {_within(within)}{'schon ein' if wanted else 'kein'} Schreiben"
        case TemplateSent(template=template, within=within):
            return f"an den Absender ging {_within(within)}schon ein Schreiben nach der Vorlage „{harmless(template)}“"
        case ThreadIsOurs():
            return "die Mail bezieht sich auf ein Schreiben von uns"
        case AuthenticatedIs(wanted=True):
            return "die Mail stammt nachweislich von der Domain des Absenders"
        case AuthenticatedIs():
            return "die Mail stammt nicht nachweislich von der Domain des Absenders"
        case MethodFound(method=method, wanted=wanted):
            return f"der Server stellte fest: {enumerated([f'{method}={each}' for each in sorted(wanted)], 'oder')}"
    raise TypeError(type(condition).__name__)


def _bounds(older: timedelta | None, younger: timedelta | None) -> str:
    more = "" if older is None else f"mehr als {duration(older)}"
    less = "" if younger is None else f"weniger als {duration(younger)}"
    return " und ".join(filter(None, (more, less)))


def _within(length: timedelta | None) -> str:
    return "" if length is None else f"innerhalb von {duration(length)} vor dieser Mail "


def _received(weekdays: frozenset[int], between: tuple[Opening, ...]) -> str:
    days = enumerated([WEEKDAYS[day] for day in sorted(weekdays)], "oder")
    on = "" if len(weekdays) == len(WEEKDAYS) else f"an einem {days}"
    return " ".join(filter(None, (on, f"zwischen {hours(between, 'oder', 'und')} Uhr" if between else "")))


def seen(what: Circumstance) -> str:
    """What a condition saw, as it stands after "ja, " or "nein, "."""
    match what:
        case Age(length=length):
            return f"sie kam vor {roughly(length, duration)}"
        case Moment(when=when):
            return f"sie kam am {_moment(when)}"
        case Hours(when=when, openings=openings):
            open_on = f"von {hours(openings, 'und', 'bis')} Uhr geöffnet" if openings else "geschlossen"
            return f"sie kam am {_moment(when)}; an dem Tag war {open_on}"
        case Holiday(day=day, name=name):
            return f"der {day:%d.%m.%Y} war {name or 'kein Feiertag'}"
        case Away(people=people):
            return f"abwesend: {enumerated(people, 'und')}" if people else "niemand war abwesend"
        case Tongue(code=code):
            return _language(code)
        case Findings(results=results, proof=proof):
            found = enumerated(results, "und") or "kein vertrauenswürdiger Server hat etwas festgestellt"
            return f"nachgewiesen durch {proof} ({found})" if proof else found
        case Signature(there=there):
            return "sie trägt eine, die diese Fassung von maild nicht prüft" if there else "sie trägt keine"
    return _seen_of_past(what)


def _seen_of_past(what: Contacts | Times) -> str:
    match what:
        case Contacts(received=received, sent=sent):
            return f"frühere Mails vom Absender: {received}, Schreiben an ihn: {sent}"
        case Times(count=count, newest=newest):
            return f"{count}, zuletzt am {_moment(newest)}" if newest else "es gab keines"


def _moment(when: datetime) -> str:
    return f"{WEEKDAYS[when.weekday()]}, {when:%d.%m.%Y, %H:%M} Uhr"


def _language(code: str) -> str:
    return LANGUAGES.get(code, harmless(code))


def duration(length: timedelta | BusinessHours) -> str:
    """A length of time in its largest whole unit, as it stands after "vor", "nach" or "von"."""
    if isinstance(length, BusinessHours):
        return f"{length.hours} {'Geschäftsstunde' if length.hours == 1 else 'Geschäftsstunden'}"
    seconds = int(length.total_seconds())
    units = ((86_400, "Tag", "Tagen"), (3_600, "Stunde", "Stunden"), (60, "Minute", "Minuten"))
    for unit, one, many in units:
        if seconds >= unit and seconds % unit == 0:
            return f"{seconds // unit} {one if seconds == unit else many}"
    return f"{seconds} {'Sekunde' if seconds == 1 else 'Sekunden'}"
