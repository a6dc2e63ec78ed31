"""What people word in confidence (goals, reasons, messages) rests sealed, also if it once did not."""

from collections.abc import Callable

import pytest
from sqlalchemy import text

from services.booking.privacy.rekeying import SEALED_TABLES
from services.core.database import transaction
from services.core.sealing import reseal_batch
from tests.integration.conftest import Face, Json, everything
from tests.support.diary import at, book, day_ahead, keep_hours
from tests.support.evaluation import a_goal, agree, told

Make = Callable[..., Json]

GOAL, REASON, MESSAGE = "Vastuunjako", "Hammaslääkärissä", "Kahvihuoneessa kuiskitaan"
WORDS = (GOAL, REASON, MESSAGE)
BEFORE = """
    UPDATE goal_wording SET title = :goal, levels = ARRAY['a', 'b', 'c', 'd', 'e'];
    UPDATE session SET cancel_reason = :reason;
    UPDATE intake SET message = :message
"""


@pytest.fixture
def written(booking: Face, a_process: Make) -> Callable[[], list[Json]]:
    """All of it is written; ``written()`` is how the API shows it."""
    process = a_process()
    supervisor = process["supervisor_id"]
    keep_hours(booking.admin, supervisor)
    agree(booking.admin, process, a_goal(GOAL))
    agree(booking.admin, process, a_goal(GOAL, importance=3))
    meeting = f"/api/v1/sessions/{book(booking.admin, process, at(day_ahead(9)))['id']}"
    assert booking.admin.post(f"{meeting}/cancel", json={"reason": REASON}).status_code == 200
    wanted = {"supervisor_id": supervisor, "starts_at": at(day_ahead(12)), "name": "Asta", "email": "asta@example.fi"}
    intake = booking.anonymous().post("/api/v1/intakes", json=wanted | {"message": MESSAGE}).json()["id"]
    paths = (f"/api/v1/processes/{process['id']}/goals", meeting, f"/api/v1/intakes/{intake}")
    return lambda: [booking.admin.get(path).json() for path in paths]


def found(booking: Face) -> list[str]:
    rests = everything(booking.engine)
    return [word for word in WORDS if word in rests]


def test_it_is_shown_to_who_may_read_it_and_rests_in_no_table(booking: Face, written: Callable[[], list[Json]]) -> None:
    goals, meeting, intake = written()

    assert (goals["goals"][0]["title"], meeting["cancel_reason"], intake["message"]) == WORDS
    assert [one["goals"][0]["title"] for one in told(booking, "goals.agreed.v1")] == [GOAL, GOAL]
    assert found(booking) == []


def test_what_rested_in_the_clear_is_read_and_then_sealed(booking: Face, written: Callable[[], list[Json]]) -> None:
    with transaction(booking.engine) as db:
        for statement in BEFORE.split(";"):
            named = {"goal": GOAL, "reason": REASON, "message": MESSAGE}
            db.execute(text(statement), {name: value for name, value in named.items() if f":{name}" in statement})
    shown = written()
    assert found(booking) == list(WORDS)

    assert reseal_batch(booking.engine, SEALED_TABLES) is False

    assert found(booking) == []
    assert written() == shown
