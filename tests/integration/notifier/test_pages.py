"""The pages of the log of letters: whose letters, in which words, shown without harm, and sent once more."""

import re
from html import unescape
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from services.events import catalogue
from services.notifier.log.messages import SECRET_PATTERN
from services.notifier.models import Letter, LetterStatus
from services.web.security.tokens import Principal, Role
from tests.support.letter_office import KEYS, Office
from tests.support.logins import login_cookies

HOSTILE = '"><img onerror=alert(1)><script>alert(1)</script> {{7*7}}'


@pytest.fixture
def app(office: Office) -> FastAPI:
    return office.app


def browser(app: FastAPI, office: Office, role: Role, party: UUID | None = None) -> TestClient:
    """A browser that has come over from booking, where somebody logged in."""
    settings = office.settings
    return TestClient(
        app,
        base_url=settings.public_url,
        headers={"Accept": "text/html", "Sec-Fetch-Site": "same-origin"},
        cookies=login_cookies(KEYS["TOKEN_SIGNING_KEY"], Principal(role, party, f"test-{role}")),
        follow_redirects=False,
    )


@pytest.fixture
def maija(app: FastAPI, office: Office) -> TestClient:
    return browser(app, office, Role.supervisor, office.supervisor_id)


@pytest.fixture
def admin(app: FastAPI, office: Office) -> TestClient:
    return browser(app, office, Role.admin)


def letter(office: Office, **where: object) -> Letter:
    (row,) = office.rows(**where)
    return row


def confirmed(office: Office, name: str = "Aino") -> Letter:
    """A confirmation that was sent."""
    office.opens(name)
    office.hear(*office.booked(office.on(30)))
    office.send_all()
    return letter(office, kind="booking_confirmation")


def audited(office: Office) -> list[tuple[str, str, str]]:
    with office.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT actor, action, subject FROM audit_entry ORDER BY id").all()
    return [(row.actor, row.action, row.subject) for row in rows]


# -- whose ------------------------------------------------------------------------------------------------


def test_who_has_not_logged_in_is_sent_to_do_so(app: FastAPI, office: Office) -> None:
    stranger = TestClient(app, base_url=office.settings.public_url, follow_redirects=False)

    answer = stranger.get("/viestit")

    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/jatka?paluu=%2Fviestit")


def test_a_supervisor_sees_their_own_letters_and_others_find_nothing(
    app: FastAPI, office: Office, maija: TestClient
) -> None:
    sent = confirmed(office)

    assert f"/viestit/{sent.id}" in maija.get("/viestit").text
    for stranger in (browser(app, office, Role.supervisor, uuid4()), browser(app, office, Role.client, uuid4())):
        assert str(sent.id) not in stranger.get("/viestit").text
        assert stranger.get(f"/viestit/{sent.id}").status_code == 404
        assert stranger.get(f"/viestit/{sent.id}/uudelleen").status_code == 404
        assert stranger.post(f"/viestit/{sent.id}/uudelleen").status_code == 404
    assert browser(app, office, Role.client, uuid4()).get("/viestit").status_code == 404


def test_an_admin_sees_how_far_each_letter_is_and_nothing_of_what_it_says(office: Office, admin: TestClient) -> None:
    sent = confirmed(office)

    seen = admin.get("/viestit").text + admin.get(f"/viestit/{sent.id}").text

    assert "Varausvahvistus" in seen
    assert "Lähetetty" in seen
    assert all(secret not in seen for secret in ("Aino", "Ohjattava", "työnohjausaikasi", "<iframe", "Ryhmätyönohjaus"))
    assert audited(office) == []


# -- the log ----------------------------------------------------------------------------------------------


def test_the_log_can_be_narrowed_to_a_status_a_process_or_a_meeting(office: Office, maija: TestClient) -> None:
    office.opens("Aino")
    first, second = office.booked(office.on(30)), office.booked(office.on(60))
    office.hear(*first, *second)
    office.send_all()

    def rows(**query: object) -> int:
        return str(maija.get("/viestit", params=query).text).count('class="what"')

    assert rows() == 2, "what is still to come is not the news"
    assert rows(tila="", prosessi="") == 2
    assert rows(tila="kaikki") == 6
    assert "4 viestiä on tulossa" in maija.get("/viestit").text
    assert rows(tila="sent") == 2
    assert rows(tila="planned", prosessi=str(office.process_id)) == 4
    assert rows(tapaaminen=str(first[0].session_id)) == 3
    assert rows(prosessi=str(uuid4())) == 0
    own = office.rows()[0].recipient_id
    assert rows(henkilo=str(own), tila="kaikki") == len(office.rows(recipient_id=own)) > 0
    assert rows(henkilo=str(uuid4()), tila="kaikki") == 0
    assert "Näytä kaikki viestit" in maija.get("/viestit?tila=failed").text
    assert maija.get("/viestit?tila=lost").status_code == 422
    assert maija.get("/viestit?kohta=made-up").status_code == 422


