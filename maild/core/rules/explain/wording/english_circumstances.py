"""Conditions on circumstances and what they saw, in English."""

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

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
LANGUAGES = {"de": "German", "en": "English", "fr": "French", "nl": "Dutch", "unknown": "unknown"}


def question(condition: object) -> str:
    """What a condition on circumstances asks, as a statement that is true or false."""
    match condition:
        case AgeIs(older=older, younger=younger):
            return f"the mail came {_bounds(older, younger)} ago"
        case ReceivedIs(weekdays=weekdays, between=between):
            return f"the mail came {_received(weekdays, between)}"
        case HoursAre(wanted=wanted):
            return f"the mail came while the office was {'open' if wanted else 'closed'}"
        case HolidayIs(wanted=wanted):
            return f"the mail came on {'a' if wanted else 'no'} public holiday"
        case AbsenceIs(wanted=wanted, people=people):
            who = enumerated([harmless(each) for each in sorted(people)], "or") or "somebody"
            return f"{who} was away when the mail came" if wanted else f"it is not so that {who} was away"
        case LanguageIs(wanted=wanted):
            return f"the language is {enumerated([_language(code) for code in sorted(wanted)], 'or')}"
        case EncryptedIs(wanted=wanted):
            return f"the mail is {'' if wanted else 'not '}encrypted"
        case SignedIs(wanted=wanted):
            return f"the mail has {'a' if wanted else 'no'} signature that was verified"
    return _question_on_past(condition)


def _question_on_past(condition: object) -> str:
    match condition:
        case FirstContactIs(wanted=True):
            return "it is the first contact with the sender"
        case FirstContactIs():
            return "it is not the first contact with the sender"
        case ReceivedBefore(at_least=least, within=within):
            mails = "an earlier mail" if least == 1 else f"at least {least} earlier mails"
            return f"{mails} came from the sender{_within(within)}"
        case SentBefore(wanted=wanted, within=within):
            return f"{'a' if wanted else 'no'} letter went to the sender{_within(within)}"
        case TemplateSent(template=template, within=within):
            return f"a letter by the template “{harmless(template)}” went to the sender{_within(within)}"
        case ThreadIsOurs():
            return "the mail refers to a letter of ours"
        case AuthenticatedIs(wanted=True):
            return "the mail is proved to come from the sender's domain"
        case AuthenticatedIs():
            return "the mail is not proved to come from the sender's domain"
        case MethodFound(method=method, wanted=wanted):
            return f"the server found {enumerated([f'{method}={each}' for each in sorted(wanted)], 'or')}"
    raise TypeError(type(condition).__name__)


def _bounds(older: timedelta | None, younger: timedelta | None) -> str:
    more = "" if older is None else f"more than {duration(older)}"
    less = "" if younger is None else f"less than {duration(younger)}"
    return " and ".join(filter(None, (more, less)))


def _within(length: timedelta | None) -> str:
    return " before" if length is None else f" within {duration(length)} before this mail"


def _received(weekdays: frozenset[int], between: tuple[Opening, ...]) -> str:
    days = enumerated([WEEKDAYS[day] for day in sorted(weekdays)], "or")
    on = "" if len(weekdays) == len(WEEKDAYS) else f"on a {days}"
    return " ".join(filter(None, (on, f"between {hours(between, 'or', 'and')}" if between else "")))


def seen(what: Circumstance) -> str:
    """What a condition saw, as it stands after "yes, " or "no, "."""
    match what:
        case Age(length=length):
            return f"it came {roughly(length, duration)} ago"
        case Moment(when=when):
            return f"it came on {_moment(when)}"
        case Hours(when=when, openings=openings):
            open_on = f"open {hours(openings, 'and', 'to')}" if openings else "closed all day"
            return f"it came on {_moment(when)}; that day the office was {open_on}"
        case Holiday(day=day, name=name):
            return f"{day:%Y-%m-%d} was {name or 'an ordinary day'}"
        case Away(people=people):
            return f"away: {enumerated(people, 'and')}" if people else "nobody was away"
        case Tongue(code=code):
            return _language(code)
        case Findings(results=results, proof=proof):
            found = enumerated(results, "and") or "no trusted server has stated anything"
            return f"proved by {proof} ({found})" if proof else found
        case Signature(there=there):
            return "it is signed, but this version verifies no signature" if there else "it is not signed"
    return _seen_of_past(what)


def _seen_of_past(what: Contacts | Times) -> str:
    match what:
        case Contacts(received=received, sent=sent):
            return f"earlier mails from the sender: {received}, letters to the sender: {sent}"
        case Times(count=count, newest=newest):
            return f"{count}, the last on {_moment(newest)}" if newest else "there was none"


def _moment(when: datetime) -> str:
    return f"{WEEKDAYS[when.weekday()]}, {when:%Y-%m-%d %H:%M}"


def _language(code: str) -> str:
    return LANGUAGES.get(code, harmless(code))


def duration(length: timedelta | BusinessHours) -> str:
    """A length of time in its largest whole unit."""
    if isinstance(length, BusinessHours):
        return f"{length.hours} business hour{'' if length.hours == 1 else 's'}"
    seconds = int(length.total_seconds())
    for unit, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= unit and seconds % unit == 0:
            return f"{seconds // unit} {name}{'' if seconds == unit else 's'}"
    return f"{seconds} second{'' if seconds == 1 else 's'}"
