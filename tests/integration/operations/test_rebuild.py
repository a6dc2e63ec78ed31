"""Reporting made anew from what booking tells again: on real servers, with the very same figures as before."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Event as Flag
from typing import NamedTuple

import psycopg
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url
from sqlmodel import select

from services.booking.lifecycle import republishing
from services.core.clock import DEMO_CLOCK_FILE
from services.core.database import transaction
from services.core.encryption import encryption_of
from services.operations import rebuild_reporting
from services.quickstart.postgres import ROLE
from services.reporting.contents import compile, compile_client
from services.reporting.models import REBUILT_TABLES, Process
from services.reporting.models import Table as ReportingTable
from services.reporting.projections import process_data
from services.reporting.projections import rebuild as projections_rebuild
from tests.support.practice import Installation, Json, Practice, eventually

PEOPLE = ("Aino", "Bertta", "Celia", "Daavid", "Eino")
OF_ONE_INSTANT = datetime(2050, 1, 1, tzinfo=UTC)


class House(NamedTuple):
    """A practice that runs, and what a rebuild may and may not change in it."""

    installation: Installation

    @property
    def practice(self) -> Practice:
        return self.installation.practice

    @property
    def environment(self) -> dict[str, str]:
        return self.installation.environment

    def engine(self, service: str) -> Engine:
        return self.installation.engine(service)

    def cli(self, *arguments: str, **told: str) -> str:
        """Run one of our commands as an operator does."""
        command = [sys.executable, "-m", "services.cli", *arguments]
        environment = os.environ | {"REPORTING_DATABASE_URL": self.environment["REPORTING_DATABASE_URL"]} | told
        ran = subprocess.run(command, check=False, env=environment, capture_output=True, text=True, timeout=120)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    def rebuild(self) -> None:
        rebuild_reporting.rebuild_reporting(self.environment)
        self.wait_until_told()

    def wait_until_told(self) -> None:
        def told() -> bool:
            with transaction(self.engine("reporting")) as db:
                return projections_rebuild.count_awaited(db) == 0

        eventually(told, what="the last event of the rebuild")
        eventually(lambda: self.practice.reporting.get("/readyz").status_code == 200, what="readiness")

    def settle(self) -> None:
        """Wait until every event of both publishers has been confirmed, and every report is made."""

        def is_quiet() -> bool:
            with transaction(self.engine("reporting")) as db:
                due = db.scalars(text("SELECT 1 FROM report WHERE status = 'due'")).all()
            self.practice.settle()
            figures = self.practice.reporting.get("/metrics").text.splitlines()
            told = all(line.endswith(" 0.0") for line in figures if line.startswith("tyonohjaus_deliveries_open{"))
            return told and not due

        eventually(is_quiet, what="the making and telling of every report")

    def figures(self) -> Json:
        """Everything that reports are made of and say."""
        return {"told": self.tables(*REBUILT_TABLES), "documents": self.documents(), "progress": self.progress()}

    def tables(self, *tables: type[ReportingTable]) -> dict[str, list[str]]:
        """But for the numbers of sessions: an event tells that of its moment, and documents number them by time."""
        with transaction(self.engine("reporting")) as db:
            rows = {
                table: [row.model_dump(exclude={"number"}) for row in db.scalars(select(table))] for table in tables
            }
        return {str(table.__tablename__): sorted(map(str, found)) for table, found in rows.items()}

    def documents(self) -> list[Json]:
        """The reports of each process as they would be compiled now."""
        with transaction(self.engine("reporting")) as db:
            found = process_data.load_data_of_processes(db, db.scalars(select(Process.process_id)).all())
        return [self._compiled(dossier) for dossier in found]

    def _compiled(self, dossier: process_data.ProcessData) -> Json:
        days = compile.whole_process_period(dossier.process, self.practice.now())
        goal_report = compile.compile_goal_report(dossier, days, OF_ONE_INSTANT)
        wanted = compile_client.ClientReportOptions(days)
        client_report = compile_client.compile_client_report(dossier, wanted, [], OF_ONE_INSTANT).document
        return {"goal": goal_report.model_dump(mode="json"), "client": client_report.model_dump(mode="json")}

    def progress(self) -> list[Json]:
        listed = self.practice.booking.get("/api/v1/processes", params={"limit": "200"}).json()["items"]
        shown = [self.practice.reporting.get(f"/api/v1/processes/{one['id']}/progress") for one in listed]
        assert {answer.status_code for answer in shown} == {200}
        return [answer.json() for answer in shown]

    def kept(self) -> Json:
        """What a rebuild must leave alone: reports with all that is known of them, and letters."""
        names = ("report", "review", "released_figure", "report_schedule", "link", "doing", "outbox")
        doing = "WITH doing AS (SELECT * FROM audit_entry WHERE action NOT LIKE '%%.read')"  # these tests read, too
        found = f"{doing} SELECT md5(t::text) FROM %s t"  # noqa: S608 -- our own names
        with transaction(self.engine("reporting")) as db:
            rows = {name: sorted(db.scalars(text(found % name)).all()) for name in names}
        return rows | {"letters": sorted(letter["id"] for letter in self.practice.messages())}


@pytest.fixture(scope="module")
def house(installation_with_story: Installation) -> Iterator[House]:
    house = House(installation_with_story)
    play(house)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(DEMO_CLOCK_FILE, house.environment[DEMO_CLOCK_FILE])
        yield house


# -- the practice that is played --------------------------------------------------------------------------


def play(house: House) -> None:
    """A group up to its final round, a person whose process has ended, and a pair of whom one was erased."""
    supervisor = a_supervisor(house.practice)
    play_group(house.practice, open_process(house.practice, supervisor, "group", PEOPLE, 120, 4))
    one = open_process(house.practice, supervisor, "individual", ("Frida",), 60, 1)
    play_one(house.practice, one)
    pair = open_process(house.practice, supervisor, "pair", ("Greta", "Heikki"), 75, 6)
    play_pair(house.practice, pair)
    for answered in (one, pair):
        eventually(partial(has_closed, house.practice, answered), what="the end of a round that waits for nobody")
    house.settle()


def a_supervisor(practice: Practice) -> Json:
    supervisor = practice.post("/api/v1/supervisors", {"name": "Sirpa Väisänen", "email": "sirpa@example.fi"})
    week = [{"weekday": day, "start": "08:00", "end": "18:00"} for day in range(1, 6)]
    rules = {"minimum_notice_hours": 0, "horizon_days": 700, "holidays": None}
    practice.put(f"/api/v1/supervisors/{supervisor['id']}/availability", {"weekly": week} | rules)
    return supervisor


def open_process(
    practice: Practice, supervisor: Json, form: str, people: tuple[str, ...], minutes: int, planned: int
) -> Json:
    contact = {"first_name": "Tiina", "last_name": "Tilaaja", "email": "tiina@example.fi"}
    orderer = {"kind": "organisation", "name": "Esimerkkikunta", "contact": contact, "payer_type": "business"}
    client = practice.post("/api/v1/clients", orderer)
    wanted = {
        "client_id": client["id"],
        "supervisor_id": supervisor["id"],
        "form": form,
        "title": f"Työnohjaus: {people[0]}",
        "planned_sessions": planned,
        "session_minutes": minutes,
        "participants": [
            {"first_name": name, "last_name": "Ohjattava", "email": f"{name.lower()}@example.fi"} for name in people
        ],
        "benefits": ["workflow", "learning"],
    }
    return practice.post("/api/v1/processes", wanted)


def a_goal(title: str, words: str = "", **more: object) -> Json:
    return {
        "title": title,
        "levels": {level: f"{title} {level} {words}" for level in ("-2", "-1", "0", "1", "2")},
    } | more


def agree(practice: Practice, process: Json, *goals: Json) -> list[Json]:
    path = f"/api/v1/processes/{process['id']}/goals"
    etag = practice.booking.get(path).headers.get("ETag", "*")
    answer = practice.booking.put(path, json=list(goals), headers={"If-Match": etag})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["goals"])


def newest_round(practice: Practice, process: Json) -> Json:
    listed = practice.booking.get(f"/api/v1/processes/{process['id']}/evaluations", params={"limit": "200"})
    return dict(max(listed.json()["items"], key=lambda one: one["opened_at"]))


def has_closed(practice: Practice, process: Json) -> bool:
    return bool(newest_round(practice, process)["status"] == "closed")


def answer(practice: Practice, round_: Json, goals: list[Json], levels: list[int], **who: object) -> None:
    rated = {goal["id"]: level for goal, level in zip(goals, levels, strict=True)}
    practice.post(f"/api/v1/evaluations/{round_['id']}/answers", {"goals": rated} | who)


def ids(process: Json) -> list[str]:
    return [person["id"] for person in process["participants"]]


def meet(practice: Practice, process: Json, day: int, hour: int = 10) -> Json:
    """A meeting on a weekday to come."""
    when = (practice.now() + timedelta(days=day)).replace(hour=hour, minute=0, second=0, microsecond=0)
    when += timedelta(days=max(0, when.weekday() - 4) and 7 - when.weekday())
    return practice.post(
        "/api/v1/sessions", {"process_id": process["id"], "starts_at": when.isoformat(), "mode": "onsite"}
    )


def hold(practice: Practice, process: Json, session: Json, absent: int = 0) -> None:
    ends_at = datetime.fromisoformat(session["ends_at"])
    if ends_at > practice.now():
        practice.advance_to(ends_at)
    people = ids(process)
    came = {"present": people[absent:], "excused": people[:absent]}
    practice.post(f"/api/v1/sessions/{session['id']}/attendance", came, expected=200)


def summarise(practice: Practice, session: Json) -> None:
    path = f"/api/v1/sessions/{session['id']}/summary"
    wanted = {"themes": ["Työnjako"], "actions": [{"text": "Vuorotellaan"}, {"text": "Kysytään palautetta"}]}
    written = practice.booking.put(path, json=wanted, headers={"If-Match": "*"}).json()
    practice.post(f"{path}/publish", {"send_letter": False}, expected=200)
    etag = practice.booking.get(path).headers["ETag"]
    done = practice.booking.patch(
        f"{path}/actions/{written['actions'][0]['id']}", json={"done": True}, headers={"If-Match": etag}
    )
    assert done.status_code == 200, done.text


def play_group(practice: Practice, process: Json) -> None:
    goals = agree(practice, process, a_goal("Vastuut", importance=3), a_goal("Palaute", baseline=-2))
    start = newest_round(practice, process)
    for number, person in enumerate(ids(process)):
        levels, benefits = [-1, number % 2 - 1], {"workflow": 1 + number % 3, "learning": None if number else 4}
        answer(practice, start, goals, levels, benefits=benefits, participant_id=person)
    meetings = [meet(practice, process, day) for day in (7, 14, 21, 28, 35)]
    practice.patch(f"/api/v1/sessions/{meetings[1]['id']}", {"starts_at": shifted(meetings[1], days=1)})
    practice.post(f"/api/v1/sessions/{meetings[2]['id']}/cancel", {"reason": "sairaus"}, expected=200)
    hold(practice, process, meetings[0], absent=1)
    summarise(practice, meetings[0])
    hold(practice, process, practice.booking.get(f"/api/v1/sessions/{meetings[1]['id']}").json(), absent=2)
    mid = newest_round(practice, process)
    assert mid["phase"] == "mid"
    # two have rated the goal in its first words, the third in new ones; another goal is given up for a third
    for person in ids(process)[:2]:
        answer(practice, mid, goals, [0, 1], participant_id=person, benefits={"workflow": 4})
    goals = agree(practice, process, a_goal("Vastuut", "selkeämmin", importance=2), a_goal("Kokoukset"))
    answer(practice, mid, goals, [1, -1], participant_id=ids(process)[2])
    answer(practice, mid, goals, [2, 0], participant_id=ids(process)[2], comment="Muutin mieltäni.")
    answer(practice, mid, goals, [1, 0], consensus=True)
    practice.post(f"/api/v1/evaluations/{mid['id']}/close", {}, expected=200)
    agree(practice, process, a_goal("Vastuut", "vielä selkeämmin", importance=2), a_goal("Kokoukset", importance=3))
    practice.patch(f"/api/v1/processes/{process['id']}", {"title": "Esihenkilöiden työnohjaus"})


def shifted(session: Json, days: int) -> str:
    return (datetime.fromisoformat(session["starts_at"]) + timedelta(days=days)).isoformat()


def play_one(practice: Practice, process: Json) -> None:
    goals = agree(practice, process, a_goal("Rajat", baseline=-2))
    (person,) = ids(process)
    answer(practice, newest_round(practice, process), goals, [-2], participant_id=person)
    hold(practice, process, meet(practice, process, 7, hour=13))
    practice.post(f"/api/v1/processes/{process['id']}/close", {}, expected=200)
    final = newest_round(practice, process)
    assert final["phase"] == "final"
    answer(practice, final, goals, [1], participant_id=person)


def play_pair(practice: Practice, process: Json) -> None:
    goals = agree(practice, process, a_goal("Luottamus"))
    gone, stays = ids(process)
    answer(practice, newest_round(practice, process), goals, [2], participant_id=gone)
    practice.settle()
    assert practice.booking.delete(f"/api/v1/participants/{gone}").status_code == 204
    answer(practice, newest_round(practice, process), goals, [0], participant_id=stays)


# -- the rebuild ------------------------------------------------------------------------------------------


def test_a_rebuild_and_one_right_after_it_end_in_the_same_figures_and_make_no_report_and_no_letter(
    house: House,
) -> None:
    figures, kept = house.figures(), house.kept()

    assert "events are on their way" in house.cli("reporting", "rebuild", "--data", str(house.installation.folder))
    house.rebuild()
    house.settle()

    assert house.figures() == figures
    assert house.kept() == kept
    assert all(figures["told"].values())
    assert kept["report"]
    assert kept["letters"]


def test_the_practice_that_was_played_has_all_that_could_go_wrong(house: House) -> None:
    """So that the comparison means something."""
    group = next(one for one in house.documents() if one["client"]["title"] == "Esihenkilöiden työnohjaus")["goal"]
    responsibilities = next(goal for goal in group["goals"] if goal["title"] == "Vastuut")
    words = [rating["words"].strip() for rating in responsibilities["ratings"]]
    assert words == ["Vastuut -1", "Vastuut 1 selkeämmin"]
    assert [rating["agreed"] for rating in responsibilities["ratings"]] == [False, True]
    assert responsibilities["levels"]["0"] == "Vastuut 0 vielä selkeämmin"
    assert (group["sessions"]["held_in_all"], group["sessions"]["cancelled"]) == (2, 1)
    assert group["t_score"]
    assert [action["text"] for action in group["actions"]] == ["Kysytään palautetta"]
    ended = {"'closed_at': None" not in row for row in house.tables(Process)["process"]}
    assert ended == {True, False}, "an ended process and others"


def test_in_the_midst_of_bookings_nothing_is_lost(house: House) -> None:
    process = house.practice.booking.get("/api/v1/processes", params={"status": "active"}).json()["items"][-1]
    enough = Flag()

    def book_and_move(number: int) -> list[Json]:
        booked: list[Json] = []
        while not enough.is_set() and len(booked) < 12:
            session = meet(house.practice, process, 60 + 10 * number + 70 * len(booked) // 2, hour=8 + 2 * number)
            house.practice.patch(f"/api/v1/sessions/{session['id']}", {"starts_at": shifted(session, days=7)})
            booked.append(session)
        return booked

    with ThreadPoolExecutor() as people:
        busy = [people.submit(book_and_move, number) for number in range(2)]
        try:
            for _ in range(2):
                house.rebuild()
        finally:
            enough.set()
        booked = [session for each in busy for session in each.result()]
    house.settle()

    assert len(booked) > 4
    held = house.practice.booking.get("/api/v1/sessions", params={"process_id": process["id"], "limit": "200"}).json()
    with transaction(house.engine("reporting")) as db:
        known = db.execute(
            text("SELECT session_id, version, starts_at FROM session WHERE process_id = :id"), {"id": process["id"]}
        )
        rows = {str(row.session_id): (row.version, row.starts_at) for row in known}
    assert rows == {one["id"]: (one["version"], datetime.fromisoformat(one["starts_at"])) for one in held["items"]}


# -- trouble ----------------------------------------------------------------------------------------------


class PulledPlug(Exception):
    pass


def dies_before_telling(house: House, booking: Engine, reporting: Engine) -> None:
    with transaction(reporting) as db:
        projections_rebuild.begin_rebuild(db)


def dies_half_way(house: House, booking: Engine, reporting: Engine) -> None:
    dies_before_telling(house, booking, reporting)
    rebuild_reporting._republish(booking, reporting, republishing.supervisor_events)


def dies_between_the_two_commits(house: House, booking: Engine, reporting: Engine) -> None:
    dies_half_way(house, booking, reporting)
    with suppress(PulledPlug), transaction(booking) as source:
        chapter = partial(republishing.process_events, encryption=encryption_of(house.environment["NOTES_KEY"]))
        told = republishing.republish(
            source, chapter(source, process_id=republishing.process_ids(source)[0]), rebuild_reporting.READER
        )
        with transaction(reporting) as db:
            projections_rebuild.expect_events(db, told)
        raise PulledPlug


@pytest.mark.parametrize("death", [dies_before_telling, dies_half_way, dies_between_the_two_commits])
def test_one_that_broke_off_makes_nothing_up_and_is_done_again(
    house: House, death: Callable[[House, Engine, Engine], None]
) -> None:
    figures, kept = house.figures(), house.kept()
    process = house.practice.booking.get("/api/v1/processes").json()["items"][0]

    death(house, house.engine("booking"), house.engine("reporting"))

    not_ready = house.practice.reporting.get("/readyz")
    assert not_ready.status_code == 503
    assert "a rebuild waits" in not_ready.text
    assert house.practice.reporting.get(f"/api/v1/processes/{process['id']}/progress").status_code == 503
    for kind in ("goal_report", "client_report"):
        asked = house.practice.reporting.post(f"/api/v1/processes/{process['id']}/reports", json={"kind": kind})
        assert asked.status_code == 503, asked.text
    house.rebuild()
    house.settle()
    assert house.figures() == figures
    assert house.kept() == kept


def test_two_operators_do_not_rebuild_at_once(house: House) -> None:
    with projections_rebuild.exclusive_rebuild(house.engine("reporting")), pytest.raises(rebuild_reporting.UnderWay):
        rebuild_reporting.rebuild_reporting(house.environment)


def test_without_the_addresses_nothing_is_touched(house: House) -> None:
    figures = house.figures()
    with pytest.raises(rebuild_reporting.MissingAddress, match="NOTES_KEY not set"):
        rebuild_reporting.rebuild_reporting({**house.environment, "NOTES_KEY": ""})
    assert house.figures() == figures


def without_drafts(figures: Json) -> Json:
    """That a report waits for its readers is known to the report alone, and lost with it."""
    for each in figures["documents"]:
        each["goal"]["awaiting"] = [
            one for one in each["goal"]["awaiting"] if one["chore"] not in ("review", "release")
        ]
    return figures


def test_a_database_that_was_lost_comes_to_the_same_figures_and_repeats_no_report(house: House) -> None:
    figures, letters = without_drafts(house.figures()), house.kept()["letters"]
    lost = make_url(house.environment["REPORTING_DATABASE_URL"])
    owner = lost.set(drivername="postgresql", username=ROLE, password=house.environment["POSTGRES_PASSWORD"])
    server = owner.set(database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{lost.database}" WITH (FORCE)'.encode())
    house.cli("migrate", "reporting", REPORTING_OWNER_DATABASE_URL=owner.render_as_string(hide_password=False))

    house.rebuild()
    house.settle()

    assert without_drafts(house.figures()) == figures
    assert house.kept()["letters"] == letters
    assert house.kept()["report"] == []
    with transaction(house.engine("reporting")) as db:
        assert len(db.scalars(text("SELECT participant_id FROM erased_participant")).all()) == 1
