"""Rows for the tests of the store, made through its public methods only."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from maild.store.orders import Apply, PastMail, Portion
from maild.store.records import Arrival, NewDraft, NewEffect, NewFiling, NewLetter, Place
from maild.store.store import ClientStore

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
RAW = b"Subject: Test\r\n\r\nText\r\n"


def after(minutes: float) -> datetime:
    """A time after NOW."""
    return NOW + timedelta(minutes=minutes)


def arrival(uid: int, fingerprint: str | None = None) -> Arrival:
    """A message as found in an inbox."""
    return Arrival(
        uid=uid,
        fingerprint=fingerprint or f"{uid:064}",
        message_id=f"<frage-{uid}@kunde.example>",
        size=1_000,
        received_at=NOW,
        old=False,
        sender="anna@kunde.example",
        refers_to=("<wurzel@kunde.example>",),
    )


def admitted(client: ClientStore, uid: int = 1) -> int:
    """The ledger id of a mail admitted under this UID of INBOX, UIDVALIDITY 7."""
    client.ledger.cursor("imap", "INBOX", 7, 1, from_start=True)
    client.ledger.admit("imap", "INBOX", 7, [arrival(uid)], uid + 1, NOW)
    return next(row.id for row in client.ledger.waiting("imap") if row.place.uid == uid)


def planned(client: ClientStore, uid: int = 1, *actions: str) -> tuple[int, list[int]]:
    """A mail whose effects are planned: its id and theirs."""
    mail_id = admitted(client, uid)
    effects = [NewEffect("rule", action, {"folder": "X"}) for action in actions or ("draft",)]
    client.ledger.plan(mail_id, ("rule",), "v1", effects, NOW)
    return mail_id, [
        e.id for mail, found in client.ledger.pending("imap") if mail.id == mail_id for e in found
    ]


def new_draft(client: ClientStore, mail_id: int, effect_id: int, token: str = "") -> NewDraft:
    """A draft for that effect; its token and Message-ID name client and effect."""
    name = token or f"{client.name}{effect_id:020}"[:32]
    return NewDraft(
        account="imap",
        mail_id=mail_id,
        effect_id=effect_id,
        token=name,
        template="offer-request",
        message_id=f"<{name}@{client.name}.example>",
        original_id="<frage-1@kunde.example>",
        sender=f"info@{client.name}.example",
        recipients=("anna@kunde.example",),
        gaps=("Liefertermin",),
        text_hash="0" * 64,
    )


def opened(client: ClientStore, uid: int = 1) -> int:
    """The id of a draft that is written down but not laid."""
    mail_id, effects = planned(client, uid)
    return client.drafts.open(new_draft(client, mail_id, effects[0]), RAW, ("\\Draft",), "drafts", NOW)


def laid(client: ClientStore, uid: int = 1) -> int:
    """The id of a draft that lies in Drafts under UID 50."""
    draft_id = opened(client, uid)
    client.drafts.laid(draft_id, Place("Drafts", 8, 50), NOW)
    return draft_id


def new_letter(
    client: ClientStore, draft_id: int | None = None, *recipients: str, number: int = 1
) -> NewLetter:
    """A letter of that draft."""
    return NewLetter(
        kind="reply",
        message_id=f"<letter-{number}@{client.name}.example>",
        envelope_from=f"info@{client.name}.example",
        recipients=recipients or ("anna@kunde.example",),
        raw=RAW,
        bcc="Bcc: x@y.example",
        draft_id=draft_id,
        sources=(Place("Freigegeben", 3, 1),),
    )


def enqueued(client: ClientStore, draft_id: int | None = None, *recipients: str, number: int = 1) -> int:
    """The id of a letter in the outbox."""
    letter_id = client.outbox.enqueue(new_letter(client, draft_id, *recipients, number=number), "smtp", NOW)
    assert letter_id is not None
    return letter_id


def notice(client: ClientStore, name: str = "n1", **links: int) -> NewFiling:
    """A notice to be laid into the clarification folder."""
    message_id = f"<{name}@{client.name}.example>"
    return NewFiling("imap", "notice", "clarify", message_id, (), RAW, **links)


def new_apply(*uids: int, folder: str = "Archiv") -> Apply:
    """An order to apply the rules to these mails."""
    return Apply(folder, 7, uids, "v1", NOW)


def past_mail(uid: int, *actions: str) -> PastMail:
    """A past mail as judged, unknown to the ledger."""
    effects = tuple(NewEffect("rule", action, {"folder": "X"}) for action in actions)
    return PastMail(0, replace(arrival(uid), old=True), ("rule",) if actions else (), effects)


def portion(*mails: PastMail, folder: str = "Archiv") -> Portion:
    """A portion of such an order."""
    return Portion("imap", folder, 7, "v1", mails)
