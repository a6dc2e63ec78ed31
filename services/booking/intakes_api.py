"""First talks over HTTP: asked for in public, managed by the link in the letter or by the supervisor."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel
from sqlalchemy import true
from sqlmodel import col, select

from services.booking import access, intakes, links
from services.booking.intakes import (
    IntakeExpired,
    IntakeHasProcess,
    IntakeIsCancelled,
    IntakeNotConfirmed,
    IntakeWish,
    OutcomeWish,
)
from services.booking.links import Purpose
from services.booking.models import Intake, Supervisor
from services.booking.offers import SlotTaken, TimeNotOffered
from services.booking.parties_api import Configured
from services.booking.shapes import Instant, Line, Wish
from services.database import Database
from services.events.catalogue import Actor, Form
from services.web.limits import limited
from services.web.paging import Page, Paged, fetch
from services.web.problems import NotFound, Unauthenticated, documented
from services.web.tokens import Staff, principal_of
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(prefix="/api/v1/intakes", route_class=TransactionalRoute, tags=["intakes"])

Status = Literal["held", "confirmed", "cancelled", "expired"]


class Held(BaseModel):
    """What somebody who is not known yet may know of their own wish."""

    id: UUID
    status: Status
    starts_at: datetime
    ends_at: datetime
    expires_at: datetime


class IntakeShown(Held):
    supervisor_id: UUID
    name: str
    email: str
    organisation: str | None
    message: str | None
    requested_at: datetime
    confirmed_at: datetime | None
    start: bool | None
    recommended_form: Form | None
    process_id: UUID | None


class Key(Wish):
    """The secret at the end of the letter's link. Whoever has a token of the supervisor needs none."""

    secret: Line | None = None


class Move(Key):
    starts_at: Instant


def shown(intake: Intake) -> IntakeShown:
    return IntakeShown.model_validate(intake, from_attributes=True)


def held(intake: Intake) -> Held:
    return Held.model_validate(intake, from_attributes=True)


@router.post(
    "",
    status_code=202,
    dependencies=[Depends(limited("intakes"))],
    responses=documented(SlotTaken, TimeNotOffered),
)
def request_intake(db: Db, now: Now, settings: Configured, wish: IntakeWish) -> Held:
    """Public. Holds the time for half an hour, and a letter asks to confirm it."""
    return held(intakes.request(db, settings.link_key, wish, now))


@router.get("")
def list_intakes(
    db: Db, who: Staff, paging: Paged, supervisor_id: UUID | None = None, status: Status | None = None
) -> Page[IntakeShown]:
    query = select(Intake).join(Supervisor, col(Supervisor.id) == Intake.supervisor_id).where(access.practices(who))
    if supervisor_id:
        query = query.where(Intake.supervisor_id == supervisor_id)
    if status:
        query = query.where(Intake.status == status)
    found, cursor = fetch(db, query, (col(Intake.starts_at), col(Intake.id)), paging)
    return Page[IntakeShown](items=[shown(intake) for intake in found], next_cursor=cursor)


@router.get("/{intake_id}")
def show_intake(db: Db, who: Staff, intake_id: UUID) -> IntakeShown:
    query = select(Intake).join(Supervisor, col(Supervisor.id) == Intake.supervisor_id)
    return shown(db.scalars(query.where(Intake.id == intake_id, access.practices(who))).one())


@router.post("/{intake_id}/confirm", responses=documented(IntakeExpired, IntakeIsCancelled))
def confirm_intake(db: Db, now: Now, request: Request, intake_id: UUID, key: Key | None = None) -> Held:
    intake, by = _managed(db, request, intake_id, key, now)
    intakes.confirm(db, intake, by, now)
    return held(intake)


@router.post("/{intake_id}/cancel")
def cancel_intake(db: Db, now: Now, request: Request, intake_id: UUID, key: Key | None = None) -> Held:
    intake, by = _managed(db, request, intake_id, key, now)
    intakes.cancel(db, intake, by, now)
    return held(intake)


@router.post("/{intake_id}/move", responses=documented(SlotTaken, TimeNotOffered, IntakeNotConfirmed))
def move_intake(db: Db, now: Now, request: Request, intake_id: UUID, wish: Move) -> Held:
    intake, by = _managed(db, request, intake_id, wish, now)
    intakes.move(db, intake, wish.starts_at, by, now)
    return held(intake)


@router.post("/{intake_id}/outcome", responses=documented(IntakeNotConfirmed, IntakeHasProcess))
def record_outcome(
    db: Db, now: Now, who: Staff, settings: Configured, intake_id: UUID, wish: OutcomeWish
) -> IntakeShown:
    """Whether the work begins and in which form; with `process`, it opens at once."""
    intake = intakes.locked(db, intake_id, access.practices(who))
    intakes.record_outcome(db, settings.link_key, who, intake, wish, now)
    return shown(intake)


def _managed(db: Database, request: Request, intake_id: UUID, key: Key | None, now: datetime) -> tuple[Intake, Actor]:
    """The talk, locked, for whoever holds its secret or runs the practice; and in whose name they act."""
    if key and key.secret:
        if links.find(db, Purpose.intake, key.secret, now).subject_id != intake_id:
            raise NotFound
        return intakes.locked(db, intake_id, true()), Actor.client
    who = principal_of(request)
    if who is None:
        raise Unauthenticated(headers={"WWW-Authenticate": "Bearer"})
    return intakes.locked(db, intake_id, access.practices(who)), Actor.supervisor
