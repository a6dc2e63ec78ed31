"""Encrypts rendered letters at rest, because they hold names and secret links."""

from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.core.encryption import NONCE_LENGTH, CannotDecrypt, Encryption, derived_key, encryption_for
from services.core.sealing import EncryptedColumn
from services.notifier.models import Letter
from services.notifier.settings import Settings

LETTERS_PURPOSE = "tyonohjaus notifier: letters at rest"


def encryption_of_letters(settings: Settings) -> Encryption:
    return encryption_for(settings.own_keys, LETTERS_PURPOSE, settings.older_link_key)


def letter_context(letter_id: UUID) -> str:
    """The context that a letter is encrypted for."""
    return f"letter/{letter_id}"


ENCRYPTED_COLUMNS = (EncryptedColumn(Letter, "message", lambda letter: letter_context(letter.id)),)


def encrypt_letter(settings: Settings, letter_id: UUID, message: bytes) -> bytes:
    return encryption_of_letters(settings).seal_bytes(message, letter_context(letter_id))


def decrypt_letter(settings: Settings, letter_id: UUID, sealed: bytes) -> bytes | None:
    """The message, or None when it was sealed with a key that is there no more."""
    try:
        return encryption_of_letters(settings).open_bytes(sealed, letter_context(letter_id))
    except CannotDecrypt:
        return _decrypt_without_key_id(settings.older_link_key, letter_id, sealed)


def _decrypt_without_key_id(link_key: str, letter_id: UUID, sealed: bytes) -> bytes | None:
    """As letters were sealed up to version 0.1; they are kept for LETTERS_KEPT_MONTHS."""
    if not link_key:
        return None
    nonce, rest = sealed[:NONCE_LENGTH], sealed[NONCE_LENGTH:]
    try:
        return AESGCM(derived_key(link_key, LETTERS_PURPOSE)).decrypt(nonce, rest, letter_id.bytes)
    except (InvalidTag, ValueError):
        return None
