"""Loads everything that a batch of letters needs at once, so that composing them queries nothing."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import select, tuple_

from services.core.database import Database
from services.finnish.workdays import local
from services.notifier.composition.agenda import AgendaContent, load_agenda, session_numbers
from services.notifier.composition.contexts import NewsItem
from services.notifier.composition.news import load_news
from services.notifier.kinds import LetterKind
from services.notifier.models import (
    AccessNotice,
    Evaluation,
    Intake,
    Intention,
    Letter,
    Mention,
    Participant,
    Practice,
    Preference,
    Process,
    Report,
    Session,
    Summary,
    Supervisor,
    Table,
)
from services.notifier.planning.planner import EVALUATION_LETTERS, REPORT_LETTERS, SUMMARY_LETTERS
from services.notifier.planning.wanted import REMINDER_KINDS, newest_versions
from services.notifier.settings import Settings
from services.web.pages.practice import PracticeView, practice_seen
from services.web.security import links

KINDS_WITH_NEXT_SESSION = (LetterKind.cancellation, LetterKind.summary, LetterKind.evaluation_request)

T = TypeVar("T", bound=Table)
K = TypeVar("K")
V = TypeVar("V")


class Secrets(NamedTuple):
    """What becomes of the id of a link in its address, by the keys of those links, and of the id of a code."""

    of_link: Callable[[str, UUID], str]
    of_code: Callable[[str, UUID], str]


IN_CLEAR = Secrets(links.secret, links.device_code)


class NothingToSend(Exception):
    """There is nothing to say any more, or nobody to say it to."""


def found_or_nothing_to_send(rows: Mapping[K, V], key: K | None) -> V:
    if key is None or key not in rows:
        raise NothingToSend
    return rows[key]


@dataclass(frozen=True, kw_only=True)
class Sources:
    settings: Settings
    now: datetime
    secrets: Secrets
    practice: PracticeView
    mentions: Mapping[UUID, Sequence[Mention]]
    sessions: Mapping[tuple[UUID, int], Session]
    #: by time, as it is now
    session_numbers: Mapping[UUID, int]
    intakes: Mapping[tuple[UUID, int], Intake]
    processes: Mapping[UUID, Process]
    supervisors: Mapping[UUID, Supervisor]
    participants: Mapping[UUID, Participant]
    preferences: Mapping[UUID, Preference]
    notices: Mapping[UUID, AccessNotice]
    #: what recipients said about coming to a meeting, by the meeting and the recipient
    intentions: Mapping[tuple[UUID, UUID], Intention]
    #: the meetings, in their newest state, of each process whose letters tell of the next one
    calendars: Mapping[UUID, Sequence[Session]]
    evaluations: Mapping[UUID, Evaluation]
    #: every version of each
    summaries: Mapping[UUID, Sequence[Summary]]
    reports: Mapping[UUID, Report]
    #: what each agenda has to say, by the letter's id
    agendas: Mapping[UUID, AgendaContent]
    #: what each letter of news has to say, by the letter's id
    news: Mapping[UUID, Sequence[NewsItem]]

    def link(self, path: str, link_id: UUID) -> str:
        return f"{self.settings.public_url}/{path}/{self.secrets.of_link(self.settings.link_key, link_id)}"

    def personal_link(self, path: str, person: Participant, link_id: UUID) -> str:
        """The address of a link that is made for the person's present address."""
        return self.link(path, links.personal_link(link_id, person.address_id))

    def code(self, code_id: UUID) -> str:
        return self.secrets.of_code(self.settings.link_key, code_id)

    def report_link(self, link_id: UUID, address_id: UUID | None) -> str:
        """The address of a link to a report that is made for its reader's present address."""
        own_link = links.personal_link(link_id, address_id)
        secret = self.secrets.of_link(self.settings.report_link_key, own_link)
        return f"{self.settings.public_url}/raportti/{secret}"

    def settings_link(self, participant_id: UUID) -> str | None:
        preference = self.preferences.get(participant_id)
        if preference is None:
            return None
        secret = self.secrets.of_link(self.settings.link_key, preference.link)
        return f"{self.settings.public_url}/viestiasetukset/{secret}"


