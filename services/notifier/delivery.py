"""Carries due letters to the mail server: claim, write, hand over, note what became of it."""

import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from smtplib import SMTP

from sqlalchemy import Connection, Engine

from services import clock
from services.database import Database, transaction
from services.log import logger
from services.notifier import planning, postbox, scribe, smtp
from services.notifier.models import Letter
from services.notifier.scribe import Parcel, Scribe
from services.notifier.settings import Settings
from services.notifier.smtp import Deferred, MailServer, Refused, Unknown, Unreachable
from services.trace import trace

log = logger(__name__)

SHIFT_SECONDS = 15.0
"""A worker that is asked to stop ends its shift before it is killed."""
HANDFUL_SECONDS = 30.0
"""Letters that were not reached by then are given back before their lease runs out."""


class Withdrawn(Exception):
    """The letter is not to be sent any more."""


Note = Callable[[Database, Letter, str, datetime], None]


def send_due(engine: Engine, settings: Settings) -> bool:
    """Send what is due, unless this worker is at it already; says whether more is due.

    Whoever finds the seat taken may leave: the one who sits there looks once more after standing up.
    """
    if not postbox.holds_due(engine):
        return False
    with postbox.seat(engine) as ledger:
        if ledger is None:
            return False
        round_ = Round(engine, settings, ledger)
        try:
            while round_.goes_on and (letters := scribe.take(engine, settings)):
                round_.carry(letters)
        finally:
            round_.end()
    return postbox.holds_due(engine)


# -- handing over -----------------------------------------------------------------------------------------


class Round:
    """One sender on its way, with at most one line to the mail server."""

    def __init__(self, engine: Engine, settings: Settings, ledger: Connection) -> None:
        self._engine, self._ledger, self._sender = engine, ledger, settings.sender
        self._server, self._greeting = MailServer.at(settings.smtp_url), settings.domain
        self._ends = time.monotonic() + SHIFT_SECONDS
        self._offset = clock.demo_offset()
        self._line: SMTP | None = None
        self._before: Letter | None = None
        with transaction(engine) as db:
            self._server_failed = postbox.failures(db) > 0
        self.goes_on = True

    def carry(self, letters: Scribe) -> None:
        """Hand over one letter after the other, until the server gives trouble or the time is over."""
        ends = min(self._ends, time.monotonic() + HANDFUL_SECONDS)
        while self.goes_on and time.monotonic() < ends and (parcel := letters.next()):
            with trace(parcel.letter.traceparent):
                self._carry_one(parcel, letters.prepare)
        self.goes_on = self.goes_on and time.monotonic() < self._ends
        with transaction(self._engine) as db:
            postbox.give_back(db, letters.unreached())
        self._note_taken()

    def end(self) -> None:
        self._hang_up()
        self._note_taken()

    def _carry_one(self, parcel: Parcel, meanwhile: Callable[[], None]) -> None:
        letter = parcel.letter
        try:
            answer = self._hand_over(parcel, meanwhile)
        except Withdrawn:
            self._drop_line()
            log.info("letter.withdrawn", letter_id=str(letter.id), kind=letter.kind)
        except Deferred as reply:
            self._not_taken(letter, "letter.deferred", str(reply), postbox.put_off)
        except Refused as reply:
            self._not_taken(letter, "letter.refused", str(reply), postbox.fail)
        except Unknown as trouble:
            self._server_trouble(letter, "letter.uncertain", str(trouble), postbox.lose_sight)
        except Unreachable as trouble:
            self._server_trouble(letter, "letter.server_unreachable", str(trouble), postbox.await_server)
        else:
            self._taken(letter, answer)

    def _hand_over(self, parcel: Parcel, meanwhile: Callable[[], None]) -> str:
        """A line that worked before may be closed by now, or after so many letters: then a new one is tried, once."""
        was_open = self._line is not None
        try:
            return self._give(parcel, meanwhile)
        except Unreachable:
            if not was_open:
                raise
            self._drop_line()
            return self._give(parcel, meanwhile)

    def _give(self, parcel: Parcel, meanwhile: Callable[[], None]) -> str:
        if self._line is None:
            self._line = smtp.connect(self._server, self._greeting)
        return smtp.hand_over(
            self._line,
            smtp.Envelope(self._sender, parcel.address),
            parcel.message,
            checkpoint=partial(self._checkpoint, parcel.letter),
            meanwhile=meanwhile,
        )

    def _checkpoint(self, letter: Letter) -> None:
        before, self._before = self._before, None
        if not postbox.checkpoint(self._ledger, letter, before, self._offset):
            raise Withdrawn

    def _taken(self, letter: Letter, reply: str) -> None:
        """It is marked together with the next checkpoint: one commit for each letter."""
        self._before = letter
        log.info("letter.sent", letter_id=str(letter.id), kind=letter.kind, reply=reply, attempt=letter.attempts)
        if self._server_failed:
            self._server_failed = False
            with transaction(self._engine) as db:
                postbox.wake(db, clock.now(db))

    def _note_taken(self) -> None:
        if self._before:
            with self._engine.begin() as connection:
                postbox.mark_sent(connection, self._before, self._offset)
            self._before = None

    def _not_taken(self, letter: Letter, event: str, reply: str, note: Note) -> None:
        """The server said no to this letter: what it was to tell has not been told, so think again about the rest."""
        log.warning(event, letter_id=str(letter.id), kind=letter.kind, reply=reply, attempt=letter.attempts)
        with transaction(self._engine) as db:
            now = clock.now(db)
            planning.hold_letter(db, letter)
            note(db, letter, reply, now)
            planning.plan_again(db, letter, now)
        if self._line and not smtp.forget(self._line):
            self._drop_line()

    def _server_trouble(self, letter: Letter, event: str, trouble: str, note: Note) -> None:
        log.error(event, letter_id=str(letter.id), kind=letter.kind, trouble=trouble, attempt=letter.attempts)
        self.goes_on, self._server_failed = False, True
        self._drop_line()
        with transaction(self._engine) as db:
            note(db, letter, trouble, clock.now(db))
            postbox.rest(db)

    def _drop_line(self) -> None:
        """Without a goodbye: in the middle of a message that would end the message too."""
        if self._line:
            self._line.close()
        self._line = None

    def _hang_up(self) -> None:
        if self._line:
            smtp.close(self._line)
        self._line = None
