"""Tries every template of a client with invented mails and people, and says what a letter would lack.

Beyond what loading finds: loading knows the names, only a letter knows which values are there. Sends and stores
nothing.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from maild.config.home import Client
from maild.config.letterhead import letterhead
from maild.config.template_use import NOTE, Use, Version, uses
from maild.core.letter import note_context, reply_context
from maild.core.message import Address
from maild.core.template import RenderError, render
from maild.core.template_samples import Sample, samples
from maild.core.template_views import LetterContext, NoteView
from maild.errors import Fault

SAMPLE_NOTE = NoteView("Somebody would like to be called back.")


def trial(home: Path, client: Client, now: datetime) -> tuple[Fault, ...]:
    """What is wrong with the templates of one client, each thing once; `now` in the client's zone."""
    cases = samples(client.business, now)
    found = {fault for use in uses(client) for fault in _tried(home, client, use, cases)}
    return tuple(sorted(found, key=lambda each: (each.file, each.line, each.column, each.message)))


def sample_context(
    client: Client, use: Use, sample: Sample, language: str, *, automatic: bool
) -> LetterContext:
    """What a template is rendered from: a reply to the sample's mail, or a note about it."""
    identity = client.config.identities[0]
    us = Address(identity.address, identity.name)
    if use.name == NOTE:
        return note_context(sample.mail, us, client.config.name, SAMPLE_NOTE, sample.now, language)
    head = letterhead(client, us)
    return reply_context(sample.mail, sample.contact, head, sample.now, language, automatic=automatic)


def _tried(home: Path, client: Client, use: Use, cases: Iterable[Sample]) -> Iterator[Fault]:
    for version in use.versions:
        seen: set[tuple[str, int, str]] = set()
        yield from _without_particulars(use, version)
        for sample in cases:
            for automatic in _kinds(use):
                error = _failure(client, use, version, sample, automatic=automatic)
                if error is not None and (key := (error.file, error.line, error.reason)) not in seen:
                    seen.add(key)
                    yield _fault(home, error, sample)


def _kinds(use: Use) -> list[bool]:
    """Whether its letters are automatic, drafted, or now one and now the other."""
    return [False] * (bool(use.drafted_by) or not use.answered_by) + [True] * bool(use.answered_by)


def _failure(
    client: Client, use: Use, version: Version, sample: Sample, *, automatic: bool
) -> RenderError | None:
    context = sample_context(client, use, sample, version.language, automatic=automatic)
    try:
        render(version.template, context)
    except RenderError as error:
        return error
    return None


def _fault(home: Path, error: RenderError, sample: Sample) -> Fault:
    message = f"{error.reason}: in the reply to {sample.label}"
    if sample.label.startswith("a letter "):
        message = f"{error.reason}: in {sample.label}"
    return Fault(error.file, error.line, _column(home / error.file, error), message)


def _column(file: Path, error: RenderError) -> int:
    """Where in its line the name stands that the error begins with."""
    try:
        line = file.read_text(encoding="utf-8").split("\n")[error.line - 1]
    except (OSError, UnicodeDecodeError, IndexError):
        return 1
    name = re.match(r"[\w.]+", error.reason)
    return max(line.find(name[0]), 0) + 1 if name else 1


def _without_particulars(use: Use, version: Version) -> Iterator[Fault]:
    """§ 35a GmbHG and its like: every business letter carries them, mails too."""
    template = version.template
    for file, names in ((template.file, template.names), (template.html_file, template.html_names)):
        if file and use.name != NOTE and not names & {"signature", "legal"}:
            message = (
                "the particulars that the law asks for are missing; print {{ signature }} or {{ legal }}"
            )
            yield Fault(file, 1, 1, message)
