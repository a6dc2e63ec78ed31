"""What waits, was given up or went wrong in the databases of the services."""

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import text

from services.booking.security.webhooks import watch
from services.core import clock
from services.core.database import Database
from services.events.subscriptions import PUBLISHERS
from services.notifier.delivery import queue
from services.operations.doctor.finding import Finding, counted, minutes
from services.reporting.projections import rebuild as projections_rebuild
from services.reporting.workflow import reports
from services.web import outbox_metrics

REMEMBERED = timedelta(days=7)
"""Longer ago than this, a letter that failed is no news."""


def events(publisher: str, db: Database) -> Iterator[Finding]:
    for waiting in db.execute(outbox_metrics.WAITING):
        if waiting.age > outbox_metrics.TOO_OLD.total_seconds():
            yield Finding(
                f"{waiting.subscriber} has not taken in {counted(waiting.open, 'event')} of {publisher}, the oldest for"
                f" {minutes(waiting.age)}.",
                f"See that Redis and the workers of {publisher} and {waiting.subscriber} run. Nothing is lost.",
            )
        if waiting.parked:
            yield Finding(
                f"{waiting.subscriber} could not take in {counted(waiting.parked, 'event')} of {publisher};"
                " no more tries are made.",
                f"/yllapito of {publisher} says by which error; remove the cause and start them again there.",
            )


def readers(publisher: str, db: Database) -> Iterator[Finding]:
    """A ping goes through the queues of both every ten seconds."""
    silent = {row.subscriber: float(row.silent) for row in db.execute(outbox_metrics.LAST_ANSWER)}
    for subscriber in PUBLISHERS[publisher]:
        for_long = silent.get(subscriber)
        if for_long is None or for_long > outbox_metrics.SILENT.total_seconds():
            since = "never" if for_long is None else f"not for {minutes(for_long)}"
            yield Finding(
                f"The worker of {subscriber} has {since} answered {publisher}.",
                f"See that the workers of {subscriber} and {publisher} run; their logs say why they ended.",
            )


def webhook_feed(db: Database) -> Iterator[Finding]:
    waited = watch.feed_age(db)
    if waited > outbox_metrics.TOO_OLD.total_seconds():
        yield Finding(
            f"The oldest event has waited {minutes(waited)} to be sent to webhooks.",
            "See that the worker of booking runs; `webhooks.trouble` in its log says what goes wrong. Nothing is lost.",
        )


def late_letters(db: Database) -> Iterator[Finding]:
    late = queue.letter_lateness(db, clock.now(db))
    if late > queue.TOO_LATE:
        yield Finding(
            f"The oldest letter that is due has waited {minutes(late.total_seconds())}.",
            "See that the workers of notifier and booking run and the mail server takes letters;"
            " they leave by themselves then.",
        )


ADVICE = {
    "failed": "/viestit shows the server's reply. Mostly an address is wrong: correct it, then send again.",
    "uncertain": "Nobody knows what arrived. Ask the recipients; /viestit can send again.",
}

FAILED_LETTERS = text("""
    SELECT status, count(*) AS letters FROM letter lost
    WHERE status IN ('failed', 'uncertain') AND next_try_at > :since AND NOT EXISTS (
      SELECT 1 FROM letter again
      WHERE (again.kind, again.subject_id, again.time, again.recipient_id)
          = (lost.kind, lost.subject_id, lost.time, lost.recipient_id) AND again.edition > lost.edition)
    GROUP BY status ORDER BY status
""")


def failed_letters(db: Database) -> Iterator[Finding]:
    """Those that nobody has sent again yet."""
    for status, letters in db.execute(FAILED_LETTERS, {"since": clock.now(db) - REMEMBERED}):
        are = "is" if letters == 1 else "are"
        yield Finding(f"Of the last week, {counted(letters, 'letter')} {are} {status}.", ADVICE[status])


def late_reports(db: Database) -> Iterator[Finding]:
    late = reports.report_lateness(db)
    if late > reports.TOO_LATE:
        yield Finding(
            f"The oldest report that is due has waited {minutes(late.total_seconds())} to be made.",
            "See that the worker of reporting runs; `report.postponed` in its log says what goes wrong.",
        )


def unfinished_rebuild(db: Database) -> Iterator[Finding]:
    if left := projections_rebuild.count_awaited(db):
        yield Finding(
            f"A rebuild of reporting is under way and waits for {counted(left, 'event')}.",
            "It takes seconds as a rule. If it goes on and no events wait, it broke off: run it once more.",
        )
