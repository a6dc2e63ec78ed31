"""The tables of webhooks: who is told, what is told, and how each telling went."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, ForeignKey, Index, String, text
from sqlalchemy import Table as Columns
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from services.booking.models.base import Table
from services.core.database import instant, new_id
from services.core.sealing import SealedColumn, sealed_column
from services.events.outbox import Staged

_staged: Columns = Staged.__table__  # type: ignore[attr-defined]


def _of(target: Any, **options: Any) -> Any:
    """A foreign key to what this row is forgotten with."""
    return Field(sa_column=Column(ForeignKey(target, ondelete="CASCADE"), nullable=False, **options))


class Webhook(Table, table=True):
    """A receiver: an address of another program that is told of events by signed requests."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    role: str
    #: none of the admin
    party_id: UUID | None = Field(default=None, index=True)
    #: by which it was made, and with which it ends; none if it was made on a page
    credential: str | None = Field(default=None, index=True)
    url: str = sealed_column(SealedColumn("webhook.url"))
    types: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    secret: str = sealed_column(SealedColumn("webhook.secret"))
    #: signs too until then, so that the receiver can be told of the new one meanwhile
    older_secret: str | None = sealed_column(SealedColumn("webhook.older_secret"), nullable=True)
    older_until: datetime | None = instant(nullable=True)
    created_at: datetime = instant()
    #: since when nothing was taken any more
    failing_since: datetime | None = instant(nullable=True)
    ended_at: datetime | None = instant(nullable=True)
    ended_because: str | None = None

    __table_args__ = (
        CheckConstraint("(ended_at IS NULL) = (ended_because IS NULL)", name="ended_for_a_reason"),
        CheckConstraint("(party_id IS NULL) = (role = 'admin')", name="only_the_admin_is_no_party"),
        Index("ended_webhooks", "ended_at", postgresql_where=text("ended_at IS NOT NULL")),
    )


class UnreadEvent(Table, table=True):
    """An event that was committed and has no place in the feed yet. A trigger on the outbox writes it."""

    __tablename__ = "webhook_queue"
    event_id: UUID = _of(_staged.c.event_id, primary_key=True)
    queued_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False, server_default=text("now()")))


class FedEvent(Table, table=True):
    """What other programs may hear of an event: ids, times and states.

    Positions rise in the order in which events could be read, so that who has read up to one has missed nothing. They
    are times, in microseconds, so that none is given again after a database was put back from a backup.
    """

    __tablename__ = "webhook_event"
    event_id: UUID = _of(_staged.c.event_id, primary_key=True)
    position: int = Field(sa_column=Column(BigInteger, nullable=False, unique=True))
    type: str
    occurred_at: datetime = instant()
    fed_at: datetime = instant()
    supervisor_id: UUID | None = None
    client_id: UUID | None = None
    #: of a test: it is for this receiver alone
    webhook_id: UUID | None = None
    data: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))

    __table_args__ = (
        Index("fed_of_supervisor", "supervisor_id", "position"),
        Index("fed_of_client", "client_id", "position"),
    )


class WebhookDelivery(Table, table=True):
    """An event on its way to a receiver, with the answers so far."""

    __tablename__ = "webhook_delivery"
    webhook_id: UUID = _of("webhook.id", primary_key=True)
    event_id: UUID = _of("webhook_event.event_id", primary_key=True, index=True)
    created_at: datetime = instant()
    attempts: int = 0
    #: none when it was taken, or given up
    next_at: datetime | None = instant(nullable=True)
    #: while a try is under way, or its process was killed meanwhile
    leased_until: datetime | None = instant(nullable=True)
    delivered_at: datetime | None = instant(nullable=True)
    answers: list[dict[str, Any]] = Field(
        default_factory=list, sa_column=Column(JSONB, nullable=False, server_default=text("'[]'"))
    )

    __table_args__ = (
        Index("due_webhook_deliveries", "webhook_id", "next_at", postgresql_where=text("next_at IS NOT NULL")),
        Index("leased_webhook_deliveries", "webhook_id", postgresql_where=text("leased_until IS NOT NULL")),
        Index("webhook_deliveries_by_time", "webhook_id", "created_at", "event_id"),
    )
