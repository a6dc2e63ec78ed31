"""The pages that open a process: first its form and client, then the rest, prefilled from an intake if there is one."""

from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import ValidationError
from sqlmodel import col, select
from starlette.responses import Response

from services.booking.dependencies import Configured
from services.booking.models.people import Client, Process, Supervisor
from services.booking.models.sessions import Intake
from services.booking.pages.login import LoggedInSupervisor
from services.booking.pages.site import pages
from services.booking.pages.supervisor.processes import forms as processes_forms
from services.booking.security import audit, permissions
from services.booking.sessions import intakes
from services.booking.settings import Settings
from services.booking.supervision import parties, processes
from services.booking.supervision.participants import PARTICIPANT_LIMITS
from services.booking.supervision.processes import ProcessCreate
from services.core.database import Database, new_id
from services.events.catalogue import Form
from services.finnish import vocabulary
from services.finnish.alphabet import alphabetical
from services.web.errors.problems import NotFound, Problem
from services.web.pages import forms
from services.web.pages.forms import Fields, Refused, Typed
from services.web.security.tokens import Principal
from services.web.security.visitors import Visitor, redirect
from services.web.transactions import Db, Now, ReadingRoute, TransactionalRoute

PREFIX = "/tyo/prosessit/uusi"

router = APIRouter(prefix=PREFIX, route_class=TransactionalRoute, include_in_schema=False)
drafts = APIRouter(prefix=PREFIX, route_class=ReadingRoute, include_in_schema=False)

MAX_CLIENTS = 300

FormQuery = Annotated[str, Query(alias="muoto", max_length=20)]
ClientQuery = Annotated[str, Query(alias="tilaaja", max_length=40)]
IntakeQuery = Annotated[str, Query(alias="kartoitus", max_length=40)]
ModelQuery = Annotated[str, Query(alias="pohja", max_length=40)]
"""An earlier process, whose terms and people the new one begins with."""


@router.get("")
def show_opening_form(
    db: Db,
    visitor: LoggedInSupervisor,
    form: FormQuery = "",
    client_id: ClientQuery = "",
    intake_id: IntakeQuery = "",
    model_id: ModelQuery = "",
) -> Response:
    """The first step asks for the form; with one in the address, the second step follows."""
    query = intakes.intakes_of(permissions.managed_supervisors(visitor.principal))
    intake = db.scalars(query.where(col(Intake.id) == _parse_uuid(intake_id))).one_or_none()
    if intake and intake.process_id:
        return redirect(f"/tyo/prosessit/{intake.process_id}")
    if earlier_id := _parse_uuid(model_id):
        return _page(db, visitor, _from_earlier(db, permissions.find_process(db, visitor.principal, earlier_id)))
    if form not in set(Form):
        return _first_step(db, visitor, client_id, intake)
    usual = processes_forms.default_process_fields(Form(form), db.get_one(Supervisor, visitor.party_id).reminder_days)
    typed = {"muoto": form, "tilaaja": client_id, "kartoitus": intake_id, **usual}
    typed["title"] = _usual_title(db, visitor, Form(form), client_id)
    return _page(db, visitor, typed | (_from_intake(intake, Form(form)) if intake else {}))


def _usual_title(db: Database, visitor: Visitor, form: Form, client_id: str) -> str:
    """The form, and the client if it is known already."""
    label, known = vocabulary.FORM_LABELS[form].capitalize(), _parse_uuid(client_id)
    return f"{label}, {permissions.find_client(db, visitor.principal, known).name}"[:200] if known else label


def _from_earlier(db: Database, process: Process) -> Fields:
    """Its terms and people; an address that waits for the supervisor's yes is not brought along."""
    people = processes.list_active_participants(db, process.id)
    rows = [
        {name: getattr(one, name) or "" for name in processes_forms.PARTICIPANT_FIELDS}
        | ({} if one.address_accepted else {"email": ""})
        for one in people
    ]
    typed = {"muoto": str(process.form), "tilaaja": str(process.client_id), "kartoitus": ""}
    return processes_forms.with_participant_rows(typed | processes_forms.process_fields(process), rows)


def _first_step(db: Database, visitor: Visitor, client_id: str, intake: Intake | None) -> Response:
    clients = select(Client).where(permissions.visible_clients(visitor.principal))
    if intake:
        same = clients.where(col(Client.email) == intake.email).order_by(col(Client.id)).limit(1)
        found = db.scalars(same).one_or_none()
        client_id = client_id or (str(found.id) if found else "")
    return pages.show(
        "process_begin.html",
        visitor=visitor,
        clients=db.scalars(clients.order_by(alphabetical(Client.name), col(Client.id)).limit(MAX_CLIENTS)).all(),
        form_labels=vocabulary.FORM_LABELS,
        lengths=processes.SESSION_LENGTHS,
        intake=intake,
        typed={"tilaaja": client_id, "muoto": intake.recommended_form if intake else Form.individual},
        wrong={},
    )


