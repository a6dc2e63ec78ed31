"""What each letter tells: one frozen shape per kind of letter, filled from the notifier's own tables.

Words that people typed come in as one clean line: nothing in them can break a header or turn the text around.
"""

import re
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from markupsafe import Markup
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from services import finnish
from services.events.catalogue import Form, Level, Mode, Phase
from services.vocabulary import EVALUATIONS, FORM_LABELS, LEVEL_LABELS, Cases
from services.workdays import local


class LetterKind(StrEnum):
    """Every letter there is; the value is also the name of its folder of templates."""

    booking_confirmation = "booking_confirmation"
    reschedule = "reschedule"
    cancellation = "cancellation"
    departure = "departure"
    reminder_week = "reminder_week"
    reminder_day = "reminder_day"
    intake_confirm_link = "intake_confirm_link"
    intake_confirmed = "intake_confirmed"
    intake_moved = "intake_moved"
    intake_cancelled = "intake_cancelled"
    login_link = "login_link"
    daily_agenda = "daily_agenda"
    summary = "summary"
    session_feedback = "session_feedback"
    evaluation_request = "evaluation_request"
    evaluation_reminder = "evaluation_reminder"
    goal_report = "goal_report"
    overview_report = "overview_report"
    report_review = "report_review"
    client_report = "client_report"


_LINE_BREAKS = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]+")
# Control characters, lone surrogates, and the marks that turn the direction of the text after them.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def one_line(text: str) -> str:
    return _UNSEEN.sub("", _LINE_BREAKS.sub(" ", text)).strip()


def clean_lines(text: str) -> str:
    return "\n".join(line for line in map(one_line, text.splitlines()) if line)


Line = Annotated[str, AfterValidator(one_line)]
Lines = Annotated[str, AfterValidator(clean_lines)]
Fragment = Annotated[Markup, BeforeValidator(Markup)]
"""HTML of our own services, in which what people wrote is escaped."""


class Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


# -- what letters speak of --------------------------------------------------------------------------------


class Supervisor(Shape):
    name: Line
    title: Line | None = None
    phone: Line | None = None
    signature: Lines | None = None


class Meeting(Shape):
    """A time and a place, be it of a session or of a first talk."""

    starts_at: AwareDatetime
    ends_at: AwareDatetime
    mode: Mode = Mode.onsite
    location: Line | None = None
    join_url: Line | None = None

    @property
    def when(self) -> str:
        return finnish.when(self.starts_at, self.ends_at)

    @property
    def when_label(self) -> str:
        return finnish.when_label(self.starts_at, self.ends_at)

    @property
    def when_short(self) -> str:
        return finnish.when_short(self.starts_at)

    @property
    def is_online(self) -> bool:
        return self.mode is Mode.remote and bool(self.join_url)

    @property
    def place_label(self) -> str:
        return "Etäyhteys" if self.is_online else "Paikka"

    @property
    def place(self) -> str | None:
        if self.mode is Mode.remote:
            return self.join_url or "etätapaaminen"
        return self.location

    @property
    def ordinal(self) -> str | None:
        """3/12 where meetings are counted."""
        return None


class Session(Meeting):
    """A meeting of a process with its frozen terms of cancellation."""

    number: int
    total: int
    free_until: AwareDatetime
    late_fee_percent: int
    waives_force_majeure: bool = True

    @property
    def ordinal(self) -> str | None:
        return _of_total(self.number, self.total)

    def is_free_at(self, moment: datetime) -> bool:
        return self.is_free_to_the_start or moment < self.free_until

    @property
    def is_free_to_the_start(self) -> bool:
        """No fee threatens at all, as when the supervisor moved the time."""
        return self.late_fee_percent == 0 or self.free_until >= self.starts_at


def _of_total(number: int | None, total: int | None) -> str | None:
    """3/12, or 13 alone when more sessions were held than planned."""
    if number is None:
        return None
    return f"{number}/{total}" if total and number <= total else str(number)


# -- the letters ------------------------------------------------------------------------------------------


class LetterContext(Shape):
    """What every letter knows. `sent_at` is when it is really sent, so that "huomenna" is true."""

    sent_at: AwareDatetime
    first_name: Line | None


class Correspondence(LetterContext):
    """A letter in the supervisor's name; `settings_url` stands only in letters one can decline."""

    supervisor: Supervisor
    privacy_url: Line
    settings_url: Line | None = None


class BookingConfirmation(Correspondence):
    """One session, or all those that one action booked."""

    sessions: Annotated[tuple[Session, ...], Field(min_length=1)]
    manage_url: Line

    @property
    def shares_one_place(self) -> bool:
        return len({session.place for session in self.sessions}) == 1


class Reschedule(Correspondence):
    session: Session
    previous: Meeting
    manage_url: Line

    @property
    def keeps_time(self) -> bool:
        """Only the place is new."""
        before, now = self.previous, self.session
        return (before.starts_at, before.ends_at) == (now.starts_at, now.ends_at)


class Cancellation(Correspondence):
    """One session, or all those that one action cancelled; the first `late` of them cost a fee.

    Where several take part nobody books anew alone, so that there is no `booking_url`.
    """

    sessions: Annotated[tuple[Meeting, ...], Field(min_length=1)]
    by_supervisor: bool = False
    late: int = 0
    late_fee_percent: int = 0
    booking_url: Line | None = None
    is_shared: bool = False
    next_session: Meeting | None = None

    @property
    def is_free(self) -> bool:
        return self.late == 0 or self.late_fee_percent == 0


class Departure(Correspondence):
    """The coming sessions of a process that go on without this participant."""

    sessions: Annotated[tuple[Meeting, ...], Field(min_length=1)]


