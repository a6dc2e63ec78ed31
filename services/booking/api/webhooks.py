"""The API of webhooks: who is told of events, how that went, and to have it sent again."""

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from sqlmodel import col, select

from services.booking.dependencies import Configured
from services.booking.models.webhooks import Webhook, WebhookDelivery
from services.booking.security.webhooks import deliveries, receivers
from services.booking.security.webhooks.deliveries import DeliveryOfEvent
from services.booking.security.webhooks.receivers import TooManyWebhooks, WebhookCreate, WebhookHasEnded
from services.web.errors.problems import documented
from services.web.protocol.pagination import Page, Paged, fetch_page
from services.web.security.tokens import Reader
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(prefix="/api/v1/webhooks", route_class=TransactionalRoute, tags=["webhooks"])

A_TIME = "2026-12-07T10:00:00Z"
AN_ID = "0190f6a2-7c3e-7b1a-9a55-3f2f6c1d8e01"


class WebhookPublic(BaseModel):
    """A receiver of events."""

    id: UUID = Field(description="The id of this webhook.", examples=[AN_ID])
    url: str = Field(
        description="Where the events are posted, by TLS and to the open internet.",
        examples=["https://ohjelma.example/tyonohjaus"],
    )
    types: list[str] = Field(
        description="The types of events that are sent.", examples=[["session.booked.v1", "session.cancelled.v1"]]
    )
    created_at: datetime = Field(description="When it was made.", examples=[A_TIME])
    older_secret_until: datetime | None = Field(
        description="Until then requests are signed by the secret before this one too; null if there is none.",
        examples=[A_TIME],
    )
    failing_since: datetime | None = Field(
        description="Since when the receiver has taken nothing; null while it does. After five days it is off.",
        examples=[A_TIME],
    )
    ended_at: datetime | None = Field(
        description="From then on nothing is sent; null while it is in use.", examples=[A_TIME]
    )
    ended_because: Literal["failing", "gone", "access_ended"] | None = Field(
        description="Why nothing is sent: it took nothing for five days, it answered 410, or the credential by which "
        "it was made (or its owner's access) has ended. After the first two it can be enabled again.",
        examples=["failing"],
    )

    @classmethod
    def of(cls, webhook: Webhook) -> Self:
        return cls(older_secret_until=webhook.older_until, **webhook.model_dump())


class WebhookIssued(WebhookPublic):
    """A webhook with its secret. No other response holds it."""

    secret: str = Field(
        description="By which requests are signed: `whsec_` and the key in base64. It is shown this once.",
        examples=["whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="],
    )

    @classmethod
    def issued(cls, issued: receivers.IssuedWebhook) -> Self:
        return cls(**WebhookPublic.of(issued.webhook).model_dump(), secret=issued.secret)


class Webhooks(BaseModel):
    """The webhooks of the caller."""

    items: list[WebhookPublic] = Field(description="The oldest first.")


class DeliveryAnswer(BaseModel):
    """How one try went."""

    at: datetime = Field(description="When the try ended.", examples=[A_TIME])
    status: int | None = Field(
        description="The HTTP status that the receiver answered; null if there was no answer.", examples=[503]
    )
    error: Literal["address-not-allowed", "too-slow", "unreachable"] | None = Field(
        description="Why there was no answer; null if there was one.", examples=["too-slow"]
    )
    milliseconds: int = Field(description="How long the try took.", examples=[182])


class DeliveryPublic(BaseModel):
    """An event on its way to a receiver."""

    event_id: UUID = Field(description="The id of the event, which is sent as `webhook-id`.", examples=[AN_ID])
    type: str = Field(description="The type of the event.", examples=["session.booked.v1"])
    occurred_at: datetime = Field(description="When the event happened.", examples=[A_TIME])
    status: Literal["delivered", "waiting", "failed"] = Field(
        description="Taken with a 2xx, to be tried (again), or given up.", examples=["delivered"]
    )
    attempts: int = Field(description="How often it was tried, since it was last sent again.", examples=[2])
    next_at: datetime | None = Field(
        description="When it is tried next, or, while a try is under way, if that is cut off; null if it is not.",
        examples=[A_TIME],
    )
    delivered_at: datetime | None = Field(description="When it was taken.", examples=[A_TIME])
    answers: list[DeliveryAnswer] = Field(description="How the latest tries went, the oldest first.")

    @classmethod
    def of(cls, sent: DeliveryOfEvent) -> Self:
        told = {"type": sent.event.type, "occurred_at": sent.event.occurred_at, "status": sent.status}
        return cls.model_validate(sent.delivery.model_dump() | told)


