"""Reading the plain data of a rules file and noting what is wrong with it, all in one go.

It knows what a list, a text and a key are, not what they mean. It never raises.
"""

import difflib
from collections.abc import Collection, Iterable
from dataclasses import dataclass

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in the data; the caller knows in which line `path` stands."""

    path: Path
    message: str
    on_key: bool = False  # the key is wrong, not its value


@dataclass(frozen=True, slots=True)
class RuleContext:
    """What rules may refer to."""

    templates: frozenset[str]
    forward_to: frozenset[str]  # declared addresses, in lower case
    identities: frozenset[str]
    protected_folders: frozenset[
        str
    ]  # no rule moves or copies into them: Drafts, Sent, Trash, review folders
    files: frozenset[str]  # names of files that a draft may attach
    people: frozenset[str] = frozenset()  # whose absences client.yaml lists, or may list
    has_hours: bool = True  # client.yaml names opening hours
    has_trusted_servers: bool = True  # client.yaml names servers whose authentication results are believed
    gapped: frozenset[str] = frozenset()  # those templates that leave gaps for a person to fill


class Sheet:
    """The problems found so far, and the checks that find more."""

    def __init__(self, context: RuleContext) -> None:
        self.context = context
        self.problems: list[Problem] = []
        self.memory = 0  # bytes that the patterns so far may use
        self.letters = 0  # of the texts and words so far that rules look for

    def say(self, path: Path, message: str, *, on_key: bool = False) -> None:
        """Note a problem."""
        self.problems.append(Problem(path, message, on_key))

    def table(
        self, value: object, path: Path, known: Collection[str], later: Collection[str] = ()
    ) -> dict[str, object]:
        """The keys of a map that are known; each other is a problem, and so is what is no map."""
        if not isinstance(value, dict):
            self.say(path, f"expected a map with {listed(known, 'or')}, found {kind(value)}")
            return {}
        for key in value:
            if key not in known:
                self.unknown_key(key, path, known, later)
        return {key: item for key, item in value.items() if key in known}

    def unknown_key(
        self, key: object, path: Path, known: Collection[str], later: Collection[str] = ()
    ) -> None:
        """Note a key that means nothing, or nothing yet."""
        name = str(key)
        if name in later:
            self.say((*path, name), f"{quoted(name)} is not available in this version of maild", on_key=True)
        else:
            meant = hint(name, [*known, *later]) or known_words(known)
            self.say((*path, name), f"unknown key {quoted(name)}{meant}", on_key=True)

    def text(self, value: object, path: Path) -> str | None:
        """A text that says something."""
        if isinstance(value, str) and value.strip():
            return value
        self.say(path, f"expected text, found {kind(value)}{_quote_it(value)}")
        return None

    def texts(self, value: object, path: Path, *, empty: bool = False) -> list[tuple[Path, str]]:
        """A text or a list of texts, each with its place; `empty` allows the empty text."""
        if not isinstance(value, list):
            value, places = [value], [path]
        else:
            places = [(*path, index) for index in range(len(value))]
            if not value:
                self.say(path, "the list is empty; write at least one entry")
        found = []
        for item, place in zip(value, places, strict=True):
            if isinstance(item, str) and (empty or item.strip()):
                found.append((place, item))
            else:
                self.say(place, f"expected text, found {kind(item)}{_quote_it(item)}")
        return found

    def items(self, value: object, path: Path) -> list[tuple[Path, object]]:
        """The entries of a list, each with its place; a problem where it is none, or empty."""
        if not isinstance(value, list):
            self.say(path, f"expected a list, found {kind(value)}; begin each entry with -")
            return []
        if not value:
            self.say(path, "the list is empty; write at least one entry")
        return [((*path, index), item) for index, item in enumerate(value)]

    def switch(self, value: object, path: Path) -> bool:
        """A true or false; false where it is neither."""
        if isinstance(value, bool):
            return value
        self.say(path, f"expected true or false, found {kind(value)}")
        return False

    def words(self, value: object, path: Path, what: str, known: Iterable[str]) -> list[str]:
        """One or a list of a few words; what is wrong is said with words that are right."""
        options = list(known)
        entries = value if isinstance(value, list) else [value]
        if not all(isinstance(entry, str) for entry in entries):
            wrong = next(entry for entry in entries if not isinstance(entry, str))
            self.say(path, f"expected a {what}, found {kind(wrong)}{known_words(options)}")
            return []
        found = [self.choice(text, place, what, options) for place, text in self.texts(value, path)]
        return [word for word in found if word]

    def choice(self, value: str, path: Path, what: str, known: Iterable[str]) -> str | None:
        """One of a few words, whatever its case."""
        options = list(known)
        if value.lower() in options:
            return value.lower()
        colon = ":" if what.endswith('"') else ""
        self.say(path, f"unknown {what}{colon} {quoted(value)}{hint(value, options) or known_words(options)}")
        return None


def kind(value: object) -> str:
    """A value as a message names it."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {value}"
        case str():
            return quoted(value) if value.strip() else "an empty text"
        case list():
            return "a list"
        case dict():
            return "a map"
        case _:
            return f"a {type(value).__name__}"


