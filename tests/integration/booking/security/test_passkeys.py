"""Passkeys by the rules: what logs in, what is refused, and to whom a passkey belongs. `tests/web` has the browser."""

import json
import logging
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import text

from services.booking.security.accounts import ADMIN_PARTY_ID
from services.booking.security.passkeys import relying_party
from services.booking.settings import Settings
from services.web.security.links import secret
from tests.integration.conftest import ADMIN_EMAIL, Browser, Face, Json
from tests.support.authenticator import PRESENT, Authenticator
from tests.support.evaluation import Clock, told

Make = Callable[..., Json]
AtDesk = Callable[[Json], Browser]

ACCOUNT, REFUSED = "/kirjautuminen", "tehty=avain"


def question(browser: Browser, path: str = "/kirjaudu/avain/kysymys") -> Json:
    asked = browser.post(path)
    assert asked.status_code == 200, asked.text
    options: Json = asked.json()
    return options


def send_new(browser: Browser, answer: str, name: str = "Työpuhelin") -> Any:
    return browser.post(f"{ACCOUNT}/avaimet/uusi", data={"name": name, "vastaus": answer})


def add(browser: Browser, device: Authenticator, name: str = "Työpuhelin") -> Authenticator:
    sent = send_new(browser, device.create(question(browser, f"{ACCOUNT}/avaimet/kysymys")), name)
    assert sent.headers["Location"] == f"{ACCOUNT}?tehty=lisatty"
    return device


def send(browser: Browser, answer: str, **more: str) -> Any:
    return browser.post("/kirjaudu/avain", data={"vastaus": answer, **more})


def log_in(browser: Browser, device: Authenticator, **more: str) -> Any:
    return send(browser, device.get(question(browser)), **more)


def is_refused(sent: Any) -> bool:
    """Led back to the page that says so kindly; nobody is logged in."""
    return REFUSED in sent.headers.get("Location", "") and "istunto=" not in sent.headers.get("Set-Cookie", "")


@pytest.fixture
def supervisor(a_supervisor: Make) -> Json:
    return a_supervisor()


@pytest.fixture
def device(at_desk: AtDesk, supervisor: Json) -> Authenticator:
    """With a passkey of the supervisor."""
    return add(at_desk(supervisor), Authenticator())


def test_a_passkey_logs_in_without_an_address_just_as_the_letter_does(
    booking: Face, browser: Browser, supervisor: Json, device: Authenticator
) -> None:
    asked = question(browser)
    entered = send(browser, device.get(asked))

    assert (asked["userVerification"], asked["allowCredentials"], asked["rpId"]) == ("required", [], "booking.test")
    assert (entered.status_code, entered.headers["Location"]) == (303, "/tyo")
    assert "Max-Age=43200" in entered.headers["Set-Cookie"]
    assert supervisor["name"] in browser.get("/tyo").text
    browser.post("/ulos")
    assert browser.get("/tyo").status_code == 303
    assert told(booking, "access.ended.v1")[-1]["credential"].startswith("browser-")


def test_after_a_login_by_passkey_one_is_where_one_wanted_to_be(browser: Browser, device: Authenticator) -> None:
    browser.get(browser.get("/tyo/prosessit?tila=avoin").headers["Location"])

    assert log_in(browser, device).headers["Location"] == "/tyo/prosessit?tila=avoin"


@pytest.mark.parametrize(
    "strange",
    [
        {"origin": "https://evil.example"},
        {"origin": "https://booking.test:8443"},
        {"rp_id": "evil.example"},
        {"flags": PRESENT},
    ],
    ids=["another site", "another port", "another relying party", "nobody verified"],
)
def test_what_was_signed_elsewhere_or_by_nobody_is_refused(
    browser: Browser, device: Authenticator, strange: dict[str, Any]
) -> None:
    vars(device).update(strange)

    assert is_refused(log_in(browser, device))
    assert "Pääsyavain ei kelvannut." in browser.get("/kirjaudu?tehty=avain").text
    assert browser.get("/tyo").status_code == 303