def _from_intake(intake: Intake, form: Form) -> Fields:
    """The person of an intake is the contact, and in individual supervision the participant as well."""
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
def show_opening_draft(db: Db, visitor: LoggedInSupervisor, typed: Typed) -> Response:
    """The same form again, nothing saved yet: with one row of participants more or less, or those that were pasted."""
    kept = processes_forms.with_pasted_people(forms.without_row(typed, "participants"))
    return _page(db, visitor, kept, wants_row=forms.MORE in typed, is_pasted=_pasted(typed))


def _pasted(typed: Fields) -> bool:
    return bool(typed.get(processes_forms.PASTED, "").strip())


@router.get("/luonnos")
def redirect_to_opening(visitor: LoggedInSupervisor) -> Response:
    return redirect("/tyo/prosessit/uusi")


class ProcessWithClientCreate(ProcessCreate):
    """A process and, unless it exists already, its client."""

    client: parties.ClientCreate | None = None


@router.post("")
def submit_process(db: Db, now: Now, visitor: LoggedInSupervisor, settings: Configured, typed: Typed) -> Response:
    """A refused form is shown again, with what was typed and what is wrong; so is one with people just pasted."""
    is_pasted, typed = _pasted(typed), processes_forms.with_pasted_people(typed)
    if is_pasted:
        return _page(db, visitor, typed, is_pasted=True)
    try:
        process_id = _open_process(db, settings, visitor, typed, now)
    except (ValidationError, Problem) as refused:
        return _page(db, visitor, typed, refused)
    return redirect(f"/tyo/prosessit/{process_id}", tehty="avattu")


def _open_process(db: Database, settings: Settings, visitor: Visitor, typed: Fields, now: datetime) -> UUID:
    who = visitor.principal
    wanted = ProcessWithClientCreate.model_validate(_wanted_values(visitor, typed))
    if wanted.client:
        client = parties.add_client(db, wanted.client, who.party_id, now)
        wanted = wanted.model_copy(update={"client_id": client.id})
    process_id = _open_from_intake(db, settings, who, wanted, _parse_uuid(typed.get("kartoitus", "")), now)
    audit.note(db, now, "process.opened", f"process/{process_id}")
    return process_id


def _wanted_values(visitor: Visitor, typed: Fields) -> dict[str, Any]:
    client_id = _parse_uuid(typed.get("tilaaja", ""))
    return processes_forms.process_terms(typed) | {
        "supervisor_id": visitor.party_id,
        "form": typed.get("muoto", ""),
        "participants": forms.nested(typed, ["participants"]).get("participants", []),
        "client_id": client_id or new_id(),
        "client": None if client_id else forms.nested(typed, ["client"]).get("client", {}),
    }


def _open_from_intake(
    db: Database, settings: Settings, who: Principal, wanted: ProcessCreate, intake_id: UUID | None, now: datetime
) -> UUID:
    """Open it, as the outcome of its intake where there was one."""
    if intake_id is None:
        return processes.open_process(db, settings.link_key, who, wanted, now).id
    intake = intakes.lock_intake(db, intake_id, permissions.managed_supervisors(who))
    outcome = intakes.IntakeOutcomeCreate(start=True, recommended_form=wanted.form, process=wanted)
    intakes.record_outcome(db, settings.link_key, who, intake, outcome, now)
    if intake.process_id is None:
        raise NotFound
    return intake.process_id


def _parse_uuid(text: str) -> UUID | None:
    with suppress(ValueError):
        return UUID(text)
    return None


def _page(
    db: Database,
    visitor: Visitor,
    typed: Fields,
    refused: Refused | None = None,
    *,
    wants_row: bool = False,
    is_pasted: bool = False,
) -> Response:
    if typed.get("muoto") not in set(Form):
        return redirect("/tyo/prosessit/uusi")
    form, client_id = Form(typed["muoto"]), _parse_uuid(typed.get("tilaaja", ""))
    filled = len(processes_forms.participant_rows(typed))
    return pages.show(
        "process_open.html",
        forms.status_of(refused),
        visitor=visitor,
        form=form,
        form_label=vocabulary.FORM_LABELS[form],
        client=permissions.find_client(db, visitor.principal, client_id) if client_id else None,
        rows=processes_forms.rows_to_show(form, filled + wants_row),
        can_add=PARTICIPANT_LIMITS[form][1] > processes_forms.rows_to_show(form, filled),
        typed=typed,
        wrong=processes_forms.wrong_in_rows(typed) if is_pasted else forms.reasons(refused),
        is_pasted=is_pasted,
        **processes_forms.process_choices(form, typed),
    )
