"""Addresses of people: what ends when one changes, and how somebody gets another one of their own.

What is confidential belongs to a person, not to whoever can type, change or read an address. Somebody's own new address
is only stated until the button in a letter to it is pressed; one that is corrected by somebody else counts at once, but
opens nothing that was open to the one before. What a client corrects opens nothing written in confidence at all until
the supervisor has said yes: it may be the client's own mailbox. Either way the former mailbox is told.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlmodel import col, or_, select

from services.booking.models.evaluation import AgreedGoals, Answer, Feedback
from services.booking.models.people import Client, Participant, Supervisor
from services.booking.models.sessions import AttendanceIntention, ChangeWish, SummaryReader
from services.booking.security import devices, links, mailboxes
from services.booking.security.links import LinkPurpose
from services.booking.settings import Settings
from services.booking.supervision.personal_links import renew_personal_links
from services.core.database import Database, new_id
from services.events.catalogue import AddressChanged, AddressStated
from services.events.outbox import stage
from services.web.errors.problems import Forbidden
from services.web.errors.validation import invalid
from services.web.i18n.language import Text
from services.web.protocol.fields import EmailAddress, RequestBody
from services.web.security.links import LinkExpired

Person = Participant | Supervisor | Client


class NewAddress(RequestBody):
    """The address that somebody gives as their new one."""

    email: EmailAddress


class AddressIsTheirs(Forbidden):
    """This participant uses the service already; their address is in their own hands and the supervisor's."""

    finnish = "Osallistuja käyttää palvelua jo, joten et voi muuttaa hänen osoitettaan."
    advice = Text(
        fi="Hän voi vaihtaa osoitteensa omalta sivultaan, tai työnohjaaja voi korjata sen.",
        en="They can change it on their own page, or the supervisor can correct it.",
    )


def is_another(address: str, other: str) -> bool:
    """Addresses that differ only in case are one mailbox."""
    return address.lower() != other.lower()


def take_new_address(party: Supervisor | Client, columns: dict[str, Any]) -> str | None:
    """Take another address out of what is to be changed. Who gives their present one takes back what they stated."""
    if "email" not in columns:
        return None
    if is_another(columns["email"], party.email):
        return str(columns.pop("email"))
    party.stated_email = None
    return None


def ensure_client_may_correct(person: Participant) -> None:
    if person.used_at:
        raise AddressIsTheirs


def has_confidences(db: Database, person: Participant) -> bool:
    """Whether something was written to them, with them or by them that nobody else may read."""
    theirs = (
        select(SummaryReader.id).where(col(SummaryReader.participant_id) == person.id),
        select(Answer.id).where(col(Answer.participant_id) == person.id),
        select(Feedback.id).where(col(Feedback.participant_id) == person.id, col(Feedback.answered_at).is_not(None)),
        select(AttendanceIntention.version).where(col(AttendanceIntention.participant_id) == person.id),
        select(ChangeWish.id).where(col(ChangeWish.participant_id) == person.id),
        select(AgreedGoals.process_id).where(col(AgreedGoals.process_id) == person.process_id),
    )
    return bool(db.scalar(select(or_(*(query.exists() for query in theirs)))))


def list_open_feedback(db: Database, person: Participant) -> Sequence[UUID]:
    """The sessions on which they are asked for feedback at a new address, too."""
    asked = select(col(Feedback.session_id)).where(col(Feedback.participant_id) == person.id)
    return db.scalars(asked.where(col(Feedback.answered_at).is_(None))).all()


def full_name(person: Person) -> str:
    return person.name if isinstance(person, Supervisor) else f"{person.first_name} {person.last_name}"


def move_participant(db: Database, key: str, person: Participant, email: str, now: datetime) -> AddressChanged:
    """Give a participant another address. Every link and device of before ends; the former address is told of it.

    The caller raises the version and says of what address they are now, see `events.participant_readdressed`.
    """
    former = _changed(person, now)
    person.email, person.stated_email, person.address_id = email, None, uuid4()
    person.summary_in_letter, person.readdressed_at = False, None
    renew_personal_links(db, key, person, now)
    devices.revoke_devices(db, person.id)
    return former


def move_party(db: Database, party: Supervisor | Client, email: str, now: datetime) -> None:
    """Give a supervisor or the contact of a client another address, and tell the one before.

    Links to reports that were sent to it end in reporting, with the event that the caller publishes.
    """
    stage(db, "booking", now, [_changed(party, now)])
    party.email, party.stated_email, party.address_id = email, None, uuid4()


def _changed(person: Person, now: datetime) -> AddressChanged:
    return AddressChanged(version=1, email=person.email, **_notice(person), changed_at=now)


def _notice(person: Person) -> dict[str, Any]:
    participant_id = person.id if isinstance(person, Participant) else None
    return {"notice_id": new_id(), "full_name": full_name(person), "participant_id": participant_id}


def state_address(db: Database, settings: Settings, person: Person, email: str, now: datetime) -> None:
    """Have a letter sent to the new address that somebody gave as theirs. Nothing else changes yet.

    It may be anybody's mailbox, so only so many may go there. Raises MailboxHasEnough.
    """
    mailboxes.lock_mailbox(db, email)
    mailboxes.ensure_has_room(db, settings, email, now)
    person.stated_email, expires_at = email, now + mailboxes.STATED_FOR
    link = links.issue_link(db, settings.link_key, LinkPurpose.address, person.id, expires_at, sent_to=email)
    letter = {"email": email, "link": link, "expires_at": expires_at, **_notice(person)}
    stage(db, "booking", now, [AddressStated(version=1, **letter)])


def person_of_address_link(db: Database, secret: str, now: datetime, *, lock: bool = False) -> tuple[Person, str]:
    """Who gave this address as theirs, and the address. A later statement or another change ends the link."""
    link = links.find_link(db, LinkPurpose.address, secret, now)
    person = _find_person(db, link.subject_id, lock=lock)
    if person is None or not person.stated_email or links.address_digest(person.stated_email) != link.sent_to:
        raise LinkExpired
    return person, person.stated_email


def _find_person(db: Database, person_id: UUID, *, lock: bool) -> Person | None:
    person = db.get(Participant, person_id) or db.get(Supervisor, person_id) or db.get(Client, person_id)
    if person and lock:
        db.refresh(person, with_for_update=True)
    return person


def ensure_is_another(person: Person, email: str) -> None:
    if not is_another(email, person.email):
        raise invalid("email", "Tämä on jo osoitteesi.", "This is your address already.")
