"""What the notifier does when it hears of an event: keep the newest state, and plan the letters that follow from it."""

import base64
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services import clock
from services.database import Database
from services.events import catalogue as c
from services.events.inbox import Subscriber
from services.notifier import filing, planning, preferences, privacy, state
from services.notifier.models import (
    Answer,
    Evaluation,
    Intake,
    Login,
    Participant,
    Process,
    Report,
    Session,
    Summary,
    Supervisor,
)
from services.notifier.settings import settings
from services.notifier.worker import app, engine, office, send_due

subscriber = Subscriber(app, "notifier", engine, office, then=send_due)


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
        planning.plan_all(db, event.process_id, clock.now(db))


@subscriber.on(c.ParticipantChanged)
def participant_changed(db: Database, event: c.ParticipantChanged) -> None:
    now = clock.now(db)
    planning.hold(db, event.process_id)
    known = db.get(Participant, event.participant_id)
    new_address = known is not None and known.email != event.email
    if state.keep_newest(db, Participant(**_fields(event, Participant), seen_at=now)):
        preferences.prepare(db, event.participant_id, settings().link_key)
        filing.write_anew(db, event.participant_id, new_address=new_address)
        planning.plan_all(db, event.process_id, now)


@subscriber.on(c.ParticipantErased)
def participant_erased(db: Database, event: c.ParticipantErased) -> None:
    planning.hold(db, event.process_id)
    privacy.erase(db, event, clock.now(db))


@subscriber.on(c.SessionBooked, c.SessionRescheduled, c.SessionCancelled, c.SessionHeld)
def session_changed(db: Database, event: c.SessionEvent) -> None:
    planning.hold(db, event.process_id)
    fields = _fields(event, Session) | {"feedback_links": _links(event.feedback_links) or None}
    if state.keep(db, Session(**fields, batch_id=event.batch.id, batch_size=event.batch.size)):
        planning.plan(db, planning.PROCESS, event.process_id, clock.now(db))


@subscriber.on(c.IntakeRequested, c.IntakeConfirmed, c.IntakeCancelled)
def intake_changed(db: Database, event: c.IntakeEvent) -> None:
    now = clock.now(db)
    planning.hold(db, event.intake_id)
    if state.keep(db, Intake(**_fields(event, Intake), seen_at=now)):
        planning.plan(db, planning.INTAKE, event.intake_id, now)


@subscriber.on(c.LoginRequested)
def login_requested(db: Database, event: c.LoginRequested) -> None:
    now = clock.now(db)
    if state.keep_newest(db, Login(**_fields(event, Login), seen_at=now)):
        planning.plan(db, planning.LOGIN, event.login_id, now)


@subscriber.on(c.EvaluationRequested, c.EvaluationClosed)
def evaluation_changed(db: Database, event: c.EvaluationEvent) -> None:
    planning.hold(db, event.process_id)
    fields = _fields(event, Evaluation) | {
        "invited": list(event.invited),
        "answer_links": _links(event.answer_links),
    }
    if state.keep_newest(db, Evaluation(**fields)):
        planning.plan(db, planning.EVALUATION, event.evaluation_id, clock.now(db))


@subscriber.on(c.EvaluationAnswered)
def evaluation_answered(db: Database, event: c.EvaluationAnswered) -> None:
    """Only that somebody answered is kept; what a group agreed together is nobody's answer."""
    if event.participant_id is None:
        return
    planning.hold(db, event.process_id)
    if state.keep(db, Answer(evaluation_id=event.evaluation_id, participant_id=event.participant_id)):
        planning.plan(db, planning.EVALUATION, event.evaluation_id, clock.now(db))


@subscriber.on(c.SummaryPublished)
def summary_published(db: Database, event: c.SummaryPublished) -> None:
    planning.hold(db, event.process_id)
    content = event.text and {
        "themes": list(event.text.themes),
        "actions": [action.model_dump(mode="json", include={"text", "due_date"}) for action in event.actions],
        "reflection": event.text.reflection,
    }
    summary = Summary(**_fields(event, Summary) | {"links": _links(event.links), "content": content})
    if state.keep(db, summary):
        planning.plan(db, planning.SUMMARY, event.summary_id, clock.now(db))


@subscriber.on(c.ReportCompiled)
def report_compiled(db: Database, event: c.ReportCompiled) -> None:
    _keep_report(db, event, {"review_links": _links(event.review_links)})


@subscriber.on(c.ReportReleased)
def report_released(db: Database, event: c.ReportReleased) -> None:
    _keep_report(db, event, {})


def _keep_report(db: Database, event: c.ReportEvent, more: dict[str, Any]) -> None:
    planning.hold(db, event.process_id or event.report_id)
    fields = _fields(event, Report) | more | {"pdf": base64.b64decode(event.pdf_base64) or None}
    if state.keep_newest(db, Report(**fields)):
        planning.plan(db, planning.REPORT, event.report_id, clock.now(db))


def _links(links: Mapping[UUID, UUID]) -> dict[str, str]:
    return {str(recipient): str(link) for recipient, link in links.items()}


def _fields(event: c.Event, table: type[Any]) -> dict[str, Any]:
    """What the event and the table both know, under the same names."""
    return {name: value for name, value in event if name in table.model_fields}
