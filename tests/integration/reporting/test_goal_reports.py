"""Reports to the supervisor: when they are made, of exactly which days, and that every figure in them is right."""

import base64
import threading
import time as real_time
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from services.core.database import Database, transaction
from services.events.catalogue import Form, Phase, ReportCompiled
from services.finnish.workdays import at_wall_clock
from services.reporting.models import ReportKind, ReportStatus
from services.reporting.workflow import build, reports
from services.web.security.links import personal_link
from services.web.security.tokens import Role
from tests.databases import DatabaseServer
from tests.support.reporting_practice import BEGINS, Course, Json, Practice, open_practice
from tests.support.tagged_pdf import faults

SIX = time(6)


@pytest.fixture
def practice(postgres_server: DatabaseServer, redis_url: str, tmp_path: Path) -> Iterator[Practice]:
    with open_practice(postgres_server, redis_url, tmp_path) as practice:
        yield practice


def at(month: int, day: int, hour: int = 10, minute: int = 0) -> datetime:
    """A time of the practice's first year, on the clocks of Helsinki."""
    return at_wall_clock(date(BEGINS.year, month, day), time(hour, minute))


def day(month: int, number: int) -> date:
    return date(BEGINS.year, month, number)


def documents(practice: Practice, kind: ReportKind, occasion: str | None = None) -> list[Json]:
    made = practice.reports(ReportStatus.compiled, kind=kind)
    return [report.document or {} for report in made if occasion in (None, report.occasion)]


def told_of(practice: Practice, phase: str) -> ReportCompiled:
    """What the notifier was told of the report at the end of a round."""
    (report,) = (
        each for each in practice.reports(ReportStatus.compiled) if (each.document or {}).get("phase") == phase
    )
    told: ReportCompiled = next(event for event in practice.staged(ReportCompiled) if event.report_id == report.id)
    return told


def february(practice: Practice) -> Course:
    """A group in February: two meetings, one called off, goals, a round, and things agreed to be done."""
    course = practice.course(people=5, benefits=("workflow",))
    one, two, three, four, five = course.people
    course.hold(at(1, 20), present=course.people)
    practice.advance_to(day(2, 3))
    course.agree({"title": "Vastuut", "importance": 3}, {"title": "Palaute", "importance": 2}, {"title": "Muutos"})
    course.round(Phase.start, *[[-1, -1, -1]] * 5, workflow=[2, 2, 3, 3, 3])
    held = course.hold(at(2, 5), present=[one, two, three], excused=[four], no_show=[five])
    course.hold(at(2, 19), present=[one, two, three, four])
    course.cancel(course.book(at(2, 26)))
    course.summarise(held, ("Taulukko kiertää", day(3, 6), False), ("Palaute pyydetty", None, True))
    practice.advance_to(day(2, 24))
    course.round(Phase.mid, [0, 1, -1], [0, 0, None], [1, 1, None], workflow=[4, 3, None])
    return course


# -- at the end of a round --------------------------------------------------------------------------------


def test_a_closed_round_brings_a_report_of_the_whole_way_up_to_it(practice: Practice) -> None:
    course = february(practice)

    practice.work()

    start, mid = (report for report in documents(practice, ReportKind.goal_report) if report["phase"])
    assert (start["phase"], mid["phase"]) == ("start", "mid")
    assert (mid["first"], mid["last"]) == (BEGINS.isoformat(), day(2, 24).isoformat())
    assert mid["sessions"] == {"held": 3, "cancelled": 0, "held_in_all": 3, "planned_in_all": 10}
    assert mid["code"] == course.fields["code"]
    assert [(one["phase"], one["answered"], one["invited"], one["open"]) for one in mid["responses"]] == [
        ("start", 5, 5, False),
        ("mid", 3, 5, False),
    ]


def test_what_is_told_of_a_report_has_its_pages_and_figures_and_no_name(practice: Practice) -> None:
    course = february(practice)
    practice.work()

    told = told_of(practice, "mid")

    assert (told.kind, told.process_id, told.supervisor_id) == ("goal_report", course.id, practice.supervisor_id)
    assert told.figures["process_code"] == course.fields["code"]
    assert (told.figures["held"], told.figures["planned"]) == (3, 10)
    assert (told.figures["answered"], told.figures["invited"]) == (3, 5)
    assert (told.figures["goals_met"], told.figures["goals_scored"]) == (2, 3)
    assert faults(base64.b64decode(told.pdf_base64)) == []
    assert course.fields["code"] in told.html
    assert "Esimerkkilän kaupunki" not in told.html
    assert len(told.model_dump_json()) < 400_000


