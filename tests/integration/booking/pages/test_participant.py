"""A participant's pages: what a link in a letter opens, and what its buttons do."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from markupsafe import escape
from sqlalchemy import Engine, text
from sqlalchemy.exc import NoResultFound

from services.booking.supervision import erasure_requests
from services.booking.supervision.erasure_requests import OpenErasureRequest
from services.core import clock
from services.core.database import transaction
from services.web.security.links import secret, settings_link
from services.web.security.rate_limits import GENERAL, RateLimiter
from services.web.security.tokens import Principal, Role
from tests.integration.conftest import Face, Json
from tests.support.devices import confirm_device
from tests.support.diary import at, book, day_ahead, keep_hours
from tests.support.evaluation import told as events_of
from tests.support.month_page import offered, times

Make = Callable[..., Json]

HOSTILE = """<script>alert(1)</script>"><img src=x onerror=alert(2)>{{7*7}}"""


@pytest.fixture
def browser(booking: Face) -> TestClient:
    return booking.anonymous(Accept="text/html")


@pytest.fixture
def a_bookable_process(booking_api: TestClient, a_process: Make) -> Make:
    """``a_bookable_process(form=…)`` has a supervisor with hours."""

    def make(**wishes: object) -> Json:
        process = a_process(**wishes)
        keep_hours(booking_api, process["supervisor_id"])
        return process

    return make


@pytest.fixture
def a_session(booking_api: TestClient) -> Callable[..., Json]:
    """``a_session(process, "12:00")`` is booked on a day in two weeks."""

    def make(process: Json, clock: str = "10:00") -> Json:
        return book(booking_api, process, at(day_ahead(), clock))

    return make


def page_of(booking: Face, person: Json) -> str:
    with booking.engine.connect() as connection:
        link = connection.execute(
            text("SELECT page_link FROM participant WHERE id = :id"), {"id": person["id"]}
        ).scalar_one()
    return f"/osallistuja/{secret(booking.settings.link_key, UUID(str(link)))}"


def statuses(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.execute(text("SELECT status FROM session ORDER BY number")).scalars())


def test_a_cancelled_session_stands_where_its_time_is(
    booking: Face, browser: TestClient, a_bookable_process: Make, a_session: Make
) -> None:
    process = a_bookable_process()
    first, _ = a_session(process, "10:00"), a_session(process, "12:00")
    booking.admin.post(f"/api/v1/sessions/{first['id']}/cancel")

    ahead = browser.get(page_of(booking, process["participants"][0])).text.partition("Tulevat tapaamiset")[2]

    before, _, after = ahead.partition(">peruttu<")
    assert ("10.00–" in before, "12.00–" in before, "12.00–" in after) == (True, False, True)


def test_opening_pages_changes_nothing(
    booking: Face, browser: TestClient, a_bookable_process: Make, a_session: Make
) -> None:
    process = a_bookable_process()
    session = a_session(process)
    page = page_of(booking, process["participants"][0])

    for _ in range(2):
        assert "Hei, Liisa" in browser.get(page).text
        assert "Peru tapaaminen" in browser.get(f"{page}/tapaaminen/{session['id']}").text
        assert "Perutaanko tapaaminen?" in browser.get(f"{page}/tapaaminen/{session['id']}/peru").text

    assert statuses(booking.engine) == ["booked"]
    assert browser.get(page).headers["Cache-Control"] == "no-store"


def test_the_button_calls_the_meeting_off_once(
    booking: Face, browser: TestClient, a_bookable_process: Make, a_session: Make
) -> None:
    process = a_bookable_process()
    session = a_session(process)
    page = page_of(booking, process["participants"][0])

    for _ in range(2):  # a double click
        answer = browser.post(f"{page}/tapaaminen/{session['id']}/peru")
        assert answer.status_code == 303

    assert "Tapaaminen on peruttu" in browser.get(answer.headers["Location"]).text
    with booking.engine.connect() as connection:
        told = connection.execute(
            text("SELECT envelope FROM outbox WHERE aggregate LIKE 'session/%' ORDER BY position")
        )
        kinds = [(envelope["type"], envelope["data"]["changed_by"]) for envelope in told.scalars()]
    assert kinds == [("session.booked.v1", "supervisor"), ("session.cancelled.v1", "participant")]