def load_sources(
    db: Database, settings: Settings, letters: Sequence[Letter], now: datetime, secrets: Secrets = IN_CLEAR
) -> Sources:
    mentions = _grouped(db, Mention, "letter_id", {letter.id for letter in letters})
    versions = {pair for lines in mentions.values() for line in lines for pair in _versions(line)}
    process_ids = {letter.process_id for letter in letters if letter.process_id}
    supervisor_ids = {letter.supervisor_id for letter in letters if letter.supervisor_id}
    recipients = {letter.recipient_id for letter in letters}
    return Sources(
        settings=settings,
        now=now,
        secrets=secrets,
        practice=practice_seen(db, Practice),
        mentions=mentions,
        sessions=_mentioned_versions(db, Session, "session_id", versions),
        session_numbers=session_numbers(db, {letter.process_id for letter in letters if letter.id in mentions}),
        intakes=_mentioned_versions(db, Intake, "intake_id", versions),
        processes=_by_id(db, Process, "process_id", process_ids),
        supervisors=_by_id(db, Supervisor, "supervisor_id", supervisor_ids),
        participants=_by_id(db, Participant, "participant_id", recipients),
        preferences=_by_id(db, Preference, "participant_id", recipients),
        notices=_by_id(db, AccessNotice, "notice_id", recipients),
        intentions=_intentions(db, {letter.recipient_id for letter in letters if letter.kind in REMINDER_KINDS}),
        calendars=_calendars(db, {letter.process_id for letter in letters if letter.kind in KINDS_WITH_NEXT_SESSION}),
        evaluations=_by_id(db, Evaluation, "evaluation_id", _subjects(letters, EVALUATION_LETTERS.kinds)),
        summaries=_grouped(db, Summary, "summary_id", _subjects(letters, SUMMARY_LETTERS.kinds)),
        reports=_by_id(db, Report, "report_id", _subjects(letters, REPORT_LETTERS.kinds)),
        agendas={
            letter.id: load_agenda(db, settings.public_url, letter.recipient_id, local(letter.time).date(), now)
            for letter in letters
            if letter.kind == LetterKind.daily_agenda
        },
        news={
            letter.id: load_news(db, settings.public_url, letter.recipient_id, letter.time)
            for letter in letters
            if letter.kind == LetterKind.news
        },
    )


def _subjects(letters: Sequence[Letter], kinds: Collection[LetterKind]) -> set[UUID]:
    return {letter.subject_id for letter in letters if letter.kind in kinds}


def _grouped(db: Database, table: type[T], key: str, ids: Collection[UUID | None]) -> dict[UUID, list[T]]:
    groups = defaultdict(list)
    if ids:
        for row in db.scalars(select(table).where(getattr(table, key).in_(ids))):
            groups[getattr(row, key)].append(row)
    return groups


def _versions(line: Mention) -> list[tuple[UUID, int]]:
    return [(line.meeting_id, version) for version in (line.version, line.previous_version) if version is not None]


def _mentioned_versions(
    db: Database, table: type[T], key: str, versions: Collection[tuple[UUID, int]]
) -> dict[tuple[UUID, int], T]:
    version = attrgetter(key, "version")
    rows = db.scalars(select(table).where(tuple_(*version(table)).in_(versions))) if versions else ()
    return {version(row): row for row in rows}


def _by_id(db: Database, table: type[T], key: str, ids: Collection[UUID]) -> dict[UUID, T]:
    if not ids:
        return {}
    return {getattr(row, key): row for row in db.scalars(select(table).where(getattr(table, key).in_(ids)))}


def _intentions(db: Database, participant_ids: Collection[UUID]) -> dict[tuple[UUID, UUID], Intention]:
    said = _grouped(db, Intention, "participant_id", participant_ids)
    return {(one.session_id, one.participant_id): one for together in said.values() for one in together}


def _calendars(db: Database, process_ids: Collection[UUID | None]) -> dict[UUID, list[Session]]:
    histories = _grouped(db, Session, "process_id", process_ids)
    return {
        process_id: newest_versions(history, lambda meeting: meeting.session_id)
        for process_id, history in histories.items()
    }
