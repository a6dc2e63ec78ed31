"""The supervisor's clients and first talks on pages."""

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from tests.integration.booking.pages.test_processes import HOSTILE, filled, opened, plain
from tests.integration.conftest import Browser, Face, Json
from tests.support.diary import at, day_ahead, keep_hours
from tests.support.evaluation import Clock

Make = Callable[..., Json]
Enter = Callable[[Json], Browser]

CLIENTS, TALKS = "/tyo/tilaajat", "/tyo/kartoitukset"


@pytest.fixture
def supervisor(booking_api: TestClient, a_supervisor: Make) -> Json:
    supervisor = a_supervisor()
    keep_hours(booking_api, supervisor["id"])
    return supervisor


@pytest.fixture
def desk(at_desk: Enter, supervisor: Json) -> Browser:
    return at_desk(supervisor)


def a_card(**changes: str) -> dict[str, str]:
    contact = {"contact.first_name": "Tiina", "contact.last_name": "Tilaaja", "contact.email": "tiina@example.fi"}
    card = {"kind": "organisation", "name": "Esimerkkikunta", "business_id": "1234567-1", "payer_type": "business"}
    return {"kerta": str(uuid4())} | card | contact | changes


def added(booking: Face, desk: Browser, **changes: str) -> Json:
    address = desk.post(f"{CLIENTS}/uusi", data=a_card(**changes)).headers["Location"]
    client: Json = booking.admin.get("/api/v1/clients/" + address.split("/")[-1].split("?")[0]).json()
    return client


def test_a_client_is_added_once(booking: Face, desk: Browser) -> None:
    assert "Sinulla ei ole vielä tilaajia." in plain(opened(desk, CLIENTS))
    card = a_card()
    sent = [desk.post(f"{CLIENTS}/uusi", data=card).headers["Location"] for _ in range(2)]

    (client,) = booking.admin.get("/api/v1/clients").json()["items"]
    assert set(sent) == {f"{CLIENTS}/{client['id']}?tehty=lisatty"}
    assert (client["business_id"], client["contact"]["email"]) == ("1234567-1", "tiina@example.fi")
    assert "ei prosesseja" in plain(opened(desk, CLIENTS))
    assert f'href="/tyo/prosessit/uusi?tilaaja={client["id"]}"' in opened(desk, sent[0])


@pytest.mark.parametrize("form", [f"{CLIENTS}/uusi", "/tyo/prosessit/uusi?muoto=team"])
@pytest.mark.parametrize("pasted", ["FI12345671", " 1234567-1 ", "FI 1234567 - 1"])
def test_a_business_id_may_be_pasted_as_others_write_it(booking: Face, desk: Browser, form: str, pasted: str) -> None:
    room = re.search(r'name="(?:client\.)?business_id"[^>]* maxlength="(\d+)"', opened(desk, form))

    assert room
    assert int(room[1]) >= len(pasted)
    assert added(booking, desk, business_id=pasted)["business_id"] == "1234567-1"


def test_what_is_wrong_is_told_beside_what_was_typed(booking: Face, desk: Browser) -> None:
    sent = desk.post(f"{CLIENTS}/uusi", data=a_card(name="", business_id="12", **{"contact.email": "ei"}))

    assert sent.status_code == 422
    for field in ("name", "business_id", "contact.email"):
        assert f'href="#{field}"' in sent.text
        assert f'id="{field}-wrong"' in sent.text
    assert filled(sent.text)["contact.email"] == "ei"
    assert booking.admin.get("/api/v1/clients").json()["items"] == []


