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

from services.database import Database
from services.notifier import filing, state
from services.notifier.contexts import LetterKind
from services.notifier.desired import ProcessState, State, wanted
from services.notifier.desired_results import EvaluationState
from services.notifier.filing import Parties
from services.notifier.models import Evaluation, Intake, Letter, Process, Report, Summary
from services.notifier.state import Filed, letters_where
from services.notifier.wishes import APPOINTMENTS, REMINDERS, TALKS, Key

Read = Callable[[Database, UUID, list[Filed]], tuple[State, Parties] | None]


@dataclass(frozen=True)
class Scope:
    """Letters that are planned together: their kinds, the column that tells whose they are, how to read the state."""

    kinds: frozenset[LetterKind]
    column: Any
    read: Read


def hold(db: Database, aggregate: UUID) -> None:
    """Let no other transaction plan the letters of this process or first talk until this one ends.

    Whoever is going to touch letters takes it first, so that two never wait for one another.
    """
    db.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:id, 0))"), {"id": str(aggregate)})


def plan(db: Database, scope: Scope, subject: UUID, now: datetime) -> None:
    letters = _letters(db, scope, subject)
    found = scope.read(db, subject, letters)
    if found:
        filing.settle(db, wanted(found[0], now), letters, now, found[1])


def plan_all(db: Database, process_id: UUID, now: datetime) -> None:
    """Plan everything that goes to the people of a process: who they are has changed."""
    plan(db, PROCESS, process_id, now)
    in_process = (
        (EVALUATION, Evaluation.evaluation_id, Evaluation.process_id),
        (SUMMARY, Summary.summary_id, Summary.process_id),
        (REPORT, Report.report_id, Report.process_id),
    )
    for scope, key, owner in in_process:
        for subject in db.scalars(select(col(key)).where(col(owner) == process_id).distinct()).all():
            plan(db, scope, subject, now)


def plan_supervisor(db: Database, supervisor_id: UUID, now: datetime) -> None:
    """Plan whatever has waited for this supervisor to be heard of."""
    processes = select(col(Process.process_id)).where(col(Process.supervisor_id) == supervisor_id)
    for process_id in sorted(db.scalars(processes)):
        hold(db, process_id)
        plan_all(db, process_id, now)
    talks = select(col(Intake.intake_id)).where(col(Intake.supervisor_id) == supervisor_id).distinct()
    for intake_id in sorted(db.scalars(talks)):
        hold(db, intake_id)
        plan(db, INTAKE, intake_id, now)


def hold_letter(db: Database, letter: Letter) -> None:
    hold(db, letter.process_id or letter.subject_id)


def plan_again(db: Database, letter: Letter, now: datetime) -> None:
    """Think again after a letter was not taken: what it told has not been told."""
    scope = _scope_of(letter)
    if scope:
        plan(db, scope, _subject_in(scope, letter), now)


def still_holds(db: Database, letter: Letter, now: datetime) -> bool:
    """Whether what the letter says is still so, and still of use."""
    scope, key = _scope_of(letter), Key(LetterKind(letter.kind), letter.subject_id, letter.time, letter.recipient_id)
    if letter.not_after and letter.not_after <= now:
        return False
    if scope is None:
        return True
    hold_letter(db, letter)
    subject = _subject_in(scope, letter)
    found = scope.read(db, subject, _letters(db, scope, subject))
    return found is not None and key in {wish.key for wish in wanted(_as_if_waiting(found[0], key), now)}


def _letters(db: Database, scope: Scope, subject: UUID) -> list[Filed]:
    return letters_where(db, (col(scope.column) == subject) & col(Letter.kind).in_(scope.kinds))


def _scope_of(letter: Letter) -> Scope | None:
    return next((scope for scope in SCOPES if letter.kind in scope.kinds), None)


def _subject_in(scope: Scope, letter: Letter) -> UUID:
    subject: UUID = getattr(letter, scope.column.key)
    return subject


def _as_if_waiting(found: State, key: Key) -> State:
    if isinstance(found, ProcessState | EvaluationState):
        return replace(found, written=found.written | {key})
    return found


# -- the scopes -------------------------------------------------------------------------------------------


def _of_process(db: Database, process_id: UUID, letters: list[Filed]) -> tuple[State, Parties] | None:
    found = state.of_process(db, process_id, letters)
    return (found, _parties(found.process)) if found else None


def _of_intake(db: Database, intake_id: UUID, letters: list[Filed]) -> tuple[State, Parties] | None:
    found = state.of_intake(db, intake_id, letters)
    return (found, {"supervisor_id": found.history[0].supervisor_id}) if found else None


def _of_login(db: Database, login_id: UUID, _: list[Filed]) -> tuple[State, Parties] | None:
    found = state.of_login(db, login_id)
    return (found, {}) if found else None


def _of_evaluation(db: Database, evaluation_id: UUID, letters: list[Filed]) -> tuple[State, Parties] | None:
    found = state.of_evaluation(db, evaluation_id, letters)
    return (found, _parties(found.process)) if found else None


def _of_summary(db: Database, summary_id: UUID, _: list[Filed]) -> tuple[State, Parties] | None:
    found = state.of_summary(db, summary_id)
    return (found, _parties(found.process)) if found else None


def _of_report(db: Database, report_id: UUID, _: list[Filed]) -> tuple[State, Parties] | None:
    found = state.of_report(db, report_id)
    if found is None:
        return None
    return found, _parties(found.process) if found.process else {"supervisor_id": found.report.supervisor_id}


def _parties(process: Process) -> Parties:
    return {"process_id": process.process_id, "supervisor_id": process.supervisor_id}


PROCESS = Scope(APPOINTMENTS | REMINDERS | {LetterKind.session_feedback}, Letter.process_id, _of_process)
INTAKE = Scope(TALKS | {LetterKind.intake_confirm_link}, Letter.subject_id, _of_intake)
LOGIN = Scope(frozenset({LetterKind.login_link}), Letter.subject_id, _of_login)
EVALUATION = Scope(
    frozenset({LetterKind.evaluation_request, LetterKind.evaluation_reminder}), Letter.subject_id, _of_evaluation
)
SUMMARY = Scope(frozenset({LetterKind.summary}), Letter.subject_id, _of_summary)
REPORT = Scope(
    frozenset({LetterKind.goal_report, LetterKind.overview_report, LetterKind.report_review, LetterKind.client_report}),
    Letter.subject_id,
    _of_report,
)
SCOPES = (PROCESS, INTAKE, LOGIN, EVALUATION, SUMMARY, REPORT)
