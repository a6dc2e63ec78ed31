"""Everything that is read can be read: contrast by WCAG 2.2, in light and in dark."""

import re
from dataclasses import astuple

import pytest

from services.core.design import DARK, LIGHT, Palette, nearest_accent, stands_out, with_accent

AA = 4.5
modes = pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@modes
@pytest.mark.parametrize("ground", ["paper", "sheet", "wash"])
@pytest.mark.parametrize("text", ["ink", "muted", "accent"])
def test_text_stands_out_from_what_it_lies_on(palette: Palette, ground: str, text: str) -> None:
    assert contrast(getattr(palette, text), getattr(palette, ground)) >= AA


@modes
def test_words_on_a_button_stand_out(palette: Palette) -> None:
    assert contrast(palette.on_accent, palette.accent) >= AA


@modes
def test_a_colour_is_six_hexadecimal_digits_as_old_mail_programs_want(palette: Palette) -> None:
    assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in astuple(palette))


def test_black_on_white_is_21_to_1() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


SHADES = ("00", "80", "ff")
HUES = [f"#{red}{green}{blue}" for red in SHADES for green in SHADES for blue in SHADES]


@pytest.mark.parametrize("colour", HUES)
def test_the_nearest_shade_of_any_colour_can_be_read_in_light_and_in_dark(colour: str) -> None:
    for palette, found in zip((LIGHT, DARK), with_accent(nearest_accent(colour, LIGHT)), strict=True):
        for ground in (found.paper, found.sheet, found.wash, found.on_accent):
            assert contrast(found.accent, ground) >= AA
        assert stands_out(found.accent, palette)


@pytest.mark.parametrize("colour", ["#1f5d55", "#7a3b69", "#003580", "#000000"])
def test_a_colour_that_can_be_read_is_left_as_it_is(colour: str) -> None:
    assert nearest_accent(colour, LIGHT) == colour


@pytest.mark.parametrize("colour", ["#ffcc00", "#8fcabd", "#ffffff", "#777777"])
def test_a_colour_that_cannot_be_read_is_known(colour: str) -> None:
    assert not stands_out(colour, LIGHT)
