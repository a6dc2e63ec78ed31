"""Ways to subscribe to a feed: its address to copy, and links with which one press is enough."""

from typing import NamedTuple
from urllib.parse import quote, urlsplit

from services.core.calendar_entry import SUMMARY

GOOGLE = "https://calendar.google.com/calendar/r?cid="
OUTLOOK = "https://outlook.live.com/calendar/0/addfromweb"
OUTLOOK_AT_WORK = "https://outlook.office.com/calendar/0/addfromweb"


class CalendarLinks(NamedTuple):
    """The address of a feed, and what opens it in the program that a device uses, in Google and in Outlook."""

    address: str
    program: str
    google: str
    outlook: str
    outlook_at_work: str


def calendar_links(address: str) -> CalendarLinks:
    program = urlsplit(address)._replace(scheme="webcal").geturl()
    subscription = f"?url={quote(address, safe='')}&name={quote(SUMMARY)}"
    google = GOOGLE + quote(program, safe="")
    return CalendarLinks(address, program, google, OUTLOOK + subscription, OUTLOOK_AT_WORK + subscription)
