"""Every event that crosses a border between services, each with the whole current state of its aggregate.

A field may be added with a default; anything else is a new class with a new version in its name.
No notes travel, no reasons, no comments, no answers with names, no secrets of links. What is confidential and must
travel is sealed for its reader (`sealed_fields.py`).
"""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class Form(StrEnum):
    """The form of the supervision (työnohjauksen muoto)."""

    individual = "individual"
    pair = "pair"
    team = "team"
    group = "group"
    community = "community"


class Mode(StrEnum):
    """Where a meeting takes place: lähitapaaminen or etätapaaminen."""

    onsite = "onsite"
    remote = "remote"


class Actor(StrEnum):
    """Whose action changed a meeting; letters never say it of a member of a group."""

    supervisor = "supervisor"
    client = "client"
    participant = "participant"


class Intention(StrEnum):
    """What a participant intends to do about a meeting: pääsen, ehkä, en pääse."""

    coming = "coming"
    maybe = "maybe"
    not_coming = "not_coming"


class Phase(StrEnum):
    """Which evaluation of the process: lähtötilanne, väliarviointi, loppuarviointi."""

    start = "start"
    mid = "mid"
    final = "final"


Level = Annotated[int, Field(ge=-2, le=2)]
Agreement = Annotated[int, Field(ge=1, le=5)]


class Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    @classmethod
    def of(cls, row: BaseModel, **more: object) -> Self:
        """What the row and the event both know, under the same names, and what else is to be said."""
        known = {name: getattr(row, name) for name in cls.model_fields if hasattr(row, name)}
        return cls.model_validate(known | more)


class Event(Shape):
    """What happened to one aggregate. `version` rises by one with every event of that aggregate."""

    name: ClassVar[str]
    confidential: ClassVar[Mapping[str, tuple[str, ...]]] = MappingProxyType({})
    """Which fields nobody may read but their readers, by reader; another reader gets them blank."""
    version: Annotated[int, Field(ge=1)]

    @property
    def aggregate(self) -> str:
        """The thing the event is about, such as ``session/0b1c…``; it is the CloudEvents subject."""
        raise NotImplementedError


# -- meetings ---------------------------------------------------------------------------------------------


class Batch(Shape):
    """The meetings that one action changed together, so that one letter can tell of all of them."""

    id: UUID
    size: Annotated[int, Field(ge=1)]


class SessionEvent(Event):
    session_id: UUID
    process_id: UUID
    supervisor_id: UUID
    number: int
    status: Literal["booked", "held", "cancelled"]
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    mode: Mode
    location: str | None = None
    join_url: str | None = None
    series_id: UUID | None = None
    booked_at: AwareDatetime
    changed_at: AwareDatetime
    changed_by: Actor
    batch: Batch
    free_until: AwareDatetime
    late_fee_percent: int
    waives_force_majeure: bool
    cancelled_late: bool = False
    present: tuple[UUID, ...] = ()
    excused: tuple[UUID, ...] = ()
    no_show: tuple[UUID, ...] = ()
    feedback_links: dict[UUID, UUID] = {}
    sequence: int | None = None
    """SEQUENCE of the meeting's calendar entry. Without one it is the version."""
    undo_until: AwareDatetime | None = None
    """Whoever made this change can take it back until then, and nobody is to be told of it before."""

    @property
    def aggregate(self) -> str:
        return f"session/{self.session_id}"


class SessionBooked(SessionEvent):
    """A time is agreed."""

    name = "session.booked.v1"


class SessionRescheduled(SessionEvent):
    """The time, the length or the place changed."""

    name = "session.rescheduled.v1"


class SessionCancelled(SessionEvent):
    """The time is given up."""

    name = "session.cancelled.v1"


class SessionHeld(SessionEvent):
    """The meeting took place and the attendance was written down."""

    name = "session.held.v1"


class AttendanceIntended(Event):
    """A participant said whether they will come to the meeting at this time. Moved, it is a meeting of another time."""

    name = "attendance.intended.v1"
    session_id: UUID
    process_id: UUID
    participant_id: UUID
    intention: Intention
    starts_at: AwareDatetime

    @property
    def aggregate(self) -> str:
        return f"intention/{self.session_id}/{self.participant_id}"


# -- processes and people ---------------------------------------------------------------------------------


class Client(Shape):
    """Who ordered the supervision (tilaaja), and whom to write to there."""

    client_id: UUID
    kind: Literal["organisation", "person"]
    name: str
    first_name: str
    last_name: str
    email: str
    address_id: UUID | None = None
    """What the contact's links to reports are made for; none as long as they have their first address."""


