"""The message that leaves: its parts, its headers, and bytes that never change."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import vobject

from services.core.calendar_entry import CalendarEntry
from services.notifier.composition.addresses import Mailbox
from services.notifier.composition.invitation import ENTRY_STATUS, CalendarFile, CalendarMethod, build_invitation
from services.notifier.composition.mime import AttachedFile, MessageHeaders, build_mime
from tests.unit.notifier.letter_samples import SAMPLES, series
from tests.unit.notifier.letter_views import letter

SENDER = Mailbox("posti@tyonohjaus.example", "Maija Meikäläinen")
ANNA = Mailbox("anna.virtanen@example.org", "Anna Virtanen")
DATE = datetime(2026, 11, 16, 10, 0, 30, tzinfo=UTC)
UNSUBSCRIBE = "https://tyonohjaus.example/viestiasetukset/" + "p0Wq7cJm" * 12


def headers(**changes: Any) -> MessageHeaders:
    fields: Mapping[str, Any] = {
        "sender": SENDER,
        "recipient": ANNA,
        "reply_to": Mailbox("maija@example.fi", "Maija Meikäläinen"),
        "date": DATE,
        "message_id": "<01940f3c-27f6-7e00-8000-0000000000a1@tyonohjaus.example>",
    }
    return MessageHeaders(**{**fields, **changes})


def invitations(count: int, method: CalendarMethod = CalendarMethod.request) -> list[CalendarFile]:
    return [
        build_invitation(
            method,
            CalendarEntry(
                f"{number}@tyonohjaus.example",
                0,
                ENTRY_STATUS[method],
                session.starts_at,
                session.ends_at,
                stamp=DATE,
                location=session.location,
            ),
            organizer=SENDER,
            attendee=ANNA,
        )
        for number, session in enumerate(series(count))
    ]


def sent(name: str = "booking_confirmation", *parts: Any, **changes: Any) -> EmailMessage:
    return read(build_mime(letter(name), headers(**changes), *parts))


def read(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert not [defect for part in message.walk() for defect in part.defects]
    return message


def shape(part: Any) -> Any:
    if part.is_multipart():
        return {part.get_content_type(): [shape(child) for child in part.iter_parts()]}
    return part.get_content_type()


ALTERNATIVES = ["text/plain", "text/html"]


def test_a_letter_without_an_invitation_has_two_faces() -> None:
    assert shape(sent()) == {"multipart/alternative": ALTERNATIVES}


@pytest.mark.parametrize("method", CalendarMethod)
def test_one_invitation_is_a_face_of_the_letter_and_lies_beside_it(method: CalendarMethod) -> None:
    message = sent("booking_confirmation", invitations(1, method))
    *_, application, beside = message.walk()

    assert shape(message) == {
        "multipart/mixed": [{"multipart/alternative": [*ALTERNATIVES, "text/calendar"]}, "application/ics"]
    }
    assert application.get_param("method") == method == vobject.readOne(application.get_content()).method.value
    assert application.get_content_charset() == "utf-8"
    assert beside.get_filename() == "invite.ics"
    assert beside.get_content_disposition() == "attachment"
    assert application.get_content().splitlines() == beside.get_content().decode().splitlines()
    assert beside.get_content() == invitations(1, method)[0].text.encode()


def test_twelve_invitations_lie_beside_the_letter_each_for_itself() -> None:
    message = sent("booking_confirmation.series", invitations(12))
    beside = list(message.iter_attachments())
    calendars = [vobject.readOne(part.get_content()) for part in beside]

    assert shape(message) == {"multipart/mixed": [{"multipart/alternative": ALTERNATIVES}] + 12 * ["text/calendar"]}
    assert {part.get_param("method") for part in beside} == {"REQUEST"}
    assert len({part.get_filename() for part in beside}) == 12
    assert [len(calendar.vevent_list) for calendar in calendars] == 12 * [1]
    assert len({calendar.vevent.uid.value for calendar in calendars}) == 12
    assert [calendar.vevent.dtstart.value for calendar in calendars] == [s.starts_at for s in series()]


def test_a_report_lies_beside_its_letter() -> None:
    message = sent("goal_report", (), [AttachedFile("tavoitearviointi-TO-2026-009.pdf", b"%PDF-1.7\n\xff")])
    (beside,) = message.iter_attachments()

    assert shape(message) == {"multipart/mixed": [{"multipart/alternative": ALTERNATIVES}, "application/pdf"]}
    assert beside.get_filename() == "tavoitearviointi-TO-2026-009.pdf"
    assert beside.get_content() == b"%PDF-1.7\n\xff"


@pytest.mark.parametrize("name", SAMPLES)
def test_the_reader_gets_what_was_written(name: str) -> None:
    message = sent(name, invitations(1))
    text, html = (message.get_body((kind,)) for kind in ("plain", "html"))

    assert message["Subject"] == letter(name).subject
    assert text is not None
    assert html is not None
    assert text.get_content().splitlines() == letter(name).text.splitlines()
    assert html.get_content().splitlines() == letter(name).html.splitlines()


def test_the_headers_say_who_writes_to_whom_and_that_a_machine_does_it() -> None:
    message = sent()

    assert message["From"] == "Maija Meikäläinen <posti@tyonohjaus.example>"
    assert message["To"] == "Anna Virtanen <anna.virtanen@example.org>"
    assert message["Reply-To"] == "Maija Meikäläinen <maija@example.fi>"
    assert message["Date"] == "Mon, 16 Nov 2026 12:00:30 +0200"
    assert parsedate_to_datetime(message["Date"]) == DATE
    assert message["Message-ID"] == headers().message_id
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "DR, RN, NRN, OOF, AutoReply"
    assert set(message.keys()) == {
        "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "Auto-Submitted",
        "X-Auto-Response-Suppress", "MIME-Version", "Content-Type",
    }  # fmt: skip


def test_without_an_address_to_answer_to_there_is_none() -> None:
    assert "Reply-To" not in sent(reply_to=None)


def test_one_press_unsubscribes_and_its_address_stays_in_one_piece() -> None:
    content = build_mime(letter("reminder_week"), headers(unsubscribe_url=UNSUBSCRIBE))

    assert f"\r\nList-Unsubscribe: <{UNSUBSCRIBE}>\r\n".encode() in content
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in content


def test_the_same_letter_always_gives_the_same_bytes() -> None:
    parts = (letter("booking_confirmation.series"), headers(), invitations(12), [AttachedFile("a.pdf", b"%PDF")])

    assert build_mime(*parts) == build_mime(*parts)


def test_two_messages_never_share_a_boundary() -> None:
    one, two = sent(), sent(message_id="<another@tyonohjaus.example>")

    assert one.get_boundary() != two.get_boundary()


def test_a_boundary_is_found_in_no_line_of_a_part() -> None:
    content = build_mime(letter("booking_confirmation"), headers(), invitations(1))
    boundaries = [part.get_boundary() for part in read(content).walk() if part.is_multipart()]

    assert len(set(boundaries)) == 2
    for boundary in boundaries:
        lines = [line for line in content.decode().split("\r\n") if f"--{boundary}" in line]
        assert all(line in (f"--{boundary}", f"--{boundary}--") for line in lines)


@pytest.mark.parametrize("name", SAMPLES)
def test_the_oldest_server_can_carry_the_bytes(name: str) -> None:
    content = build_mime(letter(name), headers(unsubscribe_url=UNSUBSCRIBE), invitations(2))
    lines = content.split(b"\r\n")

    assert content.isascii()
    assert all(b"\n" not in line and b"\r" not in line for line in lines)
    assert all(len(line) <= 78 for line in lines if not line.startswith(b"List-Unsubscribe:"))


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Anna\r\nBcc: kaikki@example.org", "Anna Bcc: kaikki@example.org"),
        ('Virtanen, "Anna" <kaikki@example.org>', 'Virtanen, "Anna" <kaikki@example.org>'),
        ("<script>{{7*7}}", "<script>{{7*7}}"),
        ("\u202eannA 😀 Äijälä", "annA 😀 Äijälä"),
        ("=?utf-8?q?Bcc=3A?=", None),
        ("", ""),
        ("Ä" * 300, None),
        ("Pohjois-Savon hyvinvointialue, sosiaalipalvelut, perhekeskus, kuntoutus ja muut palvelut", None),
        ("x " * 40 + ", Bo <bo@example.com>, y", None),
        ("=?utf-8?q?=2C?= ,", "=?utf-8?q?=2C?= ,"),
    ],
)
def test_whatever_a_name_is_the_letter_goes_to_one_address(typed: str, shown: str | None) -> None:
    message = sent(recipient=Mailbox("anna@example.org", typed))
    (to,) = message["To"].addresses

    assert to.addr_spec == "anna@example.org"
    assert "Bcc" not in message
    assert shown is None or to.display_name == shown


def test_a_domain_with_finnish_letters_travels_in_ascii() -> None:
    content = build_mime(letter("login_link"), headers(recipient=Mailbox("anna@mäkelä.example", "Anna")))

    assert content.isascii()
    assert read(content)["To"].addresses[0].addr_spec == "anna@xn--mkel-load.example"


def test_a_name_before_the_at_beyond_ascii_needs_a_server_that_knows_such() -> None:
    mailbox = Mailbox("äijälä@example.org", "Äijälä")
    content = build_mime(letter("login_link"), headers(recipient=mailbox))

    assert not mailbox.is_ascii
    assert "To: =?utf-8?b?w4RpasOkbMOk?= <äijälä@example.org>\r\n".encode() in content


@pytest.mark.parametrize(
    ("written", "mailbox"),
    [
        ("posti@tyonohjaus.example", Mailbox("posti@tyonohjaus.example")),
        ("Työnohjaus <posti@tyonohjaus.example>", Mailbox("posti@tyonohjaus.example", "Työnohjaus")),
        ('"Meikäläinen, Maija" <m@example.fi>', Mailbox("m@example.fi", "Meikäläinen, Maija")),
    ],
)
def test_a_mailbox_is_read_with_and_without_a_name(written: str, mailbox: Mailbox) -> None:
    assert Mailbox.parse(written) == mailbox


def test_a_letter_of_a_later_day_has_the_offset_of_that_day() -> None:
    assert sent(date=DATE + timedelta(days=180))["Date"].endswith("+0300")
