"""The account of a decision: it agrees with `decide`, shows what each condition saw, and can't be abused by a mail."""

import ast
import inspect
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import ModuleType
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maild.core import action as actions
from maild.core import answering, decide, machine
from maild.core.action import Action, action_name, action_value, read_action
from maild.core.business import Absence, Business
from maild.core.contact import Relationship
from maild.core.durations import BusinessHours
from maild.core.facts import Facts
from maild.core.history import History, Letter
from maild.core.hours import Calendar, Opening
from maild.core.message import Address, Attachment, Machine, Mail
from maild.core.rules import circumstances, conditions, texts
from maild.core.rules.explain.circumstances import look_around
from maild.core.rules.explain.explain import Answer, Explanation, Outcome, Trace, explain
from maild.core.rules.explain.seen import Seen, look
from maild.core.rules.explain.wording import WORDINGS, Wording
from maild.core.rules.explain.wording.german_marks import MARKS
from maild.core.rules.explain.wording.german_reasons import reason
from maild.core.rules.model import Mode, Rule, Then
from maild.core.rules.patterns import glob, regex
from maild.core.rules.reading import Reading
from maild.core.rules.words import phrase
from tests.core.test_decide import ALL_FACTS, FACTS, MAIL, MAILS, RULES, ruleset

ENGLISH, GERMAN = WORDINGS["en"], WORDINGS["de"]


# It agrees with decide


@settings(deadline=None)
@given(st.lists(RULES, max_size=5), MAILS, ALL_FACTS)
def test_the_account_is_that_of_the_decision(rules: list[dict[str, Any]], mail: Mail, facts: Facts) -> None:
    """Rules that held, were on trial or stopped everything are those of `decide`; every answer fits its outcome."""
    compiled = ruleset(*rules)
    account = explain(compiled, mail, facts)
    decision = decide.decide(compiled, mail, facts)
    assert account.decision == decision
    assert [trace.rule for trace in account.traces] == list(compiled.rules)
    assert names(account, Outcome.HELD, Outcome.PAUSED) == decision.rules
    assert names(account, Outcome.PAUSED) == ((decision.paused,) if decision.paused else ())
    assert names(account, Outcome.CANARY) == tuple(dict.fromkeys(step.rule for step in decision.canary))
    ended = ""
    for trace in account.traces:
        assert (trace.outcome is Outcome.NOT_REACHED, trace.ended_by) == (bool(ended), ended)
        if not ended:
            assert trace.fits == (trace.outcome in {Outcome.HELD, Outcome.CANARY, Outcome.PAUSED})
        if trace.outcome is Outcome.EXCEPTED:
            assert trace.unless is not None
            assert trace.unless.holds
        ended = ended or (trace.rule.name if trace.ends else "")


@settings(deadline=None)
@given(st.lists(RULES, max_size=3), MAILS, ALL_FACTS)
def test_every_part_is_asked_and_the_whole_follows_from_the_parts(
    rules: list[dict[str, Any]], mail: Mail, facts: Facts
) -> None:
    """Also the parts that a decision may pass over; all, any and not come out as their parts do."""
    for trace in explain(ruleset(*rules), mail, facts).traces:
        assert (trace.when is None, trace.unless is None) == (
            trace.rule.when is None,
            trace.rule.unless is None,
        )
        for answer in (*every(trace.when), *every(trace.unless)):
            parts = [part.holds for part in answer.parts]
            match answer.condition:
                case conditions.AllOf(parts=asked):
                    assert (len(parts), answer.holds) == (len(asked), all(parts))
                case conditions.AnyOf(parts=asked):
                    assert (len(parts), answer.holds) == (len(asked), any(parts))
                case conditions.Not():
                    assert parts == [not answer.holds]
                case _:
                    assert parts == []


