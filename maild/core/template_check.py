"""What can be known to be wrong with a template before any letter is written from it.

Walks the parsed template; runs nothing. Whatever passes here can still lack a value in one letter, but never a name.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from jinja2 import TemplateSyntaxError, meta, nodes

from maild.core.template_environment import LetterEnvironment
from maild.core.template_front import did_you_mean
from maild.core.template_views import FUNCTIONS, KNOWN, VIEWS, Finding, kind_of, parts_of


def findings_in(
    environment: LetterEnvironment, source: str, lines: Sequence[str], *, in_subject: bool = False
) -> list[Finding]:
    """Everything wrong with a template, by line; `lines` are the file's, in which the columns are looked up."""
    try:
        tree = environment.parse(source)
        found = list(_findings(tree, environment, in_subject=in_subject))
    except TemplateSyntaxError as error:
        return [Finding(error.lineno, 1, f"this can't be read as a template: {error.message}")]
    except RecursionError:
        return [Finding(1, 1, "this can't be read as a template: it is nested too deeply")]
    return [_placed(each, lines) for each in sorted(found, key=lambda each: each.line)]


def gap_names(environment: LetterEnvironment, source: str) -> tuple[str, ...]:
    """The names of all gaps of a template that has no findings, each once, in order."""
    calls = environment.parse(source).find_all(nodes.Call)
    return tuple(dict.fromkeys(call.args[0].as_const() for call in calls if _called(call) == "gap"))


def names_used(environment: LetterEnvironment, source: str) -> frozenset[str]:
    """What a template that has no findings asks for: mail, salutation, quotation and the like."""
    return frozenset(meta.find_undeclared_variables(environment.parse(source)))


def paths_used(environment: LetterEnvironment, source: str) -> frozenset[str]:
    """The values of views that a template without findings asks for: mail.date, contact.phone."""
    steps = _steps(environment.parse(source))
    return frozenset(path for step in steps if (path := _path(step)) is not None)


def _findings(tree: nodes.Template, environment: LetterEnvironment, *, in_subject: bool) -> Iterator["_Word"]:
    unusable = [*_unusable_tags(tree), *_unknown_filters(tree, environment)]
    yield from unusable
    yield from _paths(tree)
    yield from _bare_names(tree)
    yield from _calls(tree, in_subject)
    yield from _printed(tree)
    if not unusable:  # Jinja's own search stops at the first unknown filter
        yield from _unknown_names(tree)


@dataclass(frozen=True, slots=True)
class _Word:
    """A finding whose column is still to be looked up: that of its word in its line."""

    line: int
    word: str
    message: str


def _placed(found: _Word, lines: Sequence[str]) -> Finding:
    line = lines[found.line - 1] if found.line <= len(lines) else ""
    return Finding(found.line, max(line.find(found.word), 0) + 1, found.message)


_UNUSABLE: dict[type[nodes.Node], str] = {
    nodes.Include: "include",
    nodes.Import: "import",
    nodes.FromImport: "import",
    nodes.Extends: "extends",
    nodes.Macro: "macro",
    nodes.CallBlock: "call",
    nodes.Block: "block",
    nodes.ScopedEvalContextModifier: "autoescape",
}


def _unusable_tags(tree: nodes.Template) -> Iterator[_Word]:
    for kind, tag in _UNUSABLE.items():
        for node in tree.find_all(kind):
            yield _Word(node.lineno, tag, f"{{% {tag} %}} can't be used in a letter")
    for reference in tree.find_all(nodes.NSRef):
        yield _Word(reference.lineno, reference.name, "only a plain name can be set, without a dot")
    for name in tree.find_all(nodes.Name):
        if name.ctx != "load" and name.name in KNOWN:
            yield _Word(name.lineno, name.name, f"«{name.name}» is given and can't be set; take another name")


def _unknown_filters(tree: nodes.Template, environment: LetterEnvironment) -> Iterator[_Word]:
    for word, kind, known in (
        ("filter", nodes.Filter, environment.filters),
        ("test", nodes.Test, environment.tests),
    ):
        for node in tree.find_all(kind):
            if node.name not in known:
                names = [name for name in known if name[0].isalpha()]
                hint = did_you_mean(node.name, names)
                yield _Word(node.lineno, node.name, f"the {word} «{node.name}» is not known; {hint}")


def _paths(tree: nodes.Template) -> Iterator[_Word]:
    """mail.sujet, contact["famly"], mail.subject.upper."""
    for node in _steps(tree):
        above, part = _path(node.node), _part(node)
        if part is not None and part.startswith("_"):
            yield _Word(node.lineno, part, f"«{part}» can't be used in a letter")
        elif above is None or part is None or above.partition(".")[0] not in KNOWN:
            continue
        elif (known := parts_of(above)) and part not in known:
            yield _Word(node.lineno, part, f"«{above}.{part}» is not known; {did_you_mean(part, known)}")
        elif not known and kind_of(above):
            yield _Word(node.lineno, part, f"«{above}» is plain text and has no «{part}»; use a filter")


