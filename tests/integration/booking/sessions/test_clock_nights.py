"""A time on a night when the clocks are changed is taken only as one moment."""

from collections.abc import Callable
from datetime import date

import pytest
from fastapi.testclient import TestClient

from tests.integration.conftest import Json

NIGHTS = [date(2027, 3, 28), date(2027, 10, 31)]


@pytest.mark.parametrize("night", NIGHTS)
def test_an_hour_that_the_night_leaves_out_or_has_twice_is_refused_unless_it_says_which(
    booking_api: TestClient, a_process: Callable[..., Json], night: date
) -> None:
    wanted = {"process_id": a_process()["id"], "starts_at": f"{night}T03:30:00", "mode": "onsite"}

    refused = booking_api.post("/api/v1/sessions", json=wanted)

    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    assert "starts_at" in refused.text


def test_both_half_past_threes_of_an_autumn_night_can_be_booked(
    booking_api: TestClient, a_process: Callable[..., Json]
) -> None:
    night, process = date(2027, 10, 31), a_process()
    booked = [
        booking_api.post(
            "/api/v1/sessions",
            json={"process_id": process["id"], "starts_at": f"{night}T03:30:00{offset}", "mode": "onsite"},
        )
        for offset in ("+03:00", "+02:00")
    ]
    assert [answer.json()["starts_at"] for answer in booked] == [f"{night}T00:30:00Z", f"{night}T01:30:00Z"]
