"""Field types of requests to reporting."""

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from services.reporting import periods
from services.web.errors.validation import WrongValue
from services.web.protocol.fields import FIRST_YEAR, LAST_YEAR

EARLIEST_DAY, LATEST_DAY = date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)
"""Days beyond these are typing errors; the calendar's last day has no midnight after it."""


def check_period_key(key: str) -> str:
    try:
        if not EARLIEST_DAY <= periods.parse_period(key).last <= LATEST_DAY:
            raise ValueError("The period is out of range.")
    except ValueError as error:
        raise WrongValue(
            "Jakso on muotoa 2026-10, 2026-Q4, 2026-H2 tai 2026-09-01--2026-11-30.",
            "A period is written as 2026-10, 2026-Q4, 2026-H2 or 2026-09-01--2026-11-30.",
        ) from error
    return key


PeriodKey = Annotated[str, StringConstraints(max_length=30), AfterValidator(check_period_key)]


def split_paragraphs(text: str) -> list[str]:
    """Every line that is not blank is a paragraph."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def optional_period(key: str | None) -> periods.Period | None:
    return periods.parse_period(key) if key else None