def test_the_log_comes_in_pages_without_the_texts_of_letters(office: Office, maija: TestClient) -> None:
    office.opens("Aino", "Veikko")
    office.hear(*office.booked(*(office.on(30 + 7 * n) for n in range(8))))
    seen, address = list[str](), "/viestit?tila=kaikki"
    while True:
        page = maija.get(address).text
        seen += re.findall(r'class="what"><a href="([^"]+)"', page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        if following is None:
            break
        address = unescape(following[1])

    assert len(seen) == len(set(seen)) == 34
    assert "Luettelon alkuun" in page


def test_an_empty_log_says_what_makes_letters(maija: TestClient) -> None:
    assert "Viestejä ei vielä ole" in maija.get("/viestit").text


# -- one letter -------------------------------------------------------------------------------------------


def test_a_letter_is_shown_as_it_was_sent_without_the_secrets_of_its_links(office: Office, maija: TestClient) -> None:
    sent = confirmed(office)
    body = office.received()[0].get_body(("plain",))
    assert body is not None
    secrets = SECRET_PATTERN.findall(body.get_content())

    page = maija.get(f"/viestit/{sent.id}")

    assert "työnohjausaikasi on varattu" in page.text
    assert "Aino Ohjattava" in page.text
    assert secrets
    assert all(secret not in page.text for secret in secrets)
    assert ("supervisor/" + str(office.supervisor_id), "message.read", f"message/{sent.id}") in audited(office)


def test_the_frame_of_a_letter_runs_nothing_leads_nowhere_and_needs_no_unsafe_styles(
    office: Office, maija: TestClient
) -> None:
    sent = confirmed(office)

    page = maija.get(f"/viestit/{sent.id}")
    framed = unescape(re.findall(r'srcdoc="([^"]*)"', page.text)[0])

    assert re.search(r"<iframe [^>]*\bsandbox title=", page.text)
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert page.headers["Content-Security-Policy"].count("'sha256-") == framed.count("<style")
    assert not re.search(r"\s(?:style|href|on\w+)=", framed)


def test_a_letter_that_waits_is_shown_as_it_would_be_written_now(office: Office, maija: TestClient) -> None:
    office.opens("Aino")
    office.hear(*office.booked(office.on(30)))
    planned = letter(office, kind="reminder_day")

    page = maija.get(f"/viestit/{planned.id}").text

    assert "Näin viesti kirjoitettaisiin nyt." in page
    assert "/osallistuja/…" in page
    assert f"/viestit/{planned.id}/uudelleen" not in page


def test_what_people_wrote_does_no_harm(office: Office, maija: TestClient) -> None:
    office.hear(office.supervisor(full_name=HOSTILE), office.process(title=HOSTILE, code="P-<b>"))
    office.hear(office.participant("Aino", last_name=HOSTILE))
    office.hear(*office.booked(office.on(30), location=HOSTILE))
    office.send_all()
    sent = letter(office, kind="booking_confirmation")

    address = f"/viestit/{sent.id}"
    pages = [maija.get(each).text for each in ("/viestit", address, f"{address}/uudelleen")]
    framed = unescape(re.findall(r'srcdoc="([^"]*)"', pages[1])[0])

    for shown in (*pages, framed):
        assert "<script>" not in shown
        assert "<img" not in shown
        assert "P-<b>" not in shown
    assert "{{7*7}}" in pages[1]


@pytest.mark.parametrize(
    ("trouble", "outcome", "words"),
    [
        ("554 5.7.1 no", LetterStatus.failed, "Postipalvelin ei hyväksynyt viestiä."),
        ("", LetterStatus.uncertain, "Emme tiedä, menikö kirje perille."),
        ("451 later", LetterStatus.planned, "Yritämme itse uudelleen"),
    ],
)
def test_what_went_wrong_is_told_in_plain_words(
    office: Office, maija: TestClient, trouble: str, outcome: LetterStatus, words: str
) -> None:
    office.opens("Aino")
    office.catcher.refuse("BODY", trouble)
    office.hear(*office.booked(office.on(30)))
    office.send()
    row = letter(office, kind="booking_confirmation")

    assert row.status == outcome
    assert words in maija.get(f"/viestit/{row.id}").text
    if outcome is not LetterStatus.planned:
        assert f'href="/viestit?tila={outcome}"' in maija.get("/viestit").text


def test_a_letter_whose_text_was_let_go_still_says_what_became_of_it(office: Office, maija: TestClient) -> None:
    sent = confirmed(office)
    office.run("UPDATE letter SET message = NULL")

    page = maija.get(f"/viestit/{sent.id}")

    assert page.status_code == 200
    assert "Viestin tekstiä ei ole tallessa" in page.text


def test_a_person_who_was_forgotten_is_not_named(office: Office, maija: TestClient) -> None:
    sent = confirmed(office)
    (aino,) = office.people
    office.hear(
        catalogue.ParticipantErased(
            version=office.version(aino.id), participant_id=aino.id, process_id=office.process_id
        )
    )

    seen = maija.get("/viestit").text + maija.get(f"/viestit/{sent.id}").text

    assert "poistettu henkilö" in seen
    assert "Ohjattava" not in seen


# -- once more --------------------------------------------------------------------------------------------


def key_on(page: str) -> str:
    return str(re.findall(r'name="kerta" value="([^"]+)"', page)[0])


def test_a_letter_is_sent_again_once_however_often_the_button_is_pressed(office: Office, maija: TestClient) -> None:
    sent = confirmed(office)
    asked = maija.get(f"/viestit/{sent.id}/uudelleen")

    answers = [maija.post(f"/viestit/{sent.id}/uudelleen", data={"kerta": key_on(asked.text)}) for _ in range(2)]
    office.send_all()

    assert {answer.status_code for answer in answers} == {303}
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert "Viesti lähtee uudelleen." in maija.get(answers[0].headers["Location"]).text
    assert len(office.received("Aino")) == 2
    assert [action for _, action, _ in audited(office)].count("message.resent") == 1


def test_what_is_not_true_any_more_is_not_sent_again(office: Office, maija: TestClient) -> None:
    sent = confirmed(office)
    (session_id,) = office.sessions
    office.hear(*office.cancelled(session_id))

    answer = maija.post(f"/viestit/{sent.id}/uudelleen")

    assert answer.status_code == 409
    assert "Tätä viestiä ei voi lähettää uudelleen." in answer.text
    assert len(office.rows(kind="booking_confirmation")) == 1


def test_no_other_site_sends_a_letter_again(office: Office, maija: TestClient) -> None:
    sent = confirmed(office)

    for site in ("cross-site", "same-site"):
        refused = maija.post(f"/viestit/{sent.id}/uudelleen", headers={"Sec-Fetch-Site": site})
        assert refused.status_code == 403
    assert maija.post(f"/viestit/{sent.id}/uudelleen", headers={"Sec-Fetch-Site": ""}).status_code == 403
    assert len(office.rows(kind="booking_confirmation")) == 1


def test_a_login_that_ended_keeps_the_form(app: FastAPI, office: Office) -> None:
    sent = confirmed(office)
    stranger = TestClient(
        app,
        base_url=office.settings.public_url,
        headers={"Accept": "text/html", "Sec-Fetch-Site": "same-origin"},
        follow_redirects=False,
    )

    answer = stranger.post(f"/viestit/{sent.id}/uudelleen")

    assert answer.status_code == 401
    assert "Kirjautumisesi on vanhentunut" in answer.text


# -- addresses that are wrong -----------------------------------------------------------------------------


def test_a_letter_that_was_refused_leads_to_where_its_address_is_corrected(
    office: Office, maija: TestClient, admin: TestClient
) -> None:
    office.opens("Aino")
    office.catcher.refuse("RCPT", "550 5.1.1 no such user")
    office.hear(*office.booked(office.on(30)))
    office.send_all()
    row = letter(office, kind="booking_confirmation")
    there = f'href="/tyo/prosessit/{office.process_id}/osallistujat/{office.people[0].id}"'

    assert there in maija.get("/viestit?tila=failed").text
    assert there in maija.get(f"/viestit/{row.id}").text
    assert there not in admin.get("/viestit?tila=failed").text + admin.get(f"/viestit/{row.id}").text


def test_the_refused_letter_of_a_first_talk_leads_to_where_its_address_is_corrected(
    office: Office, maija: TestClient
) -> None:
    office.catcher.refuse("RCPT", "550 5.1.1 no such user")
    office.hear(office.supervisor(), office.intake(catalogue.IntakeRequested))
    office.send_all()
    row = letter(office, kind="intake_confirm_link")
    there = f'href="/tyo/kartoitukset/{row.recipient_id}#osoite"'

    assert there in maija.get("/viestit?tila=failed").text
    assert there in maija.get(f"/viestit/{row.id}").text


def test_a_letter_that_was_sent_again_is_no_longer_counted_as_refused(office: Office, maija: TestClient) -> None:
    office.opens("Aino")
    office.catcher.refuse("RCPT", "550 5.1.1 no such user")
    office.hear(*office.booked(office.on(30)))
    office.send_all()
    row = letter(office, kind="booking_confirmation")
    assert "Yksi viesti ei lähtenyt" in maija.get("/viestit").text

    office.catcher.behave()
    maija.post(f"/viestit/{row.id}/uudelleen")
    office.send_all()

    assert "Yksi viesti ei lähtenyt" not in maija.get("/viestit").text
    assert "Kaikki viestit ovat lähteneet." in maija.get("/viestit?tila=failed").text


# -- the supervisor's choice ------------------------------------------------------------------------------


def test_a_supervisor_chooses_of_what_they_are_told_and_when(maija: TestClient, admin: TestClient) -> None:
    page = "/viestit/ilmoitukset"
    assert maija.get(page).text.count('<option value="at_once" selected') == 7

    sent = maija.post(page, data={"booked": "hourly", "moved": "vale", "unknown": "never"})

    assert sent.headers["Location"] == f"{page}?tehty=tallennettu"
    shown = maija.get(page).text
    assert shown.count('<option value="hourly" selected') == 1
    assert shown.count('<option value="at_once" selected') == 6
    assert admin.get(page).status_code in (303, 403, 404)
