"""The demo: three months of a small practice, played by the public API alone.

The clock stands in the past when it begins (see ``up``) and in the present when it ends, so that what is booked
afterwards lies in everyone's future. The environment holds the addresses and secrets of ``tyonohjaus.env``.
"""

import os
import re
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

import httpx

from services import clock, workdays

Json = dict[str, Any]

SETTLED_SECONDS = 20

TEAM = (("Aino", "Koskela"), ("Eero", "Nurmi"), ("Liisa", "Salo"), ("Petri", "Ahonen"), ("Saara", "Heino"))
WEEK = [{"weekday": day, "start": "08:30", "end": "16:00"} for day in range(1, 6)]


class Refused(Exception):
    """The API did not do what the story needs."""


@dataclass
class Stage:
    booking: httpx.Client
    reporting: httpx.Client
    notifier: httpx.Client
    mailbox: httpx.Client | None
    """None when letters are sent for real: then nobody here can open their links."""

    def post(self, path: str, **body: object) -> Json:
        return _answer(self.booking.post(path, json=body))

    def put(self, path: str, body: object) -> Json:
        return _answer(self.booking.put(path, json=body))

    def get(self, path: str, **query: str) -> Json:
        return _answer(self.booking.get(path, params=query))

    def link_in_letter(self, mailbox: httpx.Client, to: str) -> str:
        """The personal link in the newest letter that the mailbox caught for somebody."""
        caught: list[Json] = mailbox.get("/api/messages").json()
        newest = next(letter for letter in caught if to in letter["to"])
        text = _answer(mailbox.get(f"/api/messages/{newest['id']}"))["text"]
        found = re.search(r"https?://\S+", text)
        if found is None:
            raise Refused("There is no link in the letter.")
        return found[0]


def play(stage: Stage) -> None:
    supervisor = open_practice(stage)
    if stage.mailbox:
        talk_first(stage, supervisor, stage.mailbox)
    process = agree_on_a_process(stage, supervisor)
    for session in book_meetings(stage, process, count=6, every_weeks=2):
        hold(stage, process, session)
    live_until(stage, datetime.now(UTC))
    other = agree_on_another_process(stage, supervisor)
    book_meetings(stage, other, count=5, every_weeks=3)
    settle(stage)


def open_practice(stage: Stage) -> Json:
    supervisor = stage.post(
        "/api/v1/supervisors",
        name="Helena Aaltola",
        email="helena.aaltola@tyonohjaus.example",
        title="työnohjaaja (STOry)",
        phone="+358 40 123 4567",
        location="Työhuone, Puistokatu 4, Jyväskylä",
    )
    hours = {"weekly": WEEK, "buffer_before_minutes": 0, "buffer_after_minutes": 15, "minimum_notice_hours": 24}
    rules = {"horizon_days": 180, "slot_step_minutes": 15, "holidays": "FI", "daily_limit": 4}
    stage.put(f"/api/v1/supervisors/{supervisor['id']}/availability", hours | rules)
    return supervisor


def talk_first(stage: Stage, supervisor: Json, mailbox: httpx.Client) -> None:
    """A first talk (kartoittava keskustelu), confirmed by the link in its letter, after which the team begins."""
    tomorrow = workdays.local(now()).date() + timedelta(days=1)
    slots = stage.get(
        f"/api/v1/supervisors/{supervisor['id']}/slots",
        **{"form": "individual", "minutes": "45", "from": f"{tomorrow}", "to": f"{tomorrow + timedelta(days=7)}"},
    )["slots"]
    talk = stage.post(
        "/api/v1/intakes",
        supervisor_id=supervisor["id"],
        starts_at=slots[0]["starts_at"],
        name="Tuula Rantanen",
        email="tuula.rantanen@kunta.example",
        organisation="Esimerkkikunta, kotihoito",
    )
    settle(stage)
    link = stage.link_in_letter(mailbox, "tuula.rantanen@kunta.example")
    _answer(stage.booking.post(f"{link}/vahvista", follow_redirects=True), as_json=False)
    live_until(stage, datetime.fromisoformat(slots[0]["ends_at"]))
    stage.post(f"/api/v1/intakes/{talk['id']}/outcome", start=True, recommended_form="team")


def agree_on_a_process(stage: Stage, supervisor: Json) -> Json:
    contact = {"first_name": "Tuula", "last_name": "Rantanen", "email": "tuula.rantanen@kunta.example"}
    client = stage.post(
        "/api/v1/clients", kind="organisation", name="Esimerkkikunta, kotihoito", contact=contact, payer_type="business"
    )
    return stage.post(
        "/api/v1/processes",
        client_id=client["id"],
        supervisor_id=supervisor["id"],
        form="team",
        title="Kotihoidon tiimin työnohjaus",
        planned_sessions=6,
        session_minutes=120,
        participants=[_person(first, last, "kunta.example") for first, last in TEAM],
    )


