"""What every form of a report is set from: a sheet with its blocks in reading order, all text ready to print.

PDF and letter set the same blocks, so they can't say different things.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Align = Literal["start", "end", "center"]


class Piece(BaseModel):
    model_config = ConfigDict(frozen=True)


class Heading(Piece):
    """A section (2) or a part of one (3); 1 is the sheet's own title."""

    kind: Literal["heading"] = "heading"
    text: str
    level: Literal[2, 3] = 2


class Text(Piece):
    kind: Literal["text"] = "text"
    text: str
    small: bool = False


class Points(Piece):
    kind: Literal["points"] = "points"
    items: tuple[str, ...]


class Card(Piece):
    label: str
    value: str
    note: str = ""


class Cards(Piece):
    """The few figures one looks at first."""

    kind: Literal["cards"] = "cards"
    cards: tuple[Card, ...]


class Column(Piece):
    """A column of a table: `share` is its part of the width, 0 as much as it needs."""

    title: str
    align: Align = "start"
    share: float = 0


class Table(Piece):
    """Rows under column headings; the first cell names its row. `strong` rows stand out."""

    kind: Literal["table"] = "table"
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    strong: tuple[int, ...] = ()
    note: str = ""


class Chart(Piece):
    """A vector drawing and the sentences that say the same; the tables near it hold its figures."""

    kind: Literal["chart"] = "chart"
    name: str
    svg: str
    alt: str


class Together(Piece):
    """What is not to be torn apart by the end of a page."""

    kind: Literal["together"] = "together"
    blocks: tuple["Block", ...]


Block = Annotated[Heading | Text | Points | Cards | Table | Chart | Together, Field(discriminator="kind")]


class Sheet(Piece):
    """A whole report: what stands on top of the first page, on every page, and the blocks between."""

    kind: str
    title: str
    subject: str
    facts: tuple[tuple[str, str], ...]
    essence: tuple[str, ...]
    blocks: tuple[Block, ...]
    running: str
    confidential: str
    stamp: str = ""
    compiled_on: str


Together.model_rebuild()
