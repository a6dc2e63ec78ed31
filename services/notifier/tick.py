"""The notifier's tick: wakes senders, takes back what dead ones left, writes agendas, and forgets in time."""

from datetime import timedelta
from functools import partial

from sqlalchemy import Engine

from services import clock, ticking
from services.database import transaction
from services.events import inbox
from services.log import logger
from services.notifier import agenda, postbox, privacy
from services.notifier.settings import settings
from services.notifier.worker import engine, wake_sender
from services.web import idempotency

log = logger(__name__)


def wake(engine: Engine) -> bool:
    with transaction(engine) as db:
        postbox.postpone_to_morning(db, clock.now(db))
    wake_sender()
    return False


def recover(engine: Engine) -> bool:
    with transaction(engine) as db:
        lost = postbox.recover(db, clock.now(db))
    for letter_id in lost:
        log.error("letter.uncertain", letter_id=str(letter_id), trouble="its sender died")
    return False


def write_agendas(engine: Engine) -> bool:
    with transaction(engine) as db:
        agenda.write_agendas(db, clock.now(db))
    return False


def forget(engine: Engine) -> bool:
    with transaction(engine) as db:
        idempotency.prune(db)
        more = [inbox.prune(db), privacy.prune(db, settings(), clock.now(db))]
    return any(more)


def jobs(engine: Engine) -> list[ticking.Job]:
    return [
        ticking.Job("wake", timedelta(seconds=1), partial(wake, engine)),
        ticking.Job("recover", timedelta(seconds=5), partial(recover, engine)),
        ticking.Job("agendas", timedelta(seconds=20), partial(write_agendas, engine)),
        ticking.Job("forget", timedelta(hours=1), partial(forget, engine)),
    ]


def main() -> None:
    ticking.serve("notifier-tick", jobs(engine()))


if __name__ == "__main__":
    main()