def test_a_report_waits_until_everybody_who_answered_has_been_heard(practice: Practice) -> None:
    course = practice.course(people=2)
    course.agree({"title": "Vastuut"})
    practice.work()
    round_id = course.open_round(Phase.start)
    practice.holds_back = True
    course.answer(round_id, course.people[0], [2])
    late = practice.told[-1]
    practice.holds_back = False
    course.answer(round_id, course.people[1], [0])
    course.close_round(round_id)

    practice.work()
    waiting = practice.reports(kind=ReportKind.goal_report)
    practice.hear(late)
    practice.run("UPDATE report SET next_try_at = now()")
    practice.work()

    assert [(report.status, report.trouble) for report in waiting] == [(ReportStatus.due, "NotToldYet")]
    (made,) = documents(practice, ReportKind.goal_report)
    assert made["goals"][0]["ratings"][0]["level"] == 1


def test_nothing_is_made_while_events_are_still_coming_in(practice: Practice) -> None:
    february(practice)

    with transaction(practice.engine) as db:
        assert not reports.is_report_due(db)
    practice.let_quiet_come()
    with transaction(practice.engine) as db:
        assert reports.is_report_due(db)


# -- by the calendar --------------------------------------------------------------------------------------


def test_on_the_first_at_six_in_the_morning_the_month_before_is_reported(practice: Practice) -> None:
    february(practice)
    practice.work()

    practice.advance_to(day(3, 1), time(5, 59))
    practice.work()
    early = documents(practice, ReportKind.goal_report, "2041-02")
    practice.advance_to(day(3, 1), SIX)
    practice.work()

    assert early == []
    (report,) = documents(practice, ReportKind.goal_report, "2041-02")
    assert (report["first"], report["last"]) == ("2041-02-01", "2041-02-28")
    assert report["sessions"] == {"held": 2, "cancelled": 1, "held_in_all": 3, "planned_in_all": 10}
    assert report["attendance"] == {"present": 7, "excused": 1, "no_shows": 1}
    assert [(meeting["status"], meeting["present"], meeting["expected"]) for meeting in report["meetings"]] == [
        ("held", 3, 5),
        ("held", 4, 4),
        ("cancelled", None, None),
    ]
    assert [(action["text"], action["agreed_on"], action["due"]) for action in report["actions"]] == [
        ("Taulukko kiertää", "2041-02-05", "2041-03-06")
    ]


def test_the_figures_of_the_month_are_those_worked_out_by_hand(practice: Practice) -> None:
    february(practice)
    practice.advance_to(day(3, 1), SIX)
    practice.work()

    (report,) = documents(practice, ReportKind.goal_report, "2041-02")

    levels = [goal["ratings"][-1]["level"] for goal in report["goals"]]
    assert levels == [pytest.approx(1 / 3), pytest.approx(2 / 3), -1]
    # Σw² = 9 + 4 + 1, (Σw)² = 36; at the baseline Σwx = −6, now 3·⅓ + 2·⅔ − 1 = 4/3
    spread = (0.7 * 14 + 0.3 * 36) ** 0.5
    assert report["t_score"]["baseline"] == pytest.approx(50 - 60 / spread)
    assert report["t_score"]["now"] == pytest.approx(50 + 10 * (4 / 3) / spread)
    assert report["t_score"]["averaged"] is True
    (workflow,) = report["benefits"]
    assert [(point["mean"], point["answers"]) for point in workflow["points"]] == [
        (pytest.approx(13 / 5), 5),
        (pytest.approx(7 / 2), 2),
    ]
    assert workflow["change"] == {"since": "start", "until": "mid", "mean": 1.5, "answers": 2}
    assert report["awaiting"][0] == {"chore": "summary", "on": "2041-02-19", "phase": None, "done": 0, "of": 0}
    assert [one["chore"] for one in report["awaiting"]] == ["summary", "next_session"]


