"""How a webhook ends: with the access of who made it, because it failed for days, or because its receiver said so."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import ColumnElement, delete, text, update
from sqlmodel import col

from services.booking.models.webhooks import Webhook, WebhookDelivery
from services.booking.security.accounts import ADMIN_PARTY_ID, account_of_party
from services.booking.settings import Settings
from services.core import clock
from services.core.database import Database, new_id
from services.core.logs import logger
from services.events.catalogue import WebhookEnded
from services.events.outbox import stage
from services.web.security.tokens import Role

log = logger(__name__)

ENDED_KEPT = text("now() - interval '90 days'")

Because = Literal["failing", "gone"]


def end_with_access(db: Database, credentials: Sequence[str], party_id: UUID | None) -> None:
    """Of these credentials, and all of a party's: nothing is sent from the next moment on."""
    if credentials:
        _end(db, col(Webhook.credential).in_(credentials))
    if party_id:
        _end(db, col(Webhook.party_id) == party_id)


def end_of_former_admins(db: Database, settings: Settings) -> None:
    """The admin's credential is a setting: what was made by one that is no longer it ends."""
    _end(db, (col(Webhook.role) == Role.admin) & (col(Webhook.credential) != settings.admin_client_id))


def _end(db: Database, which: ColumnElement[bool]) -> None:
    ended = {"ended_at": clock.now(db), "ended_because": "access_ended", "version": Webhook.version + 1}
    live = update(Webhook).where(which, col(Webhook.ended_at).is_(None)).values(ended)
    _close_deliveries(db, db.scalars(live.returning(col(Webhook.id))).all())


def _close_deliveries(db: Database, webhooks: Sequence[UUID]) -> None:
    """What was still to be tried is given up."""
    if webhooks:
        waiting = (col(WebhookDelivery.webhook_id).in_(webhooks), col(WebhookDelivery.next_at).is_not(None))
        db.execute(update(WebhookDelivery).where(*waiting).values(next_at=None, leased_until=None))


def end_by_themselves(db: Database, settings: Settings, webhooks: Collection[Webhook], because: Because) -> None:
    """Their owners are told by letter. The caller holds the lock on the rows."""
    now = clock.now(db)
    for webhook in webhooks:
        webhook.ended_at, webhook.ended_because, webhook.version = now, because, webhook.version + 1
        log.warning("webhook.ended", webhook_id=str(webhook.id), because=because)
        _tell_owner(db, settings, webhook, because, now)
    _close_deliveries(db, [webhook.id for webhook in webhooks])


def _tell_owner(db: Database, settings: Settings, webhook: Webhook, because: Because, now: datetime) -> None:
    owner = account_of_party(db, settings, Role(webhook.role), webhook.party_id or ADMIN_PARTY_ID)
    if owner is None or not owner.email:
        return
    event = WebhookEnded(
        version=1,
        notice_id=new_id(),
        email=owner.email,
        full_name=owner.full_name,
        because=because,
        host=urlsplit(webhook.url).hostname or "",
        ended_at=now,
    )
    stage(db, "booking", now, [event])


def forget_webhooks(db: Database, party_id: UUID) -> None:
    """Of somebody who is forgotten."""
    db.execute(delete(Webhook).where(col(Webhook.party_id) == party_id))


def prune_ended(db: Database) -> None:
    db.execute(delete(Webhook).where(col(Webhook.ended_at) < ENDED_KEPT))