class ProcessEvent(Event):
    process_id: UUID
    code: str
    title: str
    form: Form
    status: Literal["active", "closed"]
    supervisor_id: UUID
    client: Client
    participant_ids: tuple[UUID, ...]
    planned_sessions: int
    session_minutes: int
    reminder_days: tuple[int, ...]
    benefits: tuple[str, ...] = ()
    min_group_size: int = 5
    session_feedback: bool = False
    opened_at: AwareDatetime
    closed_at: AwareDatetime | None = None

    @property
    def aggregate(self) -> str:
        return f"process/{self.process_id}"


class ProcessOpened(ProcessEvent):
    """A supervision process can be booked."""

    name = "process.opened.v1"


class ProcessChanged(ProcessEvent):
    """Its title, members, plan or ways of working changed."""

    name = "process.changed.v1"


class ProcessClosed(ProcessEvent):
    """The supervision has ended."""

    name = "process.closed.v1"


class ProcessRequested(Event):
    """A client asks for a process with a supervisor who does not know it yet. Nothing else of it is told to anybody."""

    name = "process.requested.v1"
    process_id: UUID
    supervisor_id: UUID
    answer_by: AwareDatetime

    @property
    def aggregate(self) -> str:
        return f"request/{self.process_id}"


class ParticipantEvent(Event):
    participant_id: UUID
    process_id: UUID

    @property
    def aggregate(self) -> str:
        return f"participant/{self.participant_id}"


class ParticipantChanged(ParticipantEvent):
    """A participant joined, left, or has a new name, address or wish. Read by the notifier alone."""

    name = "participant.changed.v1"
    first_name: str
    last_name: str
    email: str
    active: bool = True
    page_link: UUID
    address_id: UUID | None = None
    """What their links are made for; none as long as they have the address that they joined with."""
    summary_in_letter: bool = False
    joined_at: AwareDatetime | None = None
    first_sequence: int = 0
    """Added to the SEQUENCE of each meeting in their calendar."""
    feedback_open: tuple[UUID, ...] = ()
    """With another address: the sessions on which they were asked for feedback and have not given it."""
    address_accepted: bool = True
    """Whether more than times may be sent there: not yet where the client gave the address and something confidential
    was written before."""


class ParticipantReaddressed(ParticipantEvent):
    """A participant has another address: links that were sent to the one before open nothing any more."""

    name = "participant.readdressed.v1"
    address_id: UUID

    @property
    def aggregate(self) -> str:
        return f"participant-address/{self.participant_id}"


class ParticipantErased(ParticipantEvent):
    """A participant asked to be forgotten: whoever holds a name, address or answer deletes it."""

    name = "participant.erased.v1"
    alone: bool = False
    """Nobody else ever took part in the process: what was summed up, agreed and reported in it goes as well."""


class SupervisorChanged(Event):
    """The supervisor as the letters show them."""

    name = "supervisor.changed.v1"
    supervisor_id: UUID
    full_name: str
    email: str
    title: str | None = None
    phone: str | None = None
    timezone: str = "Europe/Helsinki"
    location: str | None = None
    signature: str | None = None
    calendar_link: UUID
    active: bool = True
    address_id: UUID | None = None
    """What their links to reports are made for; none as long as they have their first address."""

    @property
    def aggregate(self) -> str:
        return f"supervisor/{self.supervisor_id}"


class PracticeChanged(Event):
    """The practice's own name and look, as pages, letters and reports show them."""

    name = "practice.changed.v1"
    practice_name: str
    accent: str
    """The colour of what can be pressed, as #rrggbb, on light paper."""
    logo_base64: str = ""
    logo_path: str | None = None
    """Where pages load the logo from. Another logo has another path."""

    @property
    def aggregate(self) -> str:
        return "practice"


# -- goals, evaluation, summaries -------------------------------------------------------------------------


class Goal(Shape):
    """A goal with its five described levels, by Goal Attainment Scaling, and since which version it is worded so."""

    goal_id: UUID
    title: str
    benefit: str | None = None
    levels: dict[Literal["-2", "-1", "0", "1", "2"], str]
    importance: Annotated[int, Field(ge=1, le=3)]
    baseline: Literal[-2, -1]
    since: Annotated[int, Field(ge=1)] = 1


