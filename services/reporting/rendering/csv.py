"""Reports as a table for spreadsheets, the way a Finnish Excel opens it: semicolons, decimal commas, a BOM, CRLF."""

import csv
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from io import StringIO

from services.finnish import formatting
from services.finnish.vocabulary import EVALUATIONS, FORM_LABELS
from services.reporting.contents import gas
from services.reporting.contents.documents import (
    BenefitStatus,
    ClientReport,
    GoalReport,
    GoalStatus,
    OverviewReport,
    ProcessLine,
    RoundResponse,
    SessionCounts,
    SessionLine,
    ToDoItem,
    TScore,
)
from services.reporting.contents.wording import CLIENT_STATUS, IMPORTANCE, MEETING_STATUS, capitalised, to_do_text

CSV_COLUMNS = ("Osa", "Kohde", "Arviointi", "Luku", "Arvo", "Vastauksia")

BYTE_ORDER_MARK = "\ufeff"
# A spreadsheet runs a text that begins so as a formula, in full width too; an apostrophe keeps it a text.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

CsvCell = str | int | float | date | None
CsvRow = tuple[CsvCell, ...]


def csv_file(report: GoalReport | OverviewReport | ClientReport) -> bytes:
    """One figure per row, with what it is about beside it."""
    text = StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(CSV_COLUMNS)
    for row in _rows(report):
        cells = [_cell(value) for value in row]
        writer.writerow(cells + [""] * (len(CSV_COLUMNS) - len(cells)))
    return (BYTE_ORDER_MARK + text.getvalue()).encode()


def _rows(report: GoalReport | OverviewReport | ClientReport) -> Iterable[CsvRow]:
    yield "Raportti", "", "", "ensimmäinen päivä", report.first
    yield "Raportti", "", "", "viimeinen päivä", report.last
    yield "Raportti", "", "", "laadittu", report.compiled_on
    match report:
        case GoalReport():
            yield from _goal_rows(report)
        case OverviewReport():
            for process in report.processes:
                yield from _process_rows(process)
        case ClientReport():
            yield from _client_rows(report)


def _goal_rows(report: GoalReport) -> Iterable[CsvRow]:
    yield "Raportti", report.code, "", "muoto", FORM_LABELS[report.form]
    yield from _sessions(report.code, report.sessions)
    yield "Läsnäolo", report.code, "", "läsnä", report.attendance.present
    yield "Läsnäolo", report.code, "", "poissa", report.attendance.excused
    yield "Läsnäolo", report.code, "", "saapumatta", report.attendance.no_shows
    yield from _goals(report.goals)
    yield from _ladders(report.goals)
    yield from _t_score(report.code, report.t_score)
    yield from _benefits(report.benefits)
    for response in report.responses:
        yield from _response(report.code, response)
    for meeting in report.meetings:
        yield from _meeting(meeting)
    yield "Tapaamiset", report.code, "", "seuraava", _moment(report.next_session)
    for action in report.actions:
        yield "Sovitut asiat", action.text, "", "sovittu", action.agreed_on
        yield "Sovitut asiat", action.text, "", "viimeistään", action.due
    yield from _chores(report.code, report.awaiting)


def _process_rows(process: ProcessLine) -> Iterable[CsvRow]:
    yield "Prosessi", process.code, "", "muoto", FORM_LABELS[process.form]
    yield from _sessions(process.code, process.sessions)
    yield "Läsnäolo", process.code, "", "prosenttia", process.attendance.percent
    yield "Tavoitteet", process.code, "", "saavutettuja", process.goals_met
    yield from _t_score(process.code, process.t_score)
    if process.response is not None:
        yield from _response(process.code, process.response)
    yield "Sovitut asiat", process.code, "", "avoinna", process.open_actions
    yield "Tapaamiset", process.code, "", "seuraava", _moment(process.next_session)
    yield from _chores(process.code, process.awaiting)


