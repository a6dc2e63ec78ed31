"""Nothing can be written about somebody who was erased; what was counted before stays."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.integration.conftest import Browser, Face, Json
from tests.support.diary import at, book, day_ahead
from tests.support.evaluation import a_goal, agree, answer, attend, people, rounds, told

Make = Callable[..., Json]


@pytest.fixture
def process(booking: Face, a_process: Make) -> Json:
    """A group of three, of whom the first was erased while a round was open and after a meeting was held."""
    process = a_process(form="group", participants=3)
    agree(booking.admin, process, a_goal())
    return process


@pytest.fixture
def held(booking: Face, process: Json, clock: Callable[[timedelta], None]) -> Json:
    session = book(booking.admin, process, at(day_ahead()))
    clock(timedelta(days=22))
    held = attend(booking, process, session)
    assert booking.admin.delete(f"/api/v1/participants/{people(process)[0]}").status_code == 204
    return held


def test_no_answer_of_theirs_is_taken(booking: Face, process: Json) -> None:
    erased, other, _ = people(process)
    (open_,) = rounds(booking.admin, process)
    answer(booking.admin, open_, participant_id=erased, comment="ensin")
    assert booking.admin.delete(f"/api/v1/participants/{erased}").status_code == 204

    refused = answer(booking.admin, open_, expect=422, participant_id=erased, comment="Uudelleen")

    assert [error["field"] for error in refused["errors"]] == ["participant_id"]
    answer(booking.admin, open_, participant_id=other, comment="Muut vastaavat")
    assert [given["participant_id"] for given in told(booking, "evaluation.answered.v1")] == [other]
    assert rounds(booking.admin, process)[0]["answered"] == 1


def test_what_was_recorded_of_them_stays_and_nothing_new_is(booking: Face, process: Json, held: Json) -> None:
    erased, other, third = people(process)
    path = f"/api/v1/sessions/{held['id']}/attendance"

    for named in ({"present": [erased]}, {"present": [other], "no_show": [erased]}):
        refused = booking.admin.post(path, json=named)
        assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (422, "invalid-request")
    corrected = booking.admin.post(path, json={"present": [other], "excused": [third]}).json()

    assert corrected["attendance"] == {erased: "present", other: "present", third: "excused"}
    assert set(told(booking, "session.held.v1")[-1]["present"]) == {erased, other}


def test_the_form_of_a_meeting_does_not_ask_about_them(
    booking: Face, process: Json, held: Json, at_desk: Callable[[Json], Browser]
) -> None:
    erased, other, _ = people(process)
    supervisor = booking.admin.get(f"/api/v1/supervisors/{process['supervisor_id']}").json()
    desk = at_desk(supervisor)
    page = f"/tyo/tapaamiset/{held['id']}"

    form = desk.get(f"{page}/kirjaa").text

    assert f'name="lasna.{other}"' in form
    assert erased not in form
    assert erased not in desk.get(page).text


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_their_own_data_are_nowhere(booking: Face, process: Json, held: Json, method: str) -> None:
    erased = people(process)[0]
    paths = [f"/api/v1/processes/{process['id']}/participants/{erased}"]
    paths += [f"/api/v1/participants/{erased}"] if method == "DELETE" else []

    for path in paths:
        answered = booking.admin.request(method, path, json={"first_name": "Aino"}, headers={"If-Match": "*"})
        assert answered.status_code == 404, path
    assert booking.admin.get(f"/api/v1/participants/{erased}/export").status_code == 404
