"""The supervisor's pages of processes: found, opened, looked at, changed, ended; and the people in them."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from services.booking.models.people import Participant
from services.booking.supervision import erasure_requests
from services.core.database import transaction
from tests.integration.booking.security.test_permissions import with_credentials
from tests.integration.conftest import Browser, Face, Json, a_person
from tests.support.diary import at, book, day_ahead, keep_hours
from tests.support.evaluation import Clock, a_goal, agree, hold, told

Make = Callable[..., Json]
Enter = Callable[[Json], Browser]

HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(1)>{{7*7}}'
PROCESSES = "/tyo/prosessit"


@pytest.fixture
def supervisor(a_supervisor: Make) -> Json:
    return a_supervisor()


@pytest.fixture
def client(a_client: Make) -> Json:
    return a_client(name="Esimerkkikunta")


@pytest.fixture
def process(a_process: Make, supervisor: Json, client: Json) -> Json:
    return a_process("group", 2, supervisor_id=supervisor["id"], client_id=client["id"], title="Esihenkilöt")


@pytest.fixture
def desk(at_desk: Enter, supervisor: Json) -> Browser:
    return at_desk(supervisor)


def page_of(process: Json, *parts: str) -> str:
    return "/".join([PROCESSES, process["id"], *parts])


def opened(desk: Browser, path: str, status: int = 200) -> str:
    page = desk.get(path)
    html: str = page.text
    assert page.status_code == status, html
    return html


def plain(html: str) -> str:
    """The words of a page, with plain spaces."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).replace("\u00a0", " ").split())


def filled(html: str) -> dict[str, str]:
    """What a browser would send of the page's form that has a version or a key in it."""
    form = next(form for form in re.findall(r"<form.*?</form>", html, re.DOTALL) if 'name="kerta"' in form)
    fields: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        field = {name: unescape(value) for name, value in re.findall(r'([\w-]+)="([^"]*)"', tag)}
        if field.get("type") not in ("radio", "checkbox") or " checked" in tag:
            fields[field["name"]] = field.get("value", "")
    for name, words in re.findall(r'<textarea[^>]* name="([^"]*)"[^>]*>\n?(.*?)</textarea>', form, re.DOTALL):
        fields[name] = unescape(words)
    for name, options in re.findall(r'<select[^>]* name="([^"]*)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options) or re.search(r'value="([^"]*)"', options)
        fields[name] = chosen[1] if chosen else ""
    return fields


# -- who may come in --------------------------------------------------------------------------------------

PAGES = ["", "/muuta", "/paata", "/osallistujat/uusi", "/tavoitteet", "/arvioinnit/uusi", "/palautteet"]


@pytest.mark.parametrize("page", PAGES)
def test_a_process_is_there_for_its_supervisor_alone(
    process: Json, client: Json, desk: Browser, at_desk: Enter, as_client: Enter, as_admin: Browser,
    a_supervisor: Make, browser: Browser, page: str,
) -> None:  # fmt: skip
    path = page_of(process) + page

    assert desk.get(path).status_code == 200
    assert {other.get(path).status_code for other in (at_desk(a_supervisor()), as_client(client), as_admin)} == {404}
    assert browser.get(path).headers["Location"].startswith("/kirjaudu?paluu=")


@pytest.mark.parametrize("page", [page for page in PAGES if page not in ("", "/palautteet")])
def test_nobody_else_changes_anything(
    booking: Face, process: Json, client: Json, at_desk: Enter, as_client: Enter, a_supervisor: Make, page: str
) -> None:
    before = booking.admin.get(f"/api/v1/processes/{process['id']}").json()
    people = [f"/osallistujat/{person['id']}{deed}" for person in process["participants"] for deed in ("", "/unohda")]

    for stranger in (at_desk(a_supervisor()), as_client(client)):
        for path in (page, *people):
            assert stranger.post(page_of(process) + path, data={"varma": "1"}).status_code == 404
    assert booking.admin.get(f"/api/v1/processes/{process['id']}").json() == before


