"""Brings the table of letters in line with the letters that should exist.

It happens in the transaction that brings new state, so that a letter that waits is always one that is still wanted.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from services.database import Database
from services.notifier import state
from services.notifier.contexts import LetterKind
from services.notifier.desired import APPOINTMENTS, REMINDERS, TALKS, WantedLetter, wanted
from services.notifier.models import Intake, Letter, Login, Mention, Process, Status
from services.notifier.state import Filed, letters_where
from services.trace import traceparent

OF_A_PROCESS = APPOINTMENTS | REMINDERS
OF_AN_INTAKE = TALKS | {LetterKind.intake_confirm_link}


def plan_process(db: Database, process_id: UUID, now: datetime) -> None:
    hold(db, process_id)
    letters = letters_where(db, (col(Letter.process_id) == process_id) & col(Letter.kind).in_(OF_A_PROCESS))
    found = state.of_process(db, process_id, letters)
    if found:
        parties = {"process_id": process_id, "supervisor_id": found.process.supervisor_id}
        settle(db, wanted(found, now), letters, now, parties)


def plan_intake(db: Database, intake_id: UUID, now: datetime) -> None:
    hold(db, intake_id)
    letters = letters_where(db, (col(Letter.recipient_id) == intake_id) & col(Letter.kind).in_(OF_AN_INTAKE))
    found = state.of_intake(db, intake_id, letters)
    if found:
        settle(db, wanted(found, now), letters, now, {"supervisor_id": found.history[0].supervisor_id})


def plan_login(db: Database, login: Login, now: datetime) -> None:
    settle(db, wanted(login, now), letters_where(db, col(Letter.recipient_id) == login.login_id), now, {})


def plan_supervisor(db: Database, supervisor_id: UUID, now: datetime) -> None:
    """Plan whatever has waited for this supervisor to be heard of."""
    processes = select(col(Process.process_id)).where(col(Process.supervisor_id) == supervisor_id)
    for process_id in sorted(db.scalars(processes)):
        plan_process(db, process_id, now)
    talks = select(col(Intake.intake_id)).where(col(Intake.supervisor_id) == supervisor_id).distinct()
    for intake_id in sorted(db.scalars(talks)):
        plan_intake(db, intake_id, now)


def hold(db: Database, aggregate: UUID) -> None:
    """Let no other transaction plan the letters of this process or first talk until this one ends.

    Whoever is going to touch letters takes it first, so that two never wait for one another.
    """
    db.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:id, 0))"), {"id": str(aggregate)})


def write_anew(db: Database, recipient_id: UUID, *, new_address: bool) -> None:
    """Render again what nobody has yet; with a new address what had failed may be tried again."""
    own = col(Letter.recipient_id) == recipient_id
    rendered = (state.WAITS, col(Letter.message).is_not(None))
    db.execute(update(Letter).where(own, *rendered).values(status=Status.planned, **UNRENDERED))
    if new_address:
        db.execute(update(Letter).where(own, col(Letter.status) == Status.failed).values(status=Status.cancelled))


def plan_again(db: Database, letter: Letter, now: datetime) -> None:
    """Think again after a letter was not taken: what it told has not been told."""
    if letter.kind in OF_A_PROCESS and letter.process_id:
        plan_process(db, letter.process_id, now)
    elif letter.kind in OF_AN_INTAKE:
        plan_intake(db, letter.recipient_id, now)


# -- from wish to row -------------------------------------------------------------------------------------

Parties = dict[str, UUID]


def settle(
    db: Database, letters: Iterable[WantedLetter], filed: Sequence[Filed], now: datetime, parties: Parties
) -> None:
    """Insert what is missing, withdraw what is no longer wanted, and refresh what tells something else by now."""
    wishes = {letter.key: letter for letter in letters}
    last_editions = {letter.key: letter for letter in filed}
    withdraw(db, [letter.id for letter in filed if letter.waits and letter.key not in wishes])
    write(db, [letter for key, letter in wishes.items() if key not in last_editions], now, parties)
    for key, old in last_editions.items():
        if key in wishes and _is_to_be_renewed(old, wishes[key]):
            renew(db, old.id, wishes[key])


def _is_to_be_renewed(old: Filed, wish: WantedLetter) -> bool:
    if old.status == Status.cancelled:
        return True
    same = (old.due_at, old.not_after, old.tells) == (wish.due_at, wish.not_after, frozenset(wish.tells))
    return old.waits and bool(wish.tells) and not same


def write(db: Database, letters: Sequence[WantedLetter], now: datetime, parties: Parties) -> None:
    if not letters:
        return
    rows = {uuid4(): letter for letter in letters}
    written = db.scalars(
        insert(Letter)
        .values([_row(letter_id, letter, now, parties) for letter_id, letter in rows.items()])
        .on_conflict_do_nothing()
        .returning(col(Letter.id))
    ).all()
    mention(db, [(letter_id, rows[letter_id]) for letter_id in written])


def _row(letter_id: UUID, letter: WantedLetter, now: datetime, parties: Parties) -> dict[str, object]:
    return {
        **{"process_id": None, "supervisor_id": None, **parties},
        "id": letter_id,
        "kind": letter.kind,
        "subject_id": letter.subject,
        "time": letter.time,
        "recipient_id": letter.recipient,
        "created_at": now,
        "due_at": letter.due_at,
        "next_try_at": letter.due_at,
        "not_after": letter.not_after,
        "traceparent": traceparent(),
    }


def mention(db: Database, letters: Iterable[tuple[UUID, WantedLetter]]) -> None:
    rows = [
        {
            "letter_id": letter_id,
            "meeting_id": tells.meeting_id,
            "version": tells.version,
            "previous_version": tells.previous_version,
            "sequence": tells.sequence,
        }
        for letter_id, letter in letters
        for tells in letter.tells
    ]
    if rows:
        db.execute(insert(Mention), rows)


def withdraw(db: Database, letter_ids: Sequence[UUID]) -> None:
    """Whoever has one of them in hand finds its claim gone before giving it away."""
    if letter_ids:
        db.execute(
            update(Letter)
            .where(col(Letter.id).in_(letter_ids))
            .values(status=Status.cancelled, claim=None, leased_until=None, message=None)
        )


def renew(db: Database, letter_id: UUID, wish: WantedLetter) -> None:
    """Write anew a letter that nobody has: it will be rendered again and have another Message-ID."""
    db.execute(
        update(Letter)
        .where(col(Letter.id) == letter_id)
        .values(
            status=Status.planned,
            due_at=wish.due_at,
            next_try_at=wish.due_at,
            not_after=wish.not_after,
            attempts=0,
            trouble=None,
            awaits_server=False,
            **UNRENDERED,
        )
    )
    db.execute(delete(Mention).where(col(Mention.letter_id) == letter_id))
    mention(db, [(letter_id, wish)])


UNRENDERED: dict[str, object] = {"claim": None, "leased_until": None, "message": None, "message_id": None}
