"""Letters at rest open with their key and for their own letter only, also those sealed by LINK_KEY."""

import os
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.core.encryption import Encryption, derived_key
from services.core.secrets import fresh_keys
from services.notifier.delivery.encryption import LETTERS_PURPOSE, decrypt_letter, encrypt_letter
from services.notifier.settings import Settings

KEYS = fresh_keys()
LINK_KEY = "k" * 32


def told(**changes: str) -> Settings:
    """What the notifier is told; of its secrets, changes alone."""
    places = {f"{name}public_url": "https://example.fi" for name in ("", "reporting_", "notifier_")}
    servers = {"redis_url": "redis://r", "notifier_database_url": "postgresql://p/n", "smtp_url": "smtp://s"}
    known = {name.lower(): value for name, value in KEYS.items()} | places | servers | {"mail_from": "a@example.fi"}
    return Settings(**known | changes)  # type: ignore[arg-type]


def test_a_letter_opens_for_its_own_id_and_key_alone() -> None:
    letter, sealed = (one := uuid4()), encrypt_letter(told(), one, b"Hei Aino")

    assert decrypt_letter(told(), letter, sealed) == b"Hei Aino"
    assert decrypt_letter(told(), uuid4(), sealed) is None
    assert decrypt_letter(told(notifier_key=fresh_keys()["NOTIFIER_KEY"]), letter, sealed) is None


def test_while_a_key_is_replaced_letters_of_both_open() -> None:
    letter, sealed = (one := uuid4()), encrypt_letter(told(), one, b"Hei Aino")
    replaced = told(notifier_key=f"{fresh_keys()['NOTIFIER_KEY']},{KEYS['NOTIFIER_KEY']}")

    assert decrypt_letter(replaced, letter, sealed) == b"Hei Aino"
    assert decrypt_letter(replaced, letter, encrypt_letter(replaced, letter, b"Hei Aino")) == b"Hei Aino"


@pytest.mark.parametrize("has_id", [True, False])
def test_a_letter_that_was_sealed_by_link_key_opens_as_long_as_that_is_told(has_id: bool) -> None:
    letter, nonce, key = uuid4(), os.urandom(12), derived_key(LINK_KEY, LETTERS_PURPOSE)
    without_id = nonce + AESGCM(key).encrypt(nonce, b"Hei Aino", letter.bytes)
    sealed = Encryption(key).seal_bytes(b"Hei Aino", f"letter/{letter}") if has_id else without_id

    assert decrypt_letter(told(link_key=LINK_KEY), letter, sealed) == b"Hei Aino"
    assert decrypt_letter(told(), letter, sealed) is None
