"""Personal links in booking: issued for one purpose and one subject, found by their secret."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.booking.models.security import Link
from services.core.database import Database
from services.web.errors.problems import NotFound
from services.web.security import audit
from services.web.security.links import LinkExpired, digest, is_wellformed, new_link, secret


class LinkPurpose(StrEnum):
    """What a link opens; it opens nothing else."""

    participant = "participant"
    calendar = "calendar"
    intake = "intake"
    login = "login"
    evaluation = "evaluation"
    feedback = "feedback"
    summary = "summary"
    address = "address"
    test_letter = "test_letter"


class LinkUsed(LinkExpired):
    """This link has been used."""

    finnish = "Tämä linkki on jo käytetty."


def issue_link(
    db: Database,
    key: str,
    purpose: LinkPurpose,
    subject_id: UUID,
    expires_at: datetime,
    link_id: UUID | None = None,
    sent_to: str | None = None,
) -> UUID:
    """Issue a link that is valid until it expires; its id may be passed on, its secret is never stored."""
    link_id = link_id or new_link(key)
    db.add(
        Link(
            digest=digest(secret(key, link_id)),
            purpose=purpose.value,
            subject_id=subject_id,
            expires_at=expires_at,
            sent_to=sent_to and address_digest(sent_to),
        )
    )
    return link_id


def address_digest(email: str) -> str:
    """Addresses that differ only in case belong to one person."""
    return digest(email.lower())


def find_link(db: Database, purpose: LinkPurpose, secret: str, now: datetime) -> Link:
    """The link with this secret and purpose; anything else is not found."""
    link = db.get(Link, digest(secret)) if is_wellformed(secret) else None
    if link is None or link.purpose != purpose:
        raise NotFound
    if link.expires_at <= now:
        raise LinkExpired
    audit.note_guest(db, f"{link.purpose}/{link.subject_id}")
    return link
