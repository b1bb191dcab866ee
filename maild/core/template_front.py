"""The head of a template file: between two lines ---, what its letter is about and what it carries.

Reads YAML and finds what is wrong with it; knows nothing of Jinja.
"""

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import yaml
from yaml.error import YAMLError
from yaml.events import CollectionEndEvent, CollectionStartEvent
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from maild.core.template_views import Finding


@dataclass(frozen=True, slots=True)
class Parts:
    """A template file taken apart.

    Subject and body are moved down to their own line by empty lines, so that every line number in them is the file's.
    """

    subject: str = ""
    attach: tuple[str, ...] = ()
    body: str = ""
    findings: tuple[Finding, ...] = ()


def take_apart(text: str) -> Parts:
    """Front matter and body of a file whose lines end in \\n."""
    lines = text.split("\n")
    if lines[0].rstrip() != _FENCE:
        return _wrong("the file must begin with front matter: a line ---, then subject: …, then a line ---")
    end = next((at for at, line in enumerate(lines[1:], 1) if line.rstrip() == _FENCE), None)
    if end is None:
        return _wrong("the front matter has no end; close it with a line ---")
    head = "\n".join(["", *lines[1:end]]) + "\n"
    try:
        if _is_deep(head):
            return _wrong("the front matter can't be read: it is nested too deeply")
        root = yaml.compose(head, Loader=yaml.CSafeLoader)
    except YAMLError as error:
        return _unreadable(error)
    if not isinstance(root, MappingNode):
        return _wrong("the front matter must be keys and values, as subject: …")
    return _read(root, "\n" * (end + 1) + "\n".join(lines[end + 1 :]))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown word: the known one that is meant, or else all of them."""
    words = sorted(known)
    near = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    return f"did you mean «{near[0]}»?" if near else f"known are {', '.join(words)}"


_FENCE = "---"
_KEYS = ("subject", "attach")
_TEXT = "tag:yaml.org,2002:str"


def _is_deep(head: str) -> bool:
    """Looked at before nodes are made: libyaml makes them by recursion, and would end the process."""
    depth = 0
    for event in yaml.parse(head, Loader=yaml.CSafeLoader):
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > _DEEPEST:
            return True
    return False


_DEEPEST = 20


def _wrong(message: str) -> Parts:
    return Parts(findings=(Finding(1, 1, message),))


def _unreadable(error: YAMLError) -> Parts:
    mark = getattr(error, "problem_mark", None)
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    reason = getattr(error, "problem", None) or "it is no YAML"
    return Parts(findings=(Finding(line, column, f"the front matter can't be read: {reason}"),))


def _read(root: MappingNode, body: str) -> Parts:
    entries: dict[str, _Entry] = {}
    findings = []
    for key, value in root.value:
        if not isinstance(key, ScalarNode):
            findings.append(_at(key, "a key must be a plain word"))
        elif key.value not in _KEYS:
            hint = did_you_mean(str(key.value), _KEYS)
            findings.append(_at(key, f"«{key.value}» is not known here; {hint}"))
        elif key.value in entries:
            findings.append(_at(key, f"«{key.value}» stands here twice; remove one"))
        else:
            entries[key.value] = key, value
    findings += [*_wrong_subject(entries.get("subject")), *_wrong_attach(entries.get("attach"))]
    if findings:
        return Parts(body=body, findings=tuple(findings))
    names = [str(item.value) for item in entries["attach"][1].value] if "attach" in entries else []
    return Parts(_placed(entries["subject"][1]), tuple(names), body)


def _at(node: Node, message: str) -> Finding:
    return Finding(node.start_mark.line + 1, node.start_mark.column + 1, message)


_Entry = tuple[Node, Node]  # key and value


def _wrong_subject(entry: _Entry | None) -> Iterator[Finding]:
    if entry is None:
        yield Finding(1, 1, "subject is missing; a letter needs one")
        return
    key, value = entry
    if not isinstance(value, ScalarNode) or value.tag != _TEXT or not value.value.strip():
        yield _at(key, "subject must be text; put it in quotes")


def _wrong_attach(entry: _Entry | None) -> Iterator[Finding]:
    if entry is None:
        return
    key, value = entry
    if not isinstance(value, SequenceNode):
        yield _at(key, "attach must be a list of file names, as [preisliste.pdf]")
        return
    for item in value.value:
        if not _is_file_name(item):
            yield _at(item, "attach must be plain file names from templates/<client>/files/")


def _is_file_name(item: Node) -> bool:
    if not isinstance(item, ScalarNode) or item.tag != _TEXT or not item.value.isprintable():
        return False
    return bool(item.value.strip()) and not item.value.startswith(".") and not set(item.value) & set("/\\:")


def _placed(subject: Node) -> str:
    if not isinstance(subject, ScalarNode):
        return ""
    folded = subject.style in {"|", ">"}  # such text begins on the line after its key
    return f"{chr(10) * (subject.start_mark.line + folded)}{subject.value}"
