"""Drafts of answers: what a participant has filled in of a round and not sent yet, encrypted.

A draft is not an answer: it is not counted, ends no round and stops no reminder. It is deleted when the answer is sent
or the round ends.
"""

from typing import TypeVar
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import ColumnElement, update
from sqlmodel import col

from services.booking.models.evaluation import Invitation
from services.core.database import Database
from services.core.encryption import Encryption

B = TypeVar("B", bound=BaseModel)


def store_draft(encryption: Encryption, invitation: Invitation, draft: BaseModel, browser: str | None) -> None:
    """The caller holds the lock on the round's row, and has seen that the round is open."""
    invitation.drafted_on = browser
    invitation.draft = encryption.seal(draft.model_dump_json(), answer_draft_context(invitation.id))


def load_draft(encryption: Encryption, invitation: Invitation, model: type[B]) -> B | None:
    text = encryption.open_if_any(invitation.draft, answer_draft_context(invitation.id))
    return model.model_validate_json(text) if text else None


def drop_draft(db: Database, evaluation_id: UUID, participant_id: UUID) -> None:
    _drop(db, col(Invitation.evaluation_id) == evaluation_id, col(Invitation.participant_id) == participant_id)


def make_way_for_answer(db: Database, evaluation_id: UUID, participant_id: UUID) -> None:
    """No draft is left, and no browser shows the answer unless it came from there: somebody else may be writing it."""
    theirs = col(Invitation.evaluation_id) == evaluation_id, col(Invitation.participant_id) == participant_id
    db.execute(update(Invitation).where(*theirs).values(draft=None, drafted_on=None, written_on=None))


def drop_drafts_of_round(db: Database, evaluation_id: UUID) -> None:
    """The drafts of all participants in a round."""
    _drop(db, col(Invitation.evaluation_id) == evaluation_id)


def forget_drafts_of_participant(db: Database, participant_id: UUID) -> None:
    _drop(db, col(Invitation.participant_id) == participant_id)


def _drop(db: Database, *whose: ColumnElement[bool]) -> None:
    db.execute(update(Invitation).where(*whose, col(Invitation.draft).is_not(None)).values(draft=None, drafted_on=None))


def answer_draft_context(invitation_id: UUID) -> str:
    """The context that a draft is encrypted for."""
    return f"answer-draft/{invitation_id}"
