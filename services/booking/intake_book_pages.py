"""First talks (kartoittava keskustelu) at the supervisor's desk: those that come, those that were, what they led to."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import ValidationError
from sqlalchemy import ColumnElement
from sqlmodel import col, select
from starlette.responses import Response

from services import vocabulary
from services.booking import access, intakes
from services.booking.intakes import OutcomeWish
from services.booking.models import Intake, Supervisor
from services.booking.pages import pages
from services.booking.parties_api import Configured
from services.booking.process_pages import PageAsked
from services.booking.visiting import Supervising
from services.database import Database
from services.events.catalogue import Actor
from services.web import forms
from services.web.forms import Fields, Refused, Typed
from services.web.problems import NotFound, Problem
from services.web.transactions import Db, Now, TransactionalRoute
from services.web.visitors import Visitor, redirect

router = APIRouter(prefix="/tyo/kartoitukset", route_class=TransactionalRoute, include_in_schema=False)

ON_A_PAGE = 30


@router.get("")
def leaf_through(db: Db, now: Now, visitor: Supervising, sivu: PageAsked = 1, tehty: str = "") -> Response:
    """Talks that nobody confirmed in time have never been any."""
    past = _talks(db, visitor, col(Intake.ends_at) <= now, newest_first=True, page=sivu)
    return pages.show(
        "intake_list.html",
        visitor=visitor,
        ahead=_talks(db, visitor, col(Intake.ends_at) > now) if sivu == 1 else [],
        past=past[:ON_A_PAGE],
        has_more=len(past) > ON_A_PAGE,
        form_labels=vocabulary.FORM_LABELS,
        sivu=sivu,
        tehty=tehty,
    )


def _talks(
    db: Database, visitor: Visitor, when: ColumnElement[bool], *, newest_first: bool = False, page: int = 1
) -> list[Intake]:
    query = select(Intake).join(Supervisor, col(Supervisor.id) == Intake.supervisor_id)
    known = ("held", "confirmed") if not newest_first else ("confirmed",)
    query = query.where(access.practices(visitor.principal), when, col(Intake.status).in_(known))
    order = col(Intake.starts_at).desc() if newest_first else col(Intake.starts_at)
    return list(db.scalars(query.order_by(order, col(Intake.id)).offset((page - 1) * ON_A_PAGE).limit(ON_A_PAGE + 1)))


@router.get("/{intake_id}")
def show(db: Db, now: Now, visitor: Supervising, intake_id: UUID, tehty: str = "") -> Response:
    return _page(visitor, _found(db, visitor, intake_id), now, None, done=tehty)


def _found(db: Database, visitor: Visitor, intake_id: UUID) -> Intake:
    query = select(Intake).join(Supervisor, col(Supervisor.id) == Intake.supervisor_id)
    intake = db.scalars(query.where(Intake.id == intake_id, access.practices(visitor.principal))).one_or_none()
    if intake is None:
        raise NotFound
    return intake


@router.post("/{intake_id}/tulos")
def record(db: Db, now: Now, visitor: Supervising, settings: Configured, intake_id: UUID, typed: Typed) -> Response:
    intake = intakes.locked(db, intake_id, access.practices(visitor.principal))
    try:
        wish = OutcomeWish.model_validate(forms.filled_in(typed, ("start", "recommended_form")))
        intakes.record_outcome(db, settings.link_key, visitor.principal, intake, wish, now)
    except (ValidationError, Problem) as refused:
        return _page(visitor, intake, now, typed, refused)
    return redirect(f"/tyo/kartoitukset/{intake.id}", tehty="kirjattu")


@router.post("/{intake_id}/peru")
def cancel(db: Db, now: Now, visitor: Supervising, intake_id: UUID) -> Response:
    intakes.cancel(db, intakes.locked(db, intake_id, access.practices(visitor.principal)), Actor.supervisor, now)
    return redirect("/tyo/kartoitukset", tehty="peruttu")


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
    saved = {"start": start, "recommended_form": intake.recommended_form or ""}
    return pages.show(
        "intake_outcome.html",
        forms.status_of(refused),
        visitor=visitor,
        intake=intake,
        is_ahead=intake.starts_at > now,
        form_labels=vocabulary.FORM_LABELS,
        typed=saved if typed is None else typed,
        wrong=forms.reasons(refused),
        done=done,
    )
