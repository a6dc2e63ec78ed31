"""What people may write into a field, whichever request brings it."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Self, TypeVar
from zoneinfo import available_timezones

from email_validator import EmailNotValidError, validate_email
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    HttpUrl,
    ModelWrapValidatorHandler,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_core import InitErrorDetails
from stdnum.fi import ytunnus

from services.finnish import formatting
from services.web.errors.validation import WrongValue

LINE_BREAKS = "\n\t"
FILLERS = "\u115f\u1160\u2800\u3164\uffa0"
DIRECTION_MARKS = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
FIRST_YEAR, LAST_YEAR = 2000, 2100
DOTS = dict.fromkeys(map(ord, "\u3002\uff61"), ".") | dict.fromkeys(map(ord, "\u200b\u200c\u200d\u00ad"))
"""What browsers read as a dot, and what nobody sees."""
LIKE_AN_ADDRESS = re.compile(r"://|@|(?i:\bwww\.)|\b[\w-]{2,}\.[^\W\d_]{2,}|\w\.[a-z]{2,}|\.\S*/|(\d+\.){3}\d")
DATE_AND_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d")
END_OF_DAY = re.compile(r"^(\d{4}-\d\d-\d\d)[T ]24:00(:00(\.0+)?)?(?![\d:.])")
URL = TypeAdapter(HttpUrl)

NOTHING_SENSITIVE = "Älä kirjaa terveystietoja tai asiakkaiden ja potilaiden tunnistetietoja."
"""Said of every field in which people write freely."""

OF_FORM = {"of": "form"}
"""The context in which what a form brought is read."""

D = TypeVar("D", bound=date)


class RequestBody(BaseModel):
    """The body of a request. A field that we do not know is a mistake, not to be passed over.

    In JSON only a number is one: neither `false` nor `"24"` is, and no number is `true`. All that a form brings is
    text; its page reads it by `model_validate`, or in the context OF_FORM.
    """

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)

    @classmethod
    def model_validate(cls, obj: Any, **options: Any) -> Self:
        return super().model_validate(obj, **{"context": OF_FORM, **options})

    @model_validator(mode="wrap")
    @classmethod
    def numbers_are_numbers(cls, sent: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        body = handler(sent)
        if info.context is not OF_FORM and isinstance(sent, dict):
            wrong = [error for name in sent for error in _misread(sent[name], getattr(body, name, None), name)]
            if wrong:
                raise ValidationError.from_exception_data(cls.__name__, wrong)
        return body


def _misread(sent: Any, read: Any, *place: int | str) -> Iterator[InitErrorDetails]:
    """Where something else than a number or a truth value was read as one. Bodies within a body see to themselves."""
    if isinstance(read, bool):
        if not isinstance(sent, bool):
            yield InitErrorDetails(type="bool_type", loc=place, input=sent)
    elif isinstance(read, int | float):
        if isinstance(sent, bool) or not isinstance(sent, int | float):
            yield InitErrorDetails(type="int_type", loc=place, input=sent)
    elif isinstance(read, list | tuple) and isinstance(sent, list | tuple):
        for index, pair in enumerate(zip(sent, read, strict=False)):
            yield from _misread(*pair, *place, index)
    elif isinstance(read, dict) and isinstance(sent, dict):
        for key, value in zip(sent, read.values(), strict=False):
            yield from _misread(sent[key], value, *place, key)


def optional() -> Any:
    """A field of a change: it may be left out, and only then it stays as it is."""
    return Field(default=None)


def without_control_characters(text: str, allowed: str = "") -> str:
    if any(unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") and sign not in allowed for sign in text):
        raise WrongValue("Tässä on merkkejä, joita ei voi näyttää.", "This has characters that can't be shown.")
    return unicodedata.normalize("NFC", text)


def one_line(text: str) -> str:
    if not any(map(_is_visible, text)):
        raise WrongValue("Tässä ei ole yhtään merkkiä, jonka voi nähdä.", "Nothing of this can be seen.")
    if any(unicodedata.bidirectional(sign) in DIRECTION_MARKS for sign in text):
        raise WrongValue(
            "Tässä on merkkejä, jotka kääntävät tekstin suunnan.", "This has marks that turn its direction."
        )
    return without_control_characters(text)


def _is_visible(sign: str) -> bool:
    """Neither a mark on another character, nor a space, nor a format character; Unicode counts fillers as letters."""
    return unicodedata.category(sign)[0] not in "MZC" and sign not in FILLERS


def without_addresses(name: str) -> str:
    """Letters greet people by their names, and mail programs make a link of whatever looks like an address."""
    if LIKE_AN_ADDRESS.search(unicodedata.normalize("NFKC", name).translate(DOTS)):
        raise WrongValue("Nimessä ei voi olla verkko- eikä sähköpostiosoitetta.", "A name can't hold an address.")
    return name


def several_lines(text: str) -> str:
    return without_control_characters(text.replace("\r\n", "\n"), LINE_BREAKS)


def deliverable(address: str) -> str:
    """An address as mail servers write it. Whether its host exists is for the sending to find out."""
    try:
        checked = validate_email(address, allow_smtputf8=False, globally_deliverable=False, test_environment=True)
    except EmailNotValidError as error:
        raise WrongValue("Tämä ei ole sähköpostiosoite.", "This is not an e-mail address.") from error
    return checked.ascii_email or checked.normalized


def phone_number(typed: str) -> str:
    if formatting.phone_number(typed) is None:
        raise WrongValue(
            "Tämä ei ole puhelinnumero, esimerkiksi 040 123 4567.", "This is not a phone number such as 040 123 4567."
        )
    return formatting.phone(typed)


def business_id(typed: str) -> str:
    if not ytunnus.is_valid(typed):
        raise WrongValue("Tämä ei ole Y-tunnus, esimerkiksi 1234567-1.", "This is not a business id such as 1234567-1.")
    return ytunnus.format(typed)


def iso8601(value: object) -> object:
    """A bare number could be seconds or milliseconds of anything, so only what looks like a date and time will do."""
    if isinstance(value, datetime):
        return value
    if not (isinstance(value, str) and DATE_AND_TIME.match(value)):
        raise WrongValue("Tämä ei ole ajankohta (ISO 8601).", "This is not a time (ISO 8601).")
    return END_OF_DAY.sub(_next_midnight, value)


def _next_midnight(end: re.Match[str]) -> str:
    """24:00 is where the day ends (ISO 8601-1 Amd 1); what is no day is left to be refused."""
    try:
        return f"{date.fromisoformat(end[1]) + timedelta(days=1)}T00:00"
    except (ValueError, OverflowError):
        return end[0]


def within_reach(day: D) -> D:
    """Days and zones can't be reckoned with at the far ends of the calendar."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise WrongValue("Vuoden pitää olla 2000–2100.", "The year must be from 2000 to 2100.")
    return day