@pytest.mark.parametrize(
    ("month", "first", "last_minute", "next_minute"),
    [
        ("2041-01", (2, 1), at(1, 31, 23, 59), at(2, 1, 0, 0)),
        ("2041-03", (4, 1), at(3, 31, 23, 59), at(4, 1, 0, 0)),  # the clocks went forward on the 31st
        ("2041-10", (11, 1), at(10, 31, 23, 59), at(11, 1, 0, 0)),  # and back on the 27th
    ],
)
def test_a_month_ends_at_midnight_in_helsinki(
    practice: Practice, month: str, first: tuple[int, int], last_minute: datetime, next_minute: datetime
) -> None:
    course = practice.course(people=2)
    course.hold(last_minute)
    course.hold(next_minute)

    practice.advance_to(day(*first), SIX)
    practice.work()

    (report,) = documents(practice, ReportKind.goal_report, month)
    assert [meeting["number"] for meeting in report["meetings"]] == [1]
    assert report["sessions"]["held"] == 1


def test_a_month_in_which_nothing_happened_has_no_report(practice: Practice) -> None:
    practice.course()
    practice.advance_to(day(3, 1), SIX)
    practice.work()
    told = len(practice.staged(ReportCompiled))

    practice.advance_to(day(4, 1), SIX)
    practice.work()

    assert len(practice.staged(ReportCompiled)) == told
    assert documents(practice, ReportKind.goal_report, "2041-03") == []
    assert [report.status for report in practice.reports(occasion="2041-03")] == [ReportStatus.skipped]


def test_the_month_in_which_a_process_was_only_opened_has_no_report(practice: Practice) -> None:
    idle, busy = practice.course(people=2), practice.course(people=2)
    busy.hold(at(1, 21))

    practice.advance_to(day(2, 1), SIX)
    practice.work()

    assert practice.reports(process_id=idle.id) == []
    assert [report.occasion for report in practice.reports(process_id=busy.id)] == ["2041-01"]


def test_after_months_without_anybody_awake_each_month_is_made_up_for_once(practice: Practice) -> None:
    course = practice.course(people=2)
    for month in (1, 2, 3):
        course.hold(at(month, 21))

    practice.advance_to(day(4, 9))
    practice.work()
    practice.work()

    made = practice.reports(ReportStatus.compiled, kind=ReportKind.goal_report)
    assert [report.occasion for report in made] == ["2041-01", "2041-02", "2041-03"]
    held = [(report.document or {})["sessions"] for report in made]
    assert [(each["held"], each["held_in_all"]) for each in held] == [(1, 1), (1, 2), (1, 3)]


def test_however_many_work_at_once_a_period_is_reported_once(practice: Practice) -> None:
    for _ in range(4):
        practice.course(people=2).hold(at(1, 21))
    practice.advance_to(day(2, 1), SIX)
    practice.let_quiet_come()
    settings = practice.settings

    def work() -> None:
        practice.work()
        while build.make_next_report(practice.engine, settings):
            pass

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    practice.work()

    told = practice.staged(ReportCompiled)
    assert sorted(event.kind for event in told) == ["goal_report"] * 4 + ["overview_report"]
    assert len({event.process_id for event in told}) == 5
    assert {event.version for event in told} == {1}


def test_the_cadence_is_the_supervisors_to_choose(practice: Practice) -> None:
    address = f"/api/v1/supervisors/{practice.supervisor_id}/report-schedule"
    course = practice.course(people=2)
    course.hold(at(1, 21))
    course.hold(at(3, 21))

    usual = practice.maija.get(address).json()
    chosen = practice.maija.put(address, json={"cadence": "quarterly"}).json()
    practice.advance_to(day(4, 1), SIX)
    practice.work()

    assert (usual["cadence"], usual["next_due_at"]) == ("monthly", "2041-02-01T04:00:00Z")
    assert (chosen["cadence"], chosen["next_due_at"]) == ("quarterly", "2041-04-01T03:00:00Z")
    (report,) = practice.reports(ReportStatus.compiled, kind=ReportKind.goal_report)
    assert report.occasion == "2041-Q1"
    assert (report.document or {})["sessions"]["held"] == 2


def test_a_change_of_cadence_asks_for_nothing_of_the_past(practice: Practice) -> None:
    address = f"/api/v1/supervisors/{practice.supervisor_id}/report-schedule"
    practice.course(people=2).hold(at(1, 21))
    practice.maija.put(address, json={"cadence": "half_yearly"})

    practice.advance_to(day(5, 15))
    practice.maija.put(address, json={"cadence": "monthly"})
    practice.work()

    assert practice.reports(kind=ReportKind.goal_report) == []


