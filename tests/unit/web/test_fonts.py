"""The typefaces of pages: light, and with all that our own texts are written in."""

from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

ROOT = Path(__file__).parents[3] / "services"
FONTS = sorted((ROOT / "web" / "templates" / "fonts").glob("*.woff2"))
LIGHTEST = 60_000


def own_characters() -> set[str]:
    """What the templates of all pages are written in."""
    return {sign for page in ROOT.rglob("templates/*.html") for sign in page.read_text() if sign.isprintable()}


@pytest.mark.parametrize("font", FONTS, ids=lambda font: font.stem)
def test_every_character_of_our_own_texts_is_in_the_font(font: Path) -> None:
    has = {chr(code) for code in TTFont(font).getBestCmap()}
    assert own_characters() - has == set()


def test_all_four_together_are_light() -> None:
    assert len(FONTS) == 4
    assert sum(font.stat().st_size for font in FONTS) <= LIGHTEST
