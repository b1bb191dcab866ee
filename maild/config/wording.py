"""Pydantic's findings in our words: one English sentence that says what is wrong and what to do.

Nothing of pydantic's own wording passes; a kind of finding that is not listed gets a general sentence.
"""

import difflib
import types
import typing
from collections.abc import Iterable
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from maild.config.document import Document, Path, one_line
from maild.errors import Fault

M = TypeVar("M", bound=BaseModel)


def validated(document: Document, model: type[M]) -> tuple[M | None, tuple[Fault, ...]]:
    """The file as a model; else None and what is wrong, each at its place."""
    if document.faults:
        return None, document.faults
    try:
        return model.model_validate(document.data if document.data is not None else {}), ()
    except ValidationError as error:
        return None, _faults(error, model, document)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of a sentence: the known word that is meant, or else all of them."""
    words = sorted(known)
    near = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    if near:
        return f"did you mean «{near[0]}»?"
    return f"known are {', '.join(words)}" if words else "remove it"


def _faults(error: ValidationError, model: type[BaseModel], document: Document) -> tuple[Fault, ...]:
    findings = error.errors(include_url=False)
    # A default that depends on a faulty neighbour is no finding of its own.
    own = (finding for finding in findings if finding["type"] != "default_factory_not_called")
    return tuple(_fault(finding, model, document) for finding in own)


def _fault(finding: ErrorDetails, model: type[BaseModel], document: Document) -> Fault:
    kind = finding["type"]
    path: Path = tuple(step for step in finding["loc"] if step != "[key]")
    if kind == "extra_forbidden":
        unknown = str(path[-1])
        hint = did_you_mean(unknown, _keys_at(model, path[:-1]))
        return document.fault(path, f"«{one_line(unknown)}» is not known here; {hint}", on_key=True)
    if kind == "missing":
        return document.fault(path, "is missing; add this key", on_key=True)
    if finding.get("ctx", {}).get("key"):
        path = (*path, finding["ctx"]["key"])
    return document.fault(path, _sentence(finding), on_key="[key]" in finding["loc"])


def _sentence(finding: ErrorDetails) -> str:
    kind, context = finding["type"], finding.get("ctx", {})
    if kind == "maild":
        return str(context["text"])
    if kind == "literal_error":
        return _not_among(finding["input"], _quoted(str(context["expected"])))
    if kind == "enum":
        return _not_among(finding["input"], _quoted(str(context["expected"])))
    if kind in _BOUNDS:
        return f"must be {_BOUNDS[kind]} {next(iter(context.values()))}"
    return _SENTENCES.get(kind, "this value can't be used here; look up the key in the documentation")


def _not_among(value: object, known: tuple[str, ...]) -> str:
    shown = one_line(value) if isinstance(value, str) else "this value"
    return f"«{shown}» is not known here; {did_you_mean(shown, known)}"


def _quoted(expected: str) -> tuple[str, ...]:
    """The words between quotes of pydantic's list: 'a', 'b' or 'c'."""
    return tuple(expected.split("'")[1::2])


_BOUNDS = {
    "greater_than_equal": "at least",
    "less_than_equal": "at most",
    "greater_than": "more than",
    "less_than": "less than",
}
_MAP = "must be a map of keys and values; indent its keys below it"
_SENTENCES = {
    "string_type": "must be text; put it in quotes",
    "int_type": "must be a whole number, without quotes",
    "bool_type": "must be true or false",
    "tuple_type": "must be a list; put it in [ ] or begin each line with -",
    "dict_type": _MAP,
    "model_type": _MAP,
    "mapping_type": _MAP,
    "too_short": "must not be empty; name at least one",
}


def _keys_at(model: type[BaseModel], path: Path) -> Iterable[str]:
    """The keys that the model knows at a path."""
    here: object = model
    for step in path:
        here = _below(here, step)
    if isinstance(here, type) and issubclass(here, BaseModel):
        return [field.alias or name for name, field in here.model_fields.items()]
    return ()


def _below(annotation: object, step: str | int) -> object:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = {field.alias or name: field for name, field in annotation.model_fields.items()}
        return _plain(fields[str(step)].annotation) if step in fields else None
    arguments = typing.get_args(annotation)
    if not arguments:
        return None
    return _plain(arguments[0] if isinstance(step, int) else arguments[-1])


def _plain(annotation: object) -> object:
    """An annotation without Annotated and without None."""
    if typing.get_origin(annotation) is typing.Annotated:
        return _plain(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) in {typing.Union, types.UnionType}:
        rest = [each for each in typing.get_args(annotation) if each is not types.NoneType]
        return _plain(rest[0])
    return annotation
