"""Participants of a process (ohjattavat): how they join, change, leave and are erased."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func
from sqlmodel import col, select

from services.booking.models.people import Participant, Process
from services.booking.models.security import Link
from services.booking.security import audit, devices
from services.booking.security.links import LinkPurpose
from services.booking.supervision import addresses, erasure_requests, events
from services.booking.supervision.personal_links import issue_personal_link
from services.core.database import Database, new_id
from services.events import outbox
from services.events.catalogue import AddressChanged, Event, Form, ParticipantChanged, ParticipantErased
from services.finnish.alphabet import alphabetical
from services.web.errors.problems import NotFound, Problem
from services.web.errors.validation import invalid
from services.web.i18n.language import Text
from services.web.protocol.etags import IfMatch, etag
from services.web.protocol.fields import EmailAddress, Line, Name, RequestBody, optional
from services.web.security.links import new_link
from services.web.security.tokens import Role

MAX_PARTICIPANTS = 100
PARTICIPANT_LIMITS = dict.fromkeys(Form, (2, MAX_PARTICIPANTS)) | {Form.individual: (1, 1), Form.pair: (2, 2)}
PARTICIPANT_LINK_LIFETIME = timedelta(days=3 * 365)

Participants = Sequence[Participant]


class ParticipantCreate(RequestBody):
    first_name: Name
    last_name: Name
    email: EmailAddress
    employer: Line | None = None


class ParticipantUpdate(RequestBody):
    first_name: Name = optional()
    last_name: Name = optional()
    email: EmailAddress = optional()
    employer: Line | None = None
    summary_in_letter: bool = optional()


BY_NAME = (alphabetical(Participant.last_name), alphabetical(Participant.first_name), col(Participant.id))


class ProcessIsFull(Problem):
    """This form of supervision takes no more participants."""

    status = 409
    finnish = "Tähän työnohjauksen muotoon ei mahdu enempää osallistujia."
    advice = Text(
        fi="Poista ensin joku: yksilötyönohjauksessa on yksi osallistuja, parityönohjauksessa kaksi.",
        en="Remove somebody first: individual supervision has one participant, that of a pair two.",
    )


class ProcessIsOfAnother(Problem):
    """The individual process of somebody who has left stays theirs."""

    status = 409
    finnish = "Yksilötyönohjauksen prosessi on yhden ohjattavan oma."
    advice = Text(
        fi="Avaa uudelle ohjattavalle oma prosessi, niin edellisen tavoitteet ja vastaukset pysyvät hänellä.",
        en="Open a process for the new participant: goals and answers of the former one stay theirs.",
    )


class ParticipantHasLeft(Problem):
    """This participant has left; their client can't change them any more."""

    status = 409
    finnish = "Osallistuja on jo poistunut, joten et voi muuttaa hänen tietojaan."
    advice = Text(fi="Pyydä korjausta työnohjaajalta.", en="Ask the supervisor to correct them.")


def list_participants_of_process(db: Database, process_id: UUID) -> Participants:
    """All participants, also those who have left, in the order of their names."""
    return list_participants_by_process(db, [process_id])[process_id]


def list_participants_by_process(db: Database, process_ids: Sequence[UUID]) -> dict[UUID, list[Participant]]:
    people = select(Participant).where(col(Participant.process_id).in_(process_ids))
    grouped: dict[UUID, list[Participant]] = {process_id: [] for process_id in process_ids}
    for person in db.scalars(people.order_by(*BY_NAME)):
        grouped[person.process_id].append(person)
    return grouped


def find_participant(db: Database, process_id: UUID, participant_id: UUID) -> Participant:
    """A participant of a process whose row the caller holds, so that its participants can't change meanwhile."""
    person = db.get(Participant, participant_id, populate_existing=True)
    if person is None or person.process_id != process_id or person.erased_at:
        raise NotFound
    return person


def check_participant_count(form: Form, number: int) -> None:
    least, most = PARTICIPANT_LIMITS[form]
    if number < least:
        raise invalid("participants", f"Osallistujia on vähintään {least}.", f"There are at least {least}.")
    if number > most:
        raise invalid("participants", f"Osallistujia on enintään {most}.", f"There are at most {most}.")


def check_addresses_differ(addresses: Sequence[str]) -> None:
    """One letter a person: two people in a group can't share an address."""
    counts = Counter(address.lower() for address in addresses)
    for index, address in enumerate(addresses):
        if counts[address.lower()] > 1:
            raise invalid(
                f"participants.{index}.email", "Osoite on kahdella osallistujalla.", "Two people have this address."
            )


def enrol_participant(
    db: Database, link_key: str, process_id: UUID, wanted: ParticipantCreate, now: datetime
) -> Participant:
    person = Participant(**wanted.model_dump(), process_id=process_id, joined_at=now)
    person.page_link, person.calendar_link = new_link(link_key), new_link(link_key)
    person.person_id = _known_person_id(db, wanted.email) or person.person_id
    db.add(person)
    db.flush()
    for purpose in (LinkPurpose.participant, LinkPurpose.calendar):
        issue_personal_link(db, link_key, purpose, person, person.id, now + PARTICIPANT_LINK_LIFETIME)
    return person


