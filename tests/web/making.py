"""People and processes of a test's own, made through the API of the running practice."""

import secrets
from datetime import time, timedelta

from services.finnish.workdays import at_wall_clock, is_working_day, local
from tests.support.practice import Json, Practice

HOURS = [{"weekday": day, "start": "08:00", "end": "16:00"} for day in range(1, 6)]


def a_supervisor(practice: Practice, name: str = "Kerttu Kokeilija") -> Json:
    """With working days from 8 to 16, and no limits but a day's notice."""
    wanted = {"name": name, "email": f"kerttu.{secrets.token_hex(4)}@tyonohjaus.example", "location": "Kokeilukatu 1"}
    supervisor = practice.post("/api/v1/supervisors", wanted)
    rules = {"weekly": HOURS, "horizon_days": 365, "minimum_notice_hours": 24, "slot_step_minutes": 60}
    practice.put(f"/api/v1/supervisors/{supervisor['id']}/availability", rules)
    return supervisor


def a_client(practice: Practice, name: str = "Kokeilukunta") -> Json:
    email = f"tilaaja.{secrets.token_hex(4)}@kunta.example"
    contact = {"first_name": "Tiina", "last_name": "Tilaaja", "email": email}
    wanted = {"kind": "organisation", "name": name, "payer_type": "business", "contact": contact}
    return practice.post("/api/v1/clients", wanted)


def a_process(practice: Practice, supervisor: Json, client: Json, form: str = "individual", people: int = 1) -> Json:
    wanted = {
        "client_id": client["id"],
        "supervisor_id": supervisor["id"],
        "form": form,
        "title": "Kokeiluryhmän työnohjaus",
        "planned_sessions": 10,
        "session_minutes": 60 if form == "individual" else 120,
        "participants": [a_person(index) for index in range(people)],
    }
    return practice.post("/api/v1/processes", wanted)


def a_person(index: int = 0) -> Json:
    first_name = ("Aino", "Bertta", "Celia", "Daavid", "Eero")[index % 5]
    email = f"{first_name.lower()}.{secrets.token_hex(4)}@kunta.example"
    return {"first_name": first_name, "last_name": "Kokelas", "email": email}


def a_session(practice: Practice, process: Json, days: int = 30) -> Json:
    """A meeting at ten on the first working day that lies at least so many days ahead."""
    day = local(practice.now()).date() + timedelta(days=days)
    while not is_working_day(day):
        day += timedelta(days=1)
    starts_at = at_wall_clock(day, time(10))
    return practice.post(
        "/api/v1/sessions", {"process_id": process["id"], "starts_at": starts_at.isoformat(), "mode": "onsite"}
    )
