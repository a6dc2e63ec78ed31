"""Everything that writing a batch of letters needs, read at once, so that writing asks the database nothing."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlmodel import col

from services.database import Database
from services.notifier.agenda import Day, gather
from services.notifier.contexts import LetterKind
from services.notifier.models import (
    Evaluation,
    Intake,
    Letter,
    Login,
    Mention,
    Participant,
    Preference,
    Process,
    Report,
    Session,
    Summary,
    Supervisor,
    Table,
)
from services.notifier.planning import EVALUATION, REPORT, SUMMARY
from services.notifier.settings import Settings
from services.notifier.wishes import newest
from services.web import links
from services.workdays import local

NEEDS_THE_CALENDAR = (LetterKind.cancellation, LetterKind.summary, LetterKind.evaluation_request)

T = TypeVar("T", bound=Table)
K = TypeVar("K")
V = TypeVar("V")
Secret = Callable[[UUID], str]
"""What a link's id becomes in an address."""


class NothingToSend(Exception):
    """There is nothing to say any more, or nobody to say it to."""


def found(rows: Mapping[K, V], key: K | None) -> V:
    if key is None or key not in rows:
        raise NothingToSend
    return rows[key]


@dataclass(frozen=True, kw_only=True)
class Desk:
    settings: Settings
    now: datetime
    secret: Secret
    mentions: Mapping[UUID, Sequence[Mention]]
    sessions: Mapping[tuple[UUID, int], Session]
    intakes: Mapping[tuple[UUID, int], Intake]
    processes: Mapping[UUID, Process]
    supervisors: Mapping[UUID, Supervisor]
    participants: Mapping[UUID, Participant]
    preferences: Mapping[UUID, Preference]
    logins: Mapping[UUID, Login]
    #: the meetings, in their newest state, of each process whose letters tell of the next one
    calendars: Mapping[UUID, Sequence[Session]]
    evaluations: Mapping[UUID, Evaluation]
    #: every version of each
    summaries: Mapping[UUID, Sequence[Summary]]
    reports: Mapping[UUID, Report]
    #: what each agenda has to say, by the letter's id
    agendas: Mapping[UUID, Day]

    def link(self, path: str, link_id: UUID) -> str:
        return f"{self.settings.public_url}/{path}/{self.secret(link_id)}"

    def report_link(self, link_id: UUID) -> str:
        return f"{self.settings.reporting_public_url}/raportti/{self.secret(link_id)}"

    def settings_link(self, participant_id: UUID) -> str | None:
        preference = self.preferences.get(participant_id)
        if preference is None:
            return None
        return f"{self.settings.notifier_public_url}/viestiasetukset/{self.secret(preference.link)}"


def lay_out(
    db: Database, settings: Settings, letters: Sequence[Letter], now: datetime, secret: Secret | None = None
) -> Desk:
    mentions = _mentions(db, {letter.id for letter in letters})
    told = {pair for lines in mentions.values() for line in lines for pair in _versions(line)}
    process_ids = {letter.process_id for letter in letters if letter.process_id}
    supervisor_ids = {letter.supervisor_id for letter in letters if letter.supervisor_id}
    recipients = {letter.recipient_id for letter in letters}
    return Desk(
        settings=settings,
        now=now,
        secret=secret or (lambda link_id: links.secret(settings.link_key, link_id)),
        mentions=mentions,
        sessions={(row.session_id, row.version): row for row in _told(db, Session, Session.session_id, told)},
        intakes={(row.intake_id, row.version): row for row in _told(db, Intake, Intake.intake_id, told)},
        processes=_by_id(db, Process, "process_id", process_ids),
        supervisors=_by_id(db, Supervisor, "supervisor_id", supervisor_ids),
        participants=_by_id(db, Participant, "participant_id", recipients),
        preferences=_by_id(db, Preference, "participant_id", recipients),
        logins=_by_id(db, Login, "login_id", recipients),
        calendars=_calendars(
            db, {letter.process_id for letter in letters if letter.process_id and letter.kind in NEEDS_THE_CALENDAR}
        ),
        evaluations=_by_id(db, Evaluation, "evaluation_id", _subjects(letters, EVALUATION.kinds)),
        summaries=_summaries(db, _subjects(letters, SUMMARY.kinds)),
        reports=_by_id(db, Report, "report_id", _subjects(letters, REPORT.kinds)),
        agendas={
            letter.id: gather(db, letter.recipient_id, local(letter.time).date(), now)
            for letter in letters
            if letter.kind == LetterKind.daily_agenda
        },
    )


def _subjects(letters: Sequence[Letter], kinds: Collection[LetterKind]) -> set[UUID]:
    return {letter.subject_id for letter in letters if letter.kind in kinds}


def _summaries(db: Database, summary_ids: Collection[UUID]) -> dict[UUID, list[Summary]]:
    versions = defaultdict(list)
    if summary_ids:
        for version in db.scalars(select(Summary).where(col(Summary.summary_id).in_(summary_ids))):
            versions[version.summary_id].append(version)
    return versions


def _mentions(db: Database, letter_ids: Collection[UUID]) -> dict[UUID, list[Mention]]:
    lines = defaultdict(list)
    for line in db.scalars(select(Mention).where(col(Mention.letter_id).in_(letter_ids))):
        lines[line.letter_id].append(line)
    return lines


def _versions(line: Mention) -> list[tuple[UUID, int]]:
    return [(line.meeting_id, version) for version in (line.version, line.previous_version) if version is not None]


def _told(db: Database, table: type[T], meeting_id: Any, told: Collection[tuple[UUID, int]]) -> Sequence[T]:
    version: Any = table.version  # type: ignore[attr-defined]
    return db.scalars(select(table).where(tuple_(meeting_id, version).in_(told))).all() if told else []


def _by_id(db: Database, table: type[T], key: str, ids: Collection[UUID]) -> dict[UUID, T]:
    if not ids:
        return {}
    return {getattr(row, key): row for row in db.scalars(select(table).where(getattr(table, key).in_(ids)))}


def _calendars(db: Database, process_ids: Collection[UUID]) -> dict[UUID, list[Session]]:
    if not process_ids:
        return {}
    histories = defaultdict(list)
    for meeting in db.scalars(select(Session).where(col(Session.process_id).in_(process_ids))):
        histories[meeting.process_id].append(meeting)
    return {
        process_id: newest(history, lambda meeting: meeting.session_id) for process_id, history in histories.items()
    }
