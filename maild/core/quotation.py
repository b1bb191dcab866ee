"""Telling what somebody wrote from what they quoted, signed with or were made to append.

Works line by line with a fixed look ahead, so a hostile text costs no more than a long one. Knows what German and
English mail programs write. Where it is unsure it keeps: a rule that sees too much does less harm than an answer
that is overlooked.
"""

import re
from collections.abc import Sequence
from enum import Enum, auto

_LONGEST = 500  # characters of a line that are looked at
_ATTRIBUTION_LINES = 3
_BLOCK_LINES = 12
_BARE_SIGNATURE_LINES = 20

_SEPARATOR = re.compile(
    r"\s*(?:-{2,}\s*(?:Ursprüngliche|Urspr\.|Original|Weitergeleitete|Forwarded|Originalnachricht)[\s-]*"
    r"(?:Nachricht|Message|E-?Mail)?\s*-{2,}|_{20,}"
    r"|Anfang der weitergeleiteten (?:Nachricht|E-?Mail)\s?:|Begin forwarded message\s?:)\s*",
    re.IGNORECASE,
)
_HEADER_LINE = re.compile(
    r"[*\s]{0,6}(?:(?P<von>Von|From)|(?P<datum>Gesendet|Sent|Datum|Date)|(?P<an>An|To)|(?P<cc>Cc|Kopie)"
    r"|(?P<betreff>Betreff|Subject))\s?\*?\s?:",
    re.IGNORECASE,
)
_WROTE = re.compile(r"\bschrieb\b(?! (?:ich|er|sie|mir|uns|man)\b)|\bgeschrieben\b|\bwrote\b")
_DAY_OR_TIME = re.compile(r"\d{1,2}[.:/]\s?\d{1,2}|\b20\d\d\b")
_MOBILE = re.compile(
    r"\s*(?:Von meinem .{2,40} gesendet|Gesendet von (?:meinem|mobil|Mail für|Outlook|Yahoo|iPhone|iPad).{0,60}"
    r"|Gesendet (?:mit|aus) (?:der )?(?:GMX|WEB\.DE|Telekom|freenet|Outlook|Proton|BlueMail).{0,60}"
    r"|Diese Nachricht wurde von meinem .{2,60} gesendet|Sent from (?:my|Outlook|Mail for) .{2,40}"
    r"|(?:Holen Sie sich|Get) Outlook (?:für|for) .{2,20})\.?\s*",
    re.IGNORECASE,
)
_DISCLAIMER = re.compile(
    r"\W{0,5}(?:(?:Dies|Der Inhalt dies|Die Information|Vertraulich|Confidential|This e?-?mail|This message"
    r"|The information contained|The content of this)\w*.{0,150}(?:vertraulich|geheimhaltung|rechtlich geschützt"
    r"|confidential|privileged|intended (?:solely|only))"
    r"|(?:Vertraulichkeitshinweis|Haftungsausschluss|Disclaimer|Confidentiality notice)\b\s*:?"
    r"|(?:Bitte (?:denken Sie an die Umwelt|(?:über)?prüfen Sie.{0,40}(?:ausgedruckt|ausdrucken))"
    r"|Please consider the environment))",
    re.IGNORECASE,
)


class _Kind(Enum):
    OWN = auto()
    QUOTED = auto()  # a line marked with >, or what introduces such lines
    APPENDED = auto()  # signature, disclaimer, «Von meinem iPhone gesendet»


def own_lines(lines: Sequence[str]) -> list[str]:
    """The lines that are neither quotation nor signature nor disclaimer, in order.

    Where own words stand between two quotations, the quotations stay: such answers mean nothing alone. Where nothing
    stands above a forwarded or quoted mail, that mail stays.
    """
    above = _without_marked(lines[: _cut(lines)])
    if any(line.strip() for line in above):
        return above
    return _without_marked(lines)


def _cut(lines: Sequence[str]) -> int:
    """Where a quotation begins that reaches to the end because its lines are not marked."""
    for number, line in enumerate(lines):
        if line.startswith(">") or not line.strip():
            continue
        if _SEPARATOR.fullmatch(line[:_LONGEST]) or _is_header_block(lines, number):
            return number
        length = _attribution(lines, number)
        if length and not _quoted_next(lines, number + length):
            return number
    return len(lines)