def test_a_challenge_counts_once_also_when_the_answer_was_wrong(
    booking: Face, browser: Browser, device: Authenticator
) -> None:
    asked = question(browser)
    answer = device.get(asked)
    assert send(browser, answer).headers["Location"] == "/tyo"
    browser.post("/ulos")
    assert is_refused(send(browser, answer)), "a replay"

    thief = Browser(booking)
    asked = question(thief)
    assert is_refused(send(thief, Authenticator(keys=others(device), owners=device.owners).get(asked)))
    assert is_refused(send(thief, device.get(asked))), "the right answer came second"


def others(device: Authenticator) -> dict[str, ec.EllipticCurvePrivateKey]:
    """Keys that are not those under these ids."""
    return {id_: ec.generate_private_key(ec.SECP256R1()) for id_ in device.keys}


def test_a_challenge_counts_for_five_minutes_in_the_browser_that_asked(
    booking: Face, browser: Browser, device: Authenticator, clock: Clock
) -> None:
    answer = device.get(question(browser))
    other = Browser(booking)
    assert is_refused(send(other, answer)), "no question was put to this browser"
    question(other)
    assert is_refused(send(other, answer)), "another one was"

    clock(timedelta(minutes=6))
    assert is_refused(send(browser, answer))


def test_of_many_who_send_one_answer_at_once_one_is_let_in(
    booking: Face, browser: Browser, device: Authenticator
) -> None:
    answer, cookie = device.get(question(browser)), browser.cookies["__Host-kysymys"]

    def press(_: int) -> str:
        one = Browser(booking)
        one.cookies.set("__Host-kysymys", cookie, domain="booking.test")
        location: str = send(one, answer).headers["Location"]
        return location

    with ThreadPoolExecutor(6) as crowd:
        assert Counter(crowd.map(press, range(6))) == {"/tyo": 1, f"/kirjaudu?{REFUSED}": 5}


def test_a_copied_key_that_counts_behind_is_refused(booking: Face, device: Authenticator) -> None:
    copy = Authenticator(keys=dict(device.keys), owners=dict(device.owners), counter=device.counter)
    for _ in range(3):
        assert log_in(Browser(booking), device).headers["Location"] == "/tyo"

    assert is_refused(log_in(Browser(booking), copy))


@pytest.mark.parametrize(
    "rubbish", ["", "x", "[]", "{}", '{"id": 1}', '{"id": "\\u0000"}', "[" * 20_000, '{"id": "a", "rawId": "a"}']
)
def test_rubbish_is_refused_kindly(browser: Browser, at_desk: AtDesk, supervisor: Json, rubbish: str) -> None:
    question(browser)
    assert is_refused(send(browser, rubbish))

    mine = at_desk(supervisor)
    question(mine, f"{ACCOUNT}/avaimet/kysymys")
    refused = send_new(mine, rubbish)
    assert is_refused(refused)
    assert "Pääsyavainta ei lisätty" in mine.get(refused.headers["Location"]).text


def test_every_byte_of_an_answer_may_be_anything(browser: Browser, device: Authenticator) -> None:
    for part in ("clientDataJSON", "authenticatorData", "signature"):
        strange: list[Any] = ["AAAA", "", "ÿ", 7, None, {}]
        for spoilt in strange:
            answer = json.loads(device.get(question(browser)))
            answer["response"][part] = spoilt
            assert is_refused(send(browser, json.dumps(answer))), (part, spoilt)


# -- adding and removing ----------------------------------------------------------------------------------


def test_a_new_passkey_is_asked_for_in_the_persons_name_and_not_twice_in_one_device(
    at_desk: AtDesk, supervisor: Json
) -> None:
    browser = at_desk(supervisor)
    first = question(browser, f"{ACCOUNT}/avaimet/kysymys")
    device = add(browser, Authenticator())
    second = question(browser, f"{ACCOUNT}/avaimet/kysymys")

    assert first["user"]["name"] == supervisor["name"]
    assert supervisor["email"] not in json.dumps(first)
    chosen = first["authenticatorSelection"]
    assert (chosen["residentKey"], chosen["userVerification"]) == ("required", "required")
    assert first["excludeCredentials"] == []
    assert [one["id"] for one in second["excludeCredentials"]] == list(device.keys)


