"""One press subscribes to a feed: the addresses that calendar programs and services take."""

from urllib.parse import parse_qs, urlsplit

from services.booking.calendar.links import calendar_links

FEED = "https://varaus.example.fi/api/v1/calendar/aB3_-x.ics"


def test_a_feed_opens_in_programs_and_services() -> None:
    links = calendar_links(FEED)
    google, outlook = (parse_qs(urlsplit(link).query) for link in (links.google, links.outlook_at_work))

    assert links.address == FEED
    assert links.program == "webcal://varaus.example.fi/api/v1/calendar/aB3_-x.ics"
    assert google == {"cid": [links.program]}
    assert outlook == {"url": [FEED], "name": ["Työnohjaus"]}
    assert urlsplit(links.outlook).query == urlsplit(links.outlook_at_work).query
