"""The pages of webhooks: which other programs are told of events, how that went, and to have it sent again."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import ValidationError
from sqlmodel import col, select
from starlette.responses import Response

from services.booking.dependencies import Configured
from services.booking.models.webhooks import WebhookDelivery
from services.booking.pages.login import ProvedAnybody
from services.booking.pages.site import DoneQuery, pages
from services.booking.security.webhooks import deliveries, receivers
from services.booking.security.webhooks.receivers import IssuedWebhook, WebhookCreate
from services.core.database import Database
from services.events import webhooks
from services.web.errors.problems import Problem
from services.web.pages import forms
from services.web.pages.forms import Fields, Refused, Typed
from services.web.security.visitors import Visitor, redirect
from services.web.transactions import Db, Now, TransactionalRoute

PATH = "/webhookit"
LATEST = 50

router = APIRouter(prefix=PATH, route_class=TransactionalRoute, include_in_schema=False)


@router.get("")
def show_webhooks(db: Db, visitor: ProvedAnybody, done: DoneQuery = "") -> Response:
    every_type = {f"types.{name}": forms.TICKED for name in webhooks.types_for(visitor.role)}
    return _list(db, visitor, every_type, done=done)


@router.post("")
def submit_webhook(db: Db, now: Now, visitor: ProvedAnybody, settings: Configured, typed: Typed) -> Response:
    """The only page that shows the secret, but for the one that shows a new one."""
    try:
        ticked = {"types": forms.ticked(typed, "types")}
        wanted = WebhookCreate.model_validate(forms.filled_in(typed, ("url",)) | ticked)
        issued = receivers.create_webhook(db, settings, visitor.principal, wanted, now, by_page=True)
    except (ValidationError, Problem) as refused:
        return _list(db, visitor, typed, refused)
    return _one(db, visitor, issued.webhook.id, issued=issued)


@router.get("/{webhook_id}")
def show_webhook(db: Db, visitor: ProvedAnybody, webhook_id: UUID, done: DoneQuery = "") -> Response:
    return _one(db, visitor, webhook_id, done=done)


@router.post("/{webhook_id}/koe")
def submit_test(db: Db, now: Now, visitor: ProvedAnybody, webhook_id: UUID) -> Response:
    receivers.test_webhook(db, visitor.principal, webhook_id, now)
    return redirect(f"{PATH}/{webhook_id}", tehty="koe")


@router.post("/{webhook_id}/salaisuus")
def submit_new_secret(db: Db, now: Now, visitor: ProvedAnybody, webhook_id: UUID) -> Response:
    return _one(db, visitor, webhook_id, issued=receivers.renew_secret(db, visitor.principal, webhook_id, now))


@router.post("/{webhook_id}/kayttoon")
def submit_enabling(db: Db, visitor: ProvedAnybody, webhook_id: UUID) -> Response:
    receivers.enable_webhook(db, visitor.principal, webhook_id)
    return redirect(f"{PATH}/{webhook_id}", tehty="kayttoon")


@router.post("/{webhook_id}/poista")
def submit_removal(db: Db, visitor: ProvedAnybody, webhook_id: UUID) -> Response:
    receivers.remove_webhook(db, visitor.principal, webhook_id)
    return redirect(PATH, tehty="poistettu")


@router.post("/{webhook_id}/{event_id}/uudelleen")
def submit_resending(db: Db, visitor: ProvedAnybody, webhook_id: UUID, event_id: UUID) -> Response:
    deliveries.resend(db, receivers.find_live_webhook(db, visitor.principal, webhook_id), event_id)
    return redirect(f"{PATH}/{webhook_id}", tehty="uudelleen")


def _list(db: Database, visitor: Visitor, typed: Fields, refused: Refused | None = None, done: str = "") -> Response:
    return pages.show(
        "webhooks.html",
        forms.status_of(refused),
        visitor=visitor,
        webhooks=receivers.list_webhooks(db, visitor.principal),
        types=webhooks.types_for(visitor.role),
        typed=typed,
        wrong=forms.reasons(refused),
        done=done,
    )


def _one(
    db: Database, visitor: Visitor, webhook_id: UUID, issued: IssuedWebhook | None = None, done: str = ""
) -> Response:
    query = select(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook_id)
    latest = db.scalars(query.order_by(col(WebhookDelivery.created_at).desc()).limit(LATEST)).all()
    return pages.show(
        "webhook.html",
        201 if issued else 200,
        visitor=visitor,
        webhook=receivers.find_webhook(db, visitor.principal, webhook_id),
        deliveries=deliveries.with_events(db, latest),
        issued=issued,
        done=done,
    )
