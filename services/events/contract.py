"""The contract as documents: one stored JSON schema for each event, and the AsyncAPI description of who hears what."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from services.events.catalogue import EVENTS, Envelope, Event
from services.events.signatures import HEADER
from services.events.subscriptions import SUBSCRIPTIONS, subscribers_of

SCHEMAS = Path(__file__).parent / "schemas"

Schema = dict[str, Any]

SIGNED: Schema = {
    "type": "object",
    "properties": {
        HEADER: {
            "type": "string",
            "description": "The id of the key, a dot, and HMAC-SHA256 (in base64) of the task's name and arguments, as "
            "one JSON array without white space and with sorted keys.",
        }
    },
    "required": [HEADER],
}


def schema_of(event: type[Event]) -> Schema:
    return event.model_json_schema()


def stored_schema(name: str) -> Schema | None:
    path = SCHEMAS / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def breaches(stored: Schema, current: Schema) -> Iterator[str]:
    """What a reader that knows the stored schema would trip over; only fields with a default may be new."""
    yield from _object_breaches("event", stored, current)
    for name, definition in stored.get("$defs", {}).items():
        if name not in current.get("$defs", {}):
            yield f"{name} is gone"
        else:
            yield from _object_breaches(name, definition, current["$defs"][name])


def _object_breaches(where: str, stored: Schema, current: Schema) -> Iterator[str]:
    if "properties" not in stored:
        if stored != current:
            yield f"{where} changed"
        return
    for field, shape in stored["properties"].items():
        if current.get("properties", {}).get(field) != shape:
            yield f"{where}.{field} changed or is gone"
    for field in sorted(set(current.get("required", ())) ^ set(stored.get("required", ()))):
        yield f"{where}.{field} became required or optional"


def write_schemas() -> list[str]:
    """Store the schemas of new events and of new optional fields; returns the breaches that it refused to store."""
    refused = []
    for name, event in sorted(EVENTS.items()):
        stored, current = stored_schema(name), schema_of(event)
        trouble = [] if stored is None else [f"{name}: {breach}" for breach in breaches(stored, current)]
        refused += trouble
        if not trouble:
            text = json.dumps(current, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
            (SCHEMAS / f"{name}.json").write_text(text, encoding="utf-8")
    return refused


def asyncapi() -> Schema:
    """The AsyncAPI 3 document: one channel for each reader's queue, one operation for each direction."""
    messages = {name: _message(event) for name, event in sorted(EVENTS.items())}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "tyonohjaus",
            "version": "1",
            "description": "Events are posted as Celery messages (task name = event type, each argument = a "
            "CloudEvents 1.0 envelope) to the queue of each service that subscribes to them: what one deed caused in "
            "one message, all else and what is posted again alone. The message's header `signature` is by a key that "
            "publisher and subscriber share; a message without it is not handled.",
        },
        "defaultContentType": "application/json",
        "channels": {
            reader: {
                "address": reader,
                "description": f"The queue of the {reader} service.",
                "messages": {event.name: {"$ref": f"#/components/messages/{event.name}"} for event in events},
            }
            for reader, events in SUBSCRIPTIONS.items()
        },
        "operations": {
            f"{reader}.receive": {"action": "receive", "channel": {"$ref": f"#/channels/{reader}"}}
            for reader in SUBSCRIPTIONS
        },
        "components": {"messages": messages, "schemas": {"envelope": Envelope.model_json_schema()}},
    }


def _message(event: type[Event]) -> Schema:
    return {
        "name": event.name,
        "title": event.name.removesuffix(".v1").replace(".", " "),
        "summary": event.__doc__,
        "headers": SIGNED,
        "payload": {
            "allOf": [
                {"$ref": "#/components/schemas/envelope"},
                {"type": "object", "properties": {"data": _inlined(schema_of(event))}},
            ]
        },
        "x-subscribers": subscribers_of(event),
    }


def _inlined(schema: Schema) -> Schema:
    """The schema with its `$defs` written out in place, since AsyncAPI resolves references from the document's root."""
    definitions = schema.get("$defs", {})

    def resolve(part: Any) -> Any:
        if isinstance(part, dict):
            if "$ref" in part:
                return resolve(definitions[part["$ref"].rsplit("/", 1)[-1]])
            return {key: resolve(value) for key, value in part.items() if key != "$defs"}
        return [resolve(item) for item in part] if isinstance(part, list) else part

    resolved: Schema = resolve(schema)
    return resolved
