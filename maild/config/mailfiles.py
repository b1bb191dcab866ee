"""The mails that rules are tested with: single .eml files, and folders in which each has its expectation beside it.

An .eml is read however damaged it is; refused is only what is no mail at all. Nothing here judges one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path as FilePath

from maild.config.document import one_line, read_yaml
from maild.core.message import Mail
from maild.core.parse import parse
from maild.core.rules.examples import MailFileError
from maild.core.rules.model import Example
from maild.core.rules.parse.examples import parse_outcome
from maild.core.rules.parse.sheet import RuleContext, Sheet

MAX_BYTES = 64_000_000


@dataclass(frozen=True, slots=True)
class MailFile:
    """One .eml of a folder, or an expectation whose .eml is missing."""

    name: str
    example: Example | None = None
    reasons: tuple[str, ...] = ()  # why there is no example, a sentence each


def read_mail(folder: FilePath, name: str) -> Mail:
    """The mail of an .eml below a folder; MailFileError or OSError where there is none in it."""
    path = folder / name
    if path.stat().st_size > MAX_BYTES:
        raise MailFileError(f"{one_line(name)} has more than {MAX_BYTES // 1_000_000} MB")
    raw = path.read_bytes()
    if not raw.strip():
        raise MailFileError(f"{one_line(name)} is empty")
    mail = parse(raw)
    if not mail.headers and b"\0" in raw:
        raise MailFileError(f"{one_line(name)} is no mail: it has no header and is no text")
    return mail


def mail_files(folder: FilePath, context: RuleContext) -> Iterator[MailFile]:
    """Each `x.eml` in a folder and the folders in it, with what `x.expected.yaml` beside it expects, sorted by name."""
    found = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    mails = {name.removesuffix(_MAIL) for name in found if name.endswith(_MAIL)}
    expected = {name.removesuffix(_EXPECTED) for name in found if name.endswith(_EXPECTED)}
    for name in sorted(mails | expected):
        shown = one_line(name)
        if name not in expected:
            yield MailFile(name + _MAIL, reasons=(f"no expectation: write it into {shown}{_EXPECTED}",))
        elif name not in mails:
            yield MailFile(name + _EXPECTED, reasons=(f"no mail: {shown}{_MAIL} is missing",))
        else:
            yield _with_expectation(folder, name, context)


def _with_expectation(folder: FilePath, name: str, context: RuleContext) -> MailFile:
    mail, file = name + _MAIL, name + _EXPECTED
    try:
        document = read_yaml((folder / file).read_bytes(), one_line(file))
    except OSError as error:
        reason = f"{one_line(file)} can't be read ({error.strerror}); look at its owner and rights"
        return MailFile(mail, reasons=(reason,))
    sheet = Sheet(context)
    example = None if document.faults else parse_outcome(sheet, document.data, mail, file)
    faults = [document.fault(each.path, each.message, on_key=each.on_key) for each in sheet.problems]
    return MailFile(mail, example, tuple(map(str, (*document.faults, *faults))))


_MAIL = ".eml"
_EXPECTED = ".expected.yaml"
