"""The pages of reports: a supervisor's whole way from a draft to its client, and what nobody else finds there."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient

from services.events.catalogue import Form, Phase, ReportCompiled
from services.reporting.models import Report, ReportKind, ReportStatus
from services.web.security.tokens import Principal, Role
from tests.databases import DatabaseServer
from tests.support.logins import LATELY, login_cookies
from tests.support.reporting_practice import BEGINS, KEYS, Course, Practice, open_practice

HOSTILE = '"><img onerror=alert(1)><script>alert(1)</script> {{7*7}}'
HOST = "https://practice.example"


@pytest.fixture
def practice(postgres_server: DatabaseServer, redis_url: str, tmp_path: Path) -> Iterator[Practice]:
    with open_practice(postgres_server, redis_url, tmp_path) as practice:
        yield practice


LONG_AGO = 0.0


def browser(
    practice: Practice, role: Role | None = None, party: UUID | None = None, proved_at: float = LATELY
) -> TestClient:
    """A browser that has come over from booking, where somebody logged in; without a role nobody has."""
    shown = TestClient(
        practice.api,
        base_url=HOST,
        headers={"Accept": "text/html", "Sec-Fetch-Site": "same-origin"},
        follow_redirects=False,
    )
    if role:
        who = Principal(role, party, f"browser-{role}")
        shown.cookies.update(login_cookies(KEYS["TOKEN_SIGNING_KEY"], who, proved_at=proved_at))
    return shown


@pytest.fixture
def maija(practice: Practice) -> TestClient:
    return browser(practice, Role.supervisor, practice.supervisor_id)


@pytest.fixture
def client(practice: Practice) -> TestClient:
    return browser(practice, Role.client, practice.client_id)


def ended(practice: Practice, people: int = 5, **changes: Any) -> Course:
    """A group that has come to its end, with goals rated at the start and at the end."""
    course = practice.course(people=people, benefits=("workflow",), **changes)
    course.agree({"title": "Vastuut", "importance": 2}, {"title": "Palaute"})
    course.round(Phase.start, *[[-1, -1]] * people, workflow=[2] * people)
    for number in range(3):
        course.hold(practice.advance_to(BEGINS.replace(day=10 + number)))
    course.round(Phase.final, *[[0, 1]] * people, workflow=[4] * people)
    return course


def draft_of(practice: Practice, course: Course) -> str:
    """The address of a draft to the client."""
    asked = practice.maija.post(f"/api/v1/processes/{course.id}/reports", json={"kind": "client_report"})
    assert asked.status_code == 201, asked.text
    return f"/raportit/{asked.json()['id']}"


def says(maija: TestClient, draft: str, person: UUID, approved: str = "true", **fields: str) -> int:
    said = {"participant_id": str(person), "approved": approved} | fields
    status: int = maija.post(f"{draft}/kanta", data=said).status_code
    return status


def seen_by_all(maija: TestClient, draft: str, course: Course) -> None:
    assert {says(maija, draft, person) for person in course.people} == {303}


def released(practice: Practice, maija: TestClient, course: Course) -> str:
    draft = draft_of(practice, course)
    seen_by_all(maija, draft, course)
    assert maija.post(f"{draft}/luovuta").status_code == 303
    return draft


def the_report(practice: Practice, **where: object) -> Report:
    (report,) = practice.reports(**where)
    return report


def actions(practice: Practice) -> list[str]:
    return [row.action for row in practice.run("SELECT action FROM audit_entry WHERE via LIKE 'browser-%' ORDER BY id")]


# -- whose ------------------------------------------------------------------------------------------------


def test_who_has_not_logged_in_is_sent_to_do_so(practice: Practice) -> None:
    answer = browser(practice).get("/raportit?laji=goal_report")

    assert answer.status_code == 303
    assert "/jatka?paluu=%2Fraportit" in answer.headers["Location"]
    assert "goal_report" in answer.headers["Location"]


def test_strangers_clients_and_admins_find_nothing_of_a_draft(practice: Practice, client: TestClient) -> None:
    course = ended(practice)
    draft = draft_of(practice, course)
    others = [browser(practice, Role.supervisor, uuid4()), browser(practice, Role.admin), client]

    for other in others:
        for page in ("", "/raportti.pdf", "/raportti.csv", "/teksti", "/luovuta", "/peru"):
            assert other.get(draft + page).status_code == 404, page
        for step in ("kanta", "teksti", "luovuta", "peru", "uudelleen"):
            assert other.post(f"{draft}/{step}", data={"approved": "true"}).status_code == 404, step
        assert other.get(f"/raportit/prosessit/{course.id}").status_code == 404
    assert browser(practice, Role.admin).get("/raportit").status_code == 404
    assert draft not in others[0].get("/raportit").text
    assert draft not in client.get("/raportit").text
    for page in ("/raportit/uusi", "/raportit/aikataulu"):
        assert client.get(page).status_code == 404
        assert client.post(page).status_code == 404


def test_a_client_reads_what_was_released_to_it_and_nothing_else(
    practice: Practice, maija: TestClient, client: TestClient
) -> None:
    course = ended(practice)
    assert "ei ole vielä luovutettu" in client.get("/raportit").text
    report = released(practice, maija, course)

    listed, page = client.get("/raportit").text, client.get(report).text

    assert report in listed
    assert "Työnohjauksen loppuraportti" in page
    assert all(
        way not in page for way in ("/kanta", "/luovuta", "/peru", "/prosessit/", "raportti.csv", "Osallistuja 1")
    )
    assert client.get(f"{report}/raportti.pdf").content[:5] == b"%PDF-"
    assert client.get(f"{report}/raportti.csv").status_code == 404
    assert browser(practice, Role.client, uuid4()).get(report).status_code == 404
    assert actions(practice).count("report.read") == 2

    maija.post(f"{report}/peru")
    assert "ei enää voimassa" in client.get("/raportit").text
    assert "ei enää voimassa" in client.get(report).text


def test_no_other_site_releases_anything(practice: Practice, maija: TestClient) -> None:
    course = ended(practice)
    draft = draft_of(practice, course)
    seen_by_all(maija, draft, course)

    for site in ("cross-site", "same-site", ""):
        assert maija.post(f"{draft}/luovuta", headers={"Sec-Fetch-Site": site}).status_code == 403
    assert browser(practice).post(f"{draft}/luovuta").status_code == 401
    assert the_report(practice, kind=ReportKind.client_report).status is ReportStatus.compiled


# -- lists ------------------------------------------------------------------------------------------------


def test_the_list_shows_first_what_waits_and_can_be_narrowed(practice: Practice, maija: TestClient) -> None:
    course, other = ended(practice), practice.course(people=3)
    draft = draft_of(practice, course)
    for each in (course, other):
        practice.maija.post(f"/api/v1/processes/{each.id}/reports", json={"kind": "goal_report"})

    def rows(**query: object) -> int:
        return str(maija.get("/raportit", params=query).text).count('class="time"')

    first = maija.get("/raportit").text
    assert first.index("Matkalla tilaajalle") < first.index("Kaikki raportit")
    assert "raportin on nähnyt 0/5" in first
    assert rows() == 3
    assert rows(laji="", prosessi="") == 3
    assert rows(laji="goal_report") == 2
    assert rows(prosessi=str(other.id)) == 1
    assert rows(laji="overview_report") == 0
    seen_by_all(maija, draft, course)
    assert "Valmis luovutettavaksi" in maija.get("/raportit").text


def test_the_list_comes_in_pages_newest_first(practice: Practice, maija: TestClient) -> None:
    course = practice.course(people=2)
    days = [BEGINS - timedelta(days=10 * number) for number in range(28)]
    for day in days:
        wanted = {"kind": "goal_report", "period": f"{day - timedelta(days=1)}--{day}"}
        assert practice.maija.post(f"/api/v1/processes/{course.id}/reports", json=wanted).status_code == 201

    first = maija.get("/raportit").text
    following = re.findall(r'rel="next" href="([^"]+)"', first)[0].replace("&amp;", "&")
    second = maija.get(following).text

    addresses = [re.findall(r'class="what"><a href="([^"]+)"', page) for page in (first, second)]
    assert [len(page) for page in addresses] == [25, 3]
    assert len({*addresses[0], *addresses[1]}) == 28
    made = [str(report.id) for report in reversed(practice.reports())]
    assert [address.rpartition("/")[2] for page in addresses for address in page] == made


def test_empty_pages_say_what_to_do_next(practice: Practice, maija: TestClient) -> None:
    assert "Ne syntyvät itsestään" in maija.get("/raportit").text
    assert "ei ole vielä prosesseja" in maija.get("/raportit/uusi").text


# -- one report -------------------------------------------------------------------------------------------


def test_a_report_is_shown_whole_and_its_reading_is_written_down(practice: Practice, maija: TestClient) -> None:
    course = ended(practice)
    asked = practice.maija.post(f"/api/v1/processes/{course.id}/reports", json={"kind": "goal_report"}).json()
    address = f"/raportit/{asked['id']}"

    page = maija.get(address)

    assert page.status_code == 200
    assert "Vastuut: taso 0" in page.text
    assert "<svg" in page.text
    assert "ei ole prosentti, eikä" in page.text
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert not re.search(r"<[^>]+ style=", page.text)
    assert len(page.content) < 100_000
    assert maija.get(f"{address}/raportti.pdf").content[:5] == b"%PDF-"
    assert maija.get(f"{address}/raportti.csv").headers["Content-Type"].startswith("text/csv")
    assert actions(practice) == ["report.read"] * 3


def test_figures_leave_the_practice_after_a_fresh_proof_which_leads_back_to_the_report(practice: Practice) -> None:
    address = draft_of(practice, ended(practice))
    maija = browser(practice, Role.supervisor, practice.supervisor_id, LONG_AGO)

    led_to = maija.get(f"{address}/raportti.csv")

    asked = urlsplit(led_to.headers["Location"])
    (back,) = parse_qs(asked.query)["paluu"]
    assert (asked.path, back) == ("/vahvista", f"{address}?tehty=vahvistettu")
    assert "Voit nyt ladata tiedoston." in maija.get(back).text
    assert actions(practice) == ["report.read"]


def test_what_people_wrote_does_no_harm(practice: Practice, maija: TestClient) -> None:
    course = ended(practice, title=HOSTILE)
    course.agree({"title": HOSTILE})
    draft = draft_of(practice, course)
    assert says(maija, draft, course.people[0], "false", comment=HOSTILE) == 303
    maija.post(f"{draft}/teksti", data={"text": HOSTILE, "versio": '"1"'})

    for page in ("", "/teksti", "/luovuta"):
        shown = maija.get(draft + page).text
        assert "<script>" not in shown
        assert "<img" not in shown
        assert "{{7*7}}" in shown
    for address in ("/raportit", "/raportit/uusi", f"/raportit/prosessit/{course.id}"):
        shown = maija.get(address).text
        assert "<script>" not in shown
        assert "<img" not in shown


# -- to the client ----------------------------------------------------------------------------------------


def test_the_page_says_who_has_seen_the_draft_and_what_they_said(practice: Practice, maija: TestClient) -> None:
    course = ended(practice)
    draft = draft_of(practice, course)
    first, second, third, *_ = course.people
    says(maija, draft, first)
    says(maija, draft, second, "false", comment="Kolmas kappale on väärin.")

    page = maija.get(draft).text

    assert f"/osallistujat/{first}" in page
    assert [page.count(said) for said in ("antaisi tilaajalle\n", "ei ole vielä nähnyt")] == [1, 3]
    assert "Kolmas kappale on väärin." in page
    assert "raportin on nähnyt 2/5. Yksi ei antaisi" in page
    assert f"/osallistujat/{third}" in page


def test_a_report_is_released_only_when_all_have_seen_it(practice: Practice, maija: TestClient) -> None:
    course = ended(practice)
    draft = draft_of(practice, course)

    early = maija.get(f"{draft}/luovuta")
    refused = maija.post(f"{draft}/luovuta")
    seen_by_all(maija, draft, course)
    asked = maija.get(f"{draft}/luovuta")
    done = maija.post(f"{draft}/luovuta")

    assert "5 osallistujaa ei ole nähnyt raporttia" in early.text
    assert "<button>Luovuta" not in early.text
    assert (refused.status_code, "Raporttia ei voi vielä luovuttaa" in refused.text) == (409, True)
    assert "Esimerkkilän kaupunki" in asked.text
    assert "Luettua ei saa lukemattomaksi." in asked.text
    assert done.headers["Location"] == f"{draft}?tehty=luovutettu"
    assert "Raportti on luovutettu tilaajalle." in maija.get(done.headers["Location"]).text
    assert maija.get(f"{draft}/luovuta").status_code == 409
    assert maija.post(f"{draft}/luovuta").status_code == 409
    assert actions(practice).count("report.released") == 1


def test_who_words_or_releases_a_draft_has_read_it(practice: Practice, maija: TestClient) -> None:
    draft = draft_of(practice, ended(practice))
    for page in ("/teksti", "/luovuta"):
        assert maija.get(draft + page).status_code == 200

    assert actions(practice) == ["report.read"] * 2


def test_a_release_that_is_pressed_twice_happens_once(practice: Practice, maija: TestClient) -> None:
    course = ended(practice)
    draft = draft_of(practice, course)
    seen_by_all(maija, draft, course)
    key = re.findall(r'name="kerta" value="([^"]+)"', maija.get(f"{draft}/luovuta").text)[0]

    answers = [maija.post(f"{draft}/luovuta", data={"kerta": key}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert actions(practice).count("report.released") == 1


def test_an_objection_is_overruled_only_knowingly(practice: Practice, maija: TestClient) -> None:
    course = ended(practice)
    draft = draft_of(practice, course)
    seen_by_all(maija, draft, course)
    says(maija, draft, course.people[0], "false", comment="En antaisi.")

    asked, refused = maija.get(f"{draft}/luovuta"), maija.post(f"{draft}/luovuta")

    assert "En antaisi." in asked.text
    assert 'name="despite"' in asked.text
    assert (refused.status_code, 'role="alert"' in refused.text) == (409, True)
    assert maija.post(f"{draft}/luovuta", data={"despite": "1"}).status_code == 303


def test_what_somebody_who_left_objected_is_read_before_it_is_overruled(practice: Practice, maija: TestClient) -> None:
    course = ended(practice)
    draft = draft_of(practice, course)
    says(maija, draft, course.people[0], "false", comment="En antaisi.")
    course.people = course.people[1:]
    course.tell()
    maija.post(f"{draft}/uudelleen")
    seen_by_all(maija, draft, course)

    asked = maija.get(f"{draft}/luovuta").text

    assert ("En antaisi." in asked, 'name="despite"' in asked) == (True, True)


def test_what_would_be_told_otherwise_now_is_compiled_anew_first(practice: Practice, maija: TestClient) -> None:
    course = ended(practice)
    draft = draft_of(practice, course)
    seen_by_all(maija, draft, course)
    course.tell(title="Kokonaan toinen työnohjaus")

    refused = maija.post(f"{draft}/luovuta")
    anew = maija.post(f"{draft}/uudelleen")

    assert refused.status_code == 409
    assert "Raportti sanoisi nyt jotain muuta" in refused.text
    assert anew.headers["Location"] == f"{draft}?tehty=laadittu"
    assert "5 osallistujaa ei ole nähnyt" in maija.get(f"{draft}/luovuta").text
    assert "vain aiemman version" in maija.get(draft).text


def test_words_are_saved_and_everybody_is_asked_anew(practice: Practice, maija: TestClient) -> None:
    course = ended(practice)
    draft = draft_of(practice, course)
    seen_by_all(maija, draft, course)
    version = re.findall(r'name="versio" value="([^"]+)"', maija.get(f"{draft}/teksti").text)[0].replace("&#34;", '"')

    saved = maija.post(f"{draft}/teksti", data={"text": "Opimme paljon.\r\n\r\nJatkamme syksyllä.", "versio": version})
    stale = maija.post(f"{draft}/teksti", data={"text": "Toisin sanoen.", "versio": version})
    empty = maija.post(f"{draft}/teksti", data={"text": " ", "versio": '"2"'})

    assert saved.headers["Location"] == f"{draft}?tehty=teksti"
    assert the_report(practice, kind=ReportKind.client_report).words == ["Opimme paljon.", "Jatkamme syksyllä."]
    assert len(practice.staged(ReportCompiled)) == 2
    assert "raportin on nähnyt 0/5" in maija.get(draft).text
    assert stale.status_code == 412
    assert "Toisin sanoen." in stale.text
    assert "Jatkamme syksyllä." in stale.text
    assert (empty.status_code, 'href="#text"' in empty.text) == (422, True)


def test_a_small_group_is_asked_for_words_first(practice: Practice, maija: TestClient) -> None:
    course = ended(practice, people=3)
    course.agree()
    draft = draft_of(practice, course)

    assert "Odottaa sanallista yhteenvetoa" in maija.get(draft).text
    assert "Kirjoita se ensin" in maija.get(f"{draft}/luovuta").text


def test_a_refused_opinion_keeps_what_was_typed(practice: Practice, maija: TestClient) -> None:
    course = ended(practice)
    draft = draft_of(practice, course)

    answer = maija.post(f"{draft}/kanta", data={"participant_id": str(course.people[2]), "comment": "Muuten hyvä."})

    assert answer.status_code == 422
    assert "Muuten hyvä." in answer.text
    assert f'value="{course.people[2]}" selected' in answer.text
    assert 'href="#approved"' in answer.text
    assert says(maija, draft, uuid4()) == 422


def test_one_person_alone_also_decides_on_the_goals(practice: Practice, maija: TestClient) -> None:
    course = ended(practice, people=1, form=Form.individual)
    draft = draft_of(practice, course)
    assert 'name="tells_goals"' in maija.get(draft).text

    says(maija, draft, course.people[0], tells_goals="1")
    told = the_report(practice, kind=ReportKind.client_report).tells_goals
    says(maija, draft, course.people[0])

    assert (told, the_report(practice, kind=ReportKind.client_report).tells_goals) == (True, False)


def test_a_released_report_is_withdrawn_and_a_corrected_edition_made(practice: Practice, maija: TestClient) -> None:
    course = ended(practice)
    report = released(practice, maija, course)

    assert "Merkitäänkö raportti perutuksi?" in maija.get(f"{report}/peru").text
    anew = maija.post(f"{report}/uudelleen").headers["Location"].partition("?")[0]
    assert maija.post(f"{report}/peru").status_code == 303
    assert maija.post(f"{report}/peru").status_code == 409
    assert maija.get(f"{report}/peru").status_code == 409

    assert anew != report
    assert sorted(each.edition for each in practice.reports(kind=ReportKind.client_report)) == [1, 2]
    assert "Peruttu" in maija.get(report).text


# -- asking for reports -----------------------------------------------------------------------------------


def test_a_report_of_chosen_days_is_the_same_as_the_calendars(practice: Practice, maija: TestClient) -> None:
    course = ended(practice)
    practice.advance_to(date(2041, 2, 3))
    wanted = {"process_id": str(course.id), "kind": "goal_report", "span": "days"}

    made = maija.post("/raportit/uusi", data=wanted | {"first": "2041-01-01", "last": "2041-01-31"})
    again = maija.post("/raportit/uusi", data=wanted | {"first": "2041-01-01", "last": "2041-01-31"})

    assert made.headers["Location"].endswith("?tehty=laadittu")
    assert again.headers["Location"].endswith("?tehty=valmiina")
    assert the_report(practice, occasion="2041-01").status is ReportStatus.compiled
    assert actions(practice) == ["report.compiled"]


@pytest.mark.parametrize(
    ("typed", "field", "reason"),
    [
        ({"first": "", "last": "2041-01-31"}, "first", "Valitse ensimmäinen päivä."),
        ({"first": "2041-01-31", "last": ""}, "last", "Valitse viimeinen päivä."),
        ({"first": "2041-01-31", "last": "2041-01-01"}, "last", "ennen ensimmäistä"),
        ({"first": "2051-01-01", "last": "2051-01-31"}, "first", "ei ole vielä alkanut"),
        ({"first": "2041-01-01", "last": "9999-12-31"}, "last", "enintään"),
        ({"first": "0001-01-01", "last": "2041-01-31"}, "first", "vähintään"),
        ({"first": "eilen", "last": "2041-01-31"}, "first", "ei ole päivä"),
        ({"kind": "overview_report", "first": "2041-01-01", "last": "2041-01-31"}, "kind", ""),
    ],
)
def test_a_wish_that_can_not_be_met_is_kept_with_its_reason(
    practice: Practice, maija: TestClient, typed: dict[str, str], field: str, reason: str
) -> None:
    course = practice.course()
    wanted = {"process_id": str(course.id), "kind": "goal_report", "span": "days"} | typed

    answer = maija.post("/raportit/uusi", data=wanted)

    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert reason in answer.text
    assert f'value="{course.id}" selected' in answer.text
    assert f'value="{typed["last"]}"' in answer.text
    assert practice.reports() == []


def test_nobody_asks_for_reports_of_others(practice: Practice) -> None:
    course = ended(practice)
    stranger = browser(practice, Role.supervisor, uuid4())

    answer = stranger.post(
        "/raportit/uusi", data={"process_id": str(course.id), "kind": "goal_report", "span": "whole"}
    )

    assert answer.status_code == 404


def test_the_cadence_is_chosen_and_the_next_report_named(practice: Practice, maija: TestClient) -> None:
    saved = maija.post("/raportit/aikataulu", data={"cadence": "quarterly"})
    page = maija.get(saved.headers["Location"]).text

    assert "Aikataulu on tallennettu." in page
    assert re.search(r'value="quarterly" checked', page)
    assert "1.4.2041" in page
    refused = maija.post("/raportit/aikataulu", data={"cadence": "yearly"})
    assert (refused.status_code, 'href="#cadence"' in refused.text) == (422, True)


# -- progress ---------------------------------------------------------------------------------------------


def test_progress_shows_what_the_goal_report_would_say_now(practice: Practice, maija: TestClient) -> None:
    course = ended(practice)
    page = maija.get(f"/raportit/prosessit/{course.id}").text

    assert f"Edistyminen {course.fields['code']}" in page
    assert page.count("<svg") >= 4
    assert all(table in page for table in ("Tavoitteiden tasot eri", "Hyötyjen keskiarvot", "vastausosuudet"))
    assert "ei ole prosentti, eikä" in page
    assert f"/tyo/prosessit/{course.id}" in page
    assert f"/raportit/uusi?prosessi={course.id}" in page
    assert practice.reports(ReportStatus.compiled) == []


def test_progress_of_a_process_that_has_just_begun_is_a_page_too(practice: Practice, maija: TestClient) -> None:
    course = practice.course(people=2)

    assert "Tavoitteita ei ole vielä sovittu" in maija.get(f"/raportit/prosessit/{course.id}").text
    assert maija.get(f"/raportit/prosessit/{uuid4()}").status_code == 404


# -- the participant's link -------------------------------------------------------------------------------


def test_a_participant_answers_on_their_page_and_can_change_it(practice: Practice) -> None:
    course = ended(practice)
    draft_of(practice, course)
    (told,) = practice.staged(ReportCompiled)
    address = practice.address(told.review_links[course.people[0]])
    visitor = browser(practice)

    undecided = visitor.post(address, data={"comment": "Muuten hyvä."})
    visitor.post(address, data={"approved": "false", "comment": "Muuten hyvä."})
    page = visitor.get(address).text

    assert undecided.status_code == 422
    assert "Valitse, voiko raportin antaa tilaajalle." in undecided.text
    assert "Muuten hyvä." in undecided.text
    assert 'value="false" checked' in page
    assert "Muuten hyvä." in page
    assert "raporttia ei pidä antaa tilaajalle tällaisena" in page
