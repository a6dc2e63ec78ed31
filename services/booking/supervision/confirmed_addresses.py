"""Confirming one's own new address, by the button in the letter to it."""

from datetime import datetime

from services.booking.models.people import Client, Participant, Supervisor
from services.booking.supervision import addresses, events, participants, parties, processes
from services.core.database import Database
from services.events.outbox import stage


def confirm_address(db: Database, key: str, secret: str, now: datetime) -> None:
    """The stated address becomes the person's. Everything that was open to the former one ends."""
    person, email = addresses.person_of_address_link(db, secret, now, lock=True)
    match person:
        case Participant():
            _move_participant(db, key, person, email, now)
        case Supervisor():
            parties.move_supervisor(db, key, person, email, now)
        case Client():
            parties.move_contact(db, person, email, now)


def _move_participant(db: Database, key: str, person: Participant, email: str, now: datetime) -> None:
    participants.lock_process_of_participant(db, person)
    participants.ensure_address_unused(processes.list_other_participants(db, person), email)
    former = addresses.move_participant(db, key, person, email, now)
    person.version += 1
    changed = events.participant_changed(person, addresses.list_open_feedback(db, person))
    stage(db, "booking", now, [changed, former, events.participant_readdressed(person)])
