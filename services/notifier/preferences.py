"""Which reminders each participant wants. Everybody gets them until they say otherwise."""

from uuid import UUID, uuid4

from sqlalchemy import select
from sqlmodel import col

from services.database import Database
from services.notifier import state
from services.notifier.models import Participant, Preference
from services.web import links


def prepare(db: Database, participant_id: UUID, link_key: str) -> None:
    """Make the link under which a participant chooses; only the digest of its secret rests in the table."""
    link = uuid4()
    secret = links.secret(link_key, link)
    state.keep(db, Preference(participant_id=participant_id, link=link, digest=links.digest(secret)))


def find(db: Database, secret: str, *, to_change: bool = False) -> Preference | None:
    """The choices behind a link; none when it is made up, or its participant is gone."""
    query = select(Preference).where(col(Preference.digest) == links.digest(secret))
    return db.scalars(query.with_for_update() if to_change else query).first()


def process_of(db: Database, preference: Preference) -> UUID | None:
    participant = db.get(Participant, preference.participant_id)
    return participant.process_id if participant else None


def choose(db: Database, preference: Preference, *, week: bool, day: bool) -> None:
    preference.reminder_week, preference.reminder_day = week, day
    db.add(preference)
    db.flush()
