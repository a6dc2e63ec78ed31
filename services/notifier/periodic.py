"""The notifier's periodic jobs: start senders, recover claimed letters, write agendas, prune old data."""

from datetime import timedelta
from functools import partial

from sqlalchemy import Engine

from services.core import clock, periodic, sealing
from services.core.database import transaction
from services.core.logs import logger
from services.events import inbox
from services.events.refused_letters import TOLD_EVERY, tell_refusals
from services.notifier import privacy
from services.notifier.composition import agenda
from services.notifier.delivery import encryption, queue
from services.notifier.log import listing
from services.notifier.models import Report, Summary
from services.notifier.planning import preferences
from services.notifier.settings import settings
from services.notifier.worker import call_sender, engine, poster
from services.web.protocol import idempotency
from services.web.security import access

log = logger(__name__)


def wake_senders(engine: Engine) -> bool:
    with transaction(engine) as db:
        now = clock.now(db)
        queue.postpone_to_morning(db, now)
        due = queue.is_letter_due(db, now)
    if due:
        call_sender()
    return False


def recover_letters(engine: Engine) -> bool:
    with transaction(engine) as db:
        lost = queue.recover_stale_letters(db, clock.now(db))
    for letter_id in lost:
        log.error("letter.uncertain", letter_id=str(letter_id), trouble="its sender died")
    return False


def write_due_agendas(engine: Engine) -> bool:
    with transaction(engine) as db:
        agenda.write_agendas(db, clock.now(db))
    return False


def tell_booking_of_refusals(engine: Engine) -> bool:
    with transaction(engine) as db:
        refusals = listing.list_refusals(db, clock.now(db))
    tell_refusals(poster(), refusals)
    return False


def prune_expired(engine: Engine) -> bool:
    with transaction(engine) as db:
        idempotency.prune_answers(db)
        access.prune_ended(db)
        more = [inbox.prune_inbox(db), privacy.prune_notifier(db, settings(), clock.now(db))]
    return any(more)


def reseal_some(engine: Engine) -> bool:
    """What rests in the clear since version 0.1, or under a key that is being replaced."""
    letters = encryption.encryption_of_letters(settings())
    return any(
        (
            sealing.reseal_batch(engine, (Summary, Report)),
            sealing.reencrypt_batch(engine, letters, encryption.ENCRYPTED_COLUMNS),
        )
    )


def renew_settings_links(engine: Engine) -> bool:
    return preferences.renew_older_links(engine, settings().link_key)


def jobs(engine: Engine) -> list[periodic.Job]:
    return [
        periodic.Job("wake", timedelta(seconds=2), partial(wake_senders, engine)),
        periodic.Job("recover", timedelta(seconds=5), partial(recover_letters, engine)),
        periodic.Job("agendas", timedelta(seconds=20), partial(write_due_agendas, engine)),
        periodic.Job("refusals", TOLD_EVERY, partial(tell_booking_of_refusals, engine)),
        periodic.Job("settings-links", timedelta(hours=1), partial(renew_settings_links, engine)),
        periodic.Job("forget", timedelta(hours=1), partial(prune_expired, engine)),
        periodic.Job("reseal", timedelta(hours=1), partial(reseal_some, engine), waits=True),
    ]


def main() -> None:
    periodic.serve("notifier-tick", jobs(engine()))


if __name__ == "__main__":
    main()
