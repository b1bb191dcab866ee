"""The tables. Every row belongs to one client, and every foreign key carries the client with it.

So a row of one client can't point at a row of another: the database itself refuses. Times are UTC. The texts of
mails are kept only where an effect still needs them (`filing.raw`, `content.raw`).
"""

from datetime import UTC, datetime

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
    Column("size", Integer, nullable=False),
    Column("received_at", Utc, nullable=False),
    Column("old", Boolean, nullable=False),
    Column("state", String(16), nullable=False),
    Column("rules", JSON, nullable=False, default=list),
    Column("rules_version", String(16), nullable=False, default=""),
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
    Column("absent_since", Utc),
    Column("absent_looks", Integer, nullable=False, default=0),
    Column("created_at", Utc, nullable=False),
    Column("updated_at", Utc, nullable=False),
    UniqueConstraint("client", "id"),
    UniqueConstraint("effect_id"),
    _same_client("mail_id", "mail"),
    _same_client("effect_id", "effect"),
    Index("ix_draft_state", "client", "state"),
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
    Column("found_at", Utc, nullable=False),
    Column("gone_at", Utc),
    UniqueConstraint("client", "account", "folder", "uidvalidity", "uid"),
    _same_client("draft_id", "draft"),
    Index("ix_sighting_draft", "client", "draft_id"),
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
    Column("message_id", String(998), nullable=False),
    Column("envelope_from", String(320), nullable=False),
    Column("bcc", Text, nullable=False, default=""),
    Column("content_id", Integer, nullable=False),
    Column("sources", JSON, nullable=False),
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
