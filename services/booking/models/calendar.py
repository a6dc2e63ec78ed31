"""The tables of working hours, booking rules, absences, imported calendars and occupied times."""

from datetime import datetime, time
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, String, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSTZRANGE, ExcludeConstraint, Range
from sqlmodel import Field

from services.booking.models.base import Table, foreign_key
from services.core.database import instant, new_id


class Availability(Table, table=True):
    """A supervisor's booking rules. Times of day are in the supervisor's time zone."""

    supervisor_id: UUID = foreign_key("supervisor.id", primary=True, index=False)
    version: int = 1
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 0
    minimum_notice_hours: int = 24
    horizon_days: int = 90
    slot_step_minutes: int = 15
    # No default in the column: it would turn "no country" into this one.
    holidays: str | None = Field(default="FI", sa_column=Column(String))
    daily_limit: int | None = None
    weekly_limit: int | None = None
    intake_minutes: int = 45


class WeeklyHours(Table, table=True):
    """One span of working hours in a week; its end at midnight is that of the day. No forms means every form."""

    __tablename__ = "weekly_hours"
    id: int | None = Field(default=None, primary_key=True)
    supervisor_id: UUID = foreign_key("supervisor.id")
    weekday: int
    start: time
    end: time
    forms: list[str] | None = Field(default=None, sa_column=Column(ARRAY(String)))

    __table_args__ = (
        CheckConstraint("weekday BETWEEN 1 AND 7", name="iso_weekday"),
        CheckConstraint('start < "end" OR "end" = \'00:00\'', name="hours_run_forwards"),
    )


class Absence(Table, table=True):
    """Time in which the supervisor takes no bookings."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    supervisor_id: UUID = foreign_key("supervisor.id", index=False)
    starts_at: datetime = instant()
    ends_at: datetime = instant()
    reason: str | None = None

    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="absence_runs_forwards"),
        Index("absences_of_supervisor", "supervisor_id", "ends_at"),
    )


class CalendarImport(Table, table=True):
    """Another calendar of the supervisor, whose busy times take no bookings."""

    __tablename__ = "calendar_import"
    id: UUID = Field(default_factory=new_id, primary_key=True)
    supervisor_id: UUID = foreign_key("supervisor.id")
    url: str
    refresh_at: datetime = instant(index=True)
    fetched_at: datetime | None = instant(nullable=True)
    failures: int = 0
    last_error: str | None = None
    declined_are_busy: bool = False
    unread: int = 0
    doubts: list[dict[str, str | None]] = Field(default_factory=list, sa_column=Column(JSONB, nullable=False))
    """The first entries that could not be read as they were meant: when they are, if that is known, and why."""


class BusyTime(Table, table=True):
    """A busy time of an imported calendar; its title is not stored."""

    __tablename__ = "busy_time"
    id: int | None = Field(default=None, primary_key=True)
    import_id: UUID = Field(
        sa_column=Column(ForeignKey("calendar_import.id", ondelete="CASCADE"), nullable=False, index=True)
    )
    supervisor_id: UUID = foreign_key("supervisor.id", index=False)
    starts_at: datetime = instant()
    ends_at: datetime = instant()

    __table_args__ = (Index("busy_times_of_supervisor", "supervisor_id", "ends_at"),)


class OccupiedTime(Table, table=True):
    """Time taken by a session or a hold, buffers included. PostgreSQL refuses any overlap.

    A session or intake that ends, moves or is cancelled changes its one row here in the same transaction.
    A hold has an `expires_at`; an expired hold counts as free and may be deleted by whoever books.
    """

    __tablename__ = "occupied_time"
    owner_id: UUID = Field(primary_key=True)
    supervisor_id: UUID = foreign_key("supervisor.id", index=False)
    starts_at: datetime = instant()
    blocked: Range[datetime] = Field(sa_column=Column(TSTZRANGE, nullable=False))
    expires_at: datetime | None = instant(nullable=True)

    __table_args__ = (
        ExcludeConstraint(
            # A range type over uuid stands in for btree_gist, which needs an extension that not every server has.
            (text("uuidrange(supervisor_id, supervisor_id, '[]')"), "&&"),
            ("blocked", "&&"),
            using="gist",
            name="no_double_booking",
        ),
        CheckConstraint(
            "NOT isempty(blocked) AND NOT lower_inf(blocked) AND NOT upper_inf(blocked)"
            " AND lower_inc(blocked) AND NOT upper_inc(blocked)",
            name="blocked_is_half_open",
        ),
        CheckConstraint("blocked @> starts_at", name="blocked_holds_its_start"),
    )
