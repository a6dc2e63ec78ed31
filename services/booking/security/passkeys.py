"""Passkeys (pääsyavaimet): keys in somebody's own devices, by which supervisors and the admin log in without a letter.

A passkey belongs to a person and not to an address: it stays when its owner moves to another mailbox, opens nothing
while they are deactivated, and goes when somebody else corrects their address, as a stranger may have made it.
"""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from ipaddress import ip_address
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import ColumnElement, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from services.booking.models.security import Passkey
from services.booking.security import challenges
from services.booking.security.accounts import Account, account_of_party
from services.booking.security.challenges import ChallengePurpose
from services.booking.settings import Settings
from services.core.database import Database, new_id
from services.core.logs import logger
from services.events.catalogue import PasskeyAdded, PasskeyRemoved
from services.events.outbox import stage
from services.web.protocol.fields import Line, RequestBody
from services.web.security.tokens import Role

log = logger(__name__)

NAME = "Työnohjaus"
"""What the devices call us."""

T = TypeVar("T")


class PasskeyRefused(Exception):
    """What a passkey answered does not count. Why is for the log alone."""


class PasskeyName(RequestBody):
    name: Line


class RelyingParty(NamedTuple):
    """Who passkeys are made for: they work at this address and at no other."""

    id: str
    origin: str


class Question(NamedTuple):
    """What a page asks a passkey, and the cookie by which the browser is known when it answers."""

    cookie: str
    options: str


def relying_party(settings: Settings) -> RelyingParty | None:
    """None where browsers know no passkeys: at an address in numbers, or without HTTPS, localhost excepted."""
    address = urlsplit(settings.public_url)
    host = address.hostname or ""
    if _is_numbers(host) or (address.scheme != "https" and host != "localhost"):
        return None
    return RelyingParty(host, f"{address.scheme}://{address.netloc}")


