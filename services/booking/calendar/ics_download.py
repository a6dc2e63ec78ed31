"""Fetches a calendar file from an address that a user wrote, and lets nobody reach into our own network by it.

Every host, also one that a redirect names, is resolved once, all its addresses are judged, and the connection goes to
the very address that was judged: a name that points elsewhere a moment later changes nothing.
"""

import gzip
import socket
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from io import BytesIO
from ipaddress import ip_address

import httpx

from services.web.security.public_addresses import AddressCheck, is_public_address

NO_BASE = httpx.URL()
MAX_BYTES = 32_000_000
MAX_REDIRECTS = 5
GZIP = b"\x1f\x8b"
TIMEOUT = httpx.Timeout(10)
HEADERS = {"Accept": "text/calendar, */*;q=0.1", "Accept-Encoding": "gzip", "User-Agent": "tyonohjaus"}


class CannotDownload(Exception):
    """Why there is no file; its text is a code and never holds the address. A server may say when to come again."""

    def __init__(self, code: str, retry_after: timedelta = timedelta(0)) -> None:
        super().__init__(code)
        self.retry_after = retry_after


def download(url: str, allowed: AddressCheck = is_public_address) -> bytes:
    """The file that is found under this URL on a host with an allowed address."""
    with httpx.Client(trust_env=False, follow_redirects=False, timeout=TIMEOUT) as client:
        address = _parsed(url)
        for _ in range(MAX_REDIRECTS + 1):
            with _open_response(client, address, allowed) as answer:
                if not answer.has_redirect_location:
                    return _body(answer)
                address = _parsed(answer.headers["location"], address)
    raise CannotDownload("too-many-redirects")


def _parsed(url: str, base: httpx.URL = NO_BASE) -> httpx.URL:
    try:
        address = base.join(url)
    except httpx.InvalidURL as error:
        raise CannotDownload("bad-address") from error
    if address.scheme not in ("http", "https") or not address.host:
        raise CannotDownload("bad-address")
    return address


@contextmanager
def _open_response(client: httpx.Client, url: httpx.URL, allowed: AddressCheck) -> Iterator[httpx.Response]:
    pinned = url.copy_with(host=_checked_address(url, allowed))
    headers = HEADERS | {"Host": url.netloc.decode("ascii")}
    try:
        with client.stream("GET", pinned, headers=headers, extensions={"sni_hostname": url.host}) as answer:
            yield answer
    except httpx.TimeoutException as error:
        raise CannotDownload("too-slow") from error
    except httpx.HTTPError as error:
        raise CannotDownload("unreachable") from error


def _checked_address(url: httpx.URL, allowed: AddressCheck) -> str:
    port = url.port or (443 if url.scheme == "https" else 80)
    try:
        found = socket.getaddrinfo(url.raw_host.decode("ascii"), port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise CannotDownload("unreachable") from error
    addresses = [str(sockaddr[0]).partition("%")[0] for *_, sockaddr in found]
    if not all(allowed(ip_address(address)) for address in addresses):
        raise CannotDownload("address-not-allowed")
    return addresses[0]


def _body(answer: httpx.Response) -> bytes:
    if answer.status_code != httpx.codes.OK:
        raise CannotDownload(f"http-{answer.status_code}", _retry_after(answer.headers.get("retry-after", "")))
    if answer.headers.get("content-encoding", "identity").lower() not in ("identity", "gzip", "x-gzip", ""):
        raise CannotDownload("compressed")
    body = bytearray()
    for chunk in answer.iter_raw():
        body += chunk
        if len(body) > MAX_BYTES:
            raise CannotDownload("too-large")
    return _unpacked(bytes(body)) if body.startswith(GZIP) else bytes(body)


def _unpacked(body: bytes) -> bytes:
    """A small packet can unfold to any size, so no more of it is unfolded than a file may have."""
    try:
        with gzip.open(BytesIO(body)) as packet:
            file = packet.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise CannotDownload("compressed") from error
    if len(file) > MAX_BYTES:
        raise CannotDownload("too-large")
    return file


def _retry_after(text: str) -> timedelta:
    """Seconds, or a date (RFC 9110 §10.2.3)."""
    if text.isdecimal():
        return timedelta(seconds=int(text[:9]))
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return timedelta(0)
    return max(date.replace(tzinfo=date.tzinfo or UTC) - datetime.now(UTC), timedelta(0))
