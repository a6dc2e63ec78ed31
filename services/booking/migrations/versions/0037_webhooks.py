"""Tell other programs of events: their receivers, the feed of what they may hear, and its deliveries.

A trigger notes each event for the feed in the transaction that stages it, whichever version of the code does. It
writes by its owner's rights: the service is given its own on a new table only once the migration is through.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
NOTE = """
    CREATE FUNCTION note_for_webhooks() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
    AS $$ BEGIN
      INSERT INTO webhook_queue (event_id) SELECT event_id FROM staged WHERE telling = 1;
      RETURN NULL;
    END $$
"""
ON_STAGING = """
    CREATE TRIGGER read_by_webhooks AFTER INSERT ON outbox REFERENCING NEW TABLE AS staged
    FOR EACH STATEMENT EXECUTE FUNCTION note_for_webhooks()
"""


def upgrade() -> None:
    _receivers()
    _feed()
    _deliveries()
    op.execute(NOTE)
    op.execute(ON_STAGING)


def _receivers() -> None:
    op.create_table(
        "webhook",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=True),
        sa.Column("credential", sa.String(), nullable=True),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("types", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("older_secret", sa.String(), nullable=True),
        sa.Column("older_until", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("failing_since", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("ended_because", sa.String(), nullable=True),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_because IS NULL)", name="ended_for_a_reason"),
        sa.CheckConstraint("(party_id IS NULL) = (role = 'admin')", name="only_the_admin_is_no_party"),
    )
    op.create_index("ix_webhook_party_id", "webhook", ["party_id"])
    op.create_index("ix_webhook_credential", "webhook", ["credential"])
    op.create_index("ended_webhooks", "webhook", ["ended_at"], postgresql_where=sa.text("ended_at IS NOT NULL"))


def _feed() -> None:
    staged = sa.ForeignKey("outbox.event_id", ondelete="CASCADE")
    op.create_table(
        "webhook_queue",
        sa.Column("event_id", sa.Uuid(), staged, primary_key=True),
        sa.Column("queued_at", INSTANT, nullable=False, server_default=sa.text("now()")),
    )
    op.create_table(
        "webhook_event",
        sa.Column("event_id", sa.Uuid(), sa.ForeignKey("outbox.event_id", ondelete="CASCADE"), primary_key=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("occurred_at", INSTANT, nullable=False),
        sa.Column("fed_at", INSTANT, nullable=False),
        sa.Column("supervisor_id", sa.Uuid(), nullable=True),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("webhook_id", sa.Uuid(), nullable=True),
        sa.Column("data", postgresql.JSONB(), nullable=False),
        sa.UniqueConstraint("position"),
    )
    op.create_index("fed_of_supervisor", "webhook_event", ["supervisor_id", "position"])
    op.create_index("fed_of_client", "webhook_event", ["client_id", "position"])


def _deliveries() -> None:
    event = sa.ForeignKey("webhook_event.event_id", ondelete="CASCADE")
    op.create_table(
        "webhook_delivery",
        sa.Column("webhook_id", sa.Uuid(), sa.ForeignKey("webhook.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("event_id", sa.Uuid(), event, primary_key=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", INSTANT, nullable=True),
        sa.Column("leased_until", INSTANT, nullable=True),
        sa.Column("delivered_at", INSTANT, nullable=True),
        sa.Column("answers", postgresql.JSONB(), nullable=False, server_default=sa.text("'[]'")),
    )
    op.create_index("ix_webhook_delivery_event_id", "webhook_delivery", ["event_id"])
    op.create_index(
        "due_webhook_deliveries",
        "webhook_delivery",
        ["webhook_id", "next_at"],
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )
    op.create_index(
        "leased_webhook_deliveries",
        "webhook_delivery",
        ["webhook_id"],
        postgresql_where=sa.text("leased_until IS NOT NULL"),
    )
    op.create_index("webhook_deliveries_by_time", "webhook_delivery", ["webhook_id", "created_at", "event_id"])
