"""The reader of logs finds what must not be in them, and leaves alone what may."""

import logging

import pytest

from tests.support.confidences import Listener, betrayals


@pytest.mark.parametrize(
    "line",
    [
        '{"event": "letter.sent", "to": "aino@example.fi"}',
        '{"event": "request.broke", "path": "/osallistuja/' + "aB3_" * 10 + 'xyz"}',
        '{"header": "Bearer eyJhbGciOi.payload"}',
        '{"url": "postgresql://booking:hidden@127.0.0.1/x"}',
        '{"error": "no room for Meikäläinen"}',
    ],
)
def test_what_betrays_somebody_is_found(line: str) -> None:
    assert list(betrayals([line])) != []


def test_ids_routes_and_addresses_of_servers_may_be_told() -> None:
    lines = [
        '{"route": "/osallistuja/{secret}", "id": "01a222f2-5dd0-7f97-af2c-d63de9ff89c4", "host": "127.0.0.1:8000"}',
        '{"event": "Connected to redis://:**@127.0.0.1:6379/0"}',
    ]

    assert list(betrayals(lines)) == []


def test_a_listener_hears_what_is_logged_and_how_it_is_written() -> None:
    listener = Listener(logging.Formatter("%(message)s"))

    listener.handle(logging.makeLogRecord({"msg": "sent to %s", "args": ("aino@example.fi",)}))

    assert len(listener.betrayed) == 1
