"""What the participants say of a client report before it is released. What they write rests sealed."""

import base64
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import NamedTuple
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from services.database import Database
from services.events.catalogue import Form
from services.reporting import dossiers, drafts
from services.reporting.models import Process, Report, Review
from services.web.validation import invalid


class Opinion(NamedTuple):
    """Whether the report may be given to the client; of one person alone, also with how far the goals were reached."""

    approved: bool
    comment: str | None = None
    tells_goals: bool | None = None


class Standing(NamedTuple):
    """Who of the participants has seen the report as it is now, and who of them would not give it away."""

    participants: Sequence[UUID]
    seen: Sequence[UUID]
    objecting: Sequence[UUID]

    @property
    def waiting(self) -> list[UUID]:
        return [person for person in self.participants if person not in self.seen]

    @property
    def is_ready(self) -> bool:
        """Whether nothing stands in the way of a release."""
        return not self.waiting and not self.objecting


def give(db: Database, report: Report, participant_id: UUID, opinion: Opinion, link_key: str, now: datetime) -> None:
    """Write down what a participant says of the report as it is now. The caller holds the lock on its row."""
    drafts.ensure_draft(report)
    process = dossiers.get(db, report.subject_id).process
    if participant_id not in process.participant_ids:
        raise invalid("participant_id", "Hän ei ole tämän prosessin osallistuja.", "This is no participant of this.")
    if opinion.tells_goals is not None:
        _consent(db, report, process.form, tells_goals=opinion.tells_goals, now=now)
    review = Review(
        report_id=report.id,
        participant_id=participant_id,
        version=report.version,
        approved=opinion.approved,
        comment=_seal(link_key).encrypt(opinion.comment.encode()) if opinion.comment else None,
        at=now,
    )
    written = insert(Review).values(review.model_dump())
    newest = {name: written.excluded[name] for name in ("version", "approved", "comment", "at")}
    db.execute(written.on_conflict_do_update(index_elements=["report_id", "participant_id"], set_=newest))


def _consent(db: Database, report: Report, form: Form, *, tells_goals: bool, now: datetime) -> None:
    """Only who is alone in a process decides alone; what they decide is in the report that they approve."""
    if form is not Form.individual:
        raise invalid("tells_goals", "Tästä päättää vain yksilö.", "Only one person alone decides on this.")
    if report.tells_goals != tells_goals:
        report.tells_goals = tells_goals
        drafts.renew(db, report, now)


def standing(db: Database, report: Report) -> Standing:
    participants = dossiers.get(db, report.subject_id).process.participant_ids
    query = select(Review).where(Review.report_id == report.id, Review.version == report.version)
    return _standing(participants, db.scalars(query).all())


def standings(db: Database, drafts: Sequence[tuple[Report, Process]]) -> dict[UUID, Standing]:
    """The standing of many reports at once, by their ids."""
    query = select(Review).where(col(Review.report_id).in_([report.id for report, _ in drafts]))
    given = db.scalars(query).all()
    return {
        report.id: _standing(
            process.participant_ids,
            [review for review in given if (review.report_id, review.version) == (report.id, report.version)],
        )
        for report, process in drafts
    }


def _standing(participants: Sequence[UUID], given: Sequence[Review]) -> Standing:
    valid = [review for review in given if review.participant_id in participants]
    return Standing(
        participants=participants,
        seen=[review.participant_id for review in valid],
        objecting=[review.participant_id for review in valid if not review.approved],
    )


def newest(db: Database, report: Report, participant_id: UUID) -> Review | None:
    """What this participant says of the report as it is now."""
    review = db.get(Review, (report.id, participant_id))
    return review if review and review.version == report.version else None


def comment_of(review: Review, link_key: str) -> str | None:
    """For whoever wrote it."""
    return _open(link_key, review.comment)


class Comment(NamedTuple):
    participant_id: UUID
    version: int
    approved: bool
    comment: str | None
    at: datetime


def comments(db: Database, report: Report, link_key: str) -> list[Comment]:
    """For the supervisor, who meets these people anyway."""
    query = select(Review).where(Review.report_id == report.id).order_by(col(Review.at))
    return [
        Comment(each.participant_id, each.version, each.approved, _open(link_key, each.comment), each.at)
        for each in db.scalars(query)
    ]


def _open(link_key: str, sealed: bytes | None) -> str | None:
    """None when it was sealed with a key that has been replaced since."""
    try:
        return _seal(link_key).decrypt(sealed).decode() if sealed else None
    except InvalidToken:
        return None


@cache
def _seal(link_key: str) -> Fernet:
    derived = HKDF(SHA256(), 32, None, b"tyonohjaus reporting: comments at rest").derive(link_key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
