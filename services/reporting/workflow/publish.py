"""Stores a finished document with its PDF, hands it out as a file, and publishes the events about it."""

import base64
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from fastapi import Response
from pydantic import TypeAdapter

from services.core.database import Database
from services.events.catalogue import ReportCompiled, ReportReleased
from services.events.outbox import stage
from services.reporting.contents.documents import AnyReport as AnyDocument
from services.reporting.contents.documents import ClientReport, GoalReport, OverviewReport
from services.reporting.contents.key_figures import key_figures
from services.reporting.models import Practice, Report, ReportKind
from services.reporting.rendering import html, pdf, render
from services.reporting.rendering.blocks import Sheet
from services.reporting.settings import Settings
from services.reporting.workflow import links
from services.reporting.workflow.links import ReportReader

StoredDocument = GoalReport | OverviewReport | ClientReport

_DOCUMENTS: TypeAdapter[StoredDocument] = TypeAdapter(AnyDocument)


def stored_document(report: Report) -> StoredDocument:
    """What the report said when it was compiled."""
    return _DOCUMENTS.validate_python(report.document)


def report_file_response(report: Report, ending: str, content: bytes, media_type: str) -> Response:
    """The report as a file to download."""
    disposition = f'inline; filename="{_FILE_NAMES[report.kind]}-{report.period.key}.{ending}"'
    return Response(content, media_type=media_type, headers={"Content-Disposition": disposition})


PDF, CSV = "application/pdf", "text/csv; charset=utf-8"
_FILE_NAMES = {
    ReportKind.goal_report: "tavoitearviointi",
    ReportKind.overview_report: "yleiskatsaus",
    ReportKind.client_report: "loppuraportti",
}


def store_document(db: Database, report: Report, document: StoredDocument) -> Sheet:
    sheet = render.build_sheet(document)
    report.document, report.pdf = document.model_dump(mode="json"), pdf.render_pdf(sheet, letterhead(db))
    return sheet


def letterhead(db: Database) -> pdf.Letterhead:
    """As the practice is called and looks now; one without a name of its own has none."""
    practice = db.get(Practice, 1)
    return pdf.Letterhead(practice.name, practice.accent, practice.logo) if practice else pdf.Letterhead()


def publish_to_supervisor(db: Database, report: Report, sheet: Sheet, settings: Settings, now: datetime) -> None:
    """Publish a report for its supervisor, with its PDF."""
    link = links.issue_report_link(db, settings.link_key, report, ReportReader.supervisor, now)
    content = {
        "html": html.render_for_letter(sheet, letterhead(db).accent),
        "pdf_base64": base64.b64encode(report.pdf or b"").decode(),
    }
    fields = _event_fields(report) | content
    stage(db, "reporting", now, [ReportCompiled(**fields, compiled_at=now, supervisor_link=link)])


def publish_to_participants(
    db: Database, report: Report, participants: Sequence[UUID], settings: Settings, now: datetime
) -> None:
    """Publish a client report for its participants to review; its content is on the page of their link."""
    issue = partial(links.issue_report_link, db, settings.link_key, report, ReportReader.participant, now)
    asked = {person: issue(person) for person in participants}
    stage(db, "reporting", now, [ReportCompiled(**_event_fields(report), compiled_at=now, review_links=asked)])


def publish_to_client(db: Database, report: Report, settings: Settings, now: datetime) -> None:
    """Publish a released client report; its content is on the page of the client's link."""
    link = links.issue_report_link(db, settings.link_key, report, ReportReader.client, now)
    stage(db, "reporting", now, [ReportReleased(**_event_fields(report), released_at=now, client_link=link)])


def _event_fields(report: Report) -> dict[str, object]:
    """The fields of every event about a report; the caller holds the lock on its row."""
    report.version += 1
    return {
        "version": report.version,
        "report_id": report.id,
        "kind": report.kind.value,
        "process_id": report.process_id,
        "supervisor_id": report.supervisor_id,
        "period_label": report.period.label,
        "figures": key_figures(stored_document(report)),
    }
