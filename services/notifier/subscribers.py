"""The notifier's event handlers: keep the newest state, and plan the letters that follow from it."""

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from services.core import clock
from services.core.database import Database
from services.events import catalogue as c
from services.events import state
from services.events.inbox import Subscriber
from services.notifier import privacy
from services.notifier.kinds import LetterKind
from services.notifier.models import (
    AccessNotice,
    Answer,
    Evaluation,
    Intake,
    Intention,
    Letter,
    Participant,
    Practice,
    Process,
    Report,
    Session,
    Summary,
    Supervisor,
)
from services.notifier.planning import letter_store, news, planner, preferences, rules_intakes
from services.notifier.settings import settings
from services.notifier.worker import app, engine, poster, send_due_task
from services.web.security.access import remember_ended

CHANGES_ARE_NEWS = timedelta(days=7)
"""How long somebody is still told that their address was changed."""

subscriber = Subscriber(app, "notifier", engine, poster, then=send_due_task)


@subscriber.on(c.SupervisorChanged)
def supervisor_changed(db: Database, event: c.SupervisorChanged) -> None:
    known = db.get(Supervisor, event.supervisor_id)
    old_address = known and known.email
    is_newer = state.keep_newest(db, Supervisor(**state.fields(event, Supervisor)))
    if known is None:
        planner.plan_supervisor_letters(db, event.supervisor_id, clock.now(db))
    elif is_newer and old_address != event.email:
        planner.correct_address(db, event.supervisor_id, clock.now(db))


@subscriber.on(c.PracticeChanged)
def practice_changed(db: Database, event: c.PracticeChanged) -> None:
    state.keep_newest(db, Practice(**state.fields(event, Practice), name=event.practice_name))


@subscriber.on(c.ProcessOpened, c.ProcessChanged, c.ProcessClosed)
def process_changed(db: Database, event: c.ProcessEvent) -> None:
    now = clock.now(db)
    planner.lock_planning(db, event.process_id)
    client, known = event.client, db.get(Process, event.process_id)
    new_address = known is not None and known.client_id == client.client_id and known.client_email != client.email
    fields = state.fields(event, Process) | {"reminder_days": list(event.reminder_days)}
    contact = {f"client_{name}": getattr(client, name) for name in ("first_name", "last_name", "email", "address_id")}
    if state.keep_newest(db, Process(**fields, **contact, client_id=client.client_id)):
        if new_address:
            whose = (col(Letter.recipient_id) == client.client_id, col(Letter.process_id) == event.process_id)
            letter_store.correct_address(db, now, *whose)
        planner.plan_process_letters(db, event.process_id, now)


@subscriber.on(c.ParticipantChanged)
def participant_changed(db: Database, event: c.ParticipantChanged) -> None:
    now = clock.now(db)
    planner.lock_planning(db, event.process_id)
    known = db.get(Participant, event.participant_id)
    new_address = known is not None and known.email != event.email
    moved = known.model_dump(include={"readdressed_at", "feedback_open"}) if known else {}
    if new_address:
        moved = {"readdressed_at": now, "feedback_open": [str(session_id) for session_id in event.feedback_open]}
    if known and event.address_accepted and not known.address_accepted:
        moved["readdressed_at"] = now
    if state.keep_newest(db, Participant(**state.fields(event, Participant) | moved, seen_at=now)):
        preferences.keep_preference(db, event, settings().link_key)
        own = col(Letter.recipient_id) == event.participant_id
        letter_store.correct_address(db, now, own) if new_address else letter_store.clear_rendered(db, own)
        planner.plan_process_letters(db, event.process_id, now)


@subscriber.on(c.ParticipantErased)
def participant_erased(db: Database, event: c.ParticipantErased) -> None:
    planner.lock_planning(db, event.process_id)
    privacy.erase_participant(db, event, clock.now(db))


