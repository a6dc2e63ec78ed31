"""When a webhook is tried again, and what a receiver may wish for."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from uuid import uuid4

import pytest

from services.booking.security.webhooks.deliveries import JITTER, LEASE, PAUSES, Answer, Claimed, pause_after
from services.booking.security.webhooks.post import SECONDS, wish

NOTHING = timedelta(0)


@pytest.mark.parametrize(("attempt", "pause"), enumerate(PAUSES, 1))
def test_each_pause_is_that_of_the_schedule_a_little_more_or_less(attempt: int, pause: timedelta) -> None:
    seen = [pause_after(attempt, NOTHING) for _ in range(50)]

    assert all(pause * (1 - JITTER) <= one <= pause * (1 + JITTER) for one in seen)
    assert len(set(seen)) > 1


@pytest.mark.parametrize(
    ("wished", "least", "most"),
    [("120", 120, 120), ("0", 0, 6), ("garbage", 0, 6), ("", 0, 6), ("-5", 0, 6), ("9999999999", 86_400, 86_400)],
)
def test_a_wish_of_the_receiver_is_obeyed_up_to_a_day(wished: str, least: int, most: int) -> None:
    assert timedelta(seconds=least) <= pause_after(1, wish(wished)) <= timedelta(seconds=most)


def test_a_wish_may_be_a_date() -> None:
    hour = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)

    assert timedelta(minutes=59) < wish(hour) <= timedelta(hours=1)


@pytest.mark.parametrize(
    ("status", "attempt", "outcome"),
    [
        *((status, 1, "delivered") for status in (200, 202, 204, 299)),
        *((status, 1, "again") for status in (None, 199, 301, 307, 400, 404, 429, 500, 503)),
        *((410, attempt, "failed") for attempt in (1, 5)),
        (500, 9, "again"),
        (500, 10, "failed"),
        (204, 10, "delivered"),
    ],
)
def test_only_2xx_counts_and_410_ends_it(status: int | None, attempt: int, outcome: str) -> None:
    claimed = Claimed(uuid4(), uuid4(), attempt, "https://ohjelma.example/", [], b"{}")

    assert Answer(claimed, datetime.now(UTC), 1, status).outcome == outcome


def test_a_lease_outlives_a_try() -> None:
    assert timedelta(seconds=SECONDS) < LEASE