def test_a_free_time_of_the_page_can_be_taken(
    booking: Face, browser: TestClient, booking_api: TestClient, a_bookable_process: Make, a_session: Make
) -> None:
    process = a_bookable_process()
    session = a_session(process)
    place = f"{page_of(booking, process['participants'][0])}/tapaaminen/{session['id']}"
    chosen = offered(browser, place)[-1]

    answer = browser.post(f"{place}/siirra", data={"starts_at": chosen})

    assert answer.status_code == 303
    assert "Tapaaminen on siirretty" in browser.get(answer.headers["Location"]).text
    moved = booking_api.get(f"/api/v1/sessions/{session['id']}").json()
    assert datetime.fromisoformat(moved["starts_at"]) == datetime.fromisoformat(chosen)


def test_one_link_moves_meetings_so_often_and_no_other_is_hindered(
    booking: Face, browser: TestClient, a_bookable_process: Make, a_session: Make
) -> None:
    """Each move sends letters to others."""
    places = []
    for process in (a_bookable_process(), a_bookable_process()):
        page = page_of(booking, process["participants"][0])
        places.append(f"{page}/tapaaminen/{a_session(process)['id']}/siirra")
    booking.app.state.gate = RateLimiter({GENERAL: "1000/minute", "changes": "2/day"}, b"limits")

    answers = [browser.post(place, data={"starts_at": "x"}).status_code for place in (*places[:1] * 3, places[1])]

    assert answers == [422, 422, 429, 422]


def test_made_up_links_are_counted_by_nobody(booking: Face, browser: TestClient) -> None:
    """Each would leave a count behind, in memory and in Redis."""
    booking.app.state.gate = RateLimiter({GENERAL: "1000/minute", "changes": "1/day"}, b"limits")

    answers = {browser.post(f"/kartoitus/{'A' * 43}/siirra", data={"starts_at": "x"}).status_code for _ in range(3)}

    assert answers == {404}


@pytest.mark.parametrize("limit", [None, 1])
def test_a_meeting_hides_none_of_the_times_next_to_it_when_it_is_moved(
    booking: Face,
    browser: TestClient,
    booking_api: TestClient,
    a_bookable_process: Make,
    a_session: Make,
    limit: int | None,
) -> None:
    process = a_bookable_process()
    keep_hours(booking_api, process["supervisor_id"], slot_step_minutes=30, daily_limit=limit)
    session = a_session(process)
    place = f"{page_of(booking, process['participants'][0])}/tapaaminen/{session['id']}"
    day = day_ahead()

    shown = times(browser.get(f"{place}?kuukausi={day:%Y-%m}&paiva={day}").text)
    moved = browser.post(f"{place}/siirra", data={"starts_at": at(day, "10:30")})

    assert {at(day, "09:30"), at(day, "10:30")} <= {start.replace("+00:00", "Z") for start in shown}
    assert moved.headers["Location"].endswith("?tehty=siirretty")


def test_a_time_that_was_taken_meanwhile_leaves_the_meeting_where_it_is(
    booking: Face, browser: TestClient, booking_api: TestClient, a_bookable_process: Make, a_session: Make
) -> None:
    process = a_bookable_process()
    session, other = a_session(process), a_session(process, "13:00")
    place = f"{page_of(booking, process['participants'][0])}/tapaaminen/{session['id']}"

    answer = browser.post(f"{place}/siirra", data={"starts_at": other["starts_at"]})

    assert answer.status_code == 409
    assert "Aika on jo varattu." in answer.text
    assert session["starts_at"].replace("Z", "+00:00") not in times(answer.text)  # its own time is not free
    assert other["starts_at"].replace("Z", "+00:00") not in times(answer.text)
    assert booking_api.get(f"/api/v1/sessions/{session['id']}").json()["starts_at"] == session["starts_at"]


