"""What a participant has filled in of a round and not sent yet: kept sealed as they go on, for nobody else to read.

It is no answer: it is not counted, ends no round and stops no reminder. It goes when the answer is sent, or with the
round.
"""

from typing import TypeVar
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import ColumnElement, update
from sqlmodel import col

from services.booking.evaluation_models import Invitation
from services.booking.safe import Safe
from services.database import Database

B = TypeVar("B", bound=BaseModel)


def keep(safe: Safe, invitation: Invitation, draft: BaseModel) -> None:
    """The caller holds the lock on the round's row, and has seen that the round is open."""
    invitation.draft = safe.seal(draft.model_dump_json(), place(invitation.id))


def kept(safe: Safe, invitation: Invitation, shape: type[B]) -> B | None:
    text = safe.open_if_any(invitation.draft, place(invitation.id))
    return shape.model_validate_json(text) if text else None


def drop(db: Database, evaluation_id: UUID, participant_id: UUID) -> None:
    _drop(db, col(Invitation.evaluation_id) == evaluation_id, col(Invitation.participant_id) == participant_id)


def drop_all(db: Database, evaluation_id: UUID) -> None:
    """Those of everybody in a round."""
    _drop(db, col(Invitation.evaluation_id) == evaluation_id)


def forget(db: Database, participant_id: UUID) -> None:
    _drop(db, col(Invitation.participant_id) == participant_id)


def _drop(db: Database, *whose: ColumnElement[bool]) -> None:
    db.execute(update(Invitation).where(*whose, col(Invitation.draft).is_not(None)).values(draft=None))


def place(invitation_id: UUID) -> str:
    """Where a draft is sealed for."""
    return f"answer-draft/{invitation_id}"