def test_a_client_is_changed_and_two_tabs_lose_nothing(booking: Face, desk: Browser) -> None:
    client = added(booking, desk)
    here = f"{CLIENTS}/{client['id']}/muuta"
    first, second = (filled(opened(desk, here)) for _ in range(2))

    assert desk.post(here, data=first | {"payer_type": "business", "contact.last_name": "Uusi"}).status_code == 303
    late = desk.post(here, data=second | {"payer_type": "business", "name": "Kunta", "business_id": ""})

    assert (late.status_code, "Yhteyshenkilön sukunimi : Uusi" in plain(late.text)) == (412, True)
    assert desk.post(here, data=filled(late.text) | {"payer_type": "business"}).status_code == 303
    now = booking.admin.get(f"/api/v1/clients/{client['id']}").json()
    assert (now["name"], now["business_id"], now["contact"]["last_name"]) == ("Kunta", None, "Tilaaja")


def test_clients_are_found_by_their_words(booking: Face, desk: Browser, a_process: Make, supervisor: Json) -> None:
    kunta, oy = added(booking, desk), added(booking, desk, name="Oy Ab", **{"contact.first_name": "Åke"})
    a_process(client_id=oy["id"], supervisor_id=supervisor["id"], title="Yksi prosessi")

    def found(words: str) -> list[str]:
        html = desk.get(CLIENTS, params={"haku": words}).text
        return [one["name"] for one in (kunta, oy) if f"{CLIENTS}/{one['id']}" in html]

    assert (found("kunta"), found("åke ab"), found("%"), found("")) == (
        [kunta["name"]],
        ["Oy Ab"],
        [],
        found("tilaaja"),
    )
    assert "1 prosessi käynnissä" in plain(opened(desk, CLIENTS))
    assert "Yksi prosessi" in plain(opened(desk, f"{CLIENTS}/{oy['id']}"))


def test_clients_stand_in_the_order_of_the_finnish_alphabet(booking: Face, desk: Browser) -> None:
    names = ["virtasen sisarukset", "Zetan kunta", "Åbergin säätiö", "Äijälän koulu", "Öhman Oy"]
    for name in reversed(names):
        added(booking, desk, name=name)

    page = opened(desk, CLIENTS)
    assert sorted(names, key=page.index) == names


def test_clients_of_others_are_not_there(
    booking: Face,
    desk: Browser,
    at_desk: Enter,
    as_client: Enter,
    a_supervisor: Make,
    as_admin: Browser,
    browser: Browser,
) -> None:
    client = added(booking, desk)
    for path in (CLIENTS, f"{CLIENTS}/{client['id']}", f"{CLIENTS}/{client['id']}/muuta", TALKS):
        assert browser.get(path).status_code == 303
        assert {other.get(path).status_code for other in (as_client(client), as_admin)} == {404}
    stranger = at_desk(a_supervisor())
    assert stranger.get(f"{CLIENTS}/{client['id']}").status_code == 404
    assert stranger.post(f"{CLIENTS}/{client['id']}/muuta", data=a_card()).status_code == 404
    assert client["id"] not in opened(stranger, CLIENTS)


def test_hostile_names_stay_words(booking: Face, desk: Browser) -> None:
    client = added(booking, desk, name=HOSTILE, **{"contact.first_name": HOSTILE})

    for path in ("", f"/{client['id']}", f"/{client['id']}/muuta"):
        html = opened(desk, CLIENTS + path)
        assert ("<script>alert" in html, "<img src=x" in html, "{{7*7}}" in html) == (False, False, True)


# -- first talks ------------------------------------------------------------------------------------------


@pytest.fixture
def talk(booking: Face, supervisor: Json) -> Json:
    wanted = {"supervisor_id": supervisor["id"], "starts_at": at(day_ahead()), "name": f"Aino {HOSTILE}"}
    held = booking.anonymous().post("/api/v1/intakes", json=wanted | {"email": "a@example.fi", "message": HOSTILE})
    found: Json = held.json()
    booking.admin.post(f"/api/v1/intakes/{found['id']}/confirm")
    return found


