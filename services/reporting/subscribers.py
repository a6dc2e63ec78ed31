"""What reporting does when it hears of an event: keep the newest state, of which reports are made."""

from services.database import Database
from services.events import catalogue as c
from services.events.inbox import Subscriber
from services.reporting import projections
from services.reporting.models import AgreedGoals, Answer, Evaluation, Process, Session, Summary, Supervisor
from services.reporting.projections import fields, keep_newest
from services.reporting.worker import app, engine, office

subscriber = Subscriber(app, "reporting", engine, office)


@subscriber.on(c.SupervisorChanged)
def supervisor_changed(db: Database, event: c.SupervisorChanged) -> None:
    keep_newest(db, Supervisor(**fields(event, Supervisor)))


@subscriber.on(c.ProcessOpened, c.ProcessChanged, c.ProcessClosed)
def process_changed(db: Database, event: c.ProcessEvent) -> None:
    client = event.client
    keep_newest(db, Process(**fields(event, Process), client_id=client.client_id, client_name=client.name))


@subscriber.on(c.SessionBooked, c.SessionRescheduled, c.SessionCancelled, c.SessionHeld)
def session_changed(db: Database, event: c.SessionEvent) -> None:
    keep_newest(db, Session(**fields(event, Session)))


@subscriber.on(c.GoalsAgreed)
def goals_agreed(db: Database, event: c.GoalsAgreed) -> None:
    goals = {"goals": _plain(event.goals), "earlier": _plain(event.earlier)}
    keep_newest(db, AgreedGoals(**fields(event, AgreedGoals) | goals))


@subscriber.on(c.EvaluationRequested, c.EvaluationClosed)
def evaluation_changed(db: Database, event: c.EvaluationEvent) -> None:
    keep_newest(db, Evaluation(**fields(event, Evaluation)))


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
    projections.erase(db, event.participant_id)


def _plain(parts: tuple[c.Shape, ...]) -> list[dict[str, object]]:
    return [part.model_dump(mode="json") for part in parts]