def test_later_rules_see_what_earlier_ones_did() -> None:
    """Flags and relationship are those that the rules before have left, as in the decision."""
    rules = ruleset(
        {"do": [{"mark": ["wichtig"]}, {"relate": "vip"}], "then": "continue"},
        {"when": {"flags": "wichtig", "relationship": "vip"}, "do": [{"move": "A"}]},
    )
    _, second = explain(rules, MAIL, FACTS).traces
    assert second.outcome is Outcome.HELD
    assert said(second.when, ENGLISH) == [
        "the mail is marked wichtig: yes, wichtig",
        "the sender is vip: yes, vip",
    ]


def test_what_happens_before_a_pause_is_seen_too() -> None:
    """A paused rule leaves no step at all, yet it was held against the mail as the rules before had left it."""
    rules = ruleset(
        {"do": [{"mark": "flagged"}], "then": "continue"},
        {"when": {"flags": "flagged"}, "do": [{"move": "A"}]},
        {"do": ["trash"]},
    )
    account = explain(rules, MAIL, replace(FACTS, paused=frozenset({"r1"})))
    assert [trace.outcome for trace in account.traces] == [Outcome.HELD, Outcome.PAUSED, Outcome.NOT_REACHED]
    assert account.traces[1].fits
    assert account.decision.steps == ()


def test_each_outcome() -> None:
    """Not held, taken away by its exception, on trial, holding and going on, holding and ending, not reached."""
    yes, no = {"subject": "Angebot"}, {"subject": "Rechnung"}
    rules = ruleset(
        {"when": no, "do": ["trash"]},
        {"when": yes, "unless": yes, "do": ["trash"]},
        {"mode": "canary", "do": ["trash"]},
        {"do": [{"copy": "A"}], "then": "continue"},
        {"do": ["keep"]},
        {"when": no, "do": ["trash"]},
        {"when": yes, "do": ["trash"]},
    )
    traces = explain(rules, MAIL, FACTS).traces
    assert [ENGLISH.outcome(trace) for trace in traces] == [
        "does not hold",
        "does not hold: its conditions do, but so does its exception (unless)",
        "holds, but is on trial (mode: canary): it does nothing, and later rules are tried",
        "holds, and later rules are tried as well",
        "holds; no later rule is tried",
        "not tried, because “r4” has ended the rules; it would not have held either",
        "not tried, because “r4” has ended the rules; it would have held, too",
    ]
    assert [GERMAN.outcome(trace) for trace in traces][:2] == [
        "trifft nicht zu",
        "trifft nicht zu: Die Bedingungen sind erfüllt, aber die Ausnahme (unless) auch",
    ]


# What conditions saw