def test_a_member_of_a_group_is_told_that_the_supervisor_decides_for_all(
    booking: Face, browser: TestClient, a_bookable_process: Make, a_session: Make
) -> None:
    process = a_bookable_process(form="group", participants=3)
    session = a_session(process)
    page = page_of(booking, process["participants"][0])

    shown = browser.get(page).text + browser.get(f"{page}/tapaaminen/{session['id']}").text
    assert "siirrosta ja peruutuksesta päättää työnohjaaja" in shown
    for other in process["participants"][1:]:
        assert other["email"] not in shown
        assert other["first_name"] not in shown
    assert browser.post(f"{page}/tapaaminen/{session['id']}/peru").status_code == 303
    assert statuses(booking.engine) == ["booked"]


def test_a_link_opens_only_its_own_process(
    booking: Face, browser: TestClient, a_bookable_process: Make, a_session: Make
) -> None:
    mine, theirs = a_bookable_process(), a_bookable_process()
    session = a_session(theirs)
    page = page_of(booking, mine["participants"][0])

    assert browser.get(f"{page}/tapaaminen/{session['id']}").status_code == 404
    assert browser.post(f"{page}/tapaaminen/{session['id']}/peru").status_code == 404
    assert browser.post(f"{page}/tapaaminen/{session['id']}/siirra", data={"starts_at": "x"}).status_code == 404


@pytest.mark.parametrize("wrong", ["a" * 43, "aaaaaaaa", "%00", "..%2fetc", "ä" * 43, "a" * 5000])
def test_a_made_up_link_opens_nothing(browser: TestClient, wrong: str) -> None:
    answer = browser.get(f"/osallistuja/{wrong}")

    assert answer.status_code == 404
    assert wrong not in answer.text


def test_who_left_or_was_erased_finds_nothing(
    booking: Face, browser: TestClient, booking_api: TestClient, a_process: Make
) -> None:
    process = a_process(form="group", participants=3)
    left, erased, _ = process["participants"]
    pages = page_of(booking, left), page_of(booking, erased)
    booking_api.delete(f"/api/v1/processes/{process['id']}/participants/{left['id']}")
    booking_api.delete(f"/api/v1/participants/{erased['id']}")

    assert [browser.get(page).status_code for page in pages] == [404, 404]


def test_participants_take_their_data_with_them(booking: Face, browser: TestClient, a_process: Make) -> None:
    process = a_process()
    person = process["participants"][0]

    confirm_device(booking, browser, page_of(booking, person))
    held = browser.get(f"{page_of(booking, person)}/tiedot.json")

    assert held.json()["participant"]["email"] == person["email"]
    assert "attachment" in held.headers["Content-Disposition"]


def test_a_process_is_closed_with_the_meetings_ahead_of_it_when_asked(
    booking: Face, booking_api: TestClient, a_bookable_process: Make, a_session: Make
) -> None:
    process = a_bookable_process()
    session = a_session(process)

    refused = booking_api.post(f"/api/v1/processes/{process['id']}/close")
    assert (refused.status_code, [one["id"] for one in refused.json()["sessions"]]) == (409, [session["id"]])

    closed = booking_api.post(f"/api/v1/processes/{process['id']}/close", json={"cancel_sessions": True})
    assert (closed.status_code, closed.json()["status"]) == (200, "closed")
    assert statuses(booking.engine) == ["cancelled"]


# -- a new meeting ----------------------------------------------------------------------------------------


