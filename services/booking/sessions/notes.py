"""The private notes of a supervisor (muistiinpanot): encrypted in the table, read by nobody else."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from services.booking.models.sessions import PrivateNote
from services.core.database import Database
from services.core.encryption import Encryption
from services.web.protocol.etags import IfMatch, etag
from services.web.protocol.fields import NOTHING_SENSITIVE, RequestBody, several_lines

NoteText = Annotated[str, StringConstraints(min_length=1, max_length=20_000), AfterValidator(several_lines)]


class NoteCreate(RequestBody):
    text: NoteText = Field(description=NOTHING_SENSITIVE)


def save_note(
    db: Database, encryption: Encryption, session_id: UUID, wanted: NoteCreate, match: IfMatch, now: datetime
) -> PrivateNote:
    """The caller holds the lock on the session's process."""
    sealed = encryption.seal(wanted.text, note_context(session_id))
    note = db.get(PrivateNote, session_id)
    if note is None:
        note = PrivateNote(session_id=session_id, text=sealed, written_at=now)
    else:
        match.check(etag(note.version))
        note.text, note.written_at, note.version = sealed, now, note.version + 1
    db.add(note)
    db.flush()
    return note


def open_note(encryption: Encryption, note: PrivateNote) -> str:
    """The text in clear, for nobody but the supervisor who wrote it."""
    return encryption.open(note.text, note_context(note.session_id))


def remove_note(db: Database, session_id: UUID, match: IfMatch) -> None:
    """The caller holds the lock on the session's process."""
    note = db.get_one(PrivateNote, session_id)
    match.check(etag(note.version))
    db.delete(note)


def note_context(session_id: UUID) -> str:
    return f"note/{session_id}"