LETTER = Mail(
    headers=(("X-Spam", "no"),),
    subject="Angebotsanfrage Größe 12",
    from_=(Address("anna+shop@mail.kunde.example", "Anna Müller"),),
    to=(Address("info@northwind.example"), Address("x@rival.example", "Rival")),
    text="Hallo",
    new_text="Guten Tag,\n\nwir hatten im Herbst bei Ihnen einen Schaden gemeldet. Es war ein\nTransportschaden "
    "an der zweiten Palette, und niemand hat sich darum gekümmert.\n\nAnna Müller",
    attachments=(
        Attachment("Plan.pdf", "application/pdf", 2_500_000),
        Attachment("Bild.png", "image/png", 900),
    ),
    machine=Machine.NEWSLETTER,
    machine_reason="List-Id",
    size=3 << 20,
)
SEEN = [
    (
        {"subject": {"words": ["Preisliste", "Angebot"]}},
        "the subject contains a form of “Preisliste” or “Angebot”: yes, "
        "“Angebotsanfrage” in “Angebotsanfrage Größe 12”",
        "Betreff enthält „Preisliste“, „Angebot“ oder eine Form davon: ja, "
        "„Angebotsanfrage“ in „Angebotsanfrage Größe 12“",
    ),
    (
        {"subject": {"words": "Rechnung"}},
        "the subject contains a form of “Rechnung”: no, “Angebotsanfrage Größe 12”",
        "Betreff enthält „Rechnung“ oder eine Form davon: nein, „Angebotsanfrage Größe 12“",
    ),
    (
        {"subject": {"words": "Angebot", "exact": True}},
        "the subject contains the word “Angebot”, letter by letter: no, “Angebotsanfrage Größe 12”",
        "Betreff enthält das Wort „Angebot“, genau so geschrieben: nein, „Angebotsanfrage Größe 12“",
    ),
    (
        {"subject": "grösse"},
        "the subject contains “grösse”: yes, “Größe” in “Angebotsanfrage Größe 12”",
        "Betreff enthält „grösse“: ja, „Größe“ in „Angebotsanfrage Größe 12“",
    ),
    (
        {"subject": {"starts": "ANGEBOT"}},
        "the subject begins with “ANGEBOT”: yes, “Angebot” in “Angebotsanfrage Größe 12”",
        "Betreff beginnt mit „ANGEBOT“: ja, „Angebot“ in „Angebotsanfrage Größe 12“",
    ),
    (
        {"subject": {"ends": "groesse 12"}},
        "the subject ends with “groesse 12”: yes, “Größe 12” in “Angebotsanfrage Größe 12”",
        "Betreff endet auf „groesse 12“: ja, „Größe 12“ in „Angebotsanfrage Größe 12“",
    ),
    (
        {"subject": {"is": "x"}},
        "the subject is “x”: no, “Angebotsanfrage Größe 12”",
        "Betreff lautet „x“: nein, „Angebotsanfrage Größe 12“",
    ),
    (
        {"subject": {"matches": "angebot*"}},
        "the subject fits the pattern “angebot*”: yes, “Angebotsanfrage Größe 12”",
        "Betreff passt zum Muster „angebot*“: ja, „Angebotsanfrage Größe 12“",
    ),
    (
        {"subject": {"regex": r"Grö\w+ \d+"}},
        r"the subject fits the regular expression “Grö\w+ \d+”: yes, “Größe 12” in “Angebotsanfrage Größe 12”",
        r"Betreff passt zum regulären Ausdruck „Grö\w+ \d+“: ja, „Größe 12“ in „Angebotsanfrage Größe 12“",
    ),
    (
        {"body": {"words": "Transportschaden"}},
        "the new text contains a form of “Transportschaden”: yes, “Transportschaden” in "
        "“…gemeldet. Es war ein Transportschaden an der zweiten…”",
        "neuer Text enthält „Transportschaden“ oder eine Form davon: ja, „Transportschaden“ in "
        "„…gemeldet. Es war ein Transportschaden an der zweiten…“",
    ),
    (
        {"body": {"words": "Transportschaden", "quoted": True}},
        "the text with its quotations contains a form of “Transportschaden”: no, “Hallo”",
        "Text samt Zitaten enthält „Transportschaden“ oder eine Form davon: nein, „Hallo“",
    ),
    (
        {"body": "xyz"},
        "the new text contains “xyz”: no, it begins “Guten Tag, wir hatten im Herbst bei Ihnen einen Schaden gem…”",
        "neuer Text enthält „xyz“: nein, Anfang: „Guten Tag, wir hatten im Herbst bei Ihnen einen Schaden gem…“",
    ),
    (
        {"header.X-Spam": "yes"},
        "the header x-spam contains “yes”: no, “no”",
        "Kopfzeile x-spam enthält „yes“: nein, „no“",
    ),
    (
        {"header.X-None": "yes"},
        "the header x-none contains “yes”: no (none)",
        "Kopfzeile x-none enthält „yes“: nein (fehlt)",
    ),
    (
        {"from": {"domain": "kunde.example", "name": "anna"}},
        "the sender's domain is kunde.example or below and name contains “anna”: yes, “Anna” in "
        "“Anna Müller <anna+shop@mail.kunde.example>”",
        "Domain des Absenders ist kunde.example oder liegt darunter und Name des Absenders enthält „anna“: ja, "
        "„Anna“ in „Anna Müller <anna+shop@mail.kunde.example>“",
    ),
    (
        {"from": {"local": "anna", "detail": "info"}},
        "the sender's part before the @ is anna and part between + and @ is info: no, "
        "“Anna Müller <anna+shop@mail.kunde.example>”",
        "Adresse des Absenders hat vor dem @ anna und Adresse des Absenders hat zwischen + und @ info: nein, "
        "„Anna Müller <anna+shop@mail.kunde.example>“",
    ),
    (
        {"recipient": {"in": ["x@rival.example", "y@rival.example"]}},
        "a recipient's (To or Cc) address is x@rival.example or y@rival.example: yes, “Rival <x@rival.example>”",
        "Adresse eines Empfängers (An oder Cc) ist x@rival.example oder y@rival.example: ja, „Rival <x@rival.example>“",
    ),
    (
        {"to": "nobody"},
        "a recipient's (To) address or name contains “nobody”: no, “info@northwind.example”, “Rival <x@rival.example>”",
        "Adresse oder Name eines Empfängers (An) enthält „nobody“: nein, "
        "„info@northwind.example“, „Rival <x@rival.example>“",
    ),
    (
        {"cc": {"domain": "müller.example"}},
        "a recipient's (Cc) domain is müller.example or below: no (none)",
        "Domain eines Empfängers (Cc) ist müller.example oder liegt darunter: nein (fehlt)",
    ),
    (
        {"attachment": {"type": "application/pdf", "larger": "1MB"}},
        "the mail has an attachment whose type is application/pdf and size is larger than 1 MB: yes, "
        "1 of 2: “Plan.pdf” (application/pdf, 2.4 MB)",
        "die Mail hat einen Anhang (Dateityp ist application/pdf und Datei ist größer als 1 MB): ja, "
        "1 von 2: „Plan.pdf“ (application/pdf, 2,4 MB)",
    ),
    (
        {"attachment": {"count": {"at_least": 3}}},
        "the mail has at least 3 attachments: no, 2 of 2: “Plan.pdf” (application/pdf, 2.4 MB), "
        "“Bild.png” (image/png, 900 bytes)",
        "die Mail hat mindestens 3 Anhänge: nein, 2 von 2: „Plan.pdf“ (application/pdf, 2,4 MB), "
        "„Bild.png“ (image/png, 900 Byte)",
    ),
    (
        {"size": {"larger": "2MB"}},
        "the mail is larger than 2 MB: yes, it has 3 MB",
        "die Mail ist größer als 2 MB: ja, sie hat 3 MB",
    ),
    (
        {"machine": ["bounce", "newsletter"]},
        "the mail is a bounce or a newsletter: yes, a newsletter (told by: List-Id)",
        "die Mail ist eine Unzustellbarkeitsmeldung oder ein Newsletter: ja, ein Newsletter (erkannt an: List-Id)",
    ),
    (
        {"relationship": ["vip", "customer"]},
        "the sender is vip or customer: no, unknown",
        "Absender ist VIP oder Kunde: nein, unbekannt",
    ),
    (
        {"flags": ["seen", "eilig"]},
        "the mail is marked eilig or seen: no (none)",
        "die Mail ist gekennzeichnet als „eilig“ oder gelesen: nein (keine)",
    ),
]


