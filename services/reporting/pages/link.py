"""The page behind a personal link to a report: to read it, and for a participant to review it.

What one person alone answered is theirs: their link does not show it, also not once the client may read it. They find
it on their own page in booking, in a browser that a code from a letter confirmed.
"""

from typing import NamedTuple

from fastapi import APIRouter
from markupsafe import Markup
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from services.core.database import Database
from services.events.catalogue import Form
from services.reporting import audit
from services.reporting.contents import attainment
from services.reporting.contents.documents import ClientReport
from services.reporting.dependencies import Configured
from services.reporting.models import Report, ReportStatus, Review
from services.reporting.pages.site import pages
from services.reporting.projections import process_data
from services.reporting.rendering import html, pdf, render
from services.reporting.rendering.blocks import Sheet
from services.reporting.settings import Settings
from services.reporting.workflow import draft_state, drafts, links, publish, reviews
from services.web.i18n.translation import word
from services.web.pages.forms import Fields, Refused, Typed, filled_in, reasons, status_of
from services.web.pages.rendering import asset
from services.web.protocol.fields import Lines, RequestBody
from services.web.security.browser import Browser, KnownBrowser
from services.web.transactions import Db, Now, RecordedRoute

SEE_OTHER = 303

STYLESHEET = "/raportit/raportti.css"

router = APIRouter(prefix="/raportti", route_class=RecordedRoute, include_in_schema=False)
styles = APIRouter(include_in_schema=False)


@styles.get(STYLESHEET)
async def serve_report_stylesheet() -> Response:
    return asset(html.render_stylesheet(), "text/css")


@router.get("/{secret}")
def show_report_by_link(db: Db, now: Now, settings: Configured, browser: KnownBrowser, secret: str) -> Response:
    visit = links.follow_report_link(db, secret, now)
    audit.note(db, now, "report.read", f"report/{visit.report.id}", visit.actor)
    return _page(db, settings, browser, secret, visit)


@router.get("/{secret}/raportti.pdf")
def download_report_by_link(db: Db, now: Now, secret: str) -> Response:
    visit = links.follow_report_link(db, secret, now)
    audit.note(db, now, "report.read", f"report/{visit.report.id}", visit.actor)
    shown = _shown(visit)
    made = (
        pdf.render_pdf(render.build_sheet(shown.document), publish.letterhead(db))
        if shown.hides_goals
        else visit.report.pdf or b""
    )
    return publish.report_file_response(visit.report, "pdf", made, publish.PDF)


class ShownReport(NamedTuple):
    """What a link shows of a report."""

    document: publish.StoredDocument
    hides_goals: bool


def _shown(visit: links.LinkVisit) -> ShownReport:
    document = publish.stored_document(visit.report)
    if visit.participant_id is None or not isinstance(document, ClientReport) or document.form is not Form.individual:
        return ShownReport(document, hides_goals=False)
    return ShownReport(document.without_attainment(), hides_goals=bool(document.goals))


@router.post("/{secret}")
def submit_review_by_link(
    db: Db, now: Now, settings: Configured, browser: KnownBrowser, secret: str, typed: Typed
) -> Response:
    visit = links.follow_report_link(db, secret, now, lock=True)
    participant = links.participant_of_visit(visit)
    drafts.ensure_draft(visit.report)
    try:
        answer = ReviewForm.model_validate(filled_in(typed, ("approved", "comment", "tells_goals")))
    except ValidationError as refused:
        return _page(db, settings, browser, secret, visit, typed, refused)
    consent = answer.tells_goals if draft_state.is_individual_report(visit.report) else None
    known = browser.with_cookie()
    opinion = reviews.Opinion(answer.approved, answer.comment, consent, known.digest)
    reviews.record_review(db, visit.report, participant, opinion, settings, now)
    audit.note(db, now, "report.reviewed", f"report/{visit.report.id}", visit.actor)
    response = RedirectResponse(f"/raportti/{secret}", SEE_OTHER)
    known.remember(response)
    return response


def _page(
    db: Database,
    settings: Settings,
    browser: Browser,
    secret: str,
    visit: links.LinkVisit,
    typed: Fields | None = None,
    refused: Refused | None = None,
) -> Response:
    question, shown, wrong = _question(db, visit), _shown(visit), reasons(refused)
    if refused and not (typed and typed.get("approved")):
        wrong["approved"] = word("Valitse, voiko raportin antaa tilaajalle.")
    return pages.show(
        "report_page.html",
        status_of(refused),
        secret=secret,
        content=report_content(render.build_sheet(shown.document)),
        hides_goals=shown.hides_goals,
        question=question,
        wrote_here=bool(question and question.answer and browser.wrote(question.answer.written_on)),
        typed=typed or (_previous_form(question, browser, settings) if question else {}),
        wrong=wrong,
        privacy_url=f"{settings.public_url}/tietosuoja",
        report_stylesheet=STYLESHEET,
    )


def report_content(sheet: Sheet) -> Markup:
    """A whole report as HTML for a page; its title is the page's heading."""
    fragment = html.render_fragment(sheet, html.inline_svg, top=1)
    return Markup(fragment)  # noqa: S704 -- set by Jinja2, which escapes what people wrote


def _previous_form(question: "ReviewQuestion", browser: Browser, settings: Settings) -> dict[str, str]:
    """The form as it was sent last, so that sending it again changes only what is changed in it.

    The link alone does not show it: it comes back in the browser in which it was written.
    """
    answer, consent = question.answer, "1" if question.tells_goals else ""
    if answer is None or not browser.wrote(answer.written_on):
        return {"tells_goals": consent}
    approved = "true" if answer.approved else "false"
    return {"approved": approved, "comment": reviews.read_comment(answer, settings) or "", "tells_goals": consent}


class ReviewForm(RequestBody):
    """What a participant says of a draft; `tells_goals` counts only of one person alone."""

    approved: bool
    comment: Lines | None = None
    tells_goals: bool = False


class ReviewQuestion(NamedTuple):
    """What a participant is asked of a draft, and what they have answered so far."""

    answer: Review | None
    is_of_one: bool
    tells_goals: bool
    rated_goals: list[str]
    """Of one person alone: the goals of which the client learns how far they were reached, only if they say so."""


def _question(db: Database, visit: links.LinkVisit) -> ReviewQuestion | None:
    report = visit.report
    if visit.participant_id is None or report.status is not ReportStatus.compiled:
        return None
    of_one = draft_state.is_individual_report(report)
    answer = reviews.find_newest_review(db, report, visit.participant_id)
    return ReviewQuestion(answer, of_one, report.tells_goals, _rated_goals(db, report) if of_one else [])


def _rated_goals(db: Database, report: Report) -> list[str]:
    data = process_data.load_process_data(db, report.subject_id)
    goals = attainment.goal_statuses(process_data.data_as_of(data, report.period.ends_at))
    return [goal.title for goal in goals if goal.now]
