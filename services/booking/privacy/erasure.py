"""Adding, changing, removing and erasing participants of a process, each published to the other services."""

from datetime import datetime

from services.booking.evaluation import answer_drafts, goals
from services.booking.models.people import Participant, Process
from services.booking.privacy import personal_data
from services.booking.sessions import summaries
from services.booking.supervision import addresses, events, participants, processes
from services.booking.supervision.participants import ParticipantCreate, ParticipantUpdate
from services.core.database import Database
from services.events.outbox import stage
from services.web.protocol.etags import IfMatch
from services.web.security.tokens import Role


def add_participant(
    db: Database, link_key: str, process: Process, wanted: ParticipantCreate, now: datetime
) -> Participant:
    """Add a participant to a process, whose row the caller has locked."""
    processes.ensure_process_open(process)
    participants.ensure_room_for_participant(db, process, wanted)
    person = participants.enrol_participant(db, link_key, process.id, wanted, now)
    person.first_sequence = _first_sequence(db, process, person)
    stage(db, "booking", now, [events.participant_changed(person), events.process_changed(db, process)])
    return person


def _first_sequence(db: Database, process: Process, person: Participant) -> int:
    """Above all that calendars may hold of an earlier stay: its farewell counts one on, its return another one.

    Whoever was erased has no address any more by which to know them again.
    """
    left = [one for one in participants.list_participants_of_process(db, process.id) if one.left_at]
    return 2 * len([one for one in left if one.erased_at or one.email.lower() == person.email.lower()])


def change_participant(
    db: Database,
    link_key: str,
    process: Process,
    person: Participant,
    wanted: ParticipantUpdate,
    match: IfMatch,
    now: datetime,
    *,
    by: Role,
) -> None:
    """The caller holds the lock on the process. What was begun and not sent stays with who began it.

    Only the supervisor's own word counts for an address at once: a client may give its own mailbox, to read in it or to
    answer for people who are there, and what an administrator gives opens nothing that was written before.
    """
    others, before = processes.list_other_participants(db, person), person.email
    changed = participants.apply_participant_update(db, link_key, person, others, wanted, match, now, by=by)
    if addresses.is_another(person.email, before):
        answer_drafts.forget_drafts_of_participant(db, person.id)
    stage(db, "booking", now, changed)


def end_participation(
    db: Database, process: Process, person: Participant, now: datetime, *, by_client: bool = False
) -> None:
    """A participant leaves: they get no more letters, their records stay. The caller holds the lock on the process.

    Who took part to the end has a say in the final report, and the client can't take it from them.
    """
    if by_client:
        processes.ensure_process_open(process)
    if person.left_at is None:
        left = participants.mark_participant_left(person, now)
        stage(db, "booking", now, [left, events.process_changed(db, process)])


def forget_participant(db: Database, process: Process, person: Participant, now: datetime) -> None:
    """Erase a participant in all services; anonymous counts stay. The caller holds the lock on the process.

    What was summed up with somebody who was alone in a process is theirs, too; of a group's it is everybody's until
    the last of them is erased.
    """
    personal_data.forget_personal_data(db, person.id)
    others = [each for each in participants.list_participants_of_process(db, process.id) if each.id != person.id]
    alone = all(each.erased_at for each in others)
    if alone:
        summaries.forget_summaries(db, summaries.ids_of_summaries(db, process.id))
        goals.forget_goals(db, process.id, now)
    erased = participants.anonymise_participant(db, person, now).model_copy(update={"alone": alone})
    stage(db, "booking", now, [erased, events.process_changed(db, process)])