@pytest.mark.parametrize(("asked", "english", "german"), SEEN)
def test_a_condition_says_what_it_saw(asked: dict[str, Any], english: str, german: str) -> None:
    """The question, the answer and the value that it rests on, in both languages."""
    (trace,) = explain(ruleset({"when": asked, "do": ["trash"]}), LETTER, FACTS).traces
    assert said(trace.when, ENGLISH) == [english]
    assert said(trace.when, GERMAN) == [german]


FRIDAY = datetime(2026, 11, 20, 18, 5, tzinfo=UTC)
BUSINESS = Business(
    calendar=Calendar(openings=((Opening(480, 720), Opening(780, 1020)),) * 5 + ((), ())),
    absences=(Absence("Jane Doe", date(2026, 11, 16), date(2026, 11, 27)),),
    trusted_servers=frozenset({"mx.northwind.example"}),
)
AROUND = Facts(
    now=FRIDAY + timedelta(hours=50),
    received=FRIDAY,
    history=History(
        received=(FRIDAY - timedelta(days=2), FRIDAY - timedelta(days=40)),
        sent=(FRIDAY - timedelta(days=3),),
        letters=(Letter("offer", FRIDAY - timedelta(days=3)),),
    ),
    business=BUSINESS,
)
CIRCUMSTANCES = [
    (
        circumstances.AgeIs(older=timedelta(hours=4)),
        "the mail came more than 4 hours ago: yes, it came 2 days ago",
        "die Mail kam vor mehr als 4 Stunden: ja, sie kam vor 2 Tagen",
    ),
    (
        circumstances.ReceivedIs(frozenset({0, 5}), (Opening(480, 720),)),
        "the mail came on a Monday or Saturday between 08:00 and 12:00: no, it came on Friday, 2026-11-20 18:05",
        "die Mail kam an einem Montag oder Samstag zwischen 08:00 und 12:00 Uhr: nein, "
        "sie kam am Freitag, 20.11.2026, 18:05 Uhr",
    ),
    (
        circumstances.HoursAre(wanted=False),
        "the mail came while the office was closed: yes, it came on Friday, 2026-11-20 18:05; "
        "that day the office was open 08:00 to 12:00 and 13:00 to 17:00",
        "die Mail kam außerhalb der Geschäftszeiten: ja, sie kam am Freitag, 20.11.2026, 18:05 Uhr; "
        "an dem Tag war von 08:00 bis 12:00 und 13:00 bis 17:00 Uhr geöffnet",
    ),
    (
        circumstances.HolidayIs(wanted=True),
        "the mail came on a public holiday: no, 2026-11-20 was an ordinary day",
        "die Mail kam an einem gesetzlichen Feiertag: nein, der 20.11.2026 war kein Feiertag",
    ),
    (
        circumstances.AbsenceIs(wanted=True, people=frozenset({"Jane Doe"})),
        "Jane Doe was away when the mail came: yes, away: Jane Doe",
        "beim Eingang war Jane Doe abwesend: ja, abwesend: Jane Doe",
    ),
    (
        circumstances.FirstContactIs(wanted=True),
        "it is the first contact with the sender: no, earlier mails from the sender: 2, letters to the sender: 1",
        "es ist der erste Kontakt mit dem Absender: nein, frühere Mails vom Absender: 2, Schreiben an ihn: 1",
    ),
    (
        circumstances.ReceivedBefore(at_least=2, within=timedelta(days=7)),
        "at least 2 earlier mails came from the sender within 7 days before this mail: no, "
        "1, the last on Wednesday, 2026-11-18 18:05",
        "vom Absender kamen innerhalb von 7 Tagen vor dieser Mail schon mindestens 2 Mails: nein, "
        "1, zuletzt am Mittwoch, 18.11.2026, 18:05 Uhr",
    ),
    (
        circumstances.SentBefore(wanted=False),
        "no letter went to the sender before: no, 1, the last on Tuesday, 2026-11-17 18:05",
        "an den Absender ging kein Schreiben: nein, 1, zuletzt am Dienstag, 17.11.2026, 18:05 Uhr",
    ),
    (
        circumstances.TemplateSent("dunning", timedelta(days=1)),
        "a letter by the template “dunning” went to the sender within 1 day before this mail: no, there was none",
        "an den Absender ging innerhalb von 1 Tag vor dieser Mail schon ein Schreiben nach der Vorlage „dunning“: "
        "nein, es gab keines",
    ),
    (
        circumstances.ThreadIsOurs(),
        "the mail refers to a letter of ours: no",
        "die Mail bezieht sich auf ein Schreiben von uns: nein",
    ),
    (
        circumstances.LanguageIs(frozenset({"de", "en"})),
        "the language is German or English: yes, German",
        "die Sprache ist Deutsch oder Englisch: ja, Deutsch",
    ),
    (
        circumstances.AuthenticatedIs(wanted=True),
        "the mail is proved to come from the sender's domain: yes, proved by dmarc (dmarc=pass and spf=fail)",
        "die Mail stammt nachweislich von der Domain des Absenders: ja, "
        "nachgewiesen durch dmarc (dmarc=pass und spf=fail)",
    ),
    (
        circumstances.MethodFound("spf", frozenset({"pass"})),
        "the server found spf=pass: no, spf=fail",
        "der Server stellte fest: spf=pass: nein, spf=fail",
    ),
    (
        circumstances.EncryptedIs(wanted=False),
        "the mail is not encrypted: yes",
        "die Mail ist nicht verschlüsselt: ja",
    ),
    (
        circumstances.SignedIs(wanted=True),
        "the mail has a signature that was verified: no, it is not signed",
        "die Mail trägt eine geprüfte Unterschrift: nein, sie trägt keine",
    ),
]


