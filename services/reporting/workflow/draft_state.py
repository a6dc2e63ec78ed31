"""The state of a draft to the client: its reviews, and what is missing before its release."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from services.core.database import Database
from services.events.catalogue import Form
from services.reporting.contents.documents import ClientReport
from services.reporting.models import Report
from services.reporting.settings import Settings
from services.reporting.workflow import listing, publish, reviews


class DraftReviewer(NamedTuple):
    """Reporting knows no names: a participant is a number here, with an id that links to booking."""

    number: int
    id: UUID
    said: reviews.ReviewComment | None
    counts: bool
    """Whether their review is of the newest version."""


class DraftState(NamedTuple):
    standing: reviews.ReviewStanding
    people: Sequence[DraftReviewer]
    objections: Sequence[str]
    """What those who object wrote, also if they left since."""
    asks_words: bool
    is_of_one: bool


def load_draft_state(db: Database, report: Report, settings: Settings) -> DraftState:
    standing = reviews.load_standing(db, report)
    comments = {comment.participant_id: comment for comment in reviews.list_comments(db, report, settings)}
    people = [
        DraftReviewer(number, person, comments.get(person), person in standing.seen)
        for number, person in enumerate(standing.participants, 1)
    ]
    objections = [comments[person].comment for person in standing.objecting]
    return DraftState(
        standing, people, list(filter(None, objections)), listing.needs_words(report), is_individual_report(report)
    )


def is_individual_report(report: Report) -> bool:
    """Whether one person alone decides what it tells."""
    document = publish.stored_document(report)
    return isinstance(document, ClientReport) and document.form is Form.individual
