"""What became of drafts: how a message was recognised, when a draft was flagged, each change of its state."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.add_column("draft", sa.Column("raw_hash", sa.String(length=64), server_default="", nullable=False))
    op.add_column("draft", sa.Column("subject_hash", sa.String(length=64), server_default="", nullable=False))
    op.add_column("draft", sa.Column("superseded_at", sa.DateTime(), nullable=True))
    op.add_column("draft", sa.Column("thread_read", sa.Integer(), server_default="0", nullable=False))
    op.add_column("draft", sa.Column("original_looked_at", sa.DateTime(), nullable=True))
    op.add_column("draft", sa.Column("original_missed_at", sa.DateTime(), nullable=True))
    # Of drafts that are here already, only what comes from now on is a newer mail.
    op.execute(
        "UPDATE draft SET thread_read = (SELECT coalesce(max(m.id), 0) FROM mail m WHERE m.client = draft.client)"
    )
    op.create_index("ix_draft_original", "draft", ["client", "original_id"])
    op.add_column("sighting", sa.Column("how", sa.String(length=16), server_default="token", nullable=False))
    op.create_table(
        "draft_event",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("client", sa.String(length=64), nullable=False),
        sa.Column("draft_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("state_before", sa.String(length=24), nullable=False),
        sa.Column("state_after", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["client"], ["client.name"], name=op.f("fk_draft_event_client")),
        sa.ForeignKeyConstraint(
            ["client", "draft_id"], ["draft.client", "draft.id"], name=op.f("fk_draft_event_draft")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft_event")),
    )
    op.create_index("ix_draft_event_draft", "draft_event", ["client", "draft_id"])
    op.add_column("mail", sa.Column("subject", sa.String(length=200), server_default="", nullable=False))
    op.create_table(
        "reminder",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("client", sa.String(length=64), nullable=False),
        sa.Column("mail_id", sa.Integer(), nullable=False),
        sa.Column("effect_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("examined_at", sa.DateTime(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["client"], ["client.name"], name=op.f("fk_reminder_client")),
        sa.ForeignKeyConstraint(
            ["client", "effect_id"], ["effect.client", "effect.id"], name=op.f("fk_reminder_effect")
        ),
        sa.ForeignKeyConstraint(
            ["client", "mail_id"], ["mail.client", "mail.id"], name=op.f("fk_reminder_mail")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder")),
        sa.UniqueConstraint("client", "id", name=op.f("uq_reminder_client_id")),
        sa.UniqueConstraint("effect_id", name=op.f("uq_reminder_effect_id")),
    )
    op.create_index("ix_reminder_state", "reminder", ["client", "state", "due_at"])
    op.create_index("ix_reminder_mail", "reminder", ["client", "mail_id"])
    op.add_column("draft", sa.Column("passed", sa.String(length=64), server_default="", nullable=False))
    op.add_column("letter", sa.Column("own_key", sa.String(length=64), server_default="", nullable=False))
    op.create_index("ix_letter_own_key", "letter", ["client", "own_key"])
    op.create_table(
        "own_letter",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("client", sa.String(length=64), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("folder", sa.String(length=255), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=False),
        sa.Column("uid", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("verdict", sa.String(length=128), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["client"], ["client.name"], name=op.f("fk_own_letter_client")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_letter")),
        sa.UniqueConstraint(
            "client",
            "account",
            "folder",
            "uidvalidity",
            "uid",
            name=op.f("uq_own_letter_client_account_folder_uidvalidity_uid"),
        ),
    )
    op.create_index("ix_own_letter_key", "own_letter", ["client", "key"])
    op.create_table(
        "sent_key",
        sa.Column("client", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["client"], ["client.name"], name=op.f("fk_sent_key_client")),
        sa.PrimaryKeyConstraint("client", "key", name=op.f("pk_sent_key")),
    )
