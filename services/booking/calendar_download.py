"""Fetches a calendar file from an address that a user wrote, and lets nobody reach into our own network by it.

Every host, also one that a redirect names, is resolved once, all its addresses are judged, and the connection goes to
the very address that was judged: a name that points elsewhere a moment later changes nothing.
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import httpx

Address = IPv4Address | IPv6Address
Allowed = Callable[[Address], bool]

NOWHERE = httpx.URL()
LARGEST = 2_000_000
MOST_REDIRECTS = 5
PATIENCE = httpx.Timeout(10)
HEADERS = {"Accept": "text/calendar, */*;q=0.1", "Accept-Encoding": "identity", "User-Agent": "tyonohjaus"}

TUNNELS = [
    IPv6Network("64:ff9b::/96"),
    IPv6Network("64:ff9b:1::/48"),
    IPv6Network("2002::/16"),
    IPv6Network("2001::/32"),
]
"""IPv6 addresses that lead to an IPv4 address inside of them."""


class CannotDownload(Exception):
    """Why there is no file; its text is a code and never holds the address."""


def anywhere(_: Address) -> bool:
    return True


def is_public(address: Address) -> bool:
    """Whether the address is one of the open internet."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return is_public(address.ipv4_mapped)
        if any(address in tunnel for tunnel in TUNNELS):
            return False
    return address.is_global and not address.is_multicast


def download(url: str, allowed: Allowed = is_public) -> bytes:
    """The file that is found under this URL on a host with an allowed address."""
    with httpx.Client(trust_env=False, follow_redirects=False, timeout=PATIENCE) as client:
        address = _parsed(url)
        for _ in range(MOST_REDIRECTS + 1):
            with _answer(client, address, allowed) as answer:
                if not answer.has_redirect_location:
                    return _body(answer)
                address = _parsed(answer.headers["location"], address)
    raise CannotDownload("too-many-redirects")


def _parsed(url: str, base: httpx.URL = NOWHERE) -> httpx.URL:
    try:
        address = base.join(url)
    except httpx.InvalidURL as error:
        raise CannotDownload("bad-address") from error
    if address.scheme not in ("http", "https") or not address.host:
        raise CannotDownload("bad-address")
    return address


@contextmanager
def _answer(client: httpx.Client, url: httpx.URL, allowed: Allowed) -> Iterator[httpx.Response]:
    pinned = url.copy_with(host=_judged_address(url, allowed))
    headers = HEADERS | {"Host": url.netloc.decode("ascii")}
    try:
        with client.stream("GET", pinned, headers=headers, extensions={"sni_hostname": url.host}) as answer:
            yield answer
    except httpx.TimeoutException as error:
        raise CannotDownload("too-slow") from error
    except httpx.HTTPError as error:
        raise CannotDownload("unreachable") from error


def _judged_address(url: httpx.URL, allowed: Allowed) -> str:
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
        raise CannotDownload(f"http-{answer.status_code}")
    if answer.headers.get("content-encoding", "identity") != "identity":
        raise CannotDownload("compressed")  # a small packet could unfold to any size
    body = bytearray()
    for chunk in answer.iter_raw():
        body += chunk
        if len(body) > LARGEST:
            raise CannotDownload("too-large")
    return bytes(body)
