"""The main job, from the first booking to the last letter, on the servers that a newcomer starts."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from email import message_from_string
from zoneinfo import ZoneInfo

import pytest
import vobject

from tests.support.practice import Installation, Json, Practice, eventually

HELSINKI = ZoneInfo("Europe/Helsinki")
PEOPLE = ["aino@ryhma.example", "bertta@ryhma.example", "celia@ryhma.example"]


def helsinki(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), HELSINKI).astimezone(UTC)


def first_monday_of_september(after: datetime) -> date:
    year = after.year if after.month < 8 else after.year + 1
    return next(day for n in range(1, 8) if (day := date(year, 9, n)).weekday() == 0)


def invitations(practice: Practice, caught: Json) -> list[Json]:
    """What each calendar part of a letter says, read by a parser that did not write it."""
    letter = practice.letter(caught)
    calendars = [part["text"] for part in letter["attachments"] if part["type"] == "text/calendar"]
    events = [event for text in calendars for event in vobject.readOne(text.replace("\r\n", "\n")).vevent_list]
    return [
        {
            "uid": event.uid.value,
            "sequence": int(event.sequence.value) if hasattr(event, "sequence") else 0,
            "starts_at": event.dtstart.value,
            "status": event.status.value if hasattr(event, "status") else None,
        }
        for event in events
    ]


@pytest.fixture(scope="module")
def practice(installation: Installation) -> Practice:
    return installation.practice


@pytest.fixture(scope="module")
def supervisor(practice: Practice) -> Json:
    supervisor = practice.post(
        "/api/v1/supervisors",
        {"name": "Sirpa Väisänen", "email": "sirpa@example.fi", "title": "työnohjaaja", "phone": "+358401234567"},
    )
    week = [{"weekday": day, "start": "08:00", "end": "18:00"} for day in range(1, 6)]
    practice.put(
        f"/api/v1/supervisors/{supervisor['id']}/availability",
        {
            "weekly": week,
            "buffer_before_minutes": 0,
            "buffer_after_minutes": 15,
            "minimum_notice_hours": 0,
            "horizon_days": 700,
            "slot_step_minutes": 15,
            "holidays": None,
        },
    )
    return supervisor


@pytest.fixture(scope="module")
def process(practice: Practice, supervisor: Json) -> Json:
    client = practice.post(
        "/api/v1/clients",
        {
            "kind": "organisation",
            "name": "Esimerkkikunta",
            "contact": {"first_name": "Tiina", "last_name": "Tilaaja", "email": "tiina@example.fi"},
            "payer_type": "business",
        },
    )
    people = [
        {"first_name": address.split("@")[0].title(), "last_name": "Ohjattava", "email": address} for address in PEOPLE
    ]
    return practice.post(
        "/api/v1/processes",
        {
            "client_id": client["id"],
            "supervisor_id": supervisor["id"],
            "form": "group",
            "title": "Ryhmätyönohjaus",
            "planned_sessions": 12,
            "session_minutes": 120,
            "participants": people,
        },
    )


@pytest.fixture(scope="module")
def sessions(practice: Practice, process: Json) -> list[Json]:
    first = helsinki(first_monday_of_september(practice.now()), 14)
    series = practice.post(
        f"/api/v1/processes/{process['id']}/series",
        {
            "first_starts_at": first.isoformat(),
            "every_weeks": 3,
            "count": 12,
            "mode": "onsite",
            "location": "Esimerkkikatu 1, Helsinki",
        },
    )
    return list(series["sessions"])


def test_a_series_over_both_nights_of_the_clock_keeps_its_wall_clock(sessions: list[Json]) -> None:
    local = [datetime.fromisoformat(session["starts_at"]).astimezone(HELSINKI) for session in sessions]

    assert len(sessions) == 12
    assert {moment.strftime("%H:%M %a") for moment in local} == {"14:00 Mon"}
    assert len({moment.utcoffset() for moment in local}) == 2
    assert [session["number"] for session in sessions] == list(range(1, 13))


def test_each_participant_gets_one_letter_that_brings_all_twelve_meetings(
    practice: Practice, sessions: list[Json]
) -> None:
    for address in PEOPLE:
        (caught,) = practice.next_letters(address)
        assert caught["subject"].startswith("Varausvahvistus: työnohjaus")
        brought = {entry["uid"].split("@")[0]: entry["starts_at"] for entry in invitations(practice, caught)}
        assert brought == {s["id"]: datetime.fromisoformat(s["starts_at"]) for s in sessions}


def test_reminders_are_planned_for_nine_in_the_morning_seven_days_and_one_day_before(
    practice: Practice, process: Json, sessions: list[Json]
) -> None:
    def planned() -> list[Json]:
        rows = practice.messages(process_id=process["id"], status="planned")
        return [row for row in rows if row["kind"].startswith("reminder")]

    rows = eventually(lambda: planned() if len(planned()) == 72 else None, what="the planning of all reminders")
    due = Counter(datetime.fromisoformat(row["due_at"]).astimezone(HELSINKI) for row in rows)
    starts = [datetime.fromisoformat(session["starts_at"]).astimezone(HELSINKI) for session in sessions]
    week_before = {datetime.combine(s.date() - timedelta(days=7), time(9), HELSINKI) for s in starts}
    # Meetings are on Mondays, so the last working day before is the Friday.
    day_before = {datetime.combine(s.date() - timedelta(days=3), time(9), HELSINKI) for s in starts}
    easter_or_holiday = {moment for moment in due if moment not in week_before | day_before}

    assert all(count == 3 for count in due.values())
    assert {moment.hour for moment in due} == {9}
    assert all(moment.weekday() < 5 for moment in easter_or_holiday)


def test_a_meeting_moved_five_times_brings_one_letter_of_its_final_time(
    practice: Practice, sessions: list[Json]
) -> None:
    second = sessions[1]
    before = {address: len(practice.letters(address)) for address in PEOPLE}
    start = datetime.fromisoformat(second["starts_at"])
    for hours in (1, 2, 3, 4, 20):
        moved = practice.patch(
            f"/api/v1/sessions/{second['id']}", {"starts_at": (start + timedelta(hours=hours)).isoformat()}
        )
    practice.settle()
    practice.advance_to(practice.now() + timedelta(minutes=3))

    for address in PEOPLE:
        caught = practice.next_letters(address, before[address])
        assert [letter["subject"][:8] for letter in caught] == ["Uusi aik"]
        (entry,) = {entry["uid"]: entry for entry in invitations(practice, caught[0])}.values()
        assert entry["starts_at"] == datetime.fromisoformat(moved["starts_at"])
        assert entry["sequence"] == moved["version"] - 1


def test_a_cancelled_meeting_is_taken_out_of_the_calendar(practice: Practice, sessions: list[Json]) -> None:
    third = sessions[2]
    before = {address: len(practice.letters(address)) for address in PEOPLE}
    practice.post(f"/api/v1/sessions/{third['id']}/cancel", {"reason": "sairastuminen"}, expected=200)

    for address in PEOPLE:
        (caught,) = practice.next_letters(address, before[address])
        assert caught["subject"].startswith("Peruttu: työnohjaus")
        assert "sairastuminen" not in str(practice.letter(caught))
        entries = invitations(practice, caught)
        assert {(entry["uid"].split("@")[0], entry["status"]) for entry in entries} == {(third["id"], "CANCELLED")}
        assert [entry["sequence"] for entry in entries] == [1] * len(entries)


def test_reminders_come_on_their_morning_and_never_twice(practice: Practice, sessions: list[Json]) -> None:
    start = datetime.fromisoformat(sessions[0]["starts_at"]).astimezone(HELSINKI)
    for days, subject in ((7, "Muistutus: työnohjaus"), (3, "Muistutus: työnohjaus")):
        practice.settle()
        before = {address: len(practice.letters(address)) for address in PEOPLE}
        practice.advance_to(helsinki(start.date() - timedelta(days=days), 8, 55))
        assert {address: len(practice.letters(address)) for address in PEOPLE} == before
        practice.advance_to(helsinki(start.date() - timedelta(days=days), 9, 1))
        for address in PEOPLE:
            (caught,) = practice.next_letters(address, before[address])
            assert caught["subject"].startswith(subject)
            raw = practice.mailbox.get(f"/api/messages/{caught['id']}/raw").text
            assert message_from_string(raw)["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_two_hundred_people_who_want_one_time_leave_one_with_it(
    practice: Practice, process: Json, sessions: list[Json]
) -> None:
    wanted = datetime.fromisoformat(sessions[-1]["starts_at"]) + timedelta(days=1)
    body = {"process_id": process["id"], "starts_at": wanted.isoformat(), "mode": "onsite", "location": "Helsinki"}

    with ThreadPoolExecutor(50) as crowd:
        answers = list(crowd.map(lambda _: practice.booking.post("/api/v1/sessions", json=body), range(200)))

    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 199}
    refused = next(answer.json() for answer in answers if answer.status_code == 409)
    assert refused["type"].endswith("/problems/slot-taken")
    assert refused["alternatives"]


def test_no_letter_ever_came_twice(practice: Practice) -> None:
    seen = Counter(letter["message_id"] for letter in practice.letters())

    assert set(seen.values()) == {1}


def test_what_waits_and_what_was_sent_is_told_apart(practice: Practice, process: Json) -> None:
    rows = practice.messages(process_id=process["id"])

    assert {row["status"] for row in rows} <= {"planned", "sent", "cancelled", "skipped"}
    assert all(row["sent_at"] for row in rows if row["status"] == "sent")
