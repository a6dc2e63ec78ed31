"""What is confidential rests sealed by AES-256-GCM, in tables that alone tell nothing.

What is sealed begins with the id of its key. A secret may name several keys, separated by commas: the first one seals
and signs, all of them open and verify, so that a key can be replaced while what it made is still there. From a secret
that serves several purposes each gets a key of its own (decision 22).
"""

import base64
import binascii
import hashlib
import secrets
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_LENGTH, ID_LENGTH, NONCE_LENGTH = 32, 4, 12


class CannotDecrypt(Exception):
    """None of the keys opens this text, or it was sealed for another place."""


class Encryption:
    """Seals and opens, and opens only in the place that something was sealed for, such as ``note/0b1c…``."""

    def __init__(self, *keys: bytes) -> None:
        self._current = key_id(keys[0])
        self._ciphers = {key_id(key): AESGCM(key) for key in keys}

    def seal(self, text: str, place: str) -> bytes:
        return self.seal_bytes(text.encode(), place)

    def open(self, sealed: bytes, place: str) -> str:
        return self.open_bytes(sealed, place).decode()

    def seal_bytes(self, content: bytes, place: str) -> bytes:
        nonce = secrets.token_bytes(NONCE_LENGTH)
        return self._current + nonce + self._ciphers[self._current].encrypt(nonce, content, place.encode())

    def open_bytes(self, sealed: bytes, place: str) -> bytes:
        key, nonce = sealed[:ID_LENGTH], sealed[ID_LENGTH : ID_LENGTH + NONCE_LENGTH]
        try:
            return self._ciphers[key].decrypt(nonce, sealed[ID_LENGTH + NONCE_LENGTH :], place.encode())
        except (KeyError, InvalidTag, ValueError) as error:
            raise CannotDecrypt from error

    def seal_if_any(self, text: str | None, place: str) -> bytes | None:
        return None if text is None else self.seal(text, place)

    def open_if_any(self, sealed: bytes | None, place: str) -> str | None:
        return None if sealed is None else self.open(sealed, place)

    @property
    def current_id(self) -> bytes:
        """What texts begin with that were sealed by the newest key."""
        return self._current

    @property
    def older_ids(self) -> list[bytes]:
        """What texts begin with that were sealed by an older key."""
        return [key for key in self._ciphers if key != self._current]


@cache
def encryption_of(notes_key: str) -> Encryption:
    return Encryption(*keys_of(notes_key))


@cache
def keys_for(secret: str, purpose: str) -> tuple[bytes, ...]:
    """The keys for one purpose alone, the newest first (HKDF, RFC 5869)."""
    return tuple(_derive(key, purpose) for key in keys_of(secret))


@cache
def encryption_for(secret: str, purpose: str, link_key: str = "") -> Encryption:
    """Also opens what was sealed for this purpose by LINK_KEY, of which every purpose had its key up to version 0.1."""
    return Encryption(*keys_for(secret, purpose), *([derived_key(link_key, purpose)] if link_key else []))


def derived_key(link_key: str, purpose: str) -> bytes:
    return _derive(link_key.encode(), purpose)


def keys_of(secret: str) -> list[bytes]:
    """The keys that a secret names, the newest first. Raises ValueError for anything but 32 bytes each."""
    try:
        keys = [base64.b64decode(key.strip(), validate=True) for key in secret.split(",")]
    except binascii.Error as error:
        raise ValueError("a key is base64") from error
    if any(len(key) != KEY_LENGTH for key in keys):
        raise ValueError("a key has 32 bytes")
    return keys


def key_id(key: bytes) -> bytes:
    """Names a key without telling anything of it."""
    return hashlib.sha256(b"id:" + key).digest()[:ID_LENGTH]


def _derive(key: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), KEY_LENGTH, None, purpose.encode()).derive(key)