@router.post("", status_code=201, responses=documented(TooManyWebhooks))
def create_webhook(
    db: Db, now: Now, who: Reader, settings: Configured, wanted: WebhookCreate, response: Response
) -> WebhookIssued:
    """Have events sent to an address. Clients, supervisors and the admin, each of what they may see themselves."""
    issued = receivers.create_webhook(db, settings, who, wanted, now)
    response.headers["Location"] = f"/api/v1/webhooks/{issued.webhook.id}"
    return WebhookIssued.issued(issued)


@router.get("")
def list_webhooks(db: Db, who: Reader) -> Webhooks:
    """The caller's own webhooks, also those to which nothing is sent any more. Clients, supervisors and the admin."""
    return Webhooks(items=[*map(WebhookPublic.of, receivers.list_webhooks(db, who))])


@router.get("/{webhook_id}")
def show_webhook(db: Db, who: Reader, webhook_id: UUID) -> WebhookPublic:
    """A webhook of the caller's own. Its owner: a client, a supervisor or the admin."""
    return WebhookPublic.of(receivers.find_webhook(db, who, webhook_id))


@router.delete("/{webhook_id}", status_code=204)
def delete_webhook(db: Db, who: Reader, webhook_id: UUID) -> None:
    """Send nothing more, and forget what was sent. Its owner: a client, a supervisor or the admin."""
    receivers.remove_webhook(db, who, webhook_id)


@router.post("/{webhook_id}/secret", responses=documented(WebhookHasEnded))
def renew_webhook_secret(db: Db, now: Now, who: Reader, webhook_id: UUID) -> WebhookIssued:
    """Make another secret. For a day both sign, so that the receiver can change over. Its owner."""
    return WebhookIssued.issued(receivers.renew_secret(db, who, webhook_id, now))


@router.post("/{webhook_id}/test", status_code=202, responses=documented(WebhookHasEnded))
def test_webhook(db: Db, now: Now, who: Reader, webhook_id: UUID) -> WebhookPublic:
    """Have a `webhook.tested.v1` sent within seconds; see the deliveries for how it went. Its owner."""
    return WebhookPublic.of(receivers.test_webhook(db, who, webhook_id, now))


@router.post("/{webhook_id}/enable", responses=documented(WebhookHasEnded, TooManyWebhooks))
def enable_webhook(db: Db, who: Reader, webhook_id: UUID) -> WebhookPublic:
    """Send again to one that was switched off, from the next event on. Its owner."""
    return WebhookPublic.of(receivers.enable_webhook(db, who, webhook_id))


@router.get("/{webhook_id}/deliveries")
def list_webhook_deliveries(db: Db, who: Reader, paging: Paged, webhook_id: UUID) -> Page[DeliveryPublic]:
    """What was sent in the last 30 days and how it was answered, the newest first. Its owner."""
    webhook = receivers.find_webhook(db, who, webhook_id)
    query = select(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook.id)
    order = (col(WebhookDelivery.created_at), col(WebhookDelivery.event_id))
    found, cursor = fetch_page(db, query, order, paging, newest_first=True)
    sent = deliveries.with_events(db, found)
    return Page[DeliveryPublic](items=[*map(DeliveryPublic.of, sent)], next_cursor=cursor)


@router.post("/{webhook_id}/deliveries/{event_id}/resend", status_code=202, responses=documented(WebhookHasEnded))
def resend_webhook_delivery(db: Db, who: Reader, webhook_id: UUID, event_id: UUID) -> DeliveryPublic:
    """Send an event again at once, with the same id, taken or not. Its owner."""
    webhook = receivers.find_live_webhook(db, who, webhook_id)
    return DeliveryPublic.of(deliveries.resend(db, webhook, event_id))
