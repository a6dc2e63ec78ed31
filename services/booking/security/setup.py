"""The setup secret: opens an installation in which nobody works yet to whoever runs it, and then nothing any more.

Letters may not leave yet, so nobody could log in by one. Who found the address first has not seen `.env`, where the
secret stands. It ends with the walk, with the first login of the admin by a letter or a passkey, which shows that it is
no longer needed, and a week after it was first used; so it is worth nothing to who finds it later. It has 256 bits:
wrong ones are counted, as those of API clients are, but nobody's wrong ones refuse the right one.
"""

import hashlib
import hmac
from datetime import datetime, timedelta

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from services.booking.models.installation import Setup
from services.booking.models.people import Supervisor
from services.booking.security import audit
from services.booking.security.accounts import ADMIN_PARTY_ID, Account
from services.booking.settings import Settings
from services.core.database import Database
from services.web.errors.problems import Forbidden
from services.web.i18n.language import Text
from services.web.security.tokens import Role

OPENS_FOR = timedelta(days=7)


class WrongSetupSecret(Forbidden):
    """This is not the setup secret."""

    finnish = "Tämä ei ole käyttöönoton salaisuus."
    advice = Text(
        fi="Kopioi se kokonaan: se on asetusten rivillä SETUP_SECRET.",
        en="Copy all of it: it stands in the settings in the line SETUP_SECRET.",
    )


class SetupEnded(Forbidden):
    """The setup secret opens nothing any more."""

    finnish = "Käyttöönotto on jo tehty, eikä sen salaisuus avaa enää mitään."
    advice = Text(fi="Kirjaudu sähköpostilla.", en="Log in by e-mail.")


def find_setup(db: Database, *, lock: bool = False) -> Setup | None:
    return db.get(Setup, 1, with_for_update=True if lock else None, populate_existing=lock)


def has_supervisor(db: Database) -> bool:
    return db.scalar(select(Supervisor.id).limit(1)) is not None


def is_open(db: Database, now: datetime) -> bool:
    """Whether the secret would open the installation."""
    setup = find_setup(db)
    return _is_open(setup, now) if setup else not has_supervisor(db)


def leads_newcomers(db: Database, now: datetime) -> bool:
    """Whether who comes to the front page has come to set the practice up: nobody works here yet."""
    return is_open(db, now) and not has_supervisor(db)


def begin_setup(db: Database, settings: Settings, typed: str, now: datetime) -> None:
    """Raises SetupEnded, which does not say whether the secret was the right one, or WrongSetupSecret."""
    if not is_open(db, now):
        raise SetupEnded
    if not _is_secret(settings, typed):
        raise WrongSetupSecret
    setup = _begun(db, now)
    if not _is_open(setup, now):
        raise SetupEnded
    admin = f"{Role.admin}/{ADMIN_PARTY_ID}"
    audit.note(db, now, "setup.begun", admin, admin)


def end_by_login(db: Database, account: Account, now: datetime) -> None:
    """The admin got in by a letter or a passkey: from now on that is the way. What is left of the walk stays to do."""
    if account.role is Role.admin and is_open(db, now):
        end_setup(_begun(db, now), now)


def end_setup(setup: Setup, now: datetime) -> None:
    setup.ended_at = setup.ended_at or now


def _begun(db: Database, now: datetime) -> Setup:
    """The one row, locked; two who begin at once begin the same."""
    db.execute(
        insert(Setup).values(id=1, began_at=now, skipped=[]).on_conflict_do_nothing(index_elements=[col(Setup.id)])
    )
    return db.get_one(Setup, 1, with_for_update=True, populate_existing=True)


def _is_open(setup: Setup, now: datetime) -> bool:
    return setup.ended_at is None and now < setup.began_at + OPENS_FOR


def _is_secret(settings: Settings, typed: str) -> bool:
    """Compared as digests, of one length whatever was typed."""
    typed_digest, digest = (hashlib.sha256(one.encode()).digest() for one in (typed.strip(), settings.setup_secret))
    return bool(settings.setup_secret) and hmac.compare_digest(typed_digest, digest)
