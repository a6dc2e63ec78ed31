"""One try: a signed request to the receiver, to an address that was judged a moment before.

No redirect is followed, and of the answer only its status and its wish for a pause count. Each request has a connection
of its own: one that was made to another name at the same address proves nothing about this one.
"""

import asyncio
import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache, partial
from ipaddress import ip_address
from urllib.parse import urlsplit

import certifi
import h11
from pydantic import HttpUrl

from services.booking.security.webhooks.deliveries import LONGEST_WISH, Answer, Claimed
from services.booking.settings import Settings
from services.core.logs import logger
from services.events import webhooks
from services.web.security.public_addresses import is_any_address, is_public_address

log = logger(__name__)

SECONDS = 20
READ_AT_ONCE = 4096
USER_AGENT = "tyonohjaus-webhooks/1"

_resolvers = ThreadPoolExecutor(50, "resolve")
"""Looking a name up blocks a thread, and a slow name server may not hold up the others."""


class NotSent(Exception):
    """Why nothing was sent; its text is a code and never holds the address."""


async def post(claimed: Claimed, settings: Settings) -> Answer:
    """Make the try, and say how it went. It never takes longer than it may, and no receiver makes it fail."""
    began = time.monotonic()
    status, error, retry_after = None, None, timedelta(0)
    try:
        async with asyncio.timeout(SECONDS):
            response = await _send(claimed, settings)
        status, retry_after = response.status_code, _retry_after(response)
    except NotSent as refused:
        error = str(refused)
    except TimeoutError:
        error = "too-slow"
    except Exception as trouble:
        error = "unreachable"
        log.info("webhook.trouble", webhook_id=str(claimed.webhook_id), kind=type(trouble).__name__)
    took = int((time.monotonic() - began) * 1000)
    return Answer(claimed, datetime.now(UTC), took, status, error, retry_after)


async def _send(claimed: Claimed, settings: Settings) -> h11.Response:
    url = HttpUrl(claimed.url)
    address = await _checked_address(url, settings)
    tls, name = (_tls(), _host(url)) if url.scheme == "https" else (None, None)
    reader, writer = await asyncio.open_connection(address, url.port, ssl=tls, server_hostname=name)
    try:
        connection = h11.Connection(h11.CLIENT)
        for part in (_request(url, claimed), h11.Data(data=claimed.body), h11.EndOfMessage()):
            writer.write(connection.send(part) or b"")
        await writer.drain()
        return await _response(connection, reader)
    finally:
        writer.close()


def _request(url: HttpUrl, claimed: Claimed) -> h11.Request:
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    headers = {"host": urlsplit(str(url)).netloc, **signed_headers(claimed, int(time.time()))}
    return h11.Request(method="POST", target=target, headers=[*headers.items()])


async def _response(connection: h11.Connection, reader: asyncio.StreamReader) -> h11.Response:
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(READ_AT_ONCE))
        elif isinstance(event, h11.Response):
            return event


def signed_headers(claimed: Claimed, timestamp: int) -> dict[str, str]:
    return {
        "content-type": "application/json",
        "content-length": str(len(claimed.body)),
        "connection": "close",
        "user-agent": USER_AGENT,
        "webhook-id": str(claimed.event_id),
        "webhook-timestamp": str(timestamp),
        "webhook-signature": webhooks.signature(claimed.secrets, claimed.event_id, timestamp, claimed.body),
    }


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certifi.where())


async def _checked_address(url: HttpUrl, settings: Settings) -> str:
    """Looked up at every try: where a name leads to may have changed since the last one."""
    private = settings.webhooks_may_be_private
    if not private and (url.scheme != "https" or url.host == urlsplit(settings.public_url).hostname):
        raise NotSent("address-not-allowed")
    addresses = await _addresses(_host(url), url.port or 0)
    allowed = is_any_address if private else is_public_address
    if not all(allowed(ip_address(address)) for address in addresses):
        raise NotSent("address-not-allowed")
    return addresses[0]


async def _addresses(host: str, port: int) -> list[str]:
    with suppress(ValueError):
        return [str(ip_address(host))]
    look_up = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    try:
        found = await asyncio.get_running_loop().run_in_executor(_resolvers, look_up)
    except (OSError, UnicodeError) as error:
        raise NotSent("unreachable") from error
    return [str(sockaddr[0]).partition("%")[0] for *_, sockaddr in found]


def _host(url: HttpUrl) -> str:
    """Without the brackets of an address of IPv6."""
    return (url.host or "").strip("[]")


def _retry_after(response: h11.Response) -> timedelta:
    said = next((value.decode() for name, value in response.headers if name == b"retry-after"), "")
    return wish(said)


def wish(retry_after: str) -> timedelta:
    """Seconds, or a date (RFC 9110 §10.2.3)."""
    if retry_after.isdecimal():
        return min(timedelta(seconds=int(retry_after[:9])), LONGEST_WISH)
    try:
        date = parsedate_to_datetime(retry_after)
    except ValueError:
        return timedelta(0)
    return max(date.replace(tzinfo=date.tzinfo or UTC) - datetime.now(UTC), timedelta(0))
