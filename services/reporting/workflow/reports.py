"""The table of reports: each requested once, claimed by one worker at a time, and read by those who may."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, or_, text, true
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from services.core import clock
from services.core.database import Database
from services.events.inbox import Received
from services.reporting.models import Process, Report, ReportKind, ReportStatus
from services.reporting.projections import rebuild
from services.web.security.tokens import Principal, Role

QUIET_BEFORE_MAKING, QUIET_IN_DEMO = timedelta(seconds=3), timedelta(seconds=0.5)
"""For this long no event must have arrived before a report is compiled: related events arrive in any order. In a demo
half a year passes in a minute, and nobody else is at work."""

LONGEST_WAIT = timedelta(minutes=10)
"""Where events never cease to arrive, a report waits no longer than this."""

TOO_LATE = timedelta(minutes=30)
"""A report that was requested longer ago shows that something is stuck."""

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=10), timedelta(hours=1)

READABLE = (ReportStatus.compiled, ReportStatus.released, ReportStatus.withdrawn)
"""The reports that can be read."""

GIVEN_TO_CLIENT = (ReportStatus.released, ReportStatus.withdrawn)
"""The client reports that the client has."""


def request_report(db: Database, report: Report) -> None:
    """Request a report, unless it was requested before."""
    db.execute(insert(Report).values(_request_values(report)).on_conflict_do_nothing())


def request_period_report(db: Database, report: Report) -> None:
    """Request a report of a period that is over. One compiled before its end is compiled again."""
    too_early = and_(col(Report.status) == ReportStatus.compiled, col(Report.compiled_at) < report.period.ends_at)
    db.execute(
        insert(Report)
        .values(_request_values(report))
        .on_conflict_do_update(
            index_elements=["kind", "subject_id", "occasion", "edition"],
            set_={"status": ReportStatus.due, "asked_at": func.now(), "next_try_at": func.now()},
            where=too_early,
        )
    )


def _request_values(report: Report) -> dict[str, object]:
    return report.model_dump(exclude={"asked_at", "next_try_at"})


def is_report_due(db: Database) -> bool:
    # in order, so that PostgreSQL reads the index of what is due: it would otherwise search all reports
    first = select(Report.id).where(_may_be_made()).order_by(col(Report.next_try_at)).limit(1)
    return db.scalars(first).first() is not None


def claim_report(db: Database) -> Report | None:
    """The report that has waited longest, locked: if the worker dies, it becomes free again."""
    query = select(Report).where(_may_be_made()).order_by(col(Report.next_try_at), col(Report.id)).limit(1)
    return db.scalars(query.with_for_update(skip_locked=True)).one_or_none()


def _may_be_made() -> ColumnElement[bool]:
    now = func.clock_timestamp()
    quiet = QUIET_IN_DEMO if clock.is_demo() else QUIET_BEFORE_MAKING
    is_quiet = ~select(Received.event_id).where(col(Received.received_at) > now - quiet).exists()
    waited_enough = col(Report.asked_at) < now - LONGEST_WAIT
    is_now = and_(col(Report.status) == ReportStatus.due, col(Report.next_try_at) <= now)
    return and_(is_now, or_(is_quiet, waited_enough), ~rebuild.is_rebuild_under_way())


def report_lateness(db: Database) -> timedelta:
    """How long the oldest report has waited to be made."""
    waited = select(func.clock_timestamp() - func.min(Report.asked_at)).where(Report.status == ReportStatus.due)
    return db.scalars(waited).one() or timedelta(0)


def retry_report_later(db: Database, report_id: UUID, trouble: str) -> None:
    """Try again later, and later still each time."""
    db.execute(
        text("""UPDATE report SET attempts = attempts + 1, trouble = :trouble,
                  next_try_at = clock_timestamp() + least(:longest, :first * (1 << least(attempts, 16)))
                WHERE id = :id AND status = 'due'"""),
        {"id": report_id, "trouble": trouble, "first": FIRST_PAUSE, "longest": LONGEST_PAUSE},
    )


def reports_visible_to(who: Principal) -> ColumnElement[bool]:
    """An admin sees all reports, a supervisor their own, a client what was released to it."""
    match who.role:
        case Role.admin:
            return true()
        case Role.supervisor:
            return col(Report.supervisor_id) == who.party_id
        case Role.client:
            return and_(col(Report.client_id) == who.party_id, col(Report.status).in_(GIVEN_TO_CLIENT))


def find_report(db: Database, who: Principal, report_id: UUID, *, lock: bool = False) -> Report:
    query = select(Report).where(col(Report.id) == report_id, reports_visible_to(who), col(Report.status).in_(READABLE))
    return db.scalars(query.with_for_update() if lock else query).one()


def processes_visible_to(who: Principal) -> ColumnElement[bool]:
    """The processes whose progress somebody may see; for a client none."""
    match who.role:
        case Role.admin:
            return true()
        case Role.supervisor:
            return col(Process.supervisor_id) == who.party_id
        case Role.client:
            return false()


def find_visible_process(db: Database, who: Principal, process_id: UUID) -> Process:
    """Raises NotToldYet, and does not say that nothing is found, while a rebuild is under way."""
    rebuild.ensure_complete(db)
    return db.scalars(select(Process).where(col(Process.process_id) == process_id, processes_visible_to(who))).one()


def blank_process_report(process: Process, **fields: object) -> Report:
    """A blank report of a process."""
    blank = {name: getattr(process, name) for name in ("process_id", "supervisor_id", "client_id")}
    return Report.model_validate({"subject_id": process.process_id} | blank | fields)


def blank_overview(supervisor_id: UUID, **fields: object) -> Report:
    """A blank overview of a supervisor's processes."""
    blank = {"kind": ReportKind.overview_report, "subject_id": supervisor_id, "supervisor_id": supervisor_id}
    return Report.model_validate(blank | fields)