def _is_numbers(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


# -- logging in -------------------------------------------------------------------------------------------


def ask_to_log_in(db: Database, us: RelyingParty, who: Account | None, now: datetime) -> Question:
    """Ask for any passkey; of somebody who is logged in, for one of theirs, as a fresh proof."""
    from webauthn import generate_authentication_options, options_to_json  # noqa: PLC0415 -- megabytes
    from webauthn.helpers.structs import UserVerificationRequirement  # noqa: PLC0415

    cookie, challenge = challenges.ask(db, *_login_purpose(who), now)
    options = generate_authentication_options(
        rp_id=us.id,
        challenge=challenge,
        allow_credentials=_descriptors(list_passkeys(db, who)) if who else [],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return Question(cookie, options_to_json(options))


def log_in(
    db: Database, settings: Settings, us: RelyingParty, cookie: str, answer: str, who: Account | None, now: datetime
) -> Account:
    """Whose passkey answered. The challenge is used up also when this refuses."""
    from webauthn import verify_authentication_response  # noqa: PLC0415 -- megabytes

    challenge = challenges.take(db, cookie, *_login_purpose(who), now)
    passkey = _passkey_of_answer(db, answer)
    if challenge is None or passkey is None:
        raise _refused("challenge" if challenge is None else "unknown")
    account = _owner(db, settings, passkey)
    if account is None or (who and who.party_id != account.party_id):
        raise _refused("owner")
    verified = _verified(
        lambda: verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=us.id,
            expected_origin=us.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    )
    # Not by the row itself: the trail notes the login, and not a change of the passkey.
    used = update(Passkey).where(col(Passkey.id) == passkey.id)
    db.execute(
        used.values(used_at=now, sign_count=verified.new_sign_count).execution_options(synchronize_session=False)
    )
    return account


def _login_purpose(who: Account | None) -> tuple[ChallengePurpose, UUID | None]:
    return (ChallengePurpose.proof, who.party_id) if who else (ChallengePurpose.login, None)


def _passkey_of_answer(db: Database, answer: str) -> Passkey | None:
    """Locked, so that one that is removed meanwhile logs nobody in."""
    try:
        credential_id = json.loads(answer)["id"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    if not isinstance(credential_id, str) or not credential_id.isprintable():
        return None
    return db.scalars(select(Passkey).where(Passkey.credential_id == credential_id).with_for_update()).one_or_none()


def _owner(db: Database, settings: Settings, passkey: Passkey) -> Account | None:
    account = account_of_party(db, settings, Role(passkey.role), passkey.party_id)
    return account if account and account.admin_address == passkey.admin_address else None


# -- a passkey's life -------------------------------------------------------------------------------------


def ask_to_register(db: Database, us: RelyingParty, owner: Account, now: datetime) -> Question:
    """Ask a device for a new passkey, unless it holds one of theirs already."""
    from webauthn import generate_registration_options, options_to_json  # noqa: PLC0415 -- megabytes
    from webauthn.helpers.structs import (  # noqa: PLC0415
        AuthenticatorSelectionCriteria,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    cookie, challenge = challenges.ask(db, ChallengePurpose.registration, owner.party_id, now)
    options = generate_registration_options(
        rp_id=us.id,
        rp_name=NAME,
        user_id=owner.party_id.bytes,
        user_name=owner.full_name,
        user_display_name=owner.full_name,
        challenge=challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=_descriptors(list_passkeys(db, owner)),
    )
    return Question(cookie, options_to_json(options))


def register(
    db: Database, us: RelyingParty, owner: Account, cookie: str, answer: str, name: PasskeyName, now: datetime
) -> Passkey:
    """Keep the public half of a new passkey. The challenge is used up also when this refuses."""
    from webauthn import verify_registration_response  # noqa: PLC0415 -- megabytes
    from webauthn.helpers import bytes_to_base64url  # noqa: PLC0415

    challenge = challenges.take(db, cookie, ChallengePurpose.registration, owner.party_id, now)
    if challenge is None:
        raise _refused("challenge")
    made = _verified(
        lambda: verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=us.id,
            expected_origin=us.origin,
            require_user_verification=True,
        )
    )
    passkey = Passkey(
        credential_id=bytes_to_base64url(made.credential_id),
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        role=owner.role,
        party_id=owner.party_id,
        admin_address=owner.admin_address,
        name=name.name,
        created_at=now,
    )
    try:
        with db.begin_nested():
            db.add(passkey)
    except IntegrityError as known:
        raise _refused("registered") from known
    stage(db, "booking", now, [PasskeyAdded(version=1, changed_at=now, **_notice(owner))])
    return passkey


def list_passkeys(db: Database, owner: Account) -> Sequence[Passkey]:
    """The oldest first."""
    return db.scalars(select(Passkey).where(_of_owner(owner)).order_by(col(Passkey.created_at), col(Passkey.id))).all()


def find_passkey(db: Database, owner: Account, passkey_id: UUID, *, lock: bool = False) -> Passkey:
    query = select(Passkey).where(_of_owner(owner), Passkey.id == passkey_id)
    return db.scalars(query.with_for_update() if lock else query).one()


def remove_passkey(db: Database, owner: Account, passkey_id: UUID, now: datetime) -> None:
    db.delete(find_passkey(db, owner, passkey_id, lock=True))
    stage(db, "booking", now, [PasskeyRemoved(version=1, changed_at=now, **_notice(owner))])


def _notice(owner: Account) -> dict[str, Any]:
    return {"notice_id": new_id(), "email": owner.email, "full_name": owner.full_name}


def remove_passkeys(db: Database, party_id: UUID) -> None:
    """All of somebody's, when it is not known whether they are theirs."""
    for passkey in db.scalars(select(Passkey).where(col(Passkey.party_id) == party_id).with_for_update()):
        db.delete(passkey)


def _of_owner(owner: Account) -> ColumnElement[bool]:
    own = (col(Passkey.role) == owner.role) & (col(Passkey.party_id) == owner.party_id)
    return own & col(Passkey.admin_address).is_not_distinct_from(owner.admin_address)


def _descriptors(passkeys: Sequence[Passkey]) -> list[Any]:
    from webauthn import base64url_to_bytes  # noqa: PLC0415 -- megabytes
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor  # noqa: PLC0415

    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(one.credential_id)) for one in passkeys]


def _verified(verify: Callable[[], T]) -> T:
    """What the library says of an answer. Anybody may send anything, and its parsers raise whatever they meet."""
    try:
        return verify()
    except Exception as error:
        raise _refused(type(error).__name__) from error


def _refused(why: str) -> PasskeyRefused:
    log.info("passkey.refused", why=why)
    return PasskeyRefused()
