"""What a look at an installation brings to light."""

from typing import NamedTuple


class Finding(NamedTuple):
    """Something that is wrong, and what to do about it; both without names, addresses of people and secrets."""

    wrong: str
    advice: str


def counted(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def minutes(seconds: float) -> str:
    return f"{int(seconds // 60)} minutes" if seconds >= 120 else f"{int(seconds)} seconds"
