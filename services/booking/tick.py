"""What booking looks for again and again: what is due, and what has been kept long enough."""

from datetime import timedelta
from functools import partial

from sqlalchemy import Engine, text

from services import clock, database
from services.booking import calendar_import, intakes, resealing, retention, rounds_due
from services.booking.safe import safe
from services.booking.settings import settings
from services.database import transaction
from services.ticking import Job, serve
from services.web import idempotency

LINKS_KEPT_FOR = timedelta(days=30)


def prune(engine: Engine) -> bool:
    """Drop answers kept for repetition, and links and browser sessions that ended long ago."""
    with transaction(engine) as db:
        idempotency.prune(db)
        now = clock.now(db)
        db.execute(text("DELETE FROM link WHERE expires_at < :before"), {"before": now - LINKS_KEPT_FOR})
        db.execute(text("DELETE FROM browser_session WHERE expires_at < :now"), {"now": now})
    return False


def jobs(engine: Engine) -> list[Job]:
    return [
        Job("expire-intakes", timedelta(seconds=10), partial(intakes.expire_due, engine)),
        Job("read-calendars", timedelta(seconds=30), partial(calendar_import.refresh_due, engine, settings())),
        Job("close-rounds", timedelta(seconds=10), partial(rounds_due.close_next, engine)),
        Job("open-rounds", timedelta(minutes=10), partial(rounds_due.open_by_calendar, engine, settings().link_key)),
        Job("reseal", timedelta(hours=1), partial(resealing.reseal_some, engine, safe(settings().notes_key))),
        Job("forget", timedelta(hours=1), partial(retention.forget_some, engine, settings())),
        Job("prune", timedelta(hours=1), partial(prune, engine)),
    ]


if __name__ == "__main__":
    serve("booking-tick", jobs(database.engine(settings().booking_database_url, pool_size=2)))