def test_a_form_of_another_site_does_nothing(process: Json, desk: Browser) -> None:
    sent = desk.post(page_of(process, "paata"), headers={"Sec-Fetch-Site": "cross-site"})

    assert sent.status_code == 403


def test_somebody_of_another_process_is_not_there(a_process: Make, process: Json, desk: Browser) -> None:
    stranger = a_process()["participants"][0]["id"]

    for deed in ("", "/tiedot", "/poista", "/unohda"):
        assert desk.get(page_of(process, "osallistujat", stranger) + deed).status_code == 404


# -- the list ---------------------------------------------------------------------------------------------


def test_processes_are_found_by_code_title_and_client(
    a_process: Make, supervisor: Json, process: Json, desk: Browser
) -> None:
    other = a_process(supervisor_id=supervisor["id"], title="Yksilötyönohjaus 100 %")

    def found(words: str, status: str = "avoimet") -> list[str]:
        html = desk.get(PROCESSES, params={"haku": words, "tila": status}).text
        return [one["code"] for one in (process, other) if f">{one['code']}<" in html]

    assert found("") == [process["code"], other["code"]]
    assert found("esihenk KUNTA") == found(process["code"].lower()) == [process["code"]]
    assert found("100 %") == [other["code"]]
    assert found("_") == found("", "paattyneet") == []


def test_a_list_says_how_far_each_has_come_and_what_it_waits_for(
    booking: Face, process: Json, supervisor: Json, at_desk: Enter, clock: Clock
) -> None:
    new = plain(opened(at_desk(supervisor), PROCESSES))
    agree(booking.admin, process, a_goal())
    hold(booking, process, clock, 2)
    later = plain(opened(at_desk(supervisor), PROCESSES))

    assert "Tavoitteet Tapaamisia 0/10 Odottaa: Sovi tavoitteet · Varaa tapaamisia" in new
    assert "Tapaamiset 2/10" in later
    assert "Kirjoita viimeisimmän tapaamisen yhteenveto · Alkuarviointi: vastannut 0/2 · Varaa tapaamisia" in later


def test_the_empty_list_says_what_to_do(desk: Browser) -> None:
    assert "Avaa prosessi, kun työnohjauksesta on sovittu" in plain(opened(desk, PROCESSES))
    assert "Yksikään prosessi ei ole vielä päättynyt." in plain(opened(desk, f"{PROCESSES}?tila=paattyneet"))


def test_a_long_list_has_pages(a_process: Make, supervisor: Json, client: Json, desk: Browser) -> None:
    codes = [a_process(supervisor_id=supervisor["id"], client_id=client["id"])["code"] for _ in range(26)]

    first, second = opened(desk, PROCESSES), opened(desk, f"{PROCESSES}?sivu=2")

    assert [code for code in codes if f">{code}<" in second] == [codes[0]]
    assert [code for code in codes if f">{code}<" in first] == codes[1:]
    assert ("sivu=2" in first, "sivu=3" in second) == (True, False)
    assert len(first) < 60_000


# -- opening one ------------------------------------------------------------------------------------------


def a_form(**typed: str) -> dict[str, str]:
    return {
        "kerta": str(uuid4()), "muoto": "group", "tilaaja": "", "kartoitus": "",
        "title": "Esihenkilöiden ryhmä", "planned_sessions": "8", "session_minutes": "120",
        "client.kind": "organisation", "client.name": "Uusi kunta", "client.payer_type": "business",
        "client.contact.first_name": "Tiina", "client.contact.last_name": "Tilaaja",
        "client.contact.email": "tiina@example.fi",
        "participants.0.first_name": "Aino", "participants.0.last_name": "Mäkelä",
        "participants.0.email": "aino@example.fi", "participants.0.employer": "",
        "participants.2.first_name": "Berit", "participants.2.last_name": "Öhman",
        "participants.2.email": "berit@example.fi", "participants.2.employer": "Kunta",
        "cancellation_policy.free_until_hours": "72", "cancellation_policy.late_fee_percent": "50",
        "cancellation_policy.no_show_fee_percent": "100",
        "reminders.7": "1", "reminders.2": "1", "benefits.learning": "1", "min_group_size": "4",
        **typed,
    }  # fmt: skip