class GoalsAgreed(Event):
    """The goals of a process, as they are worded now, and the wordings that earlier answers were given for."""

    name = "goals.agreed.v1"
    confidential = MappingProxyType({"reporting": ("goals", "earlier")})
    process_id: UUID
    goals: tuple[Goal, ...]
    earlier: tuple[Goal, ...] = ()
    agreed_at: AwareDatetime

    @property
    def aggregate(self) -> str:
        return f"goals/{self.process_id}"


class EvaluationEvent(Event):
    evaluation_id: UUID
    process_id: UUID
    phase: Phase
    status: Literal["open", "closed"]
    opened_at: AwareDatetime
    due_at: AwareDatetime
    closed_at: AwareDatetime | None = None
    invited: tuple[UUID, ...]
    answer_links: dict[UUID, UUID] = {}
    remind: bool = True
    discussed_at: AwareDatetime | None = None
    answered: int | None = None
    """How many participants had answered by then, so that a reader knows when it has heard of all of them."""

    @property
    def aggregate(self) -> str:
        return f"evaluation/{self.evaluation_id}"


class EvaluationRequested(EvaluationEvent):
    """A round of evaluation opened: every participant is asked to answer."""

    name = "evaluation.requested.v1"


class EvaluationClosed(EvaluationEvent):
    """The round is over: by its due date, or because all have answered."""

    name = "evaluation.closed.v1"


class EvaluationAnswered(Event):
    """One participant's answer, or (with no participant) the level the group agreed together."""

    name = "evaluation.answered.v1"
    confidential = MappingProxyType({"reporting": ("goals", "benefits")})
    answer_id: UUID
    evaluation_id: UUID
    process_id: UUID
    phase: Phase
    participant_id: UUID | None
    goals: dict[UUID, Level]
    benefits: dict[str, Agreement | None] = {}
    answered_at: AwareDatetime
    wording_version: int = 1
    person_id: UUID | None = None
    """The same for one person in every process that they take part in, and nothing but a number."""

    @property
    def aggregate(self) -> str:
        return f"answer/{self.answer_id}"


class ActionItem(Shape):
    """Something agreed to be done between meetings (välitehtävä)."""

    text: str
    due_date: date | None = None
    done: bool = False


class SummaryText(Shape):
    """The text of a summary; it travels only when somebody asked to have it in the letter."""

    themes: tuple[str, ...]
    reflection: str | None = None


class SummaryPublished(Event):
    """The summary of a meeting can be read; from its second edition on it is a correction."""

    name = "summary.published.v1"
    confidential = MappingProxyType({"notifier": ("actions", "text"), "reporting": ("actions",)})
    summary_id: UUID
    edition: Annotated[int, Field(ge=1)] = 1
    session_id: UUID
    process_id: UUID
    published_at: AwareDatetime
    sends_letter: bool
    links: dict[UUID, UUID]
    link_expires_at: AwareDatetime
    actions: tuple[ActionItem, ...] = ()
    text: SummaryText | None = None

    @property
    def aggregate(self) -> str:
        return f"summary/{self.summary_id}"


# -- first contacts and logins ----------------------------------------------------------------------------


class IntakeEvent(Event):
    intake_id: UUID
    supervisor_id: UUID
    status: Literal["held", "confirmed", "cancelled", "expired"]
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    full_name: str
    email: str
    mode: Mode = Mode.onsite
    location: str | None = None
    join_url: str | None = None
    expires_at: AwareDatetime
    link: UUID
    free_of_charge: bool = True
    changed_by: Actor = Actor.client
    sequence: int | None = None
    """SEQUENCE of the talk's calendar entry. Without one it is the version."""
    undo_until: AwareDatetime | None = None
    """Until when its cancellation may be taken back; nobody is told of it before."""

    @property
    def aggregate(self) -> str:
        return f"intake/{self.intake_id}"


class IntakeRequested(IntakeEvent):
    """Somebody holds a time for a first talk (kartoittava keskustelu) and has to confirm it."""

    name = "intake.requested.v1"


class IntakeConfirmed(IntakeEvent):
    """The first talk is booked, or was moved."""

    name = "intake.confirmed.v1"


class IntakeCancelled(IntakeEvent):
    """The first talk was called off."""

    name = "intake.cancelled.v1"


class LoginRequested(Event):
    """Somebody with an account asked for a link to log in."""

    name = "login.requested.v1"
    login_id: UUID
    email: str
    full_name: str
    link: UUID
    expires_at: AwareDatetime

    @property
    def aggregate(self) -> str:
        return f"login/{self.login_id}"


