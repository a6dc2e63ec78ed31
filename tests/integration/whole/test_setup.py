"""The test letter of setting up goes the way of every letter: event, notifier, mail server, mailbox."""

import secrets
from uuid import UUID

import httpx

from tests.support.practice import Installation


def test_the_test_letter_comes_by_mail_with_a_button_that_works(installation: Installation) -> None:
    practice = installation.practice
    home, admin = str(practice.booking.base_url), "yllapito@tyonohjaus.example"
    with httpx.Client(base_url=home, headers={"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}) as browser:
        seen = len(practice.letters(admin))
        browser.post("/kirjaudu", data={"email": admin})
        link = practice.found_in_letters(admin, r"https?://\S+(/kirjaudu/\S+)", seen)[1]
        assert browser.post(link, data={"party": str(UUID(int=0))}).status_code == 303

        reader = f"lukija.{secrets.token_hex(4)}@example.fi"
        assert browser.post("/kayttoonotto/posti", data={"email": reader}).status_code == 303
        button = practice.found_in_letters(reader, r"https?://\S+(/koekirje/\S+)")[1]
        browser.cookies.clear()
        assert "Tuliko koekirje perille?" in browser.get(button).text
        assert browser.post(button).headers["Location"] == button
        assert "Posti kulkee." in browser.get(button).text
