"""Login without a password: a single-use link by e-mail, which logs in the browser that used it."""

from datetime import datetime, timedelta
from uuid import UUID

from services.booking.models.people import Client, Supervisor
from services.booking.models.security import Link
from services.booking.security import links
from services.booking.security.accounts import ADMIN_PARTY_ID, Account, accounts_with_address
from services.booking.security.links import LinkPurpose, LinkUsed
from services.booking.settings import Settings
from services.core.database import Database, new_id
from services.events.catalogue import LoginRequested
from services.events.outbox import stage
from services.web.errors.problems import NotFound
from services.web.security.links import LinkExpired, digest, secret
from services.web.security.tokens import Principal

LOGIN_LINK_LIFETIME = timedelta(minutes=30)


def send_login_link(db: Database, settings: Settings, account: Account, now: datetime) -> str:
    """Have a new link sent to the address of this account; returns the digest of its secret."""
    expires_at = now + LOGIN_LINK_LIFETIME
    link = links.issue_link(
        db, settings.link_key, LinkPurpose.login, account.party_id, expires_at, sent_to=account.email
    )
    requested = LoginRequested(
        version=1, login_id=new_id(), email=account.email, full_name=account.full_name, link=link, expires_at=expires_at
    )
    stage(db, "booking", now, [requested])
    return digest(secret(settings.link_key, link))


def is_account_of_link(db: Database, settings: Settings, secret: str, who: Principal) -> bool:
    """Whether a link, used or not, is one of this principal's."""
    link = db.get_one(Link, digest(secret))
    party_id = who.party_id or ADMIN_PARTY_ID
    return any((one.role, one.party_id) == (who.role, party_id) for one in _accounts(db, settings, link))


def accounts_of_link(db: Database, settings: Settings, secret: str, now: datetime) -> list[Account]:
    """The accounts that a link may log in to: those with the address that it was sent to."""
    accounts = _accounts(db, settings, _ensure_unused(links.find_link(db, LinkPurpose.login, secret, now)))
    if not accounts:
        raise LinkExpired
    return accounts


def use_login_link(db: Database, settings: Settings, secret: str, party_id: UUID, now: datetime) -> Account:
    """Use a link up, for one of its accounts."""
    links.find_link(db, LinkPurpose.login, secret, now)
    link = _ensure_unused(db.get_one(Link, digest(secret), with_for_update=True, populate_existing=True))
    account = next((one for one in _accounts(db, settings, link) if one.party_id == party_id), None)
    if account is None:
        raise NotFound
    link.used_at = now
    return account


def _ensure_unused(link: Link) -> Link:
    if link.used_at:
        raise LinkUsed
    return link


def _accounts(db: Database, settings: Settings, link: Link) -> list[Account]:
    """None when its subject has another address by now: a mailbox opens nothing of an address that came later."""
    address = _address_of(db, settings, link.subject_id)
    return accounts_with_address(db, settings, address) if link.sent_to == links.address_digest(address) else []


def _address_of(db: Database, settings: Settings, party_id: UUID) -> str:
    if party_id == ADMIN_PARTY_ID:
        return settings.admin_email
    party = db.get(Supervisor, party_id) or db.get(Client, party_id)
    return party.email if party else ""
