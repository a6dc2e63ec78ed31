"""What requests to reporting are made of."""

import unicodedata
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from services.reporting import periods
from services.reporting.periods import Period
from services.web.validation import Wrong

EARLIEST, LATEST = date(2000, 1, 1), date(2999, 12, 31)
"""Days beyond these are slips of the keyboard; where the calendar itself ends, there is no midnight after a day."""


class Wish(BaseModel):
    """The body of a request. A field that we do not know is a mistake, not to be passed over."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)


def several_lines(text: str) -> str:
    lines = text.replace("\r\n", "\n")
    if any(unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") and sign not in "\n\t" for sign in lines):
        raise Wrong("Tässä on merkkejä, joita ei voi näyttää.", "This has characters that can't be shown.")
    return unicodedata.normalize("NFC", lines)


def known_period(key: str) -> str:
    try:
        if not EARLIEST <= periods.parse(key).last <= LATEST:
            raise ValueError("No practice reports of such days.")
    except ValueError as error:
        raise Wrong(
            "Jakso on muotoa 2026-10, 2026-Q4, 2026-H2 tai 2026-09-01--2026-11-30.",
            "A period is written as 2026-10, 2026-Q4, 2026-H2 or 2026-09-01--2026-11-30.",
        ) from error
    return key


Lines = Annotated[str, StringConstraints(min_length=1, max_length=8000), AfterValidator(several_lines)]
PeriodKey = Annotated[str, StringConstraints(max_length=30), AfterValidator(known_period)]


def paragraphs(text: str) -> list[str]:
    """The text as it is set: every line that says something is a paragraph."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def period_of(key: str | None) -> Period | None:
    return periods.parse(key) if key else None