@subscriber.on_deeds(c.SessionBooked, c.SessionRescheduled, c.SessionCancelled, c.SessionHeld)
def sessions_changed(db: Database, events: Sequence[c.SessionEvent]) -> None:
    """However many sessions one deed changes, their letters are planned once."""
    for process_id in sorted({event.process_id for event in events}):
        planner.lock_planning(db, process_id)
    now, kept = clock.now(db), [event for event in events if _keep_session(db, event)]
    for event in kept:
        news.of_session(db, event, now)
    for process_id in sorted({event.process_id for event in kept}):
        planner.plan_letters(db, planner.PROCESS_LETTERS, process_id, now)


def _keep_session(db: Database, event: c.SessionEvent) -> bool:
    fields = state.fields(event, Session) | {"feedback_links": _links(event.feedback_links) or None}
    return state.keep(db, Session(**fields, batch_id=event.batch.id, batch_size=event.batch.size))


@subscriber.on(c.AttendanceIntended)
def attendance_intended(db: Database, event: c.AttendanceIntended) -> None:
    """A reminder that is written already is written anew. Of who was erased meanwhile nothing is kept."""
    planner.lock_planning(db, event.process_id)
    person = db.get(Participant, event.participant_id)
    if person and not person.email:
        return
    if state.keep_newest(db, Intention(**state.fields(event, Intention))):
        letter_store.clear_rendered(db, col(Letter.recipient_id) == event.participant_id)
        news.of_intention(db, event, clock.now(db))


@subscriber.on(c.IntakeRequested, c.IntakeConfirmed, c.IntakeCancelled)
def intake_changed(db: Database, event: c.IntakeEvent) -> None:
    now = clock.now(db)
    planner.lock_planning(db, event.intake_id)
    known = db.scalars(select(Intake).where(col(Intake.intake_id) == event.intake_id)).all()
    before = max(known, key=lambda intake: intake.version, default=None)
    if state.keep(db, Intake(**state.fields(event, Intake), seen_at=now)):
        if before and before.version < event.version and before.email != event.email:
            letter_store.correct_address(db, now, col(Letter.recipient_id) == event.intake_id)
        news.of_intake(db, event, before, now)
        planner.plan_letters(db, planner.INTAKE_LETTERS, event.intake_id, now)


@subscriber.on(c.LoginRequested)
def login_requested(db: Database, event: c.LoginRequested) -> None:
    _tell_mailbox(db, event, LetterKind.login_link, event.expires_at, event.login_id, event.link)


@subscriber.on(c.DeviceCodeRequested)
def device_code_requested(db: Database, event: c.DeviceCodeRequested) -> None:
    _tell_mailbox(db, event, LetterKind.device_code, event.expires_at, event.notice_id)


@subscriber.on(c.AddressStated)
def address_stated(db: Database, event: c.AddressStated) -> None:
    _tell_mailbox(db, event, LetterKind.address_stated, event.expires_at, event.notice_id, event.link)


@subscriber.on(c.AddressChanged)
def address_changed(db: Database, event: c.AddressChanged) -> None:
    until = event.changed_at + CHANGES_ARE_NEWS
    _tell_mailbox(db, event, LetterKind.address_changed, until, event.notice_id)


@subscriber.on(c.PasskeyAdded)
def passkey_added(db: Database, event: c.PasskeyAdded) -> None:
    until = event.changed_at + CHANGES_ARE_NEWS
    _tell_mailbox(db, event, LetterKind.passkey_added, until, event.notice_id)


@subscriber.on(c.PasskeyRemoved)
def passkey_removed(db: Database, event: c.PasskeyRemoved) -> None:
    until = event.changed_at + CHANGES_ARE_NEWS
    _tell_mailbox(db, event, LetterKind.passkey_removed, until, event.notice_id)


@subscriber.on(c.WebhookEnded)
def webhook_ended(db: Database, event: c.WebhookEnded) -> None:
    until = event.ended_at + CHANGES_ARE_NEWS
    details = {"host": event.host, "because": event.because}
    _tell_mailbox(db, event, LetterKind.webhook_ended, until, event.notice_id, details=details)


