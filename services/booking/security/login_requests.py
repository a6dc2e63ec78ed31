"""Requests for a login link by e-mail: written down alike for every address, and answered afterwards.

So neither the response nor the time it takes tells who has an account. Since anybody may ask for anybody's link, only
so many unused ones are sent to a mailbox in an hour. That never keeps its owner out: a link that is used makes room
for the next, and while there is no room, asking again renews those that the mailbox has. Nor do other letters: there is
always one link to renew, or one is sent.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from limits import parse
from prometheus_client.core import Metric
from sqlalchemy import Engine, func
from sqlmodel import col, select

from services.booking.models.security import Link, LoginRequest
from services.booking.security import accounts, links, logins, mailboxes
from services.booking.settings import Settings
from services.core import clock
from services.core.database import Database, transaction
from services.web.metrics import gauge
from services.web.protocol.fields import EmailAddress, RequestBody


class LoginCreate(RequestBody):
    email: EmailAddress


def accept_login_request(db: Database, email: str, now: datetime) -> None:
    db.add(LoginRequest(address=links.address_digest(email), email=email, asked_at=now))


def answer_next_request(engine: Engine, settings: Settings) -> bool:
    """Answer the oldest request that waits; whether there was one."""
    with transaction(engine) as db:
        waiting = select(LoginRequest).where(col(LoginRequest.email).is_not(None)).order_by(col(LoginRequest.asked_at))
        request = db.scalars(waiting.limit(1).with_for_update(skip_locked=True)).one_or_none()
        if request:
            _answer(db, settings, request, clock.now(db))
    return request is not None


def _answer(db: Database, settings: Settings, request: LoginRequest, now: datetime) -> None:
    email, request.email, request.answered_at = request.email or "", None, now
    found = accounts.accounts_with_address(db, settings, email)
    if not found:
        return
    mailboxes.lock_mailbox(db, email)
    rate = parse(settings.login_letter_rate)
    unused = _unused_links(db, request.address, found[0], now - timedelta(seconds=rate.get_expiry()))
    has_enough = len(unused) >= rate.amount
    if mailboxes.has_enough(db, settings, email, now):
        unused = _unused_links(db, request.address, found[0], now - mailboxes.DAY)
        has_enough = bool(unused)
    if not has_enough:
        request.link = logins.send_login_link(db, settings, found[0], now)
        return
    for link in unused:
        link.expires_at = now + logins.LOGIN_LINK_LIFETIME


def _unused_links(db: Database, address: str, account: accounts.Account, since: datetime) -> Sequence[Link]:
    """Those in the letters that this account was sent to this address lately."""
    sent = select(LoginRequest.link).where(LoginRequest.address == address, col(LoginRequest.answered_at) > since)
    query = select(Link).where(col(Link.digest).in_(sent), Link.subject_id == account.party_id)
    return db.scalars(query.where(col(Link.used_at).is_(None))).all()


def login_request_gauges(db: Database) -> Iterable[Metric]:
    query = select(func.extract("epoch", func.now() - func.min(LoginRequest.asked_at)))
    oldest = db.scalars(query.where(col(LoginRequest.email).is_not(None))).one()
    yield gauge("login_request_oldest_seconds", "Age of the oldest open request for a link.", [((), oldest or 0)])