def processes(booking: Face) -> list[Json]:
    items: list[Json] = booking.admin.get("/api/v1/processes").json()["items"]
    return items


def test_the_form_of_work_is_asked_first_and_decides_what_fits(desk: Browser, client: Json, process: Json) -> None:
    first = opened(desk, f"{PROCESSES}/uusi?tilaaja={client['id']}")
    alone = opened(desk, f"{PROCESSES}/uusi?muoto=individual")
    together = opened(desk, f"{PROCESSES}/uusi?muoto=team&tilaaja={client['id']}")

    assert f'value="{client["id"]}" selected' in first
    assert re.findall(r'name="session_minutes" value="(\d+)"', alone) == ["45", "60"]
    assert re.findall(r'name="session_minutes" value="(\d+)"', together) == ["75", "120"]
    assert ("participants.1.email" in alone, "participants.2.email" in together) == (False, True)
    assert ("client.name" in alone, "client.name" in together) == (True, False)
    pair = opened(desk, f"{PROCESSES}/uusi?muoto=pair")  # too few for figures, whatever is chosen
    assert [form for form in (alone, pair, together) if "min_group_size" in form] == [together]
    assert filled(together)["cancellation_policy.free_until_hours"] == "48"


def test_a_process_is_opened_with_its_client_in_one_go(booking: Face, desk: Browser) -> None:
    sent = desk.post(f"{PROCESSES}/uusi", data=a_form())

    (process,) = processes(booking)
    assert sent.headers["Location"] == f"{PROCESSES}/{process['id']}?tehty=avattu"
    assert process["cancellation_policy"] == {
        "free_until_hours": 72, "late_fee_percent": 50, "no_show_fee_percent": 100, "waive_force_majeure": False
    }  # fmt: skip
    assert (process["reminders"], process["benefits"]) == ({"days_before": [7, 2]}, ["learning"])
    assert (process["min_group_size"], process["session_feedback"]) == (4, False)
    assert [person["employer"] for person in process["participants"]] == [None, "Kunta"]
    shown = plain(opened(desk, sent.headers["Location"]))
    assert "Prosessi on avattu." in shown
    assert "Uusi kunta" in shown


def test_a_double_click_opens_one_process(booking: Face, desk: Browser) -> None:
    form = a_form()
    first, second = (desk.post(f"{PROCESSES}/uusi", data=form) for _ in range(2))

    assert first.headers["Location"] == second.headers["Location"]
    assert len(processes(booking)) == 1


def test_a_known_client_orders_again(booking: Face, desk: Browser, process: Json, client: Json) -> None:
    desk.post(f"{PROCESSES}/uusi", data=a_form(tilaaja=client["id"]))

    assert [one["client_id"] for one in processes(booking)] == [client["id"]] * 2
    assert len(booking.admin.get("/api/v1/clients").json()["items"]) == 1


def test_somebody_elses_client_is_not_there(booking: Face, desk: Browser, a_client: Make) -> None:
    assert desk.post(f"{PROCESSES}/uusi", data=a_form(tilaaja=a_client()["id"])).status_code == 404
    assert processes(booking) == []