def test_a_participant_books_anew_what_was_called_off(
    booking: Face, browser: TestClient, booking_api: TestClient, a_bookable_process: Make, a_session: Make
) -> None:
    process = a_bookable_process(planned_sessions=1)
    session = a_session(process)
    page = page_of(booking, process["participants"][0])
    assert "/uusi" not in browser.get(page).text
    assert "Kaikki sovitut tapaamiset on jo varattu." in browser.get(f"{page}/uusi").text
    browser.post(f"{page}/tapaaminen/{session['id']}/peru")

    assert "Varaa uusi aika" in browser.get(page).text
    chosen = offered(browser, f"{page}/uusi")[0]
    answers = [browser.post(f"{page}/uusi", data={"starts_at": chosen, "kerta": "k" * 36}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert "Tapaaminen on varattu." in browser.get(answers[0].headers["Location"]).text
    listed = booking_api.get(f"/api/v1/sessions?process_id={process['id']}").json()["items"]
    assert sorted(one["status"] for one in listed) == ["booked", "cancelled"]
    assert {one["location"] for one in listed} == {session["location"]}
    assert browser.post(f"{page}/uusi", data={"starts_at": chosen}).status_code == 409


def test_a_taken_time_leaves_everything_as_it_is(
    booking: Face, browser: TestClient, a_bookable_process: Make, a_session: Make
) -> None:
    process = a_bookable_process()
    session = a_session(process)
    page = page_of(booking, process["participants"][0])

    taken = browser.post(f"{page}/uusi", data={"starts_at": session["starts_at"]})
    nothing = browser.post(f"{page}/uusi", data={})

    assert (taken.status_code, nothing.status_code) == (409, 422)
    assert "Aika on jo varattu." in taken.text
    assert statuses(booking.engine) == ["booked"]


def test_nobody_books_for_a_group_or_after_the_end(
    booking: Face, browser: TestClient, booking_api: TestClient, a_bookable_process: Make
) -> None:
    group, ended = a_bookable_process(form="group", participants=3), a_bookable_process()
    booking_api.post(f"/api/v1/processes/{ended['id']}/close")

    for process, told in ((group, "uudesta ajasta sovitaan yhdessä"), (ended, "Tämä työnohjaus on päättynyt.")):
        page = page_of(booking, process["participants"][0])
        assert told in browser.get(f"{page}/uusi").text
        assert browser.post(f"{page}/uusi", data={"starts_at": at(day_ahead())}).status_code == 409
    assert statuses(booking.engine) == []


# -- what else stands on the page -------------------------------------------------------------------------


def test_an_entry_for_the_calendar_is_that_of_the_letters(
    booking: Face, browser: TestClient, a_bookable_process: Make, a_session: Make
) -> None:
    process = a_bookable_process()
    session = a_session(process)

    entry = browser.get(f"{page_of(booking, process['participants'][0])}/tapaaminen/{session['id']}/tapaaminen.ics")

    assert entry.headers["Content-Type"].startswith("text/calendar")
    assert "attachment" in entry.headers["Content-Disposition"]
    assert f"UID:{session['id']}@" in entry.text
    assert "SUMMARY:Työnohjaus" in entry.text


def test_the_page_leads_to_settings_that_the_notifier_knows(
    booking: Face, browser: TestClient, a_process: Make
) -> None:
    person = a_process()["participants"][0]

    page = browser.get(page_of(booking, person)).text

    page_link = UUID(events_of(booking, "participant.changed.v1")[-1]["page_link"])
    known_to_both = secret(booking.settings.link_key, settings_link(UUID(person["id"]), page_link))
    assert f'href="/viestiasetukset/{known_to_both}?paluu=/osallistuja/' in page


def test_words_of_summaries_come_in_letters_only_to_who_wants_them(
    booking: Face, browser: TestClient, booking_api: TestClient, a_process: Make
) -> None:
    process = a_process()
    person = process["participants"][0]
    page, path = page_of(booking, person), f"/api/v1/processes/{process['id']}/participants/{person['id']}"
    confirm_device(booking, browser, page)

    for wanted, chosen in (("1", True), ("1", True), ("0", False)):
        browser.post(f"{page}/kirjeet", data={"tekstina": wanted})
        assert booking_api.get(path).json()["summary_in_letter"] is chosen
    assert booking_api.get(path).json()["version"] == person["version"] + 2


def test_hostile_words_stay_words(
    booking: Face,
    browser: TestClient,
    booking_api: TestClient,
    a_supervisor: Make,
    a_bookable_process: Make,
    a_session: Make,
) -> None:
    supervisor = a_supervisor(name=HOSTILE, title=HOSTILE, location=HOSTILE)
    process = a_bookable_process(supervisor_id=supervisor["id"], title=HOSTILE)
    session, person = a_session(process), process["participants"][0]
    booking_api.patch(
        f"/api/v1/processes/{process['id']}/participants/{person['id']}",
        json={"first_name": HOSTILE, "last_name": HOSTILE, "employer": HOSTILE},
        headers={"If-Match": '"1"'},
    )
    page = page_of(booking, person)
    confirm_device(booking, browser, page)

    for path in ("", f"/tapaaminen/{session['id']}", "/uusi", "/tiedot"):
        shown = browser.get(page + path).text
        assert str(escape(HOSTILE)) in shown
        assert HOSTILE not in shown


# -- one's own data ---------------------------------------------------------------------------------------


def test_what_is_stored_can_be_read(
    booking: Face, browser: TestClient, a_bookable_process: Make, a_session: Make
) -> None:
    process = a_bookable_process()
    a_session(process)
    person = process["participants"][0]

    confirm_device(booking, browser, page_of(booking, person))
    page = browser.get(f"{page_of(booking, person)}/tiedot").text

    assert person["email"] in page
    assert "sovittu" in page


def test_a_wish_to_be_forgotten_reaches_the_supervisor_and_erases_nothing_by_itself(
    booking: Face, browser: TestClient, a_process: Make
) -> None:
    process = a_process()
    person = process["participants"][0]
    page = f"{page_of(booking, person)}/tiedot"
    confirm_device(booking, browser, page_of(booking, person))

    for _ in range(2):  # a double click
        asked = browser.post(f"{page}/poisto")
    shown = browser.get(asked.headers["Location"]).text

    assert "Pyyntösi on lähetetty työnohjaajalle." in shown
    assert person["email"] in shown
    (waiting,) = requests_of(booking, process["supervisor_id"])
    assert (str(waiting.person.id), waiting.process.code) == (person["id"], process["code"])
    assert waiting.answer_by - waiting.request.asked_at == timedelta(days=30)
    assert requests_of(booking, str(uuid4())) == []
    assert actions(booking.engine) == ["erasure.requested"]


def test_a_wish_is_settled_by_taking_it_back_by_declining_or_by_erasing(
    booking: Face, browser: TestClient, booking_api: TestClient, a_process: Make
) -> None:
    process = a_process()
    person = process["participants"][0]
    page = f"{page_of(booking, person)}/tiedot"
    confirm_device(booking, browser, page_of(booking, person))
    supervisor = Principal(Role.supervisor, UUID(process["supervisor_id"]), "supervisor")

    browser.post(f"{page}/poisto")
    browser.post(f"{page}/poisto/peru")
    assert requests_of(booking, process["supervisor_id"]) == []
    browser.post(f"{page}/poisto")
    (waiting,) = requests_of(booking, process["supervisor_id"])
    stranger = Principal(Role.supervisor, uuid4(), "stranger")
    with transaction(booking.engine) as db, pytest.raises(NoResultFound):
        erasure_requests.refuse_erasure(db, stranger, waiting.request.id, clock.now(db))
    with transaction(booking.engine) as db:
        erasure_requests.refuse_erasure(db, supervisor, waiting.request.id, clock.now(db))
    assert "Pyydä tietojeni poistamista" in browser.get(page).text
    browser.post(f"{page}/poisto")
    booking_api.delete(f"/api/v1/participants/{person['id']}")

    assert requests_of(booking, process["supervisor_id"]) == []
    with booking.engine.connect() as connection:
        outcomes = connection.execute(text("SELECT outcome FROM erasure_request ORDER BY asked_at")).scalars().all()
    assert outcomes == ["withdrawn", "declined", "erased"]


def requests_of(booking: Face, supervisor_id: str) -> list[OpenErasureRequest]:
    with transaction(booking.engine) as db:
        return list(
            erasure_requests.list_open_erasure_requests(
                db, Principal(Role.supervisor, UUID(supervisor_id), "supervisor")
            )
        )


def actions(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        query = text("SELECT action FROM audit_entry WHERE action LIKE 'erasure%' ORDER BY id")
        return list(connection.execute(query).scalars())
