"""The notifier's HTTP face: the log of letters, and the page where participants choose their reminders."""

import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from services.core.database import transaction
from services.events import catalogue
from services.notifier.log.messages import SECRET_PATTERN
from services.notifier.migrations import METADATA
from services.notifier.models import LetterStatus, Preference
from services.notifier.planning import preferences
from services.web.security import links
from services.web.security.tokens import Principal, Role, sign
from tests.integration.core.test_migrations import differences
from tests.support.letter_office import KEYS, Office


@pytest.fixture
def api(office: Office) -> FastAPI:
    return office.app


def speaking(api: FastAPI, role: Role, party: UUID | None = None) -> TestClient:
    token = sign(KEYS["TOKEN_SIGNING_KEY"], Principal(role, party, f"test-{role}"))
    return TestClient(api, headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def admin(api: FastAPI) -> TestClient:
    return speaking(api, Role.admin)


@pytest.fixture
def supervisor(api: FastAPI, office: Office) -> TestClient:
    return speaking(api, Role.supervisor, office.supervisor_id)


def test_its_migrations_make_what_its_models_describe(office: Office) -> None:
    assert differences(office.settings.notifier_database_url, METADATA) == []


# -- the log ----------------------------------------------------------------------------------------------


def test_the_log_tells_of_each_letter_how_far_it_is(admin: TestClient, office: Office) -> None:
    office.opens("Aino")
    first, second = office.booked(office.on(30)), office.booked(office.on(60))
    office.hear(*first, *second)
    office.send_all()

    items = admin.get("/api/v1/messages", params={"session_id": str(first[0].session_id)}).json()["items"]

    assert sorted(item["kind"] for item in items) == ["booking_confirmation", "reminder_day", "reminder_week"]
    (sent,) = [item for item in items if item["status"] == "sent"]
    assert sent["recipient_id"] == str(office.people[0].id)
    assert sent["attempts"] == 1
    assert sent["message_id"] == str(office.received()[0]["Message-ID"])
    assert sent["sent_at"]
    everything = admin.get("/api/v1/messages", params={"process_id": str(office.process_id)}).json()["items"]
    assert len(everything) == 6
    planned = admin.get("/api/v1/messages", params={"status": "planned"}).json()["items"]
    assert len(planned) == 4
    assert admin.get("/api/v1/messages", params={"status": "lost"}).status_code == 422


def test_the_log_comes_in_pages(admin: TestClient, office: Office) -> None:
    office.opens("Aino", "Veikko")
    office.hear(*office.booked(*(office.on(30 + 7 * n) for n in range(4))))
    seen, cursor = [], ""
    while True:
        page = admin.get(f"/api/v1/messages?limit=7{cursor}").json()
        seen += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"

    assert len(seen) == len(set(seen)) == 18


def test_everybody_sees_only_what_is_theirs(api: FastAPI, office: Office) -> None:
    process = office.process()
    office.hear(office.supervisor(), process, office.participant("Aino"))
    office.hear(*office.booked(office.on(30)))
    login = catalogue.LoginRequested(
        version=1, login_id=uuid4(), email="a@example.fi", full_name="A", link=uuid4(), expires_at=office.on(1)
    )
    office.hear(login, office.intake(catalogue.IntakeRequested))
    letters = {str(row.kind): f"/api/v1/messages/{row.id}" for row in office.rows()}

    def seen_by(client: TestClient) -> set[str]:
        return {item["kind"] for item in client.get("/api/v1/messages").json()["items"]}

    meetings = {"booking_confirmation", "reminder_week", "reminder_day"}
    client = speaking(api, Role.client, process.client.client_id)
    assert seen_by(speaking(api, Role.admin)) == meetings | {"login_link", "intake_confirm_link"}
    assert seen_by(speaking(api, Role.supervisor, office.supervisor_id)) == meetings | {"intake_confirm_link"}
    assert seen_by(client) == meetings
    assert seen_by(speaking(api, Role.supervisor, uuid4())) == set()
    assert seen_by(speaking(api, Role.client, uuid4())) == set()
    assert TestClient(api).get("/api/v1/messages").status_code == 401
    stranger = speaking(api, Role.supervisor, uuid4())
    for path, method in ((("", "GET")), ("/preview", "GET"), ("/resend", "POST")):
        assert stranger.request(method, letters["booking_confirmation"] + path).status_code == 404
    assert client.get(letters["booking_confirmation"]).status_code == 200
    assert client.get(letters["booking_confirmation"] + "/preview").status_code == 403
    assert client.post(letters["booking_confirmation"] + "/resend").status_code == 403


def test_a_preview_shows_what_was_sent_without_the_secrets_of_its_links(admin: TestClient, office: Office) -> None:
    office.opens("Aino")
    office.hear(*office.booked(office.on(30)))
    planned = [row.id for row in office.rows(kind="reminder_day")]
    office.send_all()
    sent = [row.id for row in office.rows(status="sent")]

    for letter_id, greeting in ((sent[0], "työnohjausaikasi on varattu"), (planned[0], "työnohjaus")):
        shown = admin.get(f"/api/v1/messages/{letter_id}/preview").json()
        assert greeting in shown["text"]
        assert "/osallistuja/…" in shown["text"]
        assert "https://practice.example/osallistuja/…" in shown["html"]
        assert not SECRET_PATTERN.search(shown["text"] + shown["html"])
    shown = admin.get(f"/api/v1/messages/{sent[0]}/preview").json()
    assert shown["subject"] == str(office.received()[0]["Subject"])
    assert {part["media_type"] for part in shown["attachments"]} <= {"text/calendar", "application/ics"}
    body = office.received()[0].get_body(("plain",))
    assert body is not None
    assert SECRET_PATTERN.search(body.get_content()), "or the mask hides nothing"
    with office.engine.connect() as connection:
        noted = connection.exec_driver_sql("SELECT actor, via, action, subject FROM audit_entry").all()
    assert ("admin", "test-admin", "message.read", f"message/{sent[0]}") in noted


def test_no_table_holds_a_letter_or_the_secret_of_a_link_in_the_clear(office: Office) -> None:
    office.opens("Aino")
    office.hear(*office.booked(office.on(30)))
    office.send_all()
    body = office.received()[0].get_body(("plain",))
    assert body is not None
    (secret,) = set(SECRET_PATTERN.findall(body.get_content()))

    (row,) = office.rows(status="sent")
    assert row.message
    assert b"practice.example" not in row.message
    with office.engine.connect() as connection:
        for table in ("preference", "participant", "letter"):
            text = connection.exec_driver_sql(f"SELECT string_agg(t::text, '') FROM {table} t").scalar()  # noqa: S608
            assert secret not in str(text)


# -- once more --------------------------------------------------------------------------------------------


def test_a_letter_is_sent_again_by_hand_as_a_new_message(supervisor: TestClient, office: Office) -> None:
    office.opens("Aino")
    office.hear(*office.booked(office.on(30)))
    office.send_all()
    (sent,) = office.rows(status="sent")

    answer = supervisor.post(f"/api/v1/messages/{sent.id}/resend")
    office.hear(office.participant("Veikko"))
    office.send_all()

    assert answer.status_code == 201
    first, second = office.received("Aino")
    assert first["Subject"] == second["Subject"]
    assert first["Message-ID"] != second["Message-ID"]
    assert supervisor.get(answer.headers["Location"]).json()["status"] == "sent"


@pytest.mark.parametrize("outcome", [LetterStatus.uncertain, LetterStatus.failed])
def test_what_failed_or_is_uncertain_can_be_sent_again(
    supervisor: TestClient, office: Office, outcome: LetterStatus
) -> None:
    office.opens("Aino")
    office.catcher.refuse("BODY", "" if outcome is LetterStatus.uncertain else "554 no")
    office.hear(*office.booked(office.on(30)))
    office.send_all()
    (row,) = office.rows(status=outcome)
    office.catcher.behave()
    office.let_the_server_rest_pass()

    assert supervisor.post(f"/api/v1/messages/{row.id}/resend").status_code == 201
    office.send_all()

    assert len(office.received()) == 1


def test_what_waits_or_does_not_hold_any_more_is_not_sent_again(supervisor: TestClient, office: Office) -> None:
    office.opens("Aino")
    (booked,) = office.booked(office.on(30))
    office.hear(booked)
    (waiting,) = office.rows(kind="booking_confirmation")
    assert supervisor.post(f"/api/v1/messages/{waiting.id}/resend").status_code == 409

    office.send_all()
    office.hear(office.moved(booked.session_id, office.on(60)))
    refused = supervisor.post(f"/api/v1/messages/{waiting.id}/resend")

    assert refused.status_code == 409
    assert refused.json()["type"].endswith("/problems/not-to-be-resent")


# -- reminders as their readers want them -----------------------------------------------------------------


def settings_link(office: Office) -> str:
    """From the first reminder that arrived."""
    office.opens("Aino")
    office.hear(*office.booked(office.on(30)), *office.booked(office.on(60)))
    office.send_all()
    office.advance_to(office.rows(kind="reminder_week")[0].due_at)
    office.send_all()
    found = re.fullmatch(
        r"<https://practice\.example(/viestiasetukset/[\w-]{43})>", str(office.received()[-1]["List-Unsubscribe"])
    )
    assert found
    return found[1]


def test_a_settings_link_of_before_opens_beside_the_one_that_names_its_key(api: FastAPI, office: Office) -> None:
    key, page_link = office.settings.link_key, links.new_link(office.settings.link_key)
    office.hear(office.process(), office.participant("Aino", page_link=page_link))
    person = office.people[0].id
    older, own = (
        links.secret(key, links.older_settings_link(person)),
        links.secret(key, links.settings_link(person, page_link)),
    )
    with transaction(office.engine) as db:
        kept = db.get_one(Preference, person)
        kept.link, kept.digest, kept.older_digest = links.older_settings_link(person), links.digest(older), None

    preferences.renew_older_links(office.engine, key)

    opened = [TestClient(api).get(f"/viestiasetukset/{each}").status_code for each in (older, own)]
    assert opened == [200, 200]


def test_both_settings_links_end_with_the_address(api: FastAPI, office: Office) -> None:
    key, page_link = office.settings.link_key, links.new_link(office.settings.link_key)
    office.hear(office.process(), office.participant("Aino", page_link=page_link))
    person = office.people[0].id

    office.hear(office.participant("Aino", page_link=page_link, email="uusi@example.fi", address_id=uuid4()))

    before = links.older_settings_link(person), links.settings_link(person, page_link)
    opened = [TestClient(api).get(f"/viestiasetukset/{links.secret(key, each)}").status_code for each in before]
    assert opened == [404, 404]


def test_the_page_shows_the_choices_and_changes_nothing_when_it_is_opened(api: FastAPI, office: Office) -> None:
    link, browser = settings_link(office), TestClient(api)

    for _ in range(3):
        page = browser.get(link)

    assert page.status_code == 200
    assert page.text.count(" checked") == 2
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.text.count("<script") == page.text.count('<script src="/enhance.js"')
    assert sorted(office.kinds(LetterStatus.planned)) == ["reminder_day", "reminder_day", "reminder_week"]


def test_what_is_not_ticked_is_not_sent_and_comes_back_when_it_is(api: FastAPI, office: Office) -> None:
    link, browser = settings_link(office), TestClient(api)

    saved = browser.post(link, data={"reminder_week": "1"})
    assert "Valintasi on tallennettu" in saved.text
    assert office.kinds(LetterStatus.planned) == ["reminder_week"]
    browser.post(link, data={"reminder_week": "1", "reminder_day": "1"})

    assert sorted(office.kinds(LetterStatus.planned)) == ["reminder_day", "reminder_day", "reminder_week"]


def test_whoever_comes_from_their_own_page_is_led_back_there(api: FastAPI, office: Office) -> None:
    link, browser = settings_link(office), TestClient(api)
    back = f'href="{api.state.settings.public_url}/osallistuja/abc_-1"'

    assert back in browser.get(link, params={"paluu": "/osallistuja/abc_-1"}).text
    assert back in browser.post(link, params={"paluu": "/osallistuja/abc_-1"}, data={"reminder_week": "1"}).text
    assert "Omat tapaamiset" not in browser.get(link).text
    assert browser.get(link, params={"paluu": "//evil.example/"}).status_code == 422
    assert 'href="https://practice.example/">Etusivulle' in browser.get(link).text


def test_one_press_in_a_mail_program_ends_all_reminders_but_nothing_else(api: FastAPI, office: Office) -> None:
    link = settings_link(office)
    assert str(office.received()[-1]["List-Unsubscribe-Post"]) == "List-Unsubscribe=One-Click"

    answer = TestClient(api, follow_redirects=False).post(link, data={"List-Unsubscribe": "One-Click"})

    assert answer.status_code == 200
    assert office.kinds(LetterStatus.planned) == []
    session_id = next(iter(office.sessions))
    office.hear(*office.cancelled(session_id))
    office.send_all()
    assert str(office.received()[-1]["Subject"]).startswith("Peruttu")


@pytest.mark.parametrize("secret", ["x", "A" * 43, "../../etc", "%00"])
def test_a_made_up_link_leads_nowhere(api: FastAPI, secret: str) -> None:
    browser = TestClient(api, headers={"Accept": "text/html"})

    assert browser.get(f"/viestiasetukset/{secret}").status_code == 404
    assert browser.post(f"/viestiasetukset/{secret}").status_code == 404


# -- seen from outside ------------------------------------------------------------------------------------


def test_it_is_not_ready_when_letters_are_late_and_says_so_in_its_metrics(api: FastAPI, office: Office) -> None:
    outside = TestClient(api)
    office.opens("Aino")
    office.hear(*office.booked(office.on(30)))
    assert outside.get("/healthz").status_code == 200
    assert outside.get("/readyz").status_code == 200

    office.advance(minutes=11)
    late = outside.get("/readyz")
    assert late.status_code == 503
    assert "late" in late.json()["reasons"][0]
    metrics = outside.get("/metrics").text
    assert 'tyonohjaus_letters{status="planned"} 3.0' in metrics
    assert float(re.findall(r"(?m)^tyonohjaus_letter_oldest_overdue_seconds (\S+)", metrics)[0]) >= 660

    office.send_all()
    assert outside.get("/readyz").status_code == 200
    assert 'tyonohjaus_letters{status="uncertain"} 0.0' in outside.get("/metrics").text


def test_a_reminder_whose_time_has_not_come_is_not_late(api: FastAPI, office: Office) -> None:
    office.opens("Aino")
    office.hear(*office.booked(office.on(30)))
    office.send_all()
    office.advance(days=2)

    assert TestClient(api).get("/readyz").status_code == 200
    assert office.rows(kind="reminder_week")[0].due_at > office.now() + timedelta(days=1)
