"""Signatures of what one service posts to another: Redis carries messages, and is not believed.

Each service has a key with each other one, for each direction (decision 22). What bears no signature of whom it claims
to be from, and for whom it came to, is not handled.
"""

import base64
import hmac
import json
from collections.abc import Mapping, Sequence
from functools import cache

from services.core.encryption import key_id, keys_for

HEADER = "signature"
"""The header of a Celery message; code of before version 0.2 passes over it."""


class Signatures:
    """What one service signs for others, and by which it knows what comes from them."""

    def __init__(self, service: str, shared_keys: Mapping[str, str]) -> None:
        self._service, self._shared_keys = service, shared_keys

    def knows(self, other: str) -> bool:
        return other in self._shared_keys

    def sign(self, reader: str, task: str, arguments: Sequence[object]) -> str:
        key, *_ = _keys(self._shared_keys[reader], self._service, reader)
        return _signature(key, _signed_part(task, arguments))

    def is_from(self, sender: str, signature: str, task: str, arguments: Sequence[object]) -> bool:
        if not self.knows(sender):
            return False
        try:
            signed = _signed_part(task, arguments)
        except (TypeError, ValueError):  # no JSON, whatever the broker made of it
            return False
        keys = _keys(self._shared_keys[sender], sender, self._service)
        sent = signature.encode(errors="replace")
        return any(hmac.compare_digest(_signature(key, signed).encode(), sent) for key in keys)


OF_NOBODY = Signatures("", {})


@cache
def _keys(shared: str, sender: str, reader: str) -> tuple[bytes, ...]:
    return keys_for(shared, f"tyonohjaus: messages from {sender} to {reader}")


def _signed_part(task: str, arguments: Sequence[object]) -> bytes:
    """The same bytes for what has travelled as JSON and back."""
    return json.dumps([task, list(arguments)], sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def _signature(key: bytes, signed: bytes) -> str:
    return f"{key_id(key).hex()}.{base64.b64encode(hmac.digest(key, signed, 'sha256')).decode()}"
