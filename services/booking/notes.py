"""The private notes of a supervisor (muistiinpanot): sealed in the table, read by nobody but their writer."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from services.booking.evaluation_models import PrivateNote
from services.booking.safe import Safe
from services.booking.shapes import Wish, several_lines
from services.database import Database
from services.web.etags import IfMatch, tag
from services.web.problems import NotFound

Text = Annotated[str, StringConstraints(min_length=1, max_length=20_000), AfterValidator(several_lines)]


class NoteWish(Wish):
    text: Text = Field(description="Älä kirjaa terveystietoja tai asiakkaiden ja potilaiden tunnistetietoja.")


def write(db: Database, safe: Safe, session_id: UUID, wish: NoteWish, match: IfMatch, now: datetime) -> PrivateNote:
    """The caller holds the lock on the meeting's process."""
    sealed = safe.seal(wish.text, place(session_id))
    note = db.get(PrivateNote, session_id)
    if note is None:
        note = PrivateNote(session_id=session_id, text=sealed, written_at=now)
    else:
        match.check(tag(note.version))
        note.text, note.written_at, note.version = sealed, now, note.version + 1
    db.add(note)
    db.flush()
    return note


def read(db: Database, session_id: UUID) -> PrivateNote:
    note = db.get(PrivateNote, session_id)
    if note is None:
        raise NotFound
    return note


def tear_up(db: Database, session_id: UUID, match: IfMatch) -> None:
    """The caller holds the lock on the meeting's process."""
    note = read(db, session_id)
    match.check(tag(note.version))
    db.delete(note)


def place(session_id: UUID) -> str:
    return f"note/{session_id}"
