"""What the notifier does when it hears of an event: keep the newest state, and plan the letters that follow from it."""

from typing import Any

from services import clock
from services.database import Database
from services.events import catalogue as c
from services.events.inbox import Subscriber
from services.notifier import planning, preferences, privacy, state
from services.notifier.models import Intake, Login, Participant, Process, Session, Supervisor
from services.notifier.settings import settings
from services.notifier.worker import app, engine, office, wake_sender

subscriber = Subscriber(app, "notifier", engine, office, then=wake_sender)


@subscriber.on(c.SupervisorChanged)
def supervisor_changed(db: Database, event: c.SupervisorChanged) -> None:
    is_new = db.get(Supervisor, event.supervisor_id) is None
    state.keep_newest(db, Supervisor(**_fields(event, Supervisor)))
    if is_new:
        planning.plan_supervisor(db, event.supervisor_id, clock.now(db))


@subscriber.on(c.ProcessOpened, c.ProcessChanged, c.ProcessClosed)
def process_changed(db: Database, event: c.ProcessEvent) -> None:
    planning.hold(db, event.process_id)
    client = event.client
    fields = _fields(event, Process) | {"reminder_days": list(event.reminder_days)}
    row = Process(
        **fields,
        client_id=client.client_id,
        client_first_name=client.first_name,
        client_last_name=client.last_name,
        client_email=client.email,
    )
    if state.keep_newest(db, row):
        planning.plan_process(db, event.process_id, clock.now(db))


@subscriber.on(c.ParticipantChanged)
def participant_changed(db: Database, event: c.ParticipantChanged) -> None:
    now = clock.now(db)
    planning.hold(db, event.process_id)
    known = db.get(Participant, event.participant_id)
    new_address = known is not None and known.email != event.email
    if state.keep_newest(db, Participant(**_fields(event, Participant), seen_at=now)):
        preferences.prepare(db, event.participant_id, settings().link_key)
        planning.write_anew(db, event.participant_id, new_address=new_address)
        planning.plan_process(db, event.process_id, now)


@subscriber.on(c.ParticipantErased)
def participant_erased(db: Database, event: c.ParticipantErased) -> None:
    planning.hold(db, event.process_id)
    privacy.erase(db, event, clock.now(db))


@subscriber.on(c.SessionBooked, c.SessionRescheduled, c.SessionCancelled, c.SessionHeld)
def session_changed(db: Database, event: c.SessionEvent) -> None:
    planning.hold(db, event.process_id)
    links = {str(participant): str(link) for participant, link in event.feedback_links.items()}
    fields = _fields(event, Session) | {"feedback_links": links or None}
    if state.keep(db, Session(**fields, batch_id=event.batch.id, batch_size=event.batch.size)):
        planning.plan_process(db, event.process_id, clock.now(db))


@subscriber.on(c.IntakeRequested, c.IntakeConfirmed, c.IntakeCancelled)
def intake_changed(db: Database, event: c.IntakeEvent) -> None:
    now = clock.now(db)
    planning.hold(db, event.intake_id)
    if state.keep(db, Intake(**_fields(event, Intake), seen_at=now)):
        planning.plan_intake(db, event.intake_id, now)


@subscriber.on(c.LoginRequested)
def login_requested(db: Database, event: c.LoginRequested) -> None:
    now = clock.now(db)
    login = Login(**_fields(event, Login), seen_at=now)
    if state.keep_newest(db, login):
        planning.plan_login(db, login, now)


def _fields(event: c.Event, table: type[Any]) -> dict[str, Any]:
    """What the event and the table both know, under the same names."""
    return {name: value for name, value in event if name in table.model_fields}
