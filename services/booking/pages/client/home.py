"""The client's pages: their processes, and one process with its sessions."""

from uuid import UUID

from fastapi import APIRouter
from sqlmodel import col, select
from starlette.responses import Response

from services.booking.dependencies import Configured
from services.booking.models.people import Client, Supervisor
from services.booking.models.sessions import Session
from services.booking.pages.login import LoggedInClient
from services.booking.pages.site import DoneQuery, pages
from services.booking.security import credentials, permissions
from services.booking.sessions import undo
from services.booking.supervision import cancellation_policy, client_list, processes
from services.booking.supervision.personal_links import secret_of_link
from services.events.catalogue import Actor
from services.finnish import vocabulary
from services.web.i18n.translation import word
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(prefix="/oma", route_class=TransactionalRoute, include_in_schema=False)

MAX_SESSIONS = 200
DONE_TEXTS = {
    "varattu": "Aika on varattu. Osallistujat saavat vahvistuksen ja kalenterikutsun.",
    "sarja": "Ajat on varattu. Osallistujat saavat niistä yhden kirjeen, jossa ovat kaikki kalenterikutsut.",
    "siirretty": "Tapaaminen on siirretty. Osallistujat saavat siitä kirjeen.",
    "peruttu": "Tapaaminen on peruttu. Osallistujat saavat siitä kirjeen.",
    "kumottu": "Muutos on kumottu. Kenellekään ei kerrottu siitä.",
    "muutettu": "Tiedot on tallennettu.",
    "poistettu": "Osallistuja ei enää saa kirjeitä tästä työnohjauksesta.",
}


@router.get("")
def show_client_home(db: Db, now: Now, settings: Configured, visitor: LoggedInClient) -> Response:
    """What they have ordered, and where they take part themselves, at the same address."""
    ordered = client_list.list_ordered_processes(db, visitor.principal, now)
    return pages.show(
        "client_home.html",
        visitor=visitor,
        processes=ordered,
        attended=[
            (one, f"/osallistuja/{secret_of_link(settings.link_key, one.person, one.person.page_link)}")
            for one in client_list.list_own_participations(db, db.get_one(Client, visitor.party_id), now)
        ],
        forms=vocabulary.FORM_LABELS,
        ended_credentials=credentials.list_lately_ended(db, visitor.party_id, now),
    )


@router.get("/prosessit/{process_id}")
def show_process_as_client(
    db: Db, now: Now, visitor: LoggedInClient, process_id: UUID, done: DoneQuery = ""
) -> Response:
    process = permissions.find_process(db, visitor.principal, process_id)
    query = select(Session).where(col(Session.process_id) == process.id).order_by(col(Session.starts_at))
    sessions = db.scalars(query.limit(MAX_SESSIONS)).all()
    return pages.show(
        "client_process.html",
        visitor=visitor,
        process=process,
        form=vocabulary.FORM_LABELS[process.form],
        supervisor=db.get_one(Supervisor, process.supervisor_id),
        ahead=[session for session in sessions if session.status in ("booked", "cancelled") and session.ends_at > now],
        is_booked_ahead=any(session.status == "booked" and session.ends_at > now for session in sessions),
        over=[
            session
            for session in reversed(sessions)
            if session.status == "held" or (session.status == "cancelled" and session.ends_at <= now)
        ],
        undoable=undo.list_undoable(db, process, Actor.client, now),
        people=processes.list_active_participants(db, process.id),
        terms=cancellation_policy.cancellation_policy_of(process),
        is_open=process.status != "closed",
        now=now,
        done=word(DONE_TEXTS[done]) if done in DONE_TEXTS else None,
    )
