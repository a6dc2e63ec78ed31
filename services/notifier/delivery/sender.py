"""Sends due letters to the mail server: claim, compose, hand over, record the outcome."""

import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from smtplib import SMTP

from sqlalchemy import Connection, Engine

from services.core import clock
from services.core.database import Database, transaction
from services.core.logs import logger
from services.core.tracing import trace
from services.notifier.delivery import queue, smtp, writer
from services.notifier.delivery.smtp import (
    DeliveryUnknown,
    LetterDeferred,
    LetterRefused,
    MailServer,
    ServerUnreachable,
)
from services.notifier.delivery.writer import LetterWriter, WrittenLetter
from services.notifier.models import Letter
from services.notifier.planning import letter_store, planner
from services.notifier.settings import Settings

log = logger(__name__)

RUN_SECONDS = 15.0
"""A worker that is asked to stop ends its shift before it is killed."""
BATCH_SECONDS = 30.0
"""Letters that were not reached by then are given back before their lease runs out."""


class LetterWithdrawn(Exception):
    """The letter is not to be sent any more."""


RecordOutcome = Callable[[Database, Letter, str, datetime], None]


def send_due_letters(engine: Engine, settings: Settings) -> bool:
    """Send what is due, unless this worker is at it already; says whether more is due.

    Whoever finds the seat taken may leave: the one who sits there looks once more after standing up.
    """
    if not queue.has_due_letters(engine):
        return False
    with queue.sender_slot(engine) as ledger:
        if ledger is None:
            return False
        round_ = SendingRun(engine, settings, ledger)
        try:
            while round_.goes_on and (letters := writer.take_letters(engine, settings)):
                round_.carry(letters)
        finally:
            round_.end()
    return queue.has_due_letters(engine)


class SendingRun:
    """One sender on its way, with at most one line to the mail server."""

    def __init__(self, engine: Engine, settings: Settings, ledger: Connection) -> None:
        self._engine, self._ledger, self._sender = engine, ledger, settings.mail_from.address
        self._server, self._greeting = MailServer.at(settings.smtp_url), settings.mail_from.domain
        self._ends = time.monotonic() + RUN_SECONDS
        self._offset = clock.demo_offset()
        self._line: SMTP | None = None
        self._before: Letter | None = None
        with transaction(engine) as db:
            self._server_failed = queue.count_server_failures(db) > 0
        self.goes_on = True

    def carry(self, letters: LetterWriter) -> None:
        """Hand over one letter after the other, until the server gives trouble or the time is over."""
        ends = min(self._ends, time.monotonic() + BATCH_SECONDS)
        while self.goes_on and time.monotonic() < ends and (parcel := letters.next()):
            with trace(parcel.letter.traceparent):
                self._carry_one(parcel, letters.prepare)
        self.goes_on = self.goes_on and time.monotonic() < self._ends
        with transaction(self._engine) as db:
            queue.release_claims(db, letters.unreached())
        self._note_taken()

    def end(self) -> None:
        self._hang_up()
        self._note_taken()

    def _carry_one(self, parcel: WrittenLetter, meanwhile: Callable[[], None]) -> None:
        letter = parcel.letter
        try:
            answer = self._hand_over(parcel, meanwhile)
        except LetterWithdrawn:
            self._drop_line()
            log.info("letter.withdrawn", letter_id=str(letter.id), kind=letter.kind)
        except LetterDeferred as reply:
            self._not_taken(letter, "letter.deferred", str(reply), queue.retry_letter_later)
        except LetterRefused as reply:
            self._not_taken(letter, "letter.refused", str(reply), queue.mark_failed)
        except DeliveryUnknown as trouble:
            self._server_trouble(letter, "letter.uncertain", str(trouble), queue.mark_uncertain)
        except ServerUnreachable as trouble:
            self._server_trouble(letter, "letter.server_unreachable", str(trouble), queue.wait_for_server)
        else:
            self._taken(letter, answer)

    def _hand_over(self, parcel: WrittenLetter, meanwhile: Callable[[], None]) -> str:
        """A line that worked before may be closed by now, or after so many letters: then a new one is tried, once."""
        was_open = self._line is not None
        try:
            return self._give(parcel, meanwhile)
        except ServerUnreachable:
            if not was_open:
                raise
            self._drop_line()
            return self._give(parcel, meanwhile)

    def _give(self, parcel: WrittenLetter, meanwhile: Callable[[], None]) -> str:
        if self._line is None:
            self._line = smtp.connect_to_server(self._server, self._greeting)
        return smtp.deliver_message(
            self._line,
            smtp.Envelope(self._sender, parcel.address),
            parcel.message,
            checkpoint=partial(self._checkpoint, parcel.letter),
            meanwhile=meanwhile,
        )

    def _checkpoint(self, letter: Letter) -> None:
        before, self._before = self._before, None
        if not queue.record_handover(self._ledger, letter, before, self._offset):
            raise LetterWithdrawn

    def _taken(self, letter: Letter, reply: str) -> None:
        """It is marked together with the next checkpoint: one commit for each letter."""
        self._before = letter
        log.info("letter.sent", letter_id=str(letter.id), kind=letter.kind, reply=reply, attempt=letter.attempts)
        if self._server_failed:
            self._server_failed = False
            with transaction(self._engine) as db:
                queue.resume_senders(db, clock.now(db))

    def _note_taken(self) -> None:
        if self._before:
            with self._engine.begin() as connection:
                queue.mark_sent(connection, self._before, self._offset)
            self._before = None

    def _not_taken(self, letter: Letter, event: str, reply: str, note: RecordOutcome) -> None:
        """The server said no to this letter: what it was to tell has not been told, so think again about the rest."""
        log.warning(event, letter_id=str(letter.id), kind=letter.kind, reply=reply, attempt=letter.attempts)
        with transaction(self._engine) as db:
            now = clock.now(db)
            planner.lock_planning_of_letter(db, letter)
            note(db, letter, reply, now)
            letter_store.take_back(db, letter)
            planner.replan_letter(db, letter, now)
        if self._line and not smtp.reset_connection(self._line):
            self._drop_line()

    def _server_trouble(self, letter: Letter, event: str, trouble: str, note: RecordOutcome) -> None:
        log.error(event, letter_id=str(letter.id), kind=letter.kind, trouble=trouble, attempt=letter.attempts)
        self.goes_on, self._server_failed = False, True
        self._drop_line()
        with transaction(self._engine) as db:
            note(db, letter, trouble, clock.now(db))
            queue.pause_senders(db)

    def _drop_line(self) -> None:
        """Without a goodbye: in the middle of a message that would end the message too."""
        if self._line:
            self._line.close()
        self._line = None

    def _hang_up(self) -> None:
        if self._line:
            smtp.close_connection(self._line)
        self._line = None
