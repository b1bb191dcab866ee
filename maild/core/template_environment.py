"""The Jinja environment of letters: sandboxed, strict, with a handful of filters and nothing that can loop or load.

A template is written by an admin, a mail by a stranger: values are only ever values here, and a missing one is an
error with the name it was called by.
"""

from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from jinja2 import StrictUndefined, Undefined, pass_context
from jinja2.exceptions import FilterArgumentError, SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from maild.core.german.amounts import betrag, telefon
from maild.core.german.calendar import datum, datumspanne, kurzdatum, uhrzeit, wochentag, zeitspanne
from maild.core.german.greetings import greeting
from maild.core.german.quantities import groesse, iban, menge
from maild.core.template_views import VIEWS

LANGUAGE = "_language"  # how the filters are told the letter's language; a template can't name it
# Of Jinja's own filters those that only shape text; the others could make pages out of a word, or call things.
PLAIN_FILTERS = ("default", "first", "join", "last", "length", "lower", "replace", "trim", "upper")


class Missing(Undefined):
    """A value that this letter lacks: false in a condition, taken by `default`, an error where it is printed."""

    __slots__ = ()
    __iter__ = __str__ = __len__ = __contains__ = Undefined._fail_with_undefined_error  # noqa: SLF001 - as StrictUndefined


def missing(name: str) -> Missing:
    """What stands for an empty value; `name` is what the template calls it."""
    return Missing(hint=f"{name} is missing")


class LetterEnvironment(ImmutableSandboxedEnvironment):
    """A sandbox in which an empty value knows its name and text can't be multiplied."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A value of a view; `Missing` with its name where it is empty."""
        return _named(obj, attribute, super().getattr(obj, attribute))

    def getitem(self, obj: Any, argument: Any) -> Any:
        """The same for mail["subject"]."""
        return _named(obj, argument, super().getitem(obj, argument))

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Arithmetic on numbers only: "x" * 10**9 and "%999999999d" % 1 would fill the memory."""
        numbers = isinstance(left, int | float | Decimal) and isinstance(right, int | float | Decimal)
        if operator == "**" or not numbers:
            raise SecurityError(f"{operator} can't be used on these values in a letter")
        return super().call_binop(context, operator, left, right)


def letter_environment(*, html: bool = False) -> LetterEnvironment:
    """The one environment that all letters of plain text share, or all HTML; there every value is escaped."""
    environment = LetterEnvironment(
        undefined=StrictUndefined,
        finalize=_printable,
        autoescape=html,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.clear()
    plain = {name: environment.filters[name] for name in PLAIN_FILTERS}
    environment.filters.clear()
    environment.filters.update(plain, telefon=_filter(lambda value, _: telefon(value)))
    environment.filters.update(datum=_filter(datum), uhrzeit=_filter(uhrzeit), betrag=_filter(betrag))
    environment.filters.update(kurzdatum=_filter(kurzdatum), wochentag=_filter(wochentag))
    environment.filters.update(iban=_filter(lambda value, _: iban(value)), groesse=_filter(groesse))
    environment.filters.update(datumspanne=_filter_of_two(datumspanne), zeitspanne=_filter_of_two(zeitspanne))
    environment.filters.update(gruss=_filter_of_two(_gruss), menge=_filter_of_two(menge))
    return environment


def _named(obj: object, attribute: object, value: Any) -> Any:
    if value is None or (isinstance(value, str) and not value.strip()):
        name = next((name for name, view in VIEWS.items() if isinstance(obj, view)), None)
        return missing(f"{name}.{attribute}") if name else value
    return value


def _printable(value: Any) -> Any:
    """What may stand in a letter; called by Jinja for each value before it is printed."""
    if isinstance(value, Undefined):
        return value  # raises with its own words when it becomes text
    if isinstance(value, date | time):
        raise SecurityError("a date is printed with datum or uhrzeit")
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise SecurityError("only text and numbers can be printed")
    if not str(value).strip():
        raise SecurityError("an empty value is printed")
    return value


def _gruss(moment: Any, wish: Any, language: str) -> str:
    """{{ now | gruss("neutral") }}: refuses the letter on a day on which nobody is greeted."""
    if not isinstance(moment, datetime):
        raise ValueError('gruss needs the day of the letter: now | gruss("neutral")')  # noqa: TRY004
    return greeting(moment.date(), str(wish), language=language)


def _filter(function: Callable[[Any, str], str]) -> Callable[..., str]:
    """A filter that knows the letter's language, and whose complaints carry no value of a mail."""

    @pass_context
    def filtered(context: Context, value: Any) -> str:
        return _filtered(function, value, context[LANGUAGE])

    return filtered


def _filter_of_two(function: Callable[[Any, Any, str], str]) -> Callable[..., str]:
    """The same for a filter with one argument: {{ absence.first | datumspanne(absence.last) }}."""

    @pass_context
    def filtered(context: Context, value: Any, other: Any) -> str:
        return _filtered(function, value, other, context[LANGUAGE])

    return filtered


def _filtered(function: Callable[..., str], *arguments: Any) -> str:
    for value in arguments:
        if isinstance(value, Undefined):
            str(value)  # raises: a missing value can't be formatted
    try:
        return function(*arguments)
    except ValueError as error:
        raise FilterArgumentError(str(error)) from error