class Reminder(Correspondence):
    session: Session
    manage_url: Line

    @property
    def days_ahead(self) -> int:
        """From the day of sending to the day of the session, on the wall calendar of Helsinki."""
        return (local(self.session.starts_at).date() - local(self.sent_at).date()).days


class IntakeConfirmLink(Correspondence):
    meeting: Meeting
    expires_at: AwareDatetime
    confirm_url: Line


class IntakeConfirmed(Correspondence):
    meeting: Meeting
    free_of_charge: bool = True
    manage_url: Line


class IntakeMoved(Correspondence):
    meeting: Meeting
    previous: Meeting
    manage_url: Line


class IntakeCancelled(Correspondence):
    meeting: Meeting
    by_supervisor: bool = False
    booking_url: Line | None = None


class LoginLink(LetterContext):
    login_url: Line
    expires_at: AwareDatetime
    privacy_url: Line


class AgendaItem(Meeting):
    """A session of a process, named by its code alone; without a process it is a first talk."""

    process_code: Line | None = None
    form: Form | None = None
    number: int | None = None
    total: int | None = None
    flags: tuple[Line, ...] = ()

    @property
    def ordinal(self) -> str | None:
        return _of_total(self.number, self.total)

    @property
    def clock_range(self) -> str:
        return finnish.clock_range(self.starts_at, self.ends_at)

    @property
    def form_label(self) -> str:
        return FORM_LABELS[self.form] if self.form else "kartoittava keskustelu"


class Change(StrEnum):
    """What happened to a session, as the agenda calls it."""

    booked = "uusi aika varattu"
    moved = "siirretty"
    cancelled = "peruttu"


class AgendaChange(Shape):
    process_code: Line
    change: Change
    starts_at: AwareDatetime


class MissingSummary(Shape):
    process_code: Line
    day: date


class AwaitedAnswers(Shape):
    process_code: Line
    phase: Phase
    answered: int
    invited: int

    @property
    def evaluation(self) -> Cases:
        return EVALUATIONS[self.phase]


class DailyAgenda(LetterContext):
    day: date
    items: tuple[AgendaItem, ...] = ()
    changes: tuple[AgendaChange, ...] = ()
    missing_summaries: tuple[MissingSummary, ...] = ()
    awaited_answers: tuple[AwaitedAnswers, ...] = ()
    next_session: Meeting | None = None
    calendar_url: Line


class Action(Shape):
    text: Line
    due_date: date | None = None


class GoalStanding(Shape):
    title: Line
    level: Level

    @property
    def level_label(self) -> str:
        return LEVEL_LABELS[self.level]


class SummaryContent(Shape):
    """The text itself: only for a participant who asked to have it in the letter."""

    themes: tuple[Line, ...] = ()
    actions: tuple[Action, ...] = ()
    goals: tuple[GoalStanding, ...] = ()
    reflection: Line | None = None


class Summary(Correspondence):
    day: date
    summary_url: Line
    link_expires_on: date
    is_correction: bool = False
    content: SummaryContent | None = None
    next_session: Meeting | None = None


class SessionFeedback(Correspondence):
    day: date
    feedback_url: Line


class Evaluation(Correspondence):
    phase: Phase
    due: date
    evaluation_url: Line

    @property
    def label(self) -> Cases:
        return EVALUATIONS[self.phase]


class EvaluationRequest(Evaluation):
    form: Form
    minutes: int = 10
    min_group_size: int = 5
    discussed_in: Meeting | None = None


class EvaluationReminder(Evaluation):
    pass


class GoalReport(LetterContext):
    """Figures of one process for its supervisor; T-scores are missing where no goal was scored."""

    process_code: Line
    form: Form
    period: Line
    held: int
    planned: int
    answered: int | None = None
    invited: int | None = None
    goals_met: int = 0
    goals_scored: int = 0
    t_baseline: float | None = None
    t_now: float | None = None
    t_change: float | None = None
    flags: tuple[Line, ...] = ()
    report_url: Line
    report: Fragment = Markup()

    @property
    def form_label(self) -> str:
        return FORM_LABELS[self.form]


class OverviewReport(LetterContext):
    period: Line
    processes: int
    held: int
    flags: tuple[Line, ...] = ()
    report_url: Line
    report: Fragment = Markup()


class ReportReview(Correspondence):
    form: Form
    review_url: Line


class ClientReport(Correspondence):
    process_name: Line
    form: Form
    period: Line
    held: int
    planned: int
    participants: int
    answered: int | None = None
    min_group_size: int = 5
    report_url: Line
    booking_url: Line | None = None

    @property
    def form_label(self) -> str:
        return FORM_LABELS[self.form]


CONTEXTS: dict[LetterKind, type[LetterContext]] = {
    LetterKind.booking_confirmation: BookingConfirmation,
    LetterKind.reschedule: Reschedule,
    LetterKind.cancellation: Cancellation,
    LetterKind.departure: Departure,
    LetterKind.reminder_week: Reminder,
    LetterKind.reminder_day: Reminder,
    LetterKind.intake_confirm_link: IntakeConfirmLink,
    LetterKind.intake_confirmed: IntakeConfirmed,
    LetterKind.intake_moved: IntakeMoved,
    LetterKind.intake_cancelled: IntakeCancelled,
    LetterKind.login_link: LoginLink,
    LetterKind.daily_agenda: DailyAgenda,
    LetterKind.summary: Summary,
    LetterKind.session_feedback: SessionFeedback,
    LetterKind.evaluation_request: EvaluationRequest,
    LetterKind.evaluation_reminder: EvaluationReminder,
    LetterKind.goal_report: GoalReport,
    LetterKind.overview_report: OverviewReport,
    LetterKind.report_review: ReportReview,
    LetterKind.client_report: ClientReport,
}
