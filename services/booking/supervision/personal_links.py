"""A participant's links: made for one address of theirs, and for one purpose each.

Whoever gets another address gets other links. The secrets follow from the id of the link and that of the address
(`personal_link`), so that the notifier, which writes the letters, and booking agree on them.
"""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col, select

from services.booking.models.evaluation import Feedback, Invitation
from services.booking.models.people import Participant
from services.booking.models.security import Link
from services.booking.models.sessions import SummaryReader
from services.booking.security import links
from services.booking.security.devices import AddressAwaitsSupervisor
from services.booking.security.links import LinkPurpose
from services.core.database import Database
from services.web.errors.problems import NotFound
from services.web.security.links import personal_link, secret

Subject = type[Invitation] | type[Feedback] | type[SummaryReader]

SUBJECTS: dict[LinkPurpose, Subject] = {
    LinkPurpose.evaluation: Invitation,
    LinkPurpose.feedback: Feedback,
    LinkPurpose.summary: SummaryReader,
}
"""What a link is about that is not about the participant as such; the row's id is also that of the link."""


class PersonalVisit(NamedTuple):
    """Who came by a personal link, and what it is about: the participant themselves, or a row of theirs."""

    person: Participant
    subject_id: UUID


def issue_personal_link(
    db: Database, key: str, purpose: LinkPurpose, person: Participant, subject_id: UUID, expires_at: datetime
) -> None:
    link_id = _link_id(purpose, person, subject_id)
    links.issue_link(db, key, purpose, subject_id, expires_at, personal_link(link_id, person.address_id))


def secret_of_link(key: str, person: Participant, link_id: UUID) -> str:
    """The secret of a link to the participant's present address."""
    return secret(key, personal_link(link_id, person.address_id))


def follow_personal_link(db: Database, purpose: LinkPurpose, secret: str, now: datetime) -> PersonalVisit:
    """Whose link it is and what it is about, as long as they take part. From now on they have used a link.

    At an address that the client gave and the supervisor has not accepted nothing opens but the times.
    """
    subject_id = links.find_link(db, purpose, secret, now).subject_id
    table = SUBJECTS.get(purpose)
    owner = select(table.participant_id).where(col(table.id) == subject_id) if table else None
    person = db.get_one(Participant, subject_id if owner is None else db.scalars(owner).one())
    if person.left_at:
        raise NotFound
    if table and not person.address_accepted:
        raise AddressAwaitsSupervisor
    if person.used_at is None:
        unused = (col(Participant.id) == person.id, col(Participant.used_at).is_(None))
        db.execute(update(Participant).where(*unused).values(used_at=now))
    return PersonalVisit(person, subject_id)


def renew_personal_links(db: Database, key: str, person: Participant, now: datetime) -> None:
    """End the links to an older address; those to the present one open the same for as long."""
    for purpose, subject_id in _subjects(db, person):
        theirs = select(Link).where(col(Link.subject_id) == subject_id, col(Link.purpose) == purpose.value)
        valid = db.scalars(theirs.where(col(Link.expires_at) > now)).all()
        if valid:
            issue_personal_link(db, key, purpose, person, subject_id, max(link.expires_at for link in valid))
        for link in valid:
            link.expires_at = now
    db.flush()


def _subjects(db: Database, person: Participant) -> list[tuple[LinkPurpose, UUID]]:
    found = [(purpose, person.id) for purpose in (LinkPurpose.participant, LinkPurpose.calendar)]
    for purpose, table in SUBJECTS.items():
        theirs = select(table.id).where(col(table.participant_id) == person.id)
        found += [(purpose, subject_id) for subject_id in db.scalars(theirs)]
    return found


def _link_id(purpose: LinkPurpose, person: Participant, subject_id: UUID) -> UUID:
    own = {LinkPurpose.participant: person.page_link, LinkPurpose.calendar: person.calendar_link}
    return own.get(purpose, subject_id)