def test_only_the_supervisor_and_an_admin_set_the_cadence(practice: Practice) -> None:
    address = f"/api/v1/supervisors/{practice.supervisor_id}/report-schedule"

    assert practice.admin.put(address, json={"cadence": "quarterly"}).status_code == 200
    assert practice.as_(Role.supervisor, uuid4()).get(address).status_code == 404
    assert practice.client.get(address).status_code == 403
    assert practice.maija.put(address, json={"cadence": "daily"}).status_code == 422


def test_the_overview_has_every_process_and_what_waits_first(practice: Practice) -> None:
    calm, waiting, closed = (practice.course(people=2) for _ in range(3))
    for course in (calm, waiting, closed):
        course.agree({"title": "Vastuut"})
    calm.round(Phase.start, [1], [1])
    calm.summarise(calm.hold(at(1, 21)), ("Sovittu", None, False))
    calm.hold(at(2, 10))
    calm.book(at(3, 3))
    waiting.book(at(1, 22))
    closed.hold(at(1, 9))
    closed.close()

    practice.advance_to(day(2, 1), SIX)
    practice.work()
    practice.advance_to(day(3, 1), SIX)
    practice.work()

    january, february = documents(practice, ReportKind.overview_report)
    lines = january["processes"]
    assert [line["code"] for line in lines] == [each.fields["code"] for each in (waiting, closed, calm)]
    assert [line["awaiting"][0]["chore"] for line in lines[:2]] == ["attendance", "summary"]
    assert (lines[2]["goals_met"], lines[2]["open_actions"], lines[2]["response"]["answered"]) == (1, 1, 2)
    assert lines[2]["t_score"]["now"] == pytest.approx(60)
    assert january["supervisor_name"] == "Maija Meikäläinen"
    assert closed.fields["code"] not in [line["code"] for line in february["processes"]]


def test_nobody_is_waited_for_to_review_what_no_client_gets(practice: Practice) -> None:
    course = practice.course(people=2)
    course.hold(at(1, 21))
    practice.advance_to(day(2, 1), SIX)
    practice.work()

    reports = practice.reports(ReportStatus.compiled)
    assert {report.kind for report in reports} == {ReportKind.goal_report, ReportKind.overview_report}
    for report in reports:
        answer = practice.maija.get(f"/api/v1/reports/{report.id}/reviews")
        assert answer.status_code == 200, answer.text
        assert [answer.json()[name] for name in ("seen", "waiting", "objecting", "reviews")] == [[], [], [], []]


# -- by hand ----------------------------------------------------------------------------------------------


def test_a_report_can_be_had_at_once_in_every_form(practice: Practice) -> None:
    course = february(practice)

    asked = practice.maija.post(f"/api/v1/processes/{course.id}/reports", json={"kind": "goal_report"})

    assert asked.status_code == 201, asked.text
    address = asked.headers["Location"]
    assert asked.json()["period"]["key"] == "2041-01-07--2041-02-24"
    shown = practice.maija.get(address).json()
    assert shown["document"]["t_score"]["scored"] == 3
    pages = practice.maija.get(f"{address}.pdf")
    assert (pages.headers["content-type"], pages.content[:5]) == ("application/pdf", b"%PDF-")
    table = practice.maija.get(f"{address}.csv")
    assert table.content.startswith(b"\xef\xbb\xbf")
    assert "Tapaamiset;TO-" in table.text
    listed = practice.maija.get(f"/api/v1/reports?process_id={course.id}").json()["items"]
    assert [report["id"] for report in listed] == [shown["id"]]


def test_a_period_that_is_over_is_reported_once_however_often_one_asks(practice: Practice) -> None:
    course = february(practice)
    practice.advance_to(day(3, 2))
    ask = {"kind": "goal_report", "period": "2041-02"}
    address = f"/api/v1/processes/{course.id}/reports"

    first, again = (practice.maija.post(address, json=ask) for _ in range(2))
    practice.work()

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert len(practice.reports(kind=ReportKind.goal_report, occasion="2041-02")) == 1
    told = [event for event in practice.staged(ReportCompiled) if str(event.report_id) == first.json()["id"]]
    assert len(told) == 1


