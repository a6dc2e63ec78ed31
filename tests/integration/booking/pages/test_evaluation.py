"""The pages behind the links in letters: evaluating, giving feedback, reading a summary. No account, no script."""

import re
from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from markupsafe import escape
from sqlalchemy import text

from services.booking.evaluation.feedback import seal_clear_scores
from services.core.database import transaction
from services.web.security.links import secret
from tests.integration.booking.security.test_permissions import with_credentials
from tests.integration.conftest import Face, everything
from tests.support.devices import confirm_device
from tests.support.diary import at, book, day_ahead
from tests.support.evaluation import Clock, a_goal, agree, answer, attend, hold, people, rounds, told

Json = dict[str, Any]
Make = Callable[..., Json]

HOSTILE = """<script>alert(1)</script>"><img src=x onerror=alert(2)>{{7*7}}"""


@pytest.fixture
def process(a_process: Make) -> Json:
    return a_process(form="group", participants=2, planned_sessions=2, session_feedback=True, benefits=["learning"])


def address(booking: Face, page: str, link_id: str) -> str:
    return f"/{page}/{secret(booking.settings.link_key, UUID(link_id))}"


def evaluation_page(booking: Face, person: str) -> str:
    return address(booking, "arviointi", told(booking, "evaluation.requested.v1")[-1]["answer_links"][person])


def feedback_page(booking: Face, person: str) -> str:
    return address(booking, "palaute", told(booking, "session.held.v1")[-1]["feedback_links"][person])


