"""Rendered letters hold names and secret links, so they rest encrypted: a copy of the database opens none of them."""

import os
from functools import cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PURPOSE = b"tyonohjaus notifier: letters at rest"
NONCE_BYTES = 12


@cache
def _cipher(link_key: str) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, None, PURPOSE).derive(link_key.encode()))


def seal(link_key: str, letter_id: UUID, message: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + _cipher(link_key).encrypt(nonce, message, letter_id.bytes)


def unseal(link_key: str, letter_id: UUID, sealed: bytes) -> bytes | None:
    """The message, or None when it was sealed with a key that has been replaced since."""
    try:
        return _cipher(link_key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], letter_id.bytes)
    except InvalidTag:
        return None
