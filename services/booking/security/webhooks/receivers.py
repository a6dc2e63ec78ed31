"""The receivers of webhooks: made by whoever may listen, with a secret that is shown once, renewed and tried."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import Field
from sqlalchemy import ColumnElement, func, text
from sqlmodel import col, select

from services.booking.models.people import Supervisor
from services.booking.models.security import Credential
from services.booking.models.webhooks import Webhook
from services.booking.settings import Settings
from services.core.database import Database
from services.events import webhooks
from services.events.catalogue import WebhookTested
from services.events.outbox import stage
from services.web.errors.problems import Problem, Unauthenticated
from services.web.errors.validation import invalid
from services.web.i18n.language import Text
from services.web.protocol import idempotency
from services.web.protocol.fields import RequestBody, WebAddress
from services.web.security.tokens import Principal, Role

AT_ONCE = 20
BOTH_SIGN_FOR = timedelta(days=1)
"""So long a secret signs beside the one that replaced it."""


TypeName = Annotated[str, Field(max_length=60)]


class WebhookCreate(RequestBody):
    """Where events are to be sent, and which."""

    url: WebAddress = Field(
        description="Where the events are posted: an `https://` address that can be reached from the internet.",
        examples=["https://ohjelma.example/tyonohjaus"],
    )
    types: Annotated[list[TypeName], Field(min_length=1, max_length=50)] | None = Field(
        None,
        description="Which types of events are sent. Left out: all that the caller may hear of.",
        examples=[["session.booked.v1", "session.cancelled.v1"]],
    )


class TooManyWebhooks(Problem):
    """There are as many webhooks as there may be."""

    status = 409
    finnish = "Webhookeja on jo niin monta kuin niitä voi olla."
    advice = Text(fi="Poista ensin ne, joita ei enää käytetä.", en="Remove those that are no longer used first.")


class WebhookHasEnded(Problem):
    """Nothing is sent to this webhook any more."""

    status = 409
    finnish = "Tähän webhookiin ei enää lähetetä mitään."
    advice = Text(
        fi="Ota se ensin käyttöön tai, jos tunnus on suljettu, luo uusi.",
        en="Enable it first or, if its credential was revoked, create another.",
    )


@dataclass(frozen=True)
class IssuedWebhook:
    """A webhook with the secret that is shown once."""

    webhook: Webhook
    secret: str


def create_webhook(
    db: Database, settings: Settings, who: Principal, wanted: WebhookCreate, now: datetime, *, by_page: bool = False
) -> IssuedWebhook:
    """What is made by a credential ends with it; what is made on a page ends when its owner may no longer log in."""
    _ensure_access_stands(db, who, by_page=by_page)
    _ensure_room(db, who)
    webhook = Webhook(
        role=who.role,
        party_id=who.party_id,
        credential=None if by_page else who.credential,
        url=_reachable(settings, wanted.url),
        types=allowed_types(who, wanted.types, "types"),
        secret=webhooks.new_secret(),
        created_at=now,
    )
    db.add(webhook)
    db.flush()
    idempotency.withhold_answer(db)
    return IssuedWebhook(webhook, webhook.secret)


def _ensure_access_stands(db: Database, who: Principal, *, by_page: bool) -> None:
    """Whoever ends it at this moment is waited for, and what is made before is ended by them."""
    if who.role is Role.supervisor:
        supervisor = db.get(Supervisor, who.party_id, with_for_update={"read": True}, populate_existing=True)
        if supervisor is None or supervisor.deactivated_at:
            raise Unauthenticated
    if not by_page:
        credential = db.get(Credential, who.credential, with_for_update={"read": True}, populate_existing=True)
        if credential and credential.revoked_at:
            raise Unauthenticated


def _ensure_room(db: Database, who: Principal) -> None:
    """One at a time of each owner counts."""
    db.execute(text("SELECT pg_advisory_xact_lock(hashtext(:owner))"), {"owner": f"webhooks of {who.party_id}"})
    live = select(func.count()).where(_of_owner(who), col(Webhook.ended_at).is_(None))
    if db.scalars(live).one() >= AT_ONCE:
        raise TooManyWebhooks


def _reachable(settings: Settings, url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "https" and not settings.webhooks_may_be_private:
        raise invalid("url", "Osoitteen pitää alkaa https://.", "The address must begin with https://.")
    if parts.hostname == urlsplit(settings.public_url).hostname and not settings.webhooks_may_be_private:
        raise invalid("url", "Tämä on palvelun oma osoite.", "This is our own address.")
    if parts.username or parts.password:
        raise invalid(
            "url",
            "Osoitteessa ei voi olla käyttäjätunnusta eikä salasanaa.",
            "An address can't hold a user and a password.",
        )
    return url


def allowed_types(who: Principal, wanted: Sequence[str] | None, field: str) -> list[str]:
    """Those of the wanted types of which this principal may hear; all of them, if none are named."""
    known = webhooks.types_for(who.role)
    if wanted is not None and (unknown := set(wanted) - set(known)):
        named = ", ".join(sorted(unknown)[:3])
        raise invalid(field, f"Näitä tapahtumia ei ole: {named}.", f"There are no such events: {named}.")
    return known if wanted is None else [name for name in known if name in wanted]


def list_webhooks(db: Database, who: Principal) -> Sequence[Webhook]:
    """The caller's own, the oldest first."""
    return db.scalars(select(Webhook).where(_of_owner(who)).order_by(col(Webhook.id))).all()


