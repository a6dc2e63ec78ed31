"""Composes the letters that a sender has claimed, one after the other.

The next one can be prepared while the mail server reads the one before. What is written is kept with the checkpoint
before the letter leaves, or with the note of why it did not: every later try sends the same bytes.
"""

import traceback
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from services.core import clock
from services.core.database import transaction
from services.core.logs import logger
from services.notifier.composition import compose
from services.notifier.composition.sources import NothingToSend, Sources, load_sources
from services.notifier.delivery import encryption, queue
from services.notifier.models import Letter, LetterStatus
from services.notifier.settings import Settings

log = logger(__name__)


@dataclass(frozen=True)
class WrittenLetter:
    """A letter in hand, with the bytes that every try sends."""

    letter: Letter
    address: str
    message: bytes


class LetterWriter:
    """A handful of claimed letters, and all that writing them takes."""

    def __init__(self, engine: Engine, sources: Sources, letters: Iterable[Letter]) -> None:
        self._engine, self._desk, self._letters = engine, sources, deque(letters)
        self._prepared: tuple[Letter, WrittenLetter | Exception] | None = None

    def prepare(self) -> None:
        """Write the next letter ahead. It asks nobody, so nothing but this letter can go wrong."""
        if self._prepared is None and self._letters:
            letter = self._letters.popleft()
            try:
                self._prepared = letter, _written_before(self._desk, letter) or _write(self._desk, letter)
            except Exception as error:  # one letter that can't be written holds up no other
                self._prepared = letter, error

    def next(self) -> WrittenLetter | None:
        """The next letter that could be written, or None when there is no more."""
        while True:
            self.prepare()
            if self._prepared is None:
                return None
            (letter, written), self._prepared = self._prepared, None
            if isinstance(written, WrittenLetter):
                return written
            self._put_aside(letter, written)

    def unreached(self) -> list[Letter]:
        """The letters that nobody has asked for."""
        return [*([self._prepared[0]] if self._prepared else []), *self._letters]

    def _put_aside(self, letter: Letter, error: Exception) -> None:
        with transaction(self._engine) as db:
            if isinstance(error, NothingToSend):
                queue.drop_letter(db, letter, LetterStatus.cancelled)
                return
            why = type(error).__name__
            # Not the error's own words: they may repeat what people wrote.
            lines = _lines_of_ours(error)
            log.error("letter.unwritable", letter_id=str(letter.id), kind=letter.kind, why=why, lines=lines)
            queue.retry_letter_later(db, letter, f"{queue.UNWRITTEN} {why}", clock.now(db))


def take_letters(engine: Engine, settings: Settings) -> LetterWriter | None:
    """Claim letters, if any is due. What has become useless is dropped here."""
    with transaction(engine) as db:
        now = clock.now(db)
        claimed = queue.claim_letters(db, now)
        useful = [letter for letter in claimed if letter.not_after is None or now < letter.not_after]
        for letter in claimed:
            if letter not in useful:
                queue.drop_letter(db, letter, LetterStatus.skipped)
        return LetterWriter(engine, load_sources(db, settings, useful, now), useful) if claimed else None


def _written_before(sources: Sources, letter: Letter) -> WrittenLetter | None:
    sealed = letter.message and encryption.decrypt_letter(sources.settings, letter.id, letter.message)
    if not sealed:
        return None
    address, _, message = sealed.partition(b"\n")
    return WrittenLetter(letter, address.decode(), message)


def _write(sources: Sources, letter: Letter) -> WrittenLetter:
    letter.revision += 1
    message = compose.compose_message(sources, letter)
    letter.message_id = message.message_id
    envelope = message.address.encode() + b"\n"
    letter.message = encryption.encrypt_letter(sources.settings, letter.id, envelope + message.content)
    return WrittenLetter(letter, message.address, message.content)


def _lines_of_ours(error: Exception) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames if "services" in frame.filename]
