"""What the demo's story is played on: the services as anybody meets them, their letters, and a clock to be moved."""

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

import httpx

from services.core import clock

Json = dict[str, Any]

SETTLE_SECONDS = 300  # only what hangs is given up; a busy machine is slow
POLL_SECONDS = 0.04


class Refused(Exception):
    """The services did not do what the story needs."""


@dataclass(frozen=True)
class DemoClient:
    booking: httpx.Client
    reporting: httpx.Client
    notifier: httpx.Client
    mailbox: httpx.Client | None
    """None when letters are sent for real: then nobody here can open their links."""


def demo_client(environment: Mapping[str, str]) -> DemoClient:
    """As told by ``tyonohjaus.env``, with the administrator's rights."""
    services = ("BOOKING", "REPORTING", "NOTIFIER")
    booking, reporting, notifier = (_client(environment[f"{name}_URL"]) for name in services)
    form = {
        "grant_type": "client_credentials",
        "client_id": environment["ADMIN_CLIENT_ID"],
        "client_secret": environment["ADMIN_CLIENT_SECRET"],
    }
    token = booking.post("/oauth/token", data=form).json()["access_token"]
    for application in (booking, reporting, notifier):
        application.headers["Authorization"] = f"Bearer {token}"
    letters = environment.get("MAILBOX_URL")
    return DemoClient(booking, reporting, notifier, _client(letters) if letters else None)


def _client(address: str) -> httpx.Client:
    return httpx.Client(base_url=address, timeout=30, trust_env=False, event_hooks={"response": [_insist]})


def _insist(answer: httpx.Response) -> None:
    if answer.is_error:
        answer.read()
        raise Refused(f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text}")


def follow_link(demo: DemoClient, to: str, path: str, filled_in: Mapping[str, str], *, button: str = "") -> None:
    """Open the newest link of this kind that somebody has a letter with, and send the form that is there."""
    address = f"{newest_link(demo, to, path)}{button}"
    httpx.post(address, data=dict(filled_in), timeout=30, trust_env=False, follow_redirects=True).raise_for_status()


def newest_link(demo: DemoClient, to: str, path: str) -> str:
    """The newest link of this kind; where somebody has none yet, it may be on its way."""
    link = _link(demo, to, path)
    if link is None:
        settle(demo)
        link = _link(demo, to, path)
    if link is None:
        raise Refused(f"No letter with a link to /{path} has come to one of those who wait for it.")
    return link


def _link(demo: DemoClient, to: str, path: str) -> str | None:
    found = (re.search(rf"https?://\S+/{path}/[\w-]+", text) for text in _letters(demo, to))
    return next((match[0] for match in found if match), None)


def _letters(demo: DemoClient, to: str) -> Iterator[str]:
    """The texts of all letters to somebody, the newest first."""
    if demo.mailbox is None:
        return
    for letter in demo.mailbox.get("/api/messages").json():
        if to in letter["to"].split(", "):
            yield demo.mailbox.get(f"/api/messages/{letter['id']}").json()["text"]


def now() -> datetime:
    return datetime.now(UTC) + clock.demo_offset()


def live_until(demo: DemoClient, moment: datetime) -> None:
    """Pass through the time between, with a halt wherever a letter or a report is due."""
    if moment <= now():
        return
    settle(demo)
    while (due := min(_due_later(demo), default=moment)) < moment:
        advance_to(demo, due)
        settle(demo)
    advance_to(demo, moment)


def advance_to(demo: DemoClient, moment: datetime) -> None:
    seconds = ceil((moment - now()).total_seconds())
    if seconds > 0:
        demo.booking.post("/demo/clock", json={"advance_seconds": seconds})


def settle(demo: DemoClient) -> None:
    """Wait until all that has happened has had its consequences: seen twice, as one leads to another."""
    deadline, quiet = time.monotonic() + SETTLE_SECONDS, 0
    while quiet < 2:
        if time.monotonic() > deadline:
            raise Refused(f"Letters and reports were not done within {SETTLE_SECONDS} seconds.")
        quiet = 0 if _is_busy(demo) else quiet + 1
        if quiet < 2:
            time.sleep(POLL_SECONDS)


def _is_busy(demo: DemoClient) -> bool:
    """A supervisor has a schedule as soon as no event is under way."""
    is_moving = _is_sending(demo) or _has_undone(demo.booking) or _has_undone(demo.reporting)
    return is_moving or any(due <= now() for due in _due_later(demo))


def _has_undone(service: httpx.Client) -> bool:
    return bool(_UNDONE.search(service.get("/metrics").text))


def _is_sending(demo: DemoClient) -> bool:
    return bool(demo.notifier.get("/api/v1/messages", params={"status": "sending", "limit": "1"}).json()["items"])


_UNDONE = re.compile(r'^tyonohjaus_(deliveries_open\{.*\}|reports\{status="due"\}) [1-9]', re.MULTILINE)


def _due_later(demo: DemoClient) -> Iterator[datetime]:
    """When the next letters and reports are due; what is due by now is not done yet."""
    page = demo.notifier.get("/api/v1/messages", params={"status": "planned", "limit": "200"}).json()
    yield from (datetime.fromisoformat(letter["due_at"]) for letter in page["items"])
    for supervisor in demo.booking.get("/api/v1/supervisors").json()["items"]:
        schedule = demo.reporting.get(f"/api/v1/supervisors/{supervisor['id']}/report-schedule").json()
        yield datetime.fromisoformat(schedule["next_due_at"]) + A_MOMENT


A_MOMENT = timedelta(seconds=1)
