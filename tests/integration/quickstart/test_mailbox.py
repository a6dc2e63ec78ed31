"""The mailbox, by SMTP on one side and HTTP on the other."""

import re
import smtplib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from functools import partial

import httpx
import pytest

from services.quickstart.ports import free_port
from services.quickstart.up import is_ready
from services.runtime.processes import Program
from tests.conftest import running

HOSTILE = """<html><head></head><body onload="alert(1)"><script>alert(2)</script>
<a href="https://example.fi/x">linkki</a><img src="cid:kuva@1"><img src="https://tracker.example/p.gif"></body></html>"""


@dataclass
class Mailbox:
    web: httpx.Client
    smtp_port: int

    def send(self, message: EmailMessage) -> str:
        """Send it, and say under which id it is kept."""
        with smtplib.SMTP("127.0.0.1", self.smtp_port) as client:
            client.send_message(message)
        return str(self.web.get("/api/messages").json()[0]["id"])


@pytest.fixture(scope="module")
def running_box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    folder, port, smtp_port = tmp_path_factory.mktemp("mail"), free_port(), free_port()
    options = [
        f"--folder={folder}",
        f"--port={port}",
        f"--smtp-port={smtp_port}",
        "--booking-url=http://booking.example",
    ]
    program = Program(name="mailbox", arguments=[sys.executable, "-m", "services.cli", "mailbox", *options])
    with (
        running(program, partial(is_ready, port, "/api/messages")),
        httpx.Client(base_url=f"http://127.0.0.1:{port}") as web,
    ):
        yield Mailbox(web, smtp_port)


@pytest.fixture
def box(running_box: Mailbox) -> Mailbox:
    running_box.web.delete("/api/messages").raise_for_status()
    return running_box


def letter(subject: str = "Työnohjaus on varattu", html: str = "<p>Hei</p>") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Sirpa <s@example.fi>", "Maija <maija@example.fi>", subject
    message["Message-ID"] = "<1@example.fi>"
    message.set_content("Hei Maija")
    message.add_alternative(html, subtype="html")
    message.add_attachment(b"BEGIN:VCALENDAR\r\n", maintype="text", subtype="calendar", params={"method": "CANCEL"})
    message.add_attachment(b"\x89PNG", maintype="image", subtype="png", cid="<kuva@1>")
    message.add_attachment(b"<svg onload='alert(3)'/>", maintype="image", subtype="svg+xml", filename="k.svg")
    return message


def test_an_empty_mailbox_says_what_to_do(box: Mailbox) -> None:
    page = box.web.get("/").text
    assert "Postilaatikko on tyhjä" in page
    assert "http://booking.example/docs" in page


def test_letters_are_listed_newest_first(box: Mailbox) -> None:
    box.send(letter("Ensimmäinen"))
    box.send(letter("Toinen"))
    listed = box.web.get("/api/messages").json()
    assert [(item["subject"], item["to"]) for item in listed] == [
        ("Toinen", "maija@example.fi"),
        ("Ensimmäinen", "maija@example.fi"),
    ]
    assert listed[0].keys() >= {"id", "date", "message_id", "sender"}
    assert re.search("Toinen.*Ensimmäinen", box.web.get("/").text, re.DOTALL)


def test_one_letter_with_all_its_parts(box: Mailbox) -> None:
    shown = box.web.get(f"/api/messages/{box.send(letter())}").json()
    assert shown["headers"]["Subject"] == "Työnohjaus on varattu"
    assert (shown["text"], shown["html"]) == ("Hei Maija\n", "<p>Hei</p>\n")
    assert [(part["type"], part["method"]) for part in shown["attachments"]] == [
        ("text/calendar", "CANCEL"),
        ("image/png", None),
        ("image/svg+xml", None),
    ]
    assert shown["attachments"][0]["text"].startswith("BEGIN:VCALENDAR")


def test_the_raw_letter_is_what_was_sent(box: Mailbox) -> None:
    raw = box.web.get(f"/api/messages/{box.send(letter())}/raw").text
    assert raw.startswith("Delivered-To: maija@example.fi\r\n")
    assert "=?utf-8?q?Ty=C3=B6nohjaus?=" in raw


def test_a_hostile_letter_can_neither_run_script_nor_call_home(box: Mailbox) -> None:
    key = box.send(letter("<script>alert(4)</script>", HOSTILE))
    for page in ("/", f"/viestit/{key}", f"/viestit/{key}?view=otsakkeet"):
        assert "<script>alert" not in box.web.get(page).text
    frame = box.web.get(f"/viestit/{key}/kirje")
    policy = frame.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert "img-src 'self' data:" in policy
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in box.web.get(f"/viestit/{key}").text


def test_links_of_a_letter_open_outside_its_frame_and_its_pictures_show(box: Mailbox) -> None:
    key = box.send(letter(html=HOSTILE))
    frame = box.web.get(f"/viestit/{key}/kirje").text
    assert '<head><base target="_blank">' in frame
    assert f'src="/api/messages/{key}/attachments/1"' in frame
    picture = box.web.get(f"/api/messages/{key}/attachments/1")
    assert (picture.content, picture.headers["Content-Type"]) == (b"\x89PNG", "image/png")


def test_an_attachment_that_could_run_is_only_downloaded(box: Mailbox) -> None:
    answer = box.web.get(f"/api/messages/{box.send(letter())}/attachments/2")
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_all_letters_can_be_thrown_away(box: Mailbox) -> None:
    key = box.send(letter())
    assert box.web.delete("/api/messages").status_code == 204
    assert box.web.get("/api/messages").json() == []
    assert box.web.get(f"/api/messages/{key}").status_code == 404


@pytest.mark.parametrize("path", ["", "/raw", "/attachments/0"])
def test_an_unknown_letter_is_not_found(box: Mailbox, path: str) -> None:
    assert box.web.get(f"/api/messages/nobody{path}").status_code == 404
