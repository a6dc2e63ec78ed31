"""Challenges: what a passkey has to sign, once, within five minutes, in the browser that asked, for one purpose."""

import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, delete

from services.booking.models.security import PasskeyChallenge
from services.core.database import Database
from services.web.security.links import digest

CHALLENGE_LIFETIME = timedelta(minutes=5)


class ChallengePurpose(StrEnum):
    """What the answer to a challenge does; it does nothing else."""

    login = "login"
    proof = "proof"
    registration = "registration"


class NewChallenge(NamedTuple):
    """What is to be signed, and the cookie by which the browser is known when it answers."""

    cookie: str
    challenge: bytes


def ask(db: Database, purpose: ChallengePurpose, party_id: UUID | None, now: datetime) -> NewChallenge:
    """`party_id` is whose answer is expected, where somebody is logged in."""
    cookie, challenge = secrets.token_urlsafe(32), secrets.token_bytes(32)
    db.add(
        PasskeyChallenge(
            browser=digest(cookie),
            challenge=challenge,
            purpose=purpose,
            party_id=party_id,
            expires_at=now + CHALLENGE_LIFETIME,
        )
    )
    return NewChallenge(cookie, challenge)


def take(db: Database, cookie: str, purpose: ChallengePurpose, party_id: UUID | None, now: datetime) -> bytes | None:
    """Use up the challenge of this browser, whatever comes of it; of two that answer at once only one finds it.

    The caller has to commit that, also when it refuses the answer.
    """
    taken = db.execute(
        delete(PasskeyChallenge)
        .where(col(PasskeyChallenge.browser) == digest(cookie))
        .returning(
            col(PasskeyChallenge.challenge),
            col(PasskeyChallenge.purpose),
            col(PasskeyChallenge.party_id),
            col(PasskeyChallenge.expires_at),
        )
    ).one_or_none()
    if taken is None or taken.expires_at <= now or (taken.purpose, taken.party_id) != (purpose, party_id):
        return None
    return bytes(taken.challenge)