def test_a_talk_comes_is_over_and_leads_somewhere(
    booking: Face, talk: Json, supervisor: Json, at_desk: Enter, clock: Clock
) -> None:
    ahead = opened(at_desk(supervisor), TALKS)
    clock(timedelta(days=30))
    desk = at_desk(supervisor)
    past = plain(opened(desk, TALKS))
    form = {"start": "true", "recommended_form": "team", "kerta": str(uuid4())}
    sent = desk.post(f"{TALKS}/{talk['id']}/tulos", data=form)

    assert f"{TALKS}/{talk['id']}" in ahead
    assert "tulos kirjaamatta" in past
    assert sent.headers["Location"] == f"{TALKS}/{talk['id']}?tehty=kirjattu"
    outcome = booking.admin.get(f"/api/v1/intakes/{talk['id']}").json()
    assert (outcome["start"], outcome["recommended_form"]) == (True, "team")
    shown = opened(desk, sent.headers["Location"])
    assert f'href="/tyo/prosessit/uusi?kartoitus={talk["id"]}"' in shown
    assert 'value="team" checked' in opened(desk, f"/tyo/prosessit/uusi?kartoitus={talk['id']}")
    assert ("<script>alert" in shown, HOSTILE in plain(shown)) == (False, True)


def test_an_outcome_has_to_be_said(talk: Json, desk: Browser) -> None:
    sent = desk.post(f"{TALKS}/{talk['id']}/tulos", data={"recommended_form": "team"})

    assert (sent.status_code, 'href="#start"' in sent.text) == (422, True)


def test_a_talk_ahead_can_be_called_off(booking: Face, talk: Json, desk: Browser) -> None:
    sent = desk.post(f"{TALKS}/{talk['id']}/peru", data={"kerta": str(uuid4())})

    assert sent.headers["Location"] == f"{TALKS}/{talk['id']}?tehty=peruttu"
    assert booking.admin.get(f"/api/v1/intakes/{talk['id']}").json()["status"] == "cancelled"
    assert "Tulevia keskusteluja ei ole." in plain(opened(desk, TALKS))
    assert "Kumoa peruutus" in opened(desk, f"{TALKS}/{talk['id']}")

    desk.post(f"{TALKS}/{talk['id']}/kumoa")

    assert booking.admin.get(f"/api/v1/intakes/{talk['id']}").json()["status"] == "confirmed"
    assert talk["id"] in opened(desk, TALKS)


def test_the_address_of_a_talk_ahead_is_corrected(
    booking: Face, talk: Json, supervisor: Json, at_desk: Enter, clock: Clock
) -> None:
    desk, here = at_desk(supervisor), f"{TALKS}/{talk['id']}"
    wrong = desk.post(f"{here}/osoite", data={"email": "ei osoite"})
    assert (wrong.status_code, 'href="#email"' in wrong.text, "ei osoite" in wrong.text) == (422, True, True)

    sent = desk.post(f"{here}/osoite", data={"email": "aino.oikea@example.fi", "kerta": str(uuid4())})

    assert sent.headers["Location"] == f"{here}?tehty=korjattu"
    assert "Osoite on korjattu." in plain(opened(desk, sent.headers["Location"]))
    assert booking.admin.get(f"/api/v1/intakes/{talk['id']}").json()["email"] == "aino.oikea@example.fi"
    clock(timedelta(days=30))
    assert "Korjaa osoite" not in opened(at_desk(supervisor), here)


def test_talks_of_others_are_not_there(talk: Json, at_desk: Enter, a_supervisor: Make) -> None:
    stranger = at_desk(a_supervisor())

    assert stranger.get(f"{TALKS}/{talk['id']}").status_code == 404
    assert stranger.post(f"{TALKS}/{talk['id']}/tulos", data={"start": "true"}).status_code == 404
    assert stranger.post(f"{TALKS}/{talk['id']}/peru").status_code == 404
    assert stranger.post(f"{TALKS}/{talk['id']}/osoite", data={"email": "x@example.fi"}).status_code == 404
    assert talk["id"] not in opened(stranger, TALKS)
