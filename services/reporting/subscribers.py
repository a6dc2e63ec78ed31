"""What reporting does when it hears of an event: keep the newest state, of which reports are made."""

from services import clock
from services.database import Database
from services.events import catalogue as c
from services.events.inbox import Subscriber
from services.reporting import planning, projections
from services.reporting.models import AgreedGoals, Answer, Evaluation, Process, Session, Summary, Supervisor
from services.reporting.projections import fields, keep_newest
from services.reporting.worker import app, engine, office, wake_compiler

subscriber = Subscriber(app, "reporting", engine, office, then=wake_compiler)


@subscriber.on(c.SupervisorChanged)
def supervisor_changed(db: Database, event: c.SupervisorChanged) -> None:
    keep_newest(db, Supervisor(**fields(event, Supervisor)))
    planning.ensure_schedule(db, event.supervisor_id, clock.now(db))


@subscriber.on(c.ProcessOpened, c.ProcessChanged, c.ProcessClosed)
def process_changed(db: Database, event: c.ProcessEvent) -> None:
    planning.hold(db, event.process_id)
    client = event.client
    if keep_newest(db, Process(**fields(event, Process), client_id=client.client_id, client_name=client.name)):
        planning.plan_process(db, event.process_id)


@subscriber.on(c.SessionBooked, c.SessionRescheduled, c.SessionCancelled, c.SessionHeld)
def session_changed(db: Database, event: c.SessionEvent) -> None:
    keep_newest(db, Session(**fields(event, Session)))


@subscriber.on(c.GoalsAgreed)
def goals_agreed(db: Database, event: c.GoalsAgreed) -> None:
    goals = {"goals": _plain(event.goals), "earlier": _plain(event.earlier)}
    keep_newest(db, AgreedGoals(**fields(event, AgreedGoals) | goals))


@subscriber.on(c.EvaluationRequested, c.EvaluationClosed)
def evaluation_changed(db: Database, event: c.EvaluationEvent) -> None:
    planning.hold(db, event.process_id)
    if keep_newest(db, Evaluation(**fields(event, Evaluation))):
        planning.plan_process(db, event.process_id)


@subscriber.on(c.EvaluationAnswered)
def evaluation_answered(db: Database, event: c.EvaluationAnswered) -> None:
    if event.participant_id is None or not projections.is_erased(db, event.participant_id):
        levels = {"goals": {str(goal_id): level for goal_id, level in event.goals.items()}}
        keep_newest(db, Answer(**fields(event, Answer) | levels))


@subscriber.on(c.SummaryPublished)
def summary_published(db: Database, event: c.SummaryPublished) -> None:
    keep_newest(db, Summary(**fields(event, Summary) | {"actions": _plain(event.actions)}))


@subscriber.on(c.ParticipantErased)
def participant_erased(db: Database, event: c.ParticipantErased) -> None:
    projections.erase(db, event.process_id, event.participant_id)


def _plain(parts: tuple[c.Shape, ...]) -> list[dict[str, object]]:
    return [part.model_dump(mode="json") for part in parts]
