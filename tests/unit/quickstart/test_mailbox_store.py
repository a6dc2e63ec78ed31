"""What the mailbox reads out of letters, however they are written."""

from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from services.quickstart.mailbox.store import MailStore, NoSuchLetter, decode, read_letter


def raw(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode("utf-8", "surrogateescape")


def kept(content: str) -> bytes:
    return raw("Delivered-To: maija@example.fi\n" + content)


KEY = "01796630400000000000abcd"  # 7.12.2026 at 8.00 UTC


@pytest.mark.parametrize(
    ("header", "text"),
    [
        ("Tapaaminen", "Tapaaminen"),
        ("=?utf-8?q?Ty=C3=B6nohjaus_7=2E12=2E_klo_9=2E00=E2=80=9310=2E00?=", "Työnohjaus 7.12. klo 9.00–10.00"),
        ("=?utf-8?B?VHnDtm4=?=\r\n =?utf-8?B?b2hqYXVz?=", "Työnohjaus"),
        ("=?iso-8859-1?Q?M=E4kel=E4?= <m@example.fi>", "Mäkelä <m@example.fi>"),
        ("pitkä\r\n\taihe", "pitkä aihe"),
        ("Mäkelä".encode().decode("ascii", "surrogateescape"), "Mäkelä"),
        ("=?no-such-charset?q?abc?=", "abc"),
        ("=?utf-8?b?not base64!?=", "=?utf-8?b?not base64!?="),
        ("=?utf-8?q?=FF?=", "\ufffd"),
    ],
)
def test_headers_are_decoded_as_people_read_them(header: str, text: str) -> None:
    assert decode(header) == text


def test_a_letter_shows_its_text_its_html_and_its_invitation() -> None:
    message = EmailMessage()
    message["From"], message["To"] = "Sirpa Väisänen <sirpa@example.fi>", "Maija Meikäläinen <maija@example.fi>"
    message["Subject"], message["Message-ID"] = "Työnohjaus", "<1@example.fi>"
    message["Date"] = "Mon, 07 Dec 2026 14:00:00 +0200"
    message.set_content("Hei Maija")
    message.add_alternative("<p>Hei Maija</p>", subtype="html")
    message.add_attachment(
        b"BEGIN:VCALENDAR\r\n", maintype="text", subtype="calendar", params={"method": "REQUEST"}, filename="kutsu.ics"
    )
    letter = read_letter(
        KEY, b"Delivered-To: maija@example.fi\r\n" + message.as_bytes(policy=message.policy.clone(linesep="\r\n"))
    )

    assert (letter.to, letter.sender) == ("maija@example.fi", "Sirpa Väisänen <sirpa@example.fi>")
    assert (letter.subject, letter.message_id) == ("Työnohjaus", "<1@example.fi>")
    assert letter.date == datetime(2026, 12, 7, 12, 0, tzinfo=UTC)
    assert (letter.text, letter.html) == ("Hei Maija\n", "<p>Hei Maija</p>\n")
    [invitation] = letter.attachments
    assert (invitation.name, invitation.type, invitation.method) == ("kutsu.ics", "text/calendar", "REQUEST")
    assert invitation.text == "BEGIN:VCALENDAR\r\n"


def test_an_attached_text_is_not_taken_for_the_letter() -> None:
    message = EmailMessage()
    message.set_content("Hei Maija")
    message.add_attachment("<p>liite</p>", subtype="html", filename="liite.html")
    letter = read_letter(KEY, b"Delivered-To: maija@example.fi\r\n" + message.as_bytes())
    assert (letter.text, letter.html) == ("Hei Maija\n", None)
    assert [part.text for part in letter.attachments] == ["<p>liite</p>\n"]


def test_a_header_that_comes_twice_is_shown_twice() -> None:
    letter = read_letter(KEY, kept("Received: a\nReceived: b\n\nHei"))
    assert letter.headers["Received"] == "a\nb"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "no header at all",
        "Subject: x\nContent-Type: text/html; charset=no-such\n\n<p>hyvää</p>\n",
        "Subject: x\nDate: rubbish\nContent-Type: multipart/mixed; boundary=b\n\n--b\nno end",
        "Subject: x\nContent-Type: multipart/mixed\n\nno boundary",
        "Content-Transfer-Encoding: base64\n\n!!!!",
        "Date: Fri, 99 Foo 99999 99:99:99 +9999\n\n",
        "Content-Type: text/plain; name*=utf-8''%ff\nContent-Disposition: attachment; filename*=x''%ff\n\nHei",
    ],
)
def test_a_broken_letter_is_shown_as_well_as_it_can_be(content: str) -> None:
    assert read_letter(KEY, kept(content)).to == "maija@example.fi"


def test_the_envelope_and_not_the_header_says_who_got_it() -> None:
    letter = read_letter(KEY, kept("Delivered-To: forged@example.fi\nTo: other@example.fi\n\nHei"))
    assert letter.to == "maija@example.fi"


def test_letters_survive_a_restart_in_their_order(tmp_path: Path) -> None:
    store = MailStore(tmp_path / "mail")
    for number in range(3):
        store.add(["maija@example.fi"], raw(f"Subject: {number}\n\nHei"))
    again = MailStore(tmp_path / "mail")
    assert [summary.subject for summary in again.newest_first()] == ["2", "1", "0"]
    assert again.newest_first() == store.newest_first()


def test_a_cleared_shelf_stays_empty(tmp_path: Path) -> None:
    store = MailStore(tmp_path)
    store.add(["maija@example.fi"], raw("Subject: x\n\nHei"))
    store.clear()
    assert store.newest_first() == MailStore(tmp_path).newest_first() == []


@pytest.mark.parametrize("key", ["", "nobody", "../../etc/passwd", "01796630400000000000abcd"])
def test_unknown_letters_are_not_there(tmp_path: Path, key: str) -> None:
    with pytest.raises(NoSuchLetter):
        MailStore(tmp_path).raw(key)
