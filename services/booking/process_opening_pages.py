"""Opening a process: first its form and its client, then everything else on one page, prefilled from a first talk."""

from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import ValidationError
from sqlmodel import col, select
from starlette.responses import Response

from services import vocabulary
from services.booking import access, audit, intakes, parties, process_forms, supervision
from services.booking.intakes import OutcomeWish
from services.booking.models import Client, Intake, Supervisor
from services.booking.pages import pages
from services.booking.participants import NUMBERS
from services.booking.parties import ClientWish
from services.booking.parties_api import Configured
from services.booking.settings import Settings
from services.booking.supervision import ProcessWish
from services.booking.visiting import Supervising
from services.database import Database, new_id
from services.events.catalogue import Form
from services.web import forms
from services.web.forms import Fields, Refused, Typed
from services.web.problems import NotFound, Problem
from services.web.tokens import Principal
from services.web.transactions import Db, Now, ReadingRoute, TransactionalRoute
from services.web.visitors import Visitor, redirect

PREFIX = "/tyo/prosessit/uusi"

router = APIRouter(prefix=PREFIX, route_class=TransactionalRoute, include_in_schema=False)
drafts = APIRouter(prefix=PREFIX, route_class=ReadingRoute, include_in_schema=False)

MOST_CLIENTS = 300

FormAsked = Annotated[str, Query(alias="muoto", max_length=20)]
ClientAsked = Annotated[str, Query(alias="tilaaja", max_length=40)]
IntakeAsked = Annotated[str, Query(alias="kartoitus", max_length=40)]


@router.get("")
def begin(
    db: Db, visitor: Supervising, muoto: FormAsked = "", tilaaja: ClientAsked = "", kartoitus: IntakeAsked = ""
) -> Response:
    """Without a form to work in, ask for it first."""
    intake = _intake(db, visitor, kartoitus)
    if intake and intake.process_id:
        return redirect(f"/tyo/prosessit/{intake.process_id}")
    if muoto not in set(Form):
        return _first_step(db, visitor, tilaaja, intake)
    usual = process_forms.usual(Form(muoto), db.get_one(Supervisor, visitor.party_id).reminder_days)
    typed = {"muoto": muoto, "tilaaja": tilaaja, "kartoitus": kartoitus, **usual}
    return _page(db, visitor, typed | (_from_intake(intake, Form(muoto)) if intake else {}))


def _first_step(db: Database, visitor: Visitor, client: str, intake: Intake | None) -> Response:
    known = select(Client).where(access.clients(visitor.principal))
    if intake:
        same = known.where(col(Client.email) == intake.email).order_by(col(Client.id)).limit(1)
        found = db.scalars(same).one_or_none()
        client = client or (str(found.id) if found else "")
    return pages.show(
        "process_begin.html",
        visitor=visitor,
        clients=db.scalars(known.order_by(col(Client.name), col(Client.id)).limit(MOST_CLIENTS)).all(),
        form_labels=vocabulary.FORM_LABELS,
        lengths=supervision.LENGTHS,
        intake=intake,
        typed={"tilaaja": client, "muoto": intake.recommended_form if intake else Form.individual},
        wrong={},
    )


def _from_intake(intake: Intake, form: Form) -> Fields:
    """The person of a first talk orders; who works alone takes part as well."""
    first_name, _, last_name = intake.name.partition(" ")
    person = {"first_name": first_name, "last_name": last_name, "email": intake.email}
    kind, payer = ("organisation", "business") if intake.organisation else ("person", "consumer")
    client = {"kind": kind, "name": intake.organisation or intake.name, "payer_type": payer}
    fields = {f"client.{name}": value for name, value in client.items()}
    fields |= {f"client.contact.{name}": value for name, value in person.items()}
    if form is Form.individual:
        fields |= {f"participants.0.{name}": value for name, value in person.items()}
        fields["participants.0.employer"] = intake.organisation or ""
    return fields