def _client_rows(report: ClientReport) -> Iterable[CsvRow]:
    yield "Raportti", report.title, "", "muoto", FORM_LABELS[report.form]
    yield "Raportti", report.title, "", "tilaaja", report.client_name
    yield "Raportti", report.title, "", "työnohjaaja", report.supervisor_name
    yield "Raportti", report.title, "", "tila", CLIENT_STATUS[report.status]
    yield "Tapaamiset", report.title, "", "pidetty", report.sessions.held_in_all
    yield "Tapaamiset", report.title, "", "suunniteltu", report.sessions.planned_in_all
    yield from (("Tapaamiset", report.title, "", "pidetty päivänä", day) for day in report.meeting_days)
    yield from _goals(report.goals)
    yield from (("Tavoitteet", title) for title in report.goal_titles)
    yield from _t_score(report.title, report.t_score)
    yield from _benefits(report.benefits)
    for paragraph in report.words:
        yield "Yhteenveto", report.title, "", "osallistujien hyväksymä", paragraph


def _sessions(about: str, sessions: SessionCounts) -> Iterable[CsvRow]:
    yield "Tapaamiset", about, "", "pidetty jaksolla", sessions.held
    yield "Tapaamiset", about, "", "peruttu jaksolla", sessions.cancelled
    yield "Tapaamiset", about, "", "pidetty kaikkiaan", sessions.held_in_all
    yield "Tapaamiset", about, "", "suunniteltu kaikkiaan", sessions.planned_in_all


def _goals(goals: Sequence[GoalStatus]) -> Iterable[CsvRow]:
    for goal in goals:
        yield "Tavoitteet", goal.title, "lähtötaso", "taso", goal.baseline
        for rating in goal.ratings:
            about = "Tavoitteet", goal.title, EVALUATIONS[rating.phase].nominative
            if rating.averaged:
                yield *about, "keskiarvo", rating.level, rating.answers
            else:
                yield *about, "taso", int(rating.level)


def _ladders(goals: Sequence[GoalStatus]) -> Iterable[CsvRow]:
    for goal in goals:
        yield "Tavoitteet", goal.title, "", "tärkeys", IMPORTANCE[goal.importance]
        for level, words in sorted(goal.levels.items()):
            yield "Tavoitteet", goal.title, "", f"taso {gas.level_text(level)} sanoin", words


def _t_score(about: str, t: TScore | None) -> Iterable[CsvRow]:
    if t is None:
        return
    basis = "T-luku, keskiarvoon perustuva" if t.averaged else "T-luku"
    yield "T-luku", about, "lähtötaso", basis, t.baseline
    yield "T-luku", about, "viimeksi", basis, t.now
    yield "T-luku", about, "", "muutos", t.change
    yield "T-luku", about, "", "arvioituja tavoitteita", t.scored


def _benefits(statuses: Sequence[BenefitStatus]) -> Iterable[CsvRow]:
    for status in statuses:
        for point in status.points:
            yield "Hyödyt", status.label, EVALUATIONS[point.phase].nominative, "keskiarvo", point.mean, point.answers
        if change := status.change:
            yield "Hyödyt", status.label, EVALUATIONS[change.until].nominative, "muutos", change.mean, change.answers


def _response(about: str, response: RoundResponse) -> Iterable[CsvRow]:
    round_name = EVALUATIONS[response.phase].nominative
    yield "Vastaaminen", about, round_name, "vastanneita", response.answered
    yield "Vastaaminen", about, round_name, "kutsuttuja", response.invited


def _meeting(meeting: SessionLine) -> Iterable[CsvRow]:
    about = f"{meeting.number}. tapaaminen"
    yield "Tapaamiset", about, "", "aika", _moment(meeting.starts_at)
    yield "Tapaamiset", about, "", "tila", MEETING_STATUS[meeting.status]
    if meeting.present is not None:
        yield "Tapaamiset", about, "", "läsnä", meeting.present
        yield "Tapaamiset", about, "", "odotettu", meeting.expected


def _chores(about: str, awaiting: Sequence[ToDoItem]) -> Iterable[CsvRow]:
    for one in awaiting:
        yield "Odottaa työnohjaajaa", about, "", "", capitalised(to_do_text(one))


def _moment(instant: datetime | None) -> str | None:
    """7.12.2026 14.00: a day and an hour without words around, which spreadsheets sort."""
    return f"{formatting.numeric_date(instant)} {formatting.clock(instant)}" if instant else None


def _cell(value: CsvCell) -> str:
    match value:
        case None:
            return ""
        case str():
            return f"'{value}" if value.startswith(FORMULA_STARTS) else value
        case date():
            return formatting.numeric_date(value)
        case int():
            return str(value)
    # A hyphen for the minus: spreadsheets take the real one for a letter.
    return f"{formatting.number(value, 1)}".replace(formatting.MINUS, "-").replace(formatting.NBSP, "")