def test_what_is_wrong_is_told_beside_what_was_typed(booking: Face, desk: Browser) -> None:
    wrong = a_form(**{
        "title": "", "session_minutes": "60", "client.contact.email": "ei osoite", "participants.2.email": "ei",
        "benefits.workflow": "1", "benefits.role_clarity": "1", "benefits.goal_clarity": "1",
        "benefits.cooperation": "1", "benefits.work_climate": "1", "planned_sessions": "201",
    })  # fmt: skip

    sent = desk.post(f"{PROCESSES}/uusi", data=wrong)

    assert sent.status_code == 422
    words = plain(sent.text)
    assert "Nimi : Tämä puuttuu." in words
    assert "Osallistuja 2, sähköposti : Tämä ei ole sähköpostiosoite." in words
    assert "Hyödyt, joita seurataan : Tässä saa olla enintään 5 kohtaa." in words
    for field in ("title", "client.contact.email", "participants.1.email", "planned_sessions", "benefits"):
        assert f'href="#{field}"' in sent.text
        assert f'id="{field}-wrong"' in sent.text
    again = filled(sent.text)
    assert (again["participants.1.email"], again["client.name"], again["reminders.2"]) == ("ei", "Uusi kunta", "1")
    assert processes(booking) == []
    assert booking.admin.get("/api/v1/clients").json()["items"] == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"session_minutes": "60"}, "Pituus on 75 tai 120 min."),
        ({"participants.0.email": "berit@example.fi"}, "Osoite on kahdella osallistujalla."),
        ({"muoto": "individual", "session_minutes": "60"}, "Osallistujia on enintään 1."),
        ({"cancellation_policy": "x", "cancellation_policy.late_fee_percent": "101"}, "enintään 100"),
    ],
)
def test_what_does_not_fit_together_is_told(booking: Face, desk: Browser, changes: dict[str, str], told: str) -> None:
    sent = desk.post(f"{PROCESSES}/uusi", data=a_form(**changes))

    assert (sent.status_code, told in plain(sent.text)) == (422, True)
    assert booking.admin.get("/api/v1/clients").json()["items"] == []


def test_rows_come_and_go_without_a_script(booking: Face, desk: Browser) -> None:
    form = a_form()
    more = desk.post(f"{PROCESSES}/uusi/luonnos", data=form | {"lisaa": "1"})
    less = desk.post(f"{PROCESSES}/uusi/luonnos", data=form | {"poista": "0"})

    assert (more.status_code, less.status_code) == (200, 200)
    assert filled(more.text)["participants.1.first_name"] == "Berit"
    assert filled(more.text)["participants.2.first_name"] == ""
    assert filled(less.text)["participants.0.first_name"] == "Berit"
    assert processes(booking) == []
    assert desk.post(f"{PROCESSES}/uusi", data=form).status_code == 303  # back with the browser's button, and opened


NAMES = ("Aino", "Bertta", "Celia", "Eero")
PASTED = "\n".join(f"{name} Kokelas\t{name.lower()}@kunta.example\tKuusamo" for name in NAMES)


@pytest.mark.parametrize("address", [f"{PROCESSES}/uusi/luonnos", f"{PROCESSES}/uusi"])
def test_pasted_people_are_shown_before_anything_is_saved(booking: Face, desk: Browser, address: str) -> None:
    """Whichever button is pressed: what was read has to be seen first."""
    shown = desk.post(address, data=a_form(taulukko=f"{PASTED}\nVille Vailla\tKuusamo"))

    fields = filled(shown.text)
    assert [fields[f"participants.{row}.first_name"] for row in range(2, 7)] == [*NAMES, "Ville"]
    assert (fields["participants.2.email"], fields["participants.2.employer"]) == ("aino@kunta.example", "Kuusamo")
    assert 'id="participants.6.email-wrong"' in shown.text
    assert "participants.2.email-wrong" not in shown.text
    assert "Liitetyt ihmiset ovat nyt omilla riveillään" in plain(shown.text)
    assert processes(booking) == []

    mended = fields | {"participants.6.email": "ville@kunta.example"}
    assert desk.post(f"{PROCESSES}/uusi", data=mended).status_code == 303
    (process,) = processes(booking)
    assert len(process["participants"]) == 7


def test_more_people_than_fit_are_shown_and_told(booking: Face, desk: Browser) -> None:
    shown = desk.post(f"{PROCESSES}/uusi", data=a_form(muoto="pair", taulukko=PASTED, session_minutes="75"))

    sent = desk.post(f"{PROCESSES}/uusi", data=filled(shown.text))

    assert (sent.status_code, 'id="participants-wrong"' in sent.text) == (422, True)
    assert filled(sent.text)["participants.5.first_name"] == "Eero"
    assert processes(booking) == []


