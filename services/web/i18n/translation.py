"""The words of the pages in the reader's language: Finnish stands in the templates, others in gettext catalogues.

A language is added by its file `locale/LANGUAGE.po` in this folder, and nothing else. Dates and numbers stay Finnish.
"""

import gettext
from collections.abc import Iterable
from contextvars import ContextVar
from functools import cache
from importlib import resources
from io import BytesIO
from operator import itemgetter
from pathlib import Path

from babel.core import negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

FINNISH = "fi"

_language: ContextVar[str] = ContextVar("spoken", default=FINNISH)


def use_language(accept_language: str | None) -> None:
    """From now on, in this request, the pages are in the language that the reader likes best of those there are."""
    _language.set(negotiate(accept_language, catalogues()))


def current_language() -> str:
    return _language.get()


def word(message: str) -> str:
    return catalogues()[current_language()].gettext(message)


def words(one: str, many: str, count: int) -> str:
    return catalogues()[current_language()].ngettext(one, many, count)


def negotiate(accept_language: str | None, known: Iterable[str]) -> str:
    """The best liked of the known languages in an Accept-Language header (RFC 9110 §12.5.4), else Finnish."""
    liked = sorted(map(_liking, (accept_language or "").split(",")), key=itemgetter(1), reverse=True)
    names = {name.lower(): name for name in known}
    found = negotiate_locale([tag for tag, quality in liked if quality > 0], names, sep="-")
    return names[found.lower()] if found else FINNISH


@cache
def catalogues() -> dict[str, gettext.NullTranslations]:
    """The translations by language. What a catalogue leaves out is said in Finnish."""
    folder = Path(str(resources.files("services.web.i18n") / "locale"))
    files = sorted(folder.glob("*.po"))
    return {FINNISH: gettext.NullTranslations()} | {file.stem: read_catalogue(file) for file in files}


def read_catalogue(file: Path) -> gettext.GNUTranslations:
    compiled = BytesIO()
    with file.open("rb") as source:
        write_mo(compiled, read_po(source, locale=file.stem))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def _liking(part: str) -> tuple[str, float]:
    tag, _, parameters = part.partition(";")
    quality = parameters.strip().removeprefix("q=") if parameters else "1"
    try:
        return tag.strip(), float(quality)
    except ValueError:
        return "", 0.0
