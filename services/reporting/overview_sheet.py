"""The overview: every process of a supervisor's period on one page, those that wait for something first."""

from collections.abc import Iterable, Sequence

from services import finnish
from services.reporting import essence
from services.reporting.blocks import Block, Card, Cards, Column, Heading, Points, Sheet, Table, Text, Together
from services.reporting.documents import OverviewReport, ProcessLine
from services.reporting.sections import NONE, READING_T
from services.reporting.words import SHORT_FORMS, chore, share


def overview_sheet(report: OverviewReport) -> Sheet:
    return Sheet(
        kind=report.kind,
        title=f"Yleiskatsaus: {report.period.label}",
        subject=report.supervisor_name,
        facts=(
            ("Jakso", finnish.date_range(report.first, report.last)),
            ("Laadittu", finnish.numeric_date(report.compiled_on)),
        ),
        essence=essence.of_overview(report),
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
        items = tuple(f"{one.code}: {finnish.listed([chore(each) for each in one.awaiting])}" for one in waiting)
        yield Together(blocks=(Heading(text="Ensimmäisenä"), Points(items=items)))
    if processes:
        yield Heading(text="Kaikki prosessit")
        yield _processes_table(processes)
        yield Text(text=_READING, small=True)
        yield Text(text=READING_T, small=True)


def _processes_table(processes: Sequence[ProcessLine]) -> Table:
    columns = (
        Column(title="Prosessi"),
        Column(title="Muoto", share=1),
        Column(title="Pidetty", align="end"),
        Column(title="Läsnä", align="end"),
        Column(title="Vastannut", align="end"),
        Column(title="Tavoitteet", align="end"),
        Column(title="T-luku", align="end"),
        Column(title="Avoinna", align="end"),
        Column(title="Seuraava kerta"),
    )
    return Table(title="Prosessit jaksolla", columns=columns, rows=tuple(map(_process_row, processes)))


def _process_row(process: ProcessLine) -> tuple[str, ...]:
    t, sessions, percent = process.t_score, process.sessions, process.attendance.percent
    response = process.response
    return (
        process.code,
        SHORT_FORMS[process.form],
        share(sessions.held_in_all, sessions.planned_in_all),
        finnish.percent(percent) if percent is not None else NONE,
        share(response.answered, response.invited) if response else NONE,
        share(process.goals_met, t.scored) if t else NONE,
        f"{finnish.number(t.baseline, 1)} → {finnish.number(t.now, 1)}" if t else NONE,
        finnish.number(process.open_actions),
        finnish.when_brief(process.next_session) if process.next_session else NONE,
    )
