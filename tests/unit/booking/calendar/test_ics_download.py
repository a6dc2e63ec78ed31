"""Calendars are fetched from the open internet only, whatever the address, the redirect or the resolver says."""

import gzip
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

import pytest

from services.booking.calendar.ics_download import MAX_BYTES, CannotDownload, download
from services.web.security.public_addresses import AddressCheck, is_any_address, is_public_address

Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def served(answer: Answer) -> Iterator[str]:
    """A server on this machine that answers every GET like this."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=[0.02]).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def says(status: int, body: bytes = b"", **headers: str) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(body)

    return answer


def trouble(url: str, allowed: AddressCheck = is_any_address) -> str:
    with pytest.raises(CannotDownload) as caught:
        download(url, allowed)
    return str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104 -- an address to refuse
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::7f00:1",
        "2002:7f00:1::",
        "2001:0:7f00:1::",
        "fec0::1",  # from here on: what the oldest Python that we run on takes for public
        "::7f00:1",
        "5f00::1",
        "100:0:0:1::1",
        "3fff::1",
        "4000::1",
        "192.88.99.1",
        "2001:db8::1",
        "198.18.0.1",
        "240.0.0.1",
    ],
)
def test_addresses_of_our_own_network_are_not_public(address: str) -> None:
    assert not is_public_address(ip_address(address))


@pytest.mark.parametrize("address", ["193.166.3.2", "2001:708::1", "2a00:1d50::1", "::ffff:193.166.3.2"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public_address(ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost:5432/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://169.254.169.254/latest/meta-data/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://user:pass@127.0.0.1/",
    ],
)
def test_nobody_reaches_into_our_own_network(url: str) -> None:
    assert trouble(url, is_public_address) == "address-not-allowed"


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.fi/", "https://", "gopher://x"])
def test_other_kinds_of_addresses_are_refused(url: str) -> None:
    assert trouble(url) == "bad-address"


def test_a_file_is_fetched_by_its_own_host_name() -> None:
    hosts: list[str] = []

    def answer(request: BaseHTTPRequestHandler) -> None:
        hosts.append(request.headers["Host"])
        says(200, b"BEGIN:VCALENDAR")(request)

    with served(answer) as url:
        by_name = url.replace("127.0.0.1", "localhost")
        assert download(f"{by_name}/a.ics", is_any_address) == b"BEGIN:VCALENDAR"
        assert hosts == [by_name.removeprefix("http://")]


def test_a_redirect_is_followed_but_not_for_ever() -> None:
    def onwards(request: BaseHTTPRequestHandler) -> None:
        left = int(request.path.strip("/"))
        says(302, Location=f"/{left - 1}")(request) if left else says(200, b"here")(request)

    with served(onwards) as url:
        assert download(f"{url}/5", is_any_address) == b"here"
        assert trouble(f"{url}/6") == "too-many-redirects"


def test_a_redirect_is_judged_like_the_first_address() -> None:
    with served(says(302, Location="http://127.0.0.2:1/")) as url:
        assert trouble(url, allowed=ip_address("127.0.0.1").__eq__) == "address-not-allowed"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (says(404), "http-404"),
        (says(500), "http-500"),
        (says(200, b"x" * (MAX_BYTES + 1)), "too-large"),
        (says(200, b"x", Content_Encoding="br"), "compressed"),
        (says(200, gzip.compress(b"x" * 1000)[:-9], Content_Encoding="gzip"), "compressed"),
        (says(200, gzip.compress(bytes(MAX_BYTES + 1), 1), Content_Encoding="gzip"), "too-large"),
        (says(302, Location="file:///etc/passwd"), "bad-address"),
        (says(302, Location="http://[::1/"), "unreachable"),
    ],
)
def test_trouble_has_a_code_that_says_nothing_of_the_address(answer: Answer, code: str) -> None:
    with served(answer) as url:
        assert trouble(f"{url}/secret.ics") == code


@pytest.mark.parametrize(
    "answer",
    [
        says(200, gzip.compress(b"BEGIN:VCALENDAR"), Content_Encoding="gzip"),
        says(200, gzip.compress(b"BEGIN:") + gzip.compress(b"VCALENDAR"), Content_Encoding="x-gzip"),
        says(200, gzip.compress(b"BEGIN:VCALENDAR")),
        says(200, b"BEGIN:VCALENDAR", Content_Encoding="gzip"),
    ],
    ids=["packed", "in two packets", "packed, but not called so", "called packed, but not so"],
)
def test_a_file_may_come_packed(answer: Answer) -> None:
    with served(answer) as url:
        assert download(url, is_any_address) == b"BEGIN:VCALENDAR"


@pytest.mark.parametrize(
    ("told", "seconds"), [("", 0), ("soon", 0), ("-5", 0), ("120", 120), ("Mon, 07 Sep 2020 10:00:00 GMT", 0)]
)
def test_when_to_come_again_is_the_servers_to_say(told: str, seconds: int) -> None:
    with served(says(503, Retry_After=told)) as url, pytest.raises(CannotDownload) as refused:
        download(url, is_any_address)

    assert refused.value.retry_after == timedelta(seconds=seconds)


def test_when_to_come_again_may_be_a_date() -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(hours=3), usegmt=True)
    with served(says(429, Retry_After=later)) as url, pytest.raises(CannotDownload) as refused:
        download(url, is_any_address)

    assert timedelta(hours=2) < refused.value.retry_after < timedelta(hours=4)


def test_nobody_at_home_is_unreachable() -> None:
    assert trouble("http://127.0.0.1:1/") == "unreachable"
    assert trouble("http://does-not-exist.invalid/") == "unreachable"