class Form(HTMLParser):
    """The fields of a page's form and what is filled in, as a browser would send them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.filled: dict[str, str] = {}
        self._area: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        field = dict(attrs)
        name = field.get("name")
        if not name or tag == "meta":
            return
        self.names.add(name)
        if tag == "textarea":
            self._area, self.filled[name] = name, ""
        if "checked" in field:
            self.filled[name] = field.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = None

    def handle_data(self, data: str) -> None:
        if self._area:
            self.filled[self._area] += data.removeprefix("\n")  # as browsers do after the tag


def opened(api: TestClient, path: str, status: int = 200) -> str:
    page = api.get(path)
    html: str = page.text
    assert page.status_code == status, html
    return html


# -- evaluation -------------------------------------------------------------------------------------------


@pytest.fixture
def goal(booking: Face, process: Json, clock: Clock) -> str:
    """A goal of a process that is half way."""
    goal = agree(booking.admin, process, a_goal("Palaute"))["goals"][0]["id"]
    hold(booking, process, clock, 1)
    return str(goal)


def test_a_participant_answers_sees_it_again_and_changes_it(booking: Face, process: Json, goal: str) -> None:
    person, api = people(process)[0], booking.anonymous()
    path = evaluation_page(booking, person)
    empty = Form(opened(api, path))

    saved = api.post(path, data={f"goals.{goal}": "1", "benefits.learning": "4", "comment": "Hyvä & <b>selvä</b>"})
    again = Form(opened(api, saved.headers["location"]))
    api.post(path, data=again.filled | {f"goals.{goal}": "", "benefits.learning": "ei"})

    assert empty.names == {f"goals.{goal}", "benefits.learning", "comment"}
    assert empty.filled == {f"goals.{goal}": "", "comment": ""}
    assert saved.status_code == 303
    assert again.filled == {f"goals.{goal}": "1", "benefits.learning": "4", "comment": "Hyvä & <b>selvä</b>"}
    first, second = told(booking, "evaluation.answered.v1")
    assert (first["participant_id"], first["goals"], first["benefits"]) == (person, {goal: 1}, {"learning": 4})
    assert (second["version"], second["goals"], second["benefits"]) == (2, {}, {"learning": None})


def test_opening_the_page_changes_nothing(booking: Face, process: Json, goal: str) -> None:
    path = evaluation_page(booking, people(process)[0])
    before = booking.admin.get(f"/api/v1/processes/{process['id']}/evaluations").json()

    for _ in range(3):
        opened(booking.anonymous(), path)

    assert booking.admin.get(f"/api/v1/processes/{process['id']}/evaluations").json() == before
    assert told(booking, "evaluation.answered.v1") == []


def test_the_page_says_what_is_asked_who_sees_it_and_until_when(booking: Face, process: Json, goal: str) -> None:
    html = " ".join(opened(booking.anonymous(), evaluation_page(booking, people(process)[0])).split())

    assert "Työnohjauksen väliarviointi" in html
    assert "Palaute viikoittain" in html
    assert "(tavoite saavutettiin)" in html
    assert "Opin työssäni uutta." in html
    assert "Yksittäiset vastaukset näkee vain työnohjaaja." in html
    assert "vain, jos vastaajia on vähintään 5" in html
    assert re.search(r"Vastaa viimeistään \w+na \d+\.\d+\.\d{4}\.", html)
    assert "Älä kirjaa terveystietoja tai asiakkaiden ja potilaiden tunnistetietoja." in html


def test_what_is_saved_on_the_way_comes_back_and_is_no_answer_yet(booking: Face, process: Json, goal: str) -> None:
    api, path = booking.anonymous(), evaluation_page(booking, people(process)[0])

    saved = api.post(f"{path}/luonnos", data={f"goals.{goal}": "1", "comment": "Kesken <b>vielä</b>"})
    again = opened(api, saved.headers["location"])

    assert "Tallennettu." in again
    assert "Vastauksesi on kesken." in again
    assert Form(again).filled == {f"goals.{goal}": "1", "comment": "Kesken <b>vielä</b>"}
    assert told(booking, "evaluation.answered.v1") == []
    assert "Kesken" not in everything(booking.engine)


def test_another_device_shows_what_was_written_only_when_it_is_confirmed(
    booking: Face, process: Json, goal: str
) -> None:
    path, other = evaluation_page(booking, people(process)[0]), booking.anonymous()
    for saved_at, hidden in ((f"{path}/luonnos", "Kesken"), (path, "Valmis")):
        booking.anonymous().post(saved_at, data={f"goals.{goal}": "1", "comment": hidden})

        unknown = opened(booking.anonymous(), path)
        confirmed = opened(confirm_device(booking, other, path), path)

        assert hidden not in unknown
        assert "toisella laitteella" in unknown
        assert Form(unknown).filled == {f"goals.{goal}": "", "comment": ""}
        assert Form(confirmed).filled == {f"goals.{goal}": "1", "comment": hidden}
        other = booking.anonymous()


def test_who_saved_a_draft_reads_no_answer_that_came_from_elsewhere(booking: Face, process: Json, goal: str) -> None:
    person = people(process)[0]
    path, (api, own) = evaluation_page(booking, person), (booking.anonymous() for _ in range(2))
    own.post(path, data={f"goals.{goal}": "1"})
    api.post(f"{path}/luonnos", data={f"goals.{goal}": "-1"})
    assert Form(opened(own, path)).filled[f"goals.{goal}"] == "1"

    answer(booking.admin, rounds(booking.admin, process)[-1], participant_id=person, goals={goal: 2}, comment="Salaa")

    for shown in (opened(api, path), opened(own, path)):
        assert "Salaa" not in shown
        assert Form(shown).filled[f"goals.{goal}"] == ""


def test_a_draft_of_another_browser_does_not_tell_whether_it_guessed_the_answer(
    booking: Face, process: Json, goal: str
) -> None:
    path = evaluation_page(booking, people(process)[0])
    booking.anonymous().post(path, data={f"goals.{goal}": "1"})

    for guessed in ("1", "2"):
        api = booking.anonymous()
        api.post(f"{path}/luonnos", data={f"goals.{goal}": guessed})
        assert "kesken" in opened(api, path)


def test_sending_ends_the_draft_and_a_later_one_replaces_it_on_the_page(
    booking: Face, process: Json, goal: str
) -> None:
    api, path = booking.anonymous(), evaluation_page(booking, people(process)[0])
    api.post(f"{path}/luonnos", data={f"goals.{goal}": "1"})

    api.post(path, data={f"goals.{goal}": "2"})
    assert "kesken" not in opened(api, path)
    api.post(f"{path}/luonnos", data={f"goals.{goal}": "-1"})
    assert Form(opened(api, path)).filled[f"goals.{goal}"] == "-1"
    api.post(f"{path}/luonnos", data={f"goals.{goal}": "2"})  # as it was sent

    assert "kesken" not in opened(api, path)
    assert [answer["goals"] for answer in told(booking, "evaluation.answered.v1")] == [{goal: 2}]


def test_a_draft_waits_for_nobody_and_goes_with_the_round(booking: Face, process: Json, goal: str) -> None:
    api, (one, other) = booking.anonymous(), people(process)
    mid = rounds(booking.admin, process)[-1]
    path = evaluation_page(booking, one)
    api.post(f"{path}/luonnos", data={"comment": "Kesken"})
    answer(booking.admin, mid, participant_id=other, goals={goal: 0})
    assert rounds(booking.admin, process)[-1]["status"] == "open"

    booking.admin.post(f"/api/v1/evaluations/{mid['id']}/close")
    late = api.post(f"{path}/luonnos", data={"comment": "Vielä"})

    assert late.status_code == 409
    with booking.engine.connect() as connection:
        assert connection.execute(text("SELECT count(draft) FROM invitation")).scalar_one() == 0


def test_a_draft_is_told_to_its_writer_and_forgotten_with_them(booking: Face, process: Json, goal: str) -> None:
    person = people(process)[0]
    booking.anonymous().post(f"{evaluation_page(booking, person)}/luonnos", data={f"goals.{goal}": "1"})
    mine = with_credentials(booking, f"/api/v1/supervisors/{process['supervisor_id']}")

    exports = [api.get(f"/api/v1/participants/{person}/export").json() for api in (mine, booking.admin)]
    with booking.engine.connect() as connection:
        link = connection.execute(text("SELECT page_link FROM participant WHERE id = :id"), {"id": person}).scalar_one()
    page = address(booking, "osallistuja", str(link))
    held = confirm_device(booking, booking.anonymous(), page).get(f"{page}/tiedot.json").json()["own_words"]
    booking.admin.delete(f"/api/v1/participants/{person}")

    assert (held["answers"], held["drafts"][0]["goals"]) == ([], {"Palaute": 1})
    assert [(one["own_words"]["drafts"], one["withheld"] is None) for one in exports] == [([], False)] * 2
    with booking.engine.connect() as connection:
        assert connection.execute(text("SELECT count(draft) FROM invitation")).scalar_one() == 0


def test_too_long_a_draft_comes_back(booking: Face, process: Json, goal: str) -> None:
    path = evaluation_page(booking, people(process)[0])

    refused = booking.anonymous().post(f"{path}/luonnos", data={"comment": "x" * 5001})

    assert refused.status_code == 422
    assert Form(refused.text).filled["comment"] == "x" * 5001


def test_hostile_words_stay_words(booking: Face, a_process: Make, clock: Clock) -> None:
    process = a_process(form="group", participants=2, planned_sessions=2)
    hold(booking, process, clock, 0)
    agree(booking.admin, process, a_goal(HOSTILE))
    booking.admin.post(
        f"/api/v1/processes/{process['id']}/evaluations", json={"phase": "mid", "due": str(day_ahead(60))}
    )
    path = evaluation_page(booking, people(process)[0])
    api = booking.anonymous()
    api.post(path, data={"comment": HOSTILE})

    page = opened(api, path)

    assert HOSTILE not in page
    assert str(escape(HOSTILE)) in page
    assert Form(page).filled["comment"] == HOSTILE


def test_at_the_start_goals_are_not_rated(booking: Face, process: Json) -> None:
    agree(booking.admin, process, a_goal())

    start = Form(opened(booking.anonymous(), evaluation_page(booking, people(process)[0])))

    assert start.names == {"benefits.learning", "comment"}


def test_what_was_typed_comes_back_with_what_is_wrong(booking: Face, process: Json, goal: str) -> None:
    api, path = booking.anonymous(), evaluation_page(booking, people(process)[0])

    nothing = api.post(path, data={f"goals.{goal}": "", "comment": "  "})
    too_much = api.post(path, data={f"goals.{goal}": "2", "comment": "x" * 5001})
    forged = api.post(path, data={f"goals.{goal}": "7", "benefits.learning": "4"})

    assert [page.status_code for page in (nothing, too_much, forged)] == [422, 422, 422]
    assert "Vastaa ainakin yhteen kohtaan." in nothing.text
    assert Form(too_much.text).filled == {f"goals.{goal}": "2", "comment": "x" * 5001}
    assert Form(forged.text).filled["benefits.learning"] == "4"
    assert told(booking, "evaluation.answered.v1") == []


def test_after_the_end_the_page_says_so_and_takes_nothing(booking: Face, process: Json, goal: str) -> None:
    api, (one, other) = booking.anonymous(), people(process)
    mid = rounds(booking.admin, process)[-1]
    answer(booking.admin, mid, participant_id=other, goals={goal: 0})
    last = api.post(evaluation_page(booking, one), data={f"goals.{goal}": "0"})

    thanks = opened(api, last.headers["location"])
    late = api.post(evaluation_page(booking, other), data={f"goals.{goal}": "2"}, headers={"Accept": "text/html"})

    assert "Kiitos, vastauksesi on lähetetty." in thanks
    assert "väliarviointi on päättynyt" in thanks
    assert (late.status_code, "Tämä arviointi on päättynyt." in late.text) == (409, True)


def test_a_link_opens_only_its_own_page_while_it_is_valid(
    booking: Face, process: Json, goal: str, clock: Clock
) -> None:
    api, path = booking.anonymous(), evaluation_page(booking, people(process)[0])
    value = path.rsplit("/", 1)[-1]

    for page in ("palaute", "yhteenveto", "osallistuja", "kartoitus"):
        opened(api, f"/{page}/{value}", status=404)
    opened(api, path[:-1] + ("A" if path[-1] != "A" else "E"), status=404)
    clock(timedelta(days=200))
    opened(api, path, status=410)


def test_who_has_left_is_no_longer_asked(booking: Face, process: Json, goal: str) -> None:
    person = people(process)[0]
    path = evaluation_page(booking, person)

    booking.admin.delete(f"/api/v1/processes/{process['id']}/participants/{person}")

    opened(booking.anonymous(), path, status=404)


def test_pages_are_kept_by_nobody(booking: Face, process: Json, goal: str) -> None:
    page = booking.anonymous().get(evaluation_page(booking, people(process)[0]))

    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["x-robots-tag"] == "noindex, nofollow"
    assert "unsafe" not in page.headers["content-security-policy"]


# -- feedback on a meeting --------------------------------------------------------------------------------


def test_those_who_came_are_asked_what_it_was_like(booking: Face, process: Json, clock: Clock) -> None:
    came, stayed_away = people(process)
    session = book(booking.admin, process, at(day_ahead()))
    clock(timedelta(days=40))
    attend(booking, process, session, [came])

    (held,) = told(booking, "session.held.v1")
    api, path = booking.anonymous(), feedback_page(booking, came)
    empty = Form(opened(api, path))
    saved = api.post(path, data={"useful": "9", "openness": "10", "progress": "0", "takeaway": "Rauha"})
    again = Form(opened(api, saved.headers["location"]))

    assert list(held["feedback_links"]) == [came]
    assert empty.names == {"useful", "openness", "progress", "takeaway"}
    assert again.filled == {"useful": "9", "openness": "10", "progress": "0", "takeaway": "Rauha"}
    assert stayed_away not in held["feedback_links"]


def test_feedback_is_the_supervisors_to_read(booking: Face, process: Json, clock: Clock) -> None:
    (session,) = hold(booking, process, clock, 1)
    person = people(process)[0]
    booking.anonymous().post(
        feedback_page(booking, person), data={"useful": "9", "openness": "10", "progress": "8", "takeaway": "Rauha"}
    )
    given = booking.admin.post(f"/api/v1/supervisors/{process['supervisor_id']}/credentials").json()
    mine = booking.as_(given["client_id"], given["client_secret"])

    seen = feedback_by_person(mine, session)

    assert (seen[person]["useful"], seen[person]["takeaway"]) == (9, "Rauha")
    assert seen[people(process)[1]]["answered_at"] is None
    assert CLEAR_SCORES not in everything(booking.engine)


CLEAR_SCORES = "9,10,8"
"""As PostgreSQL shows a row of them."""


def feedback_by_person(api: TestClient, session: Json) -> dict[str, Json]:
    return {one["participant_id"]: one for one in api.get(f"/api/v1/sessions/{session['id']}/feedback").json()}


def test_what_version_0_1_was_told_of_a_meeting_is_read_and_then_sealed(
    booking: Face, process: Json, clock: Clock
) -> None:
    (session,) = hold(booking, process, clock, 1)
    person = people(process)[0]
    with transaction(booking.engine) as db:
        rated = "UPDATE feedback SET useful = 9, openness = 10, progress = 8, answered_at = now()"
        db.execute(text(f"{rated} WHERE CAST(participant_id AS text) = :person"), {"person": person})
    given = booking.admin.post(f"/api/v1/supervisors/{process['supervisor_id']}/credentials").json()
    mine = booking.as_(given["client_id"], given["client_secret"])
    before = feedback_by_person(mine, session)
    assert [before[person][item] for item in ("useful", "openness", "progress")] == [9, 10, 8]
    assert CLEAR_SCORES in everything(booking.engine)

    assert seal_clear_scores(booking.engine) is False

    assert feedback_by_person(mine, session) == before
    assert CLEAR_SCORES not in everything(booking.engine)


@pytest.mark.parametrize(
    "typed", [{}, {"useful": "9", "openness": "10"}, {"useful": "11", "openness": "1", "progress": "1"}]
)
def test_half_a_feedback_comes_back_with_what_was_typed(
    booking: Face, process: Json, clock: Clock, typed: dict[str, str]
) -> None:
    hold(booking, process, clock, 1)

    page = booking.anonymous().post(feedback_page(booking, people(process)[0]), data=typed)

    assert page.status_code == 422
    assert Form(page.text).filled.items() >= {name: value for name, value in typed.items() if value != "11"}.items()


def test_corrected_attendance_keeps_the_links(booking: Face, process: Json, clock: Clock) -> None:
    one, other = people(process)
    session = book(booking.admin, process, at(day_ahead()))
    clock(timedelta(days=40))

    for present in ([one], [one, other], [other]):
        attend(booking, process, session, present)

    first, second, third = (event["feedback_links"] for event in told(booking, "session.held.v1"))
    assert second[one] == first[one]
    assert third == {other: second[other]}


def test_nobody_is_asked_where_the_process_does_not_want_it(booking: Face, a_process: Make, clock: Clock) -> None:
    process = a_process(form="group", participants=2)

    hold(booking, process, clock, 1)

    assert told(booking, "session.held.v1")[0]["feedback_links"] == {}
