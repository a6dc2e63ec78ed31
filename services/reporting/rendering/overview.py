"""The overview: every process of a supervisor's period on one page, those that wait for something first."""

from collections.abc import Iterable, Sequence

from services.finnish import formatting
from services.reporting.contents import lead
from services.reporting.contents.documents import OverviewReport, ProcessLine
from services.reporting.contents.wording import SHORT_FORMS, part_of_whole, to_do_text
from services.reporting.rendering.blocks import (
    Block,
    BulletList,
    Card,
    Cards,
    Heading,
    KeptTogether,
    Paragraph,
    Sheet,
    SheetTable,
    figures,
    words,
)
from services.reporting.rendering.sections import NO_VALUE, READING_T


def overview_sheet(report: OverviewReport) -> Sheet:
    return Sheet(
        kind=report.kind,
        title=f"Yleiskatsaus: {report.period.label}",
        subject=report.supervisor_name,
        facts=(("Laadittu", formatting.numeric_date(report.compiled_on)),),
        lead=lead.lead_of_overview(report),
        blocks=tuple(_overview_blocks(report)),
        running=f"Yleiskatsaus, {report.period.label}",
        confidential="Luottamuksellinen, vain työnohjaajalle",
        compiled_on=report.compiled_on.isoformat(),
    )


_READING = (
    "Vastannut kertoo uusimman arvioinnin vastaukset, Tavoitteet saavutetut tai ylitetyt arvioiduista ja Avoinna "
    "sovitut asiat, joita ei ole merkitty tehdyiksi."
)


def _overview_blocks(report: OverviewReport) -> Iterable[Block]:
    processes = report.processes
    waiting = [process for process in processes if process.awaiting]
    yield Cards(
        cards=(
            Card(label="Prosesseja", value=str(len(processes))),
            Card(label="Tapaamisia jaksolla", value=str(sum(process.sessions.held for process in processes))),
            Card(label="Sovittuja asioita avoinna", value=str(sum(process.open_actions for process in processes))),
            Card(label="Prosesseja odottaa sinua", value=str(len(waiting))),
        )
    )
    if waiting:
        items = tuple(f"{one.code}: {formatting.listed([*map(to_do_text, one.awaiting)])}" for one in waiting)
        yield KeptTogether(blocks=(Heading(text="Ensimmäisenä"), BulletList(items=items)))
    if processes:
        yield Heading(text="Kaikki prosessit")
        yield _processes_table(processes)
        yield Paragraph(text=_READING, small=True)
        yield Paragraph(text=READING_T, small=True)


def _processes_table(processes: Sequence[ProcessLine]) -> SheetTable:
    told = map(figures, ("Pidetty", "Läsnä", "Vastannut", "Tavoitteet", "T-luku", "Avoinna"))
    columns = (words("Prosessi"), words("Muoto", 1), *told, words("Seuraava kerta"))
    return SheetTable(title="Prosessit jaksolla", columns=columns, rows=tuple(map(_process_row, processes)))


def _process_row(process: ProcessLine) -> tuple[str, ...]:
    t, sessions, percent = process.t_score, process.sessions, process.attendance.percent
    response = process.response
    return (
        process.code,
        SHORT_FORMS[process.form],
        part_of_whole(sessions.held_in_all, sessions.planned_in_all),
        formatting.percent(percent) if percent is not None else NO_VALUE,
        part_of_whole(response.answered, response.invited) if response else NO_VALUE,
        part_of_whole(process.goals_met, t.scored) if t else NO_VALUE,
        f"{formatting.number(t.baseline, 1)} → {formatting.number(t.now, 1)}" if t else NO_VALUE,
        formatting.number(process.open_actions),
        formatting.when_brief(process.next_session) if process.next_session else NO_VALUE,
    )
