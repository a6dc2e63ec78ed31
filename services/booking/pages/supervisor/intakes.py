"""The supervisor's pages of intakes (kartoittava keskustelu): the coming and past ones, and their outcome."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import ValidationError
from sqlalchemy import ColumnElement
from sqlmodel import col
from starlette.responses import Response

from services.booking.dependencies import Configured
from services.booking.models.sessions import Intake
from services.booking.pages.login import LoggedInSupervisor
from services.booking.pages.site import DoneQuery, PageQuery, pages
from services.booking.security import permissions
from services.booking.sessions import intakes, undo
from services.core.database import Database
from services.events.catalogue import Actor
from services.finnish import vocabulary
from services.web.errors.problems import Problem
from services.web.pages import forms
from services.web.pages.forms import Fields, Refused, Typed
from services.web.security.visitors import Visitor, redirect
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(prefix="/tyo/kartoitukset", route_class=TransactionalRoute, include_in_schema=False)

PAGE_SIZE = 30


@router.get("")
def list_intakes_as_supervisor(db: Db, now: Now, visitor: LoggedInSupervisor, page: PageQuery = 1) -> Response:
    """Intakes that nobody confirmed in time are not listed."""
    past = _list_intakes(db, visitor, col(Intake.ends_at) <= now, newest_first=True, page=page)
    return pages.show(
        "intake_list.html",
        visitor=visitor,
        ahead=_list_intakes(db, visitor, col(Intake.ends_at) > now) if page == 1 else [],
        past=past[:PAGE_SIZE],
        has_more=len(past) > PAGE_SIZE,
        form_labels=vocabulary.FORM_LABELS,
        sivu=page,
    )


def _list_intakes(
    db: Database, visitor: Visitor, when: ColumnElement[bool], *, newest_first: bool = False, page: int = 1
) -> list[Intake]:
    listed = ("confirmed",) if newest_first else ("held", "confirmed")
    query = intakes.intakes_of(permissions.managed_supervisors(visitor.principal))
    query = query.where(when, col(Intake.status).in_(listed))
    order = col(Intake.starts_at).desc() if newest_first else col(Intake.starts_at)
    return list(db.scalars(query.order_by(order, col(Intake.id)).offset((page - 1) * PAGE_SIZE).limit(PAGE_SIZE + 1)))


@router.get("/{intake_id}")
def show_intake_as_supervisor(
    db: Db, now: Now, visitor: LoggedInSupervisor, intake_id: UUID, done: DoneQuery = ""
) -> Response:
    intake = intakes.find_intake(db, intake_id, permissions.managed_supervisors(visitor.principal))
    return _page(visitor, intake, now, None, done=done)


@router.post("/{intake_id}/tulos")
def submit_intake_outcome(
    db: Db, now: Now, visitor: LoggedInSupervisor, settings: Configured, intake_id: UUID, typed: Typed
) -> Response:
    intake = intakes.lock_intake(db, intake_id, permissions.managed_supervisors(visitor.principal))
    try:
        wanted = intakes.IntakeOutcomeCreate.model_validate(forms.filled_in(typed, ("start", "recommended_form")))
        intakes.record_outcome(db, settings.link_key, visitor.principal, intake, wanted, now)
    except (ValidationError, Problem) as refused:
        return _page(visitor, intake, now, typed, refused)
    return redirect(f"/tyo/kartoitukset/{intake.id}", tehty="kirjattu")


@router.post("/{intake_id}/osoite")
def correct_intake_address_as_supervisor(
    db: Db, now: Now, visitor: LoggedInSupervisor, settings: Configured, intake_id: UUID, typed: Typed
) -> Response:
    intake = intakes.lock_intake(db, intake_id, permissions.managed_supervisors(visitor.principal))
    try:
        wanted = intakes.IntakeAddressUpdate.model_validate(forms.filled_in(typed, ("email",)))
        intakes.correct_intake_address(db, settings.link_key, intake, wanted.email, Actor.supervisor, now)
    except (ValidationError, Problem) as refused:
        return _page(visitor, intake, now, typed, refused)
    return redirect(f"/tyo/kartoitukset/{intake.id}", tehty="korjattu")


@router.post("/{intake_id}/peru")
def cancel_intake_as_supervisor(db: Db, now: Now, visitor: LoggedInSupervisor, intake_id: UUID) -> Response:
    intake = intakes.lock_intake(db, intake_id, permissions.managed_supervisors(visitor.principal))
    undo.cancel_intake(db, intake, Actor.supervisor, now)
    return redirect(f"/tyo/kartoitukset/{intake.id}", tehty="peruttu")


@router.post("/{intake_id}/kumoa")
def restore_intake_as_supervisor(db: Db, now: Now, visitor: LoggedInSupervisor, intake_id: UUID) -> Response:
    intake = intakes.lock_intake(db, intake_id, permissions.managed_supervisors(visitor.principal))
    undo.restore_intake(db, intake, Actor.supervisor, now)
    return redirect(f"/tyo/kartoitukset/{intake.id}", tehty="kumottu")


def _page(
    visitor: Visitor,
    intake: Intake,
    now: datetime,
    typed: Fields | None,
    refused: Refused | None = None,
    *,
    done: str = "",
) -> Response:
    start = {None: "", True: "true", False: "false"}[intake.start]
    saved = {"start": start, "recommended_form": intake.recommended_form or "", "email": intake.email}
    return pages.show(
        "intake_outcome.html",
        forms.status_of(refused),
        visitor=visitor,
        intake=intake,
        is_ahead=intake.starts_at > now,
        is_undoable=undo.is_undoable(intake, Actor.supervisor, now),
        form_labels=vocabulary.FORM_LABELS,
        typed=saved | (typed or {}),
        wrong=forms.reasons(refused),
        done=done,
    )
