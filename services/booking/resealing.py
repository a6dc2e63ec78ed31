"""Seals anew what rests under an older key, so that the old key can be given up when nothing needs it any more."""

from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import Engine, func, select

from services.booking import answer_drafts, answers, feedback, notes, summaries
from services.booking.evaluation_models import Answer, Feedback, Invitation, PrivateNote, Summary, SummaryEdition
from services.booking.safe import ID_LENGTH, Safe
from services.database import transaction

AT_ONCE = 100


class Sealed(NamedTuple):
    """A column of sealed texts, and the place that the text of a row was sealed for."""

    table: type[Any]
    column: str
    place: Callable[[Any], str]


SEALED = (
    Sealed(PrivateNote, "text", lambda note: notes.place(note.session_id)),
    Sealed(Summary, "draft", lambda summary: summaries.place(summary.id)),
    Sealed(SummaryEdition, "text", lambda edition: summaries.edition_place(edition.summary_id, edition.number)),
    Sealed(Answer, "comment", answers.place),
    Sealed(Invitation, "draft", lambda invitation: answer_drafts.place(invitation.id)),
    Sealed(Feedback, "takeaway", feedback.place),
)


def reseal_some(engine: Engine, safe: Safe) -> bool:
    """Seal some texts by the current key, and say whether there may be more under older ones."""
    return safe.older_ids != [] and sum(_reseal(engine, safe, sealed) for sealed in SEALED) > 0


def _reseal(engine: Engine, safe: Safe, sealed: Sealed) -> int:
    key_id = func.substr(getattr(sealed.table, sealed.column), 1, ID_LENGTH)
    query = select(sealed.table).where(key_id.in_(safe.older_ids)).limit(AT_ONCE).with_for_update(skip_locked=True)
    with transaction(engine) as db:
        rows = db.scalars(query).all()
        for row in rows:
            place = sealed.place(row)
            setattr(row, sealed.column, safe.seal(safe.open(getattr(row, sealed.column), place), place))
    return len(rows)
