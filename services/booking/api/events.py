"""The API of the feed of events, for programs that can't be called by webhooks."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from services.booking.models.webhooks import FedEvent
from services.booking.security.webhooks import feed
from services.booking.security.webhooks.feed import EventsForgotten
from services.web.errors.problems import documented
from services.web.security.tokens import Reader
from services.web.transactions import Db, TransactionalRoute

router = APIRouter(prefix="/api/v1", route_class=TransactionalRoute, tags=["webhooks"])

A_SESSION = {
    "version": 1,
    "session_id": "0190f6a2-7c3e-7b1a-9a55-3f2f6c1d8e02",
    "process_id": "0190f6a2-7c3e-7b1a-9a55-3f2f6c1d8e03",
    "supervisor_id": "0190f6a2-7c3e-7b1a-9a55-3f2f6c1d8e04",
    "status": "booked",
    "starts_at": "2026-12-14T10:00:00Z",
    "ends_at": "2026-12-14T11:30:00Z",
}


class EventPublic(BaseModel):
    """An event, as webhooks bring it in their bodies."""

    id: UUID = Field(
        description="The id of the event, the same as `webhook-id`.", examples=["0190f6a2-7c3e-7b1a-9a55-3f2f6c1d8e01"]
    )
    type: str = Field(description="What happened.", examples=["session.booked.v1"])
    timestamp: datetime = Field(description="When it happened.", examples=["2026-12-07T10:00:00Z"])
    data: dict[str, Any] = Field(
        description="Ids, times, numbers and states; which ones stands in the guide to webhooks for each type. "
        "`version` is the version of what the event is about: a smaller one is older.",
        examples=[A_SESSION],
    )

    @classmethod
    def of(cls, event: FedEvent) -> Self:
        return cls(id=event.event_id, type=event.type, timestamp=event.occurred_at, data=event.data)


class EventFeed(BaseModel):
    """A stretch of the feed."""

    items: list[EventPublic] = Field(description="The oldest first; empty when nothing has happened since.")
    next_cursor: str = Field(
        description="To be sent as `after` for what comes next, now or later.",
        examples=["WyI0MiIsICIyMDI2LTEyLTA3VDEwOjAwOjAwKzAwOjAwIl0="],
    )


@router.get("/events", responses=documented(EventsForgotten))
def list_events(
    db: Db,
    who: Reader,
    after: Annotated[str | None, Query(max_length=500)] = None,
    type: Annotated[list[str] | None, Query(max_length=50)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> EventFeed:
    """What happened in the last 30 days, in the same order for ever. Clients, supervisors and the admin, each of what
    they may see themselves. An event is there within a second or two of what caused it."""
    stretch = feed.read_feed(db, who, type, after, limit)
    return EventFeed(items=[*map(EventPublic.of, stretch.events)], next_cursor=stretch.cursor)
