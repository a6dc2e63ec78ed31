"""Brings the table of letters in line with the letters that should exist.

It happens in the transaction that brings new state, so that a letter that waits is always one that is still wanted.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlmodel import col

from services.core.database import Database
from services.notifier.kinds import LetterKind
from services.notifier.models import AccessNotice, Evaluation, Intake, Letter, LetterStatus, Process, Report, Summary
from services.notifier.planning import event_state, letter_store
from services.notifier.planning.event_state import ExistingLetter, load_letters
from services.notifier.planning.letter_store import LetterParties
from services.notifier.planning.rules_evaluation import EvaluationState
from services.notifier.planning.rules_sessions import PlanningState, ProcessState, wanted_letters
from services.notifier.planning.wanted import ACCESS_KINDS, APPOINTMENT_KINDS, INTAKE_KINDS, REMINDER_KINDS, LetterKey

Found = tuple[PlanningState, LetterParties] | None
ReadState = Callable[[Database, UUID, list[ExistingLetter]], Found]


@dataclass(frozen=True)
class PlanningScope:
    """Letters that are planned together: their kinds, the column with their subject, how to read the state."""

    kinds: frozenset[LetterKind]
    column: Any
    read: ReadState


def lock_planning(db: Database, aggregate: UUID) -> None:
    """Let no other transaction plan the letters of this process or first talk until this one ends.

    Whoever is going to touch letters takes it first, so that two never wait for one another.
    """
    db.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:id, 0))"), {"id": str(aggregate)})


def plan_letters(db: Database, scope: PlanningScope, subject: UUID, now: datetime) -> None:
    letters = _letters(db, scope, subject)
    found = scope.read(db, subject, letters)
    if found:
        letter_store.update_letters(db, wanted_letters(found[0], now), letters, now, found[1])


def plan_process_letters(db: Database, process_id: UUID, now: datetime) -> None:
    """Plan everything that goes to the people of a process: who they are has changed."""
    plan_letters(db, PROCESS_LETTERS, process_id, now)
    in_process = (
        (EVALUATION_LETTERS, Evaluation.evaluation_id, Evaluation.process_id),
        (SUMMARY_LETTERS, Summary.summary_id, Summary.process_id),
        (REPORT_LETTERS, Report.report_id, Report.process_id),
    )
    for scope, key, owner in in_process:
        for subject in db.scalars(select(col(key)).where(col(owner) == process_id).distinct()).all():
            plan_letters(db, scope, subject, now)


def plan_supervisor_letters(db: Database, supervisor_id: UUID, now: datetime) -> None:
    """Plan whatever has waited for this supervisor's data."""
    processes = select(col(Process.process_id)).where(col(Process.supervisor_id) == supervisor_id)
    for process_id in sorted(db.scalars(processes)):
        lock_planning(db, process_id)
        plan_process_letters(db, process_id, now)
    intakes = select(col(Intake.intake_id)).where(col(Intake.supervisor_id) == supervisor_id).distinct()
    for intake_id in sorted(db.scalars(intakes)):
        lock_planning(db, intake_id)
        plan_letters(db, INTAKE_LETTERS, intake_id, now)


def correct_address(db: Database, recipient_id: UUID, now: datetime) -> None:
    """Send to the address that somebody has now what failed to go to the one before, as far as it is still wanted."""
    failed = select(Letter).where(col(Letter.recipient_id) == recipient_id, col(Letter.status) == LetterStatus.failed)
    letters = db.scalars(failed).all()
    for aggregate in sorted({letter.process_id or letter.subject_id for letter in letters}):
        lock_planning(db, aggregate)
    letter_store.correct_address(db, now, col(Letter.recipient_id) == recipient_id)
    for letter in letters:
        replan_letter(db, letter, now)


def lock_planning_of_letter(db: Database, letter: Letter) -> None:
    lock_planning(db, letter.process_id or letter.subject_id)


def replan_letter(db: Database, letter: Letter, now: datetime) -> None:
    """Plan again after a letter was refused: its recipient does not know what it says."""
    scope = _scope_of(letter)
    if scope:
        plan_letters(db, scope, _subject_in(scope, letter), now)


