"""What may be written into a field."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from services.booking.shapes import BusinessId, EmailAddress, Line, Lines, Phone, TimeZone


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("maija@example.fi", "maija@example.fi"),
        ("Maija.Meikäläinen@Example.FI".replace("ä", "a"), "Maija.Meikalainen@example.fi"),
        ("maija@töihin.fi", "maija@xn--tihin-jua.fi"),
        ("a@host.test", "a@host.test"),
        ("a+b@intra", "a+b@intra"),
    ],
)
def test_addresses_that_letters_reach_are_kept_as_servers_write_them(typed: str, kept: str) -> None:
    assert TypeAdapter(EmailAddress).validate_python(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "maija",
        "@example.fi",
        "a@b@c.fi",
        "a b@example.fi",
        "a@example.fi\nBcc: x@y.fi",
        "ä@example.fi",
        "a@" + "b" * 300,
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(EmailAddress).validate_python(typed)


@pytest.mark.parametrize("sign", ["\x00", "\n", "\r", "\t", "\x1b", "\x85", "\u2028", "\ud800"])
def test_one_line_has_no_signs_that_can_not_be_shown(sign: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Line).validate_python(f"a{sign}b")


@pytest.mark.parametrize("text", ["Åke Öhman", "李雷", "😀", "مرحبا", "a" * 200, "<b>&amp;", "O'Brien; DROP TABLE"])
def test_any_words_may_be_written(text: str) -> None:
    assert TypeAdapter(Line).validate_python(text) == text


def test_letters_are_kept_in_one_form_and_lines_end_alike() -> None:
    assert TypeAdapter(Line).validate_python("A\u0308iti") == "Äiti"
    assert TypeAdapter(Lines).validate_python("a\r\nb\tc") == "a\nb\tc"


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (Phone, ["040 123 4567", "+358 40 123 4567", "09 123-4567"], ["x", "12", "0" * 41, "040\n1234"]),
        (TimeZone, ["Europe/Helsinki", "UTC"], ["Helsinki", "../etc/passwd", "europe/helsinki2", ""]),
        (BusinessId, ["1234567-8"], ["12345678", "123456-7", "1234567-8\n"]),
    ],
)
def test_forms_are_kept(kind: Any, good: list[str], bad: list[str]) -> None:
    adapter: TypeAdapter[str] = TypeAdapter(kind)
    assert [adapter.validate_python(one) for one in good] == good
    for one in bad:
        with pytest.raises(ValidationError):
            adapter.validate_python(one)
