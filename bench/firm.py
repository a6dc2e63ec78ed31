"""A firm of supervisors whose clients book: made through the API, so that each booking passes every check."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from uuid import uuid4

from bench.calls import Call, Caller, Json

MEETINGS_OF_A_PROCESS = 40
HOURS_OF_A_DAY = range(8, 20)
FARTHEST_DAYS = 700


class Firm:
    """As many supervisors as are needed for the times that are asked for."""

    def __init__(self, port: int, keys: Mapping[str, str]) -> None:
        self._port, self._keys = port, keys
        self.admin = self.caller(self.headers(keys["ADMIN_CLIENT_ID"], keys["ADMIN_CLIENT_SECRET"]))
        client = self.admin.post("/api/v1/clients", CLIENT)
        self.client_id = client["id"]
        given = self.admin.post(f"/api/v1/clients/{self.client_id}/credentials", {})
        self.as_client = self.headers(given["client_id"], given["client_secret"])
        self._free = self._times()

    def caller(self, headers: Mapping[str, str]) -> Caller:
        return Caller(self._port, headers)

    def headers(self, client_id: str, client_secret: str) -> dict[str, str]:
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
        with closing(Caller(self._port, {"Content-Type": "application/x-www-form-urlencoded"})) as anybody:
            token = anybody.send_text("POST", "/oauth/token", urlencode(form))["access_token"]
        return {"Authorization": f"Bearer {token}"}

    def supervisor(self) -> str:
        """A new one who works from morning to night on every day, and may be booked far ahead."""
        wish = {"name": "Maija Meikäläinen", "email": f"maija.{uuid4().hex}@example.fi", "location": "Esimerkkikatu 1"}
        supervisor_id = str(self.admin.post("/api/v1/supervisors", wish)["id"])
        weekly = [{"weekday": weekday, "start": "06:00", "end": "23:45"} for weekday in range(1, 8)]
        self.admin.send("PUT", f"/api/v1/supervisors/{supervisor_id}/availability", RULES | {"weekly": weekly})
        return supervisor_id

    def process(self, supervisor_id: str) -> Json:
        wish = PROCESS | {"client_id": self.client_id, "supervisor_id": supervisor_id}
        return self.admin.post("/api/v1/processes", wish)

    def bookings(self, wanted: int) -> list[Call]:
        """Bookings of times that are free, as a client sends them; no process has more meetings than processes have."""
        return [next(self._free) for _ in range(wanted)]

    def _times(self) -> Iterator[Call]:
        while True:
            supervisor_id, process_id = self.supervisor(), ""
            for number, starts_at in enumerate(
                an_hour(hours, days) for days in range(FARTHEST_DAYS) for hours in HOURS_OF_A_DAY
            ):
                if number % MEETINGS_OF_A_PROCESS == 0:
                    process_id = self.process(supervisor_id)["id"]
                body = {"process_id": process_id, "starts_at": starts_at, "mode": "onsite"}
                yield Call("/api/v1/sessions", body)


def an_hour(hours: int, days: int = 0) -> str:
    """An hour of a day to come, as the API writes it."""
    day = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=3 + days)
    return (day + timedelta(hours=hours)).isoformat()


CLIENT = {
    "kind": "organisation",
    "name": "Esimerkki Oy",
    "contact": {"first_name": "Aino", "last_name": "Virtanen", "email": "aino.virtanen@example.fi"},
    "payer_type": "business",
}
RULES = {"minimum_notice_hours": 24, "horizon_days": 730, "slot_step_minutes": 15, "holidays": None}
PROCESS = {
    "form": "individual",
    "title": "Työnohjaus",
    "planned_sessions": MEETINGS_OF_A_PROCESS,
    "session_minutes": 60,
    "participants": [{"first_name": "Liisa", "last_name": "Öhman", "email": "liisa.ohman@example.fi"}],
}
