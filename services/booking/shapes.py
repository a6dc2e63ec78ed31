"""What people may write into a field, whichever request brings it."""

import re
import unicodedata
from datetime import UTC, date, datetime
from typing import Annotated, Any, TypeVar
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
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from services.web.validation import Wrong

LINE_BREAKS = "\n\t"
FIRST_YEAR, LAST_YEAR = 2000, 2100
DATE_AND_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d")
URL = TypeAdapter(HttpUrl)

D = TypeVar("D", bound=date)


class Wish(BaseModel):
    """The body of a request. A field that we do not know is a mistake, not to be passed over."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)


def optional() -> Any:
    """A field of a change: it may be left out, and only then it stays as it is."""
    return Field(default=None)


def without_control_characters(text: str, allowed: str = "") -> str:
    if any(unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") and sign not in allowed for sign in text):
        raise Wrong("Tässä on merkkejä, joita ei voi näyttää.", "This has characters that can't be shown.")
    return unicodedata.normalize("NFC", text)


def one_line(text: str) -> str:
    return without_control_characters(text)


def several_lines(text: str) -> str:
    return without_control_characters(text.replace("\r\n", "\n"), LINE_BREAKS)


def deliverable(address: str) -> str:
    """An address as mail servers write it. Whether its host exists is for the sending to find out."""
    try:
        checked = validate_email(address, allow_smtputf8=False, globally_deliverable=False, test_environment=True)
    except EmailNotValidError as error:
        raise Wrong("Tämä ei ole sähköpostiosoite.", "This is not an e-mail address.") from error
    return checked.ascii_email or checked.normalized


def iso8601(value: object) -> object:
    """A bare number could be seconds or milliseconds of anything, so only what looks like a date and time will do."""
    if not isinstance(value, datetime) and not (isinstance(value, str) and DATE_AND_TIME.match(value)):
        raise Wrong("Tämä ei ole ajankohta (ISO 8601).", "This is not a time (ISO 8601).")
    return value


def within_reach(day: D) -> D:
    """Days and zones can't be reckoned with at the far ends of the calendar."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise Wrong("Vuoden pitää olla 2000–2100.", "The year must be from 2000 to 2100.")
    return day


def in_utc(moment: datetime) -> datetime:
    return within_reach(moment).astimezone(UTC)


def web_address(address: str) -> str:
    """An address that a letter may make a link of, kept as it was written."""
    try:
        URL.validate_python(address)
    except ValidationError as error:
        raise Wrong("Tämä ei ole verkko-osoite (https://…).", "This is not a web address (https://…).") from error
    return address


def zone(name: str) -> str:
    if name not in available_timezones():
        raise Wrong("Tämä ei ole aikavyöhyke, kuten Europe/Helsinki.", "This is not a time zone like Europe/Helsinki.")
    return name


Line = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(one_line)]
Lines = Annotated[str, StringConstraints(min_length=1, max_length=5000), AfterValidator(several_lines)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100), AfterValidator(one_line)]
EmailAddress = Annotated[
    str, StringConstraints(max_length=254), AfterValidator(deliverable), Field(json_schema_extra={"format": "email"})
]
Phone = Annotated[str, StringConstraints(max_length=40, pattern=r"^\+?[0-9][0-9 ()\-]{3,}$")]
TimeZone = Annotated[str, AfterValidator(zone)]
BusinessId = Annotated[str, StringConstraints(pattern=r"^[0-9]{7}-[0-9]$")]
Day = Annotated[date, AfterValidator(within_reach)]
Instant = Annotated[AwareDatetime, BeforeValidator(iso8601), AfterValidator(in_utc)]
WebAddress = Annotated[str, StringConstraints(max_length=500), AfterValidator(one_line), AfterValidator(web_address)]
