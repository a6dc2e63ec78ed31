"""The log of letters over HTTP."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel
from sqlmodel import col, select

from services.core.addresses import FACES
from services.notifier import audit
from services.notifier.dependencies import Configured
from services.notifier.kinds import LetterKind
from services.notifier.log import messages
from services.notifier.log.messages import MessageNotKept, MessagePreview, NotToBeResent
from services.notifier.models import Letter, LetterStatus
from services.web.errors.problems import documented
from services.web.protocol.pagination import Page, Paged, fetch_page
from services.web.security.tokens import Reader, Staff
from services.web.transactions import Db, Now, RecordedRoute, TransactionalRoute

router = APIRouter(prefix="/api/v1/messages", tags=["messages"], route_class=TransactionalRoute)
recorded = APIRouter(prefix="/api/v1/messages", tags=["messages"], route_class=RecordedRoute)


class MessagePublic(BaseModel):
    """A letter. `uncertain`: the mail server may or may not have it, and it is not sent again automatically."""

    id: UUID
    kind: LetterKind
    process_id: UUID | None
    recipient_id: UUID
    due_at: datetime
    status: LetterStatus
    sent_at: datetime | None
    attempts: int
    message_id: str | None
    trouble: str | None


def message_public(letter: Letter) -> MessagePublic:
    return MessagePublic.model_validate(letter, from_attributes=True)


@router.get("")
def list_messages(
    db: Db,
    who: Reader,
    paging: Paged,
    session_id: UUID | None = None,
    process_id: UUID | None = None,
    status: Annotated[LetterStatus | None, Query()] = None,
) -> Page[MessagePublic]:
    """Letters, the first planned first."""
    query = select(Letter).where(messages.letters_visible_to(who))
    if session_id:
        query = query.where(messages.letters_about_session(session_id))
    if process_id:
        query = query.where(col(Letter.process_id) == process_id)
    if status:
        query = query.where(col(Letter.status) == status)
    found, cursor = fetch_page(db, query, (col(Letter.created_at), col(Letter.id)), paging)
    return Page[MessagePublic](items=[message_public(letter) for letter in found], next_cursor=cursor)


@router.get("/{message_id}")
def show_message(db: Db, who: Reader, message_id: UUID) -> MessagePublic:
    return message_public(messages.find_letter(db, who, message_id))


@recorded.get("/{message_id}/preview", responses=documented(MessageNotKept))
def preview_message(db: Db, now: Now, who: Staff, settings: Configured, message_id: UUID) -> MessagePreview:
    """What the recipient reads, without the secrets of their links."""
    letter = messages.find_letter(db, who, message_id)
    audit.note(db, now, "message.read", f"message/{message_id}")
    return messages.preview_letter(db, settings, who, letter, now)


@router.post("/{message_id}/resend", status_code=201, responses=documented(NotToBeResent))
def resend_message(db: Db, now: Now, who: Staff, message_id: UUID, response: Response) -> MessagePublic:
    """Send a letter once more, as a new message."""
    again = messages.resend_letter(db, messages.find_letter(db, who, message_id), now)
    audit.note(db, now, "message.resent", f"message/{message_id}")
    response.headers["Location"] = f"{FACES['notifier']}/api/v1/messages/{again.id}"
    return message_public(again)
