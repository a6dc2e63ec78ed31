"""The words of the pages in the reader's language: Finnish stands in the templates, others in gettext catalogues.

A language is added by its file `services/locale/LANGUAGE.po`, and nothing else. Dates and numbers stay Finnish.
"""

import gettext
from collections.abc import Iterable
from contextvars import ContextVar
from functools import cache
from importlib import resources
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

FINNISH = "fi"

_spoken: ContextVar[str] = ContextVar("spoken", default=FINNISH)


def speak(accept_language: str | None) -> None:
    """From now on, in this request, the pages are in the language that the reader likes best of those there are."""
    _spoken.set(best(accept_language, catalogues()))


def spoken() -> str:
    return _spoken.get()


def word(message: str) -> str:
    return catalogues()[spoken()].gettext(message)


def words(one: str, many: str, count: int) -> str:
    return catalogues()[spoken()].ngettext(one, many, count)


def best(accept_language: str | None, known: Iterable[str]) -> str:
    """The best liked of the known languages in an Accept-Language header (RFC 9110 §12.5.4), else Finnish."""
    liked = [_liking(part) for part in (accept_language or "").split(",")]
    ours = [(quality, tag) for tag, quality in liked if tag in known and quality > 0]
    return max(ours, key=lambda entry: entry[0], default=(0.0, FINNISH))[1]


@cache
def catalogues() -> dict[str, gettext.NullTranslations]:
    """The translations by language. What a catalogue leaves out is said in Finnish."""
    folder = Path(str(resources.files("services") / "locale"))
    return {FINNISH: gettext.NullTranslations()} | {file.stem: read(file) for file in sorted(folder.glob("*.po"))}


def read(file: Path) -> gettext.GNUTranslations:
    compiled = BytesIO()
    with file.open("rb") as source:
        write_mo(compiled, read_po(source, locale=file.stem))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def _liking(part: str) -> tuple[str, float]:
    tag, _, parameters = part.partition(";")
    quality = parameters.strip().removeprefix("q=") if parameters else "1"
    try:
        return tag.strip().split("-")[0].lower(), float(quality)
    except ValueError:
        return "", 0.0
