"""The log of letters over HTTP."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel
from sqlmodel import col, select

from services.notifier import audit, messages
from services.notifier.contexts import LetterKind
from services.notifier.messages import MessageNotKept, NotToBeResent, Preview
from services.notifier.models import Letter, Status
from services.notifier.settings import Settings
from services.web.paging import Page, Paged, fetch
from services.web.problems import documented
from services.web.tokens import Reader, Staff
from services.web.transactions import Db, Now, RecordedRoute, TransactionalRoute

router = APIRouter(prefix="/api/v1/messages", tags=["messages"], route_class=TransactionalRoute)
recorded = APIRouter(prefix="/api/v1/messages", tags=["messages"], route_class=RecordedRoute)


async def configured(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


Configured = Annotated[Settings, Depends(configured)]


class Message(BaseModel):
    """How far a letter is. `uncertain`: the mail server may or may not have taken it, and it is not sent by itself."""

    id: UUID
    kind: LetterKind
    process_id: UUID | None
    recipient_id: UUID
    due_at: datetime
    status: Status
    sent_at: datetime | None
    attempts: int
    message_id: str | None
    trouble: str | None


def shown(letter: Letter) -> Message:
    return Message.model_validate(letter, from_attributes=True)


@router.get("")
def list_messages(
    db: Db,
    who: Reader,
    paging: Paged,
    session_id: UUID | None = None,
    process_id: UUID | None = None,
    status: Annotated[Status | None, Query()] = None,
) -> Page[Message]:
    """Letters, the first planned first."""
    query = select(Letter).where(messages.visible_to(who))
    if session_id:
        query = query.where(messages.about_session(session_id))
    if process_id:
        query = query.where(col(Letter.process_id) == process_id)
    if status:
        query = query.where(col(Letter.status) == status)
    found, cursor = fetch(db, query, (col(Letter.created_at), col(Letter.id)), paging)
    return Page[Message](items=[shown(letter) for letter in found], next_cursor=cursor)


@router.get("/{message_id}")
def show_message(db: Db, who: Reader, message_id: UUID) -> Message:
    return shown(messages.find(db, who, message_id))


@recorded.get("/{message_id}/preview", responses=documented(MessageNotKept))
def preview(db: Db, now: Now, who: Staff, settings: Configured, message_id: UUID) -> Preview:
    """What the recipient reads, without the secrets of their links."""
    letter = messages.find(db, who, message_id)
    audit.note(db, now, "message.read", f"message/{message_id}")
    return messages.preview(db, settings, letter, now)


@router.post("/{message_id}/resend", status_code=201, responses=documented(NotToBeResent))
def resend(db: Db, now: Now, who: Staff, message_id: UUID, response: Response) -> Message:
    """Send a letter once more, as a new message."""
    again = messages.resend(db, messages.find(db, who, message_id), now)
    audit.note(db, now, "message.resent", f"message/{message_id}")
    response.headers["Location"] = f"/api/v1/messages/{again.id}"
    return shown(again)
