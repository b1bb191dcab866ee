"""One YAML file as plain data, with the place of every key and value.

What could mislead a reader or exhaust the machine is refused: anchors, tags, directives, a key that
stands twice, control characters, files too large or too deep. It never raises; what is wrong comes back
as faults. What a word means is said in `scalar`: dates and `yes` are text.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NoReturn

import yaml
from yaml.error import MarkedYAMLError, YAMLError
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
)

from maild.config.scalar import Scalar, scalar
from maild.errors import Fault

MAX_BYTES = 8_000_000
MAX_NODES = 300_000  # keys and values; 1,000 rules have some 30,000
MAX_DEPTH = 30

Path = tuple[str | int, ...]
Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Document:
    """What a file says; `data` is None where it is empty or unreadable, and `faults` says why."""

    file: str
    data: object = None
    faults: tuple[Fault, ...] = ()
    values: Mapping[Path, Place] = field(default_factory=dict)
    keys: Mapping[Path, Place] = field(default_factory=dict)

    def at(self, path: Path, *, on_key: bool = False) -> Place:
        """Line and column, from 1, of a value or its key; where there is none, of the nearest key above."""
        if not on_key and path in self.values:
            return self.values[path]
        while path and path not in self.keys:
            path = path[:-1]
        return self.keys.get(path, (1, 1))

    def fault(self, path: Path, message: str, *, on_key: bool = False) -> Fault:
        """What is wrong at a place of this file."""
        line, column = self.at(path, on_key=on_key)
        return Fault(self.file, line, column, message, key=dotted(path))


def dotted(path: Path) -> str:
    """A path as people write it: identities[0].address."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{one_line(step)}" for step in path)
    return "".join(steps).removeprefix(".")


def one_line(text: str) -> str:
    """A value as it may stand in a message: printable, and no longer than a message should be."""
    clean = "".join(character if character.isprintable() else "?" for character in text)
    return clean if len(clean) <= 60 else f"{clean[:59]}…"


def decode(raw: bytes, file: str, *, limit: int) -> str | Fault:
    """The text of a file in UTF-8, without a byte order mark; or what keeps it from being read."""
    if len(raw) > limit:
        return Fault(file, 0, 0, f"the file has more than {limit // 1_000_000} MB; split it")
    try:
        text = raw.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line, column = _place(raw[: error.start].decode("utf-8").removeprefix("\ufeff"))
        return Fault(file, line, column, "this is not UTF-8; save the file in the encoding UTF-8")
    found = _UNPRINTABLE.search(text)
    if found:
        line, column = _place(text[: found.start()])
        return Fault(file, line, column, f"remove the control character U+{ord(found[0]):04X}")
    return text


def read_yaml(raw: bytes, file: str) -> Document:
    """Read the bytes of one file; `file` is its name in faults."""
    text = decode(raw, file, limit=MAX_BYTES)
    if isinstance(text, Fault):
        return Document(file, faults=(text,))
    builder = _Builder(file)
    try:
        builder.build(yaml.parse(text, Loader=yaml.CSafeLoader))
    except _Refused as refused:
        builder.faults.append(refused.fault)
    except MarkedYAMLError as error:
        builder.faults.append(_syntax_fault(error, text, file))
    except (YAMLError, ValueError):
        builder.faults.append(Fault(file, 0, 0, f"the file is {_NOT_YAML}"))
    if builder.faults:
        return Document(file, faults=tuple(builder.faults), values=builder.values, keys=builder.keys)
    return Document(file, builder.root, values=builder.values, keys=builder.keys)


# C0 and C1 but tab and line ends, line ends that only YAML 1.1 knows, surrogates, non-characters.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_LINE_END = re.compile("\r\n|\r|\n")
_IN_QUOTES = "a quoted scalar"  # libyaml's words
_NOT_YAML = "not valid YAML; look at indentation, colons, brackets and quotes here and on the line above"


def _place(before: str) -> Place:
    lines = _LINE_END.split(before)
    return len(lines), len(lines[-1]) + 1


def _syntax_fault(error: MarkedYAMLError, text: str, file: str) -> Fault:
    mark = error.problem_mark or error.context_mark
    message = f"this is {_NOT_YAML}"
    if error.context_mark and (error.context or "").endswith(_IN_QUOTES):
        mark = error.context_mark  # of a lost quote, the end of the file would say nothing
        message = "the closing quote is missing, or a \\ means nothing here; in single quotes \\ is a letter"
    if mark is None:
        return Fault(file, 0, 0, message)
    here = _LINE_END.split(text)[mark.line : mark.line + 1]
    if here and here[0][mark.column : mark.column + 1] == "\t":
        message = "a tab can't stand here; indent with spaces"
    return Fault(file, mark.line + 1, mark.column + 1, message)


