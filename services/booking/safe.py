"""What is written in confidence rests sealed: AES-256-GCM under NOTES_KEY, in tables that alone tell nothing.

Each sealed text begins with the id of its key. NOTES_KEY may name several keys, separated by commas: the first one
seals, all of them open, so that a key can be replaced while texts under the old one are still there.
"""

import base64
import binascii
import hashlib
import secrets
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_LENGTH, ID_LENGTH, NONCE_LENGTH = 32, 4, 12


class Unopenable(Exception):
    """None of the keys opens this text, or it was sealed for another place."""


class Safe:
    """Seals and opens texts. A text opens only in the place that it was sealed for, such as ``note/0b1c…``."""

    def __init__(self, *keys: bytes) -> None:
        self._current = _id(keys[0])
        self._ciphers = {_id(key): AESGCM(key) for key in keys}

    def seal(self, text: str, place: str) -> bytes:
        nonce = secrets.token_bytes(NONCE_LENGTH)
        sealed = self._ciphers[self._current].encrypt(nonce, text.encode(), place.encode())
        return self._current + nonce + sealed

    def open(self, sealed: bytes, place: str) -> str:
        key, nonce = sealed[:ID_LENGTH], sealed[ID_LENGTH : ID_LENGTH + NONCE_LENGTH]
        try:
            text = self._ciphers[key].decrypt(nonce, sealed[ID_LENGTH + NONCE_LENGTH :], place.encode())
        except (KeyError, InvalidTag, ValueError) as error:
            raise Unopenable from error
        return text.decode()

    def seal_if_any(self, text: str | None, place: str) -> bytes | None:
        return None if text is None else self.seal(text, place)

    def open_if_any(self, sealed: bytes | None, place: str) -> str | None:
        return None if sealed is None else self.open(sealed, place)

    @property
    def older_ids(self) -> list[bytes]:
        """What texts begin with that were sealed by an older key."""
        return [key for key in self._ciphers if key != self._current]


@cache
def safe(notes_key: str) -> Safe:
    return Safe(*keys_of(notes_key))


def keys_of(notes_key: str) -> list[bytes]:
    """The keys that NOTES_KEY names, the newest first. Raises ValueError for anything but 32 bytes each."""
    try:
        keys = [base64.b64decode(key.strip(), validate=True) for key in notes_key.split(",")]
    except binascii.Error as error:
        raise ValueError("a key is base64") from error
    if any(len(key) != KEY_LENGTH for key in keys):
        raise ValueError("a key has 32 bytes")
    return keys


def _id(key: bytes) -> bytes:
    return hashlib.sha256(b"id:" + key).digest()[:ID_LENGTH]
