"""The events are a promise to other services: stored schemas and the AsyncAPI document hold it."""

from typing import Any
from uuid import uuid4

import jsonschema
import pytest

from services.events import catalogue, contract, webhooks
from services.events.catalogue import EVENTS, Envelope, ParticipantChanged, ParticipantErased
from services.events.subscriptions import SUBSCRIPTIONS


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_a_published_event_keeps_its_stored_schema(name: str) -> None:
    stored = contract.stored_schema(name)

    assert stored is not None, "run `tyonohjaus documents` and commit what it writes"
    assert list(contract.breaches(stored, contract.schema_of(EVENTS[name]))) == []


def test_no_schema_is_stored_for_an_event_that_is_gone() -> None:
    assert {path.stem for path in contract.SCHEMAS.glob("*.json")} == set(EVENTS)


def test_changing_removing_or_requiring_a_field_is_a_breach_and_an_optional_one_is_none() -> None:
    stored: dict[str, Any] = {"properties": {"a": {"type": "string"}, "b": {"type": "integer"}}, "required": ["a"]}
    optional = {"properties": {**stored["properties"], "c": {"default": 1}}, "required": ["a"]}
    changed: dict[str, Any] = {"properties": {"a": {"type": "integer"}}, "required": ["a"]}
    required = {"properties": {**stored["properties"], "c": {}}, "required": ["a", "c"]}

    assert list(contract.breaches(stored, optional)) == []
    assert list(contract.breaches(stored, changed)) == ["event.a changed or is gone", "event.b changed or is gone"]
    assert list(contract.breaches(stored, required)) == ["event.c became required or optional"]


def test_every_event_has_a_reader_and_a_versioned_name_in_the_past_tense() -> None:
    heard = {event for events in SUBSCRIPTIONS.values() for event in events}

    assert heard | set(webhooks.TOLD) == set(EVENTS.values())
    assert all(name.count(".") == 2 and name.endswith(".v1") for name in EVENTS)


def test_names_and_addresses_of_participants_go_to_the_notifier_alone() -> None:
    assert ParticipantChanged not in SUBSCRIPTIONS["reporting"]


def test_an_envelope_brings_its_typed_event_back_and_ignores_what_it_does_not_know() -> None:
    erased = ParticipantErased(version=3, participant_id=uuid4(), process_id=uuid4())
    envelope = Envelope(
        id=uuid4(),
        source="/tyonohjaus/booking",
        type=erased.name,
        subject=erased.aggregate,
        time="2026-12-07T12:00:00Z",
        data={**erased.model_dump(mode="json"), "from_the_future": 1},
    )

    assert Envelope.model_validate(envelope.model_dump(mode="json")).event() == erased


def test_an_event_without_a_required_field_is_not_believed() -> None:
    with pytest.raises(ValueError, match="participant_id"):
        ParticipantErased.model_validate({"version": 1, "process_id": str(uuid4())})


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_stored_schemas_are_valid_json_schemas(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(contract.schema_of(EVENTS[name]))


def test_events_are_frozen() -> None:
    erased = ParticipantErased(version=1, participant_id=uuid4(), process_id=uuid4())

    with pytest.raises(ValueError, match="frozen"):
        erased.version = 2  # type: ignore[misc]  # what this test is about


def test_phases_and_forms_are_spelled_as_the_interface_names_them() -> None:
    assert [form.value for form in catalogue.Form] == ["individual", "pair", "team", "group", "community"]
    assert [phase.value for phase in catalogue.Phase] == ["start", "mid", "final"]
