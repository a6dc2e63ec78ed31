"""How many days before a meeting its participants are reminded (muistutukset)."""

from typing import Annotated

from pydantic import Field

from services.booking.shapes import Wish

Days = Annotated[int, Field(ge=1, le=30)]


class RemindersWish(Wish):
    """How many days before a meeting its participants are reminded; an empty list means never."""

    days_before: tuple[Days, ...] = Field(default=(7, 1), max_length=4)

    @property
    def in_order(self) -> list[int]:
        """The longest before comes first, each once."""
        return sorted(set(self.days_before), reverse=True)
