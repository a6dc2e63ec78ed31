"""What is confidential in an event is readable by its reader alone, from the outbox on."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from pydantic import ValidationError

from services.core.encryption import CannotDecrypt
from services.core.sealing import SealedJson, Sealing, sealing_of
from services.core.secrets import fresh_keys
from services.events.catalogue import (
    EVENTS,
    ActionItem,
    Envelope,
    EvaluationAnswered,
    Event,
    Goal,
    GoalsAgreed,
    Phase,
    ReportCompiled,
    SummaryPublished,
    SummaryText,
)
from services.events.outbox import envelope
from services.events.sealed_fields import for_reader, open_event
from services.events.subscriptions import subscribers_of

NOW = datetime(2026, 12, 7, 12, 0, tzinfo=UTC)
KEYS = fresh_keys()
SHARED = {
    ("booking", "notifier"): KEYS["BOOKING_NOTIFIER_KEY"],
    ("booking", "reporting"): KEYS["BOOKING_REPORTING_KEY"],
    ("reporting", "notifier"): KEYS["REPORTING_NOTIFIER_KEY"],
}
OWN = {"booking": "NOTES_KEY", "notifier": "NOTIFIER_KEY", "reporting": "REPORTING_KEY"}
MARK = "Vuorolista jaetaan"

SUMMARY = SummaryPublished(
    version=1,
    summary_id=uuid4(),
    session_id=uuid4(),
    process_id=uuid4(),
    published_at=NOW,
    sends_letter=True,
    links={},
    link_expires_at=NOW,
    actions=(ActionItem(text=MARK),),
    text=SummaryText(themes=(MARK,), reflection=MARK),
)
ANSWER = EvaluationAnswered(
    version=1,
    answer_id=uuid4(),
    evaluation_id=uuid4(),
    process_id=uuid4(),
    phase=Phase.mid,
    participant_id=uuid4(),
    goals={uuid4(): 2},
    benefits={"workflow": 4},
    answered_at=NOW,
)
REPORT = ReportCompiled(
    version=1,
    report_id=uuid4(),
    kind="goal_report",
    process_id=uuid4(),
    supervisor_id=uuid4(),
    period_label="x",
    figures={"t": 50.0, "flags": MARK},
    html=MARK,
    pdf_base64="JVBERg==",
    compiled_at=NOW,
)
LEVELS = {"-2": MARK, "-1": MARK, "0": MARK, "1": MARK, "2": MARK}
GOAL = Goal.model_validate({"goal_id": uuid4(), "title": MARK, "levels": LEVELS, "importance": 1, "baseline": -1})
GOALS = GoalsAgreed(version=1, process_id=uuid4(), goals=(GOAL,), earlier=(GOAL,), agreed_at=NOW)
EXAMPLES: list[tuple[str, Event]] = [*(("booking", event) for event in (SUMMARY, ANSWER, GOALS)), ("reporting", REPORT)]


def keys_of(service: str) -> Sealing:
    shared = {other: key for pair, key in SHARED.items() if service in pair for other in pair if other != service}
    return sealing_of(service, KEYS[OWN[service]], shared)


def staged(publisher: str, event: Event) -> dict[str, Any]:
    """What rests in the outbox."""
    return envelope(publisher, event, NOW, keys_of(publisher)).model_dump(mode="json")


@pytest.mark.parametrize(("publisher", "event"), EXAMPLES)
def test_each_reader_opens_its_fields_and_no_other(publisher: str, event: Event) -> None:
    for reader in subscribers_of(type(event)):
        posted = for_reader(staged(publisher, event), reader)
        opened = open_event(keys_of(reader), publisher, Envelope.model_validate(posted))
        names = {name for fields in event.confidential.values() for name in fields}
        blank = names - set(event.confidential.get(reader, ()))

        assert {name for name, value in event if getattr(opened, name) != value} == blank
        assert set(posted["sealed"]) <= {reader}


@pytest.mark.parametrize(("publisher", "event"), EXAMPLES)
def test_nothing_of_them_is_readable_in_the_outbox_or_on_the_way(publisher: str, event: Event) -> None:
    rests = staged(publisher, event)

    for place in (rests, *(for_reader(rests, reader) for reader in subscribers_of(type(event)))):
        assert MARK not in json.dumps(place)
        for names in event.confidential.values():
            assert not any(place["data"][name] for name in names)


def test_what_was_sealed_for_another_reader_or_another_event_does_not_open() -> None:
    one, other = (Envelope.model_validate(staged("booking", SUMMARY)) for _ in range(2))

    for_another = one.model_copy(update={"sealed": {"notifier": one.sealed["reporting"]}})
    of_another = one.model_copy(update={"sealed": other.sealed})
    for wrong in (for_another, of_another):
        with pytest.raises(CannotDecrypt):
            open_event(keys_of("notifier"), "booking", wrong)


@pytest.mark.parametrize(("publisher", "event"), EXAMPLES)
def test_a_reader_of_before_refuses_such_an_event_instead_of_taking_it_for_empty(publisher: str, event: Event) -> None:
    for reader in event.confidential:
        posted = for_reader(staged(publisher, event), reader)
        with pytest.raises(ValidationError):
            EVENTS[event.name].model_validate(posted["data"])


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_only_readers_of_an_event_have_confidential_fields_of_it(name: str) -> None:
    event = EVENTS[name]

    assert set(event.confidential) <= set(subscribers_of(event))
    assert all(field in event.model_fields for names in event.confidential.values() for field in names)


def test_the_length_of_what_is_sealed_tells_no_level() -> None:
    sealing = sealing_of("booking", KEYS["NOTES_KEY"], {})
    column = SealedJson("answer.goals")

    lengths = {len(column.seal(sealing.at_rest, {str(uuid4()): level, "can't say": None})) for level in range(-2, 3)}

    assert len(lengths) == 1
    assert column.open(sealing.at_rest, column.seal(sealing.at_rest, {"a": -1})) == {"a": -1}
