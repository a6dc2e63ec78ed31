"""The queue of letters: which are due, which are claimed by a sender, and what became of them.

A letter is claimed for a short while, and may go back as long as the server has not been ready for it. From then on it
is sent, refused, or uncertain; what is uncertain is shown and never sent again by itself. Leases and rests run on real
time, because they measure machinery and not the practice.
"""

import os
import socket
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Connection, Engine, and_, exists, func, or_, select, text, update
from sqlmodel import col

from services.core import clock
from services.core.database import Database, transaction
from services.events.inbox import HeardUntil
from services.notifier.delivery.smtp import FINAL_REPLY_SECONDS
from services.notifier.models import Letter, LetterStatus, ServerRest
from services.notifier.planning import news
from services.notifier.planning.wanted import KINDS_SENT_AT_NIGHT, not_at_night

BATCH_SIZE = 50
LEASE = timedelta(seconds=60)
LEASE_AT_THE_SERVER = timedelta(seconds=FINAL_REPLY_SECONDS + 60)
RETRY_PAUSES = [timedelta(minutes=minutes) for minutes in (1, 5, 15, *[60] * 47)]
"""Between tries: two days in all."""
TOO_LATE = timedelta(minutes=10)
"""A letter that should have left before then shows that something stands still."""
EVENT_DELAY = timedelta(minutes=1)
"""Longer than an event takes that is lost once, and a ping after it: a letter that leaves within that is in time."""
SESSIONS_PUBLISHER = "booking"
UNSUSPICIOUS_DEATHS = 5
"""So many senders may die with a letter in hand before it is suspected."""
LONGEST_REST = timedelta(seconds=60)
SENDER_LOCKS = 7_296_012
"""The first half of the advisory locks that senders sit on."""


# -- what is due ------------------------------------------------------------------------------------------


def _due(now: datetime) -> list[ColumnElement[bool]]:
    waiting = (col(Letter.status) == LetterStatus.planned, col(Letter.next_try_at) <= now)
    return [*waiting, *_allowed_at_this_hour(now), _not_overtaken(now)]


def _not_overtaken(now: datetime) -> ColumnElement[bool]:
    """What had its hour (a reminder, say) and is late waits until all has been heard that may have overtaken it."""
    lately = now - EVENT_DELAY
    heard = select(col(HeardUntil.until)).where(col(HeardUntil.publisher) == SESSIONS_PUBLISHER).scalar_subquery()
    return or_(col(Letter.kind).in_(KINDS_SENT_AT_NIGHT), col(Letter.due_at) >= lately, heard >= lately)


def _allowed_at_this_hour(now: datetime) -> list[ColumnElement[bool]]:
    """At night only what answers somebody's own action."""
    return [] if not_at_night(now) == now else [col(Letter.kind).in_(KINDS_SENT_AT_NIGHT)]


def has_due_letters(engine: Engine) -> bool:
    """Whether a letter is due and the server is not at rest."""
    with transaction(engine) as db:
        return is_letter_due(db, clock.now(db))


def is_letter_due(db: Database, now: datetime) -> bool:
    rests = exists().where(col(ServerRest.until) > func.clock_timestamp())
    # in order, so that PostgreSQL reads the index of what waits: it would rather look for one among all that were sent
    first = select(col(Letter.id)).where(*_due(now), ~rests).order_by(col(Letter.next_try_at)).limit(1)
    return db.scalar(first) is not None


def postpone_to_morning(db: Database, now: datetime) -> None:
    """Move what should have left by day out of the way of what may leave by night."""
    if (morning := not_at_night(now)) != now:
        waiting = (col(Letter.status) == LetterStatus.planned, col(Letter.next_try_at) <= now)
        by_day = ~col(Letter.kind).in_(KINDS_SENT_AT_NIGHT)
        db.execute(update(Letter).where(*waiting, by_day).values(next_try_at=morning))


def letter_lateness(db: Database, now: datetime) -> timedelta:
    """How late the oldest letter is that should have left, whether it waits or a sender has it, alive or dead.

    One that its own server puts off is late only when its pause is over.
    """
    oldest = [
        _oldest(db, since, now, col(Letter.status) == status, reason)
        for status in (LetterStatus.planned, LetterStatus.sending)
        for since, reason in ((Letter.due_at, ~PUT_OFF), (Letter.next_try_at, PUT_OFF))
    ]
    return now - min((since for since in oldest if since), default=now)


def _oldest(db: Database, since: Any, now: datetime, *conditions: ColumnElement[bool]) -> datetime | None:
    """Each is the first in an index; of what a sender has there are few."""
    waiting = select(col(since)).where(*conditions, col(since) <= now, *_allowed_at_this_hour(now))
    return db.scalar(waiting.order_by(col(since)).limit(1))