def is_still_valid(db: Database, letter: Letter, now: datetime) -> bool:
    """Whether the letter is still true, and not too late."""
    if letter.not_after and letter.not_after <= now:
        return False
    scope = _scope_of(letter)
    if scope is None:
        return True
    lock_planning_of_letter(db, letter)
    key = LetterKey(LetterKind(letter.kind), letter.subject_id, letter.time, letter.recipient_id)
    subject = _subject_in(scope, letter)
    found = scope.read(db, subject, _letters(db, scope, subject))
    return found is not None and key in {letter.key for letter in wanted_letters(_as_if_waiting(found[0], key), now)}


def _letters(db: Database, scope: PlanningScope, subject: UUID) -> list[ExistingLetter]:
    return load_letters(db, (col(scope.column) == subject) & col(Letter.kind).in_(scope.kinds))


def _scope_of(letter: Letter) -> PlanningScope | None:
    return next((scope for scope in PLANNING_SCOPES if letter.kind in scope.kinds), None)


def _subject_in(scope: PlanningScope, letter: Letter) -> UUID:
    subject: UUID = getattr(letter, scope.column.key)
    return subject


def _as_if_waiting(found: PlanningState, key: LetterKey) -> PlanningState:
    if isinstance(found, ProcessState | EvaluationState):
        return replace(found, written=found.written | {key})
    return found


def _of_process(db: Database, process_id: UUID, letters: list[ExistingLetter]) -> Found:
    found = event_state.load_process_state(db, process_id, letters)
    return (found, _parties(found.process)) if found else None


def _of_intake(db: Database, intake_id: UUID, letters: list[ExistingLetter]) -> Found:
    found = event_state.load_intake_state(db, intake_id, letters)
    return (found, {"supervisor_id": found.history[0].supervisor_id}) if found else None


def _of_notice(db: Database, notice_id: UUID, _: list[ExistingLetter]) -> Found:
    found = db.get(AccessNotice, notice_id)
    return (found, {}) if found else None


def _of_evaluation(db: Database, evaluation_id: UUID, letters: list[ExistingLetter]) -> Found:
    found = event_state.load_evaluation_state(db, evaluation_id, letters)
    return (found, _parties(found.process)) if found else None


def _of_summary(db: Database, summary_id: UUID, _: list[ExistingLetter]) -> Found:
    found = event_state.load_summary_state(db, summary_id)
    return (found, _parties(found.process)) if found else None


def _of_report(db: Database, report_id: UUID, _: list[ExistingLetter]) -> Found:
    found = event_state.load_report_state(db, report_id)
    if found is None:
        return None
    return found, _parties(found.process) if found.process else {"supervisor_id": found.report.supervisor_id}


def _parties(process: Process) -> LetterParties:
    return {"process_id": process.process_id, "supervisor_id": process.supervisor_id}


PROCESS_LETTERS = PlanningScope(
    APPOINTMENT_KINDS | REMINDER_KINDS | {LetterKind.session_feedback}, Letter.process_id, _of_process
)
INTAKE_LETTERS = PlanningScope(INTAKE_KINDS | {LetterKind.intake_confirm_link}, Letter.subject_id, _of_intake)
ACCESS_LETTERS = PlanningScope(ACCESS_KINDS, Letter.subject_id, _of_notice)
EVALUATION_LETTERS = PlanningScope(
    frozenset({LetterKind.evaluation_request, LetterKind.evaluation_reminder}), Letter.subject_id, _of_evaluation
)
SUMMARY_LETTERS = PlanningScope(frozenset({LetterKind.summary}), Letter.subject_id, _of_summary)
REPORT_LETTERS = PlanningScope(
    frozenset({LetterKind.goal_report, LetterKind.overview_report, LetterKind.report_review, LetterKind.client_report}),
    Letter.subject_id,
    _of_report,
)
PLANNING_SCOPES = (PROCESS_LETTERS, INTAKE_LETTERS, ACCESS_LETTERS, EVALUATION_LETTERS, SUMMARY_LETTERS, REPORT_LETTERS)
