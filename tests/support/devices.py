"""Confirming a browser as participants do: by the code that goes to their mailbox."""

from uuid import UUID

from fastapi.testclient import TestClient

from services.web.security.links import device_code
from tests.integration.conftest import Face
from tests.support.evaluation import told


def newest_code(booking: Face) -> str:
    return device_code(booking.settings.link_key, UUID(told(booking, "device.code-requested.v1")[-1]["notice_id"]))


def confirm_device(booking: Face, browser: TestClient, page: str) -> TestClient:
    """`page` is that of a personal link, like /osallistuja/<secret>."""
    asked = browser.post(f"/laite{page}/koodi")
    assert asked.status_code == 303, asked.text
    confirmed = browser.post(f"/laite{page}", data={"koodi": newest_code(booking)})
    assert confirmed.headers["Location"] == page
    return browser
