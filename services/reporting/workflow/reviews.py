"""Participants' reviews of a client report before its release. Their comments are encrypted at rest."""

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken
from pydantic import Field
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from services.core.database import Database
from services.core.encryption import CannotDecrypt, Encryption, derived_key, encryption_for
from services.core.sealing import EncryptedColumn
from services.events.catalogue import Form
from services.reporting.models import Process, Report, ReportKind, Review
from services.reporting.projections import process_data, retention
from services.reporting.settings import Settings
from services.reporting.workflow import drafts
from services.web.errors.validation import invalid
from services.web.protocol.fields import NOTHING_SENSITIVE, Lines, RequestBody

COMMENTS_PURPOSE = "tyonohjaus reporting: comments at rest"


class ReviewCreate(RequestBody):
    """A participant's review of a client report; `tells_goals` is only for an individual process."""

    participant_id: UUID
    approved: bool
    comment: Lines | None = Field(default=None, description=NOTHING_SENSITIVE)
    tells_goals: bool | None = None


class ReportTextUpdate(RequestBody):
    """The text that the participants agreed on; each line is a paragraph."""

    text: Lines


class Opinion(NamedTuple):
    """Whether the report may be given to the client; of one person alone, also with how far the goals were reached."""

    approved: bool
    comment: str | None = None
    tells_goals: bool | None = None
    written_on: str | None = None
    """The digest of the browser in which it was written."""


class ReviewStanding(NamedTuple):
    """Which participants have reviewed the newest version, and who objects to its release.

    An objection of somebody who left since can't be changed any more: it stands in whatever version it was made.
    """

    participants: Sequence[UUID]
    seen: Sequence[UUID]
    objecting: Sequence[UUID]

    @property
    def waiting(self) -> list[UUID]:
        return [person for person in self.participants if person not in self.seen]

    @property
    def is_ready(self) -> bool:
        """Whether nothing prevents a release."""
        return not self.waiting and not self.objecting


def record_review(
    db: Database, report: Report, participant_id: UUID, opinion: Opinion, settings: Settings, now: datetime
) -> None:
    """Store a participant's review of the newest version. The caller holds the lock on the report's row."""
    drafts.ensure_draft(report)
    process = process_data.load_process_data(db, report.subject_id).process
    if participant_id not in process.participant_ids or retention.is_erased(db, participant_id):
        raise invalid(
            "participant_id", "Hän ei ole tämän prosessin osallistuja.", "They are not a participant of this process."
        )
    if opinion.tells_goals is not None:
        _record_consent(db, report, process.form, tells_goals=opinion.tells_goals, now=now)
    key: dict[str, Any] = {"report_id": report.id, "participant_id": participant_id}
    review = Review(**key, version=report.version, approved=opinion.approved, written_on=opinion.written_on, at=now)
    review.comment = encryption_of_comments(settings).seal_if_any(opinion.comment or None, review_context(review))
    written = insert(Review).values(review.model_dump())
    newest = {name: written.excluded[name] for name in ("version", "approved", "comment", "written_on", "at")}
    db.execute(written.on_conflict_do_update(index_elements=["report_id", "participant_id"], set_=newest))


def _record_consent(db: Database, report: Report, form: Form, *, tells_goals: bool, now: datetime) -> None:
    """Only who is alone in a process decides alone; what they decide is in the report that they approve."""
    if form is not Form.individual:
        raise invalid(
            "tells_goals", "Tästä päättää vain yksilö.", "Only the participant of an individual process decides this."
        )
    if report.tells_goals != tells_goals:
        report.tells_goals = tells_goals
        drafts.recompile_draft(db, report, now)


def load_standing(db: Database, report: Report) -> ReviewStanding:
    """Nobody reviews a report that is not for the client; an overview is not even of one process."""
    if report.kind is not ReportKind.client_report:
        return _standing(report, [], [])
    participants = process_data.load_process_data(db, report.subject_id).process.participant_ids
    query = select(Review).where(Review.report_id == report.id)
    return _standing(report, participants, db.scalars(query).all())


def load_standings(db: Database, drafts: Sequence[tuple[Report, Process]]) -> dict[UUID, ReviewStanding]:
    """The standing of many reports at once, by their ids."""
    query = select(Review).where(col(Review.report_id).in_([report.id for report, _ in drafts]))
    given = db.scalars(query).all()
    return {
        report.id: _standing(
            report, process.participant_ids, [review for review in given if review.report_id == report.id]
        )
        for report, process in drafts
    }


def _standing(report: Report, participants: Sequence[UUID], given: Sequence[Review]) -> ReviewStanding:
    present = [each for each in given if each.participant_id in participants and each.version == report.version]
    left = [each for each in given if each.participant_id not in participants]
    return ReviewStanding(
        participants=participants,
        seen=[review.participant_id for review in present],
        objecting=[review.participant_id for review in (*present, *left) if not review.approved],
    )


def find_newest_review(db: Database, report: Report, participant_id: UUID) -> Review | None:
    """This participant's review of the newest version."""
    review = db.get(Review, (report.id, participant_id))
    return review if review and review.version == report.version else None


class ReviewComment(NamedTuple):
    participant_id: UUID
    version: int
    approved: bool
    comment: str | None
    at: datetime


def list_comments(db: Database, report: Report, settings: Settings) -> list[ReviewComment]:
    """For the supervisor, who meets these people anyway."""
    query = select(Review).where(Review.report_id == report.id).order_by(col(Review.at))
    return [
        ReviewComment(each.participant_id, each.version, each.approved, read_comment(each, settings), each.at)
        for each in db.scalars(query)
    ]


def encryption_of_comments(settings: Settings) -> Encryption:
    return encryption_for(settings.own_keys, COMMENTS_PURPOSE, settings.older_link_key)


def review_context(review: Review) -> str:
    """The context that a comment is encrypted for."""
    return f"review/{review.report_id}/{review.participant_id}"


ENCRYPTED_COLUMNS = (EncryptedColumn(Review, "comment", review_context),)


def read_comment(review: Review, settings: Settings) -> str | None:
    """None when it was encrypted with a key that is there no more."""
    if review.comment is None:
        return None
    try:
        return encryption_of_comments(settings).open(review.comment, review_context(review))
    except CannotDecrypt:
        return _decrypt_fernet(settings.older_link_key, review.comment)


def _decrypt_fernet(link_key: str, sealed: bytes) -> str | None:
    """As comments were encrypted up to version 0.1; they are kept as long as their report."""
    if not link_key:
        return None
    try:
        return Fernet(base64.urlsafe_b64encode(derived_key(link_key, COMMENTS_PURPOSE))).decrypt(sealed).decode()
    except InvalidToken:
        return None