def _known_person_id(db: Database, address: str) -> UUID | None:
    """The person id of a participant elsewhere with this address, so that reports know the common members of groups."""
    query = select(Participant.person_id).where(func.lower(col(Participant.email)) == address.lower())
    return db.scalars(query.order_by(col(Participant.id)).limit(1)).one_or_none()


def ensure_room_for_participant(db: Database, process: Process, wanted: ParticipantCreate) -> None:
    people = [person for person in list_participants_of_process(db, process.id) if person.left_at is None]
    if len(people) >= PARTICIPANT_LIMITS[process.form][1]:
        raise ProcessIsFull
    ensure_may_join(db, process, wanted)


def ensure_may_join(db: Database, process: Process, wanted: ParticipantCreate) -> None:
    """Nobody takes the place of another in individual supervision, once anything confidential was written there."""
    everybody = list_participants_of_process(db, process.id)
    ensure_address_unused([person for person in everybody if person.left_at is None], wanted.email)
    others = [one for one in everybody if one.left_at and not _is_surely(one, wanted.email)]
    if process.form is Form.individual and any(addresses.has_confidences(db, person) for person in others):
        raise ProcessIsOfAnother


def _is_surely(person: Participant, address: str) -> bool:
    """Whether somebody who left is known by this address; one that only the client gave says nothing."""
    return person.address_accepted and not addresses.is_another(person.email, address)


def ensure_address_unused(people: Participants, address: str) -> None:
    if address.lower() in {person.email.lower() for person in people}:
        raise invalid("email", "Osoite on jo toisella osallistujalla.", "Another participant has this address.")


def mark_participant_left(person: Participant, now: datetime) -> ParticipantChanged:
    person.left_at = person.left_at or now
    person.version += 1
    return events.participant_changed(person)


def apply_participant_update(
    db: Database,
    link_key: str,
    person: Participant,
    others: Participants,
    wanted: ParticipantUpdate,
    match: IfMatch,
    now: datetime,
    *,
    by: Role,
) -> Sequence[Event]:
    """Change a participant for somebody else. What the change has to tell is for the caller."""
    match.check(etag(person.version))
    if by is Role.client and person.left_at:
        raise ParticipantHasLeft
    former: AddressChanged | None = None
    feedback_open: Sequence[UUID] = ()
    if "email" in wanted.model_fields_set:
        ensure_address_unused(others, wanted.email)
        if addresses.is_another(wanted.email, person.email):
            if by is Role.client:
                addresses.ensure_client_may_correct(person)
            former = addresses.move_participant(db, link_key, person, wanted.email, now)
            feedback_open = addresses.list_open_feedback(db, person)
            waits = by is Role.client or (by is Role.admin and addresses.has_confidences(db, person))
            person.readdressed_at = now if waits else None
    person.sqlmodel_update(wanted.model_dump(exclude_unset=True))
    person.version += 1
    readdressed = [former, events.participant_readdressed(person)] if former else []
    return [events.participant_changed(person, feedback_open), *readdressed]


def set_summary_in_letter(db: Database, person: Participant, now: datetime, *, in_letter: bool) -> None:
    """Whether letters contain the text of summaries: the participant's own choice, by one of their links."""
    lock_process_of_participant(db, person)
    if person.summary_in_letter != in_letter:
        person.summary_in_letter = in_letter
        person.version += 1
        outbox.stage(db, "booking", now, [events.participant_changed(person)])
        audit.note(db, now, "participant.changed", f"participant/{person.id}", f"participant/{person.id}")


def accept_address(db: Database, person: Participant, match: IfMatch, now: datetime) -> None:
    """The supervisor's yes to the address that they saw, and no later one. The caller holds the lock on the process."""
    match.check(etag(person.version))
    if not person.address_accepted:
        person.readdressed_at = None
        person.version += 1
        told = [events.participant_changed(person), events.participant_readdressed(person)]
        outbox.stage(db, "booking", now, told)
        audit.note(db, now, "participant.address-accepted", f"participant/{person.id}")


def lock_process_of_participant(db: Database, person: Participant) -> Process:
    """Lock the participant's process and reload the participant."""
    process = db.get_one(Process, person.process_id, with_for_update=True, populate_existing=True)
    db.refresh(person)
    return process


def anonymise_participant(db: Database, person: Participant, now: datetime) -> ParticipantErased:
    """Remove a participant's name, addresses and links here, and their events that are not sent yet."""
    nothing = {"first_name": "", "last_name": "", "email": "", "stated_email": None, "employer": None}
    nobody = {"person_id": new_id(), "left_at": person.left_at or now, "erased_at": now}
    person.sqlmodel_update(nothing | nobody)
    person.version += 1
    db.execute(delete(Link).where(col(Link.subject_id) == person.id))
    devices.revoke_devices(db, person.id)
    erasure_requests.settle_erasure_request(db, person.id, "erased", now)
    event = events.participant_erased(person)
    outbox.forget_subject(db, event.aggregate)
    return event
