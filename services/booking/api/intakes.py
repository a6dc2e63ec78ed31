"""The API of intakes (kartoittava keskustelu): requested in public, managed by the letter's link or the supervisor."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel
from sqlalchemy import true
from sqlmodel import col

from services.booking.calendar.offers import SlotTaken, TimeNotOffered
from services.booking.dependencies import Configured
from services.booking.models.sessions import Intake
from services.booking.security import links, permissions
from services.booking.security.mailboxes import MailboxHasEnough
from services.booking.sessions import intakes
from services.booking.sessions.hold_limits import Asker, TooManyHolds
from services.booking.sessions.intakes import (
    IntakeAddressUpdate,
    IntakeCreate,
    IntakeExpired,
    IntakeHasBegun,
    IntakeHasProcess,
    IntakeIsCancelled,
    IntakeNotConfirmed,
    IntakeOutcomeCreate,
)
from services.core.database import Database
from services.events.catalogue import Actor, Form
from services.web.errors.problems import NotFound, Unauthenticated, documented
from services.web.protocol.fields import Instant, Line, RequestBody
from services.web.protocol.pagination import Page, Paged, fetch_page
from services.web.security.rate_limits import Count, limited, sender_digest
from services.web.security.tokens import Role, Staff, principal_of
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(prefix="/api/v1/intakes", route_class=TransactionalRoute, tags=["intakes"])

IntakeStatus = Literal["held", "confirmed", "cancelled", "expired"]


class IntakeForRequester(BaseModel):
    """An intake as whoever requested it may see it, without logging in."""

    id: UUID
    status: IntakeStatus
    starts_at: datetime
    ends_at: datetime
    expires_at: datetime


class IntakePublic(IntakeForRequester):
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


class IntakeSecret(RequestBody):
    """The secret at the end of the letter's link. The supervisor's token replaces it."""

    secret: Line | None = None


class IntakeMove(IntakeSecret):
    starts_at: Instant


def intake_public(intake: Intake) -> IntakePublic:
    return IntakePublic.model_validate(intake, from_attributes=True)


def intake_for_requester(intake: Intake) -> IntakeForRequester:
    return IntakeForRequester.model_validate(intake, from_attributes=True)


@router.post(
    "",
    status_code=202,
    dependencies=[Depends(limited("intakes"))],
    responses=documented(SlotTaken, TimeNotOffered, TooManyHolds, MailboxHasEnough),
)
def request_intake(
    db: Db, now: Now, request: Request, settings: Configured, wanted: IntakeCreate
) -> IntakeForRequester:
    """Public. Holds the time for half an hour and sends a letter with a link that confirms it.

    Only so many may wait to be confirmed. A program that asks for all visitors of a supervisor's own site sends the
    supervisor's token, or an administrator's, so that they do not count as one network.
    """
    who = principal_of(request)
    speaks_for_it = who is not None and (who.role is Role.admin or who.party_id == wanted.supervisor_id)
    asker = Asker(network=None if speaks_for_it else sender_digest(request))
    return intake_for_requester(intakes.hold_intake(db, settings, wanted, asker, now))


@router.get("")
def list_intakes(
    db: Db, who: Staff, paging: Paged, supervisor_id: UUID | None = None, status: IntakeStatus | None = None
) -> Page[IntakePublic]:
    query = intakes.intakes_of(permissions.managed_supervisors(who))
    if supervisor_id:
        query = query.where(col(Intake.supervisor_id) == supervisor_id)
    if status:
        query = query.where(col(Intake.status) == status)
    found, cursor = fetch_page(db, query, (col(Intake.starts_at), col(Intake.id)), paging)
    return Page[IntakePublic](items=[intake_public(intake) for intake in found], next_cursor=cursor)


@router.get("/{intake_id}")
def show_intake(db: Db, who: Staff, intake_id: UUID) -> IntakePublic:
    return intake_public(intakes.find_intake(db, intake_id, permissions.managed_supervisors(who)))


@router.post("/{intake_id}/confirm", responses=documented(IntakeExpired, IntakeIsCancelled))
def confirm_intake(
    db: Db, now: Now, request: Request, intake_id: UUID, key: IntakeSecret | None = None
) -> IntakeForRequester:
    intake, by = _locked_intake(db, request, intake_id, key, now)
    intakes.confirm_held_intake(db, intake, by, now)
    return intake_for_requester(intake)


@router.post("/{intake_id}/cancel")
def cancel_intake(
    db: Db, now: Now, request: Request, intake_id: UUID, key: IntakeSecret | None = None
) -> IntakeForRequester:
    intake, by = _locked_intake(db, request, intake_id, key, now)
    intakes.give_up_intake(db, intake, by, now)
    return intake_for_requester(intake)


@router.post(
    "/{intake_id}/move", responses=documented(IntakeIsCancelled, SlotTaken, TimeNotOffered, IntakeNotConfirmed)
)
def move_intake(
    db: Db, now: Now, request: Request, count: Count, intake_id: UUID, wanted: IntakeMove
) -> IntakeForRequester:
    intake, by = _locked_intake(db, request, intake_id, wanted, now)
    if by is not Actor.supervisor:
        count("changes", intake.id)
    intakes.reschedule_intake(db, intake, wanted.starts_at, by, now)
    return intake_for_requester(intake)


@router.post("/{intake_id}/address", responses=documented(IntakeExpired, IntakeIsCancelled, IntakeHasBegun))
def correct_intake_address(
    db: Db, now: Now, who: Staff, settings: Configured, intake_id: UUID, wanted: IntakeAddressUpdate
) -> IntakePublic:
    """What is to be known goes to the right address, and the link in older letters ends."""
    intake = intakes.lock_intake(db, intake_id, permissions.managed_supervisors(who))
    intakes.correct_intake_address(db, settings.link_key, intake, wanted.email, Actor.supervisor, now)
    return intake_public(intake)


@router.post("/{intake_id}/outcome", responses=documented(IntakeIsCancelled, IntakeNotConfirmed, IntakeHasProcess))
def record_intake_outcome(
    db: Db, now: Now, who: Staff, settings: Configured, intake_id: UUID, wanted: IntakeOutcomeCreate
) -> IntakePublic:
    """Whether supervision starts and in which form; with `process`, the process is opened at once."""
    intake = intakes.lock_intake(db, intake_id, permissions.managed_supervisors(who))
    intakes.record_outcome(db, settings.link_key, who, intake, wanted, now)
    return intake_public(intake)


def _locked_intake(
    db: Database, request: Request, intake_id: UUID, key: IntakeSecret | None, now: datetime
) -> tuple[Intake, Actor]:
    """The locked intake, for whoever has its secret or runs the practice, and who acts."""
    if key and key.secret:
        if links.find_link(db, links.LinkPurpose.intake, key.secret, now).subject_id != intake_id:
            raise NotFound
        return intakes.lock_intake(db, intake_id, true()), Actor.client
    who = principal_of(request)
    if who is None:
        raise Unauthenticated(headers={"WWW-Authenticate": "Bearer"})
    return intakes.lock_intake(db, intake_id, permissions.managed_supervisors(who)), Actor.supervisor