def test_a_month_reported_before_its_end_is_reported_anew_when_it_is_over(practice: Practice) -> None:
    course = practice.course(people=2)
    course.hold(at(1, 9))
    practice.advance_to(day(1, 10))
    ask = {"kind": "goal_report", "period": "2041-01"}
    early = practice.maija.post(f"/api/v1/processes/{course.id}/reports", json=ask).json()
    course.hold(at(1, 23))

    practice.advance_to(day(2, 1), SIX)
    practice.work()

    (report,) = practice.reports(kind=ReportKind.goal_report)
    assert str(report.id) == early["id"]
    assert (report.version, (report.document or {})["sessions"]["held"]) == (2, 2)


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"kind": "goal_report", "period": "2041-13"}, "period"),
        ({"kind": "goal_report", "period": "helmikuu"}, "period"),
        ({"kind": "goal_report", "period": "2041-02"}, "period"),
        ({"kind": "goal_report", "period": "2041-01-31--2041-01-01"}, "period"),
        ({"kind": "overview_report"}, "kind"),
        ({"period": "2041-01"}, "kind"),
        ({"kind": "goal_report", "cadence": "monthly"}, "cadence"),
    ],
)
def test_what_cannot_be_reported_is_refused_by_its_name(practice: Practice, wanted: Json, field: str) -> None:
    course = practice.course()

    refused = practice.maija.post(f"/api/v1/processes/{course.id}/reports", json=wanted)

    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == [field]


def test_the_same_key_compiles_once(practice: Practice) -> None:
    course = practice.course(people=2)
    key = {"Idempotency-Key": "yksi-raportti"}
    address = f"/api/v1/processes/{course.id}/reports"

    first, again = (practice.maija.post(address, json={"kind": "goal_report"}, headers=key) for _ in range(2))

    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert len(practice.staged(ReportCompiled)) == 1


def test_a_report_is_nobody_elses_to_read(practice: Practice) -> None:
    course = february(practice)
    made = practice.maija.post(f"/api/v1/processes/{course.id}/reports", json={"kind": "goal_report"})
    address = made.headers["Location"]
    stranger = practice.as_(Role.supervisor, uuid4())

    for reader in (stranger, practice.client):
        assert reader.post(f"/api/v1/processes/{course.id}/reports", json={"kind": "goal_report"}).status_code == 404
        assert [reader.get(f"{address}{form}").status_code for form in ("", ".pdf", ".csv")] == [404] * 3
        assert reader.get("/api/v1/reports").json()["items"] == []
    assert practice.visitor().get(address).status_code == 401


def test_whoever_read_a_report_is_written_down_for_ever(practice: Practice) -> None:
    course = february(practice)
    made = practice.maija.post(f"/api/v1/processes/{course.id}/reports", json={"kind": "goal_report"}).json()
    practice.admin.get(f"/api/v1/reports/{made['id']}.pdf")

    entries = practice.run("SELECT actor, via, action, subject FROM audit_entry ORDER BY id").all()

    report = f"report/{made['id']}"
    maija = f"supervisor/{practice.supervisor_id}"
    assert entries == [(maija, "supervisor-1", "report.compiled", report), ("admin", "admin-1", "report.read", report)]
    with pytest.raises(Exception, match="what was done stays written"):
        practice.run("DELETE FROM audit_entry")


def test_the_link_in_the_supervisors_letter_opens_the_report_and_changes_nothing(practice: Practice) -> None:
    february(practice)
    practice.work()
    told = told_of(practice, "mid")
    assert told.supervisor_link

    page = practice.visitor().get(practice.address(told.supervisor_link))

    assert page.status_code == 200
    assert "Väliarviointi TO-" in page.text
    assert practice.visitor().get(f"{practice.address(told.supervisor_link)}/raportti.pdf").content[:5] == b"%PDF-"
    assert practice.visitor().post(practice.address(told.supervisor_link), data={"approved": True}).status_code == 404
    assert practice.visitor().get(practice.address(uuid4())).status_code == 404
    practice.advance_to(day(12, 24))
    assert practice.visitor().get(practice.address(told.supervisor_link)).status_code == 410


def test_another_address_of_the_supervisor_ends_the_links_in_letters_to_the_one_before(practice: Practice) -> None:
    february(practice)
    practice.work()
    link, first, second = told_of(practice, "mid").supervisor_link, uuid4(), uuid4()
    assert link

    for address in (first, second):
        practice.supervisor(email="maija@toinen.example", address_id=address)

    each = [practice.address(personal_link(link, one)) for one in (None, first, second)]
    assert [practice.visitor().get(page).status_code for page in each] == [410, 410, 200]
    assert [practice.visitor().get(f"{page}/raportti.pdf").status_code for page in each] == [410, 410, 200]