def test_a_new_process_begins_with_an_earlier_one(
    booking: Face, desk: Browser, process: Json, at_desk: Enter, a_supervisor: Make
) -> None:
    address = f"{PROCESSES}/uusi?pohja={process['id']}"
    assert f'href="{address}"' in opened(desk, page_of(process))

    sent = desk.post(f"{PROCESSES}/uusi", data=filled(opened(desk, address)))

    assert sent.status_code == 303
    one, other = processes(booking)
    same = ("title", "form", "client_id", "session_minutes", "cancellation_policy", "reminders", "min_group_size")
    assert [one[field] for field in same] == [other[field] for field in same]
    emails = [[person["email"] for person in each["participants"]] for each in (one, other)]
    assert emails[0] == emails[1] != []
    assert at_desk(a_supervisor()).get(address).status_code == 404


def test_an_address_that_waits_for_the_supervisors_yes_is_not_brought_along(
    booking: Face, desk: Browser, process: Json
) -> None:
    client = with_credentials(booking, f"/api/v1/clients/{process['client_id']}")
    person = f"/api/v1/processes/{process['id']}/participants/{process['participants'][0]['id']}"
    seen = {"If-Match": client.get(person).headers["ETag"]}
    client.patch(person, json={"email": "tilaajan.oma@example.fi"}, headers=seen).raise_for_status()

    shown = opened(desk, f"{PROCESSES}/uusi?pohja={process['id']}")

    assert "tilaajan.oma@example.fi" not in shown


def test_a_new_process_has_a_name_to_begin_with(desk: Browser, client: Json, process: Json) -> None:
    assert filled(opened(desk, f"{PROCESSES}/uusi?muoto=group"))["title"] == "Ryhmätyönohjaus"
    named = filled(opened(desk, f"{PROCESSES}/uusi?muoto=team&tilaaja={client['id']}"))["title"]
    assert (named, process["client_id"]) == (f"Tiimin työnohjaus, {client['name']}", client["id"])


def test_hostile_words_stay_words(booking: Face, desk: Browser) -> None:
    form = a_form(**{"title": HOSTILE, "client.name": HOSTILE, "participants.0.first_name": HOSTILE})
    refused = desk.post(f"{PROCESSES}/uusi", data=form | {"planned_sessions": "0"})
    path = desk.post(f"{PROCESSES}/uusi", data=form | {"kerta": str(uuid4())}).headers["Location"]

    person = processes(booking)[0]["participants"][0]["id"]
    here = path.split("?")[0]
    shown = [opened(desk, page) for page in (path, PROCESSES, f"{here}/muuta", f"{here}/osallistujat/{person}/unohda")]
    found = desk.get(PROCESSES, params={"haku": HOSTILE}).text
    for html in (*shown, found, refused.text):
        assert "<script>alert" not in html
        assert "<img src=x" not in html
        assert "{{7*7}}" in html


def test_a_first_talk_becomes_a_process(
    booking: Face, at_desk: Enter, supervisor: Json, a_talk: Callable[..., Json]
) -> None:
    talk, desk = a_talk(name="Liisa Öhman", organisation="Koulu"), at_desk(supervisor)
    begun = opened(desk, f"{PROCESSES}/uusi?kartoitus={talk['id']}&muoto=individual")
    form = filled(begun)

    assert (form["client.name"], form["participants.0.last_name"]) == ("Koulu", "Öhman")
    sent = desk.post(f"{PROCESSES}/uusi", data=form | {"title": "Liisan työnohjaus"})

    (process,) = processes(booking)
    outcome = booking.admin.get(f"/api/v1/intakes/{talk['id']}").json()
    assert sent.headers["Location"] == f"{PROCESSES}/{process['id']}?tehty=avattu"
    assert (outcome["start"], outcome["recommended_form"], outcome["process_id"]) == (True, "individual", process["id"])
    assert desk.get(f"{PROCESSES}/uusi?kartoitus={talk['id']}").headers["Location"] == f"{PROCESSES}/{process['id']}"
    twice = desk.post(f"{PROCESSES}/uusi", data=form | {"title": "Toinen", "kerta": str(uuid4())})
    assert "Tästä keskustelusta on jo avattu prosessi." in plain(twice.text)


