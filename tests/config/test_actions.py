"""What `check` says of actions that need more than their own words: templates without gaps, somebody to tell."""

from collections.abc import Callable
from pathlib import Path

import pytest

from maild.config.load import load_home
from tests.config.conftest import TODAY

Edit = Callable[[str, str, str], None]
SOUTH = "rules/south/rules.yaml"


def faults(home: Path) -> list[str]:
    """What is wrong in a home."""
    return [str(fault) for fault in load_home(home, today=TODAY).faults]


def warnings(home: Path) -> list[str]:
    """What is doubtful in a home without faults."""
    loaded = load_home(home, today=TODAY)
    assert loaded.faults == ()
    return [str(warning) for warning in loaded.warnings]


def test_an_answer_by_a_template_with_gaps_is_a_fault(home: Path, edit: Edit) -> None:
    """Nobody would fill them; in the line of the rule, also where only some language's template has them."""
    edit("rules/north/rules.yaml", "- draft: answer", "- answer: answer")
    edit("rules/north/rules.yaml", "draft: answer}", "answer: answer}")  # the test at the end
    (fault,) = faults(home)
    assert fault == (
        'rules/north/rules.yaml:7:17: rules[0].do[1].answer: template "answer" has gaps, which nobody would '
        "fill in an answer; take the gaps out, or write a draft"
    )
    plain = '---\nsubject: "x"\n---\nText\n'
    (home / "templates/north/de").mkdir(parents=True)
    (home / "templates/north/de/answer.txt.j2").write_text(plain, encoding="utf-8")
    assert faults(home) == []
    gaps = plain.replace("Text", '{{ gap("Liefertermin") }}')
    (home / "templates/en/answer.txt.j2").write_text(gaps, encoding="utf-8")
    assert len(faults(home)) == 1


def test_a_template_that_overrides_one_with_gaps_may_answer(home: Path, edit: Edit) -> None:
    """What counts is the client's own; and the file that it attaches must be there."""
    edit(SOUTH, "draft: {template: answer, attach: [preise.txt]}", "answer: answer")
    assert warnings(home) == []
    (home / "templates/south/files/preise.txt").unlink()
    assert [fault.partition(": ")[2] for fault in faults(home)] == [
        "template «answer» attaches «preise.txt»; put that file into the client's files/"
    ]


def test_a_broken_template_of_the_house_stops_who_answers_by_it(home: Path, edit: Edit) -> None:
    """As with drafts: the client that uses it, and nobody else."""
    (home / "templates/de/closed.txt.j2").write_text(
        '---\nsubject: "x"\n---\n{{ nonsense }}\n', encoding="utf-8"
    )
    edit(SOUTH, "draft: {template: answer, attach: [preise.txt]}", "answer: closed")
    loaded = load_home(home, today=TODAY)
    assert list(loaded.clients) == ["north"]
    assert any("template «closed» can't be used" in str(fault) for fault in loaded.faults)


@pytest.mark.parametrize(
    ("action", "warning"),
    [
        (
            "forward: {to: client, when: digest}",
            f"{SOUTH}:6:37: rules[0].do[1].forward.when: is not acted on in this version of maild; "
            "the mail is forwarded at once",
        ),
    ],
)
def test_what_is_not_carried_out_is_said(home: Path, action: str, warning: str) -> None:
    """In the line of the rule, so that nobody counts on it."""
    with (home / SOUTH).open("a", encoding="utf-8") as file:
        file.write(f"      - {action}\n")
    assert warnings(home) == [warning]


def test_a_digest_to_the_client_needs_an_address_too(home: Path, edit: Edit) -> None:
    """`forward: client` means notes.to, now or later."""
    edit("rules/south/client.yaml", "notes:\n  to: [peter@suedwerk.example]\n", "")
    edit(SOUTH, "draft: {template: answer, attach: [preise.txt]}", "forward: {to: client, when: digest}")
    assert [fault.partition("notes.to: ")[2] for fault in faults(home)] == [
        "names nobody, but rules note or forward to the client; add an address"
    ]
