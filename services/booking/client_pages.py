"""The pages of a client's contact: what they ordered, and the meetings in it."""

from uuid import UUID

from fastapi import APIRouter
from sqlmodel import col, select
from starlette.responses import Response

from services import vocabulary
from services.booking import access, ordered, participants, policy
from services.booking.models import Process, Session, Supervisor
from services.booking.pages import pages
from services.booking.visiting import Ordering
from services.database import Database
from services.web.transactions import Db, Now, TransactionalRoute
from services.web.translation import word

router = APIRouter(prefix="/oma", route_class=TransactionalRoute, include_in_schema=False)

MOST_MEETINGS = 200
DONE = {
    "varattu": "Aika on varattu. Osallistujat saavat vahvistuksen ja kalenterikutsun.",
    "sarja": "Ajat on varattu. Osallistujat saavat niistä yhden kirjeen, jossa ovat kaikki kalenterikutsut.",
    "siirretty": "Tapaaminen on siirretty. Osallistujat saavat siitä kirjeen.",
    "peruttu": "Tapaaminen on peruttu. Osallistujat saavat siitä kirjeen.",
    "lisatty": "Osallistuja on lisätty.",
    "muutettu": "Tiedot on tallennettu.",
    "poistettu": "Osallistuja ei enää saa kirjeitä tästä työnohjauksesta.",
}


@router.get("")
def show(db: Db, now: Now, visitor: Ordering) -> Response:
    processes = ordered.of_client(db, visitor.principal, now)
    return pages.show("client_home.html", visitor=visitor, processes=processes, forms=vocabulary.FORM_LABELS)


@router.get("/prosessit/{process_id}")
def show_process(db: Db, now: Now, visitor: Ordering, process_id: UUID, tehty: str = "") -> Response:
    process = access.process(db, visitor.principal, process_id)
    sessions = _sessions(db, process)
    return pages.show(
        "client_process.html",
        visitor=visitor,
        process=process,
        form=vocabulary.FORM_LABELS[process.form],
        supervisor=db.get_one(Supervisor, process.supervisor_id),
        ahead=[session for session in sessions if session.status == "booked" and session.ends_at > now],
        past=[session for session in reversed(sessions) if session.status == "held"],
        cancelled=[session for session in sessions if session.status == "cancelled"],
        people=[person for person in participants.of_process(db, process.id) if person.left_at is None],
        terms=policy.of(process),
        is_open=process.status != "closed",
        now=now,
        done=word(DONE[tehty]) if tehty in DONE else None,
    )


def _sessions(db: Database, process: Process) -> list[Session]:
    query = select(Session).where(col(Session.process_id) == process.id).order_by(col(Session.starts_at))
    return list(db.scalars(query.limit(MOST_MEETINGS)))