@pytest.mark.parametrize(("condition", "english", "german"), CIRCUMSTANCES)
def test_a_circumstance_says_what_it_saw(condition: Any, english: str, german: str) -> None:
    """Times in the client's zone, what passed before, and what the trusted server found."""
    results = (("Authentication-Results", "mx.northwind.example; dmarc=pass; spf=fail"),)
    mail = replace(LETTER, headers=results, from_=LETTER.from_[:1])
    reading = Reading(mail, AROUND)
    answer = Answer(condition, condition.holds(reading), look(condition, reading))
    assert said(answer, ENGLISH) == [english]
    assert said(answer, GERMAN) == [german]


# Everything has its words

TEXTS: tuple[Any, ...] = (
    texts.Contains(("a",), written=("A",)),
    texts.Is(frozenset({"a"})),
    texts.Starts(("a",), exact=True),
    texts.Ends(("a",)),
    texts.Matches((glob("a*"),)),
    texts.Regex((regex("a+"),)),
    texts.Words((phrase("Angebot"),)),  # type: ignore[arg-type]
)
ITEMS: tuple[Any, ...] = (
    texts.AnyText(TEXTS[0]),
    texts.NameText(TEXTS[0]),
    *(kind(frozenset({"a"})) for kind in (texts.AddressIs, texts.DomainIs, texts.LocalIs, texts.DetailIs)),
)
SIZE = conditions.SizeIs(larger=1)
CONDITIONS: tuple[Any, ...] = (
    conditions.all_of([SIZE, SIZE]),
    conditions.any_of([SIZE, SIZE]),
    conditions.Not(SIZE),
    SIZE,
    conditions.Attached(),
    conditions.MachineIs(frozenset({Machine.LIST})),
    conditions.RelationshipIs(frozenset({Relationship.VIP})),
    conditions.Flagged(frozenset({"seen"})),
    *(conditions.FieldIs("from", (test,)) for test in ITEMS),
    *(conditions.FieldIs("subject", (texts.AnyText(test),)) for test in TEXTS),
    *(condition for condition, _, _ in CIRCUMSTANCES),
)
ACTIONS: tuple[Action, ...] = (
    actions.Move("Anfragen"),
    actions.Copy("Anfragen"),
    actions.Mark(("seen", "eilig")),
    actions.Draft("a", "info@northwind.example", ("preise.pdf",)),
    actions.Answer("a", timedelta(days=7), "info@northwind.example"),
    actions.Forward("client", digest=True),
    actions.Note("Please call back", urgent=True),
    actions.Remind(BusinessHours(4)),
    actions.Remind(timedelta(hours=1)),
    actions.Relate(Relationship.VIP),
    actions.Trash(),
    actions.Keep(),
)