# -- one at a glance --------------------------------------------------------------------------------------


def test_a_process_at_a_glance(booking: Face, process: Json, supervisor: Json, at_desk: Enter, clock: Clock) -> None:
    agree(booking.admin, process, a_goal("Palaute"))
    ahead = book(booking.admin, process, at(day_ahead(200)))
    (held,) = hold(booking, process, clock, 1)
    api = booking.admin
    api.put(f"/api/v1/sessions/{held['id']}/summary", json={"actions": [{"text": "Sovi palautehetki"}]})
    api.post(f"/api/v1/sessions/{held['id']}/summary/publish")

    desk = at_desk(supervisor)
    html = opened(desk, page_of(process))

    words = plain(html)
    assert "✓ Tavoitteet (valmis)" in words
    assert "Tapaamiset 1/10" in words
    assert "Sovi palautehetki" in words
    assert "Tavoitetaso: Palaute viikoittain" in words
    for link in (
        f"/tyo/tapaamiset/{ahead['id']}", f"/tyo/tapaamiset/{held['id']}",
        f"/raportit/prosessit/{process['id']}",
        f"/viestit?prosessi={process['id']}",
        f"/tyo/tilaajat/{process['client_id']}",
    ):  # fmt: skip
        assert f'href="{link}"' in html
    action = re.search(r'action="([^"]*/sovitut/[^"]*)"', html)
    assert action
    assert desk.post(action[1]).status_code == 303
    assert "Sovi palautehetki" not in opened(desk, page_of(process))


# -- changing ---------------------------------------------------------------------------------------------


def test_what_is_agreed_can_be_changed(booking: Face, process: Json, desk: Browser) -> None:
    form = filled(opened(desk, page_of(process, "muuta")))
    form.pop("reminders.1")
    form.pop("cancellation_policy.waive_force_majeure")
    changes = {"title": "Uusi nimi", "session_minutes": "75", "benefits.workflow": "1", "session_feedback": "1"}

    sent = desk.post(page_of(process, "muuta"), data=form | changes)

    now = booking.admin.get(f"/api/v1/processes/{process['id']}").json()
    assert sent.headers["Location"] == page_of(process) + "?tehty=muutettu"
    assert (now["title"], now["session_minutes"], now["benefits"]) == ("Uusi nimi", 75, ["workflow"])
    assert (now["reminders"]["days_before"], now["session_feedback"]) == ([7], True)
    assert now["cancellation_policy"]["waive_force_majeure"] is False
    assert now["planned_sessions"] == process["planned_sessions"]


def test_two_tabs_lose_nothing(booking: Face, process: Json, desk: Browser) -> None:
    first, second = (filled(opened(desk, page_of(process, "muuta"))) for _ in range(2))
    desk.post(page_of(process, "muuta"), data=first | {"title": "Ensimmäinen", "session_feedback": "1"})

    late = desk.post(page_of(process, "muuta"), data=second | {"title": "Toinen", "planned_sessions": "12"})

    assert late.status_code == 412
    words = plain(late.text)
    assert "Tietoja on muutettu toisaalla" in words
    assert "Nimi : Ensimmäinen" in words
    assert "Kysy palautetta jokaisesta tapaamisesta : kyllä" in words
    again = filled(late.text)
    assert (again["title"], again["planned_sessions"]) == ("Toinen", "12")
    assert desk.post(page_of(process, "muuta"), data=again).status_code == 303
    assert booking.admin.get(f"/api/v1/processes/{process['id']}").json()["title"] == "Toinen"


def test_a_form_without_a_version_changes_nothing(process: Json, desk: Browser) -> None:
    form = filled(opened(desk, page_of(process, "muuta"))) | {"versio": ""}

    assert desk.post(page_of(process, "muuta"), data=form).status_code == 428


