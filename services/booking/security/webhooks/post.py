"""One try: a signed request to the receiver, to an address that was judged a moment before.

No redirect is followed, and of the answer only its status counts. Each request has a connection of its own: one that
was made to another name at the same address proves nothing about this one.
"""

import asyncio
import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from ipaddress import ip_address
from urllib.parse import urlsplit

import httpx

from services.booking.security.webhooks.deliveries import LONGEST_WISH, Answer, Claimed
from services.booking.settings import Settings
from services.events import webhooks
from services.web.security.public_addresses import is_any_address, is_public_address

SECONDS = 20
USER_AGENT = "tyonohjaus-webhooks/1"

_resolvers = ThreadPoolExecutor(50, "resolve")
"""Looking a name up blocks a thread, and a slow name server may not hold up the others."""


class NotSent(Exception):
    """Why nothing was sent; its text is a code and never holds the address."""


async def post(claimed: Claimed, settings: Settings) -> Answer:
    """Make the try, and say how it went. It never raises and never takes longer than it may."""
    began = time.monotonic()
    status, error, retry_after = None, None, timedelta(0)
    try:
        async with asyncio.timeout(SECONDS):
            response = await _send(claimed, settings)
            status, retry_after = response.status_code, wish(response.headers.get("retry-after", ""))
    except NotSent as refused:
        error = str(refused)
    except (TimeoutError, httpx.TimeoutException):
        error = "too-slow"
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError):
        error = "unreachable"
    took = int((time.monotonic() - began) * 1000)
    return Answer(claimed, datetime.now(UTC), took, status, error, retry_after)


async def _send(claimed: Claimed, settings: Settings) -> httpx.Response:
    url = httpx.URL(claimed.url)
    pinned = url.copy_with(host=await _checked_address(url, settings))
    headers = {**signed_headers(claimed, int(time.time())), "Host": url.netloc.decode("ascii")}
    extensions = {"sni_hostname": url.host}
    async with (
        httpx.AsyncClient(verify=_tls(), trust_env=False, follow_redirects=False, timeout=SECONDS) as client,
        client.stream("POST", pinned, content=claimed.body, headers=headers, extensions=extensions) as response,
    ):
        return response


def signed_headers(claimed: Claimed, timestamp: int) -> dict[str, str]:
    return {
        "content-type": "application/json",
        "user-agent": USER_AGENT,
        "webhook-id": str(claimed.event_id),
        "webhook-timestamp": str(timestamp),
        "webhook-signature": webhooks.signature(claimed.secrets, claimed.event_id, timestamp, claimed.body),
    }


@cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()


async def _checked_address(url: httpx.URL, settings: Settings) -> str:
    """Looked up at every try: where a name leads to may have changed since the last one."""
    private = settings.webhooks_may_be_private
    if not private and (url.scheme != "https" or url.host == urlsplit(settings.public_url).hostname):
        raise NotSent("address-not-allowed")
    addresses = await _addresses(url)
    allowed = is_any_address if private else is_public_address
    if not all(allowed(ip_address(address)) for address in addresses):
        raise NotSent("address-not-allowed")
    return addresses[0]


async def _addresses(url: httpx.URL) -> list[str]:
    host, port = url.raw_host.decode("ascii"), url.port or (443 if url.scheme == "https" else 80)
    with suppress(ValueError):
        return [str(ip_address(host))]
    loop = asyncio.get_running_loop()
    try:
        found = await loop.run_in_executor(_resolvers, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    except (OSError, UnicodeError) as error:
        raise NotSent("unreachable") from error
    return [str(sockaddr[0]).partition("%")[0] for *_, sockaddr in found]


def wish(retry_after: str) -> timedelta:
    """Seconds, or a date (RFC 9110 §10.2.3)."""
    if retry_after.isdecimal():
        return min(timedelta(seconds=int(retry_after[:9])), LONGEST_WISH)
    try:
        date = parsedate_to_datetime(retry_after)
    except ValueError:
        return timedelta(0)
    return max(date.replace(tzinfo=date.tzinfo or UTC) - datetime.now(UTC), timedelta(0))
