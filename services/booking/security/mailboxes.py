"""How much strangers can have sent to a mailbox whose owner presses nothing: a few letters an hour and a day.

Whatever the letters are about, they count together: first talks that nobody confirmed, with whichever supervisor, login
links that nobody used, and addresses that somebody gave as theirs. Whoever presses a button in a letter of ours is
counted anew from then on.
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, text, true
from sqlmodel import col, select

from services.booking.models.people import Participant
from services.booking.models.security import Link, LoginRequest
from services.booking.models.sessions import Intake
from services.booking.security import links
from services.booking.settings import Settings
from services.core.database import Database
from services.web.errors.problems import Problem
from services.web.i18n.language import Text

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
STATED_FOR = timedelta(days=2)
"""How long the letter to a stated address can be answered."""


class MailboxHasEnough(Problem):
    """This mailbox was sent enough letters that nobody answered."""

    status = 429
    finnish = "Tähän osoitteeseen on lähetetty jo monta kirjettä, joihin ei ole vastattu."
    advice = Text(
        fi="Avaa jonkin kirjeen linkki ja jatka siitä tai yritä tunnin kuluttua uudelleen.",
        en="Open the link in one of those letters and go on from there, or try again in an hour.",
    )

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": str(int(HOUR.total_seconds()))})


def lock_mailbox(db: Database, email: str) -> None:
    """Two letters to one mailbox are counted one after the other."""
    address = links.address_digest(email)
    db.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:address, 0))"), {"address": address})


def has_enough(db: Database, settings: Settings, email: str, now: datetime) -> bool:
    """Whether a mailbox was sent all that it may be since its owner pressed anything. The caller has locked it."""
    limits = {HOUR: settings.unconfirmed_letters_an_hour, DAY: settings.unconfirmed_letters_a_day}
    pressed_at = _last_press(db, email) or now - DAY
    return any(_count_letters(db, email, max(now - span, pressed_at)) >= limit for span, limit in limits.items())


def ensure_has_room(db: Database, settings: Settings, email: str, now: datetime) -> None:
    """Refuse one letter more than strangers may have sent there. The caller has locked the mailbox."""
    if has_enough(db, settings, email, now):
        raise MailboxHasEnough


def is_after_last_press(db: Database, email: str) -> ColumnElement[bool]:
    """Of talks: asked for since the owner of the mailbox last pressed a button in one of its letters."""
    pressed = select(func.max(Link.used_at)).join(Intake, col(Intake.id) == Link.subject_id)
    at = db.scalar(pressed.where(func.lower(col(Intake.email)) == email.lower()))
    return col(Intake.requested_at) > at if at else true()


def _count_letters(db: Database, email: str, since: datetime) -> int:
    asked = (col(Intake.requested_at) > since, col(Intake.confirmed_at).is_(None))
    talks = select(func.count()).where(func.lower(col(Intake.email)) == email.lower(), *asked)
    sent = (LoginRequest.address == links.address_digest(email), col(LoginRequest.answered_at) > since)
    logins = select(func.count()).where(*sent, col(LoginRequest.link).is_not(None))
    sent_to = (col(Link.purpose) == links.LinkPurpose.address, col(Link.sent_to) == links.address_digest(email))
    stated = select(func.count()).where(*sent_to, col(Link.expires_at) > since + STATED_FOR)
    return sum(db.scalars(query).one() for query in (talks, logins, stated))


def _last_press(db: Database, email: str) -> datetime | None:
    """When the owner of the mailbox last pressed a button in a letter of ours."""
    address = email.lower()
    of_login = (col(LoginRequest.link) == Link.digest, col(LoginRequest.address) == links.address_digest(email))
    of_talk = (col(Link.subject_id) == Intake.id, func.lower(Intake.email) == address)
    presses = (
        select(func.max(Intake.confirmed_at)).where(func.lower(col(Intake.email)) == address),
        select(func.max(Participant.used_at)).where(func.lower(col(Participant.email)) == address),
        select(func.max(Link.used_at)).select_from(LoginRequest).where(*of_login),
        select(func.max(Link.used_at)).select_from(Intake).where(*of_talk),
    )
    last: datetime | None = db.scalar(select(func.greatest(*(press.scalar_subquery() for press in presses))))
    return last
