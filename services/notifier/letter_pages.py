"""The pages of the log of letters: to a supervisor their own with what they say, to an admin only how far they are."""

from typing import Annotated, Any, Literal
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter
from pydantic import BeforeValidator
from starlette.responses import Response

from services.database import Database
from services.notifier import audit, framed_letter, letter_log, letter_words, messages
from services.notifier.letter_log import Wanted
from services.notifier.messages import MessageNotKept, NotToBeResent, Preview
from services.notifier.messages_api import Configured
from services.notifier.models import Letter, Status
from services.notifier.pages import pages
from services.web import pages as web_pages
from services.web.tokens import Role
from services.web.transactions import Db, Now, RecordedRoute, TransactionalRoute
from services.web.translation import word
from services.web.visiting import visiting
from services.web.visitors import Visitor, redirect

router = APIRouter(prefix="/viestit", route_class=TransactionalRoute, include_in_schema=False)
recorded = APIRouter(prefix="/viestit", route_class=RecordedRoute, include_in_schema=False)

Looking = Annotated[Visitor, visiting("viestit", Role.supervisor, Role.admin)]

RESENDABLE = (Status.sent, Status.failed, Status.uncertain)


ALL = "kaikki"


def _chosen(value: object) -> object:
    """A select whose first option says nothing sends an empty value."""
    return value or None


ChosenStatus = Annotated[Status | Literal["kaikki"] | None, BeforeValidator(_chosen)]
ChosenId = Annotated[UUID | None, BeforeValidator(_chosen)]


@router.get("")
def show_log(
    db: Db,
    now: Now,
    visitor: Looking,
    tila: ChosenStatus = None,
    prosessi: ChosenId = None,
    tapaaminen: ChosenId = None,
    kohta: str | None = None,
) -> Response:
    """Of a meeting every letter; else, unless asked otherwise, those whose time has come."""
    status = tila if isinstance(tila, Status) else None
    wanted = Wanted(status, prosessi, tapaaminen, until=None if tila or tapaaminen else now)
    asked = {"tila": tila, "prosessi": prosessi, "tapaaminen": tapaaminen}
    processes = letter_log.processes(db, visitor.principal)
    extract = letter_log.look(db, visitor.principal, wanted, kohta)
    return pages.show(
        "letters.html",
        visitor=visitor,
        words=letter_words,
        asked=asked,
        counts=letter_log.counts(db, visitor.principal),
        filters=_filters(),
        processes=[(process.process_id, f"{process.code} {process.title}") for process in processes],
        entries=extract.entries,
        beginning=_address(**asked) if kohta else None,
        later=_address(**asked, kohta=extract.later) if extract.later else None,
    )


def _filters() -> list[tuple[str, str]]:
    statuses = [(status.value, word(told)) for status, told in letter_words.STATUSES.items()]
    return [("", word("Tähän asti")), (ALL, word("Kaikki, myös tulevat")), *statuses]


def _address(**asked: object) -> str:
    return f"/viestit?{urlencode({name: value for name, value in asked.items() if value})}"


@recorded.get("/{letter_id}")
def show_letter(db: Db, now: Now, visitor: Looking, settings: Configured, letter_id: UUID, tehty: str = "") -> Response:
    letter = messages.find(db, visitor.principal, letter_id)
    preview = _preview(db, now, visitor, settings, letter) if visitor.role is Role.supervisor else None
    frame = framed_letter.framed(preview.html) if preview else None
    shown = pages.show(
        "letter.html",
        **_told(db, visitor, letter),
        preview=preview,
        frame=frame,
        done=tehty,
    )
    if frame:
        shown.headers["Content-Security-Policy"] = _policy_with(frame, web_pages.policy(settings))
    return shown


def _preview(db: Database, now: Now, visitor: Visitor, settings: Configured, letter: Letter) -> Preview | None:
    """What the recipient reads, as far as it is still known; that somebody read it is written down."""
    try:
        preview = messages.preview(db, settings, letter, now)
    except MessageNotKept:
        return None
    audit.note(db, now, "message.read", f"message/{letter.id}")
    return preview


def _policy_with(frame: framed_letter.Framed, policy: str) -> str:
    """A frame without an address of its own obeys the policy of the page around it."""
    return policy.replace("style-src 'self'", f"style-src 'self' {' '.join(frame.style_sources)}")


def _told(db: Database, visitor: Visitor, letter: Letter) -> dict[str, Any]:
    (entry,) = letter_log.entries(db, [letter])
    return {
        "visitor": visitor,
        "words": letter_words,
        "letter": letter,
        "entry": entry,
        "is_mine": letter.recipient_id == visitor.principal.party_id,
        "may_go_again": letter.status in RESENDABLE,
    }


# -- once more --------------------------------------------------------------------------------------------


@router.get("/{letter_id}/uudelleen")
def ask_to_resend(db: Db, visitor: Looking, letter_id: UUID) -> Response:
    letter = messages.find(db, visitor.principal, letter_id)
    return pages.show("letter_again.html", **_told(db, visitor, letter), refused=letter.status not in RESENDABLE)


@router.post("/{letter_id}/uudelleen")
def resend(db: Db, now: Now, visitor: Looking, letter_id: UUID) -> Response:
    letter = messages.find(db, visitor.principal, letter_id)
    try:
        again = messages.resend(db, letter, now)
    except NotToBeResent as refused:
        return pages.show("letter_again.html", refused.status, **_told(db, visitor, letter), refused=True)
    audit.note(db, now, "message.resent", f"message/{letter_id}")
    return redirect(f"/viestit/{again.id}", tehty="uudelleen")