def test_a_credential_that_is_known_is_registered_to_nobody_else(
    at_desk: AtDesk, a_supervisor: Make, supervisor: Json, device: Authenticator, browser: Browser
) -> None:
    thief = at_desk(a_supervisor())
    (id_,) = device.keys
    own = Authenticator()

    again = own.attest(question(thief, f"{ACCOUNT}/avaimet/kysymys"), ec.generate_private_key(ec.SECP256R1()), id_)

    assert is_refused(send_new(thief, again))
    assert "Et ole vielä lisännyt pääsyavainta." in thief.get(ACCOUNT).text
    assert is_refused(log_in(browser, own))
    assert log_in(browser, device).headers["Location"] == "/tyo"


def test_a_challenge_for_one_account_or_purpose_does_nothing_for_another(
    booking: Face, at_desk: AtDesk, a_supervisor: Make, supervisor: Json, device: Authenticator, browser: Browser
) -> None:
    mine, other = at_desk(supervisor), at_desk(a_supervisor())
    answer = Authenticator().create(question(mine, f"{ACCOUNT}/avaimet/kysymys"))
    other.cookies.set("__Host-kysymys", mine.cookies["__Host-kysymys"], domain="booking.test")
    assert is_refused(send_new(other, answer)), "another's challenge"

    asked = question(browser)
    for_login = Authenticator().create(asked | {"user": {"id": ""}})
    mine.cookies.set("__Host-kysymys", browser.cookies["__Host-kysymys"], domain="booking.test")
    assert is_refused(send_new(mine, for_login)), "a challenge for logging in"
    assert is_refused(send(other, device.get(question(other)))), "a proof by another's passkey"


def test_adding_a_passkey_needs_a_fresh_proof(at_desk: AtDesk, supervisor: Json, clock: Clock) -> None:
    browser = at_desk(supervisor)
    clock(timedelta(minutes=11))

    assert browser.get(f"{ACCOUNT}/avaimet/uusi").headers["Location"].startswith("/vahvista?paluu=")
    assert browser.post(f"{ACCOUNT}/avaimet/kysymys").status_code == 401
    assert send_new(browser, "x").status_code == 401


def test_passkeys_are_listed_renamed_and_removed_by_their_owner_alone(
    booking: Face, browser: Browser, at_desk: AtDesk, a_supervisor: Make, supervisor: Json, device: Authenticator
) -> None:
    mine, other = at_desk(supervisor), at_desk(a_supervisor())
    log_in(browser, device)
    with booking.engine.connect() as connection:
        id_ = connection.execute(text("SELECT id FROM passkey")).scalar_one()
    one = f"{ACCOUNT}/avaimet/{id_}"
    for answer in (other.get(one), other.post(one, data={"name": "x"}), other.post(f"{one}/poista")):
        assert answer.status_code == 404

    assert mine.post(one, data={"name": ""}).status_code == 422
    assert mine.post(one, data={"name": "Kotikone"}).headers["Location"] == f"{ACCOUNT}?tehty=nimetty"
    shown = mine.get(ACCOUNT).text
    assert "Kotikone" in shown
    assert "käytetty viimeksi" in shown
    mine.post(f"{one}/poista")

    for event in ("passkey.added.v1", "passkey.removed.v1"):
        assert [notice["email"] for notice in told(booking, event)] == [supervisor["email"]]
    assert "Et ole vielä lisännyt pääsyavainta." in mine.get(ACCOUNT).text
    assert is_refused(log_in(Browser(booking), device))
    trail = mine.get("/tyo/asetukset/loki").text
    for noted in ("lisäsi pääsyavaimen", "nimesi pääsyavaimen uudelleen", "poisti pääsyavaimen"):
        assert noted in trail
    assert "kirjautui sisään pääsyavaimella" in trail


# -- to whom a passkey belongs ----------------------------------------------------------------------------


def test_a_deactivated_supervisors_passkey_logs_nobody_in(
    booking: Face, browser: Browser, supervisor: Json, device: Authenticator
) -> None:
    path = f"/api/v1/supervisors/{supervisor['id']}"
    booking.admin.post(f"{path}/deactivate")
    assert is_refused(log_in(browser, device))

    booking.admin.post(f"{path}/activate")
    assert log_in(browser, device).headers["Location"] == "/tyo"