class MailboxEvent(Event):
    """Something about access that one mailbox is told at once, whoever it belongs to."""

    confidential = MappingProxyType({"notifier": ("email", "full_name")})
    notice_id: UUID
    email: str
    full_name: str
    participant_id: UUID | None = None
    """Whose erasure takes the notice along."""

    @property
    def aggregate(self) -> str:
        return f"notice/{self.notice_id}"


class DeviceCodeRequested(MailboxEvent):
    """A participant wants to confirm a browser: the code is made from the id of the notice."""

    name = "device.code-requested.v1"
    expires_at: AwareDatetime


class AddressStated(MailboxEvent):
    """Somebody gave this address as their new one; it becomes theirs when they follow the link."""

    name = "address.stated.v1"
    link: UUID
    expires_at: AwareDatetime


class AddressChanged(MailboxEvent):
    """Somebody has another address from now on: the one before is told."""

    name = "address.changed.v1"
    changed_at: AwareDatetime


class PasskeyAdded(MailboxEvent):
    """Somebody can log in by a new passkey from now on: they are told, in case it was another who added it."""

    name = "passkey.added.v1"
    changed_at: AwareDatetime


class PasskeyRemoved(MailboxEvent):
    """A passkey of somebody's logs in no more."""

    name = "passkey.removed.v1"
    changed_at: AwareDatetime


class TestLetterRequested(MailboxEvent):
    """Whoever sets a practice up wants to see a letter arrive; a button in it says that it did."""

    name = "letter.test-requested.v1"
    link: UUID
    expires_at: AwareDatetime


class WebhookEnded(MailboxEvent):
    """A receiver of webhooks gets nothing more: it failed for days, or said that it is gone. Its owner is told."""

    name = "webhook.ended.v1"
    confidential = MappingProxyType({"notifier": ("email", "full_name", "host")})
    because: Literal["failing", "gone"]
    host: str
    """Of the receiver's address, and nothing else of it."""
    ended_at: AwareDatetime


class WebhookTested(Event):
    """The owner of a webhook asked for a test of it. Read by its receiver alone."""

    name = "webhook.tested.v1"
    webhook_id: UUID
    tested_at: AwareDatetime

    @property
    def aggregate(self) -> str:
        return f"webhook/{self.webhook_id}"


class AccessEnded(Event):
    """Somebody may not speak any more by what they were given before: a credential, a browser's login, or all of it."""

    name = "access.ended.v1"
    ending_id: UUID
    credential: str | None = None
    party_id: UUID | None = None
    """With a party, whatever it was given until then; what it is given later is good again."""
    ended_at: AwareDatetime

    @property
    def aggregate(self) -> str:
        return f"access/{self.ending_id}"


# -- reports ----------------------------------------------------------------------------------------------


class ReportEvent(Event):
    confidential = MappingProxyType({"notifier": ("figures", "html", "pdf_base64")})
    report_id: UUID
    kind: Literal["goal_report", "overview_report", "client_report"]
    process_id: UUID | None
    supervisor_id: UUID
    period_label: str
    figures: dict[str, int | float | str | None] = {}
    html: str = ""
    pdf_base64: str = ""

    @property
    def aggregate(self) -> str:
        return f"report/{self.report_id}"


class ReportCompiled(ReportEvent):
    """A report waits for the supervisor, or a client report for its readers' review."""

    name = "report.compiled.v1"
    compiled_at: AwareDatetime
    review_links: dict[UUID, UUID] = {}
    supervisor_link: UUID | None = None


class ReportReleased(ReportEvent):
    """The supervisor gave a client report to the client."""

    name = "report.released.v1"
    released_at: AwareDatetime
    client_link: UUID


def _concrete(event_class: type[Event]) -> list[type[Event]]:
    children = event_class.__subclasses__()
    return [event_class] if not children else [leaf for child in children for leaf in _concrete(child)]


EVENTS: dict[str, type[Event]] = {event.name: event for event in _concrete(Event)}


class Envelope(Shape):
    """An event on its way: CloudEvents 1.0 with the W3C trace context."""

    specversion: Literal["1.0"] = "1.0"
    id: UUID
    source: str
    type: str
    subject: str
    time: datetime
    datacontenttype: Literal["application/json"] = "application/json"
    traceparent: str | None = None
    data: dict[str, object]
    sealed: dict[str, str] = {}
    """The confidential fields of the data for each reader: JSON, sealed by a key of its and the publisher's."""

    def event(self) -> Event:
        """The typed event inside. Raises KeyError for an unknown type, ValidationError for a broken one."""
        return EVENTS[self.type].model_validate(self.data)
