"""Confirmed devices: browsers in which a participant typed a code that was sent to their address.

A link from a letter opens times and forms. What was written down in confidence opens in a confirmed device only.
Every browser gets a random cookie; only its digest is stored, and a code counts for the browser that asked for it.
"""

import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select
from sqlmodel import col, delete, select, update

from services.booking.models.people import Participant
from services.booking.models.security import Device, DeviceCode
from services.core.database import Database
from services.events.catalogue import DeviceCodeRequested
from services.events.outbox import stage
from services.web.errors.problems import Problem
from services.web.i18n.language import Text
from services.web.security.browser import REMEMBERED_FOR
from services.web.security.links import device_code, digest, new_link

CODE_LIFETIME = timedelta(minutes=10)
TRIES = 5
SENT_AGAIN_AFTER = timedelta(minutes=1)
CODES_AN_HOUR = 10
"""To one participant: each browser has codes of its own, so nobody's code ends because another browser asks."""


class TooManyCodes(Problem):
    """Many codes have been sent to this address within an hour."""

    status = 429
    finnish = "Koodeja on pyydetty liian monta tunnin sisällä."
    advice = Text(fi="Yritä uudelleen tunnin kuluttua.", en="Try again in an hour.")


class AddressAwaitsSupervisor(Problem):
    """The client gave this address, and the supervisor has not accepted it yet."""

    status = 403
    finnish = "Työnohjaaja ei ole vielä hyväksynyt tätä osoitetta."
    advice = Text(
        fi="Yritä uudelleen, kun työnohjaaja on hyväksynyt osoitteesi.",
        en="Try again when the supervisor has accepted your address.",
    )


def is_confirmed(db: Database, cookie: str, person: Participant, now: datetime) -> bool:
    device = db.get(Device, (digest(cookie), person.id))
    return device is not None and device.expires_at > now and person.address_accepted


def send_code(db: Database, key: str, cookie: str, person: Participant, now: datetime) -> None:
    """Send a code to the participant's address, for this browser; not again while one has just been sent."""
    if not person.address_accepted:
        raise AddressAwaitsSupervisor
    own = select(DeviceCode).where(col(DeviceCode.participant_id) == person.id)
    last = db.scalars(_of_browser(person, cookie).order_by(col(DeviceCode.sent_at).desc()).limit(1)).one_or_none()
    if last and last.tries < TRIES and last.sent_at > now - SENT_AGAIN_AFTER:
        return
    lately = own.where(col(DeviceCode.sent_at) > now - timedelta(hours=1))
    if len(db.scalars(lately).all()) >= CODES_AN_HOUR:
        raise TooManyCodes
    until = now + CODE_LIFETIME
    code = DeviceCode(id=new_link(key), participant_id=person.id, device=digest(cookie), sent_at=now, expires_at=until)
    db.add(code)
    name = f"{person.first_name} {person.last_name}"
    about = {"notice_id": code.id, "participant_id": person.id, "expires_at": code.expires_at}
    requested = DeviceCodeRequested(version=1, email=person.email, full_name=name, **about)
    stage(db, "booking", now, [requested])


def try_code(db: Database, key: str, cookie: str, person: Participant, typed: str, now: datetime) -> bool:
    """Whether the code is right; a wrong one uses up a try, which the caller has to commit."""
    query = _of_browser(person, cookie).where(col(DeviceCode.expires_at) > now).order_by(col(DeviceCode.sent_at).desc())
    code = db.scalars(query.limit(1).with_for_update()).one_or_none()
    if code is None or code.tries >= TRIES:
        return False
    code.tries += 1
    if not hmac.compare_digest("".join(typed.split()).encode(), device_code(key, code.id).encode()):
        return False
    code.tries = TRIES
    return True


def confirm_device(db: Database, cookie: str, renewed: str, person: Participant, now: datetime) -> None:
    """Under a new cookie, for all whom the browser is confirmed for: who had a copy of the old one has nothing."""
    db.execute(update(Device).where(col(Device.digest) == digest(cookie)).values(digest=digest(renewed)))
    confirmed = {"confirmed_at": now, "expires_at": now + REMEMBERED_FOR}
    db.merge(Device(digest=digest(renewed), participant_id=person.id, **confirmed))


def _of_browser(person: Participant, cookie: str) -> Select[DeviceCode]:
    theirs = col(DeviceCode.participant_id) == person.id
    return select(DeviceCode).where(theirs, col(DeviceCode.device) == digest(cookie))


def list_devices(db: Database, person: Participant, now: datetime) -> Sequence[Device]:
    """The newest first."""
    theirs = select(Device).where(col(Device.participant_id) == person.id, col(Device.expires_at) > now)
    return db.scalars(theirs.order_by(col(Device.confirmed_at).desc())).all()


def revoke_devices(db: Database, participant_id: UUID, number: str = "") -> None:
    """Forget one device, or all of a participant, and the codes that are on their way."""
    devices = delete(Device).where(col(Device.participant_id) == participant_id)
    db.execute(devices.where(col(Device.digest) == number) if number else devices)
    db.execute(delete(DeviceCode).where(col(DeviceCode.participant_id) == participant_id))
