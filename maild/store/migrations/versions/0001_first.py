"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "client",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_client")),
    )
    op.create_table(
        "account",
        sa.Column("client", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("last_success_at", sa.DateTime(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("last_error_at", sa.DateTime(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("retry_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["client"], ["client.name"], name=op.f("fk_account_client")),
        sa.PrimaryKeyConstraint("client", "name", name=op.f("pk_account")),
    )
    op.create_table(
        "content",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("client", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["client"], ["client.name"], name=op.f("fk_content_client")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_content")),
        sa.UniqueConstraint("client", "id", name=op.f("uq_content_client_id")),
        sa.UniqueConstraint("client", "sha256", name=op.f("uq_content_client_sha256")),
    )
    op.create_table(
        "folder",
        sa.Column("client", sa.String(length=64), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=False),
        sa.Column("next_uid", sa.BigInteger(), nullable=False),
        sa.Column("first_new_uid", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["client"], ["client.name"], name=op.f("fk_folder_client")),
        sa.PrimaryKeyConstraint("client", "account", "name", name=op.f("pk_folder")),
    )
    op.create_table(
        "mail",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("client", sa.String(length=64), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("folder", sa.String(length=255), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=False),
        sa.Column("uid", sa.BigInteger(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("message_id", sa.String(length=998), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.DateTime(), nullable=False),
        sa.Column("old", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("rules_version", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("place_folder", sa.String(length=255), nullable=False),
        sa.Column("place_uidvalidity", sa.BigInteger(), nullable=False),
        sa.Column("place_uid", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["client"], ["client.name"], name=op.f("fk_mail_client")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
        sa.UniqueConstraint(
            "client",
            "account",
            "folder",
            "uidvalidity",
            "uid",
            name=op.f("uq_mail_client_account_folder_uidvalidity_uid"),
        ),
        sa.UniqueConstraint("client", "id", name=op.f("uq_mail_client_id")),
    )
    with op.batch_alter_table("mail", schema=None) as batch_op:
        batch_op.create_index("ix_mail_fingerprint", ["client", "account", "fingerprint"], unique=False)
        batch_op.create_index("ix_mail_state", ["client", "state"], unique=False)

    op.create_table(
        "effect",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("client", sa.String(length=64), nullable=False),
        sa.Column("mail_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(length=128), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("target_uidvalidity", sa.BigInteger(), nullable=True),
        sa.Column("target_uidnext", sa.BigInteger(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client", "mail_id"], ["mail.client", "mail.id"], name=op.f("fk_effect_mail")
        ),
        sa.ForeignKeyConstraint(["client"], ["client.name"], name=op.f("fk_effect_client")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_effect")),
        sa.UniqueConstraint("client", "id", name=op.f("uq_effect_client_id")),
        sa.UniqueConstraint("mail_id", "position", name=op.f("uq_effect_mail_id_position")),
    )
    with op.batch_alter_table("effect", schema=None) as batch_op:
        batch_op.create_index("ix_effect_state", ["client", "state"], unique=False)

    op.create_table(
        "draft",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("client", sa.String(length=64), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("mail_id", sa.Integer(), nullable=False),
        sa.Column("effect_id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("template", sa.String(length=128), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("message_id", sa.String(length=998), nullable=False),
        sa.Column("original_id", sa.String(length=998), nullable=False),
        sa.Column("sender", sa.String(length=320), nullable=False),
        sa.Column("recipients", sa.JSON(), nullable=False),
        sa.Column("gaps", sa.JSON(), nullable=False),
        sa.Column("text_hash", sa.String(length=64), nullable=False),
        sa.Column("edited", sa.Boolean(), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=True),
        sa.Column("uid", sa.BigInteger(), nullable=True),
        sa.Column("refused", sa.JSON(), nullable=False),
        sa.Column("approved_at", sa.DateTime(), nullable=True),
        sa.Column("absent_since", sa.DateTime(), nullable=True),
        sa.Column("absent_looks", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client", "effect_id"], ["effect.client", "effect.id"], name=op.f("fk_draft_effect")
        ),
        sa.ForeignKeyConstraint(
            ["client", "mail_id"], ["mail.client", "mail.id"], name=op.f("fk_draft_mail")
        ),
        sa.ForeignKeyConstraint(["client"], ["client.name"], name=op.f("fk_draft_client")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
        sa.UniqueConstraint("client", "id", name=op.f("uq_draft_client_id")),
        sa.UniqueConstraint("effect_id", name=op.f("uq_draft_effect_id")),
        sa.UniqueConstraint("token", name=op.f("uq_draft_token")),
    )
    with op.batch_alter_table("draft", schema=None) as batch_op:
        batch_op.create_index("ix_draft_state", ["client", "state"], unique=False)

    op.create_table(
        "letter",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("client", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("mail_id", sa.Integer(), nullable=True),
        sa.Column("effect_id", sa.Integer(), nullable=True),
        sa.Column("draft_id", sa.Integer(), nullable=True),
        sa.Column("message_id", sa.String(length=998), nullable=False),
        sa.Column("envelope_from", sa.String(length=320), nullable=False),
        sa.Column("bcc", sa.Text(), nullable=False),
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("sources", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["client", "content_id"], ["content.client", "content.id"], name=op.f("fk_letter_content")
        ),
        sa.ForeignKeyConstraint(
            ["client", "draft_id"], ["draft.client", "draft.id"], name=op.f("fk_letter_draft")
        ),
        sa.ForeignKeyConstraint(
            ["client", "effect_id"], ["effect.client", "effect.id"], name=op.f("fk_letter_effect")
        ),
        sa.ForeignKeyConstraint(
            ["client", "mail_id"], ["mail.client", "mail.id"], name=op.f("fk_letter_mail")
        ),
        sa.ForeignKeyConstraint(["client"], ["client.name"], name=op.f("fk_letter_client")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
        sa.UniqueConstraint("client", "id", name=op.f("uq_letter_client_id")),
        sa.UniqueConstraint("client", "message_id", name=op.f("uq_letter_client_message_id")),
        sa.UniqueConstraint("effect_id", name=op.f("uq_letter_effect_id")),
    )
    with op.batch_alter_table("letter", schema=None) as batch_op:
        batch_op.create_index("ix_letter_state", ["client", "state"], unique=False)

    op.create_table(
        "sighting",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("client", sa.String(length=64), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("folder", sa.String(length=255), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=False),
        sa.Column("uid", sa.BigInteger(), nullable=False),
        sa.Column("draft_id", sa.Integer(), nullable=True),
        sa.Column("message_id", sa.String(length=998), nullable=False),
        sa.Column("found_at", sa.DateTime(), nullable=False),
        sa.Column("gone_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["client", "draft_id"], ["draft.client", "draft.id"], name=op.f("fk_sighting_draft")
        ),
        sa.ForeignKeyConstraint(["client"], ["client.name"], name=op.f("fk_sighting_client")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sighting")),
        sa.UniqueConstraint(
            "client",
            "account",
            "folder",
            "uidvalidity",
            "uid",
            name=op.f("uq_sighting_client_account_folder_uidvalidity_uid"),
        ),
    )
    with op.batch_alter_table("sighting", schema=None) as batch_op:
        batch_op.create_index("ix_sighting_draft", ["client", "draft_id"], unique=False)

    op.create_table(
        "filing",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("client", sa.String(length=64), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("message_id", sa.String(length=998), nullable=False),
        sa.Column("flags", sa.JSON(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("draft_id", sa.Integer(), nullable=True),
        sa.Column("letter_id", sa.Integer(), nullable=True),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client", "draft_id"], ["draft.client", "draft.id"], name=op.f("fk_filing_draft")
        ),
        sa.ForeignKeyConstraint(
            ["client", "letter_id"], ["letter.client", "letter.id"], name=op.f("fk_filing_letter")
        ),
        sa.ForeignKeyConstraint(["client"], ["client.name"], name=op.f("fk_filing_client")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filing")),
        sa.UniqueConstraint("client", "message_id", "role", name=op.f("uq_filing_client_message_id_role")),
    )
    with op.batch_alter_table("filing", schema=None) as batch_op:
        batch_op.create_index("ix_filing_state", ["client", "state"], unique=False)

    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("client", sa.String(length=64), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("recipient", sa.String(length=320), nullable=False),
        sa.Column("prio", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client", "letter_id"], ["letter.client", "letter.id"], name=op.f("fk_outbox_letter")
        ),
        sa.ForeignKeyConstraint(["client"], ["client.name"], name=op.f("fk_outbox_client")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("client", "id", name=op.f("uq_outbox_client_id")),
        sa.UniqueConstraint("letter_id", "recipient", name=op.f("uq_outbox_letter_id_recipient")),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(
            "ix_outbox_due", ["client", "account", "state", "prio", "next_at"], unique=False
        )

    op.create_table(
        "attempt",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("client", sa.String(length=64), nullable=False),
        sa.Column("outbox_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("phase", sa.String(length=16), nullable=False),
        sa.Column("code", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client", "outbox_id"], ["outbox.client", "outbox.id"], name=op.f("fk_attempt_outbox")
        ),
        sa.ForeignKeyConstraint(["client"], ["client.name"], name=op.f("fk_attempt_client")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
        sa.UniqueConstraint("outbox_id", "number", name=op.f("uq_attempt_outbox_id_number")),
    )
