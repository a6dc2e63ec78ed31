"""How much may be held without being confirmed: of one supervisor's time, from one network, for one mailbox.

Anybody may ask for a first talk in anybody's name, and each request sends a letter. Whoever reads that letter is not
kept out: what is held can be confirmed for as long as it counts, and a press in any of the letters begins the count
anew. What is confirmed counts until the talk begins, for one supervisor; so does what was cancelled, for as long as
its cancellation can be taken back.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import and_, false, func, or_
from sqlmodel import col, select

from services.booking.models.sessions import Intake
from services.booking.security import mailboxes
from services.booking.settings import Settings
from services.core.database import Database
from services.web.errors.problems import Problem
from services.web.i18n.language import Text

HOLD_DURATION = timedelta(minutes=30)


class TooManyHolds(Problem):
    """Too many times are held or booked already."""

    status = 429
    finnish = "Liian moni aika on jo varattu."
    advice = Text(
        fi="Vahvista tai peru jokin aika sähköpostiisi tulleesta linkistä tai yritä puolen tunnin kuluttua uudelleen.",
        en="Confirm or cancel one of them first by the link in its letter, or try again in half an hour.",
    )

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": str(int(HOLD_DURATION.total_seconds()))})


class Asker(NamedTuple):
    """Where a request comes from: the digests of its network, but for a program of the practice, and its browser."""

    network: str | None = None
    browser: str | None = None


def ensure_within_limits(db: Database, settings: Settings, intake: Intake, now: datetime) -> None:
    """Refuse one more than may wait. The caller has locked the supervisor and not yet written the intake."""
    mailboxes.lock_mailbox(db, intake.email)
    mailbox = func.lower(col(Intake.email)) == intake.email.lower()
    network = col(Intake.network) == intake.network if intake.network else false()
    supervisor = col(Intake.supervisor_id) == intake.supervisor_id
    lately = col(Intake.requested_at) > now - HOLD_DURATION
    is_held = and_(col(Intake.status) == "held", lately)
    is_unanswered = and_(col(Intake.confirmed_at).is_(None), lately, mailboxes.is_after_last_press(db, intake.email))
    stands = or_(col(Intake.status) == "confirmed", col(Intake.undo_until) > now)
    is_ahead = and_(stands, col(Intake.starts_at) > now, supervisor)
    limits = (
        (settings.holds_per_supervisor, and_(is_held, supervisor)),
        (settings.holds_per_network, and_(is_held, network)),
        (settings.holds_per_mailbox, and_(is_unanswered, mailbox)),
        (settings.talks_per_mailbox, and_(is_ahead, mailbox)),
        (settings.talks_per_network, and_(is_ahead, network)),
    )
    counts = select(*(func.count().filter(which) for _, which in limits)).where(or_(lately, is_ahead))
    counted = db.execute(counts.select_from(Intake)).one()
    if any(count >= limit for count, (limit, _) in zip(counted, limits, strict=True)):
        raise TooManyHolds
    mailboxes.ensure_has_room(db, settings, intake.email, now)
