"""Which reminders each participant wants. Everybody gets them until they say otherwise."""

from uuid import UUID

from sqlalchemy import ColumnElement, Engine, String, cast, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped
from sqlmodel import col

from services.core.database import Database, transaction
from services.events.catalogue import ParticipantChanged
from services.notifier.models import Participant, Preference
from services.web.errors.problems import NotFound
from services.web.security import links

BATCH_SIZE = 500


def keep_preference(db: Database, person: Participant | ParticipantChanged, link_key: str) -> None:
    """Make the link under which a participant chooses; only the digest of its secret rests in the table.

    Another address has another link. What was chosen stays.
    """
    link, older = (
        links.personal_link(each, person.address_id)
        for each in (
            links.settings_link(person.participant_id, person.page_link),
            links.older_settings_link(person.participant_id),
        )
    )
    digests = [links.digest(links.secret(link_key, each)) for each in (link, older)]
    preference = Preference(participant_id=person.participant_id, link=link, digest=digests[0], older_digest=digests[1])
    made = insert(Preference).values(preference.model_dump())
    renewed = {name: made.excluded[name] for name in ("link", "digest", "older_digest")}
    db.execute(made.on_conflict_do_update(index_elements=["participant_id"], set_=renewed))


def renew_older_links(engine: Engine, link_key: str) -> bool:
    """Give some participants a link that names its key, as they have on their page; whether there may be more."""
    with transaction(engine) as db:
        query = select(Participant).join(Preference, col(Preference.participant_id) == Participant.participant_id)
        query = query.where(_names_a_key(col(Participant.page_link)), ~_names_a_key(col(Preference.link)))
        people = db.scalars(query.limit(BATCH_SIZE).with_for_update(skip_locked=True)).all()
        for person in people:
            keep_preference(db, person, link_key)
    return len(people) == BATCH_SIZE


def _names_a_key(link: Mapped[UUID] | Mapped[UUID | None]) -> ColumnElement[bool]:
    return func.substr(cast(link, String), 15, 1) == str(links.VERSION)


def find_preference(db: Database, secret: str) -> tuple[Participant, Preference]:
    """The participant whose link this is, with their choices."""
    digest = links.digest(secret)
    query = select(Preference).where(or_(col(Preference.digest) == digest, col(Preference.older_digest) == digest))
    preference = db.scalars(query).first() if links.is_wellformed(secret) else None
    participant = db.get(Participant, preference.participant_id) if preference else None
    if preference is None or participant is None or not participant.active:
        raise NotFound
    return participant, preference
