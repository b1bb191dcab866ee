"""The tables. Every row belongs to one client, and every foreign key carries the client with it.

So a row of one client can't point at a row of another: the database itself refuses. Times are UTC. The texts of
mails are kept only where an effect still needs them (`filing.raw`, `content.raw`).
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.engine.default import DefaultExecutionContext

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Utc(TypeDecorator[datetime]):
    """An aware UTC time; SQLite keeps no zone, so it is taken off on the way in and put back on the way out."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Refuse a naive time rather than guess its zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone reached the store")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give the zone back."""
        return None if value is None else value.replace(tzinfo=UTC)


def _id() -> Column[int]:
    return Column("id", Integer, primary_key=True, autoincrement=True)


def _client() -> Column[str]:
    return Column("client", String(64), ForeignKey("client.name"), nullable=False)


def _same_client(column: str, table: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["client", column], [f"{table}.client", f"{table}.id"])


def _recipient_key(context: DefaultExecutionContext) -> str:
    """A recipient as history asks for it: in lower case, whatever the letter has."""
    values: Mapping[str, Any] = context.get_current_parameters()  # type: ignore[no-untyped-call]
    return str(values["recipient"]).lower()


client = Table("client", metadata, Column("name", String(64), primary_key=True))

# A login of a client at a server ("imap", "smtp"), and how it fares.
account = Table(
    "account",
    metadata,
    Column("client", String(64), ForeignKey("client.name"), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("last_success_at", Utc),
    Column("last_error", Text, nullable=False, default=""),
    Column("last_error_at", Utc),
    Column("failures", Integer, nullable=False, default=0),
    Column("retry_at", Utc),
)

# How far a folder has been read. UIDs from first_new_uid on are new mail; those below were there before us.
folder = Table(
    "folder",
    metadata,
    Column("client", String(64), ForeignKey("client.name"), primary_key=True),
    Column("account", String(64), primary_key=True),
    Column("name", String(255), primary_key=True),
    Column("uidvalidity", BigInteger, nullable=False),
    Column("next_uid", BigInteger, nullable=False),
    Column("first_new_uid", BigInteger, nullable=False),
)

# The ledger: one row per message that was ever seen in a watched inbox.
mail = Table(
    "mail",
    metadata,
    _id(),
    _client(),
    Column("account", String(64), nullable=False),
    Column("folder", String(255), nullable=False),
    Column("uidvalidity", BigInteger, nullable=False),
    Column("uid", BigInteger, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("message_id", String(998), nullable=False),
    # Who wrote it and what it refers to: history is asked by them.
    Column("sender", String(320), nullable=False, default="", server_default=""),
    Column("refers_to", JSON, nullable=False, default=list, server_default="[]"),
    # One line, cut short: what a person is told of a mail that waits for her.
    Column("subject", String(200), nullable=False, default="", server_default=""),
    Column("size", Integer, nullable=False),
    Column("received_at", Utc, nullable=False),
    Column("old", Boolean, nullable=False),
    Column("state", String(16), nullable=False),
    Column("rules", JSON, nullable=False, default=list),
    Column("rules_version", String(16), nullable=False, default=""),
    Column("decided_at", Utc),
    Column("reason", Text, nullable=False, default=""),
    Column("attempts", Integer, nullable=False, default=0),
    # Where it lies now, as far as we know: the effects move it.
    Column("place_folder", String(255), nullable=False),
    Column("place_uidvalidity", BigInteger, nullable=False),
    Column("place_uid", BigInteger, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("updated_at", Utc, nullable=False),
    UniqueConstraint("client", "id"),
    UniqueConstraint("client", "account", "folder", "uidvalidity", "uid"),
    Index("ix_mail_fingerprint", "client", "account", "fingerprint"),
    Index("ix_mail_state", "client", "state"),
    Index("ix_mail_sender", "client", "sender"),
    Index("ix_mail_message_id", "client", "message_id"),
    Index("ix_mail_place", "client", "account", "place_folder", "place_uidvalidity", "place_uid"),
    Index("ix_mail_decided", "client", "decided_at"),
)

# What the rules ask to be done with a mail, in order. `target` is the destination's UIDVALIDITY and UIDNEXT noted
# before the effect was begun: what a crash left there is found at or above them.
effect = Table(
    "effect",
    metadata,
    _id(),
    _client(),
    Column("mail_id", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    Column("rule", String(128), nullable=False),
    Column("action", String(16), nullable=False),
    Column("value", JSON, nullable=False),
    Column("state", String(16), nullable=False),
    Column("target_uidvalidity", BigInteger),
    Column("target_uidnext", BigInteger),
    Column("detail", Text, nullable=False, default=""),
    Column("updated_at", Utc, nullable=False),
    UniqueConstraint("client", "id"),
    UniqueConstraint("mail_id", "position"),
    _same_client("mail_id", "mail"),
    Index("ix_effect_state", "client", "state"),
)

# Work on past mail that a command asked for and the daemon does: `rules apply`, `rules undo`.
job = Table(
    "job",
    metadata,
    _id(),
    _client(),
    Column("kind", String(16), nullable=False),
    Column("arguments", JSON, nullable=False),
    Column("state", String(16), nullable=False),
    Column("total", Integer, nullable=False, default=0),
    Column("done", Integer, nullable=False, default=0),
    Column("reason", Text, nullable=False, default=""),
    Column("created_at", Utc, nullable=False),
    Column("updated_at", Utc, nullable=False),
    UniqueConstraint("client", "id"),
    Index("ix_job_state", "client", "state"),
)

# Where a mail lay before an effect moved it: `rules undo` moves it back there. Of a job, all effects stand here.
origin = Table(
    "origin",
    metadata,
    _client(),
    Column("effect_id", Integer, primary_key=True),
    Column("folder", String(255), nullable=False),
    Column("uidvalidity", BigInteger, nullable=False),
    Column("uid", BigInteger, nullable=False),
    Column("job_id", Integer),
    _same_client("effect_id", "effect"),
    _same_client("job_id", "job"),
    Index("ix_origin_job", "client", "job_id"),
)

# What `relate` made of a sender; contacts.csv outweighs it.
relation = Table(
    "relation",
    metadata,
    Column("client", String(64), ForeignKey("client.name"), primary_key=True),
    Column("address", String(320), primary_key=True),
    Column("relationship", String(16), nullable=False),
    Column("effect_id", Integer),
    Column("updated_at", Utc, nullable=False),
    _same_client("effect_id", "effect"),
)

# A rule that does nothing until a person resumes it: it acted on too much in too short a time, or somebody paused it.
pause = Table(
    "pause",
    metadata,
    Column("client", String(64), ForeignKey("client.name"), primary_key=True),
    Column("rule", String(128), primary_key=True),
    Column("reason", Text, nullable=False),
    Column("paused_at", Utc, nullable=False),
    # Once resumed the row only says since when: mail that was here by then does not count for the brake.
    Column("resumed_at", Utc),
)

# A reply laid before the secretary, and what became of it.
draft = Table(
    "draft",
    metadata,
    _id(),
    _client(),
    Column("account", String(64), nullable=False),
    Column("mail_id", Integer, nullable=False),
    Column("effect_id", Integer, nullable=False),
    Column("token", String(32), nullable=False, unique=True),
    Column("template", String(128), nullable=False),
    Column("state", String(24), nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column("message_id", String(998), nullable=False),
    Column("original_id", String(998), nullable=False),
    Column("sender", String(320), nullable=False),
    Column("recipients", JSON, nullable=False),
    Column("gaps", JSON, nullable=False),
    Column("text_hash", String(64), nullable=False),
    Column("edited", Boolean, nullable=False, default=False),
    # The copy that maild laid there, once the server has named its UID.
    Column("uidvalidity", BigInteger),
    Column("uid", BigInteger),
    # The copies in the approval folder that failed a check: they are not judged a second time.
    Column("refused", JSON, nullable=False, default=list),
    Column("approved_at", Utc),
    # SHA-256 of the bytes that have the first approval, where the client wants two; else empty.
    Column("passed", String(64), nullable=False, default="", server_default=""),
    Column("absent_since", Utc),
    Column("absent_looks", Integer, nullable=False, default=0),
    # Of the bytes that were laid, without X-Draft-Info: what is not the same to the byte is not ours to remove.
    Column("raw_hash", String(64), nullable=False, default="", server_default=""),
    Column("subject_hash", String(64), nullable=False, default="", server_default=""),
    Column("superseded_at", Utc),
    # Up to which ledger id its thread was looked for; when its original was looked for, and first not found.
    Column("thread_read", Integer, nullable=False, default=0, server_default="0"),
    Column("original_looked_at", Utc),
    Column("original_missed_at", Utc),
    Column("created_at", Utc, nullable=False),
    Column("updated_at", Utc, nullable=False),
    UniqueConstraint("client", "id"),
    UniqueConstraint("effect_id"),
    _same_client("mail_id", "mail"),
    _same_client("effect_id", "effect"),
    Index("ix_draft_state", "client", "state"),
    Index("ix_draft_original", "client", "original_id"),
)

# Each change of a draft's state, written together with it.
draft_event = Table(
    "draft_event",
    metadata,
    _id(),
    _client(),
    Column("draft_id", Integer, nullable=False),
    Column("at", Utc, nullable=False),
    Column("state_before", String(24), nullable=False),
    Column("state_after", String(24), nullable=False),
    Column("reason", Text, nullable=False),
    _same_client("draft_id", "draft"),
    Index("ix_draft_event_draft", "client", "draft_id"),
)

# Where a message that belongs to a draft was seen; gone_at is set when it is no longer there. Without a draft: a
# message in the approval folder that belongs to none.
sighting = Table(
    "sighting",
    metadata,
    _id(),
    _client(),
    Column("account", String(64), nullable=False),
    Column("role", String(16), nullable=False),
    Column("folder", String(255), nullable=False),
    Column("uidvalidity", BigInteger, nullable=False),
    Column("uid", BigInteger, nullable=False),
    Column("draft_id", Integer),
    Column("message_id", String(998), nullable=False),
    Column("how", String(16), nullable=False, default="token", server_default="token"),
    Column("found_at", Utc, nullable=False),
    Column("gone_at", Utc),
    UniqueConstraint("client", "account", "folder", "uidvalidity", "uid"),
    _same_client("draft_id", "draft"),
    Index("ix_sighting_draft", "client", "draft_id"),
    Index("ix_sighting_message_id", "client", "message_id"),
)

# A letter of her own that lay in an approval folder and was not sent from there, and why: a check failed ("gaps"), too
# many came at once ("many"), or it has its first approval ("passed") with these bytes (SHA-256) and waits for a second.
own_letter = Table(
    "own_letter",
    metadata,
    _id(),
    _client(),
    Column("account", String(64), nullable=False),
    Column("folder", String(255), nullable=False),
    Column("uidvalidity", BigInteger, nullable=False),
    Column("uid", BigInteger, nullable=False),
    Column("key", String(64), nullable=False),
    Column("verdict", String(128), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("created_at", Utc, nullable=False),
    UniqueConstraint("client", "account", "folder", "uidvalidity", "uid"),
    Index("ix_own_letter_key", "client", "key"),
)

# What lies or lay in Sent, by its key: dragged to the approval folder it is an old letter and no new one.
sent_key = Table(
    "sent_key",
    metadata,
    Column("client", String(64), ForeignKey("client.name"), primary_key=True),
    Column("key", String(64), primary_key=True),
)

# A message that maild wants to lie in a folder: a draft, a Sent copy, a notice to the secretary.
filing = Table(
    "filing",
    metadata,
    _id(),
    _client(),
    Column("account", String(64), nullable=False),
    Column("purpose", String(16), nullable=False),
    Column("role", String(16), nullable=False),
    Column("message_id", String(998), nullable=False),
    Column("flags", JSON, nullable=False),
    Column("raw", LargeBinary),
    Column("state", String(16), nullable=False),
    Column("draft_id", Integer),
    Column("letter_id", Integer),
    Column("updated_at", Utc, nullable=False),
    UniqueConstraint("client", "message_id", "role"),
    _same_client("draft_id", "draft"),
    _same_client("letter_id", "letter"),
    Index("ix_filing_state", "client", "state"),
)

# The bytes of a letter, stored once however many recipients it has.
content = Table(
    "content",
    metadata,
    _id(),
    _client(),
    Column("sha256", String(64), nullable=False),
    Column("raw", LargeBinary, nullable=False),
    UniqueConstraint("client", "id"),
    UniqueConstraint("client", "sha256"),
)

# A letter whose bytes are fixed: an approved reply, a note, a forward.
letter = Table(
    "letter",
    metadata,
    _id(),
    _client(),
    Column("kind", String(16), nullable=False),
    Column("mail_id", Integer),
    Column("effect_id", Integer),
    Column("draft_id", Integer),
    Column("template", String(128), nullable=False, default="", server_default=""),
    Column("message_id", String(998), nullable=False),
    Column("envelope_from", String(320), nullable=False),
    Column("bcc", Text, nullable=False, default=""),
    Column("content_id", Integer, nullable=False),
    Column("sources", JSON, nullable=False),
    # Of a letter of her own: what it is recognised by wherever it lies (`OwnLetters`); else empty.
    Column("own_key", String(64), nullable=False, default="", server_default=""),
    Column("state", String(16), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("closed_at", Utc),
    UniqueConstraint("client", "id"),
    UniqueConstraint("client", "message_id"),
    UniqueConstraint("effect_id"),
    _same_client("mail_id", "mail"),
    _same_client("effect_id", "effect"),
    _same_client("draft_id", "draft"),
    _same_client("content_id", "content"),
    Index("ix_letter_state", "client", "state"),
    Index("ix_letter_kind", "client", "kind", "created_at"),
    Index("ix_letter_mail", "client", "mail_id"),
    Index("ix_letter_own_key", "client", "own_key"),
)

# One row per recipient of a letter; the states are those of the outbox.
outbox = Table(
    "outbox",
    metadata,
    _id(),
    _client(),
    Column("letter_id", Integer, nullable=False),
    Column("account", String(64), nullable=False),
    Column("recipient", String(320), nullable=False),
    Column("recipient_key", String(320), nullable=False, default=_recipient_key, server_default=""),
    Column("prio", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("generation", Integer, nullable=False, default=0),
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column("updated_at", Utc, nullable=False),
    UniqueConstraint("client", "id"),
    UniqueConstraint("letter_id", "recipient"),
    _same_client("letter_id", "letter"),
    Index("ix_outbox_recipient", "client", "recipient_key"),
    Index("ix_outbox_due", "client", "account", "state", "prio", "next_at"),
)

# The history of a row: written before the network is touched, completed afterwards.
attempt = Table(
    "attempt",
    metadata,
    _id(),
    _client(),
    Column("outbox_id", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("started_at", Utc, nullable=False),
    Column("ended_at", Utc),
    Column("outcome", String(16), nullable=False),
    Column("phase", String(16), nullable=False, default=""),
    Column("code", Integer, nullable=False, default=0),
    Column("text", Text, nullable=False, default=""),
    UniqueConstraint("outbox_id", "number"),
    _same_client("outbox_id", "outbox"),
)

# A mail that a person is told of while nobody has answered it: a rule asked for it, or what it asked for failed.
reminder = Table(
    "reminder",
    metadata,
    _id(),
    _client(),
    Column("mail_id", Integer, nullable=False),
    Column("effect_id", Integer, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("due_at", Utc, nullable=False),
    Column("state", String(16), nullable=False),
    Column("examined_at", Utc),
    Column("created_at", Utc, nullable=False),
    Column("updated_at", Utc, nullable=False),
    UniqueConstraint("client", "id"),
    UniqueConstraint("effect_id"),
    _same_client("mail_id", "mail"),
    _same_client("effect_id", "effect"),
    Index("ix_reminder_state", "client", "state", "due_at"),
    Index("ix_reminder_mail", "client", "mail_id"),
)
