"""Sealed texts open with their key, in their place, and nowhere else."""

import base64
import secrets

import pytest

from services.core.encryption import ID_LENGTH, CannotDecrypt, Encryption, keys_of

KEY, NEXT = secrets.token_bytes(32), secrets.token_bytes(32)


def test_what_is_sealed_opens_again_and_never_looks_the_same_twice() -> None:
    first, second = (Encryption(KEY).seal("Äänetön hetki", "note/1") for _ in range(2))

    assert first != second
    assert Encryption(KEY).open(first, "note/1") == "Äänetön hetki"
    assert b"hetki" not in first


def test_a_text_moved_to_another_place_does_not_open() -> None:
    with pytest.raises(CannotDecrypt):
        Encryption(KEY).open(Encryption(KEY).seal("Salaisuus", "note/1"), "note/2")


def test_a_new_key_seals_while_the_old_one_still_opens() -> None:
    old, rotated = Encryption(KEY), Encryption(NEXT, KEY)
    before, after = old.seal("Ennen", "note/1"), rotated.seal("Jälkeen", "note/1")

    assert rotated.open(before, "note/1") == "Ennen"
    assert rotated.older_ids == [before[:ID_LENGTH]]
    assert after[:ID_LENGTH] not in rotated.older_ids
    with pytest.raises(CannotDecrypt):
        old.open(after, "note/1")


@pytest.mark.parametrize("position", [0, 5, -1])
def test_a_text_that_was_tampered_with_does_not_open(position: int) -> None:
    sealed = bytearray(Encryption(KEY).seal("Salaisuus", "note/1"))
    sealed[position] ^= 1

    with pytest.raises(CannotDecrypt):
        Encryption(KEY).open(bytes(sealed), "note/1")


def test_a_text_cut_short_does_not_open() -> None:
    with pytest.raises(CannotDecrypt):
        Encryption(KEY).open(Encryption(KEY).seal("Salaisuus", "note/1")[:10], "note/1")


def test_the_setting_names_keys_of_32_bytes_the_newest_first() -> None:
    written = ", ".join(base64.b64encode(key).decode() for key in (NEXT, KEY))

    assert keys_of(written) == [NEXT, KEY]


@pytest.mark.parametrize("written", ["", "not base64!", base64.b64encode(b"too short").decode()])
def test_anything_else_is_no_key(written: str) -> None:
    with pytest.raises(ValueError, match="a key"):
        keys_of(written)
