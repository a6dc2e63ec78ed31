"""Deliveries: claimed for a while, tried, and closed or tried again by the schedule of Standard Webhooks.

A claim is a lease: what a process had in hand when it was killed is due again when its lease is over, as the same
event with the same id.
"""

import json
import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Engine, text
from sqlmodel import col, select

from services.booking.models.webhooks import FedEvent, Webhook, WebhookDelivery
from services.booking.security.webhooks import ending
from services.booking.settings import Settings
from services.core.database import Database, transaction
from services.events import webhooks

PAUSES = (
    *(timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30)),
    *(timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24)),
)
"""Between one try and the next; after the last there is none (Standard Webhooks 1.0)."""
JITTER = 0.1
LONGEST_WISH = timedelta(days=1)
"""For longer no receiver can put us off."""
LEASE = timedelta(seconds=30)
"""Longer than a try may take."""
OF_ONE_RECEIVER = 4
"""So many tries may be under way to a receiver at a time; to one that has just failed, one."""
FAILING_FOR = timedelta(days=5)
"""A receiver that took nothing for so long is switched off."""
ANSWERS_KEPT = 20
GONE = 410


@dataclass(frozen=True)
class Claimed:
    """A try that is ours to make."""

    webhook_id: UUID
    event_id: UUID
    attempt: int
    url: str
    secrets: Sequence[str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """How a try went: the status that the receiver answered, or a code that says why there was none."""

    claimed: Claimed
    at: datetime
    milliseconds: int
    status: int | None = None
    error: str | None = None
    retry_after: timedelta = timedelta(0)

    @property
    def is_taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def outcome(self) -> Literal["delivered", "failed", "again"]:
        if self.is_taken:
            return "delivered"
        return "failed" if self.status == GONE or self.claimed.attempt > len(PAUSES) else "again"


def pause_after(attempt: int, retry_after: timedelta) -> timedelta:
    """After the so-manieth try: as the schedule says, a little more or less, and not before the receiver wants it."""
    pause = PAUSES[attempt - 1] * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 -- nobody gains by guessing it
    return max(pause, min(retry_after, LONGEST_WISH))


# -- claimed ----------------------------------------------------------------------------------------------


def claim_due(engine: Engine, most: int) -> list[Claimed]:
    """Take what is due, only so much of each receiver's, for as long as the lease."""
    with transaction(engine) as db:
        rows = db.execute(CLAIM, {"most": most, "each": OF_ONE_RECEIVER, "lease": LEASE}).all()
        ids = {row.webhook_id for row in rows}
        receivers = {one.id: one for one in db.scalars(select(Webhook).where(col(Webhook.id).in_(ids)))}
        now = db.scalar(text("SELECT now()"))
        return [_claimed(receivers[row.webhook_id], row, now) for row in rows if row.webhook_id in receivers]


def _claimed(webhook: Webhook, row: Any, now: datetime) -> Claimed:
    older = webhook.older_secret if webhook.older_until and webhook.older_until > now else None
    return Claimed(
        webhook_id=webhook.id,
        event_id=row.event_id,
        attempt=row.attempts,
        url=webhook.url,
        secrets=[webhook.secret, *([older] if older else [])],
        body=webhooks.body(row.event_id, row.type, row.occurred_at, row.data),
    )


AWAIT_WORK = text("""
    DO $$
    BEGIN
      FOR look IN 1..10 LOOP
        EXIT WHEN EXISTS (SELECT FROM webhook_queue) OR EXISTS (
          SELECT FROM webhook_delivery d JOIN webhook w ON w.id = d.webhook_id
          WHERE d.next_at <= clock_timestamp() AND w.ended_at IS NULL);
        PERFORM pg_sleep(0.25);
      END LOOP;
    END $$
""")
"""Returns when there is something to feed or to send, else after 2.5 seconds. PostgreSQL looks by itself: asking it
four times a second would cost us more than the looking does.
"""

CLAIM = text("""
    WITH due AS (
      SELECT d.webhook_id, d.event_id FROM webhook w CROSS JOIN LATERAL (
        SELECT webhook_id, event_id, next_at FROM webhook_delivery
        WHERE webhook_id = w.id AND next_at <= now()
        ORDER BY next_at
        LIMIT greatest(0, CASE WHEN w.failing_since IS NULL THEN :each ELSE 1 END - (
          SELECT count(*) FROM webhook_delivery under_way
          WHERE under_way.webhook_id = w.id AND under_way.leased_until > now()))
        FOR UPDATE SKIP LOCKED
      ) d
      WHERE w.ended_at IS NULL
      ORDER BY d.next_at LIMIT :most
    )
    UPDATE webhook_delivery d
    SET leased_until = now() + :lease, next_at = now() + :lease, attempts = attempts + 1
    FROM due JOIN webhook_event e USING (event_id)
    WHERE (d.webhook_id, d.event_id) = (due.webhook_id, due.event_id)
    RETURNING d.webhook_id, d.event_id, d.attempts, e.type, e.occurred_at, e.data
""")


# -- and settled ------------------------------------------------------------------------------------------


def settle(engine: Engine, settings: Settings, answers: Collection[Answer]) -> None:
    """Write down how tries went, and what follows from it for their receivers."""
    with transaction(engine) as db:
        receivers = _lock_receivers(db, answers)
        db.execute(SETTLE, {"answers": json.dumps([*map(_settled, answers)]), "kept": ANSWERS_KEPT})
        for one in receivers.values():
            of_one = [answer for answer in answers if answer.claimed.webhook_id == one.id]
            if any(answer.is_taken for answer in of_one):
                one.failing_since = None
            else:
                one.failing_since = one.failing_since or min(answer.at for answer in of_one)
        gone = {answer.claimed.webhook_id for answer in answers if answer.status == GONE}
        ending.end_by_themselves(db, settings, [receivers[each] for each in gone & set(receivers)], "gone")
        failing = [one for one in receivers.values() if _has_failed_for_days(one, answers)]
        ending.end_by_themselves(db, settings, failing, "failing")


def _lock_receivers(db: Database, answers: Collection[Answer]) -> dict[UUID, Webhook]:
    """Those for whom something follows from these answers: most are well and stay so, and are not even locked."""
    failed = {answer.claimed.webhook_id for answer in answers if not answer.is_taken}
    concerned = {answer.claimed.webhook_id for answer in answers}
    failing = col(Webhook.failing_since).is_not(None) | col(Webhook.id).in_(failed)
    query = select(Webhook).where(col(Webhook.id).in_(concerned), failing, col(Webhook.ended_at).is_(None))
    return {one.id: one for one in db.scalars(query.order_by(col(Webhook.id)).with_for_update())}


def _has_failed_for_days(webhook: Webhook, answers: Collection[Answer]) -> bool:
    latest = max(answer.at for answer in answers)
    since = webhook.failing_since
    return webhook.ended_at is None and since is not None and since <= latest - FAILING_FOR


def _settled(answer: Answer) -> dict[str, Any]:
    again = answer.outcome == "again"
    return {
        "webhook_id": str(answer.claimed.webhook_id),
        "event_id": str(answer.claimed.event_id),
        "attempt": answer.claimed.attempt,
        "is_taken": answer.is_taken,
        "pause": pause_after(answer.claimed.attempt, answer.retry_after).total_seconds() if again else None,
        "answer": [
            {
                "at": answer.at.isoformat(),
                "status": answer.status,
                "error": answer.error,
                "milliseconds": answer.milliseconds,
            }
        ],
    }


SETTLE = text("""
    UPDATE webhook_delivery d
    SET leased_until = NULL,
      next_at = CASE WHEN d.next_at IS NOT NULL THEN now() + CAST(a.pause || ' s' AS interval) END,
      delivered_at = CASE WHEN a.is_taken THEN coalesce(d.delivered_at, now()) ELSE d.delivered_at END,
      answers = CASE WHEN jsonb_array_length(d.answers) < :kept THEN d.answers ELSE d.answers - 0 END || a.answer
    FROM jsonb_to_recordset(CAST(:answers AS jsonb))
      AS a (webhook_id uuid, event_id uuid, attempt int, is_taken bool, pause float, answer jsonb)
    WHERE (d.webhook_id, d.event_id, d.attempts) = (a.webhook_id, a.event_id, a.attempt)
""")
"""What was claimed anew meanwhile, because a lease was over, is another's to settle; what was closed stays closed."""


# -- looked at, and sent again ----------------------------------------------------------------------------


@dataclass(frozen=True)
class DeliveryOfEvent:
    """A delivery, and the event that is delivered."""

    delivery: WebhookDelivery
    event: FedEvent

    @property
    def status(self) -> Literal["delivered", "waiting", "failed"]:
        if self.delivery.next_at is not None:
            return "waiting"
        return "delivered" if self.delivery.delivered_at else "failed"

    @property
    def answers(self) -> list[dict[str, Any]]:
        """The oldest first."""
        return [one | {"at": datetime.fromisoformat(one["at"])} for one in self.delivery.answers]


def with_events(db: Database, found: Sequence[WebhookDelivery]) -> list[DeliveryOfEvent]:
    ids = [delivery.event_id for delivery in found]
    events = {event.event_id: event for event in db.scalars(select(FedEvent).where(col(FedEvent.event_id).in_(ids)))}
    return [DeliveryOfEvent(delivery, events[delivery.event_id]) for delivery in found if delivery.event_id in events]


def resend(db: Database, webhook: Webhook, event_id: UUID) -> DeliveryOfEvent:
    """Make a delivery due at once, with all its tries before it. The caller holds the lock on its webhook."""
    query = select(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook.id)
    delivery = db.scalars(query.where(WebhookDelivery.event_id == event_id).with_for_update()).one()
    delivery.attempts, delivery.leased_until, delivery.delivered_at = 0, None, None
    delivery.next_at = db.scalar(text("SELECT now()"))
    db.flush()
    return with_events(db, [delivery])[0]