class _Refused(Exception):  # noqa: N818 - it ends the reading of one file, here and nowhere else
    def __init__(self, fault: Fault) -> None:
        super().__init__()
        self.fault = fault


@dataclass(slots=True)
class _Open:
    """A mapping or sequence whose end has not come yet."""

    path: Path
    into: dict[str, object] | list[object]
    key: str | None = None


class _Builder:
    """Events to data, without recursion, so that depth costs nothing."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.root: object = None
        self.faults: list[Fault] = []
        self.values: dict[Path, Place] = {}
        self.keys: dict[Path, Place] = {}
        self._open: list[_Open] = []
        self._nodes = 0
        self._documents = 0
        self._doubled: set[Path] = set()

    def build(self, events: Iterable[Event]) -> None:
        for event in events:
            if isinstance(event, DocumentStartEvent):
                self._document(event)
            elif isinstance(event, CollectionEndEvent):
                self._open.pop()
            elif isinstance(event, NodeEvent):
                self._count(event)
                self._node(event)

    def _document(self, event: DocumentStartEvent) -> None:
        self._documents += 1
        if self._documents > 1:
            self._refuse(event, "a file holds one document; remove this ---")
        if event.version is not None or event.tags:
            self._refuse(event, "directives such as %YAML are not used here; remove them")

    def _count(self, event: NodeEvent) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            self._refuse(event, f"the file has more than {MAX_NODES:,} keys and values; split it")
        if len(self._open) > MAX_DEPTH:
            self._refuse(event, f"more than {MAX_DEPTH} levels lie within each other; flatten this")
        if isinstance(event, AliasEvent) or event.anchor is not None:
            self._refuse(event, "anchors and aliases (& and *) are not used here; write the value out")
        if getattr(event, "tag", None) is not None:
            self._refuse(event, "tags (!) are not used here; put text that begins with ! in quotes")

    def _node(self, event: NodeEvent) -> None:
        top = self._open[-1] if self._open else None
        if top is not None and isinstance(top.into, dict) and top.key is None:
            top.key = self._key(top, event)
        elif isinstance(event, ScalarEvent):
            self._put(event, self._scalar(event))
        else:
            into: dict[str, object] | list[object] = {} if isinstance(event, MappingStartEvent) else []
            path = self._put(event, into)
            self._open.append(_Open(path, into))

    def _key(self, top: _Open, event: NodeEvent) -> str:
        if not isinstance(event, ScalarEvent):
            self._refuse(event, "a key must be plain text; put text that begins with { or [ in quotes")
        key = self._text(event)
        path = (*top.path, key)
        if path in self.keys and not self._in_doubled(path):
            self._doubled.add(path)
            message = f"stands twice, first in line {self.keys[path][0]}; keep one"
            self.faults.append(self._fault(event, message, dotted(path)))
        self.keys[path] = _mark(event)
        return key

    def _in_doubled(self, path: Path) -> bool:
        """Whether the map around it stands twice, so that its keys do as well."""
        return any(path[:length] in self._doubled for length in range(1, len(path) + 1))

    def _put(self, event: NodeEvent, value: object) -> Path:
        path: Path = ()
        if self._open:
            top = self._open[-1]
            if isinstance(top.into, list):
                path = (*top.path, len(top.into))
                top.into.append(value)
                self.keys[path] = _mark(event)
            else:
                path = (*top.path, top.key or "")
                top.into[top.key or ""] = value
                top.key = None
        else:
            self.root = value
        # The parser marks an absent value where the next token stands; its key is what people look for.
        absent = isinstance(event, ScalarEvent) and not event.style and event.value == ""
        self.values[path] = self.keys.get(path, (1, 1)) if absent else _mark(event)
        return path

    def _scalar(self, event: ScalarEvent) -> Scalar:
        text = self._text(event)
        if event.style:  # quoted, or a block: text whatever it looks like
            return text
        try:
            return scalar(text)
        except ValueError as error:
            self._refuse(event, str(error))

    def _text(self, event: ScalarEvent) -> str:
        text: str = event.value
        found = _UNPRINTABLE.search(text)
        if found or "\r" in text:
            self._refuse(event, "a \\ in double quotes makes a control character here; use single quotes")
        return text

    def _refuse(self, event: Event, message: str) -> NoReturn:
        raise _Refused(self._fault(event, message))

    def _fault(self, event: Event, message: str, key: str = "") -> Fault:
        line, column = _mark(event)
        return Fault(self.file, line, column, message, key=key)


def _mark(event: Event) -> Place:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)
