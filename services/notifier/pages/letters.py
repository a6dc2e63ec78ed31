"""The pages of the log of letters: a supervisor sees their own with contents, an admin only statuses."""

from typing import Annotated, Any, Literal
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.core.database import Database
from services.notifier import audit
from services.notifier.dependencies import Configured
from services.notifier.log import html_preview, labels, listing, messages
from services.notifier.log.messages import MessageNotKept, MessagePreview, NotToBeResent
from services.notifier.models import Letter, LetterStatus
from services.notifier.pages.site import DoneQuery, LoggedInStaff, pages
from services.web.i18n.translation import word
from services.web.pages import rendering as web_pages
from services.web.pages.forms import EmptyAsNone
from services.web.security.tokens import Role
from services.web.security.visitors import Visitor, redirect
from services.web.transactions import Db, Now, RecordedRoute, TransactionalRoute

router = APIRouter(prefix="/viestit", route_class=TransactionalRoute, include_in_schema=False)
recorded = APIRouter(prefix="/viestit", route_class=RecordedRoute, include_in_schema=False)

RESENDABLE = (LetterStatus.sent, LetterStatus.failed, LetterStatus.uncertain)

ALL_STATUSES = "kaikki"

ChosenStatus = Annotated[LetterStatus | Literal["kaikki"] | None, EmptyAsNone]
ChosenId = Annotated[UUID | None, EmptyAsNone]


@router.get("")
def show_letter_log(
    db: Db,
    now: Now,
    visitor: LoggedInStaff,
    chosen: Annotated[ChosenStatus, Query(alias="tila")] = None,
    process_id: Annotated[ChosenId, Query(alias="prosessi")] = None,
    session_id: Annotated[ChosenId, Query(alias="tapaaminen")] = None,
    recipient_id: Annotated[ChosenId, Query(alias="henkilo")] = None,
    cursor: Annotated[str | None, Query(alias="kohta")] = None,
) -> Response:
    """Every letter about a session; else by default those that are due by now."""
    status = chosen if isinstance(chosen, LetterStatus) else None
    until = None if chosen or session_id else now
    wanted = listing.LetterFilter(status, process_id, session_id, recipient_id, until)
    asked = {"tila": chosen, "prosessi": process_id, "tapaaminen": session_id, "henkilo": recipient_id}
    processes = listing.list_processes_to_choose(db, visitor.principal)
    extract = listing.list_letters(db, visitor.principal, wanted, cursor)
    return pages.show(
        "letters.html",
        visitor=visitor,
        words=labels,
        asked=asked,
        counts=listing.count_by_status(db, visitor.principal),
        filters=_filters(),
        processes=[(process.process_id, f"{process.code} {process.title}") for process in processes],
        entries=extract.entries,
        beginning=_log_address(**asked) if cursor else None,
        later=_log_address(**asked, kohta=extract.later) if extract.later else None,
    )


def _filters() -> list[tuple[str, str]]:
    statuses = [(status.value, word(label)) for status, label in labels.STATUSES.items()]
    return [("", word("Tähän asti")), (ALL_STATUSES, word("Kaikki, myös tulevat")), *statuses]


def _log_address(**asked: object) -> str:
    return f"/viestit?{urlencode({name: value for name, value in asked.items() if value})}"


@recorded.get("/{letter_id}")
def show_letter(
    db: Db, now: Now, visitor: LoggedInStaff, settings: Configured, letter_id: UUID, done: DoneQuery = ""
) -> Response:
    letter = messages.find_letter(db, visitor.principal, letter_id)
    preview = _preview_and_audit(db, now, visitor, settings, letter) if visitor.role is Role.supervisor else None
    frame = html_preview.frame_html(preview.html) if preview else None
    context = _letter_page_context(db, visitor, letter)
    response = pages.show("letter.html", **context, preview=preview, frame=frame, done=done)
    if frame:
        response.headers["Content-Security-Policy"] = _policy_with(frame, web_pages.POLICY)
    return response


def _preview_and_audit(
    db: Database, now: Now, visitor: Visitor, settings: Configured, letter: Letter
) -> MessagePreview | None:
    """What the recipient reads, if it is still kept; reading it is audited."""
    try:
        preview = messages.preview_letter(db, settings, visitor.principal, letter, now)
    except MessageNotKept:
        return None
    audit.note(db, now, "message.read", f"message/{letter.id}")
    return preview


def _policy_with(frame: html_preview.FramedHtml, policy: str) -> str:
    """A frame without an address of its own obeys the policy of the page around it."""
    return policy.replace("style-src 'self'", f"style-src 'self' {' '.join(frame.style_sources)}")


def _letter_page_context(db: Database, visitor: Visitor, letter: Letter) -> dict[str, Any]:
    (entry,) = listing.letter_entries(db, [letter])
    return {
        "visitor": visitor,
        "words": labels,
        "letter": letter,
        "entry": entry,
        "is_mine": letter.recipient_id == visitor.principal.party_id,
        "may_go_again": letter.status in RESENDABLE,
    }


@router.get("/{letter_id}/uudelleen")
def show_resend_page(db: Db, visitor: LoggedInStaff, letter_id: UUID) -> Response:
    letter = messages.find_letter(db, visitor.principal, letter_id)
    context = _letter_page_context(db, visitor, letter)
    return pages.show("letter_again.html", **context, refused=letter.status not in RESENDABLE)


@router.post("/{letter_id}/uudelleen")
def resend_letter_as_visitor(db: Db, now: Now, visitor: LoggedInStaff, letter_id: UUID) -> Response:
    letter = messages.find_letter(db, visitor.principal, letter_id)
    try:
        again = messages.resend_letter(db, letter, now)
    except NotToBeResent as refused:
        context = _letter_page_context(db, visitor, letter)
        return pages.show("letter_again.html", refused.status, **context, refused=True)
    audit.note(db, now, "message.resent", f"message/{letter_id}")
    return redirect(f"/viestit/{again.id}", tehty="uudelleen")
