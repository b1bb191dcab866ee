"""How long a decision takes, by the number of rules; run by `make bench`.

Rules and mails are made up from a German vocabulary, always the same ones. Measured is `decide`, from the parsed mail
to the decision, folding included; its peer, in the same run, is the same decision with every rule asked in turn.
Times are those of the processor, each the median of several rounds.
"""

import argparse
import itertools
import json
import random
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from maild.config.document import read_yaml
from maild.core.decide import decide
from maild.core.facts import Facts
from maild.core.message import Address, Mail
from maild.core.rules.model import Rule, RuleSet
from maild.core.rules.parse.rules import RuleContext, parse_rules
from maild.core.rules.reading import Reading

SIZES = (10, 100, 1_000, 5_000)
MAILS = 100
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
FACTS = Facts(NOW, NOW)
NOTHING: frozenset[str] = frozenset()
CONTEXT = RuleContext(NOTHING, NOTHING, NOTHING, NOTHING, NOTHING)


def _words(text: str) -> list[str]:
    return text.split()


FIRST = _words(
    "Angebot Rechnung Vertrag Liefer Bestell Kunden Messe Termin Preis Lager Projekt Muster Ersatzteil Wartung Service "
    "Montage Werkzeug Maschinen Personal Reise Hotel Seminar Büro Drucker Papier Telefon Vertriebs Einkaufs Prüf Zoll "
    "Fracht Paket Garantie Reklamation Mahn Konto Steuer Gehalt Urlaub Kranken Bewerbung Schulung Presse Werbe "
    "Katalog Größen Häcksler Straßen Brücken Küchen Möbel Gärten Fenster Türen Öl Gas Strom Wasser Heizung Dach "
    "Fahrzeug Reifen Leasing Bank Kredit Versicherung Schaden Gutachten Anwalt Notar Behörden Antrag Bescheid"
)
SECOND = _words(
    "anfrage bestätigung nummer liste übersicht mappe schreiben abteilung leitung planung prüfung änderung kündigung "
    "verlängerung absage zusage rückfrage meldung bericht protokoll vorlage kopie daten fristen kosten rabatte "
    "konditionen bedingungen unterlagen formulare einladung erinnerung vereinbarung beratung betreuung freigabe "
    "sperre lieferung sendung abholung rückgabe umtausch gutschrift storno reparatur inspektion abnahme übergabe "
    "schlüssel ausweise karten fotos pläne zeichnungen muster proben tests ergebnisse zahlen"
)
FILLER = _words(
    "sehr geehrte Damen und Herren wir haben Ihre Nachricht erhalten und danken dafür bitte teilen Sie uns mit ob die "
    "Ware noch in diesem Jahr geliefert werden kann da unser Kunde für das Frühjahr plant außerdem möchten wir wissen "
    "welche Größe und welche Menge möglich ist über eine baldige Antwort würden wir uns freuen mit freundlichen Grüßen"
)
PAIRS = list(itertools.product(FIRST, SECOND))


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; times in microseconds of one message."""

    kind: str
    rules: int
    each: float
    per_second: int
    beside_ten: float  # times what ten rules cost
    linear: float  # every rule asked in turn
    candidates: float  # rules asked, of each message


@dataclass(frozen=True, slots=True)
class Load:
    """How long a rules file takes, in milliseconds."""

    rules: int
    yaml: float
    compiled: float
    index: float


class Linear(RuleSet):
    """The same rules, each of which is asked."""

    __slots__ = ()

    def candidates(self, reading: Reading) -> Iterator[Rule]:  # noqa: ARG002
        """All of them."""
        return iter(self.rules)


def header_only(number: int, word: str) -> dict[str, Any]:
    """A rule that looks at header fields."""
    conditions: list[dict[str, Any]] = [
        {"subject": {"words": [word]}},
        {"subject": word, "from": {"domain": f"kunde{number}.example"}},
        {"from": {"address": f"post{number}@firma{number % 50}.example"}},
        {"subject": {"starts": [f"[{word}]", f"{word}:"]}},
        {"header.X-Projekt": {"is": f"{word}-{number}"}},
        {"any": [{"from": {"name": word}}, {"subject": {"matches": f"*{word}*nr*{number}"}}]},
    ]
    return conditions[number % 6]


def text(number: int, word: str) -> dict[str, Any]:
    """A rule that looks for literals and words in the text."""
    conditions: list[dict[str, Any]] = [
        {"body": {"words": [word]}},
        {"body": [f"{word} nr. {number}", f"betrifft {word}"]},
        {"body": {"words": [f"neue {word}"]}, "subject": "frage"},
        {"any": [{"subject": {"words": [word]}}, {"body": f"unsere {word}"}]},
    ]
    return conditions[number % 4]


def regexes(number: int, word: str) -> dict[str, Any]:
    """A rule with a regular expression."""
    conditions: list[dict[str, Any]] = [
        {"body": {"regex": rf"\b{word}\s+nr\.?\s*\d{{3,8}}"}},
        {"body": {"regex": rf"({word}|{word[:6]}\w*{number})\W+(fehlt|falsch|dringend)"}},
        {"subject": {"regex": rf"^(aw|re|wg):.*{word}"}},
    ]
    return conditions[number % 3]


KINDS: dict[str, Callable[[int, str], dict[str, Any]]] = {
    "header only": header_only,
    "3 KB of text": text,
    "3 KB, regexes": regexes,
}


def data(kind: str, size: int) -> dict[str, Any]:
    """A rules file of that many rules, as YAML gives it."""
    chosen = random.Random(1)
    condition = KINDS[kind]
    rules = []
    for number in range(size):
        first, second = chosen.choice(PAIRS)
        rules.append({"name": f"r{number}", "when": condition(number, first + second), "do": ["trash"]})
    return {"rules": rules}


def mails(body: bool) -> list[Mail]:
    """Mails with a few compounds that some rules may look for."""
    chosen = random.Random(2)
    return [_mail(chosen, number, body) for number in range(MAILS)]


def _mail(chosen: random.Random, number: int, body: bool) -> Mail:
    first, second = chosen.choice(PAIRS)
    lines: list[str] = []
    while body and sum(map(len, lines)) < 3_000:
        compound = chosen.choice(FIRST) + chosen.choice(SECOND)
        lines.append(" ".join([*chosen.choices(FILLER, k=10), compound if chosen.random() < 0.1 else "und"]))
    return Mail(
        headers=(
            ("Received", "from a.example by b.example"),
            ("X-Projekt", f"{first}-{number}"),
            ("To", "info"),
        ),
        subject=f"AW: Frage zur {first}{second} Nr. {number}",
        from_=(Address(f"post{number}@firma{number % 50}.example", f"{chosen.choice(FIRST)} GmbH"),),
        to=(Address("info@northwind.example", "Northwind Tools"),),
        text="\n".join(lines),
        new_text="\n".join(lines),
    )


def compiled(kind: str, size: int) -> RuleSet:
    """The rules, ready for use."""
    rules, problems = parse_rules(data(kind, size), CONTEXT, "rules.yaml")
    assert not problems, problems[0]
    return rules


def row(kind: str, size: int, rounds: int, ten: float | None) -> Row:
    """Measure one kind and number of rules."""
    rules = compiled(kind, size)
    batch = mails(body=kind != "header only")
    asked = [sum(1 for _ in rules.candidates(Reading(mail, FACTS))) for mail in batch]
    each = _microseconds(rules, batch, rounds)
    few = batch[: max(10, MAILS * 10 // size)]
    linear = _microseconds(Linear(rules.rules), few, max(3, rounds // 3))
    return Row(kind, size, each, round(1e6 / each), each / (ten or each), linear, statistics.fmean(asked))


def _microseconds(rules: RuleSet, batch: list[Mail], rounds: int) -> float:
    for mail in batch:  # automata are built on the way
        decide(rules, mail, FACTS)
    times = []
    for _ in range(rounds):
        start = time.process_time_ns()
        for mail in batch:
            decide(rules, mail, FACTS)
        times.append((time.process_time_ns() - start) / 1_000 / len(batch))
    return statistics.median(times)


def load(size: int, rounds: int) -> Load:
    """Measure what stands between a file and its first use."""
    mixed = [rule for kind in KINDS for rule in data(kind, size // len(KINDS) + 1)["rules"]][:size]
    named = [{**rule, "name": f"r{number}"} for number, rule in enumerate(mixed)]
    raw = _as_yaml({"rules": named}).encode()
    steps: list[tuple[float, float, float]] = []
    for _ in range(rounds):
        start = time.process_time()
        document = read_yaml(raw, "rules.yaml")
        read = time.process_time()
        rules, problems = parse_rules(document.data, CONTEXT, "rules.yaml")
        parsed = time.process_time()
        next(rules.candidates(Reading(Mail(), FACTS)), None)
        steps.append((read - start, parsed - read, time.process_time() - parsed))
        assert not document.faults
        assert not problems
        assert len(rules.rules) == size
    return Load(size, *(1_000 * statistics.median(step) for step in zip(*steps, strict=True)))


def _as_yaml(value: dict[str, Any]) -> str:
    """As an admin would write it, each key on its line."""
    lines = ["rules:"]
    for rule in value["rules"]:
        lines += [f"  - name: {rule['name']}", "    when:"]
        lines += [
            f"      {key}: {json.dumps(item, ensure_ascii=False)}" for key, item in rule["when"].items()
        ]
        lines += ["    do:", "      - trash"]
    return "\n".join(lines) + "\n"


def table(rows: list[Row], loads: list[Load]) -> str:
    """All of it for people."""
    lines = [
        f"{'':14} {'rules':>6} {'µs/message':>11} {'messages/s':>11} {'beside 10':>10} "
        f"{'each in turn, µs':>17} {'ratio':>7} {'asked':>6}"
    ]
    lines += [
        f"{row.kind:14} {row.rules:6,} {row.each:11.1f} {row.per_second:11,} {row.beside_ten:9.2f}x "
        f"{row.linear:17.1f} {row.linear / row.each:6.1f}x {row.candidates:6.1f}"
        for row in rows
    ]
    lines += [
        "",
        f"{'loading, ms':14} {'rules':>6} {'YAML':>11} {'compiling':>11} {'index':>10} {'together':>17}",
    ]
    lines += [
        f"{'':14} {load.rules:6,} {load.yaml:11.0f} {load.compiled:11.0f} {load.index:10.0f} "
        f"{load.yaml + load.compiled + load.index:17.0f}"
        for load in loads
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure, and print one table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--rounds", type=int, default=15, help="rounds of which the median counts")
    arguments = parser.parse_args()
    rows: list[Row] = []
    for kind in KINDS:
        ten = None
        for size in SIZES:
            rows.append(row(kind, size, arguments.rounds, ten))
            ten = ten or rows[-1].each
    loads = [load(size, max(3, arguments.rounds // 3)) for size in SIZES]
    figures = {"rows": [asdict(each) for each in rows], "loads": [asdict(each) for each in loads]}
    print(json.dumps(figures, indent=1) if arguments.json else table(rows, loads))


if __name__ == "__main__":
    main()