def _quote_it(value: object) -> str:
    return "; put it in quotes" if isinstance(value, int | float) else ""


def quoted(text: str) -> str:
    """A value from the file as a message shows it: on one line, printable, not too long."""
    clean = "".join(letter if letter.isprintable() else "?" for letter in text)
    return f'"{clean}"' if len(clean) <= _LONGEST else f'"{clean[: _LONGEST - 1]}…"'


_LONGEST = 60


def hint(word: str, known: Iterable[str]) -> str:
    """The likeliest word that was meant, as the end of a message; empty where none is near."""
    folded = {option.lower(): option for option in known}
    near = difflib.get_close_matches(word[:_LONGEST].lower(), folded, n=1, cutoff=_NEAR)
    meant = near[0] if near else _CALLED_ELSEWHERE.get(word.lower())
    return f"; did you mean «{folded[meant]}»?" if meant in folded else ""


_NEAR = 0.7  # trahs is near trash; delete is not near relate
_CALLED_ELSEWHERE = {  # in Sieve, in Outlook, and in German
    "fileinto": "move",
    "verschieben": "move",
    "kopieren": "copy",
    "addflag": "mark",
    "setflag": "mark",
    "flag": "mark",
    "label": "mark",
    "tag": "mark",
    "categorize": "mark",
    "redirect": "forward",
    "weiterleiten": "forward",
    "reply": "draft",
    "vacation": "answer",
    "autoreply": "answer",
    "notify": "note",
    "discard": "trash",
    "delete": "trash",
    "löschen": "trash",
    "sender": "from",
    "absender": "from",
    "von": "from",
    "an": "to",
    "empfänger": "recipient",
    "betreff": "subject",
    "text": "body",
    "anhang": "attachment",
    "größe": "size",
    "allof": "all",
    "anyof": "any",
    "and": "all",
    "or": "any",
    "if": "when",
    "actions": "do",
    "require": "use",
    "include": "use",
    "equals": "is",
    "startswith": "starts",
    "endswith": "ends",
    "word": "words",
    "kunde": "customer",
    "interessent": "prospect",
    "lieferant": "supplier",
    "behörde": "authority",
    "mitarbeiter": "employee",
    "gesperrt": "blocked",
    "unbekannt": "unknown",
}


def known_words(words: Collection[str]) -> str:
    """The end of a message where no word is near."""
    return f"; there are {listed(words)}" if len(words) > 1 else f"; there is only {listed(words)}"


def listed(words: Collection[str], last: str = "and") -> str:
    """Words as a sentence lists them."""
    *front, final = words
    return f"{', '.join(front)} {last} {final}" if front else final
