"""What somebody types as a place is refused for a reason, or comes out everywhere as the text that it is."""

import json
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
import vobject

from services.events.catalogue import SessionRescheduled
from services.web.pages.forms import VERSION
from tests.integration.booking.calendar.test_ics_feed import supervisors_feed
from tests.integration.conftest import Browser, Face, Json
from tests.support.diary import at, book, day_ahead, keep_hours
from tests.support.evaluation import told

Make = Callable[..., Json]

REFUSED = {
    "turned around": "\u202eenouH\u202c",
    "NUL": "Huone\x00 1",
    "another line": "Huone\r\nATTENDEE:mailto:kaikki@example.org",
    "a bell": "Huone\x07",
    "an old line break": "Huone\x85BEGIN:VALARM",
    "a line separator": "Huone\u2028END:VEVENT",
    "too much": "x" * 201,
}
TAKEN = {
    "marks of calendars": 'Huone; 1, "2"\\n\\;END:VEVENT',
    "a property": "BEGIN:VALARM:ATTENDEE;X=1:x",
    "right to left": "\u200fעברית\u200e",
    "emoji": "😀👩‍👩‍👧" * 20,
    "markup": "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}&amp;",
    "a formula": "=HYPERLINK(1)",
}


class Words(HTMLParser):
    """The words on a page, and the elements around them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.elements: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.fixture
def process(booking: Face, a_process: Make) -> Json:
    process = a_process()
    keep_hours(booking.admin, process["supervisor_id"])
    return process


def at_the_desk(booking: Face, process: Json) -> Browser:
    supervisor = booking.admin.get(f"/api/v1/supervisors/{process['supervisor_id']}").json()
    return Browser(booking).log_in(supervisor["email"], supervisor["id"])


def test_a_place_is_refused_or_comes_out_as_it_is_typed(booking: Face, process: Json) -> None:
    session = book(booking.admin, process, at(day_ahead()), location="Huone 1")
    path, page = f"/api/v1/sessions/{session['id']}", f"/tyo/tapaamiset/{session['id']}"
    desk, feed = at_the_desk(booking, process), supervisors_feed(booking, process)
    elements = Words(desk.get(page).text).elements

    for what, typed in (REFUSED | TAKEN).items():
        body = json.dumps({"location": typed}).encode()
        by_api = booking.admin.patch(path, content=body, headers={"If-Match": "*", "Content-Type": "application/json"})
        version = booking.admin.get(path).headers["ETag"]
        form = {"mode": "onsite", "location": typed, VERSION: version}
        by_page = desk.post(f"{page}/paikka", data=form)

        if what in REFUSED:
            assert (by_api.status_code, by_page.status_code) == (422, 422), what
            continue
        assert (by_api.status_code, by_page.status_code) == (200, 303), what
        assert booking.admin.get(path).json()["location"] == typed, what
        shown = Words(desk.get(page).text)
        assert typed in "".join(shown.words), what
        assert shown.elements == elements, what
        assert place_in(booking.anonymous().get(feed).content) == typed, what
        assert told(booking, SessionRescheduled.name)[-1]["location"] == typed, what


def place_in(feed: bytes) -> str:
    """The place of the only entry, by a parser that did not write it."""
    assert all(len(line) <= 75 for line in feed.split(b"\r\n"))
    calendar = vobject.readOne(feed.decode())
    assert set(calendar.vevent.contents) == {
        "uid", "sequence", "dtstamp", "dtstart", "dtend", "summary", "status", "transp", "location",
    }  # fmt: skip
    (entry,) = calendar.vevent_list
    place: str = entry.location.value
    return place
