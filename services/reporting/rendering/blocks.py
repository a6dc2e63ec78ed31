"""The layout of reports: a sheet of blocks in reading order, all text ready to print.

PDF and letter render the same blocks, so they can't differ.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Align = Literal["start", "end", "center"]


class SheetPart(BaseModel):
    model_config = ConfigDict(frozen=True)


class Heading(SheetPart):
    """A section (2) or a part of one (3); 1 is the sheet's own title."""

    kind: Literal["heading"] = "heading"
    text: str
    level: Literal[2, 3] = 2


class Paragraph(SheetPart):
    kind: Literal["text"] = "text"
    text: str
    small: bool = False


class BulletList(SheetPart):
    kind: Literal["points"] = "points"
    items: tuple[str, ...]


class Card(SheetPart):
    label: str
    value: str
    note: str = ""


class Cards(SheetPart):
    """The few figures one looks at first."""

    kind: Literal["cards"] = "cards"
    cards: tuple[Card, ...]


class TableColumn(SheetPart):
    """A column of a table: `share` is its part of the width, 0 as much as it needs."""

    title: str
    align: Align = "start"
    share: float = 0


def words(title: str, share: float = 0) -> TableColumn:
    return TableColumn(title=title, share=share)


def figures(title: str) -> TableColumn:
    return TableColumn(title=title, align="end")


class SheetTable(SheetPart):
    """Rows under column headings; the first cell names its row. `strong` rows stand out."""

    kind: Literal["table"] = "table"
    title: str
    columns: tuple[TableColumn, ...]
    rows: tuple[tuple[str, ...], ...]
    strong: tuple[int, ...] = ()


class Chart(SheetPart):
    """A vector drawing and the sentences that say the same; the tables near it hold its figures."""

    kind: Literal["chart"] = "chart"
    name: str
    svg: str
    alt: str


class KeptTogether(SheetPart):
    """What is not to be torn apart by the end of a page."""

    kind: Literal["together"] = "together"
    blocks: tuple["Block", ...]


Block = Annotated[
    Heading | Paragraph | BulletList | Cards | SheetTable | Chart | KeptTogether, Field(discriminator="kind")
]


class Sheet(SheetPart):
    """A whole report: what stands on top of the first page, on every page, and the blocks between."""

    kind: str
    title: str
    subject: str
    facts: tuple[tuple[str, str], ...]
    lead: tuple[str, ...]
    blocks: tuple[Block, ...]
    running: str
    confidential: str
    stamp: str = ""
    compiled_on: str


KeptTogether.model_rebuild()
