"""An explanation as data for `--json`; the sentences in it are those of the page."""

from collections.abc import Iterable
from typing import Any

from maild.core.action import Action, action_name, action_value, read_action
from maild.core.decide import Skipped, Step
from maild.core.rules.explain.excerpt import harmless
from maild.core.rules.explain.explain import Answer, Explanation, Trace
from maild.core.rules.explain.wording import Wording
from maild.flow.lookup import Finding, Letter
from maild.store.records import Deed, MailRecord, Place

REASON = 400
"""Letters of a reason in the ledger that are shown at most."""


def as_data(
    finding: Finding, explanation: Explanation | None, wording: Wording, version: str
) -> dict[str, Any]:
    """All that is known of one mail; what is not known is null."""
    return {
        "ledger": _ledger(finding.past, wording) if finding.past else None,
        "mail": _mail(finding.letter) if finding.letter else None,
        "trouble": str(finding.trouble) if finding.trouble else None,
        "version": version,
        "rules": [_rule(trace, wording) for trace in explanation.traces] if explanation else None,
        "decision": _decision(explanation, wording) if explanation else None,
    }


def told(deed: Deed, wording: Wording) -> str:
    """What an effect in the ledger was to do."""
    action = read_action(deed.action, deed.value)
    return wording.action(action) if action else f"{deed.action}: {deed.value}"


def _ledger(past: MailRecord, wording: Wording) -> dict[str, Any]:
    mail = past.mail
    return {
        "mail": mail.id,
        "received": mail.received_at.isoformat(),
        "folder": mail.folder,
        "place": _place(mail.place),
        "state": mail.state.value,
        "reason": harmless(mail.reason, REASON),
        "old": mail.old,
        "decided": mail.decided_at.isoformat() if mail.decided_at else None,
        "rules": list(mail.rules),
        "version": past.version,
        "effects": [_deed(deed, wording) for deed in past.deeds],
    }


def _deed(deed: Deed, wording: Wording) -> dict[str, Any]:
    return {
        "rule": deed.rule,
        "action": deed.action,
        "value": deed.value,
        "says": told(deed, wording),
        "state": deed.state.value,
        "detail": harmless(deed.detail, REASON),
        "when": deed.when.isoformat(),
    }


def _mail(letter: Letter) -> dict[str, Any]:
    mail, facts = letter.mail, letter.facts
    return {
        "place": _place(letter.place) if letter.place else None,
        "from": [harmless(address.address) for address in mail.from_],
        "subject": harmless(mail.subject),
        "received": facts.received.isoformat(),
        "relationship": facts.relationship.value,
        "flags": sorted(harmless(flag) for flag in facts.flags),
        "machine": mail.machine.value if mail.machine else None,
        "old": facts.old,
        "own": facts.own,
    }


def _place(place: Place) -> dict[str, Any]:
    return {"folder": place.folder, "uidvalidity": place.uidvalidity, "uid": place.uid}


def _rule(trace: Trace, wording: Wording) -> dict[str, Any]:
    return {
        "rule": trace.rule.name,
        "file": trace.rule.origin,
        "outcome": trace.outcome.value,
        "holds": trace.fits,
        "ended_by": trace.ended_by or None,
        "says": wording.outcome(trace),
        "when": _answer(trace.when, wording) if trace.when else None,
        "unless": _answer(trace.unless, wording) if trace.unless else None,
    }


def _answer(answer: Answer, wording: Wording) -> dict[str, Any]:
    return {
        "question": wording.question(answer.condition),
        "holds": answer.holds,
        "saw": wording.seen(answer.seen) if answer.seen else None,
        "parts": [_answer(part, wording) for part in answer.parts],
    }


def _decision(explanation: Explanation, wording: Wording) -> dict[str, Any]:
    decision = explanation.decision
    return {
        "rules": list(decision.rules),
        "steps": _steps(decision.steps, wording),
        "skipped": [_skipped(left, wording) for left in decision.skipped],
        "canary": _steps(decision.canary, wording),
        "paused": decision.paused or None,
    }


def _steps(steps: Iterable[Step], wording: Wording) -> list[dict[str, Any]]:
    return [{"rule": step.rule, **_action(step.action, wording)} for step in steps]


def _skipped(left: Skipped, wording: Wording) -> dict[str, Any]:
    return {"rule": left.rule, **_action(left.action, wording), "reason": wording.reason(left.reason)}


def _action(action: Action, wording: Wording) -> dict[str, Any]:
    return {"action": action_name(action), "value": action_value(action), "says": wording.action(action)}