def test_every_condition_and_test_has_its_words() -> None:
    """A class that is added to the language has to be added here, and to both languages."""
    known = {type(each) for each in (*CONDITIONS, *ITEMS, *TEXTS)}
    asked = classes(conditions, "holds") | classes(circumstances, "holds")
    assert asked | classes(texts, "holds") | classes(texts, "found") == known
    for condition in CONDITIONS:
        english, german = ENGLISH.question(condition), GERMAN.question(condition)
        assert english != german
        assert "<" not in english + german
        assert not {"{", "}", "None"} & set((english + german).split())


def test_whatever_can_be_seen_has_its_words() -> None:
    """Each kind of value is seen by some condition, and both languages say it."""
    kinds = set()
    for condition in CONDITIONS:
        reading = Reading(LETTER, AROUND)
        what = look(condition, reading)
        if what is None:
            assert look_around(condition, reading) is None
            continue
        kinds.add(type(what))
        assert ENGLISH.seen(what)
        assert GERMAN.seen(what)
    assert kinds == set(get_args(Seen))


def test_every_action_has_its_words() -> None:
    """In both languages, and the two differ."""
    assert {type(action) for action in ACTIONS} == set(get_args(Action))
    for action in ACTIONS:
        assert ENGLISH.action(action) != GERMAN.action(action)


