"""Personal links to reports: each for one reader and one report, found again by its secret.

A link belongs to the address that it was sent to: as soon as its reader has another one, it opens nothing.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from services.core.database import Database
from services.reporting.models import Link, ParticipantAddress, Process, Report, Supervisor
from services.reporting.projections.rebuild import NotToldYet
from services.web.errors.problems import NotFound
from services.web.security.links import LinkExpired, digest, is_wellformed, personal_link, secret, stable_links

REPORT_LINK_LIFETIME = timedelta(days=180)


class ReportReader(StrEnum):
    """The role in which somebody reads a report."""

    supervisor = "supervisor"
    participant = "participant"
    client = "client"


class LinkVisit(NamedTuple):
    """A report, and whose link opened it."""

    report: Report
    reader: ReportReader
    participant_id: UUID | None

    @property
    def actor(self) -> str:
        return f"{self.reader}/{self.participant_id}" if self.participant_id else self.reader.value


def issue_report_link(
    db: Database, key: str, report: Report, reader: ReportReader, now: datetime, participant_id: UUID | None = None
) -> UUID:
    """Let the reader's link open the report, for longer if it does so already. Its secret is never stored.

    The id that is returned is the same for every address of a reader; see `personal_link`.
    """
    visit = LinkVisit(report, reader, participant_id)
    link_ids = stable_links(key, report.id, visit.actor)
    _issue(db, key, visit, link_ids[:1], now)
    return link_ids[0]


def _issue(db: Database, key: str, visit: LinkVisit, link_ids: Sequence[UUID], now: datetime) -> None:
    address_id = _present_address(db, visit)
    opens = {
        "report_id": visit.report.id,
        "reader": visit.reader.value,
        "participant_id": visit.participant_id,
        "address_id": address_id,
        "expires_at": now + REPORT_LINK_LIFETIME,
    }
    for link_id in link_ids:
        issued = insert(Link).values(opens | {"digest": digest(secret(key, personal_link(link_id, address_id)))})
        longer = {"expires_at": issued.excluded.expires_at}
        db.execute(issued.on_conflict_do_update(index_elements=["digest"], set_=longer))


def _present_address(db: Database, visit: LinkVisit) -> UUID | None:
    """Which address of theirs the reader has now; none is their first."""
    match visit.reader:
        case ReportReader.participant:
            address = db.get(ParticipantAddress, visit.participant_id)
            return address.address_id if address else None
        case ReportReader.client:
            return _process_of(db, visit.report).client_address_id
        case ReportReader.supervisor:
            return _supervisor_of(db, visit.report).address_id


def _process_of(db: Database, report: Report) -> Process:
    if process := db.get(Process, report.subject_id):
        return process
    raise NotToldYet


def _supervisor_of(db: Database, report: Report) -> Supervisor:
    if supervisor := db.get(Supervisor, report.supervisor_id):
        return supervisor
    raise NotToldYet


def renew_report_links(
    db: Database, key: str, address_id: UUID | None, now: datetime, *whose: ColumnElement[bool]
) -> None:
    """End the links to a reader's addresses of before; those to the present one open the same reports.

    Which key made a link can't be told from its digest, and a letter that is sent again has the id of then. So there is
    one of each key.
    """
    former = col(Link.address_id).is_distinct_from(address_id)
    valid = select(Link).join(Report).where(*whose, former, col(Link.expires_at) > now)
    for link in db.scalars(valid).all():
        visit = LinkVisit(db.get_one(Report, link.report_id), ReportReader(link.reader), link.participant_id)
        _issue(db, key, visit, stable_links(key, link.report_id, visit.actor), now)
        link.expires_at = now


def follow_report_link(db: Database, secret: str, now: datetime, *, lock: bool = False) -> LinkVisit:
    """What the link with this secret opens.

    A link that was made while the address changed was not ended with the others, so it is compared here, too.
    """
    link = db.get(Link, digest(secret)) if is_wellformed(secret) else None
    if link is None:
        raise NotFound
    if link.expires_at <= now:
        raise LinkExpired
    report = db.get_one(Report, link.report_id, with_for_update=lock or None, populate_existing=lock)
    visit = LinkVisit(report, ReportReader(link.reader), link.participant_id)
    if not _may_still_read(db, visit):
        raise NotFound
    if link.address_id != _present_address(db, visit):
        raise LinkExpired
    return visit


def _may_still_read(db: Database, visit: LinkVisit) -> bool:
    """Whether the reader has neither left the process nor been deactivated."""
    match visit.reader:
        case ReportReader.participant:
            return visit.participant_id in _process_of(db, visit.report).participant_ids
        case ReportReader.supervisor:
            return _supervisor_of(db, visit.report).active
        case ReportReader.client:
            return True


def participant_of_visit(visit: LinkVisit) -> UUID:
    """The participant whose link it is. Raises NotFound for any other link."""
    if visit.participant_id is None:
        raise NotFound
    return visit.participant_id