def agree_on_another_process(stage: Stage, supervisor: Json) -> Json:
    contact = {"first_name": "Jari", "last_name": "Lehto", "email": "jari.lehto@saatio.example"}
    client = stage.post("/api/v1/clients", kind="person", name="Jari Lehto", contact=contact, payer_type="consumer")
    return stage.post(
        "/api/v1/processes",
        client_id=client["id"],
        supervisor_id=supervisor["id"],
        form="individual",
        title="Esihenkilön työnohjaus",
        planned_sessions=5,
        session_minutes=60,
        participants=[_person("Jari", "Lehto", "saatio.example")],
    )


def book_meetings(stage: Stage, process: Json, *, count: int, every_weeks: int) -> list[Json]:
    """A series from the first free time after a week from now."""
    form, minutes = process["form"], process["session_minutes"]
    earliest = workdays.local(now()) + timedelta(days=8)
    slots = stage.get(
        f"/api/v1/supervisors/{process['supervisor_id']}/slots",
        **{"form": form, "minutes": str(minutes), "from": f"{earliest.date()}"},
        to=f"{earliest.date() + timedelta(days=14)}",
    )["slots"]
    series = stage.post(
        f"/api/v1/processes/{process['id']}/series",
        first_starts_at=slots[0]["starts_at"],
        every_weeks=every_weeks,
        count=count,
        mode="onsite",
        location="Työhuone, Puistokatu 4, Jyväskylä",
    )
    return list(series["sessions"])


def hold(stage: Stage, process: Json, session: Json) -> None:
    """Live until the meeting is over, and write down who was there."""
    live_until(stage, datetime.fromisoformat(session["ends_at"]))
    absent, *present = [person["id"] for person in process["participants"]]
    stage.post(f"/api/v1/sessions/{session['id']}/attendance", present=present, excused=[absent])


def now() -> datetime:
    return datetime.now(UTC) + clock.demo_offset()


def live_until(stage: Stage, moment: datetime) -> None:
    """Pass through the time between, with a halt wherever a letter is due."""
    settle(stage)
    while (due := min(_planned(stage), default=moment)) < moment:
        advance_to(stage, due)
        settle(stage)
    advance_to(stage, moment)
    settle(stage)


def advance_to(stage: Stage, moment: datetime) -> None:
    seconds = ceil((moment - now()).total_seconds())
    if seconds > 0:
        stage.post("/demo/clock", advance_seconds=seconds)


def settle(stage: Stage) -> None:
    """Wait until every event has reached its readers and every letter that is due has been sent, twice in a row."""
    deadline, quiet = time.monotonic() + SETTLED_SECONDS, 0
    while quiet < 2:
        if time.monotonic() > deadline:
            raise Refused(f"Letters were not sent within {SETTLED_SECONDS} seconds.")
        busy = _open_deliveries(stage) or any(due <= now() for due in _planned(stage))
        quiet = 0 if busy else quiet + 1
        time.sleep(0.2)


def _open_deliveries(stage: Stage) -> bool:
    figures = [face.get("/metrics").text for face in (stage.booking, stage.reporting)]
    return any(re.search(r"^tyonohjaus_deliveries_open\{.*\} [1-9]", text, re.MULTILINE) for text in figures)


def _planned(stage: Stage) -> list[datetime]:
    """When letters are due."""
    page = _answer(stage.notifier.get("/api/v1/messages", params={"status": "planned", "limit": "200"}))
    return [datetime.fromisoformat(letter["due_at"]) for letter in page["items"]]


def _person(first_name: str, last_name: str, domain: str) -> Json:
    return {"first_name": first_name, "last_name": last_name, "email": f"{first_name}.{last_name}@{domain}".lower()}


def _answer(answer: httpx.Response, *, as_json: bool = True) -> Json:
    if answer.is_error:
        raise Refused(f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text}")
    return dict(answer.json()) if as_json and answer.content else {}


def stage_of(environment: dict[str, str]) -> Stage:
    faces = [
        httpx.Client(
            base_url=environment[f"{name}_URL"], timeout=30, headers={"Accept-Language": "en"}, trust_env=False
        )
        for name in ("BOOKING", "REPORTING", "NOTIFIER")
    ]
    form = {
        "grant_type": "client_credentials",
        "client_id": environment["ADMIN_CLIENT_ID"],
        "client_secret": environment["ADMIN_CLIENT_SECRET"],
    }
    token = _answer(faces[0].post("/oauth/token", data=form))["access_token"]
    for face in faces:
        face.headers["Authorization"] = f"Bearer {token}"
    letters = environment.get("MAILBOX_URL")
    booking, reporting, notifier = faces
    mailbox = httpx.Client(base_url=letters, timeout=30, trust_env=False) if letters else None
    return Stage(booking, reporting, notifier, mailbox)


def main() -> None:
    stage = stage_of(dict(os.environ))
    try:
        play(stage)
    except (Refused, httpx.HTTPError) as trouble:
        sys.exit(f"The story broke off: {trouble}")
    finally:
        advance_to(stage, datetime.now(UTC))


if __name__ == "__main__":
    main()
