"""What is wrong with a field, in the reader's words."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from services.web.errors.problems import InvalidRequest
from services.web.i18n.language import Text

REASONS: dict[str, Text] = {
    "missing": Text("Tämä puuttuu.", "This is missing."),
    "extra_forbidden": Text("Tätä kenttää ei ole.", "There is no such field."),
    "json_invalid": Text("Tämä ei ole JSONia.", "This is not JSON."),
    "string_type": Text("Tämän pitää olla tekstiä.", "This must be text."),
    "string_too_short": Text(
        "Tässä pitää olla vähintään {min_length} merkkiä.", "This must have at least {min_length} characters."
    ),
    "string_too_long": Text(
        "Tässä saa olla enintään {max_length} merkkiä.", "This may have at most {max_length} characters."
    ),
    "string_pattern_mismatch": Text("Tämä ei ole oikeaa muotoa.", "This is not in the right form."),
    "string_unicode": Text("Tässä on merkkejä, joita ei voi lukea.", "This has characters that can't be read."),
    "uuid_parsing": Text("Tämä ei ole tunniste (UUID).", "This is not an id (UUID)."),
    "uuid_type": Text("Tämä ei ole tunniste (UUID).", "This is not an id (UUID)."),
    "int_type": Text("Tämän pitää olla kokonaisluku.", "This must be a whole number."),
    "int_parsing": Text("Tämän pitää olla kokonaisluku.", "This must be a whole number."),
    "int_from_float": Text("Tämän pitää olla kokonaisluku.", "This must be a whole number."),
    "bool_type": Text("Tämän pitää olla true tai false.", "This must be true or false."),
    "bool_parsing": Text("Tämän pitää olla true tai false.", "This must be true or false."),
    "greater_than": Text("Tämän pitää olla enemmän kuin {gt}.", "This must be more than {gt}."),
    "greater_than_equal": Text("Tämän pitää olla vähintään {ge}.", "This must be at least {ge}."),
    "less_than": Text("Tämän pitää olla vähemmän kuin {lt}.", "This must be less than {lt}."),
    "less_than_equal": Text("Tämä saa olla enintään {le}.", "This may be at most {le}."),
    "literal_error": Text("Tämän pitää olla jokin näistä: {expected}.", "This must be one of {expected}."),
    "enum": Text("Tämän pitää olla jokin näistä: {expected}.", "This must be one of {expected}."),
    "timezone_aware": Text(
        "Ajassa pitää olla aikaero, esimerkiksi 2026-09-01T09:00:00+03:00.",
        "The time needs an offset, such as 2026-09-01T09:00:00+03:00.",
    ),
    "datetime_type": Text("Tämä ei ole ajankohta (ISO 8601).", "This is not a time (ISO 8601)."),
    "datetime_parsing": Text("Tämä ei ole ajankohta (ISO 8601).", "This is not a time (ISO 8601)."),
    "datetime_from_date_parsing": Text("Tämä ei ole ajankohta (ISO 8601).", "This is not a time (ISO 8601)."),
    "date_type": Text("Tämä ei ole päivä (ISO 8601).", "This is not a date (ISO 8601)."),
    "date_parsing": Text("Tämä ei ole päivä (ISO 8601).", "This is not a date (ISO 8601)."),
    "date_from_datetime_parsing": Text("Tämä ei ole päivä (ISO 8601).", "This is not a date (ISO 8601)."),
    "time_parsing": Text("Tämä ei ole kellonaika, esimerkiksi 09:00.", "This is not a time of day such as 09:00."),
    "list_type": Text("Tämän pitää olla luettelo.", "This must be a list."),
    "too_short": Text("Tässä pitää olla vähintään {min_length} kohtaa.", "This must have at least {min_length} items."),
    "too_long": Text("Tässä saa olla enintään {max_length} kohtaa.", "This may have at most {max_length} items."),
    "model_attributes_type": Text("Tämän pitää olla olio (JSON object).", "This must be an object."),
    "dict_type": Text("Tämän pitää olla olio (JSON object).", "This must be an object."),
    "url_parsing": Text("Tämä ei ole verkko-osoite.", "This is not a web address."),
    "url_scheme": Text("Osoitteen pitää alkaa https://.", "The address must begin with https://."),
}
# Pydantic gives every mistake in an address the same type as those of validators, so it is known by its words.
NOT_AN_ADDRESS = Text("Tämä ei ole sähköpostiosoite.", "This is not an e-mail address.")
OTHERWISE = Text("Tämä ei kelpaa.", "This won't do.")


class WrongValue(PydanticCustomError):
    """What a validator of ours says about a value, in both languages."""

    def __new__(cls, fi: str, en: str) -> "WrongValue":
        return super().__new__(cls, "wrong", en.replace("{", "{{"), {"fi": fi, "en": en})


def field_error(field: str, reason: Text) -> dict[str, object]:
    return {"field": field, "detail": reason}


def invalid(field: str, fi: str, en: str) -> InvalidRequest:
    """A problem with one field that only a look at the database could find."""
    return InvalidRequest(errors=[field_error(field, Text(fi, en))])


def invalid_request(errors: Sequence[Mapping[str, Any]]) -> InvalidRequest:
    """The problem that tells of every field that FastAPI refused, without repeating what was sent."""
    return InvalidRequest(errors=[field_error(_field(error), _reason(error)) for error in errors])


def reasons_by_field(refused: ValidationError) -> dict[str, str]:
    """What a form says in Finnish beside each field that was refused."""
    return {_field({**error, "loc": ("form", *error["loc"])}): _reason(error).fi for error in refused.errors()}


def _field(error: Mapping[str, Any]) -> str:
    place, *parts = error["loc"] or ("body",)
    if error["type"] == "json_invalid":
        return "body"
    return ".".join(str(part) for part in parts) or str(place)


def _reason(error: Mapping[str, Any]) -> Text:
    context = {name: str(value) for name, value in error.get("ctx", {}).items()}
    if error["type"] == "wrong":
        return Text(context["fi"], context["en"])
    if "email" in error["msg"]:
        return NOT_AN_ADDRESS
    reason = REASONS.get(error["type"], OTHERWISE)
    return Text(*(text.format_map(context) for text in reason))
