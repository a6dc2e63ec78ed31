"""What the notifier's audit trail is about, in names and codes, for as long as these are known."""

from collections.abc import Mapping

from sqlmodel import col, select

from services import finnish
from services.database import Database
from services.notifier.models import Letter, Participant, Process, Supervisor
from services.web.trail_pages import ids
from services.web.translation import word


def names(db: Database, references: set[str]) -> Mapping[str, str]:
    people = select(Supervisor.supervisor_id, Supervisor.full_name).where(
        col(Supervisor.supervisor_id).in_(ids(references, "supervisor"))
    )
    participants = (
        select(Participant.participant_id, Process.code)
        .join(Process, col(Process.process_id) == Participant.process_id)
        .where(col(Participant.participant_id).in_(ids(references, "participant")))
    )
    letters = (
        select(Letter.id, Process.code, Letter.due_at)
        .outerjoin(Process, col(Process.process_id) == Letter.process_id)
        .where(col(Letter.id).in_(ids(references, "message")))
    )
    return (
        {f"supervisor/{id_}": name for id_, name in db.execute(people)}
        | {f"participant/{id_}": f"{word('osallistuja')} ({code})" for id_, code in db.execute(participants)}
        | {
            f"message/{id_}": ", ".join(filter(None, (code, f"{word('viesti')} {finnish.numeric_date(due)}")))
            for id_, code, due in db.execute(letters)
        }
    )


def subjects(db: Database, code: str) -> list[str]:
    """The letters and participants of the process with this code."""
    process_id = db.scalars(select(Process.process_id).where(col(Process.code) == code)).first()
    if process_id is None:
        return []
    letters = db.scalars(select(Letter.id).where(col(Letter.process_id) == process_id))
    people = db.scalars(select(Participant.participant_id).where(col(Participant.process_id) == process_id))
    return [*(f"message/{id_}" for id_ in letters), *(f"participant/{id_}" for id_ in people)]
