"""The table of letters: what is written into it, refreshed, and taken out of it again.

A letter that waits may be withdrawn or written anew at any moment; a sender that has claimed it
finds its claim gone before handing it over.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Table, delete, or_, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from services.core.database import Database
from services.core.tracing import traceparent
from services.notifier.kinds import LetterKind
from services.notifier.models import Letter, LetterStatus, Mention
from services.notifier.planning import event_state
from services.notifier.planning.wanted import KINDS_MAKING_KNOWN, WantedLetter

LETTERS: Table = Letter.__table__  # type: ignore[attr-defined]
MENTIONS: Table = Mention.__table__  # type: ignore[attr-defined]
NOT_RENDERED: dict[str, object] = {"claim": None, "leased_until": None, "message": None, "message_id": None}

LetterParties = dict[str, UUID]


def update_letters(
    db: Database,
    letters: Iterable[WantedLetter],
    filed: Sequence[event_state.ExistingLetter],
    now: datetime,
    parties: LetterParties,
) -> None:
    """Insert what is missing, withdraw what is no longer wanted, and refresh what has changed."""
    wanted_letters = {letter.key: letter for letter in letters}
    last_editions = {letter.key: letter for letter in filed}
    withdraw_letters(db, [letter.id for letter in filed if letter.waits and letter.key not in wanted_letters])
    insert_letters(db, [letter for key, letter in wanted_letters.items() if key not in last_editions], now, parties)
    for key, old in last_editions.items():
        if key in wanted_letters and _is_to_be_renewed(old, wanted_letters[key]):
            renew_letter(db, old.id, wanted_letters[key])


def _is_to_be_renewed(old: event_state.ExistingLetter, wanted: WantedLetter) -> bool:
    if old.status == LetterStatus.cancelled:
        return True
    same = (old.due_at, old.not_after, old.mentions) == (wanted.due_at, wanted.not_after, frozenset(wanted.mentions))
    return old.waits and bool(wanted.mentions) and not same


def insert_letters(db: Database, letters: Sequence[WantedLetter], now: datetime, parties: LetterParties) -> None:
    if not letters:
        return
    rows = {uuid4(): letter for letter in letters}
    new = insert(LETTERS).on_conflict_do_nothing().returning(LETTERS.c.id)
    written = db.scalars(new, [_row(letter_id, letter, now, parties) for letter_id, letter in rows.items()]).all()
    insert_mentions(db, [(letter_id, rows[letter_id]) for letter_id in written])


def _row(letter_id: UUID, letter: WantedLetter, now: datetime, parties: LetterParties) -> dict[str, object]:
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


def insert_mentions(db: Database, letters: Iterable[tuple[UUID, WantedLetter]]) -> None:
    rows = [{"letter_id": letter_id, **asdict(line)} for letter_id, letter in letters for line in letter.mentions]
    if rows:
        db.execute(insert(MENTIONS), rows)


def withdraw_letters(db: Database, letter_ids: Sequence[UUID]) -> None:
    if letter_ids:
        cancelled = {"status": LetterStatus.cancelled, "claim": None, "leased_until": None, "message": None}
        db.execute(update(Letter).where(col(Letter.id).in_(letter_ids)).values(cancelled))


def renew_letter(db: Database, letter_id: UUID, wanted: WantedLetter) -> None:
    """Write anew a letter that nobody has: it will be rendered again and have another Message-ID."""
    db.execute(
        update(Letter)
        .where(col(Letter.id) == letter_id)
        .values(
            status=LetterStatus.planned,
            due_at=wanted.due_at,
            next_try_at=wanted.due_at,
            not_after=wanted.not_after,
            attempts=0,
            trouble=None,
            awaits_server=False,
            **NOT_RENDERED,
        )
    )
    db.execute(delete(Mention).where(col(Mention.letter_id) == letter_id))
    insert_mentions(db, [(letter_id, wanted)])


def clear_rendered(db: Database, *whose: ColumnElement[bool]) -> None:
    """Render again what nobody has yet."""
    rendered = or_(col(Letter.message).is_not(None), col(Letter.status) == LetterStatus.sending)
    waiting = update(Letter).where(*whose, event_state.IS_WAITING, rendered)
    db.execute(waiting.values(status=LetterStatus.planned, **NOT_RENDERED))


def correct_address(db: Database, now: datetime, *whose: ColumnElement[bool]) -> None:
    """What had failed may be tried again, and what is out went elsewhere; planning says what follows from it.

    Nobody plans an agenda a second time, so one that is still of use is put back here.
    """
    clear_rendered(db, *whose)
    failed = col(Letter.status) == LetterStatus.failed
    agenda = (col(Letter.kind) == LetterKind.daily_agenda, col(Letter.not_after) > now)
    again = {"status": LetterStatus.planned, "next_try_at": now, "attempts": 0, "trouble": None, **NOT_RENDERED}
    db.execute(update(Letter).where(*whose, failed, *agenda).values(again))
    db.execute(update(Letter).where(*whose, failed).values(status=LetterStatus.cancelled))
    mentioned = or_(col(Letter.kind).in_(KINDS_MAKING_KNOWN), col(Letter.status) == LetterStatus.sending)
    db.execute(update(Letter).where(*whose, event_state.IS_OUT, mentioned).values(went_elsewhere=True))


def take_back(db: Database, letter: Letter) -> None:
    """A letter that was not taken may be tried anew when its address has been corrected meanwhile."""
    not_taken = (col(Letter.id) == letter.id, ~event_state.IS_OUT, col(Letter.went_elsewhere))
    db.execute(update(Letter).where(*not_taken).values(status=LetterStatus.cancelled, went_elsewhere=False))