@subscriber.on(c.TestLetterRequested)
def test_letter_requested(db: Database, event: c.TestLetterRequested) -> None:
    _tell_mailbox(db, event, LetterKind.test_letter, event.expires_at, event.notice_id, event.link)


def _tell_mailbox(
    db: Database,
    event: c.MailboxEvent | c.LoginRequested,
    kind: LetterKind,
    until: datetime,
    notice_id: UUID,
    link: UUID | None = None,
    details: dict[str, str] | None = None,
) -> None:
    now = clock.now(db)
    about = {"notice_id": notice_id, "kind": kind, "link": link, "expires_at": until, "seen_at": now}
    about |= {"details": details}
    if state.keep_newest(db, AccessNotice.model_validate(state.fields(event, AccessNotice) | about)):
        planner.plan_letters(db, planner.ACCESS_LETTERS, notice_id, now)


@subscriber.on(c.ProcessRequested)
def process_requested(db: Database, event: c.ProcessRequested) -> None:
    now = clock.now(db)
    letter = rules_intakes.letter_of_request(event.process_id, event.supervisor_id, event.answer_by, now)
    parties = {"process_id": event.process_id, "supervisor_id": event.supervisor_id}
    letter_store.insert_letters(db, [letter], now, parties)


@subscriber.on(c.AccessEnded)
def access_ended(db: Database, event: c.AccessEnded) -> None:
    remember_ended(db, event)


@subscriber.on(c.EvaluationRequested, c.EvaluationClosed)
def evaluation_changed(db: Database, event: c.EvaluationEvent) -> None:
    planner.lock_planning(db, event.process_id)
    invited = {"invited": list(event.invited), "answer_links": _links(event.answer_links)}
    if state.keep_newest(db, Evaluation(**state.fields(event, Evaluation) | invited)):
        planner.plan_letters(db, planner.EVALUATION_LETTERS, event.evaluation_id, clock.now(db))


@subscriber.on(c.EvaluationAnswered)
def evaluation_answered(db: Database, event: c.EvaluationAnswered) -> None:
    """Only that somebody answered is kept; what a group agreed together is nobody's answer."""
    if event.participant_id is None:
        return
    planner.lock_planning(db, event.process_id)
    if state.keep(db, Answer(evaluation_id=event.evaluation_id, participant_id=event.participant_id)):
        planner.plan_letters(db, planner.EVALUATION_LETTERS, event.evaluation_id, clock.now(db))
        news.of_answer(db, event.evaluation_id, clock.now(db))


@subscriber.on(c.SummaryPublished)
def summary_published(db: Database, event: c.SummaryPublished) -> None:
    planner.lock_planning(db, event.process_id)
    content = event.text and {
        "themes": list(event.text.themes),
        "actions": [action.model_dump(mode="json", include={"text", "due_date"}) for action in event.actions],
        "reflection": event.text.reflection,
    }
    summary = Summary(**state.fields(event, Summary) | {"links": _links(event.links), "content": content})
    if state.keep(db, summary):
        planner.plan_letters(db, planner.SUMMARY_LETTERS, event.summary_id, clock.now(db))


@subscriber.on(c.ReportCompiled)
def report_compiled(db: Database, event: c.ReportCompiled) -> None:
    _keep_report(db, event, {"review_links": _links(event.review_links)})


@subscriber.on(c.ReportReleased)
def report_released(db: Database, event: c.ReportReleased) -> None:
    _keep_report(db, event, {})


def _keep_report(db: Database, event: c.ReportEvent, more: dict[str, Any]) -> None:
    planner.lock_planning(db, event.process_id or event.report_id)
    fields = state.fields(event, Report) | more | {"pdf": base64.b64decode(event.pdf_base64) or None}
    if state.keep_newest(db, Report(**fields)):
        planner.plan_letters(db, planner.REPORT_LETTERS, event.report_id, clock.now(db))


def _links(links: Mapping[UUID, UUID]) -> dict[str, str]:
    return {str(recipient): str(link) for recipient, link in links.items()}
