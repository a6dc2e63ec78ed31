"""Drafts letters about sessions, intakes, access and the daily agenda from the loaded sources."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.core.calendar_entry import CalendarEntry, entry_uid
from services.events.catalogue import Actor, Form, Intention, Mode
from services.notifier.composition import contexts
from services.notifier.composition.addresses import Mailbox
from services.notifier.composition.contexts import LetterContext, one_line
from services.notifier.composition.invitation import ENTRY_STATUS, CalendarFile, CalendarMethod, build_invitation
from services.notifier.composition.mime import AttachedFile
from services.notifier.composition.sources import NothingToSend, Sources, found_or_nothing_to_send
from services.notifier.kinds import LetterKind
from services.notifier.models import (
    AccessNotice,
    Intake,
    Letter,
    LetterStatus,
    Mention,
    Participant,
    Session,
    Supervisor,
    time_and_place,
)


@dataclass(frozen=True)
class LetterDraft:
    """A letter before it is written out."""

    context: LetterContext
    recipient: Mailbox
    reply_to: Mailbox | None = None
    calendar: Sequence[CalendarFile] = ()
    attachments: Sequence[AttachedFile] = ()


Drafting = Callable[[Sources, Letter], LetterDraft]


# -- what most letters have in common ---------------------------------------------------------------------


def supervisor_letter_fields(sources: Sources, letter: Letter, first_name: str | None) -> dict[str, Any]:
    supervisor = supervisor_of(sources, letter)
    return {
        "sent_at": sources.now,
        "first_name": first_name,
        "supervisor": contexts.SupervisorContext(
            name=supervisor.full_name, title=supervisor.title, phone=supervisor.phone, signature=supervisor.signature
        ),
        "privacy_url": privacy_url(sources),
    }


def supervisor_of(sources: Sources, letter: Letter) -> Supervisor:
    return found_or_nothing_to_send(sources.supervisors, letter.supervisor_id)


def privacy_url(sources: Sources) -> str:
    return f"{sources.settings.public_url}/tietosuoja"


def first_word(name: str) -> str | None:
    return next(iter(name.split()), None)


def recipient_of(sources: Sources, letter: Letter) -> tuple[Participant, Mailbox]:
    person = found_or_nothing_to_send(sources.participants, letter.recipient_id)
    return person, Mailbox(person.email, f"{person.first_name} {person.last_name}")


def reply_to(sources: Sources, letter: Letter) -> Mailbox:
    supervisor = supervisor_of(sources, letter)
    return Mailbox(supervisor.email, supervisor.full_name)


def _manage_url(sources: Sources, person: Participant) -> str:
    if person.page_link is None:
        raise NothingToSend
    return sources.personal_link("osallistuja", person, person.page_link)


# -- meetings ---------------------------------------------------------------------------------------------

MentionedSessions = Sequence[tuple[Mention, Session]]


def mentioned_sessions(sources: Sources, letter: Letter) -> MentionedSessions:
    """The meetings that a letter tells of, the earliest first."""
    mentions = [
        (line, found_or_nothing_to_send(sources.sessions, (line.meeting_id, line.version)))
        for line in found_or_nothing_to_send(sources.mentions, letter.id)
    ]
    return sorted(mentions, key=lambda pair: pair[1].starts_at)


def appointment(row: Session | Intake) -> contexts.Appointment:
    return contexts.Appointment(**time_and_place(row))


def _session(sources: Sources, row: Session) -> contexts.SessionContext:
    process = found_or_nothing_to_send(sources.processes, row.process_id)
    return contexts.SessionContext(
        **time_and_place(row),
        number=sources.session_numbers.get(row.session_id, row.number),
        total=process.planned_sessions,
        is_shared=process.form != Form.individual,
        free_until=row.free_until,
        late_fee_percent=row.late_fee_percent,
        waives_force_majeure=row.waives_force_majeure,
    )


def _entry(
    sources: Sources, line: Mention, row: Session | Intake, method: CalendarMethod, attendee: Mailbox
) -> CalendarFile:
    remote = row.mode == Mode.remote
    entry = CalendarEntry(
        entry_uid(line.meeting_id, sources.settings.installation),
        line.sequence,
        ENTRY_STATUS[method],
        row.starts_at,
        row.ends_at,
        stamp=sources.now,
        location=None if remote else one_line(row.location or ""),
        join_url=one_line(row.join_url or "") if remote else None,
    )
    return build_invitation(method, entry, organizer=sources.settings.mail_from, attendee=attendee)


def _entries(
    sources: Sources, mentions: MentionedSessions, method: CalendarMethod, attendee: Mailbox
) -> list[CalendarFile]:
    return [_entry(sources, line, row, method, attendee) for line, row in mentions]


def _booking_confirmation(sources: Sources, letter: Letter) -> LetterDraft:
    (person, mailbox), mentions = recipient_of(sources, letter), mentioned_sessions(sources, letter)
    context = contexts.BookingConfirmation(
        **supervisor_letter_fields(sources, letter, person.first_name),
        sessions=tuple(_session(sources, row) for _, row in mentions),
        manage_url=_manage_url(sources, person),
    )
    entries = _entries(sources, mentions, CalendarMethod.request, mailbox)
    return LetterDraft(context, mailbox, reply_to(sources, letter), entries)


def _reschedule(sources: Sources, letter: Letter) -> LetterDraft:
    (person, mailbox), mentions = recipient_of(sources, letter), mentioned_sessions(sources, letter)
    [(line, row)] = mentions
    context = contexts.Reschedule(
        **supervisor_letter_fields(sources, letter, person.first_name),
        session=_session(sources, row),
        previous=appointment(_as_known(sources, line)),
        manage_url=_manage_url(sources, person),
    )
    entries = _entries(sources, mentions, CalendarMethod.request, mailbox)
    return LetterDraft(context, mailbox, reply_to(sources, letter), entries)


def _cancellation(sources: Sources, letter: Letter) -> LetterDraft:
    (person, mailbox), mentions = recipient_of(sources, letter), mentioned_sessions(sources, letter)
    rows = [row for _, row in mentions]
    process = found_or_nothing_to_send(sources.processes, letter.process_id)
    goes_on, is_shared = process.status != "closed", process.form != Form.individual
    context = contexts.Cancellation(
        **supervisor_letter_fields(sources, letter, person.first_name),
        sessions=tuple(appointment(_as_known(sources, line)) for line, _ in mentions),
        by_supervisor=all(row.changed_by == Actor.supervisor for row in rows),
        late=sum(row.cancelled_late for row in rows),
        late_fee_percent=rows[0].late_fee_percent,
        booking_url=f"{_manage_url(sources, person)}/uusi" if goes_on and not is_shared else None,
        is_shared=goes_on and is_shared,
        next_session=next_appointment(sources, letter),
    )
    entries = _entries(sources, mentions, CalendarMethod.cancel, mailbox)
    return LetterDraft(context, mailbox, reply_to(sources, letter), entries)


def _as_known(sources: Sources, line: Mention) -> Session:
    """The meeting as its recipient knew it: a last move that nobody heard of would only confuse."""
    return found_or_nothing_to_send(sources.sessions, (line.meeting_id, line.previous_version or line.version))


def next_appointment(sources: Sources, letter: Letter) -> contexts.Appointment | None:
    calendar = sources.calendars.get(letter.process_id, ()) if letter.process_id else ()
    coming = [row for row in calendar if row.status == "booked" and row.starts_at > sources.now]
    return appointment(min(coming, key=lambda row: row.starts_at)) if coming else None


def _departure(sources: Sources, letter: Letter) -> LetterDraft:
    (person, mailbox), mentions = recipient_of(sources, letter), mentioned_sessions(sources, letter)
    context = contexts.Departure(
        **supervisor_letter_fields(sources, letter, person.first_name),
        sessions=tuple(appointment(_as_known(sources, line)) for line, _ in mentions),
    )
    entries = _entries(sources, mentions, CalendarMethod.cancel, mailbox)
    return LetterDraft(context, mailbox, reply_to(sources, letter), entries)


def _reminder(sources: Sources, letter: Letter) -> LetterDraft:
    (person, mailbox), [(_, row)] = recipient_of(sources, letter), mentioned_sessions(sources, letter)
    context = contexts.Reminder(
        **supervisor_letter_fields(sources, letter, person.first_name),
        settings_url=sources.settings_link(person.participant_id),
        session=_session(sources, row),
        manage_url=_manage_url(sources, person),
        intention=_intention(sources, row, person),
    )
    return LetterDraft(context, mailbox, reply_to(sources, letter))


def _intention(sources: Sources, row: Session, person: Participant) -> Intention | None:
    """What they said about this time of the meeting."""
    said = sources.intentions.get((row.session_id, person.participant_id))
    return said.intention if said and said.starts_at == row.starts_at else None


# -- first talks and access -------------------------------------------------------------------------------


def _mentioned_intake(sources: Sources, letter: Letter) -> tuple[Mention, Intake, Mailbox]:
    [line] = found_or_nothing_to_send(sources.mentions, letter.id)
    intake = found_or_nothing_to_send(sources.intakes, (line.meeting_id, line.version))
    return line, intake, Mailbox(intake.email, intake.full_name)


def _intake_as_known(sources: Sources, line: Mention) -> Intake:
    return found_or_nothing_to_send(sources.intakes, (line.meeting_id, line.previous_version or line.version))


def _intake_confirm_link(sources: Sources, letter: Letter) -> LetterDraft:
    """Without the name: whose address it is has yet to be confirmed, and anybody may have typed both."""
    _, intake, mailbox = _mentioned_intake(sources, letter)
    context = contexts.IntakeConfirmLink(
        **supervisor_letter_fields(sources, letter, None),
        meeting=appointment(intake),
        expires_at=intake.expires_at,
        confirm_url=sources.link("kartoitus", intake.link),
    )
    return LetterDraft(context, mailbox, reply_to(sources, letter))


def _intake_confirmed(sources: Sources, letter: Letter) -> LetterDraft:
    line, intake, mailbox = _mentioned_intake(sources, letter)
    context = contexts.IntakeConfirmed(
        **supervisor_letter_fields(sources, letter, first_word(intake.full_name)),
        meeting=appointment(intake),
        free_of_charge=intake.free_of_charge,
        manage_url=sources.link("kartoitus", intake.link),
    )
    entry = _entry(sources, line, intake, CalendarMethod.request, mailbox)
    return LetterDraft(context, mailbox, reply_to(sources, letter), [entry])


def _intake_moved(sources: Sources, letter: Letter) -> LetterDraft:
    line, intake, mailbox = _mentioned_intake(sources, letter)
    context = contexts.IntakeMoved(
        **supervisor_letter_fields(sources, letter, first_word(intake.full_name)),
        meeting=appointment(intake),
        previous=appointment(_intake_as_known(sources, line)),
        manage_url=sources.link("kartoitus", intake.link),
    )
    entry = _entry(sources, line, intake, CalendarMethod.request, mailbox)
    return LetterDraft(context, mailbox, reply_to(sources, letter), [entry])


def _intake_cancelled(sources: Sources, letter: Letter) -> LetterDraft:
    line, intake, mailbox = _mentioned_intake(sources, letter)
    context = contexts.IntakeCancelled(
        **supervisor_letter_fields(sources, letter, first_word(intake.full_name)),
        meeting=appointment(_intake_as_known(sources, line)),
        by_supervisor=intake.changed_by == Actor.supervisor,
        booking_url=f"{sources.settings.public_url}/varaa",
    )
    entry = _entry(sources, line, intake, CalendarMethod.cancel, mailbox)
    return LetterDraft(context, mailbox, reply_to(sources, letter), [entry])


def _login_link(sources: Sources, letter: Letter) -> LetterDraft:
    notice, fields = _notice(sources, letter)
    context = contexts.LoginLink(
        **fields, login_url=_notice_url(sources, notice, "kirjaudu"), expires_at=notice.expires_at
    )
    return LetterDraft(context, _mailbox_of(notice))


def _device_code(sources: Sources, letter: Letter) -> LetterDraft:
    notice, fields = _notice(sources, letter)
    code = sources.code(notice.notice_id)
    return LetterDraft(contexts.DeviceCode(**fields, code=code, expires_at=notice.expires_at), _mailbox_of(notice))


def _address_stated(sources: Sources, letter: Letter) -> LetterDraft:
    notice, fields = _notice(sources, letter)
    url = _notice_url(sources, notice, "osoite")
    return LetterDraft(
        contexts.AddressStated(**fields, confirm_url=url, expires_at=notice.expires_at), _mailbox_of(notice)
    )


def _address_changed(sources: Sources, letter: Letter) -> LetterDraft:
    notice, fields = _notice(sources, letter)
    return LetterDraft(contexts.AddressChanged(**fields), _mailbox_of(notice))


def _passkey_added(sources: Sources, letter: Letter) -> LetterDraft:
    notice, fields = _notice(sources, letter)
    return LetterDraft(contexts.PasskeyAdded(**fields, account_url=_account_url(sources)), _mailbox_of(notice))


def _passkey_removed(sources: Sources, letter: Letter) -> LetterDraft:
    notice, fields = _notice(sources, letter)
    return LetterDraft(contexts.PasskeyRemoved(**fields, account_url=_account_url(sources)), _mailbox_of(notice))


def _webhook_ended(sources: Sources, letter: Letter) -> LetterDraft:
    notice, fields = _notice(sources, letter)
    ended = notice.details or {}
    context = contexts.WebhookEnded(
        **fields,
        host=ended["host"],
        is_gone=ended["because"] == "gone",
        webhooks_url=f"{sources.settings.public_url}/webhookit",
    )
    return LetterDraft(context, _mailbox_of(notice))


def _test_letter(sources: Sources, letter: Letter) -> LetterDraft:
    notice, fields = _notice(sources, letter)
    url = _notice_url(sources, notice, "koekirje")
    return LetterDraft(
        contexts.TestLetter(**fields, arrived_url=url, expires_at=notice.expires_at), _mailbox_of(notice)
    )


def _account_url(sources: Sources) -> str:
    return f"{sources.settings.public_url}/kirjautuminen"


def _notice(sources: Sources, letter: Letter) -> tuple[AccessNotice, dict[str, Any]]:
    notice = found_or_nothing_to_send(sources.notices, letter.recipient_id)
    fields = {"sent_at": sources.now, "first_name": first_word(notice.full_name), "privacy_url": privacy_url(sources)}
    return notice, fields


def _notice_url(sources: Sources, notice: AccessNotice, path: str) -> str:
    if notice.link is None:
        raise NothingToSend
    return sources.link(path, notice.link)


def _mailbox_of(notice: AccessNotice) -> Mailbox:
    return Mailbox(notice.email, notice.full_name)


def _process_request(sources: Sources, letter: Letter) -> LetterDraft:
    """Nothing to ask once it was answered by yes."""
    supervisor = found_or_nothing_to_send(sources.supervisors, letter.recipient_id)
    if letter.process_id in sources.processes:
        raise NothingToSend
    context = contexts.ProcessRequest(
        sent_at=sources.now,
        first_name=first_word(supervisor.full_name),
        request_url=f"{sources.settings.public_url}/tyo/pyynnot/{letter.subject_id}",
        answer_by=letter.time,
    )
    return LetterDraft(context, Mailbox(supervisor.email, supervisor.full_name))


def _daily_agenda(sources: Sources, letter: Letter) -> LetterDraft:
    supervisor = found_or_nothing_to_send(sources.supervisors, letter.recipient_id)
    day = found_or_nothing_to_send(sources.agendas, letter.id)
    if not day.is_worth_a_letter:
        raise NothingToSend
    context = contexts.DailyAgenda(
        sent_at=sources.now,
        first_name=first_word(supervisor.full_name),
        calendar_url=f"{sources.settings.public_url}/tyo/kalenteri",
        letters_url=f"{sources.settings.public_url}/viestit?tila={LetterStatus.failed}",
        **vars(day),
    )
    return LetterDraft(context, Mailbox(supervisor.email, supervisor.full_name))


def _news(sources: Sources, letter: Letter) -> LetterDraft:
    """Nothing is sent if all of it was changed or taken back meanwhile."""
    supervisor = found_or_nothing_to_send(sources.supervisors, letter.recipient_id)
    items = sources.news.get(letter.id, ())
    if not items:
        raise NothingToSend
    context = contexts.NewsLetter(
        sent_at=sources.now,
        first_name=first_word(supervisor.full_name),
        items=items,
        choices_url=f"{sources.settings.public_url}/viestit/ilmoitukset",
    )
    return LetterDraft(context, Mailbox(supervisor.email, supervisor.full_name))


SESSION_DRAFTING: Mapping[LetterKind, Drafting] = {
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
    LetterKind.device_code: _device_code,
    LetterKind.address_stated: _address_stated,
    LetterKind.address_changed: _address_changed,
    LetterKind.passkey_added: _passkey_added,
    LetterKind.passkey_removed: _passkey_removed,
    LetterKind.webhook_ended: _webhook_ended,
    LetterKind.test_letter: _test_letter,
    LetterKind.process_request: _process_request,
    LetterKind.daily_agenda: _daily_agenda,
    LetterKind.news: _news,
}
