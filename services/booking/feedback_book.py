"""What participants have said of the meetings of a process, as its supervisor leafs through it."""

from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, select

from services.booking import feedback
from services.booking.evaluation_models import Feedback
from services.booking.models import Participant, Session
from services.booking.safe import Safe
from services.database import Database

MOST = 200


class Said(NamedTuple):
    person: Participant
    feedback: Feedback
    takeaway: str | None


@dataclass(frozen=True)
class SaidOfMeeting:
    session: Session
    said: list[Said]


def of_process(db: Database, safe: Safe, process_id: UUID) -> list[SaidOfMeeting]:
    """The newest meeting first, of those of which anything has been said."""
    query = (
        select(Session, Participant, Feedback)
        .join(Feedback, col(Feedback.session_id) == Session.id)
        .join(Participant, col(Participant.id) == Feedback.participant_id)
        .where(Session.process_id == process_id, col(Feedback.answered_at).is_not(None))
        .order_by(col(Session.starts_at).desc(), col(Session.id), col(Participant.joined_at), col(Participant.id))
        .limit(MOST)
    )
    rows = db.execute(query).all()
    return [
        SaidOfMeeting(session, [_said(safe, person, one) for _, person, one in of_meeting])
        for session, of_meeting in groupby(rows, key=lambda row: row[0])
    ]


def _said(safe: Safe, person: Participant, one: Feedback) -> Said:
    return Said(person, one, safe.open_if_any(one.takeaway, feedback.place(one)))
