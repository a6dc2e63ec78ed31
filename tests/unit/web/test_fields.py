"""What may be written into a field."""

from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, TypeAdapter, ValidationError

from services.web.protocol.fields import (
    BusinessId,
    EmailAddress,
    Instant,
    Line,
    Lines,
    Name,
    Phone,
    RequestBody,
    TimeZone,
)


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


@pytest.mark.parametrize(
    "text",
    ["\u200b", "\u2060\ufeff", "\u00ad", "\u3164", "\u2800", "\ufe0f", "\u200b \u200b", "Maija\u202ea", "\u2066Maija"],
)
def test_a_name_is_seen_and_reads_in_the_direction_of_its_letters(text: str) -> None:
    for kind in (Name, Line):
        with pytest.raises(ValidationError):
            TypeAdapter(kind).validate_python(text)


@pytest.mark.parametrize(
    "name",
    [
        *("evil.example", "Maija https://a", "www.Maija", "WWW.maija", "maija@example.fi", "Voitit evil.example/a"),
        *("t.co", "x.com", "t.ly/Ab12", "12.34.56.78", "evil\u3002com", "evil\u2024com", "evil.\u200bcom"),
    ],
)
def test_a_name_is_nothing_of_which_a_mail_program_makes_a_link(name: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Name).validate_python(name)


@pytest.mark.parametrize("name", ["Åke Öhman", "J.R.R. Tolkien", "Maija M.", "Anna-Liisa", "O'Brien", "Salo / Suni"])
def test_names_of_people_are_names(name: str) -> None:
    assert TypeAdapter(Name).validate_python(name) == name


@pytest.mark.parametrize(
    "text",
    ["Åke Öhman", "李雷", "😀", "مرحبا", "می\u200cخواهم", "👩\u200d🏫", "a" * 200, "<b>&amp;", "O'Brien; DROP TABLE"],
)
def test_any_words_may_be_written(text: str) -> None:
    assert TypeAdapter(Line).validate_python(text) == text


def test_letters_are_kept_in_one_form_and_lines_end_alike() -> None:
    assert TypeAdapter(Line).validate_python("A\u0308iti") == "Äiti"
    assert TypeAdapter(Lines).validate_python("a\r\nb\tc") == "a\nb\tc"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("+358 40 123 4567", "+358 40 123 4567"),
        ("09 123-4567", "09 123 4567"),
        ("(09) 123 4567", "09 123 4567"),
        ("040/1234567", "040 123 4567"),
        ("040\u00a0123\u00a04567", "040 123 4567"),
        ("040–123 4567", "040 123 4567"),
        ("+46 8 123 456 78", "+46 8 123 456 78"),
        ("+1 555 123 4567", "+1 555 123 4567"),
        ("045 7123 4567", "045 7123 4567"),
        ("0800 12345", "0800 12 345"),
    ],
)
def test_phone_numbers_are_kept_in_groups_however_they_were_typed(typed: str, kept: str) -> None:
    assert TypeAdapter(Phone).validate_python(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        *("x", "12", "0" * 41, "040\n1234567", "040 123 4567 tai 050 123 456"),
        *("+999 1234567", "+46 8 12", "1234567", "0123456789", "+358 12 345 6789", "040 123 4567 890"),
    ],
)
def test_what_is_no_phone_number_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Phone).validate_python(typed)


@pytest.mark.parametrize("typed", ["1234567-1", "12345671", "FI12345671", "FI 1234567 - 1", "1234567–1"])
def test_a_business_id_is_kept_with_its_hyphen(typed: str) -> None:
    assert TypeAdapter(BusinessId).validate_python(typed) == "1234567-1"


@pytest.mark.parametrize("typed", ["1234567-8", "123456-7", "1234567-1\n2", "x", "", "1" * 10_000])
def test_what_its_check_digit_denies_is_no_business_id(typed: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(BusinessId).validate_python(typed)


@pytest.mark.parametrize("end", ["24:00", "24:00:00", "24:00:00.000"])
def test_a_day_ends_at_24_where_the_next_begins(end: str) -> None:
    read = TypeAdapter(Instant).validate_python

    assert read(f"2026-12-31T{end}+02:00") == read("2027-01-01T00:00+02:00")


@pytest.mark.parametrize(
    "text", ["2026-12-01T24:01Z", "2026-12-01T24:00:01Z", "2026-13-01T24:00Z", "2026-12-01T25:00Z"]
)
def test_after_24_there_is_no_time(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Instant).validate_python(text)


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [(TimeZone, ["Europe/Helsinki", "UTC"], ["Helsinki", "../etc/passwd", "europe/helsinki2", ""])],
)
def test_forms_are_kept(kind: Any, good: list[str], bad: list[str]) -> None:
    adapter: TypeAdapter[str] = TypeAdapter(kind)
    assert [adapter.validate_python(one) for one in good] == good
    for one in bad:
        with pytest.raises(ValidationError):
            adapter.validate_python(one)


class Rated(RequestBody):
    """What a number can be hidden in."""

    hours: int = 1
    levels: dict[str, Annotated[int, Field(ge=-2)]] = Field(default={})
    days: tuple[int, ...] | None = None
    agreed: bool | None = None
    form: Literal[45, 60] = 45
    note: str = ""


class Rating(RequestBody):
    rated: list[Rated]


@pytest.mark.parametrize(
    ("sent", "place"),
    [
        ({"hours": False}, ("hours",)),
        ({"hours": "24"}, ("hours",)),
        ({"hours": 2, "levels": {"a": 1, "b": True}}, ("levels", "b")),
        ({"days": [1, "2"]}, ("days", 1)),
        ({"agreed": 1}, ("agreed",)),
        ({"agreed": "true"}, ("agreed",)),
        ({"form": "60"}, ("form",)),
    ],
)
def test_json_has_numbers_and_truth_values_of_its_own(sent: dict[str, Any], place: tuple[int | str, ...]) -> None:
    """As FastAPI reads it, at the top and within."""
    for adapter, body, where in (
        (TypeAdapter(Rated), sent, place),
        (TypeAdapter(Rating), {"rated": [{}, sent]}, ("rated", 1, *place)),
    ):
        with pytest.raises(ValidationError) as refused:
            adapter.validate_python(body)
        assert [error["loc"] for error in refused.value.errors()] == [where]


def test_what_is_a_number_stays_one_and_forms_bring_text() -> None:
    sent = {"hours": 24.0, "levels": {"a": -2}, "days": [1, 2], "agreed": False, "note": "24"}
    assert TypeAdapter(Rated).validate_python(sent).hours == 24
    typed = Rating.model_validate({"rated": [{"hours": "24", "levels": {"a": "-2"}, "days": ["1"], "agreed": "true"}]})
    assert typed.rated[0].model_dump(include={"hours", "levels", "days", "agreed"}) == {
        "hours": 24,
        "levels": {"a": -2},
        "days": (1,),
        "agreed": True,
    }
