"""Browsers in which somebody is logged in, each by a cookie of its own: for half a day, or for thirty days.

A login is a proof of who somebody is, so a proof that is asked for later is another login, which takes the place of
the one before: the cookie is new, so that nobody who had the old one gains by it.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, update
from sqlmodel import col, select

from services.booking.models.security import BrowserSession
from services.booking.security import access
from services.booking.security.accounts import ADMIN_PARTY_ID, Account, account_of_party, ensure_account_stands
from services.booking.settings import Settings
from services.core.database import Database
from services.web.errors.problems import NotFound
from services.web.security.links import digest
from services.web.security.tokens import Principal, Role

LIFETIME = timedelta(hours=12)
REMEMBERED_FOR = timedelta(days=30)
SEEN_EVERY = timedelta(hours=1)
"""How often it is noted that a browser is in use."""


class BrowserAtLogin(NamedTuple):
    """What a browser brings along when somebody logs in with it."""

    secret: str
    name: str
    is_remembered: bool


class Found(NamedTuple):
    """Who is logged in with a browser."""

    session: BrowserSession
    account: Account

    @property
    def principal(self) -> Principal:
        party_id = None if self.account.role is Role.admin else self.account.party_id
        return Principal(self.account.role, party_id, credential_of(self.session))


class NewSession(NamedTuple):
    """A login that has just begun, and the secret by which it is found from now on."""

    secret: str
    found: Found


def begin_session(db: Database, account: Account, browser: BrowserAtLogin, now: datetime) -> NewSession:
    """Log in. The secret is always new, so that nobody can have set it beforehand."""
    ensure_account_stands(db, account)
    is_remembered = browser.is_remembered and account.is_staff
    expires_at = now + (REMEMBERED_FOR if is_remembered else LIFETIME)
    earlier = db.get(BrowserSession, digest(browser.secret)) if browser.secret else None
    if earlier and (earlier.role, earlier.party_id) == (account.role, account.party_id):
        expires_at = max(expires_at, earlier.expires_at)
    end_session(db, browser.secret)
    secret = secrets.token_urlsafe(32)
    session = BrowserSession(
        digest=digest(secret),
        role=account.role,
        party_id=account.party_id,
        admin_address=account.admin_address,
        browser=browser.name,
        created_at=now,
        seen_at=now,
        expires_at=expires_at,
    )
    db.add(session)
    return NewSession(secret, Found(session, account))


def find_session(db: Database, settings: Settings, secret: str, now: datetime) -> Found | None:
    """Who is logged in by this secret, until the login expires or the account ends."""
    session = db.get(BrowserSession, digest(secret)) if secret else None
    if session is None or session.expires_at <= now:
        return None
    account = account_of_party(db, settings, Role(session.role), session.party_id)
    # Sessions from before this column know no address; they live for half a day.
    if account is None or session.admin_address not in (None, account.admin_address):
        return None
    return Found(session, account)


def credential_of(session: BrowserSession) -> str:
    """What a browser's login is called, here and at the other services."""
    return f"browser-{session.digest[:16]}"


def note_seen(db: Database, session: BrowserSession, now: datetime) -> None:
    row = update(BrowserSession).where(col(BrowserSession.digest) == session.digest)
    db.execute(row.values(seen_at=now).execution_options(synchronize_session=False))


def is_to_be_noted(session: BrowserSession, now: datetime) -> bool:
    return session.seen_at is None or session.seen_at < now - SEEN_EVERY


def list_sessions(db: Database, account: Account, now: datetime) -> Sequence[BrowserSession]:
    """The one that was in use last comes first."""
    seen = col(BrowserSession.seen_at).desc().nulls_last()
    query = select(BrowserSession).where(_of_account(account), col(BrowserSession.expires_at) > now)
    return db.scalars(query.order_by(seen, col(BrowserSession.created_at).desc())).all()


def end_session_of(db: Database, account: Account, number: str) -> None:
    """Log one of somebody's own browsers out, by its digest."""
    if not _end(db, _of_account(account) & (col(BrowserSession.digest) == number)):
        raise NotFound


def end_session(db: Database, secret: str) -> None:
    """Log a browser out, of all three services."""
    _end(db, col(BrowserSession.digest) == digest(secret))


def end_sessions(db: Database, party_id: UUID) -> None:
    """Log somebody out everywhere: who reads the old mailbox of a corrected address is not known."""
    _end(db, col(BrowserSession.party_id) == party_id)


def _of_account(account: Account) -> ColumnElement[bool]:
    own = (col(BrowserSession.role) == account.role) & (col(BrowserSession.party_id) == account.party_id)
    known = col(BrowserSession.admin_address) == account.admin_address
    return own & known if account.party_id == ADMIN_PARTY_ID else own


def _end(db: Database, which: ColumnElement[bool]) -> int:
    sessions = db.scalars(select(BrowserSession).where(which).with_for_update()).all()
    for session in sessions:
        db.delete(session)
    access.end_access(db, [credential_of(session) for session in sessions])
    return len(sessions)
