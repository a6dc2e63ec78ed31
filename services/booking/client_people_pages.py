"""The pages by which a client says who takes part in what they ordered."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.responses import Response

from services.booking import access, membership, participants
from services.booking.models import Participant, Process
from services.booking.pages import pages
from services.booking.participants import PersonChange, PersonWish, ProcessIsFull
from services.booking.parties_api import Configured
from services.booking.supervision import ProcessIsClosed
from services.booking.visiting import Ordering
from services.database import Database
from services.web.etags import PreconditionFailed, tag
from services.web.forms import Typed, filled_in, reasons, seen_version
from services.web.problems import InvalidRequest
from services.web.transactions import Db, Now, TransactionalRoute
from services.web.visitors import Visitor, redirect

router = APIRouter(
    prefix="/oma/prosessit/{process_id}/osallistujat", route_class=TransactionalRoute, include_in_schema=False
)

FIELDS = ("first_name", "last_name", "email", "employer")
REFUSALS = (ValidationError, InvalidRequest, ProcessIsFull, ProcessIsClosed, PreconditionFailed)


@router.get("")
def show(db: Db, visitor: Ordering, process_id: UUID) -> Response:
    return _list_page(db, visitor, access.process(db, visitor.principal, process_id))


@router.post("")
def add(db: Db, now: Now, visitor: Ordering, settings: Configured, process_id: UUID, typed: Typed) -> Response:
    process = access.process(db, visitor.principal, process_id, lock=True)
    try:
        wish = PersonWish.model_validate(filled_in(typed, FIELDS))
        membership.add(db, settings.link_key, process, wish, now)
    except REFUSALS as refused:
        return _list_page(db, visitor, process, typed, reasons(refused), _status(refused))
    return redirect(f"/oma/prosessit/{process_id}", tehty="lisatty")


@router.get("/{participant_id}")
def show_person(db: Db, visitor: Ordering, process_id: UUID, participant_id: UUID) -> Response:
    process = access.process(db, visitor.principal, process_id)
    person = participants.in_process(db, process.id, participant_id)
    typed = {field: getattr(person, field) or "" for field in FIELDS}
    return _person_page(visitor, process, person, typed)


@router.post("/{participant_id}")
def change(db: Db, now: Now, visitor: Ordering, process_id: UUID, participant_id: UUID, typed: Typed) -> Response:
    process = access.process(db, visitor.principal, process_id, lock=True)
    person = participants.in_process(db, process.id, participant_id)
    try:
        said = {field: typed.get(field, "").strip() for field in FIELDS}
        wish = PersonChange.model_validate(said | {"employer": said["employer"] or None})
        membership.change(db, process, person, wish, seen_version(typed), now)
    except REFUSALS as refused:
        return _person_page(visitor, process, person, typed, reasons(refused), _status(refused))
    return redirect(f"/oma/prosessit/{process_id}", tehty="muutettu")


@router.post("/{participant_id}/poista")
def remove(db: Db, now: Now, visitor: Ordering, process_id: UUID, participant_id: UUID) -> Response:
    process = access.process(db, visitor.principal, process_id, lock=True)
    membership.remove(db, process, participants.in_process(db, process.id, participant_id), now)
    return redirect(f"/oma/prosessit/{process_id}", tehty="poistettu")


def _status(refused: Any) -> int:
    return getattr(refused, "status", 422)


def _list_page(
    db: Database,
    visitor: Visitor,
    process: Process,
    typed: Mapping[str, str] | None = None,
    wrong: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    people = [person for person in participants.of_process(db, process.id) if person.left_at is None]
    return pages.show(
        "client_people.html",
        status,
        visitor=visitor,
        process=process,
        people=people,
        has_room=process.status != "closed" and len(people) < participants.NUMBERS[process.form][1],
        typed=typed or {},
        wrong=wrong or {},
    )


def _person_page(
    visitor: Visitor,
    process: Process,
    person: Participant,
    typed: Mapping[str, str],
    wrong: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    return pages.show(
        "client_person.html",
        status,
        visitor=visitor,
        process=process,
        person=person,
        seen=typed.get("versio") or tag(person.version),
        typed=typed,
        wrong=wrong or {},
    )
