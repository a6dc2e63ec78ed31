"""Names as they stand in an address."""

from itertools import islice

import pytest

from services.booking.presence.slugs import LONGEST, SHAPE, slug_of_name, variants

NAMES = {
    "Maija Meikäläinen": "maija-meikalainen",
    "Åke Öhman": "ake-ohman",
    "Anna-Liisa Mäki-Ääri": "anna-liisa-maki-aari",
    "Søren Łukasz Æro": "soren-lukasz-aero",
    "O’Brien, Tiina (STOry)": "obrien-tiina-story",
    "  Väinö   ": "vaino",
    "Upota": "tyonohjaaja",
    "王": "tyonohjaaja",
    "": "tyonohjaaja",
    "x" * 200: "x" * LONGEST,
}


@pytest.mark.parametrize(("name", "slug"), NAMES.items())
def test_a_name_becomes_its_address(name: str, slug: str) -> None:
    assert slug_of_name(name) == slug
    assert SHAPE.fullmatch(slug)


def test_the_second_of_the_same_name_gets_a_number() -> None:
    assert list(islice(variants("maija"), 3)) == ["maija", "maija-2", "maija-3"]
