"""When one condition on the circumstances of a mail holds, must another hold too, or can't it?

As in `text_implication`, only what is certain is claimed. Of no two kinds of circumstance it is assumed that they
hang together (a holiday and opening hours, say), but for what the words themselves mean.
"""

from datetime import timedelta

from maild.core.rules.circumstances import (
    AbsenceIs,
    AgeIs,
    FirstContactIs,
    LanguageIs,
    MethodFound,
    ReceivedBefore,
    ReceivedIs,
    SentBefore,
    TemplateSent,
)
from maild.core.rules.conditions import Condition


def circumstance_follows(one: Condition, other: Condition) -> bool:
    """Whether the second holds wherever the first does."""
    match one, other:
        case AgeIs(older, younger), AgeIs(least, most):
            older_enough = least is None or (older is not None and older >= least)
            return older_enough and (most is None or (younger is not None and younger <= most))
        case ReceivedIs(), ReceivedIs():
            return one.weekdays <= other.weekdays and _times_within(one, other)
        case AbsenceIs(wanted, people), AbsenceIs(same, others):
            fewer, more = (people, others) if wanted else (others, people)
            return wanted is same and (not more or (bool(fewer) and fewer <= more))
        case LanguageIs(languages), LanguageIs(others):
            return languages <= others
        case MethodFound(method, results), MethodFound(same_method, others):
            return method == same_method and results <= others
    return _history_follows(one, other)


def circumstances_exclude(one: Condition, other: Condition) -> bool:
    """Whether no mail fulfils both; those that have a plain opposite are told apart by it instead."""
    match one, other:
        case AgeIs(), AgeIs():
            return _ends_before(one, other) or _ends_before(other, one)
        case ReceivedIs(), ReceivedIs():
            return one.weekdays.isdisjoint(other.weekdays) or _never_together(one, other)
        case LanguageIs(languages), LanguageIs(others):
            return languages.isdisjoint(others)
        case (ReceivedBefore(), FirstContactIs(wanted)) | (FirstContactIs(wanted), ReceivedBefore()):
            return wanted
    return False


def _history_follows(one: Condition, other: Condition) -> bool:
    match one, other:
        case ReceivedBefore(count, within), ReceivedBefore(least, most):
            return count >= least and _no_longer(within, most)
        case TemplateSent(name, within), TemplateSent(same_name, most):
            return name == same_name and _no_longer(within, most)
        case SentBefore(wanted, within), SentBefore(same, most):
            shorter, longer = (within, most) if wanted else (most, within)
            return wanted is same and _no_longer(shorter, longer)
        case (ReceivedBefore(), FirstContactIs(wanted)) | (SentBefore(True), FirstContactIs(wanted)):
            return not wanted
        case FirstContactIs(True), SentBefore(wanted):
            return not wanted
    return one == other


def _no_longer(within: timedelta | None, most: timedelta | None) -> bool:
    return most is None or (within is not None and within <= most)


def _times_within(one: ReceivedIs, other: ReceivedIs) -> bool:
    if not other.between:
        return True
    return bool(one.between) and all(
        any(wide.start <= narrow.start and narrow.end <= wide.end for wide in other.between)
        for narrow in one.between
    )


def _never_together(one: ReceivedIs, other: ReceivedIs) -> bool:
    if not one.between or not other.between:
        return False
    return not any(a.start < b.end and b.start < a.end for a in one.between for b in other.between)


def _ends_before(one: AgeIs, other: AgeIs) -> bool:
    return one.younger is not None and other.older is not None and one.younger <= other.older
