"""The confidential fields of events, sealed for each reader from the outbox on: only that reader opens them.

In the clear such a field is blank. What a reader gets has null there instead, until it has opened it: code that knows
nothing of sealed fields refuses it, rather than taking it for empty.
"""

import base64
import json
from typing import Any
from uuid import UUID

from services.core.sealing import Sealing, of_even_length
from services.events.catalogue import EVENTS, Envelope, Event

Json = dict[str, Any]


def seal_fields(sealing: Sealing, event: Event, event_id: UUID) -> tuple[Json, dict[str, str]]:
    """The data of an event with its confidential fields blank, and these sealed for each of their readers.

    For each whose key is there, that is: an operator who has booking tell reporting everything again has reporting's.
    """
    data = event.model_dump(mode="json")
    sealed = {
        reader: _sealed(sealing, reader, {name: data[name] for name in names}, event_id)
        for reader, names in event.confidential.items()
        if reader in sealing.told_to
    }
    secret = {name for names in event.confidential.values() for name in names}
    return data | {name: _blank(event, name) for name in secret}, sealed


def _sealed(sealing: Sealing, reader: str, fields: Json, event_id: UUID) -> str:
    sealed = sealing.told_to[reader].seal(of_even_length(fields), _place(event_id))
    return base64.b64encode(sealed).decode()


def _blank(event: Event, name: str) -> Any:
    """What says nothing, and is a value of the field."""
    field = type(event).model_fields[name]
    return type(getattr(event, name))() if field.is_required() else field.get_default()


def _place(event_id: UUID) -> str:
    return f"event/{event_id}"


def for_reader(envelope: Json, reader: str) -> Json:
    """What is posted to a reader of what rests in the outbox: of what is sealed, its own."""
    if not (sealed := envelope.get("sealed")):
        return envelope
    names = EVENTS[str(envelope["type"])].confidential.get(reader, ())
    own = {reader: sealed[reader]} if names else {}
    return {**envelope, "sealed": own, "data": envelope["data"] | dict.fromkeys(names)}


def open_event(sealing: Sealing, publisher: str, envelope: Envelope) -> Event:
    """The event with all that its reader may know of it. What version 0.1 put into its outbox is in the clear."""
    sealed = envelope.sealed.get(sealing.service)
    if sealed is None:
        return envelope.event()
    fields = json.loads(sealing.heard_from[publisher].open(base64.b64decode(sealed), _place(envelope.id)))
    return envelope.model_copy(update={"data": envelope.data | fields}).event()
