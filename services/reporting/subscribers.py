"""Reporting's event handlers: keep the newest state, from which reports are compiled."""

import base64

from sqlmodel import col

from services.core import clock
from services.core.database import Database
from services.events import catalogue as c
from services.events.inbox import Subscriber
from services.events.state import fields, keep_newest
from services.reporting.models import (
    AgreedGoals,
    Answer,
    Evaluation,
    Link,
    ParticipantAddress,
    Practice,
    Process,
    Report,
    Session,
    Summary,
    Supervisor,
)
from services.reporting.projections import retention
from services.reporting.settings import settings
from services.reporting.worker import app, engine, poster, wake_compiler
from services.reporting.workflow import links, schedule
from services.reporting.workflow.links import ReportReader
from services.web.security.access import remember_ended

subscriber = Subscriber(app, "reporting", engine, poster, then=wake_compiler)


@subscriber.on(c.SupervisorChanged)
def supervisor_changed(db: Database, event: c.SupervisorChanged) -> None:
    if keep_newest(db, Supervisor(**fields(event, Supervisor))):
        own = (col(Link.reader) == ReportReader.supervisor, col(Report.supervisor_id) == event.supervisor_id)
        links.renew_report_links(db, settings().link_key, event.address_id, clock.now(db), *own)
    schedule.ensure_schedule(db, event.supervisor_id, clock.now(db))


@subscriber.on(c.PracticeChanged)
def practice_changed(db: Database, event: c.PracticeChanged) -> None:
    logo = base64.b64decode(event.logo_base64) or None
    keep_newest(db, Practice(**fields(event, Practice), name=event.practice_name, logo=logo))


@subscriber.on(c.ProcessOpened, c.ProcessChanged, c.ProcessClosed)
def process_changed(db: Database, event: c.ProcessEvent) -> None:
    schedule.lock_process_planning(db, event.process_id)
    client = {f"client_{name}": getattr(event.client, name) for name in ("name", "address_id")}
    if keep_newest(db, Process(**fields(event, Process), **client, client_id=event.client.client_id)):
        own = (col(Link.reader) == ReportReader.client, col(Report.process_id) == event.process_id)
        links.renew_report_links(db, settings().link_key, event.client.address_id, clock.now(db), *own)
        schedule.plan_process_reports(db, event.process_id)


@subscriber.on(c.SessionBooked, c.SessionRescheduled, c.SessionCancelled, c.SessionHeld)
def session_changed(db: Database, event: c.SessionEvent) -> None:
    keep_newest(db, Session(**fields(event, Session)))


@subscriber.on(c.GoalsAgreed)
def goals_agreed(db: Database, event: c.GoalsAgreed) -> None:
    goals = {"goals": _plain(event.goals), "earlier": _plain(event.earlier)}
    keep_newest(db, AgreedGoals(**fields(event, AgreedGoals) | goals))


@subscriber.on(c.EvaluationRequested, c.EvaluationClosed)
def evaluation_changed(db: Database, event: c.EvaluationEvent) -> None:
    schedule.lock_process_planning(db, event.process_id)
    if keep_newest(db, Evaluation(**fields(event, Evaluation))):
        schedule.plan_process_reports(db, event.process_id)


@subscriber.on(c.EvaluationAnswered)
def evaluation_answered(db: Database, event: c.EvaluationAnswered) -> None:
    if event.participant_id is None or not retention.is_erased(db, event.participant_id):
        levels = {"goals": {str(goal_id): level for goal_id, level in event.goals.items()}}
        keep_newest(db, Answer(**fields(event, Answer) | levels))


@subscriber.on(c.SummaryPublished)
def summary_published(db: Database, event: c.SummaryPublished) -> None:
    keep_newest(db, Summary(**fields(event, Summary) | {"actions": _plain(event.actions)}))


@subscriber.on(c.ParticipantReaddressed)
def participant_readdressed(db: Database, event: c.ParticipantReaddressed) -> None:
    if keep_newest(db, ParticipantAddress(**fields(event, ParticipantAddress))):
        own = col(Link.participant_id) == event.participant_id
        links.renew_report_links(db, settings().link_key, event.address_id, clock.now(db), own)


@subscriber.on(c.AccessEnded)
def access_ended(db: Database, event: c.AccessEnded) -> None:
    remember_ended(db, event)


@subscriber.on(c.ParticipantErased)
def participant_erased(db: Database, event: c.ParticipantErased) -> None:
    retention.erase_participant(db, event.process_id, event.participant_id, alone=event.alone)


def _plain(parts: tuple[c.Shape, ...]) -> list[dict[str, object]]:
    return [part.model_dump(mode="json") for part in parts]