def in_utc(moment: datetime) -> datetime:
    return within_reach(moment).astimezone(UTC)


def web_address(address: str) -> str:
    """An address that a letter may make a link of, kept as it was written."""
    try:
        URL.validate_python(address)
    except ValidationError as error:
        raise WrongValue("Tämä ei ole verkko-osoite (https://…).", "This is not a web address (https://…).") from error
    return address


def zone(name: str) -> str:
    if name not in available_timezones():
        raise WrongValue(
            "Tämä ei ole aikavyöhyke, kuten Europe/Helsinki.", "This is not a time zone like Europe/Helsinki."
        )
    return name


Line = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(one_line)]
Lines = Annotated[str, StringConstraints(min_length=1, max_length=8000), AfterValidator(several_lines)]
Name = Annotated[
    str, StringConstraints(min_length=1, max_length=100), AfterValidator(one_line), AfterValidator(without_addresses)
]
EmailAddress = Annotated[
    str, StringConstraints(max_length=254), AfterValidator(deliverable), Field(json_schema_extra={"format": "email"})
]
Phone = Annotated[str, StringConstraints(max_length=40), AfterValidator(one_line), AfterValidator(phone_number)]
TimeZone = Annotated[str, AfterValidator(zone)]
BusinessId = Annotated[str, StringConstraints(max_length=40), AfterValidator(business_id)]
Day = Annotated[date, AfterValidator(within_reach)]
Instant = Annotated[AwareDatetime, BeforeValidator(iso8601), AfterValidator(in_utc)]
WebAddress = Annotated[str, StringConstraints(max_length=500), AfterValidator(one_line), AfterValidator(web_address)]
