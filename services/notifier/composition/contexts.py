"""The template context of each kind of letter, filled from the notifier's own tables.

Words that people typed come in as one clean line: nothing in them can break a header or turn the text around.
"""

import re
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Self

from markupsafe import Markup
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from services.events.catalogue import Form, Intention, Level, Mode, Phase
from services.finnish import formatting
from services.finnish.vocabulary import EVALUATIONS, FORM_LABELS, LEVEL_LABELS, Cases
from services.finnish.workdays import local
from services.notifier.kinds import LetterKind

_LINE_BREAKS = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]+")
# Control characters, lone surrogates, and the marks that turn the direction of the text after them.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def one_line(text: str) -> str:
    return _UNSEEN.sub("", _LINE_BREAKS.sub(" ", text)).strip()


def clean_lines(text: str) -> str:
    return "\n".join(line for line in map(one_line, text.splitlines()) if line)


CleanLine = Annotated[str, AfterValidator(one_line)]
CleanLines = Annotated[str, AfterValidator(clean_lines)]
HtmlFragment = Annotated[Markup, BeforeValidator(Markup)]
"""HTML of our own services, in which what people wrote is escaped."""


class ContextPart(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


# -- parts of contexts ----------------------------------------------------------------------------------


class SupervisorContext(ContextPart):
    name: CleanLine
    title: CleanLine | None = None
    phone: CleanLine | None = None
    signature: CleanLines | None = None


class Appointment(ContextPart):
    """A time and a place, be it of a session or of a first talk."""

    starts_at: AwareDatetime
    ends_at: AwareDatetime
    mode: Mode = Mode.onsite
    location: CleanLine | None = None
    join_url: CleanLine | None = None

    @property
    def when(self) -> str:
        return formatting.when(self.starts_at, self.ends_at)

    @property
    def when_label(self) -> str:
        return formatting.when_label(self.starts_at, self.ends_at)

    @property
    def when_short(self) -> str:
        return formatting.when_short(self.starts_at)

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


class SessionContext(Appointment):
    """A meeting of a process with its frozen terms of cancellation."""

    number: int
    total: int
    free_until: AwareDatetime
    late_fee_percent: int
    waives_force_majeure: bool = True
    is_shared: bool = False

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


class LetterContext(ContextPart):
    """What every letter knows. `sent_at` is when it is really sent, so that "huomenna" is true."""

    sent_at: AwareDatetime
    first_name: CleanLine | None


class SupervisorLetter(LetterContext):
    """A letter in the supervisor's name; `settings_url` stands only in letters one can decline."""

    supervisor: SupervisorContext
    privacy_url: CleanLine
    settings_url: CleanLine | None = None


class BookingConfirmation(SupervisorLetter):
    """One session, or all those that one action booked."""

    sessions: Annotated[tuple[SessionContext, ...], Field(min_length=1)]
    manage_url: CleanLine

    @property
    def shares_one_place(self) -> bool:
        return len({session.place for session in self.sessions}) == 1


class Reschedule(SupervisorLetter):
    session: SessionContext
    previous: Appointment
    manage_url: CleanLine

    @property
    def keeps_time(self) -> bool:
        """Only the place is new."""
        before, now = self.previous, self.session
        return (before.starts_at, before.ends_at) == (now.starts_at, now.ends_at)


class Cancellation(SupervisorLetter):
    """One session, or all those that one action cancelled; the first `late` of them cost a fee.

    Where several take part nobody books anew alone, so that there is no `booking_url`.
    """

    sessions: Annotated[tuple[Appointment, ...], Field(min_length=1)]
    by_supervisor: bool = False
    late: int = 0
    late_fee_percent: int = 0
    booking_url: CleanLine | None = None
    is_shared: bool = False
    next_session: Appointment | None = None

    @property
    def is_free(self) -> bool:
        return self.late == 0 or self.late_fee_percent == 0


class Departure(SupervisorLetter):
    """The coming sessions of a process that go on without this participant."""

    sessions: Annotated[tuple[Appointment, ...], Field(min_length=1)]


class Reminder(SupervisorLetter):
    session: SessionContext
    manage_url: CleanLine
    intention: Intention | None = None

    @property
    def is_declined(self) -> bool:
        return self.intention is Intention.not_coming

    @property
    def days_ahead(self) -> int:
        """From the day of sending to the day of the session, on the wall calendar of Helsinki."""
        return (local(self.session.starts_at).date() - local(self.sent_at).date()).days


class IntakeConfirmLink(SupervisorLetter):
    meeting: Appointment
    expires_at: AwareDatetime
    confirm_url: CleanLine


class IntakeConfirmed(SupervisorLetter):
    meeting: Appointment
    free_of_charge: bool = True
    manage_url: CleanLine


class IntakeMoved(SupervisorLetter):
    meeting: Appointment
    previous: Appointment
    manage_url: CleanLine


class IntakeCancelled(SupervisorLetter):
    meeting: Appointment
    by_supervisor: bool = False
    booking_url: CleanLine | None = None


class AccessLetter(LetterContext):
    """A letter about access itself; it names nobody but its reader."""

    privacy_url: CleanLine


class LoginLink(AccessLetter):
    login_url: CleanLine
    expires_at: AwareDatetime


class DeviceCode(AccessLetter):
    code: CleanLine
    expires_at: AwareDatetime


class AddressStated(AccessLetter):
    confirm_url: CleanLine
    expires_at: AwareDatetime


class AddressChanged(AccessLetter):
    pass


class PasskeyAdded(AccessLetter):
    account_url: CleanLine


class PasskeyRemoved(AccessLetter):
    account_url: CleanLine


class WebhookEnded(AccessLetter):
    host: CleanLine
    is_gone: bool
    webhooks_url: CleanLine


class TestLetter(AccessLetter):
    arrived_url: CleanLine
    expires_at: AwareDatetime


class ProcessRequest(LetterContext):
    """A process that a client asks for, in no word of the client's."""

    request_url: CleanLine
    answer_by: AwareDatetime


class AgendaItem(Appointment):
    """A session of a process, named by its code alone; without a process it is a first talk."""

    process_code: CleanLine | None = None
    form: Form | None = None
    number: int | None = None
    total: int | None = None

    @property
    def ordinal(self) -> str | None:
        return _of_total(self.number, self.total)

    @property
    def clock_range(self) -> str:
        return formatting.clock_range(self.starts_at, self.ends_at)

    @property
    def form_label(self) -> str:
        return FORM_LABELS[self.form] if self.form else "kartoittava keskustelu"


class AgendaChangeKind(StrEnum):
    """What happened to a session, as the agenda calls it."""

    booked = "uusi aika varattu"
    moved = "siirretty"
    cancelled = "peruttu"


class AgendaChange(ContextPart):
    process_code: CleanLine
    change: AgendaChangeKind
    starts_at: AwareDatetime


class MissingSummary(ContextPart):
    process_code: CleanLine
    day: date
    url: CleanLine


class AwaitedAnswers(ContextPart):
    process_code: CleanLine
    phase: Phase
    answered: int
    invited: int
    url: CleanLine

    @property
    def evaluation(self) -> Cases:
        return EVALUATIONS[self.phase]


class RefusedLetters(ContextPart):
    """Letters of one kind that no mail server took; without a process they are about a first talk."""

    process_code: CleanLine | None = None
    name: CleanLine
    count: int = 1


class DailyAgenda(LetterContext):
    day: date
    items: tuple[AgendaItem, ...] = ()
    changes: tuple[AgendaChange, ...] = ()
    missing_summaries: tuple[MissingSummary, ...] = ()
    awaited_answers: tuple[AwaitedAnswers, ...] = ()
    refused_letters: tuple[RefusedLetters, ...] = ()
    next_session: Appointment | None = None
    calendar_url: CleanLine
    letters_url: CleanLine


class NewsItem(ContextPart):
    """Something that others did, and the page where it is seen."""

    headline: CleanLine
    process_code: CleanLine | None = None
    starts_at: AwareDatetime | None = None
    url: CleanLine


class NewsLetter(LetterContext):
    items: Annotated[tuple[NewsItem, ...], Field(min_length=1)]
    choices_url: CleanLine


class ActionContext(ContextPart):
    text: CleanLine
    due_date: date | None = None


class GoalStanding(ContextPart):
    title: CleanLine
    level: Level

    @property
    def level_label(self) -> str:
        return LEVEL_LABELS[self.level]


class SummaryContent(ContextPart):
    """The text itself: only for a participant who asked to have it in the letter."""

    themes: tuple[CleanLine, ...] = ()
    actions: tuple[ActionContext, ...] = ()
    goals: tuple[GoalStanding, ...] = ()
    reflection: CleanLine | None = None


class SummaryContext(SupervisorLetter):
    day: date
    summary_url: CleanLine
    link_expires_on: date
    is_correction: bool = False
    content: SummaryContent | None = None
    next_session: Appointment | None = None


class SessionFeedback(SupervisorLetter):
    day: date
    feedback_url: CleanLine


class EvaluationContext(SupervisorLetter):
    phase: Phase
    due: date
    evaluation_url: CleanLine

    @property
    def label(self) -> Cases:
        return EVALUATIONS[self.phase]


class EvaluationRequest(EvaluationContext):
    form: Form
    minutes: int = 10
    min_group_size: int = 5
    discussed_in: Appointment | None = None


class EvaluationReminder(EvaluationContext):
    pass


class WithReport(LetterContext):
    """A letter that has the whole report in it, unless mail services would cut it off."""

    report_url: CleanLine
    report: HtmlFragment = Markup()
    is_shortened: bool = False

    def shortened(self) -> Self:
        return self.model_copy(update={"report": Markup(), "is_shortened": True})


class GoalReportContext(WithReport):
    """Figures of one process for its supervisor; T-scores are missing where no goal was scored."""

    process_code: CleanLine
    form: Form
    period: CleanLine
    held: int
    planned: int
    answered: int | None = None
    invited: int | None = None
    goals_met: int = 0
    goals_scored: int = 0
    t_baseline: float | None = None
    t_now: float | None = None
    t_change: float | None = None
    flags: tuple[CleanLine, ...] = ()

    @property
    def form_label(self) -> str:
        return FORM_LABELS[self.form]


class OverviewReportContext(WithReport):
    period: CleanLine
    processes: int
    held: int
    flags: tuple[CleanLine, ...] = ()


class ReportReview(SupervisorLetter):
    form: Form
    review_url: CleanLine


class ClientReportContext(SupervisorLetter):
    process_name: CleanLine
    form: Form
    period: CleanLine
    held: int
    planned: int
    participants: int
    answered: int | None = None
    min_group_size: int = 5
    report_url: CleanLine
    booking_url: CleanLine | None = None

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
    LetterKind.device_code: DeviceCode,
    LetterKind.address_stated: AddressStated,
    LetterKind.address_changed: AddressChanged,
    LetterKind.passkey_added: PasskeyAdded,
    LetterKind.passkey_removed: PasskeyRemoved,
    LetterKind.webhook_ended: WebhookEnded,
    LetterKind.test_letter: TestLetter,
    LetterKind.process_request: ProcessRequest,
    LetterKind.daily_agenda: DailyAgenda,
    LetterKind.news: NewsLetter,
    LetterKind.summary: SummaryContext,
    LetterKind.session_feedback: SessionFeedback,
    LetterKind.evaluation_request: EvaluationRequest,
    LetterKind.evaluation_reminder: EvaluationReminder,
    LetterKind.goal_report: GoalReportContext,
    LetterKind.overview_report: OverviewReportContext,
    LetterKind.report_review: ReportReview,
    LetterKind.client_report: ClientReportContext,
}
