"""Old events met by new code, and new events met by old code: what is known is read, what is not is kept and seen.

`first_events.jsonl` holds every event as the first catalogue that knew it wrote it, with nothing but what had to be
said then. It is never changed: such an event may lie in an outbox, or in a backup, for as long as v1 is read.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from prometheus_client.core import Metric
from sqlalchemy import text

from services.core.database import transaction
from services.events import inbox, outbox
from services.events.catalogue import EVENTS, Envelope
from services.events.subscriptions import SUBSCRIPTIONS
from services.web import outbox_metrics
from tests.databases import DatabaseServer
from tests.integration.events.test_delivery import Practice, new_practice, until
from tests.support.letter_office import open_office
from tests.support.reporting_practice import open_practice
from tests.support.smtp_catcher import SmtpCatcher

Json = dict[str, Any]

FIRST_EVENTS: list[Json] = [
    json.loads(line) for line in Path(__file__).with_name("first_events.jsonl").read_text(encoding="utf-8").splitlines()
]
FROM_THE_FUTURE = {"from_the_future": {"nested": [1, None]}}


def in_the_future(value: Any) -> Any:
    """The same with a field that nobody here knows, at every depth where fields have names of ours."""
    if isinstance(value, dict) and all(key.isidentifier() for key in value):
        return {key: in_the_future(inner) for key, inner in value.items()} | FROM_THE_FUTURE
    return value


def test_every_event_has_been_published_and_stays_readable() -> None:
    assert sorted(event["type"] for event in FIRST_EVENTS) == sorted(EVENTS)
    for written in FIRST_EVENTS:
        event = Envelope.model_validate(written).event()
        assert event.aggregate == written["subject"]


def test_fields_that_only_newer_publishers_write_are_passed_over() -> None:
    for written in FIRST_EVENTS:
        newer = {**in_the_future(written), "data": in_the_future(written["data"])}
        assert Envelope.model_validate(newer).event() == Envelope.model_validate(written).event()


def test_the_notifier_handles_every_event_as_it_was_first_published(
    postgres_server: DatabaseServer, redis_url: str, smtp_catcher: SmtpCatcher, tmp_path: Path
) -> None:
    with open_office(postgres_server, redis_url, smtp_catcher, tmp_path) as office:
        from services.notifier.subscribers import subscriber

        for event in meant_for("notifier"):
            assert inbox.receive(office.engine, subscriber.handlers[event.type], [event])

        assert "booking_confirmation" in office.kinds()


def test_reporting_handles_every_event_as_it_was_first_published(
    postgres_server: DatabaseServer, redis_url: str, tmp_path: Path
) -> None:
    with open_practice(postgres_server, redis_url, tmp_path) as practice:
        from services.reporting.subscribers import subscriber

        for event in meant_for("reporting"):
            assert inbox.receive(practice.engine, subscriber.handlers[event.type], [event])


def meant_for(service: str) -> list[Envelope]:
    names = {event.name for event in SUBSCRIPTIONS[service]}
    return [Envelope.model_validate(written) for written in FIRST_EVENTS if written["type"] in names]


# -- a newer version met by old code ----------------------------------------------------------------------


@pytest.fixture
def practice(postgres_server: DatabaseServer, empty_redis: str) -> Iterator[Practice]:
    own_room = empty_redis.rstrip("/").removesuffix("/0") + "/3"
    practice = new_practice(postgres_server, own_room)
    with practice.worker("booking"):
        yield practice


def stage_as(practice: Practice, name: str, *, login: Any, full_name: str = "Maija Meikäläinen") -> None:
    """What a publisher of another version writes into its outbox."""
    practice.stage(login, 1, full_name)
    with transaction(practice.publisher) as db:
        db.execute(
            text("UPDATE outbox SET envelope = jsonb_set(envelope, '{type}', to_jsonb(CAST(:name AS text)))"),
            {"name": name},
        )


def try_until_parked(practice: Practice) -> None:
    def parked() -> bool:
        practice.let_the_pause_pass()
        practice.see_the_reader_at_work()
        practice.relay()
        return any(row["parked_at"] for row in practice.deliveries())

    until(parked)


def figures(practice: Practice) -> dict[str, float]:
    with transaction(practice.publisher) as db:
        metrics: list[Metric] = list(outbox_metrics.outbox_gauges(db))
    return {metric.name: sample.value for metric in metrics for sample in metric.samples}


def test_an_event_of_a_newer_version_is_kept_and_seen_by_old_code_and_delivered_after_the_upgrade(
    practice: Practice,
) -> None:
    newer, known = uuid4(), uuid4()
    stage_as(practice, "login.requested.v2", login=newer)
    with practice.worker("notifier") as worker:
        practice.see_the_reader_at_work()
        practice.relay()
        until(lambda: practice.deliveries()[0]["last_error"] == "UnknownEvent")
        practice.stage(known, 1)
        practice.relay()
        until(lambda: practice.effects() == [(f"login/{known}", 1)])
        try_until_parked(practice)
        assert worker.poll() is None
    assert figures(practice)["tyonohjaus_deliveries_parked"] == 1
    assert "event.unknown" in practice.logged()
    assert "Meikäläinen" not in practice.logged()
    assert "maija@example.fi" not in practice.logged()

    with practice.worker("notifier", code="tests.faults.newer_worker"):
        practice.let_the_pause_pass()
        practice.see_the_reader_at_work()
        with transaction(practice.publisher) as db:
            assert outbox.unpark(db) == 1
        practice.relay()
        until(practice.all_confirmed)

    assert practice.effects() == [(f"login/{known}", 1), (f"login/{newer}", 1)]
    assert figures(practice).get("tyonohjaus_deliveries_parked", 0) == 0


def test_an_event_with_a_missing_field_is_refused_with_its_reason_and_a_huge_one_is_handled(practice: Practice) -> None:
    broken, huge = uuid4(), uuid4()
    practice.stage(broken, 1)
    with transaction(practice.publisher) as db:
        db.execute(text("UPDATE outbox SET envelope = envelope #- '{data,email}'"))
    practice.stage(huge, 1, "Ä" * 1_000_000)

    with practice.worker("notifier") as worker:
        practice.see_the_reader_at_work()
        practice.relay()
        until(lambda: practice.effects() == [(f"login/{huge}", 1)])
        until(lambda: {row["last_error"] for row in practice.deliveries()} == {"ValidationError", None})
        assert worker.poll() is None

    assert [row["confirmed_at"] is None for row in practice.deliveries() if row["last_error"]] == [True]
