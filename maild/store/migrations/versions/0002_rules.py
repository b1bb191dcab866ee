"""History of senders, jobs on past mail, where moved mail came from, paused rules."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.add_column("mail", sa.Column("sender", sa.String(length=320), server_default="", nullable=False))
    op.add_column("mail", sa.Column("refers_to", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("mail", sa.Column("decided_at", sa.DateTime(), nullable=True))
    op.create_index("ix_mail_sender", "mail", ["client", "sender"])
    op.create_index("ix_mail_message_id", "mail", ["client", "message_id"])
    op.create_index(
        "ix_mail_place",
        "mail",
        ["client", "account", "place_folder", "place_uidvalidity", "place_uid"],
    )
    op.create_index("ix_mail_decided", "mail", ["client", "decided_at"])
    op.create_index("ix_sighting_message_id", "sighting", ["client", "message_id"])
    op.add_column("letter", sa.Column("template", sa.String(length=128), server_default="", nullable=False))
    op.create_index("ix_letter_kind", "letter", ["client", "kind", "created_at"])
    op.create_index("ix_letter_mail", "letter", ["client", "mail_id"])
    op.add_column(
        "outbox", sa.Column("recipient_key", sa.String(length=320), server_default="", nullable=False)
    )
    op.execute("UPDATE outbox SET recipient_key = lower(recipient)")
    op.create_index("ix_outbox_recipient", "outbox", ["client", "recipient_key"])
    op.create_table(
        "job",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("client", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["client"], ["client.name"], name=op.f("fk_job_client")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sa.UniqueConstraint("client", "id", name=op.f("uq_job_client_id")),
    )
    op.create_index("ix_job_state", "job", ["client", "state"])
    op.create_table(
        "origin",
        sa.Column("client", sa.String(length=64), nullable=False),
        sa.Column("effect_id", sa.Integer(), nullable=False),
        sa.Column("folder", sa.String(length=255), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=False),
        sa.Column("uid", sa.BigInteger(), nullable=False),
        sa.Column("job_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["client"], ["client.name"], name=op.f("fk_origin_client")),
        sa.ForeignKeyConstraint(
            ["client", "effect_id"], ["effect.client", "effect.id"], name=op.f("fk_origin_effect")
        ),
        sa.ForeignKeyConstraint(["client", "job_id"], ["job.client", "job.id"], name=op.f("fk_origin_job")),
        sa.PrimaryKeyConstraint("effect_id", name=op.f("pk_origin")),
    )
    op.create_index("ix_origin_job", "origin", ["client", "job_id"])
    op.create_table(
        "relation",
        sa.Column("client", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("relationship", sa.String(length=16), nullable=False),
        sa.Column("effect_id", sa.Integer(), nullable=True),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["client"], ["client.name"], name=op.f("fk_relation_client")),
        sa.ForeignKeyConstraint(
            ["client", "effect_id"], ["effect.client", "effect.id"], name=op.f("fk_relation_effect")
        ),
        sa.PrimaryKeyConstraint("client", "address", name=op.f("pk_relation")),
    )
    op.create_table(
        "pause",
        sa.Column("client", sa.String(length=64), nullable=False),
        sa.Column("rule", sa.String(length=128), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("paused_at", sa.DateTime(), nullable=False),
        sa.Column("resumed_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["client"], ["client.name"], name=op.f("fk_pause_client")),
        sa.PrimaryKeyConstraint("client", "rule", name=op.f("pk_pause")),
    )
