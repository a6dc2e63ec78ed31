"""Reports as rows: asked for once, claimed by one worker at a time, found by those who may read them."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, or_, text, true
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from services.database import Database
from services.events.inbox import Received
from services.reporting import rebuilding
from services.reporting.models import Kind, Process, Report, Status
from services.web.problems import NotFound
from services.web.tokens import Principal, Role

QUIET = timedelta(seconds=3)
"""For this long nothing must have come in before a report is made: what belongs together comes in any order."""

PATIENCE = timedelta(minutes=10)
"""Where events never cease to come in, a report waits no longer than this."""

TOO_LATE = timedelta(minutes=30)
"""A report that was asked for before then shows that something stands still."""

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=10), timedelta(hours=1)

TOLD = (Status.compiled, Status.released, Status.withdrawn)
"""The reports that there is something to read of."""

GIVEN = (Status.released, Status.withdrawn)
"""The client reports that the client has."""


# -- asking -----------------------------------------------------------------------------------------------


def ask(db: Database, report: Report) -> None:
    """Have a report made, unless this very one was asked for before."""
    db.execute(insert(Report).values(_asked(report)).on_conflict_do_nothing())


def ask_for_period(db: Database, report: Report) -> None:
    """Have a report made of a period that is over. One that somebody had made while it still ran is made anew."""
    too_early = and_(col(Report.status) == Status.compiled, col(Report.compiled_at) < report.period.ends_at)
    db.execute(
        insert(Report)
        .values(_asked(report))
        .on_conflict_do_update(
            index_elements=["kind", "subject_id", "occasion", "edition"],
            set_={"status": Status.due, "asked_at": func.now(), "next_try_at": func.now()},
            where=too_early,
        )
    )


def _asked(report: Report) -> dict[str, object]:
    return report.model_dump(exclude={"asked_at", "next_try_at"})


# -- making -----------------------------------------------------------------------------------------------


def is_due(db: Database) -> bool:
    # in order, so that PostgreSQL reads the index of what is due: it would rather look for one among all that were made
    first = select(Report.id).where(_may_be_made()).order_by(col(Report.next_try_at)).limit(1)
    return db.scalars(first).first() is not None


def claim(db: Database) -> Report | None:
    """The report that has waited longest, locked: whoever dies with it gives it back."""
    query = select(Report).where(_may_be_made()).order_by(col(Report.next_try_at), col(Report.id)).limit(1)
    return db.scalars(query.with_for_update(skip_locked=True)).one_or_none()


def _may_be_made() -> ColumnElement[bool]:
    now = func.clock_timestamp()
    is_quiet = ~select(Received.event_id).where(col(Received.received_at) > now - QUIET).exists()
    waited_enough = col(Report.asked_at) < now - PATIENCE
    is_now = and_(col(Report.status) == Status.due, col(Report.next_try_at) <= now)
    return and_(is_now, or_(is_quiet, waited_enough), ~rebuilding.is_under_way())


def lateness(db: Database) -> timedelta:
    """How long the oldest report has waited to be made."""
    waited = select(func.clock_timestamp() - func.min(Report.asked_at)).where(Report.status == Status.due)
    return db.scalars(waited).one() or timedelta(0)


def put_off(db: Database, report_id: UUID, trouble: str) -> None:
    """Try again later, and later still each time."""
    db.execute(
        text("""UPDATE report SET attempts = attempts + 1, trouble = :trouble,
                  next_try_at = clock_timestamp() + least(:longest, :first * (1 << least(attempts, 16)))
                WHERE id = :id AND status = 'due'"""),
        {"id": report_id, "trouble": trouble, "first": FIRST_PAUSE, "longest": LONGEST_PAUSE},
    )


# -- reading ----------------------------------------------------------------------------------------------


def visible_to(who: Principal) -> ColumnElement[bool]:
    """An admin sees all reports, a supervisor their own, a client what was released to it."""
    match who.role:
        case Role.admin:
            return true()
        case Role.supervisor:
            return col(Report.supervisor_id) == who.party_id
        case Role.client:
            return and_(col(Report.client_id) == who.party_id, col(Report.status).in_(GIVEN))


def find(db: Database, who: Principal, report_id: UUID, *, lock: bool = False) -> Report:
    query = select(Report).where(col(Report.id) == report_id, visible_to(who), col(Report.status).in_(TOLD))
    found = db.scalars(query.with_for_update() if lock else query).one_or_none()
    if found is None:
        raise NotFound
    return found


def processes_of(who: Principal) -> ColumnElement[bool]:
    """The processes in whose progress somebody may look: a client in none."""
    match who.role:
        case Role.admin:
            return true()
        case Role.supervisor:
            return col(Process.supervisor_id) == who.party_id
        case Role.client:
            return false()


def process(db: Database, who: Principal, process_id: UUID) -> Process:
    """Raises NotToldYet, and not NotFound, as long as we may have to hear of it anew."""
    rebuilding.ensure_told(db)
    found = db.scalars(select(Process).where(col(Process.process_id) == process_id, processes_of(who))).one_or_none()
    if found is None:
        raise NotFound
    return found


def of_process(process: Process, **fields: object) -> Report:
    """A blank report of a process."""
    blank = {
        "subject_id": process.process_id,
        "process_id": process.process_id,
        "supervisor_id": process.supervisor_id,
        "client_id": process.client_id,
    }
    return Report.model_validate(blank | fields)


def of_supervisor(supervisor_id: UUID, **fields: object) -> Report:
    """A blank report of all that a supervisor does."""
    blank = {"kind": Kind.overview_report, "subject_id": supervisor_id, "supervisor_id": supervisor_id}
    return Report.model_validate(blank | fields)