def _is_header_block(lines: Sequence[str], start: int) -> bool:
    """Whether three or more of Von, Gesendet, An, Cc and Betreff stand together, one of them Von."""
    if not _HEADER_LINE.match(lines[start][:_LONGEST]):
        return False
    seen: set[str] = set()
    for line in lines[start : start + _BLOCK_LINES]:
        match = _HEADER_LINE.match(line[:_LONGEST])
        if match and match.lastgroup:
            seen.add(match.lastgroup)
    return len(seen) >= 3 and "von" in seen


def _attribution(lines: Sequence[str], start: int) -> int:
    """How many lines from here say who wrote when, as «Am … schrieb …:» or «… schrieb am …:»; 0 for none."""
    joined = ""
    for count, line in enumerate(lines[start : start + _ATTRIBUTION_LINES], start=1):
        if not line.strip() or line.startswith(">"):
            return 0
        joined = f"{joined} {line.strip()[:_LONGEST]}".strip()
        if count == 1 and not _may_introduce(joined):
            return 0
        if joined.endswith(":") and _introduces(joined.lower()):
            return count
    return 0


def _may_introduce(line: str) -> bool:
    low = line.lower()
    return low.startswith(("am ", "on ", "vom ")) or "@" in low or _WROTE.search(low) is not None


def _introduces(low: str) -> bool:
    if not _WROTE.search(low) or len(low) > _LONGEST or not _DAY_OR_TIME.search(low):
        return False
    return (
        low.startswith(("am ", "on ", "vom "))
        or " am " in low
        or " um " in low
        or " on " in low
        or "@" in low
    )


def _quoted_next(lines: Sequence[str], start: int) -> bool:
    return next((line.startswith(">") for line in lines[start : start + 3] if line.strip()), False)


def _without_marked(lines: Sequence[str]) -> list[str]:
    """Without lines marked as quotation, their introduction, signature and disclaimer."""
    kinds = _kinds(lines)
    if _is_interleaved(lines, kinds):
        kinds = [_Kind.OWN if kind is _Kind.QUOTED else kind for kind in kinds]
    return [line for line, kind in zip(lines, kinds, strict=True) if kind is _Kind.OWN]


def _kinds(lines: Sequence[str]) -> list[_Kind]:
    kinds: list[_Kind] = []
    appended = False  # inside a signature or disclaimer, which ends where a quotation begins
    while len(kinds) < len(lines):
        number = len(kinds)
        length = _quotation(lines, number)
        if length:
            appended = False
            kinds += [_Kind.QUOTED] * length
            continue
        appended = appended or _begins_appendix(lines, number)
        mobile = _MOBILE.fullmatch(lines[number][:_LONGEST])
        kinds.append(_Kind.APPENDED if appended or mobile else _Kind.OWN)
    return kinds


def _quotation(lines: Sequence[str], number: int) -> int:
    """How many lines from here are quotation or introduce one."""
    if lines[number].startswith(">"):
        return 1
    length = _attribution(lines, number) if lines[number].strip() else 0
    return length if length and _quoted_next(lines, number + length) else 0


def _begins_appendix(lines: Sequence[str], number: int) -> bool:
    """Whether a signature (RFC 3676, section 4.3) or a disclaimer begins here."""
    line = lines[number]
    if line in ("-- ", "--\u00a0"):
        return True
    if line.rstrip() == "--":  # the blank is often lost on the way; then it may also be a mere divider
        rest = lines[number + 1 : number + 2 + _BARE_SIGNATURE_LINES]
        return len(rest) <= _BARE_SIGNATURE_LINES or any(_quotation(rest, at) for at in range(len(rest)))
    above = any(other.strip() for other in lines[max(0, number - 3) : number])
    return above and _DISCLAIMER.match(line[:_LONGEST]) is not None


def _is_interleaved(lines: Sequence[str], kinds: Sequence[_Kind]) -> bool:
    """Whether own words stand between two quotations."""
    quoted = [number for number, kind in enumerate(kinds) if kind is _Kind.QUOTED]
    if not quoted:
        return False
    between = range(quoted[0], quoted[-1])
    return any(kinds[number] is _Kind.OWN and lines[number].strip() for number in between)