DIED = "SENDER died"
UNWRITTEN = "WRITING"
PUT_OFF = and_(
    col(Letter.trouble).is_not(None),
    ~col(Letter.awaits_server),
    col(Letter.trouble) != DIED,
    ~col(Letter.trouble).startswith(UNWRITTEN),
)
"""Its own server said so at the last try; nobody else need see to it."""


# -- in hand ----------------------------------------------------------------------------------------------


@contextmanager
def sender_slot(engine: Engine) -> Iterator[Connection | None]:
    """The one place of a sender in this worker, or None when it is taken; the other processes go on with events.

    Whoever sits there holds a connection on which each statement commits by itself.
    """
    worker = zlib.crc32(f"{socket.gethostname()}:{os.getppid()}".encode()) - 2**31
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as ledger:
        lock = {"room": SENDER_LOCKS, "worker": worker}
        if not ledger.scalar(text("SELECT pg_try_advisory_lock(:room, :worker)"), lock):
            yield None
            return
        try:
            yield ledger
        finally:
            if not ledger.invalidated:
                ledger.execute(text("SELECT pg_advisory_unlock(:room, :worker)"), lock)


def claim_letters(db: Database, now: datetime, most: int = BATCH_SIZE) -> list[Letter]:
    """Take letters that are due, the oldest first; what other senders have in hand is passed over."""
    due = select(col(Letter.id)).where(*_due(now)).order_by(col(Letter.next_try_at)).limit(most)
    taken = due.with_for_update(skip_locked=True, key_share=True).cte("taken")
    claimed = db.scalars(
        update(Letter)
        .where(col(Letter.id) == taken.c.id)
        .values(
            status=LetterStatus.sending,
            claim=uuid4(),
            leased_until=func.clock_timestamp() + LEASE,
            attempts=col(Letter.attempts) + 1,
        )
        .returning(Letter)
        .execution_options(synchronize_session=False)
    )
    return sorted(claimed, key=lambda letter: letter.next_try_at)


RECORD_HANDOVER = text("""
    WITH taken AS (
      UPDATE letter SET status = 'sent', sent_at = clock_timestamp() + :offset, leased_until = NULL, trouble = NULL
      WHERE id = CAST(:before AS uuid) AND claim = :claim AND status IN ('sending', 'uncertain'))
    UPDATE letter SET handed_over_at = clock_timestamp(), leased_until = clock_timestamp() + :lease,
      message = :message, message_id = :message_id, revision = :revision
    WHERE id = :letter AND claim = :claim AND status = 'sending' RETURNING id
""")


def record_handover(ledger: Connection, letter: Letter, before: Letter | None, offset: timedelta) -> bool:
    """Write down that the server is about to get this letter, in these bytes, and has the one before it.

    Says no when the letter was withdrawn or has changed since it was claimed: then it must not go.
    """
    values = {"letter": letter.id, "claim": letter.claim, "before": before and before.id, **_as_written(letter)}
    values |= {"offset": offset, "lease": LEASE_AT_THE_SERVER}
    return ledger.execute(RECORD_HANDOVER, values).first() is not None


def _as_written(letter: Letter) -> dict[str, object]:
    return {"message": letter.message, "message_id": letter.message_id, "revision": letter.revision}


MARK_SENT = text("""
    UPDATE letter SET status = 'sent', sent_at = clock_timestamp() + :offset, leased_until = NULL, trouble = NULL
    WHERE id = :letter AND claim = :claim AND status IN ('sending', 'uncertain')
""")


def mark_sent(ledger: Connection, letter: Letter, offset: timedelta) -> None:
    ledger.execute(MARK_SENT, {"letter": letter.id, "claim": letter.claim, "offset": offset})


# -- what went otherwise ----------------------------------------------------------------------------------


def retry_letter_later(db: Database, letter: Letter, trouble: str, now: datetime) -> None:
    """Try again after a pause that grows from try to try, and give up after two days of tries."""
    _try_again(db, letter, trouble, now, awaits_server=False)


def wait_for_server(db: Database, letter: Letter, trouble: str, now: datetime) -> None:
    """Try again after a pause, or as soon as the server takes any letter."""
    _try_again(db, letter, trouble, now, awaits_server=True)


def _try_again(db: Database, letter: Letter, trouble: str, now: datetime, *, awaits_server: bool) -> None:
    if letter.attempts > len(RETRY_PAUSES):
        mark_failed(db, letter, trouble, now)
        return
    again = now + RETRY_PAUSES[letter.attempts - 1]
    _end(
        db,
        letter,
        status=LetterStatus.planned,
        next_try_at=again if letter.kind in KINDS_SENT_AT_NIGHT else not_at_night(again),
        trouble=trouble,
        awaits_server=awaits_server,
        claim=None,
        handed_over_at=None,
    )


