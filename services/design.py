"""The quiet look that letters, pages and reports share: warm paper, dark ink, one spruce green, two families of type.

Text stands in a serif, labels and small print in a sans. Green is for what can be pressed, and nothing needs it
to be understood. All pairs meant to be read together pass WCAG AA (4.5 : 1) in light and in dark.
"""

from dataclasses import dataclass

SERIF = "Charter, 'Bitstream Charter', 'Charis SIL', Cambria, Georgia, 'Noto Serif', serif"
SANS = "-apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'Liberation Sans', sans-serif"

#: Pixels. Every distance is a multiple of the unit, every text one of the three sizes.
UNIT = 4
MEASURE, WIDE = 600, 1080
SMALL, TEXT, LARGE = 14, 17, 21


@dataclass(frozen=True)
class Palette:
    """The colours of one mode: what lies under the text, the text, and what can be pressed."""

    paper: str
    sheet: str
    wash: str
    line: str
    ink: str
    muted: str
    accent: str
    on_accent: str


LIGHT = Palette(
    paper="#f4f2ec",
    sheet="#fffefb",
    wash="#f1f4f0",
    line="#dedad0",
    ink="#23292b",
    muted="#5b6567",
    accent="#1f5d55",
    on_accent="#ffffff",
)
DARK = Palette(
    paper="#14181a",
    sheet="#1c2224",
    wash="#242c2d",
    line="#3a4344",
    ink="#e9e6df",
    muted="#a6b0b0",
    accent="#8fcabd",
    on_accent="#0f1f1c",
)
