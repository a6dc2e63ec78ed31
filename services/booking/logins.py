"""Logging in without a password: a link by e-mail, used once, and a session in the browser that used it."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select

from services.booking import links
from services.booking.links import LinkExpired, Purpose
from services.booking.models import BrowserSession, Client, Link, Supervisor
from services.database import Database, new_id
from services.events.catalogue import LoginRequested
from services.events.outbox import stage
from services.web.links import digest
from services.web.problems import NotFound
from services.web.tokens import Principal, Role

LINK_LIFETIME = timedelta(minutes=30)
SESSION_LIFETIME = timedelta(hours=12)


@dataclass(frozen=True)
class Account:
    """Somebody who may log in: a supervisor, or the contact of a client."""

    role: Role
    party_id: UUID
    title: str
    full_name: str
    email: str


def request_link(db: Database, link_key: str, email: str, now: datetime) -> None:
    """Have a link sent to whoever has an account with this address. Nobody is told whether there is one."""
    accounts = with_address(db, email)
    if not accounts:
        return
    first, expires_at = accounts[0], now + LINK_LIFETIME
    requested = LoginRequested(
        version=1,
        login_id=new_id(),
        email=first.email,
        full_name=first.full_name,
        link=links.issue(db, link_key, Purpose.login, first.party_id, expires_at),
        expires_at=expires_at,
    )
    stage(db, "booking", now, [requested])


def with_address(db: Database, email: str) -> list[Account]:
    """One person may supervise and be the contact of several clients; the supervisor comes first."""
    wanted = email.lower()
    supervisors = db.scalars(select(Supervisor).where(func.lower(col(Supervisor.email)) == wanted)).all()
    clients = db.scalars(
        select(Client).where(func.lower(col(Client.email)) == wanted).order_by(col(Client.name), col(Client.id))
    ).all()
    return [of_supervisor(one) for one in supervisors] + [of_client(one) for one in clients]


def of_supervisor(supervisor: Supervisor) -> Account:
    return Account(Role.supervisor, supervisor.id, supervisor.name, supervisor.name, supervisor.email)


def of_client(client: Client) -> Account:
    name = f"{client.first_name} {client.last_name}"
    return Account(Role.client, client.id, client.name, name, client.email)


def accounts_of(db: Database, secret: str, now: datetime) -> list[Account]:
    """The accounts that a link opens: those of the address that it was sent to, as long as that is theirs."""
    return _accounts(db, _unused(links.find(db, Purpose.login, secret, now)))


def enter(db: Database, secret: str, party_id: UUID, now: datetime) -> str:
    """Use a link up; returns what the browser has to show from now on."""
    links.find(db, Purpose.login, secret, now)
    link = _unused(db.get_one(Link, digest(secret), with_for_update=True, populate_existing=True))
    account = next((one for one in _accounts(db, link) if one.party_id == party_id), None)
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
    return cookie


def principal_of(db: Database, cookie: str, now: datetime) -> Principal | None:
    """Whose browser this is, while its session lasts."""
    session = db.get(BrowserSession, digest(cookie))
    if session is None or session.expires_at <= now:
        return None
    return Principal(Role(session.role), session.party_id, f"browser-{session.digest[:16]}")


def account_of(db: Database, who: Principal) -> Account:
    if who.role is Role.supervisor:
        return of_supervisor(db.get_one(Supervisor, who.party_id))
    return of_client(db.get_one(Client, who.party_id))


def leave(db: Database, cookie: str) -> None:
    session = db.get(BrowserSession, digest(cookie))
    if session:
        db.delete(session)


def form_token(link_key: str, cookie: str) -> str:
    """What the forms of this browser carry, so that no other site can send them."""
    return hmac.digest(link_key.encode(), f"form:{cookie}".encode(), "sha256").hex()


def is_form_token(link_key: str, cookie: str, token: str) -> bool:
    return hmac.compare_digest(form_token(link_key, cookie).encode(), token.encode())


def _unused(link: Link) -> Link:
    if link.used_at:
        raise LinkExpired
    return link


def _accounts(db: Database, link: Link) -> list[Account]:
    supervisor, client = db.get(Supervisor, link.subject_id), db.get(Client, link.subject_id)
    email = supervisor.email if supervisor else client.email if client else ""
    return with_address(db, email)