def test_a_wrong_change_keeps_what_was_typed(process: Json, desk: Browser) -> None:
    form = filled(opened(desk, page_of(process, "muuta")))

    sent = desk.post(page_of(process, "muuta"), data=form | {"title": HOSTILE * 5, "min_group_size": "2"})

    assert sent.status_code == 422
    assert "Tämän pitää olla vähintään 3." in plain(sent.text)
    assert filled(sent.text)["title"] == HOSTILE * 5


# -- ending -----------------------------------------------------------------------------------------------


def test_with_meetings_ahead_it_is_asked_what_becomes_of_them(booking: Face, process: Json, desk: Browser) -> None:
    meeting = book(booking.admin, process, at(day_ahead()))

    refused = desk.post(page_of(process, "paata"), data={"kerta": str(uuid4())})
    closed = desk.post(page_of(process, "paata"), data={"kerta": str(uuid4()), "cancel_sessions": "1"})

    assert refused.status_code == 409
    assert "Prosessissa on vielä tulevia tapaamisia." in plain(refused.text)
    assert "cancel_sessions: true" not in plain(refused.text)
    assert closed.headers["Location"] == page_of(process) + "?tehty=paatetty"
    assert booking.admin.get(f"/api/v1/sessions/{meeting['id']}").json()["status"] == "cancelled"
    assert told(booking, "session.cancelled.v1")[-1]["changed_by"] == "supervisor"
    assert process["code"] in opened(desk, f"{PROCESSES}?tila=paattyneet")


def test_an_ended_process_is_only_read(booking: Face, process: Json, desk: Browser) -> None:
    desk.post(page_of(process, "paata"))
    shown = opened(desk, page_of(process))

    assert "/muuta" not in shown
    assert desk.get(page_of(process, "paata")).status_code == 409
    form = {"first_name": "A", "last_name": "B", "email": "a@example.fi"}
    late = desk.post(page_of(process, "osallistujat", "uusi"), data=form)
    assert (late.status_code, "on päättynyt" in plain(late.text)) == (409, True)


# -- people -----------------------------------------------------------------------------------------------


def people(booking: Face, process: Json) -> list[Json]:
    found: list[Json] = booking.admin.get(f"/api/v1/processes/{process['id']}").json()["participants"]
    return found


def test_somebody_joins(booking: Face, process: Json, desk: Browser) -> None:
    form = a_person() | {"employer": "", "kerta": str(uuid4())}

    sent = [desk.post(page_of(process, "osallistujat", "uusi"), data=form) for _ in range(2)]

    assert {one.headers["Location"] for one in sent} == {page_of(process) + "?tehty=lisatty"}
    assert len(people(booking, process)) == 3


def test_who_can_not_join_is_told_why(booking: Face, process: Json, desk: Browser) -> None:
    known = process["participants"][0]["email"]
    form = a_person() | {"email": known.upper(), "first_name": HOSTILE}

    sent = desk.post(page_of(process, "osallistujat", "uusi"), data=form)

    assert (sent.status_code, "Osoite on jo toisella osallistujalla." in plain(sent.text)) == (422, True)
    assert filled(sent.text)["first_name"] == HOSTILE
    assert len(people(booking, process)) == 2


def test_a_participant_is_changed_and_two_tabs_lose_nothing(booking: Face, process: Json, desk: Browser) -> None:
    person = process["participants"][0]
    here = page_of(process, "osallistujat", person["id"])
    first, second = (filled(opened(desk, here)) for _ in range(2))

    assert desk.post(here, data=first | {"employer": "Koulu", "last_name": "Nieminen"}).status_code == 303
    late = desk.post(here, data=second | {"first_name": "Elisa"})
    assert (late.status_code, "Sukunimi : Nieminen" in plain(late.text)) == (412, True)
    assert desk.post(here, data=filled(late.text) | {"last_name": "Nieminen"}).status_code == 303
    changed = people(booking, process)[0]
    assert (changed["first_name"], changed["last_name"], changed["employer"]) == ("Elisa", "Nieminen", None)


