"""What no log may hold: addresses, names, tokens, secrets of links, what people wrote. The whole run is held to it."""

import logging
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

WORDS = (
    *("Meikäläinen", "Öhman", "Väinö", "Virtanen", "Mäkelä", "Aaltola", "Ohjattava", "Tilaaja", "Åman"),  # people
    *("Roolit", "Sovitaan kokouksesta", "Vain minulle", "Hammaslääkäri"),  # summaries, actions, notes, calendars
)
SHAPES = {
    "an e-mail address": r"[\w.+-]+@[\w-]+(\.[\w-]+)*\.(fi|example|test|com)\b",
    "a token": r"\beyJ[\w-]+\.[\w-]+|Bearer [\w-]{8}",
    "the secret of a link": r"/[\w-]{43}(?=[/\"'\s?.]|$)",
    "a password in an address": r"://[^/\s\":@]*:(?!\*+@)[^/\s\"@]+@",
    "what somebody wrote": "|".join(WORDS),
}
FOUND = {what: re.compile(shape) for what, shape in SHAPES.items()}


def betrayals(lines: Iterable[str]) -> Iterator[str]:
    """What a log tells that it must not, a line each; the line is cut, as this goes into a log as well."""
    for line in lines:
        for what, shape in FOUND.items():
            if found := shape.search(line):
                yield f"{what}: …{line[max(0, found.start() - 120) : found.end() + 20]}…"


THE_OTHER_SIDE = "mail.log"
"""The mail server of the tests runs in their process, and knows to whom it is sent."""


class Listener(logging.Handler):
    """Reads along with whatever is logged in this process, as it is written."""

    def __init__(self, formatter: logging.Formatter) -> None:
        super().__init__()
        self.setFormatter(formatter)
        self.betrayed: list[str] = []
        self.lines = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.lines += 1
        if record.name != THE_OTHER_SIDE:
            self.betrayed += betrayals([self.format(record)])


def assert_confidential(*logs: Path) -> None:
    """Nothing in these files is told to whoever reads logs."""
    betrayed = [
        f"{log.name}: {line}" for log in logs for line in betrayals(log.read_text(errors="replace").splitlines())
    ]
    assert not betrayed, "\n".join(betrayed[:20])
