"""Logging in without a password: a link by e-mail, used once, and a session in the browser that used it."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select

from services.booking import links
from services.booking.links import LinkExpired, Purpose
from services.booking.models import BrowserSession, Client, Link, Supervisor
from services.booking.settings import Settings
from services.database import Database, new_id
from services.events.catalogue import LoginRequested
from services.events.outbox import stage
from services.web.links import digest
from services.web.problems import NotFound
from services.web.tokens import Principal, Role

LINK_LIFETIME = timedelta(minutes=30)
SESSION_LIFETIME = timedelta(hours=12)

NOBODY = UUID(int=0)
"""Stands for the admin, who is no party, where a link or a browser says whose it is."""


@dataclass(frozen=True)
class Account:
    """Somebody who may log in: a supervisor, the contact of a client, or the admin."""

    role: Role
    party_id: UUID
    title: str
    full_name: str
    email: str


def request_link(db: Database, settings: Settings, email: str, now: datetime) -> None:
    """Have a link sent to whoever has an account with this address. Nobody is told whether there is one."""
    accounts = with_address(db, settings, email)
    if not accounts:
        return
    first, expires_at = accounts[0], now + LINK_LIFETIME
    requested = LoginRequested(
        version=1,
        login_id=new_id(),
        email=first.email,
        full_name=first.full_name,
        link=links.issue(db, settings.link_key, Purpose.login, first.party_id, expires_at),
        expires_at=expires_at,
    )
    stage(db, "booking", now, [requested])


def with_address(db: Database, settings: Settings, email: str) -> list[Account]:
    """One person may supervise and be the contact of several clients; the supervisor comes first, the admin last."""
    wanted = email.lower()
    supervisors = db.scalars(select(Supervisor).where(func.lower(col(Supervisor.email)) == wanted)).all()
    clients = db.scalars(
        select(Client).where(func.lower(col(Client.email)) == wanted).order_by(col(Client.name), col(Client.id))
    ).all()
    parties = [of_supervisor(one) for one in supervisors] + [of_client(one) for one in clients]
    return [*parties, *([of_admin(settings)] if wanted and wanted == settings.admin_email.lower() else [])]


def of_admin(settings: Settings) -> Account:
    return Account(Role.admin, NOBODY, "Ylläpito", "Ylläpito", settings.admin_email)


def of_supervisor(supervisor: Supervisor) -> Account:
    return Account(Role.supervisor, supervisor.id, supervisor.name, supervisor.name, supervisor.email)


def of_client(client: Client) -> Account:
    name = f"{client.first_name} {client.last_name}"
    return Account(Role.client, client.id, client.name, name, client.email)


def accounts_of(db: Database, settings: Settings, secret: str, now: datetime) -> list[Account]:
    """The accounts that a link opens: those of the address that it was sent to, as long as that is theirs."""
    return _accounts(db, settings, _unused(links.find(db, Purpose.login, secret, now)))


class Entry(NamedTuple):
    """A browser that has just logged in: whose it is, and what it has to show from now on."""

    account: Account
    cookie: str


def enter(db: Database, settings: Settings, secret: str, party_id: UUID, now: datetime) -> Entry:
    """Use a link up. The cookie is always a new one, so that nobody can have set it beforehand."""
    links.find(db, Purpose.login, secret, now)
    link = _unused(db.get_one(Link, digest(secret), with_for_update=True, populate_existing=True))
    account = next((one for one in _accounts(db, settings, link) if one.party_id == party_id), None)
    if account is None:
        raise NotFound
    link.used_at = now
    cookie = secrets.token_urlsafe(32)
    expires_at = now + SESSION_LIFETIME
    db.add(
        BrowserSession(
            digest=digest(cookie), role=account.role, party_id=party_id, created_at=now, expires_at=expires_at
        )
    )
    return Entry(account, cookie)


def principal_of(db: Database, cookie: str, now: datetime) -> Principal | None:
    """Whose browser this is, while its session lasts."""
    session = db.get(BrowserSession, digest(cookie))
    if session is None or session.expires_at <= now:
        return None
    party_id = None if session.party_id == NOBODY else session.party_id
    return Principal(Role(session.role), party_id, f"browser-{session.digest[:16]}")


def account_of(db: Database, settings: Settings, who: Principal) -> Account | None:
    """Whose name a browser bears; None when they are gone."""
    match who.role:
        case Role.admin:
            return of_admin(settings) if settings.admin_email else None
        case Role.supervisor:
            supervisor = db.get(Supervisor, who.party_id)
            return of_supervisor(supervisor) if supervisor else None
        case Role.client:
            client = db.get(Client, who.party_id)
            return of_client(client) if client else None


def leave(db: Database, cookie: str) -> None:
    session = db.get(BrowserSession, digest(cookie))
    if session:
        db.delete(session)


def _unused(link: Link) -> Link:
    if link.used_at:
        raise LinkExpired
    return link


def _accounts(db: Database, settings: Settings, link: Link) -> list[Account]:
    return with_address(db, settings, _address_of(db, settings, link.subject_id))


def _address_of(db: Database, settings: Settings, party_id: UUID) -> str:
    if party_id == NOBODY:
        return settings.admin_email
    party = db.get(Supervisor, party_id) or db.get(Client, party_id)
    return party.email if party else ""
