"""What is done with a finished document: it is kept with its pages, and others are told of it."""

import base64
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pydantic import TypeAdapter

from services.database import Database
from services.events.catalogue import ReportCompiled, ReportReleased
from services.events.outbox import stage
from services.reporting import html, links, pdf, sheets
from services.reporting.blocks import Sheet
from services.reporting.documents import ClientReport, GoalReport, OverviewReport
from services.reporting.documents import Report as AnyDocument
from services.reporting.figures import figures
from services.reporting.links import Reader
from services.reporting.models import Kind, Report

Document = GoalReport | OverviewReport | ClientReport

_DOCUMENTS: TypeAdapter[Document] = TypeAdapter(AnyDocument)


def document_of(report: Report) -> Document:
    """What the report said when it was compiled."""
    return _DOCUMENTS.validate_python(report.document)


def file_name(report: Report) -> str:
    """What a file of the report is called where somebody stores it."""
    return f"{_FILE_NAMES[report.kind]}-{report.period.key}"


_FILE_NAMES = {
    Kind.goal_report: "tavoitearviointi",
    Kind.overview_report: "yleiskatsaus",
    Kind.client_report: "loppuraportti",
}


def keep(report: Report, document: Document) -> Sheet:
    sheet = sheets.sheet(document)
    report.document, report.pdf = document.model_dump(mode="json"), pdf.pdf(sheet)
    return sheet


def tell_supervisor(db: Database, report: Report, sheet: Sheet, link_key: str, now: datetime) -> None:
    """Tell of a report that the supervisor is to read, its pages with it."""
    link = links.issue(db, link_key, report, Reader.supervisor, now)
    told = _told(report) | {
        "html": html.for_letter(sheet),
        "pdf_base64": base64.b64encode(report.pdf or b"").decode(),
    }
    stage(db, "reporting", now, [ReportCompiled(**told, compiled_at=now, supervisor_link=link)])


def tell_participants(db: Database, report: Report, participants: Sequence[UUID], link_key: str, now: datetime) -> None:
    """Tell of a client report that its participants are to see; what it says is on the page of their link."""
    asked = {person: links.issue(db, link_key, report, Reader.participant, now, person) for person in participants}
    stage(db, "reporting", now, [ReportCompiled(**_told(report), compiled_at=now, review_links=asked)])


def tell_client(db: Database, report: Report, link_key: str, now: datetime) -> None:
    """Tell of a client report that was released; what it says is on the page of the client's link."""
    link = links.issue(db, link_key, report, Reader.client, now)
    stage(db, "reporting", now, [ReportReleased(**_told(report), released_at=now, client_link=link)])


def _told(report: Report) -> dict[str, object]:
    """What every event of a report tells; the caller holds the lock on its row."""
    report.version += 1
    return {
        "version": report.version,
        "report_id": report.id,
        "kind": report.kind.value,
        "process_id": report.process_id,
        "supervisor_id": report.supervisor_id,
        "period_label": report.period.label,
        "figures": figures(document_of(report)),
    }
