"""The page that a personal link to a report opens: to read it, and for a participant to say what they think of it."""

from typing import Annotated, NamedTuple

from fastapi import APIRouter, Form
from markupsafe import Markup
from pydantic import AfterValidator
from starlette.responses import RedirectResponse, Response

from services.database import Database
from services.events.catalogue import Form as SupervisionForm
from services.reporting import attainment, audit, dossiers, gas, html, links, publishing, reviews, shapes, sheets
from services.reporting.documents import ClientReport
from services.reporting.links import Visit
from services.reporting.models import Report, Review, Status
from services.reporting.reports_api import PDF, Configured, as_file
from services.reporting.reviews import Opinion
from services.web.pages import Pages, asset
from services.web.transactions import Db, Now, RecordedRoute

SEE_OTHER = 303

STYLESHEET = "/report.css"

Comment = Annotated[str, AfterValidator(shapes.several_lines), Form(max_length=8000)]

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
    return pages.show(
        "report_page.html",
        secret=secret,
        content=_content(visit.report),
        question=_question(db, visit),
        privacy_url=f"{settings.public_url}/tietosuoja",
        report_stylesheet=STYLESHEET,
    )


@router.get("/{secret}/raportti.pdf")
def download(db: Db, now: Now, secret: str) -> Response:
    visit = links.follow(db, secret, now)
    audit.note(db, now, visit.actor, "report.read", visit.report.id)
    return as_file(visit.report, "pdf", visit.report.pdf or b"", PDF)


@router.post("/{secret}")
def review(
    db: Db,
    now: Now,
    settings: Configured,
    secret: str,
    approved: Annotated[bool, Form()],
    comment: Comment = "",
    tells_goals: Annotated[bool, Form()] = False,
) -> Response:
    visit = links.follow(db, secret, now, lock=True)
    opinion = Opinion(approved, comment.strip() or None, tells_goals if _is_of_one(visit.report) else None)
    reviews.give(db, visit.report, links.participant_of(visit), opinion, settings.link_key, now)
    audit.note(db, now, visit.actor, "report.reviewed", visit.report.id)
    return RedirectResponse(f"/raportti/{secret}", SEE_OTHER)


def _content(report: Report) -> Markup:
    fragment = html.fragment(sheets.sheet(publishing.document_of(report)), html.drawn, top=1)
    return Markup(fragment)  # noqa: S704 -- set by Jinja2, which escapes what people wrote


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
    of_one = _is_of_one(report)
    answer = reviews.newest(db, report, visit.participant_id)
    return Question(answer, of_one, report.tells_goals, _attained(db, report) if of_one else [])


def _is_of_one(report: Report) -> bool:
    document = publishing.document_of(report)
    return isinstance(document, ClientReport) and document.form is SupervisionForm.individual


def _attained(db: Database, report: Report) -> list[tuple[str, str]]:
    goals = attainment.goal_statuses(dossiers.as_of(dossiers.get(db, report.subject_id), report.period.ends_at))
    return [(goal.title, gas.level_label(goal.now.level)) for goal in goals if goal.now]
