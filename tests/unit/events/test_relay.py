"""What the relay puts into one message."""

from types import SimpleNamespace
from typing import Any

from services.events.relay import by_deed


def row(event_id: int, subscriber: str, batch: str | None = None, attempts: int = 0) -> Any:
    data = {"batch": {"id": batch}} if batch else {}
    envelope = {"type": "session.booked.v1", "data": data}
    return SimpleNamespace(event_id=event_id, subscriber=subscriber, attempts=attempts, envelope=envelope)


def messages(*rows: Any) -> list[list[tuple[int, str]]]:
    return [[(each.event_id, each.subscriber) for each in together] for together in by_deed(rows)]


def test_an_event_goes_to_each_of_its_readers_in_a_message_of_its_own() -> None:
    assert messages(row(1, "notifier"), row(1, "reporting")) == [[(1, "notifier")], [(1, "reporting")]]


def test_what_one_deed_caused_goes_together_to_each_reader() -> None:
    booked = [row(number, reader, "deed") for number in (1, 2) for reader in ("notifier", "reporting")]

    assert messages(*booked) == [[(1, "notifier"), (2, "notifier")], [(1, "reporting"), (2, "reporting")]]


def test_what_is_posted_again_goes_alone() -> None:
    assert messages(row(1, "notifier", "deed", 1), row(2, "notifier", "deed", 1)) == [
        [(1, "notifier")],
        [(2, "notifier")],
    ]
