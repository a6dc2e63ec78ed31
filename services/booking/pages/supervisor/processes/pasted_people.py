"""People pasted from a spreadsheet, a letter's recipients or a list: one on each line, as rows of a form.

The address is found wherever it stands. What stands before it is the name, what comes after it the workplace; a first
line that names its columns says it better. What is missing is left empty, to be mended in the row.
"""

import re
from collections.abc import Mapping, Sequence

ADDRESS = re.compile(r"[^\s<>(),;:\"]+@[^\s<>(),;:\"]+")
CELLS = re.compile(r"\t|;")
NAME_CELLS = re.compile(r"\t|;|,(?=\S)")
PARTICLES = {"af", "av", "de", "del", "van", "von", "der"}
"""The words with which a last name of several words begins."""

COLUMNS: Mapping[str, str] = {
    "nimi": "name",
    "osallistuja": "name",
    "etunimi": "first_name",
    "sukunimi": "last_name",
    "sähköposti": "email",
    "sähköpostiosoite": "email",
    "email": "email",
    "e-mail": "email",
    "työnantaja": "employer",
    "työpaikka": "employer",
    "organisaatio": "employer",
    "yksikkö": "employer",
}
NOTHING = {"first_name": "", "last_name": "", "email": "", "employer": ""}


def read_people(pasted: str) -> list[dict[str, str]]:
    """Each line that holds anything, as the fields of a person."""
    lines = [line.strip(" \r") for line in pasted.splitlines() if line.strip()]
    header = [COLUMNS.get(cell.strip().lower()) for cell in CELLS.split(lines[0])] if lines else []
    if any(header) and not ADDRESS.search(lines[0]):
        return [_by_columns(header, CELLS.split(line)) for line in lines[1:]]
    return [_by_address(line) for line in lines]


def _by_columns(columns: Sequence[str | None], cells: Sequence[str]) -> dict[str, str]:
    read = {column: cell.strip() for column, cell in zip(columns, cells, strict=False) if column}
    name = _names([read.pop("name")]) if "name" in read else {}
    return NOTHING | name | read


def _by_address(line: str) -> dict[str, str]:
    address = ADDRESS.search(line)
    if address is None:
        name, *rest = _filled(CELLS.split(line))
        return NOTHING | _names([name]) | {"employer": ", ".join(rest)}
    before, after = line[: address.start()], line[address.end() :]
    workplace = ", ".join(_filled(CELLS.split(after)))
    return NOTHING | _names(_filled(NAME_CELLS.split(before))) | {"email": address[0], "employer": workplace}


def _filled(cells: Sequence[str]) -> list[str]:
    stripped = (cell.strip(" ,;:<>()\"'\u00a0") for cell in cells)
    return [cell for cell in stripped if cell] or [""]


def _names(cells: Sequence[str]) -> dict[str, str]:
    """Of one cell the last word is the last name; two cells are the first and the last name, as on most lists."""
    if len(cells) > 1:
        return {"first_name": cells[0], "last_name": " ".join(cells[1:])}
    if "," in cells[0]:
        last_name, _, first_name = cells[0].partition(",")
        return {"first_name": first_name.strip(), "last_name": last_name.strip()}
    words = cells[0].split()
    begins = next((place for place, word in enumerate(words) if place and word.lower() in PARTICLES), len(words) - 1)
    return {"first_name": " ".join(words[: max(begins, 1)]), "last_name": " ".join(words[max(begins, 1) :])}
