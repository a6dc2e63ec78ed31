"""Which letters were refused, as the notifier tells booking, whose pages lead to where addresses are corrected.

No event: the whole list as it stands, told again and again, so that one that is lost or overtaken does no harm.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID

from celery import Celery
from pydantic import AwareDatetime, BaseModel

from services.core.logs import logger
from services.events.bus import EventPoster, is_from

log = logger(__name__)

TOLD = "letters.refused"
TOLD_EVERY = timedelta(seconds=10)


class Refusal(BaseModel):
    """A letter that its recipient's mail server did not take. Ids only: who they are, booking knows."""

    letter_id: UUID
    supervisor_id: UUID
    recipient_id: UUID
    refused_at: AwareDatetime


def tell_refusals(poster: EventPoster, refusals: Sequence[Refusal]) -> None:
    told = [refusal.model_dump(mode="json") for refusal in refusals]
    poster.try_to_post(TOLD, told, to="booking", expires=TOLD_EVERY.total_seconds())


def consume_refusals(app: Celery, poster: Callable[[], EventPoster], keep: Callable[[Sequence[Refusal]], None]) -> None:
    """Let the workers of booking keep the newest list that the notifier signed."""

    def keep_signed(refusals: list[dict[str, object]]) -> None:
        if is_from("notifier", poster().signatures, refusals):
            keep([Refusal.model_validate(refusal) for refusal in refusals])
        else:
            log.error("refusals.unsigned")

    app.task(name=TOLD, shared=False)(keep_signed)
