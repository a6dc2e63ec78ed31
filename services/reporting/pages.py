"""The page that a personal link to a report opens: to read it, and for a participant to say what they think of it."""

from collections.abc import Mapping
from typing import NamedTuple

from fastapi import APIRouter
from markupsafe import Markup
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from services.database import Database
from services.reporting import (
    attainment,
    audit,
    dossiers,
    draft_state,
    drafts,
    gas,
    html,
    links,
    publishing,
    reviews,
    sheets,
)
from services.reporting.blocks import Sheet
from services.reporting.links import Visit
from services.reporting.models import Report, Review, Status
from services.reporting.reports_api import PDF, Configured, as_file
from services.reporting.reviews import Opinion
from services.reporting.settings import Settings
from services.reporting.shapes import Lines, Wish
from services.web.forms import Typed, filled_in, reasons
from services.web.pages import Pages, asset
from services.web.transactions import Db, Now, RecordedRoute
from services.web.translation import word

SEE_OTHER = 303

STYLESHEET = "/report.css"

pages = Pages("services.reporting")
router = APIRouter(prefix="/raportti", route_class=RecordedRoute, include_in_schema=False)
styles = APIRouter(include_in_schema=False)


@styles.get(STYLESHEET)
async def style() -> Response:
    return asset(html.stylesheet(), "text/css")


@router.get("/{secret}")
def show(db: Db, now: Now, settings: Configured, secret: str) -> Response:
    visit = links.follow(db, secret, now)
    audit.note(db, now, visit.actor, "report.read", visit.report.id)
    return _page(db, settings, secret, visit)


@router.get("/{secret}/raportti.pdf")
def download(db: Db, now: Now, secret: str) -> Response:
    visit = links.follow(db, secret, now)
    audit.note(db, now, visit.actor, "report.read", visit.report.id)
    return as_file(visit.report, "pdf", visit.report.pdf or b"", PDF)


@router.post("/{secret}")
def review(db: Db, now: Now, settings: Configured, secret: str, typed: Typed) -> Response:
    visit = links.follow(db, secret, now, lock=True)
    participant = links.participant_of(visit)
    drafts.ensure_draft(visit.report)
    try:
        said = OpinionWish.model_validate(filled_in(typed, ("approved", "comment", "tells_goals")))
    except ValidationError as refused:
        return _page(db, settings, secret, visit, 422, typed, reasons(refused) | _choice_missing(typed))
    opinion = Opinion(said.approved, said.comment, said.tells_goals if draft_state.is_of_one(visit.report) else None)
    reviews.give(db, visit.report, participant, opinion, settings.link_key, now)
    audit.note(db, now, visit.actor, "report.reviewed", visit.report.id)
    return RedirectResponse(f"/raportti/{secret}", SEE_OTHER)


def _choice_missing(typed: Mapping[str, str]) -> dict[str, str]:
    return {} if typed.get("approved") else {"approved": word("Valitse, voiko raportin antaa tilaajalle.")}


def _page(
    db: Database,
    settings: Settings,
    secret: str,
    visit: Visit,
    status: int = 200,
    typed: Mapping[str, str] | None = None,
    wrong: Mapping[str, str] | None = None,
) -> Response:
    question = _question(db, visit)
    return pages.show(
        "report_page.html",
        status,
        secret=secret,
        content=content(sheets.sheet(publishing.document_of(visit.report))),
        question=question,
        typed=typed or (_typed_before(question, settings.link_key) if question else {}),
        wrong=wrong or {},
        privacy_url=f"{settings.public_url}/tietosuoja",
        report_stylesheet=STYLESHEET,
    )


def content(sheet: Sheet) -> Markup:
    """A whole report as a page shows it; its title is the page's heading."""
    fragment = html.fragment(sheet, html.drawn, top=1)
    return Markup(fragment)  # noqa: S704 -- set by Jinja2, which escapes what people wrote


def _typed_before(question: "Question", link_key: str) -> dict[str, str]:
    """The form as it was sent last, so that sending it again changes only what is changed in it."""
    answer, consent = question.answer, "1" if question.tells_goals else ""
    if answer is None:
        return {"tells_goals": consent}
    approved = "true" if answer.approved else "false"
    return {"approved": approved, "comment": reviews.comment_of(answer, link_key) or "", "tells_goals": consent}


class OpinionWish(Wish):
    """What a participant says of a draft; `tells_goals` counts only of one person alone."""

    approved: bool
    comment: Lines | None = None
    tells_goals: bool = False


class Question(NamedTuple):
    """What a participant is asked of a draft, and what they have answered so far."""

    answer: Review | None
    is_of_one: bool
    tells_goals: bool
    attained: list[tuple[str, str]]
    """To one person alone: how far each goal was reached, which the client learns only if they say so."""


def _question(db: Database, visit: Visit) -> Question | None:
    report = visit.report
    if visit.participant_id is None or report.status is not Status.compiled:
        return None
    of_one = draft_state.is_of_one(report)
    answer = reviews.newest(db, report, visit.participant_id)
    return Question(answer, of_one, report.tells_goals, _attained(db, report) if of_one else [])


def _attained(db: Database, report: Report) -> list[tuple[str, str]]:
    goals = attainment.goal_statuses(dossiers.as_of(dossiers.get(db, report.subject_id), report.period.ends_at))
    return [(goal.title, gas.level_label(goal.now.level)) for goal in goals if goal.now]
