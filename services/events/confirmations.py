"""What a publisher's worker does with the answers of its readers."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from celery import Celery, current_task
from sqlalchemy import Engine

from services.core.database import transaction
from services.core.logs import logger
from services.events import bus, outbox
from services.events.inbox import answer_heartbeat

log = logger(__name__)


def consume_confirmations(app: Celery, engine: Callable[[], Engine], poster: Callable[[], bus.EventPoster]) -> None:
    """Let the workers of a publisher close deliveries, note refusals, and see that readers are at work.

    What the reader itself did not sign changes nothing: its delivery stays open.
    """

    def is_from(subscriber: str, *message: str) -> bool:
        if bus.is_from(subscriber, poster().signatures, *message):
            return True
        log.error("answer.unsigned", task=current_task.name, subscriber=subscriber)
        return False

    def confirmed(event_id: str, subscriber: str) -> None:
        if is_from(subscriber, event_id, subscriber):
            with transaction(engine()) as db:
                outbox.confirm(db, UUID(event_id), subscriber)

    def refused(event_id: str, subscriber: str, error: str) -> None:
        if is_from(subscriber, event_id, subscriber, error):
            with transaction(engine()) as db:
                outbox.refuse(db, UUID(event_id), subscriber, error)

    def answered(subscriber: str, asked_at: str) -> None:
        if is_from(subscriber, subscriber, asked_at):
            with transaction(engine()) as db:
                outbox.answered(db, subscriber, datetime.fromisoformat(asked_at))

    app.task(name=bus.CONFIRMED, shared=False)(confirmed)
    app.task(name=bus.REFUSED, shared=False)(refused)
    app.task(name=bus.ANSWERED, shared=False)(answered)
    app.task(name=bus.HEARTBEAT, shared=False)(answer_heartbeat)
