"""What a publisher's worker does with the answers of its readers."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from celery import Celery
from sqlalchemy import Engine

from services.database import transaction
from services.events import bus, outbox
from services.events.inbox import beat


def listen(app: Celery, engine: Callable[[], Engine]) -> None:
    """Let the workers of a publisher close deliveries, note refusals, and see that readers are at work."""

    def confirmed(event_id: str, subscriber: str) -> None:
        with transaction(engine()) as db:
            outbox.confirm(db, UUID(event_id), subscriber)

    def refused(event_id: str, subscriber: str, error: str) -> None:
        with transaction(engine()) as db:
            outbox.refuse(db, UUID(event_id), subscriber, error)

    def answered(subscriber: str, asked_at: str) -> None:
        with transaction(engine()) as db:
            outbox.answered(db, subscriber, datetime.fromisoformat(asked_at))

    app.task(name=bus.CONFIRMED, shared=False)(confirmed)
    app.task(name=bus.REFUSED, shared=False)(refused)
    app.task(name=bus.ANSWERED, shared=False)(answered)
    app.task(name=bus.HEARTBEAT, shared=False)(beat)
