"""Personal links to reports: each for one reader and one report, found again by its secret."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID, uuid5

from sqlalchemy.dialects.postgresql import insert

from services.database import Database
from services.reporting.models import Link, Report
from services.web.language import Text
from services.web.links import digest, is_wellformed, secret
from services.web.problems import NotFound, Problem

LIFETIME = timedelta(days=180)


class Reader(StrEnum):
    """In which part somebody reads a report."""

    supervisor = "supervisor"
    participant = "participant"
    client = "client"


class LinkExpired(Problem):
    """This link is no longer valid."""

    status = 410
    finnish = "Tämä linkki ei ole enää voimassa."
    advice = Text(
        fi="Pyydä tarvittaessa uusi linkki työnohjaajalta.", en="Ask the supervisor for a new one if you need it."
    )


class Visit(NamedTuple):
    """A report, and as whom somebody came to it."""

    report: Report
    reader: Reader
    participant_id: UUID | None

    @property
    def actor(self) -> str:
        return f"{self.reader}/{self.participant_id}" if self.participant_id else self.reader.value


def issue(
    db: Database, key: str, report: Report, reader: Reader, now: datetime, participant_id: UUID | None = None
) -> UUID:
    """Let the reader's link open the report, for longer if it does so already. Its secret is never stored."""
    link_id = uuid5(report.id, f"{reader}/{participant_id}" if participant_id else reader.value)
    link = Link(
        digest=digest(secret(key, link_id)),
        report_id=report.id,
        reader=reader.value,
        participant_id=participant_id,
        expires_at=now + LIFETIME,
    )
    issued = insert(Link).values(link.model_dump())
    longer = {"expires_at": issued.excluded.expires_at}
    db.execute(issued.on_conflict_do_update(index_elements=["digest"], set_=longer))
    return link_id


def follow(db: Database, secret: str, now: datetime, *, lock: bool = False) -> Visit:
    """What the link with this secret opens."""
    link = db.get(Link, digest(secret)) if is_wellformed(secret) else None
    if link is None:
        raise NotFound
    if link.expires_at <= now:
        raise LinkExpired
    report = db.get_one(Report, link.report_id, with_for_update=lock or None, populate_existing=lock)
    return Visit(report, Reader(link.reader), link.participant_id)


def participant_of(visit: Visit) -> UUID:
    """Whose link it is; the others' have nothing to say here."""
    if visit.participant_id is None:
        raise NotFound
    return visit.participant_id