def _steps(tree: nodes.Template) -> list[nodes.Getattr | nodes.Getitem]:
    return [*tree.find_all(nodes.Getattr), *tree.find_all(nodes.Getitem)]


def _path(node: nodes.Node) -> str | None:
    """ "mail.date" for such an expression; None for any other."""
    if isinstance(node, nodes.Name):
        return node.name
    part = _part(node)
    above = _path(node.node) if isinstance(node, nodes.Getattr | nodes.Getitem) else None
    return f"{above}.{part}" if above and part is not None else None


def _part(node: nodes.Node) -> str | None:
    if isinstance(node, nodes.Getattr):
        return node.attr
    if (
        isinstance(node, nodes.Getitem)
        and isinstance(node.arg, nodes.Const)
        and isinstance(node.arg.value, str)
    ):
        return node.arg.value
    return None


def _bare_names(tree: nodes.Template) -> Iterator[_Word]:
    """A view or `gap` that stands alone: it would print as Python."""
    led = {id(node.node) for node in _steps(tree) if _part(node) is not None}
    called = {id(node.node) for node in tree.find_all(nodes.Call)}
    for name in tree.find_all(nodes.Name):
        if name.name in VIEWS and name.ctx == "load" and id(name) not in led:
            hint = ", ".join(f"{name.name}.{part}" for part in parts_of(name.name))
            yield _Word(name.lineno, name.name, f"«{name.name}» alone is no text; write one of {hint}")
        if name.name in FUNCTIONS and name.ctx == "load" and id(name) not in called:
            yield _Word(name.lineno, name.name, _USE[name.name])


_USE = {
    "gap": 'a gap needs its name, in quotes: gap("Liefertermin")',
    "sie": 'sie needs two texts, for Sie and for du: sie("Ihre", "deine")',
}


def _calls(tree: nodes.Template, in_subject: bool) -> Iterator[_Word]:
    for call in tree.find_all(nodes.Call):
        name = _called(call)
        if name not in FUNCTIONS:
            yield _Word(call.lineno, "(", "only gap(…) and sie(…, …) can be called in a letter")
        elif name == "gap" and in_subject:
            yield _Word(
                call.lineno, "gap", "a gap can't stand in the subject; it is looked for in the text only"
            )
        elif not (_is_gap_name(call) if name == "gap" else _is_pair(call)):
            yield _Word(call.lineno, name, _USE[name])


def _called(call: nodes.Call) -> str:
    return call.node.name if isinstance(call.node, nodes.Name) else ""


def _is_gap_name(call: nodes.Call) -> bool:
    name = _texts(call)[0] if len(_texts(call)) == 1 else None
    return isinstance(name, str) and name.isprintable() and name == name.strip(" «»") != ""


def _is_pair(call: nodes.Call) -> bool:
    texts = _texts(call)
    return len(texts) == 2 and all(isinstance(text, str) and text.strip() for text in texts)


def _texts(call: nodes.Call) -> list[object]:
    """The arguments of a call, if all of them are plain and literal."""
    plain = not (call.kwargs or call.dyn_args or call.dyn_kwargs)
    literal = [each.value for each in call.args if isinstance(each, nodes.Const)]
    return literal if plain and len(literal) == len(call.args) else []


def _printed(tree: nodes.Template) -> Iterator[_Word]:
    """{{ mail.date }} would print as a computer writes it, {{ contact.du }} as True."""
    for output in tree.find_all(nodes.Output):
        for child in output.nodes:
            path = _path(child) or ""
            if kind_of(path) in {datetime, date}:
                hint = f"{{{{ {path} | datum }}}}"
                yield _Word(child.lineno, path, f"«{path}» is a date and needs a filter: {hint}")
            elif kind_of(path) is bool:
                yield _Word(
                    child.lineno, path, f"«{path}» is a yes or no: it can be asked with if, not printed"
                )


def _unknown_names(tree: nodes.Template) -> Iterator[_Word]:
    unknown = (meta.find_undeclared_variables(tree) | {"self", "super"}) - KNOWN
    seen: set[str] = set()
    for name in tree.find_all(nodes.Name):
        if name.name in unknown and name.name not in seen:
            seen.add(name.name)
            yield _Word(
                name.lineno, name.name, f"«{name.name}» is not known; {did_you_mean(name.name, KNOWN)}"
            )