def test_every_outcome_has_its_words() -> None:
    """In both languages, whatever may become of a rule."""
    rule = Rule("r", None, None, (actions.Keep(),), Then.STOP, Mode.LIVE, "rules.yaml")
    for outcome in Outcome:
        trace = Trace(rule, outcome, None, None, "other")
        assert ENGLISH.outcome(trace) != GERMAN.outcome(trace)


def test_every_reason_for_leaving_an_action_out_is_known_in_german() -> None:
    """The sentences that `decide` and `answering` may give; one that is new there has to be put into German."""
    found = [*returned(answering), *returned(decide)]
    assert len(found) > 20
    assert [text for text in found if reason(text) == text] == []


def test_why_a_mail_waits_is_said_in_german() -> None:
    """As the store puts it, which names the rule."""
    assert reason('rule "offer-request" is paused') == "die Regel „offer-request“ ist angehalten"


def test_every_mark_of_a_machine_that_is_a_sentence_is_known_in_german() -> None:
    """Names of headers stay; the German table has no sentence that `machine` does not say."""
    source = inspect.getsource(machine)
    assert [text for text in MARKS if text not in source] == []


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_in_the_ledger_reads_as_it_was_planned(action: Action) -> None:
    """Its name and value bring it back; what this version does not know is not guessed."""
    assert read_action(action_name(action), action_value(action)) == action
    assert read_action(action_name(action), {**action_value(action), "other": 1}) is None
    assert read_action("other", {}) is None


# A mail has no power over the page


@settings(deadline=None)
@given(st.lists(RULES, max_size=3), MAILS, ALL_FACTS)
def test_nothing_of_a_mail_can_move_the_cursor(rules: list[dict[str, Any]], mail: Mail, facts: Facts) -> None:
    """Whatever the mail holds, each line is printable and one line."""
    for trace in explain(ruleset(*rules), mail, facts).traces:
        for wording in (ENGLISH, GERMAN):
            lines = [*said(trace.when, wording), *said(trace.unless, wording)]
            assert [line for line in lines if not line.isprintable()] == []


