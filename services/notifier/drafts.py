"""What each letter about meetings, first talks, logins and the day tells, from what lies on the desk."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.events.catalogue import Actor, Form, Mode
from services.notifier import contexts
from services.notifier.calendar_file import CalendarFile, Entry, Method, entry_uid, invitation
from services.notifier.contexts import LetterContext, LetterKind
from services.notifier.desk import Desk, NothingToSend, found
from services.notifier.mailboxes import Mailbox
from services.notifier.mime import Attachment
from services.notifier.models import Intake, Letter, Mention, Participant, Session, Supervisor, time_and_place


@dataclass(frozen=True)
class Draft:
    """A letter before it is written out."""

    context: LetterContext
    recipient: Mailbox
    reply_to: Mailbox | None = None
    calendar: Sequence[CalendarFile] = ()
    attachments: Sequence[Attachment] = ()


Drafting = Callable[[Desk, Letter], Draft]


# -- what most letters have in common ---------------------------------------------------------------------


def correspondence(desk: Desk, letter: Letter, first_name: str | None) -> dict[str, Any]:
    supervisor = supervisor_of(desk, letter)
    return {
        "sent_at": desk.now,
        "first_name": first_name,
        "supervisor": contexts.Supervisor(
            name=supervisor.full_name,
            title=supervisor.title,
            phone=supervisor.phone,
            signature=supervisor.signature,
        ),
        "privacy_url": privacy_url(desk),
    }


def supervisor_of(desk: Desk, letter: Letter) -> Supervisor:
    return found(desk.supervisors, letter.supervisor_id)


def privacy_url(desk: Desk) -> str:
    return f"{desk.settings.public_url}/tietosuoja"


def first_word(name: str) -> str | None:
    return next(iter(name.split()), None)


def participant_of(desk: Desk, letter: Letter) -> tuple[Participant, Mailbox]:
    person = found(desk.participants, letter.recipient_id)
    return person, Mailbox(person.email, f"{person.first_name} {person.last_name}")


def reply_to(desk: Desk, letter: Letter) -> Mailbox:
    supervisor = supervisor_of(desk, letter)
    return Mailbox(supervisor.email, supervisor.full_name)


def _manage(desk: Desk, person: Participant) -> str:
    if person.page_link is None:
        raise NothingToSend
    return desk.link("osallistuja", person.page_link)


# -- meetings ---------------------------------------------------------------------------------------------

Told = Sequence[tuple[Mention, Session]]


def told_by(desk: Desk, letter: Letter) -> Told:
    """The meetings that a letter tells of, the earliest first."""
    told = [(line, found(desk.sessions, (line.meeting_id, line.version))) for line in found(desk.mentions, letter.id)]
    return sorted(told, key=lambda pair: pair[1].starts_at)


def meeting(row: Session | Intake) -> contexts.Meeting:
    return contexts.Meeting(**time_and_place(row))


def _session(desk: Desk, row: Session) -> contexts.Session:
    return contexts.Session(
        **time_and_place(row),
        number=row.number,
        total=found(desk.processes, row.process_id).planned_sessions,
        free_until=row.free_until,
        late_fee_percent=row.late_fee_percent,
        waives_force_majeure=row.waives_force_majeure,
    )


def _entry(desk: Desk, line: Mention, row: Session | Intake, method: Method, attendee: Mailbox) -> CalendarFile:
    remote = row.mode == Mode.remote
    entry = Entry(
        entry_uid(line.meeting_id, desk.settings.installation),
        line.sequence,
        row.starts_at,
        row.ends_at,
        location=None if remote else row.location,
        join_url=row.join_url if remote else None,
    )
    organizer = Mailbox.parse(desk.settings.mail_from)
    return invitation(method, entry, organizer=organizer, attendee=attendee, stamp=desk.now)


def _entries(desk: Desk, told: Told, method: Method, attendee: Mailbox) -> list[CalendarFile]:
    return [_entry(desk, line, row, method, attendee) for line, row in told]


def _booking_confirmation(desk: Desk, letter: Letter) -> Draft:
    (person, mailbox), told = participant_of(desk, letter), told_by(desk, letter)
    context = contexts.BookingConfirmation(
        **correspondence(desk, letter, person.first_name),
        sessions=tuple(_session(desk, row) for _, row in told),
        manage_url=_manage(desk, person),
    )
    return Draft(context, mailbox, reply_to(desk, letter), _entries(desk, told, Method.request, mailbox))


def _reschedule(desk: Desk, letter: Letter) -> Draft:
    (person, mailbox), told = participant_of(desk, letter), told_by(desk, letter)
    [(line, row)] = told
    context = contexts.Reschedule(
        **correspondence(desk, letter, person.first_name),
        session=_session(desk, row),
        previous=meeting(_as_known(desk, line)),
        manage_url=_manage(desk, person),
    )
    return Draft(context, mailbox, reply_to(desk, letter), _entries(desk, told, Method.request, mailbox))


def _cancellation(desk: Desk, letter: Letter) -> Draft:
    (person, mailbox), told = participant_of(desk, letter), told_by(desk, letter)
    rows = [row for _, row in told]
    process = found(desk.processes, letter.process_id)
    goes_on, is_shared = process.status != "closed", process.form != Form.individual
    context = contexts.Cancellation(
        **correspondence(desk, letter, person.first_name),
        sessions=tuple(meeting(_as_known(desk, line)) for line, _ in told),
        by_supervisor=all(row.changed_by == Actor.supervisor for row in rows),
        late=sum(row.cancelled_late for row in rows),
        late_fee_percent=rows[0].late_fee_percent,
        booking_url=f"{_manage(desk, person)}/uusi" if goes_on and not is_shared else None,
        is_shared=goes_on and is_shared,
        next_session=next_meeting(desk, letter),
    )
    return Draft(context, mailbox, reply_to(desk, letter), _entries(desk, told, Method.cancel, mailbox))


def _as_known(desk: Desk, line: Mention) -> Session:
    """The meeting as its recipient knew it: a last move that nobody heard of would only confuse."""
    return found(desk.sessions, (line.meeting_id, line.previous_version or line.version))


def next_meeting(desk: Desk, letter: Letter) -> contexts.Meeting | None:
    calendar = desk.calendars.get(letter.process_id, ()) if letter.process_id else ()
    coming = [row for row in calendar if row.status == "booked" and row.starts_at > desk.now]
    return meeting(min(coming, key=lambda row: row.starts_at)) if coming else None


def _departure(desk: Desk, letter: Letter) -> Draft:
    (person, mailbox), told = participant_of(desk, letter), told_by(desk, letter)
    context = contexts.Departure(
        **correspondence(desk, letter, person.first_name),
        sessions=tuple(meeting(_as_known(desk, line)) for line, _ in told),
    )
    return Draft(context, mailbox, reply_to(desk, letter), _entries(desk, told, Method.cancel, mailbox))


def _reminder(desk: Desk, letter: Letter) -> Draft:
    (person, mailbox), [(_, row)] = participant_of(desk, letter), told_by(desk, letter)
    context = contexts.Reminder(
        **correspondence(desk, letter, person.first_name),
        settings_url=desk.settings_link(person.participant_id),
        session=_session(desk, row),
        manage_url=_manage(desk, person),
    )
    return Draft(context, mailbox, reply_to(desk, letter))


# -- first talks and logins -------------------------------------------------------------------------------


def _talk(desk: Desk, letter: Letter) -> tuple[Mention, Intake, Mailbox]:
    [line] = found(desk.mentions, letter.id)
    talk = found(desk.intakes, (line.meeting_id, line.version))
    return line, talk, Mailbox(talk.email, talk.full_name)


def _talk_as_known(desk: Desk, line: Mention) -> Intake:
    return found(desk.intakes, (line.meeting_id, line.previous_version or line.version))


def _intake_confirm_link(desk: Desk, letter: Letter) -> Draft:
    _, talk, mailbox = _talk(desk, letter)
    context = contexts.IntakeConfirmLink(
        **correspondence(desk, letter, first_word(talk.full_name)),
        meeting=meeting(talk),
        expires_at=talk.expires_at,
        confirm_url=desk.link("kartoitus", talk.link),
    )
    return Draft(context, mailbox, reply_to(desk, letter))


def _intake_confirmed(desk: Desk, letter: Letter) -> Draft:
    line, talk, mailbox = _talk(desk, letter)
    context = contexts.IntakeConfirmed(
        **correspondence(desk, letter, first_word(talk.full_name)),
        meeting=meeting(talk),
        free_of_charge=talk.free_of_charge,
        manage_url=desk.link("kartoitus", talk.link),
    )
    entry = _entry(desk, line, talk, Method.request, mailbox)
    return Draft(context, mailbox, reply_to(desk, letter), [entry])


def _intake_moved(desk: Desk, letter: Letter) -> Draft:
    line, talk, mailbox = _talk(desk, letter)
    context = contexts.IntakeMoved(
        **correspondence(desk, letter, first_word(talk.full_name)),
        meeting=meeting(talk),
        previous=meeting(_talk_as_known(desk, line)),
        manage_url=desk.link("kartoitus", talk.link),
    )
    entry = _entry(desk, line, talk, Method.request, mailbox)
    return Draft(context, mailbox, reply_to(desk, letter), [entry])


def _intake_cancelled(desk: Desk, letter: Letter) -> Draft:
    line, talk, mailbox = _talk(desk, letter)
    context = contexts.IntakeCancelled(
        **correspondence(desk, letter, first_word(talk.full_name)),
        meeting=meeting(_talk_as_known(desk, line)),
        by_supervisor=talk.changed_by == Actor.supervisor,
        booking_url=f"{desk.settings.public_url}/varaa",
    )
    entry = _entry(desk, line, talk, Method.cancel, mailbox)
    return Draft(context, mailbox, reply_to(desk, letter), [entry])


def _login_link(desk: Desk, letter: Letter) -> Draft:
    login = found(desk.logins, letter.recipient_id)
    context = contexts.LoginLink(
        sent_at=desk.now,
        first_name=first_word(login.full_name),
        login_url=desk.link("kirjaudu", login.link),
        expires_at=login.expires_at,
        privacy_url=privacy_url(desk),
    )
    return Draft(context, Mailbox(login.email, login.full_name))


def _daily_agenda(desk: Desk, letter: Letter) -> Draft:
    supervisor, day = found(desk.supervisors, letter.recipient_id), found(desk.agendas, letter.id)
    if not day.is_worth_a_letter:
        raise NothingToSend
    context = contexts.DailyAgenda(
        sent_at=desk.now,
        first_name=first_word(supervisor.full_name),
        calendar_url=f"{desk.link('api/v1/calendar', supervisor.calendar_link)}.ics",
        **vars(day),
    )
    return Draft(context, Mailbox(supervisor.email, supervisor.full_name))


DRAFTS: Mapping[LetterKind, Drafting] = {
    LetterKind.booking_confirmation: _booking_confirmation,
    LetterKind.reschedule: _reschedule,
    LetterKind.cancellation: _cancellation,
    LetterKind.departure: _departure,
    LetterKind.reminder_week: _reminder,
    LetterKind.reminder_day: _reminder,
    LetterKind.intake_confirm_link: _intake_confirm_link,
    LetterKind.intake_confirmed: _intake_confirmed,
    LetterKind.intake_moved: _intake_moved,
    LetterKind.intake_cancelled: _intake_cancelled,
    LetterKind.login_link: _login_link,
    LetterKind.daily_agenda: _daily_agenda,
}
