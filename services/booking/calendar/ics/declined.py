"""Which invitations the owner of a calendar declined, though the file does not say whose calendar it is."""

import re
from collections import Counter
from collections.abc import Collection, Iterable

from services.booking.calendar.ics.lines import Component
from services.booking.calendar.ics.values import parameters, text_of

ADDRESS = re.compile(r"mailto:\s*([^\s\"<>;,]+)", re.IGNORECASE)


class Owner:
    """Whoever owns the calendar: by an address of theirs, or else by whom its entries name."""

    def __init__(self, addresses: Iterable[str], calendar: Component) -> None:
        names = {text_of(rest).lower() for rest in calendar.all("X-WR-CALNAME")}
        self._addresses = {address.lower() for address in addresses} | names
        self._named: Counter[str] = Counter()
        for entry in calendar.parts:
            people = (*entry.all("ORGANIZER"), *entry.all("ATTENDEE"))
            self._named.update({address for rest in people for address in _addresses(rest)})
        self._is_known = bool(self._addresses & self._named.keys()) or any("@" in name for name in names)

    def declined(self, entry: Component) -> bool:
        invited: dict[str, bool] = {}
        for rest in entry.all("ATTENDEE"):
            has_declined = parameters(rest)[0].get("PARTSTAT") == "DECLINED"
            for address in _addresses(rest):  # of two answers, the one that takes the time
                invited[address] = invited.get(address, True) and has_declined
        if self._is_known:
            return _all_declined(invited, self._addresses & invited.keys())
        # A calendar that names one guest alone names its owner, unless it is the owner who invites.
        organizers = {address for rest in entry.all("ORGANIZER") for address in _addresses(rest)}
        guests = invited.keys() - organizers
        is_only_guest = bool(organizers) and len(guests) == 1 and _all_declined(invited, guests)
        return is_only_guest and not entry.is_doubtful and not self._is_named_more(organizers, guests)

    def _is_named_more(self, some: Collection[str], others: Collection[str]) -> bool:
        return max((self._named[one] for one in some), default=0) > max(self._named[other] for other in others)


def _all_declined(invited: dict[str, bool], some: Collection[str]) -> bool:
    return bool(some) and all(invited[one] for one in some)


def _addresses(rest: str) -> list[str]:
    """Not those in parameters: on whose behalf somebody answers says nothing of who that is."""
    return [found.lower() for found in ADDRESS.findall(parameters(rest)[1])]
