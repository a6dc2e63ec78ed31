"""How far a client report is on its way to the client: who has seen it, what they said, and what it lacks."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from services.database import Database
from services.events.catalogue import Form
from services.reporting import publishing, report_list, reviews
from services.reporting.documents import ClientReport
from services.reporting.models import Report
from services.reporting.reviews import Comment, Standing


class Participant(NamedTuple):
    """Reporting knows no names: a participant is a number here, and a way to their name at booking."""

    number: int
    id: UUID
    said: Comment | None
    counts: bool
    """Whether what they said is about the report as it is now."""


class DraftState(NamedTuple):
    standing: Standing
    people: Sequence[Participant]
    asks_words: bool
    is_of_one: bool


def look(db: Database, report: Report, link_key: str) -> DraftState:
    standing = reviews.standing(db, report)
    said = {comment.participant_id: comment for comment in reviews.comments(db, report, link_key)}
    people = [
        Participant(number, person, said.get(person), person in standing.seen)
        for number, person in enumerate(standing.participants, 1)
    ]
    return DraftState(standing, people, report_list.asks_words(report), is_of_one(report))


def is_of_one(report: Report) -> bool:
    """Whether one person alone decides what it tells."""
    document = publishing.document_of(report)
    return isinstance(document, ClientReport) and document.form is Form.individual