def test_a_passkey_stays_when_its_owner_moves_and_goes_when_somebody_else_corrects_their_address(
    booking: Face, browser: Browser, at_desk: AtDesk, supervisor: Json, device: Authenticator
) -> None:
    at_desk(supervisor).post("/tyo/asetukset/omat-tiedot/osoite", data={"email": "maija.uusi@example.fi"})
    stated = UUID(told(booking, "address.stated.v1")[-1]["link"])
    browser.post(f"/osoite/{secret(booking.settings.link_key, stated)}")
    assert log_in(browser, device).headers["Location"] == "/tyo"

    path = f"/api/v1/supervisors/{supervisor['id']}"
    match = {"If-Match": booking.admin.get(path).headers["etag"]}
    booking.admin.patch(path, json={"email": "maija.oikea@example.fi"}, headers=match)
    assert browser.get("/tyo").status_code == 303
    assert is_refused(log_in(Browser(booking), device)), "who read the wrong mailbox may have made it"


def test_the_admins_passkey_and_login_are_those_of_whoever_has_the_address_in_the_settings(
    booking: Face, as_admin: Browser, browser: Browser
) -> None:
    device = add(as_admin, Authenticator())
    assert log_in(browser, device).headers["Location"] == "/yllapito"

    object.__setattr__(booking.settings, "admin_email", "toinen@example.fi")
    assert as_admin.get("/yllapito").status_code == 303
    assert is_refused(log_in(Browser(booking), device))
    successor = Browser(booking).log_in("toinen@example.fi", str(ADMIN_PARTY_ID))
    assert "Et ole vielä lisännyt pääsyavainta." in successor.get(ACCOUNT).text

    object.__setattr__(booking.settings, "admin_email", ADMIN_EMAIL)
    assert log_in(Browser(booking), device).headers["Location"] == "/yllapito"


def test_clients_have_none(as_client: Callable[[Json], Browser], a_client: Make) -> None:
    browser = as_client(a_client())

    assert browser.get(ACCOUNT).status_code == 404
    assert browser.post(f"{ACCOUNT}/avaimet/kysymys").status_code == 404


def test_neither_key_nor_name_is_logged(
    browser: Browser, device: Authenticator, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        device.origin = "https://evil.example"
        log_in(browser, device)

    (id_,) = device.keys
    assert "passkey.refused" in caplog.text
    assert id_ not in caplog.text


def test_questions_are_rationed_as_other_logins_are(booking: Face, browser: Browser) -> None:
    answers = Counter(browser.post("/kirjaudu/avain/kysymys").status_code for _ in range(32))

    assert answers == {200: 30, 429: 2}


@pytest.mark.parametrize(
    ("address", "known"),
    [
        ("https://tyonohjaus.example", ("tyonohjaus.example", "https://tyonohjaus.example")),
        ("https://t.example:8443/polku", ("t.example", "https://t.example:8443")),
        ("http://localhost:8000", ("localhost", "http://localhost:8000")),
        ("http://127.0.0.1:8000", None),
        ("https://[::1]:8000", None),
        ("http://tyonohjaus.example", None),
    ],
)
def test_passkeys_are_for_one_name_in_safety(
    booking_settings: Settings, address: str, known: tuple[str, str] | None
) -> None:
    assert relying_party(booking_settings.model_copy(update={"public_url": address})) == known


def test_where_there_can_be_none_nothing_of_them_is_offered(
    booking: Face, browser: Browser, at_desk: AtDesk, supervisor: Json
) -> None:
    assert "Kirjaudu pääsyavaimella" in browser.get("/kirjaudu").text
    mine = at_desk(supervisor)
    object.__setattr__(booking.settings, "public_url", "https://127.0.0.1")

    assert "pääsyavaimella" not in browser.get("/kirjaudu").text
    assert browser.post("/kirjaudu/avain/kysymys").status_code == 404
    assert "Lisää pääsyavain" not in mine.get(ACCOUNT).text
