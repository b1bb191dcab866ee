"""The play: mail arrives, the daemon works, the secretary decides, and everything is checked at the end."""

import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping

from maild.core.fingerprint import fingerprint
from maild.demo import outcome, show
from maild.demo.outcome import Played, Verdict
from maild.demo.secretary import Secretary, Seen
from maild.demo.servers import LOOPBACK
from maild.demo.stage import Entry, Stage
from maild.flow.desk import IMAP
from maild.store.records import OPEN_ROWS, MailState
from maild.store.store import Store

EDITED = "02-anfrage-petersen.eml"
APPROVED = "03-reklamation-huber.eml"
REJECTED = "15-bestellung-petersen.eml"
_PATIENCE = 25.0  # seconds for any one thing to happen
_SETTLED = {MailState.DONE, MailState.KNOWN, MailState.ASIDE, MailState.GONE}


def play(*, keep: bool) -> int:
    """Play it all; the exit code: 0 where everything came out as it should."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ended from outside, it clears up all the same
    with Stage() as stage:
        store = Store.open("sqlite:///maild.db", stage.places.state)
        secretaries = {
            slug: Secretary(stage.servers.imap_port, user, stage.password)
            for slug, user in stage.users.items()
        }
        verdict = Verdict()
        try:
            _perform(stage, store, secretaries, verdict)
            if keep:
                _keep(stage)
        finally:
            for secretary in secretaries.values():
                secretary.leave()
            store.close()
    show.verdict(verdict.wrong, verdict.checks)
    return 1 if verdict.wrong else 0


def _perform(stage: Stage, store: Store, secretaries: Mapping[str, Secretary], verdict: Verdict) -> None:
    show.heading(f"{len(stage.bag)} mails arrive for {len(stage.users)} competing businesses")
    found = _sort(stage, store)
    outcome.check_sorting(verdict, stage.bag, _where_they_lie(stage, secretaries, found))
    show.heading("The secretary looks into her drafts")
    played = _decide(stage, secretaries)
    show.heading("What left the house")
    _wait("the approved letters", lambda: _finished(stage, store, played))
    messages = sorted(stage.servers.messages, key=outcome.kind)
    show.outgoing(messages, outcome.kind)
    notes = [message for message in messages if outcome.kind(message) == "note"]
    if notes:
        show.note(notes[0])
    show.heading("What is left for a person")
    boxes = {slug: outcome.mailbox(secretary) for slug, secretary in secretaries.items()}
    show.left_over(
        (slug, folder, seen.message)
        for slug, folders in boxes.items()
        for folder in ("INBOX", "Drafts", "Klärung")
        for seen in folders[folder]
    )
    outcome.check_drafts(verdict, stage.bag, boxes, played)
    outcome.check_outgoing(verdict, stage.bag, messages, played)
    outcome.check_separation(verdict, messages, tuple(stage.users))


def _sort(stage: Stage, store: Store) -> dict[str, tuple[tuple[str, ...], str]]:
    """Deliver everything and wait until each mail is dealt with; file to rules and folder, as the ledger has it."""
    entries = {_fingerprint(entry): entry for entry in stage.bag}
    found: dict[str, tuple[tuple[str, ...], str]] = {}
    with show.sorting(len(stage.bag)) as update:

        def settled() -> bool:
            rows = [row for slug in stage.users for row in store.client(slug).ledger.newest(1000)]
            for row in rows:
                if row.state in _SETTLED and row.fingerprint in entries:
                    found[entries[row.fingerprint].file] = (row.rules, row.place.folder)
            update([(entry, *found[entry.file]) for entry in stage.bag if entry.file in found])
            return len(found) == len(stage.bag) and _drafts_presented(stage, store)

        for entry in stage.bag:
            stage.deliver(entry)
            settled()
        _wait("the sorting", settled)
    return found


def _drafts_presented(stage: Stage, store: Store) -> bool:
    counts = [store.client(slug).drafts.counts() for slug in stage.users]
    wanted = sum(1 for entry in stage.bag if entry.expected.draft)
    return sum(count.get("presented", 0) for count in counts) == wanted


def _fingerprint(entry: Entry) -> str:
    head = entry.raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    return fingerprint(IMAP, head, len(entry.raw))


def _where_they_lie(
    stage: Stage, secretaries: Mapping[str, Secretary], found: Mapping[str, tuple[tuple[str, ...], str]]
) -> dict[str, tuple[tuple[str, ...], str]]:
    """The same as the ledger says, but with the folder in which the mail is really found."""
    lying: dict[tuple[str, bytes], str] = {}
    for slug, secretary in secretaries.items():
        for folder, mails in outcome.mailbox(secretary).items():
            lying |= {(slug, seen.raw): folder for seen in mails}
    return {
        entry.file: (found[entry.file][0], lying.get((entry.client, entry.raw), "nowhere"))
        for entry in stage.bag
        if entry.file in found
    }


def _decide(stage: Stage, secretaries: Mapping[str, Secretary]) -> Played:
    """She completes one draft and approves it, approves another as it is, and rejects a third."""
    played = [_entry(stage, file) for file in (EDITED, APPROVED, REJECTED)]
    edited, approved, rejected = ((entry, secretaries[entry.client]) for entry in played)
    draft = _draft_for(*edited)
    show.letter(f"One draft in full, for {edited[0].client}", draft)
    text = edited[1].edit(draft, "Drafts", lambda old: old.replace("«Liefertermin»", "11. Dezember 2026"))
    saved = next(seen for seen in edited[1].look("Drafts") if seen.text.split() == text.split())
    edited[1].move(saved, "Drafts", "Freigegeben")
    show.say(f"{_answer(edited[0])}: she fills the gap «Liefertermin» and moves the letter to Freigegeben.")
    approved[1].move(_draft_for(*approved), "Drafts", "Freigegeben")
    show.say(f"{_answer(approved[0])}: she moves it to Freigegeben as it is.")
    rejected[1].move(_draft_for(*rejected), "Drafts", "Verworfen")
    show.say(f"{_answer(rejected[0])}: she moves it to Verworfen.")
    return Played(edited[0], text, approved[0], rejected[0])


def _draft_for(entry: Entry, secretary: Secretary) -> Seen:
    drafts = secretary.look("Drafts")
    return next(seen for seen in drafts if entry.mail.message_id in str(seen.message["In-Reply-To"]))


def _answer(entry: Entry) -> str:
    return f"{entry.client}, the answer to {outcome.writer(entry)}"


def _finished(stage: Stage, store: Store, played: Played) -> bool:
    drafts: Counter[str] = Counter()
    waiting = 0
    for slug in stage.users:
        client = store.client(slug)
        drafts.update(client.drafts.counts())
        waiting += sum(client.outbox.counts().get(state, 0) for state in OPEN_ROWS)
    return drafts["sent"] == len(played.sent) and drafts["rejected"] == 1 and not waiting


def _entry(stage: Stage, file: str) -> Entry:
    return next(entry for entry in stage.bag if entry.file == file)


def _wait(what: str, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            show.say(f"Waited {_PATIENCE:.0f} s for {what}; going on to see what is wrong.")
            return
        time.sleep(0.05)


def _keep(stage: Stage) -> None:
    show.heading("The servers stay up: set up an account in Thunderbird")
    for slug, user in stage.users.items():
        show.say(f"{slug}:  e-mail address and user name {user}, password {stage.password}")
    show.say(f"IMAP:  server {LOOPBACK}, port {stage.servers.imap_port}, connection security: none")
    show.say(f"SMTP:  server {LOOPBACK}, port {stage.servers.smtp_port}, connection security: none")
    show.say("Both:  authentication method: password, transmitted insecurely (nothing leaves this machine)")
    show.say(f"In another terminal:  maild --home {stage.home} status")
    show.say("Ctrl+C ends it.")
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        return
