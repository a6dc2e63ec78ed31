"""What webhooks tell is a short list of ids, times, numbers and states, signed as the official library verifies it."""

import datetime as dt
import re
import types
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from uuid import UUID, uuid4

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from services.events import catalogue, webhooks

GUIDE = Path(__file__).parents[3] / "docs/api/webhooks.md"
HARMLESS = (UUID, dt.datetime, int, bool, Enum)


@pytest.mark.parametrize("event", webhooks.TOLD, ids=lambda event: event.name)
def test_no_field_that_is_told_can_hold_a_text(event: type[catalogue.Event]) -> None:
    for name in webhooks.TOLD[event].fields:
        field = catalogue.Client if name == "client_id" and "client" in event.model_fields else event
        assert is_harmless(field.model_fields[name].annotation), f"{event.name}: {name}"


def is_harmless(kind: Any) -> bool:
    if get_origin(kind) is Literal:
        return True
    if get_origin(kind) in (Union, types.UnionType):
        return all(is_harmless(each) for each in get_args(kind) if each is not type(None))
    if get_origin(kind) is Annotated:
        return is_harmless(get_args(kind)[0])
    return kind is dt.datetime or kind.__name__ == "AwareDatetime" or issubclass(kind, HARMLESS)


def test_what_an_event_says_besides_is_left_out() -> None:
    data = {"version": 1, "session_id": "a", "location": "Esimerkkikatu 1", "join_url": "https://x", "invented": "x"}

    told = webhooks.data_of({"type": "session.booked.v1", "data": data})

    assert {name: value for name, value in told.items() if value} == {"version": 1, "session_id": "a"}


def test_clients_hear_neither_of_first_talks_nor_of_summaries() -> None:
    hidden = set(webhooks.types_for("admin")) - set(webhooks.types_for("client"))

    assert webhooks.types_for("supervisor") == webhooks.types_for("admin")
    assert {name.partition(".")[0] for name in hidden} == {"intake", "summary"}


def test_the_official_library_verifies_ours_by_either_secret_and_by_no_other() -> None:
    older, newer, event_id = webhooks.new_secret(), webhooks.new_secret(), uuid4()
    now = dt.datetime.now(dt.UTC)
    body = webhooks.body(event_id, "session.booked.v1", now, {"version": 1})
    timestamp = int(now.timestamp())
    headers = {
        "webhook-id": str(event_id),
        "webhook-timestamp": str(timestamp),
        "webhook-signature": webhooks.signature([newer, older], event_id, timestamp, body),
    }

    assert Webhook(newer).verify(body, headers) == Webhook(older).verify(body, headers)
    for changed in ({"webhook-id": str(uuid4())}, {"webhook-timestamp": str(timestamp - 1)}):
        with pytest.raises(WebhookVerificationError):
            Webhook(newer).verify(body, headers | changed)
    for secret, content in ((webhooks.new_secret(), body), (newer, body + b" ")):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(content, headers)


def test_the_guide_lists_each_type_with_its_fields_and_its_readers() -> None:
    rows = re.findall(r"^\| `(\S+\.v1)` \| (.*?) \| (.*?) \|$", GUIDE.read_text(encoding="utf-8"), re.M)
    said = {name: (re.findall(r"`(\w+)`", fields), "client" in readers) for name, fields, readers in rows}
    told = {
        event.name: ([*one.fields], "client" in one.roles and event is not catalogue.WebhookTested)
        for event, one in webhooks.TOLD.items()
    }

    assert said == told
