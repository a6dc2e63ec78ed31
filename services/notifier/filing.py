"""The table of letters: what is written into it, refreshed, and taken out of it again.

A letter that waits may be withdrawn or written anew at any moment; whoever has it in hand for sending finds its claim
gone before giving it away.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Table, delete, or_, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from services.database import Database
from services.notifier import state
from services.notifier.models import Letter, Mention, Status
from services.notifier.state import Filed
from services.notifier.wishes import WantedLetter
from services.trace import traceparent

LETTERS: Table = Letter.__table__  # type: ignore[attr-defined]
MENTIONS: Table = Mention.__table__  # type: ignore[attr-defined]
UNRENDERED: dict[str, object] = {"claim": None, "leased_until": None, "message": None, "message_id": None}

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
    new = insert(LETTERS).on_conflict_do_nothing().returning(LETTERS.c.id)
    written = db.scalars(new, [_row(letter_id, letter, now, parties) for letter_id, letter in rows.items()]).all()
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
        db.execute(insert(MENTIONS), rows)


def withdraw(db: Database, letter_ids: Sequence[UUID]) -> None:
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


def write_anew(db: Database, recipient_id: UUID, *, new_address: bool) -> None:
    """Render again what nobody has yet; with a new address what had failed may be tried again."""
    own = col(Letter.recipient_id) == recipient_id
    rendered = or_(col(Letter.message).is_not(None), col(Letter.status) == Status.sending)
    db.execute(update(Letter).where(own, state.WAITS, rendered).values(status=Status.planned, **UNRENDERED))
    if new_address:
        db.execute(update(Letter).where(own, col(Letter.status) == Status.failed).values(status=Status.cancelled))