@pytest.mark.parametrize(
    "hostile",
    [
        "\x1b[2J\x1b[31m",
        "\u202e",
        "\u2066",
        "\r\n✓ vip: holds",
        "\x9b2J",
        "\u2028",
        "\x00",
        "\u200b",
        "\ud800",
    ],
)
def test_a_subject_can_forge_no_output(hostile: str) -> None:
    """No escape sequence, no reversed reading, no line of its own, nothing invisible."""
    for asked in ({"subject": "Angebot"}, {"subject": "Rechnung"}, {"subject": {"words": "Angebot"}}):
        mail = replace(MAIL, subject=f"Ein {hostile} Angebot {hostile}")
        (trace,) = explain(ruleset({"when": asked, "do": ["trash"]}), mail, FACTS).traces
        (line,) = said(trace.when, ENGLISH)
        assert line.isprintable()
        assert not set("\x1b\u202e\u2066\r\n\u200b") & set(line)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 4_000), st.integers(0, 4_000))
def test_a_long_text_is_never_shown_whole(before: int, after: int) -> None:
    """The word that fitted is shown in a few words around it, wherever it stands."""
    text = "süße Grüße " * before + "\nAngebotsanfrage\n" + "ßü " * after
    mail = replace(MAIL, new_text=text)
    rules = ruleset({"when": {"body": {"words": "Angebot"}}, "do": ["trash"]})
    (line,) = said(explain(rules, mail, FACTS).traces[0].when, ENGLISH)
    assert line.startswith("the new text contains a form of “Angebot”: yes, “Angebotsanfrage”")
    assert len(line) < 170


@pytest.mark.parametrize(
    ("subject", "hit"),
    [
        ("Ihre Pru\u0308fung", "Prüfung"),
        ("Ihre Prü\u00adfung", "Prüfung"),
        ("IHRE PRÜFUNGEN", "PRÜFUNGEN"),
        ("Zur Pruefung", "Pruefung"),
    ],
)
def test_the_word_that_fitted_is_shown_as_the_mail_has_it(subject: str, hit: str) -> None:
    """With its capitals and umlauts, whatever folding makes of them; composed, and without soft hyphens."""
    rules = ruleset({"when": {"subject": {"words": "Prüfung"}}, "do": ["trash"]})
    (line,) = said(explain(rules, replace(MAIL, subject=subject), FACTS).traces[0].when, ENGLISH)
    assert f": yes, “{hit}” in " in line


# Helpers


def names(account: Explanation, *outcomes: Outcome) -> tuple[str, ...]:
    """The rules with one of these outcomes, in order."""
    return tuple(trace.rule.name for trace in account.traces if trace.outcome in outcomes)


def every(answer: Answer | None) -> list[Answer]:
    """An answer and all below it."""
    return [] if answer is None else [answer, *(below for part in answer.parts for below in every(part))]


def said(answer: Answer | None, wording: Wording) -> list[str]:
    """The answers without parts, as lines."""
    return [wording.answered(each) for each in every(answer) if not each.parts]


def classes(module: ModuleType, method: str) -> set[type]:
    """The classes of a module that have this method and can be made."""
    found = (
        kind for _, kind in inspect.getmembers(module, inspect.isclass) if kind.__module__ == module.__name__
    )
    return {kind for kind in found if hasattr(kind, method) and not getattr(kind, "_is_protocol", False)}


def returned(module: ModuleType) -> list[str]:
    """Every sentence that a function of the module returns; what is filled in is 7, or the name of a class."""
    tree = ast.parse(inspect.getsource(module))
    functions = (each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef))
    returns = (each.value for one in functions for each in ast.walk(one) if isinstance(each, ast.Return))
    return [text for value in returns if value for text in sentences(value) if " " in text]


def sentences(value: ast.expr) -> list[str]:
    """The texts that an expression may come to."""
    match value:
        case ast.Constant(value=str() as text):
            return [text]
        case ast.Name(id="doing"):
            return list(decide._ONCE.values())
        case ast.IfExp(body=body, orelse=other):
            return [*sentences(body), *sentences(other)]
        case ast.JoinedStr(values=parts):
            texts = [""]
            for part in parts:
                fill = sentences(part.value) if isinstance(part, ast.FormattedValue) else sentences(part)
                texts = [text + more for text in texts for more in fill or ["7"]]
            return texts
    return []
