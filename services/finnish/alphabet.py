"""Names in the order of the Finnish alphabet, … x y z å ä ö, whatever the locale of the database.

As Unicode's locale data has it for Finnish: case and accents don't count, but å, ä and ö are letters of their own, æ is
an ä, ø an ö and ü a y. ß is ss and œ is oe; þ has its place between z and å.
"""

from typing import Any

from sqlalchemy import ColumnElement, collate, func, literal_column

PLACES = {
    "þ": "{", "å": "|", "ä": "}", "æ": "}", "ö": "~", "ø": "~", "ü": "y", "đ": "d", "ð": "d", "ǥ": "g", "ħ": "h",
    "ı": "i", "ł": "l", "ŋ": "n", "ŧ": "t", "ʒ": "z", "ǯ": "z", "’": "'", "–": "-",
}  # fmt: skip
"""In the order of ASCII, where {, |, } and ~ follow z, for what does not come apart into a letter and its accent."""
TWO_LETTERS = {"ß": "ss", "ẞ": "ss", "œ": "oe", "Œ": "oe"}

WRITTEN, PLACE = "".join(PLACES) + "".join(PLACES).upper(), 2 * "".join(PLACES.values())
ACCENTS = "[\u0300-\u036f]"


def alphabetical(name: Any) -> ColumnElement[str]:
    """What to order a column by, as an expression of PostgreSQL."""
    for letter, two in TWO_LETTERS.items():
        name = func.replace(name, letter, two)
    taken_apart = func.normalize(func.translate(name, WRITTEN, PLACE), literal_column("NFKD"))
    return func.lower(collate(func.regexp_replace(taken_apart, ACCENTS, "", "g"), "C"))
