"""Which reminders each participant wants. Everybody gets them until they say otherwise."""

from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from services.database import Database
from services.notifier import state
from services.notifier.models import Participant, Preference
from services.web import links
from services.web.problems import NotFound


def prepare(db: Database, participant_id: UUID, link_key: str) -> None:
    """Make the link under which a participant chooses; only the digest of its secret rests in the table."""
    link = links.settings_link(participant_id)
    secret = links.secret(link_key, link)
    state.keep(db, Preference(participant_id=participant_id, link=link, digest=links.digest(secret)))


def find(db: Database, secret: str) -> tuple[Participant, Preference]:
    """The participant whose link this is, with their choices."""
    query = select(Preference).where(col(Preference.digest) == links.digest(secret))
    preference = db.scalars(query).first() if links.is_wellformed(secret) else None
    participant = db.get(Participant, preference.participant_id) if preference else None
    if preference is None or participant is None or not participant.active:
        raise NotFound
    return participant, preference
