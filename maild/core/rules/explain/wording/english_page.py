"""Outcomes, actions and the sentences around them, in English."""

from datetime import datetime

from maild.core.action import (
    Action,
    Answer,
    Copy,
    Draft,
    Forward,
    Keep,
    Mark,
    Move,
    Note,
    Relate,
    Remind,
    Trash,
)
from maild.core.rules.explain.excerpt import harmless
from maild.core.rules.explain.explain import Outcome, Trace
from maild.core.rules.explain.wording.english_circumstances import duration
from maild.core.rules.explain.wording.entries import enumerated
from maild.core.rules.explain.wording.phrases import Phrases


def outcome(trace: Trace) -> str:
    """What became of a rule, as a sentence that its name begins."""
    match trace.outcome:
        case Outcome.HELD if trace.ends:
            return "holds; no later rule is tried"
        case Outcome.HELD:
            return "holds, and later rules are tried as well"
        case Outcome.CANARY:
            return "holds, but is on trial (mode: canary): it does nothing, and later rules are tried"
        case Outcome.PAUSED:
            return "holds, but is paused: nothing at all is done with the mail, and no later rule is tried"
        case Outcome.EXCEPTED:
            return "does not hold: its conditions do, but so does its exception (unless)"
        case Outcome.NOT_HELD:
            return "does not hold"
        case Outcome.NOT_REACHED:
            would = "would have held, too" if trace.fits else "would not have held either"
            return f"not tried, because {_rule(trace.ended_by)} has ended the rules; it {would}"


def action(asked: Action) -> str:
    """An action as one says what is to be done."""
    match asked:
        case Move(folder=folder):
            return f"move it to “{harmless(folder)}”"
        case Copy(folder=folder):
            return f"copy it to “{harmless(folder)}”"
        case Mark(flags=flags):
            return f"mark it {enumerated([harmless(flag) for flag in flags], 'and')}"
        case Trash():
            return "move it to the trash"
        case Keep():
            return "leave it where it is"
    return _letter(asked)


def _letter(asked: Draft | Answer | Forward | Note | Remind | Relate) -> str:
    match asked:
        case Draft(template=template, identity=identity, attach=attach):
            return f"draft a reply by the template “{template}”" + _sender(identity) + _files(attach)
        case Answer(template=template, within=within, identity=identity):
            limit = f"at most once in {duration(within)}"
            return f"answer automatically by the template “{template}”{_sender(identity)} ({limit})"
        case Forward(to=to, digest=digest):
            whom = "the client" if to == "client" else harmless(to)
            return f"forward it to {whom}" + (", with the next digest" if digest else "")
        case Note(text=text, urgent=urgent):
            return f"write {'an urgent' if urgent else 'a'} note to the client: “{harmless(text, _NOTE)}”"
        case Remind(after=after):
            return f"remind the secretary if it is unanswered after {duration(after)}"
        case Relate(relationship=relationship):
            return f"take the sender for {relationship.value} from now on"
    raise TypeError(type(asked).__name__)


_NOTE = 120


def _sender(identity: str) -> str:
    return f", from {harmless(identity)}" if identity else ""


def _files(attach: tuple[str, ...]) -> str:
    return f", with {enumerated([f'“{harmless(name)}”' for name in attach], 'and')}" if attach else ""


def moment(when: datetime) -> str:
    """Date and time."""
    return f"{when:%Y-%m-%d %H:%M:%S}"


def _rule(name: str) -> str:
    return f"“{name}”"


PHRASES = Phrases(
    yes="yes",
    no="no",
    asks_nothing="it has no conditions (no when), so it holds for every mail",
    unless="except if (unless)",
    sender="From",
    subject="Subject",
    received="Received",
    none="(none)",
    relationship="Relationship",
    flags="Flags",
    kind="Kind",
    file="It is a file, so it is judged as new mail that came at that time; --now names another.",
    old="It counts as old: it may only be moved, copied, marked or kept.",
    own="It comes from the office itself: nobody drafts or answers.",
    truncated="Only the first part of the mail was read, because it is very large.",
    as_of_today="Flags and what the sender is to the client are those of today; all else is as when it came.",
    ledger="What the ledger says",
    came="It came on {when} into “{folder}”.",
    judged="It was judged on {when} by version {version} of the rules.",
    judged_some_time="It was judged by version {version} of the rules.",
    held="Rules that held: {rules}.",
    none_held="No rule held.",
    effects="What the rules asked for, and what became of it:",
    effect="{action} (rule “{rule}”): {state}, {when}",
    place="It was left in “{folder}”, UID {uid}.",
    states={
        "seen": "It has not been judged yet. {reason}",
        "planned": "Its effects are still to be carried out. {reason}",
        "done": "All that the rules asked for is settled.",
        "known": "It is another copy, or a return, of a mail that was in the ledger already: nothing was done with it.",
        "aside": "It was left for a person, because: {reason}",
        "gone": "Somebody had taken it away before maild could act: {reason}",
        "paused": "It waits until the rule that would act on it is resumed: {reason}.",
    },
    effect_states={
        "planned": "still to be done",
        "started": "begun, not finished yet",
        "done": "done",
        "gone": "not done, because the mail was no longer there",
        "failed": "failed",
        "undone": "done, and undone again",
    },
    not_in_ledger="The ledger has no entry for it: maild has not judged it. What follows is what the rules say now.",
    changed="The rules have changed since: then version {then}, now version {now}. What follows is what today's say.",
    unchanged="The rules are the same today, so what follows is what they said then.",
    gone="The mail is no longer in the mailbox. What its conditions saw can't be shown any more.",
    elsewhere="Now it lies in “{folder}”, UID {uid}.",
    unreachable="The mail itself can't be read now, for the mailbox can't be reached. So its conditions are not shown.",
    differs="Then something else came out by the same rules: flags, contacts or client.yaml have changed since.",
    rules="Rules of {client}, version {version}",
    outcome="What maild would do",
    outcome_today="What today's rules would do",
    step="{action} (rule “{rule}”)",
    stays="Nothing: the mail stays where it is.",
    paused="Nothing, for the rule “{rule}” is paused: the mail waits until it is resumed.",
    skipped="Not done: {action} (rule “{rule}”), because {reason}.",
    canary="On trial, not done: {action} (rule “{rule}”)",
)
