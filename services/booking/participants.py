"""The people in a process (ohjattavat): who joins and leaves, how to write to them, and how they are forgotten."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func
from sqlmodel import col, select

from services.booking import audit, erasure_requests, links
from services.booking.models import Link, Participant, Process
from services.booking.shapes import EmailAddress, Line, Name, Wish, optional
from services.database import Database, new_id
from services.events import outbox
from services.events.catalogue import Form, ParticipantChanged, ParticipantErased
from services.web.etags import IfMatch, tag
from services.web.language import Text
from services.web.problems import NotFound, Problem
from services.web.validation import invalid

LARGEST = 100
NUMBERS = dict.fromkeys(Form, (2, LARGEST)) | {Form.individual: (1, 1), Form.pair: (2, 2)}
LINK_LIFETIME = timedelta(days=3 * 365)

People = Sequence[Participant]


class PersonWish(Wish):
    first_name: Name
    last_name: Name
    email: EmailAddress
    employer: Line | None = None


class PersonChange(Wish):
    first_name: Name = optional()
    last_name: Name = optional()
    email: EmailAddress = optional()
    employer: Line | None = None
    summary_in_letter: bool = optional()


class ProcessIsFull(Problem):
    """This form of supervision takes no more participants."""

    status = 409
    finnish = "Tähän työnohjauksen muotoon ei mahdu enempää osallistujia."
    advice = Text(
        fi="Yksilötyönohjauksessa on yksi osallistuja, parityönohjauksessa kaksi.",
        en="Individual supervision has one participant, that of a pair two.",
    )


def of_process(db: Database, process_id: UUID) -> People:
    """Everybody who ever was in the process, in the order of their coming."""
    return of_processes(db, [process_id])[process_id]


def of_processes(db: Database, process_ids: Sequence[UUID]) -> dict[UUID, list[Participant]]:
    people = select(Participant).where(col(Participant.process_id).in_(process_ids))
    grouped: dict[UUID, list[Participant]] = {process_id: [] for process_id in process_ids}
    for person in db.scalars(people.order_by(col(Participant.joined_at), col(Participant.id))):
        grouped[person.process_id].append(person)
    return grouped


def in_process(db: Database, process_id: UUID, participant_id: UUID) -> Participant:
    """A participant of a process whose row the caller holds, so that nobody else changes its people."""
    person = db.get(Participant, participant_id, populate_existing=True)
    if person is None or person.process_id != process_id or person.erased_at:
        raise NotFound
    return person


def check_number(form: Form, number: int) -> None:
    least, most = NUMBERS[form]
    if number < least:
        raise invalid("participants", f"Osallistujia on vähintään {least}.", f"There are at least {least}.")
    if number > most:
        raise invalid("participants", f"Osallistujia on enintään {most}.", f"There are at most {most}.")


def check_addresses(addresses: Sequence[str]) -> None:
    """One letter a person: two people in a group can't share an address."""
    counts = Counter(address.lower() for address in addresses)
    for index, address in enumerate(addresses):
        if counts[address.lower()] > 1:
            raise invalid(
                f"participants.{index}.email", "Osoite on kahdella osallistujalla.", "Two people have this address."
            )


def join(db: Database, link_key: str, process_id: UUID, wish: PersonWish, now: datetime) -> Participant:
    person = Participant(**wish.model_dump(), process_id=process_id, joined_at=now)
    person.person_id = _known_person(db, wish.email) or person.person_id
    db.add(person)
    db.flush()
    expires_at = now + LINK_LIFETIME
    links.issue(db, link_key, links.Purpose.participant, person.id, expires_at, person.page_link)
    links.issue(db, link_key, links.Purpose.calendar, person.id, expires_at, person.calendar_link)
    return person


def _known_person(db: Database, address: str) -> UUID | None:
    """Who takes part elsewhere under this address, so that two groups with common members are known to have them."""
    query = select(Participant.person_id).where(func.lower(col(Participant.email)) == address.lower())
    return db.scalars(query.order_by(col(Participant.id)).limit(1)).one_or_none()


def ensure_room(form: Form, people: People, wish: PersonWish) -> None:
    if len(people) >= NUMBERS[form][1]:
        raise ProcessIsFull
    ensure_own_address(people, wish.email)


def ensure_own_address(people: People, address: str) -> None:
    if address.lower() in {person.email.lower() for person in people}:
        raise invalid("email", "Osoite on jo toisella osallistujalla.", "Another participant has this address.")


def leave(person: Participant, now: datetime) -> ParticipantChanged:
    person.left_at = person.left_at or now
    person.version += 1
    return changed(person)


def change(person: Participant, others: People, wish: PersonChange, match: IfMatch) -> ParticipantChanged:
    match.check(tag(person.version))
    if "email" in wish.model_fields_set:
        ensure_own_address(others, wish.email)
    person.sqlmodel_update(wish.model_dump(exclude_unset=True))
    person.version += 1
    return changed(person)


def choose_letters(db: Database, person: Participant, now: datetime, *, in_letter: bool) -> None:
    """Whether the words of summaries come to this person in letters: their own choice, by one of their links."""
    hold(db, person)
    if person.summary_in_letter != in_letter:
        person.summary_in_letter = in_letter
        person.version += 1
        outbox.stage(db, "booking", now, [changed(person)])
        audit.note(db, now, f"participant/{person.id}", "participant.changed", f"participant/{person.id}")


def hold(db: Database, person: Participant) -> Process:
    """The person's process with its row locked, and the person as they are now."""
    process = db.get_one(Process, person.process_id, with_for_update=True, populate_existing=True)
    db.refresh(person)
    return process


def erase(db: Database, person: Participant, now: datetime) -> ParticipantErased:
    """Forget a person: their name, addresses and links here, and what still waits to be told of them."""
    nothing = {"first_name": "", "last_name": "", "email": "", "employer": None}
    nobody = {"person_id": new_id(), "left_at": person.left_at or now, "erased_at": now}
    person.sqlmodel_update(nothing | nobody)
    person.version += 1
    db.execute(delete(Link).where(col(Link.subject_id) == person.id))
    erasure_requests.settle(db, person.id, "erased", now)
    event = erased(person)
    outbox.forget(db, event.aggregate)
    return event


def erased(person: Participant) -> ParticipantErased:
    return ParticipantErased(version=person.version, participant_id=person.id, process_id=person.process_id)


def changed(person: Participant) -> ParticipantChanged:
    return ParticipantChanged(
        version=person.version,
        participant_id=person.id,
        process_id=person.process_id,
        first_name=person.first_name,
        last_name=person.last_name,
        email=person.email,
        active=person.left_at is None,
        page_link=person.page_link,
        summary_in_letter=person.summary_in_letter,
        joined_at=person.joined_at,
    )
