"""The pages of the first talk (kartoittava keskustelu): asking for one, confirming it, another time, or none."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from pydantic import ValidationError
from sqlalchemy import true
from sqlmodel import col, select
from starlette.responses import RedirectResponse, Response

from services.booking import availability, free_times, intakes, links
from services.booking.intakes import IntakeWish
from services.booking.links import Purpose
from services.booking.models import Intake, Supervisor
from services.booking.offers import SlotTaken, TimeNotOffered
from services.booking.pages import SEE_OTHER, pages
from services.booking.parties_api import Configured
from services.booking.shapes import Instant
from services.database import Database
from services.events.catalogue import Actor
from services.web.limits import limited
from services.web.transactions import Db, Now, TransactionalRoute
from services.web.validation import reasons_by_field

router = APIRouter(route_class=TransactionalRoute, include_in_schema=False)

DONE = {
    "vahvistettu": "Aika on vahvistettu. Saat siitä kirjeen ja kalenterikutsun.",
    "siirretty": "Aika on siirretty. Saat siitä kirjeen.",
    "peruttu": "Aika on peruttu. Saat siitä kirjeen.",
}
FIELDS = ("starts_at", "name", "email", "organisation", "message")

Typed = Annotated[str, Form(max_length=10_000)]


@router.get("/varaa")
def choose_supervisor(db: Db) -> Response:
    supervisors = db.scalars(select(Supervisor).order_by(col(Supervisor.name), col(Supervisor.id))).all()
    if len(supervisors) == 1:
        return RedirectResponse(f"/varaa/{supervisors[0].id}", SEE_OTHER)
    return pages.show_in_public("intake_supervisors.html", supervisors=supervisors)


@router.get("/varaa/kiitos")
async def thanks() -> Response:
    return pages.show("intake_thanks.html", minutes=int(intakes.HELD_FOR.total_seconds() // 60))


@router.get("/varaa/{supervisor_id}")
def show_form(db: Db, now: Now, supervisor_id: UUID, alkaen: date | None = None) -> Response:
    return _form(db, supervisor_id, now, alkaen)


def _form(
    db: Database,
    supervisor_id: UUID,
    now: datetime,
    since: date | None = None,
    *,
    status: int = 200,
    typed: dict[str, str] | None = None,
    wrong: dict[str, str] | None = None,
) -> Response:
    practice = availability.load(db, supervisor_id)
    return pages.show(
        "intake_form.html",
        status,
        supervisor=practice.supervisor,
        minutes=int(practice.intake_length.total_seconds() // 60),
        times=free_times.look(db, practice, None, practice.intake_length, since, now),
        typed=typed or dict.fromkeys(FIELDS, ""),
        wrong=wrong or {},
    )


@router.post("/varaa/{supervisor_id}", dependencies=[Depends(limited("intakes"))])
def ask(
    db: Db,
    now: Now,
    settings: Configured,
    supervisor_id: UUID,
    starts_at: Typed = "",
    name: Typed = "",
    email: Typed = "",
    organisation: Typed = "",
    message: Typed = "",
) -> Response:
    """What was typed comes back with what is wrong with it; an answer above 400 leaves nothing in the database."""
    typed = dict(zip(FIELDS, (starts_at, name, email, organisation, message), strict=True))
    filled_in = {field: text for field, text in typed.items() if text.strip()}
    try:
        wish = IntakeWish.model_validate({"supervisor_id": supervisor_id, **filled_in})
        intakes.request(db, settings.link_key, wish, now)
    except ValidationError as error:
        return _form(db, supervisor_id, now, status=422, typed=typed, wrong=reasons_by_field(error))
    except (SlotTaken, TimeNotOffered) as gone:
        return _form(db, supervisor_id, now, status=gone.status, typed=typed, wrong={"starts_at": gone.title("fi")})
    return RedirectResponse("/varaa/kiitos", SEE_OTHER)


@router.get("/kartoitus/{secret}")
def show(db: Db, now: Now, secret: str, tehty: str = "", alkaen: date | None = None) -> Response:
    intake = db.get_one(Intake, links.find(db, Purpose.intake, secret, now).subject_id)
    practice = availability.load(db, intake.supervisor_id)
    is_ahead = intake.status == "confirmed" and intake.starts_at > now
    length = intake.ends_at - intake.starts_at
    return pages.show(
        "intake.html",
        intake=intake,
        supervisor=practice.supervisor,
        is_open=intake.status == "held" and intake.expires_at > now,
        is_ahead=is_ahead,
        times=free_times.look(db, practice, None, length, alkaen, now) if is_ahead else None,
        secret=secret,
        done=DONE.get(tehty),
    )


@router.post("/kartoitus/{secret}/vahvista")
def confirm(db: Db, now: Now, secret: str) -> Response:
    intakes.confirm(db, _locked(db, secret, now), Actor.client, now)
    return _back(secret, "vahvistettu")


@router.post("/kartoitus/{secret}/peru")
def cancel(db: Db, now: Now, secret: str) -> Response:
    intakes.cancel(db, _locked(db, secret, now), Actor.client, now)
    return _back(secret, "peruttu")


@router.post("/kartoitus/{secret}/siirra")
def move(db: Db, now: Now, secret: str, starts_at: Annotated[Instant, Form()]) -> Response:
    intakes.move(db, _locked(db, secret, now), starts_at, Actor.client, now)
    return _back(secret, "siirretty")


def _locked(db: Database, secret: str, now: datetime) -> Intake:
    return intakes.locked(db, links.find(db, Purpose.intake, secret, now).subject_id, true())


def _back(secret: str, done: str) -> Response:
    return RedirectResponse(f"/kartoitus/{secret}?tehty={done}", SEE_OTHER)
