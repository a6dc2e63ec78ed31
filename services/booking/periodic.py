"""Booking's periodic jobs: what is due, and what has been kept long enough."""

from datetime import timedelta
from functools import partial

from sqlalchemy import Engine, delete
from sqlmodel import col

from services.booking.calendar.ics_refresh import CalendarRefresh
from services.booking.evaluation import answers, feedback, round_jobs
from services.booking.models.security import BrowserSession, Device, DeviceCode, Link, LoginRequest, PasskeyChallenge
from services.booking.privacy import rekeying, retention
from services.booking.security import login_requests
from services.booking.security.webhooks import ending
from services.booking.security.webhooks.sender import WebhookSender
from services.booking.sessions import intakes, requests, undo
from services.booking.settings import settings
from services.booking.supervision import proposals
from services.core import clock, database
from services.core.encryption import encryption_of
from services.core.periodic import Job, serve
from services.core.sealing import carrying, reencrypt_batch, reseal_batch
from services.web.protocol import idempotency
from services.web.security import access

LINKS_KEPT_FOR = timedelta(days=30)
LOGIN_REQUESTS_KEPT_FOR = timedelta(days=1)


def prune_expired(engine: Engine) -> bool:
    """Delete stored idempotent responses, login requests, and expired links, logins, devices, codes and challenges."""
    with database.transaction(engine) as db:
        idempotency.prune_answers(db)
        access.prune_ended(db)
        ending.prune_ended(db)
        now = clock.now(db)
        db.execute(delete(Link).where(col(Link.expires_at) < now - LINKS_KEPT_FOR))
        db.execute(delete(LoginRequest).where(col(LoginRequest.asked_at) < now - LOGIN_REQUESTS_KEPT_FOR))
        proposals.prune_proposals(db, now)
        undo.prune_sessions_before(db, now)
        undo.end_undo_of_intakes(db, now)
        intakes.forget_networks(db, now)
        for table in (BrowserSession, Device, DeviceCode, PasskeyChallenge):
            db.execute(delete(table).where(col(table.expires_at) < now - timedelta(days=1)))
    return False


def jobs(engine: Engine) -> list[Job]:
    encryption = encryption_of(settings().notes_key)
    return [
        Job("answer-logins", timedelta(seconds=1), partial(login_requests.answer_next_request, engine, settings())),
        Job("expire-intakes", timedelta(seconds=10), partial(intakes.expire_unconfirmed_intakes, engine)),
        Job("drop-requests", timedelta(seconds=10), partial(requests.drop_unanswered_requests, engine)),
        Job("read-calendars", timedelta(seconds=1), CalendarRefresh(engine, settings()).go_on),
        Job("send-webhooks", timedelta(seconds=1), WebhookSender(engine, settings()).keep_going),
        Job("close-rounds", timedelta(seconds=10), partial(round_jobs.close_next_round, engine)),
        Job(
            "open-rounds",
            timedelta(minutes=10),
            partial(round_jobs.open_rounds_by_calendar, engine, settings().link_key),
        ),
        Job("reseal", timedelta(hours=1), partial(reencrypt_batch, engine, encryption, rekeying.ENCRYPTED_COLUMNS)),
        Job("seal-ratings", timedelta(hours=1), partial(answers.seal_clear_ratings, engine), waits=True),
        Job("seal-feedback", timedelta(hours=1), partial(feedback.seal_clear_scores, engine), waits=True),
        Job("seal-columns", timedelta(hours=1), partial(reseal_batch, engine, rekeying.SEALED_TABLES), waits=True),
        Job("forget", timedelta(hours=1), partial(retention.forget_batch, engine, settings())),
        Job("prune", timedelta(hours=1), partial(prune_expired, engine)),
    ]


def main() -> None:
    engine = database.engine(settings().booking_database_url, pool_size=3)
    serve("booking-tick", jobs(carrying(engine, settings().sealing)))


if __name__ == "__main__":
    main()
