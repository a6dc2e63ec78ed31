"""Goal reports, from what was told to the PDF and the letter that carries it, beside setting the same pages alone."""

import base64
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from uuid import UUID

from sqlalchemy import Engine, select, text
from sqlmodel import col

from bench import course
from bench.measuring import Effort, Spread, interleaved, ratio, seconds
from bench.peers import python_with
from bench.report import Figure, Row, at_least, at_most
from bench.site import Site
from services.core import database, design
from services.core.database import transaction
from services.core.settings import load
from services.events.catalogue import Envelope, Form, ReportCompiled
from services.notifier.composition import contexts, mime, rendering
from services.notifier.composition.addresses import Mailbox
from services.notifier.kinds import LetterKind
from services.reporting.contents.documents import GoalReport
from services.reporting.models import Report, ReportStatus
from services.reporting.rendering import html, pdf, render
from services.reporting.rendering.blocks import Sheet
from services.reporting.settings import Settings
from services.reporting.workflow import build

A_ROUND, FEWER = 20, 5
"""Reports a round; the slow peer sets fewer."""
SENDER = Mailbox("ajat@example.fi", "Työnohjaus")
PEER = """
import pathlib, sys, time, weasyprint
weasyprint.HTML(string="<p>ensin").write_pdf()
began = time.perf_counter()
for page in sorted(pathlib.Path(sys.argv[1]).glob("*.html")):
    weasyprint.HTML(filename=page).write_pdf(pdf_variant="pdf/ua-1")
print(time.perf_counter() - began)
"""


@dataclass
class Press:
    """Reporting's database with courses whose reports are due, and fresh wordings of what has been made."""

    engine: Engine
    settings: Settings
    supervisor_id: UUID
    numbers: Iterator[int] = field(default_factory=count)

    def fill(self, reports: int) -> None:
        with transaction(self.engine) as db:
            for _ in range(reports):
                course.take_place(db, self.supervisor_id, next(self.numbers))

    def make(self, reports: int) -> None:
        """To the last byte of each letter."""
        for _ in range(reports):
            if not build.make_next_report(self.engine, self.settings):
                raise RuntimeError("No report is due.")
        with transaction(self.engine) as db:
            newest = text("SELECT envelope FROM outbox ORDER BY position DESC LIMIT :reports")
            told = [Envelope.model_validate(row) for row in db.scalars(newest, {"reports": reports})]
        for envelope in told:
            event = envelope.event()
            if isinstance(event, ReportCompiled):
                written(event)

    def fresh(self, reports: int) -> list[Sheet]:
        """Sheets of the same pages that nothing has set before: what is known already would be set from memory."""
        with transaction(self.engine) as db:
            made = select(Report).where(col(Report.status) == ReportStatus.compiled).order_by(col(Report.id).desc())
            documents = [GoalReport.model_validate(row.document) for row in db.scalars(made.limit(reports))]
        return [
            render.build_sheet(one.model_copy(update={"code": f"TO-2024-{next(self.numbers)}"})) for one in documents
        ]


def written(event: ReportCompiled) -> bytes:
    """The letter of a report, as the notifier writes it."""
    known = {name: value for name, value in event.figures.items() if name in contexts.GoalReportContext.model_fields}
    flags = known.pop("flags", "")
    context = contexts.GoalReportContext.model_validate(
        known
        | {"flags": tuple(str(flags).splitlines()), "sent_at": datetime.now(UTC), "first_name": "Maija"}
        | {"process_code": "TO-2025-1", "form": Form.group, "period": event.period_label, "report": event.html}
        | {"report_url": "https://example.fi/raportti/x"}
    )
    headers = mime.MessageHeaders(
        sender=SENDER, recipient=SENDER, date=datetime.now(UTC), message_id=f"<{event.report_id}@example.fi>"
    )
    page = mime.AttachedFile("tavoitearviointi.pdf", base64.b64decode(event.pdf_base64))
    return mime.build_mime(rendering.render(LetterKind.goal_report, context), headers, (), [page])


def rows(site: Site, effort: Effort) -> Iterator[Row | Figure]:
    reports = effort.of(A_ROUND, least=4)
    address = site.database("reporting", "reporting")
    os.environ.update(site.environment({"reporting": address}))
    engine = database.engine(address, pool_size=2)
    with transaction(engine) as db:
        supervisor = course.supervisor()
        db.add(supervisor)
    press = Press(engine, load(Settings), supervisor.supervisor_id)

    def ours() -> float:
        press.fill(reports)
        return seconds(lambda: press.make(reports)) / reports

    def bare() -> float:
        inputs = [pdf.template_inputs(sheet) for sheet in press.fresh(reports)]
        return seconds(lambda: [pdf.compile_pdf(each) for each in inputs]) / reports

    ours()
    contenders = {"ours": ours, "bare": bare}
    if peer := python_with(site, "weasyprint", "weasyprint"):
        contenders["peer"] = lambda: _seconds_of_peer(peer, press.fresh(FEWER), site.folder / "pages")
    found = interleaved(effort.rounds, contenders)
    yield Row(
        f"goal reports as PDF and letter, {reports} a round",
        "Typst alone setting the same pages",
        at_most(1.5, " ×"),
        ratio(found["ours"], found["bare"]),
        "Typst, which sets a tagged PDF/UA, for three fifths of the time; then ten readings and the letter's HTML",
    )
    yield Figure("goal reports a second, one process", Spread.of([1 / one for one in found["ours"]]).text())
    if peer:
        yield Row(
            "the same",
            "the same content from HTML by WeasyPrint, without the letter",
            at_least(5, " ×"),
            ratio(found["peer"], found["ours"]),
            "as above",
        )
    else:
        yield Figure("WeasyPrint beside it", "not measured: it can't be installed on this machine")
    engine.dispose()


def _seconds_of_peer(python: Path, pages: list[Sheet], folder: Path) -> float:
    folder.mkdir(exist_ok=True)
    style = (
        html.render_stylesheet().replace("var(--line)", design.LIGHT.line).replace("var(--accent)", design.LIGHT.accent)
    )
    for number, sheet in enumerate(pages):
        body = html.render_fragment(sheet, html.inline_svg)
        page = f'<html lang="fi"><title>{sheet.title}</title><style>{style}</style><body>{body}'
        (folder / f"{number}.html").write_text(page)
    ran = subprocess.run([python, "-c", PEER, folder], capture_output=True, text=True, check=True)
    return float(ran.stdout) / len(pages)