def test_an_emptied_name_is_refused(process: Json, desk: Browser) -> None:
    here = page_of(process, "osallistujat", process["participants"][0]["id"])

    sent = desk.post(here, data=filled(opened(desk, here)) | {"first_name": " "})

    assert (sent.status_code, 'id="first_name-wrong"' in sent.text) == (422, True)


def test_who_leaves_stays_known(booking: Face, process: Json, desk: Browser) -> None:
    person = process["participants"][0]
    here = page_of(process, "osallistujat", person["id"])
    opened(desk, f"{here}/poista")
    assert len(people(booking, process)) == 2

    for _ in range(2):
        assert desk.post(f"{here}/poista", data={"kerta": str(uuid4())}).status_code == 303

    assert [one["id"] for one in people(booking, process)] == [process["participants"][1]["id"]]
    assert "Pois jääneet (1)" in plain(opened(desk, page_of(process)))


def test_erasing_is_confirmed_and_final(booking: Face, process: Json, desk: Browser) -> None:
    person = process["participants"][0]
    here = page_of(process, "osallistujat", person["id"])
    opened(desk, f"{here}/unohda")

    unsure = desk.post(f"{here}/unohda")
    assert (unsure.status_code, len(people(booking, process))) == (422, 2)
    assert desk.post(f"{here}/unohda", data={"varma": "1"}).status_code == 303
    assert desk.get(here).status_code == 404
    assert person["last_name"] not in json.dumps(people(booking, process)[1:])
    assert len(told(booking, "participant.erased.v1")) == 1


def test_a_wish_to_be_forgotten_is_seen_and_settled(booking: Face, process: Json, desk: Browser) -> None:
    persons = [page_of(process, "osallistujat", person["id"], "unohda") for person in process["participants"]]
    with transaction(booking.engine) as db:
        for person in process["participants"]:
            erasure_requests.request_erasure(db, db.get_one(Participant, UUID(person["id"])), datetime.now(UTC))

    for page in (PROCESSES, page_of(process)):
        assert plain(opened(desk, page)).count("pyytää tietojensa poistamista") == 2
    asked = opened(desk, persons[0])
    assert "on vastattava viimeistään" in plain(asked)
    deed = re.search(r'action="([^"]*/hylkaa)"', asked)
    assert deed
    assert desk.post(deed[1]).headers["Location"] == page_of(process) + "?tehty=hylatty"
    assert desk.post(deed[1]).status_code == 404
    assert desk.post(persons[1], data={"varma": "1"}).status_code == 303
    assert "pyytää tietojensa poistamista" not in plain(opened(desk, PROCESSES))
    assert len(people(booking, process)) == 1


def test_what_is_known_of_somebody_is_handed_out_and_written_down(booking: Face, process: Json, desk: Browser) -> None:
    person = process["participants"][0]

    file = desk.get(page_of(process, "osallistujat", person["id"], "tiedot"))

    assert file.headers["Content-Disposition"] == f'attachment; filename="{process["code"]}-osallistuja.json"'
    assert file.json()["participant"]["email"] == person["email"]
    assert "participant.exported" in audited(booking)


def audited(booking: Face) -> list[str]:
    with booking.engine.connect() as connection:
        return list(connection.execute(text("SELECT action FROM audit_entry ORDER BY id")).scalars())


@pytest.fixture
def a_talk(booking: Face, booking_api: TestClient, supervisor: Json, clock: Clock) -> Callable[..., Json]:
    """A first talk that was confirmed and is over."""
    keep_hours(booking_api, supervisor["id"])

    def make(**changes: str) -> Json:
        wanted = {"supervisor_id": supervisor["id"], "starts_at": at(day_ahead()), "name": "Aino Virta"}
        held = booking.anonymous().post("/api/v1/intakes", json=wanted | {"email": "aino@example.fi"} | changes)
        assert held.status_code == 202, held.text
        talk: Json = held.json()
        assert booking_api.post(f"/api/v1/intakes/{talk['id']}/confirm").status_code == 200
        clock(timedelta(days=30))
        return talk

    return make
