"""Personal links in booking: made for one purpose and one subject, and found again by their secret."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from services.booking.models import Link
from services.database import Database
from services.web import trail
from services.web.language import Text
from services.web.links import digest, is_wellformed, secret
from services.web.problems import NotFound, Problem


class Purpose(StrEnum):
    """What a link opens; it opens nothing else."""

    participant = "participant"
    calendar = "calendar"
    intake = "intake"
    login = "login"
    evaluation = "evaluation"
    feedback = "feedback"
    summary = "summary"


class LinkExpired(Problem):
    """This link is no longer valid."""

    status = 410
    finnish = "Tämä linkki ei ole enää voimassa."
    advice = Text(
        fi="Pyydä tarvittaessa uusi linkki työnohjaajalta.", en="Ask the supervisor for a new one if you need it."
    )


def issue(
    db: Database, key: str, purpose: Purpose, subject_id: UUID, expires_at: datetime, link_id: UUID | None = None
) -> UUID:
    """Let a link open something until it expires; its id may travel, its secret is never stored."""
    link_id = link_id or uuid4()
    db.add(
        Link(digest=digest(secret(key, link_id)), purpose=purpose.value, subject_id=subject_id, expires_at=expires_at)
    )
    return link_id


def find(db: Database, purpose: Purpose, secret: str, now: datetime) -> Link:
    """The link with this secret. What was never made, or for something else, is not there."""
    link = db.get(Link, digest(secret)) if is_wellformed(secret) else None
    if link is None or link.purpose != purpose:
        raise NotFound
    if link.expires_at <= now:
        raise LinkExpired
    trail.led_by(db, f"{link.purpose}/{link.subject_id}")
    return link