def find_webhook(db: Database, who: Principal, webhook_id: UUID, *, lock: bool = False) -> Webhook:
    query = select(Webhook).where(_of_owner(who), Webhook.id == webhook_id)
    return db.scalars(query.with_for_update() if lock else query).one()


def find_live_webhook(db: Database, who: Principal, webhook_id: UUID) -> Webhook:
    """One that something is sent to, locked."""
    webhook = find_webhook(db, who, webhook_id, lock=True)
    if webhook.ended_at:
        raise WebhookHasEnded
    return webhook


def _of_owner(who: Principal) -> ColumnElement[bool]:
    return (col(Webhook.role) == who.role) & col(Webhook.party_id).is_not_distinct_from(who.party_id)


def renew_secret(db: Database, who: Principal, webhook_id: UUID, now: datetime) -> IssuedWebhook:
    """Another secret signs from now on, and the one before beside it for a day."""
    webhook = find_live_webhook(db, who, webhook_id)
    webhook.older_secret, webhook.older_until = webhook.secret, now + BOTH_SIGN_FOR
    webhook.secret, webhook.version = webhooks.new_secret(), webhook.version + 1
    idempotency.withhold_answer(db)
    return IssuedWebhook(webhook, webhook.secret)


def test_webhook(db: Database, who: Principal, webhook_id: UUID, now: datetime) -> Webhook:
    """Have an event sent that nothing but this request has caused."""
    webhook = find_live_webhook(db, who, webhook_id)
    webhook.version += 1
    stage(db, "booking", now, [WebhookTested(version=webhook.version, webhook_id=webhook.id, tested_at=now)])
    return webhook


def enable_webhook(db: Database, who: Principal, webhook_id: UUID) -> Webhook:
    """Send again, from the next event on, to one that was switched off because it failed or was gone."""
    webhook = find_webhook(db, who, webhook_id, lock=True)
    if webhook.ended_because == "access_ended":
        raise WebhookHasEnded
    if webhook.ended_at:
        _ensure_room(db, who)
        webhook.ended_at = webhook.ended_because = webhook.failing_since = None
        webhook.version += 1
    return webhook


def remove_webhook(db: Database, who: Principal, webhook_id: UUID) -> None:
    db.delete(find_webhook(db, who, webhook_id, lock=True))
