"""The demo's own judgement: what lies in the mailboxes and what left the house, against what the bag expects."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from maild.core.parse import parse
from maild.demo.secretary import Secretary, Seen
from maild.demo.servers import Accepted
from maild.demo.stage import Entry


@dataclass
class Verdict:
    """Checks made, and those that failed."""

    checks: int = 0
    wrong: list[str] = field(default_factory=list)

    def expect(self, what: str, found: object, wanted: object) -> None:
        """One check."""
        self.checks += 1
        if found != wanted:
            self.wrong.append(f"{what}: expected {wanted!r}, found {found!r}")


@dataclass(frozen=True, slots=True)
class Played:
    """What the secretary did with the drafts to three mails of the bag."""

    edited: Entry
    text: str  # of the edited one, as she saved it
    approved: Entry
    rejected: Entry

    @property
    def sent(self) -> tuple[Entry, Entry]:
        """Those whose answers must go out."""
        return self.edited, self.approved


def mailbox(secretary: Secretary) -> dict[str, list[Seen]]:
    """All folders with their mails."""
    return {folder: secretary.look(folder) for folder in secretary.folders()}


def check_sorting(
    verdict: Verdict, bag: Sequence[Entry], found: Mapping[str, tuple[tuple[str, ...], str]]
) -> None:
    """Rule and folder of each mail; `found`: file to rules and folder."""
    for entry in bag:
        rules, folder = found.get(entry.file, ((), "nowhere"))
        verdict.expect(f"{entry.file}, rules", rules, entry.expected.rules)
        verdict.expect(f"{entry.file}, folder", folder, entry.expected.folder)


def check_drafts(
    verdict: Verdict, bag: Sequence[Entry], boxes: Mapping[str, Mapping[str, list[Seen]]], played: Played
) -> None:
    """Each draft that nobody touched still waits, and only those."""
    handled = (*played.sent, played.rejected)
    for client, folders in boxes.items():
        waiting = [writer(e) for e in bag if e.client == client and e.expected.draft and e not in handled]
        found = [parse(seen.raw).to[0].key for seen in folders["Drafts"]]
        verdict.expect(f"{client}, drafts waiting", sorted(found), sorted(waiting))
        sent = [e for e in bag if e.client == client and (e in played.sent or e.expected.answer)]
        verdict.expect(f"{client}, copies in Sent", len(folders["Sent"]), len(sent))
        for folder in ("Freigegeben", "Klärung"):
            verdict.expect(f"{client}, left in {folder}", len(folders[folder]), 0)


def check_outgoing(
    verdict: Verdict, bag: Sequence[Entry], messages: Sequence[Accepted], played: Played
) -> None:
    """What left the house is what was approved, forwarded or noted, each once; nothing else did."""
    letters = [message for message in messages if kind(message) == "letter"]
    found = Counter((client_of(m), m.rcpt_tos[0].lower()) for m in letters)
    verdict.expect("letters sent", found, Counter((e.client, writer(e)) for e in played.sent))
    texts = [parse(m.content).text.split() for m in letters if client_of(m) == played.edited.client]
    verdict.expect("the edited letter, as she wrote it", texts, [played.text.split()])
    forwards = Counter(m.rcpt_tos[0] for m in messages if kind(m) == "forward")
    verdict.expect("forwards", forwards, Counter(a for e in bag for a in e.expected.forward))
    answers = Counter((client_of(m), m.rcpt_tos[0].lower()) for m in messages if kind(m) == "answer")
    verdict.expect("answers", answers, Counter((e.client, writer(e)) for e in bag if e.expected.answer))
    noted = {parse(m.content).message_id for m in messages if kind(m) == "note"}
    verdict.expect("notes", len(noted), sum(e.expected.note for e in bag))
    for message in messages:
        head = message.content.partition(b"\r\n\r\n")[0]
        verdict.expect("a token that left the house", b"<draft." in head, False)


def check_separation(verdict: Verdict, messages: Sequence[Accepted], clients: Sequence[str]) -> None:
    """Nothing of one client names another."""
    for message in messages:
        owner = client_of(message)
        others = [c for c in clients if c != owner and c.encode() in _own_part(message).lower()]
        verdict.expect(f"a mail of {owner} that names another client", others, [])


def kind(message: Accepted) -> str:
    """What a mail that left the house is."""
    if b"message/rfc822" in message.content:
        return "forward"
    if b"Auto-Submitted: auto-replied" in message.content:
        return "answer"
    return "note" if b"Auto-Submitted" in message.content else "letter"


def client_of(message: Accepted) -> str:
    """Whose mail it is: the clients of the repository write from a domain that bears their name."""
    return message.mail_from.rpartition("@")[2].removesuffix(".example")


def writer(entry: Entry) -> str:
    """Whom an answer to this mail goes to."""
    people = entry.mail.reply_to or entry.mail.from_
    return people[0].key if people else ""


def _own_part(message: Accepted) -> bytes:
    """A forward without what it forwards: a customer may write to both."""
    return message.content.partition(b"Content-Type: message/rfc822")[0]