@drafts.post("/luonnos")
def show_draft(db: Db, visitor: Supervising, typed: Typed) -> Response:
    """The same again, not opened yet, with a row of participants more or less."""
    kept = process_forms.people(forms.without_row(typed, "participants"))
    return _page(db, visitor, process_forms.with_people(typed, kept), wants_row=forms.MORE in typed)


@router.get("/luonnos")
def lead_back(visitor: Supervising) -> Response:
    return redirect("/tyo/prosessit/uusi")


class Opening(ProcessWish):
    """A process and, unless it is known already, the client who orders it."""

    client: ClientWish | None = None


@router.post("")
def open_process(db: Db, now: Now, visitor: Supervising, settings: Configured, typed: Typed) -> Response:
    """What was typed comes back with what is wrong."""
    typed = process_forms.with_people(typed, process_forms.people(typed))
    try:
        process_id = _open(db, settings, visitor, typed, now)
    except (ValidationError, Problem) as refused:
        return _page(db, visitor, typed, refused)
    return redirect(f"/tyo/prosessit/{process_id}", tehty="avattu")


def _open(db: Database, settings: Settings, visitor: Visitor, typed: Fields, now: datetime) -> UUID:
    who = visitor.principal
    wish = Opening.model_validate(_wish(visitor, typed))
    if wish.client:
        client = parties.add_client(db, wish.client, who.party_id, now)
        wish = wish.model_copy(update={"client_id": client.id})
    process_id = _process(db, settings, who, wish, _uuid(typed.get("kartoitus", "")), now)
    audit.note(db, now, who.credential, "process.opened", f"process/{process_id}")
    return process_id


def _wish(visitor: Visitor, typed: Fields) -> dict[str, Any]:
    known = _uuid(typed.get("tilaaja", ""))
    return process_forms.terms(typed) | {
        "supervisor_id": visitor.party_id,
        "form": typed.get("muoto", ""),
        "participants": forms.nested(typed, ["participants"]).get("participants", []),
        "client_id": known or new_id(),
        "client": None if known else forms.nested(typed, ["client"]).get("client", {}),
    }


def _process(
    db: Database, settings: Settings, who: Principal, wish: ProcessWish, intake_id: UUID | None, now: datetime
) -> UUID:
    """Open it, as the outcome of a first talk where there was one."""
    if intake_id is None:
        return supervision.open_process(db, settings.link_key, who, wish, now).id
    intake = intakes.locked(db, intake_id, access.practices(who))
    outcome = OutcomeWish(start=True, recommended_form=wish.form, process=wish)
    intakes.record_outcome(db, settings.link_key, who, intake, outcome, now)
    if intake.process_id is None:
        raise NotFound
    return intake.process_id


def _intake(db: Database, visitor: Visitor, asked: str) -> Intake | None:
    query = select(Intake).join(Supervisor, col(Supervisor.id) == Intake.supervisor_id)
    query = query.where(col(Intake.id) == _uuid(asked), access.practices(visitor.principal))
    return db.scalars(query).one_or_none()


def _uuid(text: str) -> UUID | None:
    with suppress(ValueError):
        return UUID(text)
    return None


def _page(
    db: Database, visitor: Visitor, typed: Fields, refused: Refused | None = None, *, wants_row: bool = False
) -> Response:
    if typed.get("muoto") not in set(Form):
        return redirect("/tyo/prosessit/uusi")
    form, client_id = Form(typed["muoto"]), _uuid(typed.get("tilaaja", ""))
    written = len(process_forms.people(typed))
    return pages.show(
        "process_open.html",
        forms.status_of(refused),
        visitor=visitor,
        form=form,
        form_label=vocabulary.FORM_LABELS[form],
        client=access.client(db, visitor.principal, client_id) if client_id else None,
        rows=process_forms.rows_to_show(form, written + wants_row),
        can_add=NUMBERS[form][1] > process_forms.rows_to_show(form, written),
        typed=typed,
        wrong=forms.reasons(refused),
        **process_forms.choices(form, typed),
    )