def mark_failed(db: Database, letter: Letter, trouble: str, now: datetime) -> None:
    _end(db, letter, status=LetterStatus.failed, trouble=trouble, failed_at=now, handed_over_at=None)
    news.of_refusal(db, letter, now)


def mark_uncertain(db: Database, letter: Letter, trouble: str, _now: datetime) -> None:
    """The server may have it or not. The claim stays, so that a late answer can still make it `sent`."""
    _end(db, letter, status=LetterStatus.uncertain, trouble=trouble)


def drop_letter(db: Database, letter: Letter, status: LetterStatus) -> None:
    _end(db, letter, status=status, claim=None, message=None)


def _end(db: Database, letter: Letter, **values: object) -> None:
    """Write what became of a letter in our hands; nothing when it is no longer in them."""
    ours = (col(Letter.id) == letter.id, col(Letter.claim) == letter.claim, col(Letter.status) == LetterStatus.sending)
    db.execute(update(Letter).where(*ours).values({"leased_until": None, **_as_written(letter), **values}))


def release_claims(db: Database, letters: Collection[Letter]) -> None:
    """Letters that were claimed and not tried are due as before."""
    if not letters:
        return
    ids = [letter.id for letter in letters]
    db.execute(
        update(Letter)
        .where(col(Letter.id).in_(ids), col(Letter.claim).in_({letter.claim for letter in letters}), IS_CLAIMED)
        .values(status=LetterStatus.planned, claim=None, leased_until=None, attempts=col(Letter.attempts) - 1)
    )


IS_CLAIMED = and_(col(Letter.status) == LetterStatus.sending, col(Letter.handed_over_at).is_(None))
IS_HANDED_OVER = and_(col(Letter.status) == LetterStatus.sending, col(Letter.handed_over_at).is_not(None))
IS_STALE = col(Letter.leased_until) < func.clock_timestamp()


def recover_stale_letters(db: Database, now: datetime) -> list[UUID]:
    """Take back what senders left behind when they died; returns the letters whose fate nobody knows.

    A letter that has been there when sender after sender died may be why: it waits, longer from time to time.
    """
    deaths = func.greatest(col(Letter.attempts) - UNSUSPICIOUS_DEATHS, 0)
    db.execute(
        update(Letter)
        .where(IS_CLAIMED, IS_STALE)
        .values(
            status=LetterStatus.planned,
            claim=None,
            leased_until=None,
            next_try_at=now + deaths * timedelta(minutes=1),
            trouble=DIED,
            awaits_server=False,
        )
    )
    lost = update(Letter).where(IS_HANDED_OVER, IS_STALE).values(status=LetterStatus.uncertain, trouble="BODY lost")
    return list(db.scalars(lost.returning(col(Letter.id))))


RESTORED = "RESTORED"


def hold_after_restore(db: Database, left_by: datetime, now: datetime) -> None:
    """After a restore: what was due by then may have left, and so may what an old event wants only now.

    Nobody knows, so none of it is sent by itself.
    """
    may_have_left = or_(col(Letter.due_at) <= left_by, col(Letter.due_at) == now, col(Letter.time) == now)
    waiting = col(Letter.status).in_((LetterStatus.planned, LetterStatus.sending))
    values = {"status": LetterStatus.uncertain, "trouble": RESTORED, "leased_until": None}
    db.execute(update(Letter).where(waiting, may_have_left).values(**values))
    db.expire_all()


def count_held_after_restore(db: Database) -> int:
    """How many letters nobody knows of since a restore."""
    doubtful = (col(Letter.status) == LetterStatus.uncertain, col(Letter.trouble) == RESTORED)
    return db.scalar(select(func.count()).select_from(Letter).where(*doubtful)) or 0


# -- a server in trouble ----------------------------------------------------------------------------------


def count_server_failures(db: Database) -> int:
    """How often in a row the server gave trouble."""
    return db.scalar(select(col(ServerRest.failures))) or 0


def pause_senders(db: Database) -> None:
    """All senders leave the server alone, longer with every time that it gives trouble."""
    db.execute(
        text("""INSERT INTO server_rest (id, failures, until) VALUES (1, 1, clock_timestamp() + interval '1 s')
                ON CONFLICT (id) DO UPDATE SET failures = server_rest.failures + 1, until = clock_timestamp()
                  + least(:longest, interval '1 s' * (1 << least(server_rest.failures, 10)))"""),
        {"longest": LONGEST_REST},
    )


def resume_senders(db: Database, now: datetime) -> None:
    """The server takes letters again: those that waited for it are due now."""
    db.execute(update(ServerRest).values(failures=0))
    waiting = (col(Letter.status) == LetterStatus.planned, col(Letter.awaits_server))
    db.execute(update(Letter).where(*waiting).values(next_try_at=now, awaits_server=False))