def test_a_link_made_while_the_address_changed_opens_nothing_for_the_one_before(practice: Practice) -> None:
    february(practice)
    practice.work()
    link = told_of(practice, "mid").supervisor_link
    assert link

    practice.run("UPDATE supervisor SET address_id = :address_id", address_id=uuid4())

    assert practice.visitor().get(practice.address(link)).status_code == 410


def test_the_link_opens_nothing_as_long_as_its_supervisor_is_deactivated(practice: Practice) -> None:
    february(practice)
    practice.work()
    link = told_of(practice, "mid").supervisor_link
    assert link
    address = practice.address(link)

    practice.supervisor(active=False)
    assert practice.visitor().get(address).status_code == 404
    practice.supervisor(active=True)
    assert practice.visitor().get(address).status_code == 200


# -- trouble ----------------------------------------------------------------------------------------------


def test_a_report_that_cannot_be_made_waits_without_holding_up_others(practice: Practice) -> None:
    broken, sound = practice.course(people=2), practice.course(people=2)
    for course in (broken, sound):
        course.agree({"title": "Vastuut"})
        course.round(Phase.start, [0], [0])
    practice.run("UPDATE agreed_goals SET goals = '[{}]' WHERE process_id = :id", id=broken.id)

    practice.work()

    (waiting,) = practice.reports(process_id=broken.id)
    assert (waiting.status, waiting.attempts, waiting.trouble) == (ReportStatus.due, 1, "ValidationError")
    assert len(practice.reports(ReportStatus.compiled, process_id=sound.id)) == 1
    assert len(practice.staged(ReportCompiled)) == 1
    metrics = practice.visitor().get("/metrics").text
    assert 'tyonohjaus_reports{status="due"} 1.0' in metrics
    practice.run("UPDATE report SET asked_at = now() - interval '1 day' WHERE status = 'due'")
    ready = practice.visitor().get("/readyz")
    assert (ready.status_code, len(ready.json()["reasons"])) == (503, 1)


def test_a_report_is_late_also_while_a_worker_has_it_in_hand(practice: Practice) -> None:
    """One that dies with it leaves the row as it was."""
    course = practice.course(people=2)
    course.agree({"title": "Vastuut"})
    course.round(Phase.start, [0], [0])
    practice.let_quiet_come()
    practice.run("UPDATE report SET asked_at = now() - interval '1 day' WHERE status = 'due'")

    with Database(practice.engine) as db, transaction(practice.engine) as beside:
        report = reports.claim_report(db)
        assert report is not None
        report.status = ReportStatus.compiled
        db.flush()
        assert reports.report_lateness(beside) >= timedelta(days=1)
    with transaction(practice.engine) as db:
        assert reports.report_lateness(db) >= timedelta(days=1)


def test_a_process_of_twenty_meetings_and_six_people_costs_little(practice: Practice) -> None:
    course = practice.course(people=6, planned_sessions=20, benefits=("workflow", "learning", "cooperation"))
    course.agree({"title": "Vastuut", "importance": 3}, {"title": "Palaute", "importance": 2}, {"title": "Muutos"})
    for number in range(20):
        session = course.hold(at(1, 9) + timedelta(days=number))
        course.summarise(session, ("Seuraava askel", None, number % 2 == 0))
    for phase in (Phase.start, Phase.mid, Phase.final):
        said = {benefit: [3, 4, 4, 3, 5, 2] for benefit in ("workflow", "learning", "cooperation")}
        course.round(phase, *[[0, 1, -1]] * 6, **said)
    practice.let_quiet_come()
    build.make_next_report(practice.engine, practice.settings)

    began = real_time.process_time()
    assert build.make_next_report(practice.engine, practice.settings)

    assert real_time.process_time() - began < 0.5


def test_forms_of_one_person_have_reports_too(practice: Practice) -> None:
    course = practice.course(Form.individual, people=1)
    course.agree({"title": "Vastuut"})
    course.round(Phase.start, [-1])

    practice.work()

    (report,) = documents(practice, ReportKind.goal_report)
    assert report["goals"][0]["ratings"][0]["level"] == -1
    assert report["t_score"]["averaged"] is False
