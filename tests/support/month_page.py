"""A month view as a visitor without scripts uses it: the days that are marked free, and the times of one of them."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

from fastapi.testclient import TestClient


def free_days(page: str) -> list[str]:
    """The addresses to which the free days lead."""
    return [unescape(address) for address in re.findall(r'<a class="free" href="([^"]+)"', page)]


def times(page: str) -> list[str]:
    """The times that can be chosen by a radio button."""
    return re.findall(r'name="starts_at" value="([^"]+)"', page)


def times_led_to(page: str) -> list[str]:
    """The times to which links lead on."""
    return [
        parse_qs(urlsplit(unescape(address)).query)["aika"][0]
        for address in re.findall(r'href="([^"]+aika=[^"]+)"', page)
    ]


def offered(browser: TestClient, address: str, day: int = 0) -> list[str]:
    """The times of one of the free days of the month that the page at this address shows."""
    page = browser.get(free_days(browser.get(address).text)[day]).text
    return times_led_to(page) or times(page)
