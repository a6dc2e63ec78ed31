"""The quiet look that letters, pages and reports share: warm paper, dark ink, one spruce green, two families of type.

Text stands in a serif, labels and small print in a sans. Green is for what can be pressed, and nothing needs it
to be understood. All pairs meant to be read together pass WCAG AA (4.5 : 1) in light and in dark.
"""

import colorsys
import re
from dataclasses import dataclass, replace

SERIF = "'Source Serif 4', Charter, 'Bitstream Charter', 'Charis SIL', Cambria, Georgia, 'Noto Serif', serif"
SANS = "'Source Sans 3', -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'Liberation Sans', sans-serif"

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

COLOUR = re.compile("#[0-9a-f]{6}")
AA = 4.5
"""How far text has to stand out, by WCAG 2.2, 1.4.3."""


def luminance(colour: str) -> float:
    """The relative luminance of #rrggbb, by WCAG 2.2."""
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in _channels(colour)]
    return sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def stands_out(accent: str, palette: Palette) -> bool:
    """Whether links in this colour can be read wherever they lie, and buttons of it too."""
    beside = (palette.paper, palette.sheet, palette.wash, palette.on_accent)
    return all(contrast(accent, other) >= AA for other in beside)


def nearest_accent(accent: str, palette: Palette) -> str:
    """The same hue, only so much darker, or in the dark lighter, that it stands out."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*_channels(accent))
    end = 0.0 if palette is LIGHT else 1.0
    steps = 256
    for step in range(steps + 1):
        shade = lightness + (end - lightness) * step / steps
        found = _colour(*colorsys.hls_to_rgb(hue, shade, saturation)) if step else accent
        if stands_out(found, palette):
            break
    return found


def with_accent(accent: str) -> tuple[Palette, Palette]:
    """The look in light and in dark of a practice that has chosen the colour of what can be pressed."""
    if accent == LIGHT.accent:
        return LIGHT, DARK
    return replace(LIGHT, accent=accent), replace(DARK, accent=nearest_accent(accent, DARK))


def _channels(colour: str) -> list[float]:
    return [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]


def _colour(*channels: float) -> str:
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in channels)
