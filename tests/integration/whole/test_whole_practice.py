"""A whole practice, from first talks to released reports: the demo's story on the servers that a newcomer starts.

Every figure in every report is compared with one that `reckoning` finds in another way.
"""

import csv
import html
import re
import subprocess
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from io import StringIO
from typing import Any

import httpx
import pytest

from services.events.catalogue import Phase
from services.quickstart.demo import people
from services.quickstart.demo.people import Case
from tests.support import tagged_pdf
from tests.support.practice import Installation, Json, Practice, eventually
from tests.support.reckoning import HELSINKI, Course, all_months, day, end_of_month, finnish, finnish_day

ROUNDS = {Phase.start: "alkuarviointi", Phase.mid: "väliarviointi", Phase.final: "loppuarviointi"}
CASES = (people.HOME_CARE, people.SERVICE_GUIDES, people.MANAGER, people.NURSES, people.DAY_CARE)


@pytest.fixture(scope="module")
def practice(installation_with_story: Installation) -> Practice:
    """Once reports that came at six in the morning lie with their readers, which is at eight."""
    practice = installation_with_story.practice
    today = practice.now().astimezone(HELSINKI).date()
    six, morning = (datetime.combine(today, clock, HELSINKI) for clock in (time(6), time(8, 5)))
    if six <= practice.now() < morning:
        practice.advance_to(morning)
        eventually(lambda: not is_sending(practice), what="the letters of the morning")
    return practice


def is_sending(practice: Practice) -> bool:
    waiting = (row for status in ("planned", "sending") for row in practice.messages(status=status))
    return any(datetime.fromisoformat(row["due_at"]) <= practice.now() for row in waiting)


@pytest.fixture(scope="module")
def courses(practice: Practice) -> dict[str, Course]:
    processes = {each["title"]: each for each in practice.booking.get("/api/v1/processes").json()["items"]}
    return {case.title: course_of(practice, case, processes[case.title]) for case in CASES}


@pytest.fixture(scope="module")
def team(courses: dict[str, Course]) -> Course:
    return courses[people.HOME_CARE.title]


def course_of(practice: Practice, case: Case, process: Json) -> Course:
    query = {"process_id": process["id"], "limit": "100"}
    sessions = practice.booking.get("/api/v1/sessions", params=query).json()["items"]
    rounds = practice.booking.get(f"/api/v1/processes/{process['id']}/evaluations").json()["items"]
    return Course(case, process, sorted(sessions, key=lambda one: one["starts_at"]), rounds)


def reports_of(practice: Practice, **query: str) -> list[Json]:
    found = practice.reporting.get("/api/v1/reports", params={**query, "limit": "100"}).json()["items"]
    return [practice.reporting.get(f"/api/v1/reports/{report['id']}").json() for report in found]


# -- every form of a report -------------------------------------------------------------------------------


def flat(text: str) -> str:
    return " ".join(text.replace("\xa0", " ").split())


def seen(page: str) -> str:
    """What a reader of this HTML sees."""
    bare = re.sub(r"<(style|title|head)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return flat(html.unescape(re.sub(r"<[^>]+>", " ", bare)))


def pdf_text(practice: Practice, report: Json) -> str:
    made = practice.reporting.get(f"/api/v1/reports/{report['id']}.pdf").content
    assert tagged_pdf.faults(made) == []
    read = subprocess.run(["pdftotext", "-layout", "-", "-"], input=made, capture_output=True, check=True)
    return flat(read.stdout.decode())


def table(practice: Practice, report: Json) -> list[list[str]]:
    content = practice.reporting.get(f"/api/v1/reports/{report['id']}.csv").content.decode()
    assert content.startswith("\ufeffOsa;")
    return list(csv.reader(StringIO(content[1:]), delimiter=";"))[1:]


def letter_about(practice: Practice, to: str, subject: str) -> Json:
    (caught,) = [letter for letter in practice.letters(to) if flat(letter["subject"]) == subject]
    return practice.letter(caught)


def label(first: date, last: date) -> str:
    months = ["tammi", "helmi", "maalis", "huhti", "touko", "kesä", "heinä", "elo", "syys", "loka", "marras", "joulu"]
    if first.day == 1 and last == end_of_month(first):
        return f"{months[first.month - 1]}kuu {first.year}"
    begin = f"{first.day}." + (f"{first.month}." if (first.month, first.year) != (last.month, last.year) else "")
    return f"{begin}{first.year if first.year != last.year else ''}–{finnish_day(last)}"


# -- what is expected -------------------------------------------------------------------------------------


def expected_document(course: Course, first: date, last: date) -> Json:
    """The figures of a goal report as its JSON gives them, means and T-scores rounded to six decimals."""
    held = course.held
    present, excused, no_shows = course.attendance(first, last)
    return {
        "first": str(first),
        "last": str(last),
        "code": course.code,
        "sessions": {
            "held": sum(first <= on <= last for on in held),
            "cancelled": sum(first <= on <= last for on in course.cancelled),
            "held_in_all": sum(on <= last for on in held),
            "planned_in_all": course.case.planned,
        },
        "attendance": {"present": present, "excused": excused, "no_shows": no_shows},
        "meetings": [
            (str(day(each["starts_at"])), each["status"])
            for each in course.sessions
            if first <= day(each["starts_at"]) <= last
        ],
        "goals": [expected_goal(course, number, last) for number in range(len(course.case.goals))],
        "t_score": expected_t(course, last),
        "benefits": [expected_benefit(course, benefit, course.phases(last)) for benefit in course.benefits],
        "responses": course.responses(last),
        "actions": sorted(
            (str(due), str(on), text) for text, on, due in course.open_actions(last)
        ),
    }  # fmt: skip


def expected_goal(course: Course, number: int, last: date) -> Json:
    goal = course.case.goals[number]
    ratings = [(phase, course.rated(number, phase)) for phase in course.phases(last)]
    return {
        "title": goal.title,
        "importance": goal.importance,
        "baseline": goal.baseline,
        "levels": dict(zip(("-2", "-1", "0", "1", "2"), goal.levels, strict=True)),
        "ratings": [
            (phase.value, round(float(rated.level), 6), rated.answers, rated.agreed, goal.levels[rated.described + 2])
            for phase, rated in ratings
            if rated
        ],
    }


def expected_t(course: Course, last: date) -> Json | None:
    found = course.t_scores(last)
    if found is None:
        return None
    before, now, scored = found
    newest = [course.newest(number, last) for number in range(len(course.case.goals))]
    return {
        "baseline": round(before, 6),
        "now": round(now, 6),
        "change": round(now - before, 6),
        "scored": scored,
        "total": len(course.case.goals),
        "averaged": any(rated.averaged for rated in newest if rated),
    }


def expected_benefit(course: Course, benefit: str, phases: Sequence[Phase]) -> Json:
    points = []
    for phase in phases:
        said = list(course.agreement(benefit, phase).values())
        points.append((phase.value, round(sum(said) / len(said), 6), len(said)))
    change = course.benefit_change(benefit, phases)
    return {"benefit": benefit, "points": points, "change": (round(float(change[0]), 6), change[1]) if change else None}


def told(document: Json) -> Json:
    """The same figures as the report tells them."""
    return {
        **{name: document[name] for name in ("first", "last", "code", "sessions", "attendance")},
        "meetings": [(str(day(each["starts_at"])), each["status"]) for each in document["meetings"]],
        "goals": [told_goal(goal) for goal in document["goals"]],
        "t_score": told_t(document["t_score"]),
        "benefits": [told_benefit(benefit) for benefit in document["benefits"]],
        "responses": [(each["phase"], each["answered"], each["invited"]) for each in document["responses"]],
        "actions": [(each["due"], each["agreed_on"], each["text"]) for each in document["actions"]],
    }


def told_goal(goal: Json) -> Json:
    ratings = [(r["phase"], round(r["level"], 6), r["answers"], r["agreed"], r["words"]) for r in goal["ratings"]]
    return {name: goal[name] for name in ("title", "importance", "baseline", "levels")} | {"ratings": ratings}


def told_t(t: Json | None) -> Json | None:
    return {name: round(value, 6) if isinstance(value, float) else value for name, value in t.items()} if t else None


def told_benefit(status: Json) -> Json:
    points = [(point["phase"], round(point["mean"], 6), point["answers"]) for point in status["points"]]
    change = (round(status["change"]["mean"], 6), status["change"]["answers"]) if status["change"] else None
    return {"benefit": status["benefit"], "points": points, "change": change}


def expected_words(course: Course, first: date, last: date) -> list[str]:
    """What stands in the report for people, in reading order of no importance."""
    present, excused, no_shows = course.attendance(first, last)
    words = [f"{sum(on <= last for on in course.held)}/{course.case.planned}"]
    if present:
        share = finnish(100 * present / (present + excused + no_shows))
        words += [f"{share} %", f"poissa {excused}, saapumatta {no_shows}"]
    phases = course.phases(last)
    if on_goals := [phase for phase in phases if any(course.rated(n, phase) for n in range(len(course.case.goals)))]:
        words += [goal_row(course, number, on_goals) for number in range(len(course.case.goals))]
    if found := course.t_scores(last):
        before, now, scored = found
        words.append(f"{finnish(before, 1)} → {finnish(now, 1)} (muutos {finnish(now - before, 1, signed=True)})")
        words.append(f"{course.met(last)}/{scored}")
    words += [benefit_row(course, benefit, phases) for benefit in course.benefits if phases]
    words += [f"{finnish_day(on)} {finnish_day(due)}" for _, on, due in course.open_actions(last)]
    return words


def goal_row(course: Course, number: int, phases: Sequence[Phase]) -> str:
    goal, levels = course.case.goals[number], [course.rated(number, phase) for phase in phases]
    newest = next(rated for rated in reversed(levels) if rated)
    change = finnish(newest.level - goal.baseline, 1 if newest.averaged else 0, signed=True)
    return " ".join([finnish(goal.baseline, signed=True), *(rated.text if rated else "–" for rated in levels), change])


def benefit_row(course: Course, benefit: str, phases: Sequence[Phase]) -> str:
    said = [list(course.agreement(benefit, phase).values()) for phase in phases]
    change = course.benefit_change(benefit, phases)
    counts = [len(each) for each in said]
    return " ".join(
        [
            *(finnish(sum(each) / len(each), 1) for each in said),
            finnish(change[0], 1, signed=True) if change else "–",
            ", ".join(map(str, counts if len(set(counts)) > 1 else counts[:1])),
        ]
    )


def figures_in(rows: Sequence[list[str]]) -> list[list[str]]:
    """The table's rows without those of single meetings and of what the levels are in words."""
    names = {
        "Tapaamiset": {"pidetty jaksolla", "peruttu jaksolla", "pidetty kaikkiaan", "suunniteltu kaikkiaan"},
        "Läsnäolo": {"läsnä", "poissa", "saapumatta"},
        "Tavoitteet": {"taso", "keskiarvo"},
    }
    return [row for row in rows if row[3] in names.get(row[0], ()) or row[0] in ("T-luku", "Hyödyt")]


def expected_rows(course: Course, first: date, last: date) -> list[list[str]]:
    """The rows of the table that tell figures."""
    code, rows = course.code, list[list[str]]()
    document = expected_document(course, first, last)
    sessions, attendance = document["sessions"], document["attendance"]
    for name, value in (
        ("pidetty jaksolla", sessions["held"]),
        ("peruttu jaksolla", sessions["cancelled"]),
        ("pidetty kaikkiaan", sessions["held_in_all"]),
        ("suunniteltu kaikkiaan", sessions["planned_in_all"]),
    ):
        rows.append(["Tapaamiset", code, "", name, str(value), ""])
    for name, key in (("läsnä", "present"), ("poissa", "excused"), ("saapumatta", "no_shows")):
        rows.append(["Läsnäolo", code, "", name, str(attendance[key]), ""])
    for number, goal in enumerate(course.case.goals):
        rows.append(["Tavoitteet", goal.title, "lähtötaso", "taso", str(goal.baseline), ""])
        for phase in course.phases(last):
            if rated := course.rated(number, phase):
                what, count = ("keskiarvo", str(rated.answers)) if rated.averaged else ("taso", "")
                value = finnish(rated.level, 1 if rated.averaged else 0).replace("−", "-")
                rows.append(["Tavoitteet", goal.title, ROUNDS[phase], what, value, count])
    return rows + t_rows(course, last) + benefit_rows(course, course.phases(last))


def t_rows(course: Course, last: date) -> list[list[str]]:
    found = course.t_scores(last)
    if found is None:
        return []
    before, now, scored = found
    t = expected_t(course, last)
    basis = "T-luku, keskiarvoon perustuva" if t and t["averaged"] else "T-luku"
    return [
        ["T-luku", course.code, "lähtötaso", basis, finnish(before, 1), ""],
        ["T-luku", course.code, "viimeksi", basis, finnish(now, 1), ""],
        ["T-luku", course.code, "", "muutos", finnish(now - before, 1).replace("−", "-"), ""],
        ["T-luku", course.code, "", "arvioituja tavoitteita", str(scored), ""],
    ]


LABELS = {
    "goal_clarity": "Yhteisten tavoitteiden selkeys",
    "role_clarity": "Tehtävien ja roolien selkeys",
    "workflow": "Työn sujuvuus",
    "cooperation": "Yhteistyö",
    "peer_learning": "Oppiminen muilta",
    "professional_identity": "Ammatillinen identiteetti",
}


def benefit_rows(course: Course, phases: Sequence[Phase]) -> list[list[str]]:
    rows = []
    for benefit in course.benefits:
        for phase in phases:
            said = list(course.agreement(benefit, phase).values())
            average = finnish(sum(said) / len(said), 1)
            rows.append(["Hyödyt", LABELS[benefit], ROUNDS[phase], "keskiarvo", average, str(len(said))])
        if change := course.benefit_change(benefit, phases):
            told_change = finnish(change[0], 1).replace("−", "-")
            rows.append(["Hyödyt", LABELS[benefit], ROUNDS[phases[-1]], "muutos", told_change, str(change[1])])
    return rows


# -- the story itself -------------------------------------------------------------------------------------


def test_the_practice_went_as_the_story_says(practice: Practice, team: Course) -> None:
    assert (len(team.held), len(team.cancelled), team.process["status"]) == (10, 1, "closed")
    assert [(one["phase"], one["status"], one["answered"], one["invited"]) for one in team.rounds] == [
        (phase, "closed", 5, 5) for phase in ("start", "mid", "final")
    ]
    opened = [day(one["opened_at"]) for one in team.rounds]
    assert opened == [team.held[0], team.held[4], team.held[9]]
    assert team.attendance(team.held[0], team.held[9]) == (47, 2, 1)
    talks = practice.booking.get("/api/v1/intakes").json()["items"]
    assert [(talk["status"], talk["start"]) for talk in talks] == [("confirmed", True), ("confirmed", None)]
    summary = practice.booking.get(f"/api/v1/sessions/{team.sessions[4]['id']}/summary").json()
    assert [(each["number"], each["sent_letter"]) for each in summary["editions"]] == [(1, True), (2, False)]


def test_everybody_got_the_letters_of_the_story_and_none_twice(practice: Practice, team: Course) -> None:
    letters = practice.letters(people.HOME_CARE.people[0].email)
    counts: dict[str, int] = {}
    for letter in letters:
        kind = flat(letter["subject"]).split(":")[0].rstrip("0123456789. ")
        counts[kind] = counts.get(kind, 0) + 1

    assert counts["Yhteenveto työnohjauksesta"] == 10
    assert counts["Palaute työnohjauksesta"] == 9, "who was not there is not asked"
    assert (counts["Uusi aika"], counts["Peruttu"]) == (1, 1)
    assert [counts[f"Työnohjauksen {name}"] for name in ROUNDS.values()] == [1, 1, 1]
    assert counts["Tutustu työnohjauksen loppuraporttiin ennen sen luovuttamista"] == 1
    assert len({letter["message_id"] for letter in practice.letters()}) == len(practice.letters())
    # An agenda is for its morning, through which the story's clock may have leapt.
    others = {row["status"] for row in practice.messages() if row["kind"] != "daily_agenda"}
    assert others <= {"planned", "sent", "cancelled"}


# -- reports to the supervisor ----------------------------------------------------------------------------


def test_there_is_a_report_of_every_round_and_every_month_with_an_event_and_no_other(
    practice: Practice, courses: dict[str, Course]
) -> None:
    now = practice.now()
    for course in courses.values():
        found = reports_of(practice, process_id=course.process["id"], kind="goal_report")
        closed = [day(one["closed_at"]) for one in course.rounds if one["closed_at"]]
        of_rounds = [(str(day(course.process["opened_at"])), str(on)) for on in closed]
        of_months = [(str(first), str(last)) for first, last in course.eventful_months(now)]
        assert sorted((one["period"]["first"], one["period"]["last"]) for one in found) == sorted(of_rounds + of_months)
        for one in found:
            if one["evaluation_id"] is None:
                due = datetime.combine(date.fromisoformat(one["period"]["last"]) + timedelta(days=1), time(6), HELSINKI)
                late = datetime.fromisoformat(one["compiled_at"]) - due
                assert timedelta(0) <= late < timedelta(minutes=2)


@pytest.mark.parametrize("case", CASES[:3], ids=lambda case: case.form)
def test_each_figure_of_each_goal_report_is_the_one_reckoned_here(
    practice: Practice, courses: dict[str, Course], case: Case
) -> None:
    course = courses[case.title]
    for report in reports_of(practice, process_id=course.process["id"], kind="goal_report"):
        first, last = (date.fromisoformat(report["period"][end]) for end in ("first", "last"))
        begun = last >= course.held[0]
        if not begun:
            continue
        assert told(report["document"]) == expected_document(course, first, last)
        assert figures_in(table(practice, report)) == expected_rows(course, first, last)
        letter = letter_about(practice, people.HELENA.email, f"Tavoitearviointi {label(first, last)}: {course.code}")
        forms = {"PDF": pdf_text(practice, report), "letter": seen(letter["html"])}
        for name, text in forms.items():
            missing = [words for words in expected_words(course, first, last) if words not in text]
            assert missing == [], (name, label(first, last), text)
        assert_letter_tells(letter, course, last)
        assert [part["type"] for part in letter["attachments"]] == ["application/pdf"]


def assert_letter_tells(letter: Json, course: Course, last: date) -> None:
    text = flat(letter["text"])
    assert f"Tapaamisia pidetty: {sum(on <= last for on in course.held)}/{course.case.planned}" in text
    if found := course.t_scores(last):
        before, now, scored = found
        change = finnish(now - before, 1, signed=True)
        assert f"T-luku: lähtötilanteessa {finnish(before, 1)}, nyt {finnish(now, 1)} (muutos {change})" in text
        assert f"Tavoitteista saavutettu tai ylitetty: {course.met(last)}/{scored}" in text
    for person in course.case.people:
        assert person.last_name not in text + seen(letter["html"]), "the code, no names"


def test_the_figures_reckoned_here_are_those_of_the_handbook(team: Course) -> None:
    before, at_mid, _ = team.t_scores(team.answered_on(Phase.mid) or date.max) or (0, 0, 0)
    _, at_end, _ = team.t_scores(date.max) or (0, 0, 0)

    assert finnish(before, 1) == "34,6"
    assert (finnish(at_mid, 1), finnish(at_end, 1)) == ("42,3", "52,2")


def test_the_supervisor_opens_the_report_by_the_link_in_the_letter(practice: Practice, team: Course) -> None:
    last = team.answered_on(Phase.final)
    assert last
    period = label(day(team.process["opened_at"]), last)
    letter = letter_about(practice, people.HELENA.email, f"Tavoitearviointi {period}: {team.code}")
    found = re.search(r"https?://\S+/raportti/[\w-]+", letter["text"])
    assert found

    page = httpx.get(found[0])

    assert page.status_code == 200
    assert all(words in seen(page.text) for words in expected_words(team, day(team.process["opened_at"]), last))


def test_an_overview_comes_of_every_month_with_an_event(practice: Practice, courses: dict[str, Course]) -> None:
    found = reports_of(practice, kind="overview_report")

    assert [(one["period"]["first"], one["period"]["last"]) for one in found] == [
        (str(first), str(last)) for first, last in all_months(courses.values(), practice.now())
    ]
    for report in found:
        first, last = (date.fromisoformat(report["period"][end]) for end in ("first", "last"))
        lines = {line["code"]: line for line in report["document"]["processes"]}
        then = [course for course in courses.values() if was_open(course, first, last)]
        assert set(lines) == {course.code for course in then}
        for course in then:
            if course.held:
                assert told_line(lines[course.code]) == expected_line(course, first, last)
        letter = letter_about(practice, people.HELENA.email, f"Katsaus työnohjausprosesseihin: {label(first, last)}")
        held = sum(first <= on <= last for course in then for on in course.held)
        assert f"Tapaamisia pidetty: {held}" in flat(letter["text"])
        assert str(len(then)) in flat(letter["text"])


def was_open(course: Course, first: date, last: date) -> bool:
    closed = course.process["closed_at"]
    return day(course.process["opened_at"]) <= last and (closed is None or day(closed) >= first)


def expected_line(course: Course, first: date, last: date) -> Json:
    document = expected_document(course, first, last)
    return {
        **{name: document[name] for name in ("sessions", "attendance", "t_score")},
        "goals_met": course.met(last),
        "open_actions": len(document["actions"]),
    }


def told_line(line: Json) -> Json:
    return {
        **{name: line[name] for name in ("sessions", "attendance", "goals_met", "open_actions")},
        "t_score": told_t(line["t_score"]),
    }


# -- the report to the client -----------------------------------------------------------------------------


def client_report(practice: Practice, course: Course) -> Json:
    (report,) = reports_of(practice, process_id=course.process["id"], kind="client_report")
    return report


def client_page(practice: Practice, course: Course) -> str:
    """The page that the client's letter opens."""
    letter = letter_about(
        practice, course.case.client.contact.email, f"Työnohjauksen loppuraportti: {course.case.title}"
    )
    found = re.search(r"https?://\S+/raportti/[\w-]+", letter["text"])
    assert found
    return seen(httpx.get(found[0]).text)


def test_the_client_report_tells_of_the_end_what_five_said_and_no_four(practice: Practice, team: Course) -> None:
    report = client_report(practice, team)
    document, last = report["document"], date.fromisoformat(report["period"]["last"])

    assert report["status"] == "released"
    assert document["sessions"] == {"held": 10, "cancelled": 1, "held_in_all": 10, "planned_in_all": 10}
    assert document["meeting_days"] == [str(on) for on in team.held]
    assert (document["participants"], document["answered"], document["mean_present"]) == (5, 5, 4.7)
    expected = [expected_goal(team, number, last) for number in range(3)]
    assert [told_goal(goal) for goal in document["goals"]] == [
        goal | {"ratings": goal["ratings"][-1:]} for goal in expected
    ]
    assert told_t(document["t_score"]) == expected_t(team, last)
    assert [told_benefit(status) for status in document["benefits"]] == [
        told_to_client(expected_benefit(team, benefit, list(Phase))) for benefit in team.benefits
    ]


def told_to_client(benefit: Json) -> Json:
    return benefit | {"points": [point for point in benefit["points"] if point[2] >= 5]}


def test_every_form_of_the_client_report_says_the_same(practice: Practice, team: Course) -> None:
    report, last = client_report(practice, team), date.max
    before, now, _ = team.t_scores(last) or (0, 0, 0)
    change = finnish(now - before, 1, signed=True)
    words = ["10/10", f"{finnish(before, 1)} → {finnish(now, 1)} (muutos {change})", "keskimäärin 4,7 osallistujaa"]
    words += [goal_row(team, number, [Phase.final]) for number in range(3)]
    words += [f"{on.day}.{on.month}." for on in team.held]
    for benefit in team.benefits:
        told_now = expected_benefit(team, benefit, list(Phase))
        means = {phase: mean for phase, mean, answers in told_now["points"] if answers >= 5}
        shown = [finnish(means[phase], 1) if phase in means else "–" for phase in ("start", "mid", "final")]
        words.append(" ".join([*shown, finnish(told_now["change"][0], 1, signed=True), "5"]))

    for name, text in {"PDF": pdf_text(practice, report), "page": client_page(practice, team)}.items():
        assert [missing for missing in words if missing not in text] == [], (name, text)
        assert not [person.last_name for person in team.case.people if person.last_name in text]
    figures = [row for row in table(practice, report) if row[0] in ("T-luku", "Hyödyt")]
    told_to_nobody = ["Hyödyt", LABELS["peer_learning"], ROUNDS[Phase.mid]]
    assert figures == [
        [row[0], team.case.title if row[0] == "T-luku" else row[1], *row[2:]]
        for row in t_rows(team, last) + benefit_rows(team, list(Phase))
        if row[:3] != told_to_nobody
    ]


def test_the_clients_letter_tells_what_its_report_tells(practice: Practice, team: Course) -> None:
    letter = letter_about(practice, people.TUULA.email, f"Työnohjauksen loppuraportti: {people.HOME_CARE.title}")
    text = flat(letter["text"])

    for words in ("Toteutuneet tapaamiset: 10/10", "Osallistujia: 5", "Loppuarviointiin vastanneita: 5"):
        assert words in text


ALLOWED_NUMBERS = {
    ("edition",),
    ("participants",),
    ("mean_present",),
    ("min_group_size",),
    ("sessions", "held"),
    ("sessions", "cancelled"),
    ("sessions", "held_in_all"),
    ("sessions", "planned_in_all"),
}
"""Meetings, heads, the threshold itself and how often the report was corrected."""


def numbers(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Where in a JSON document there are numbers."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from numbers(part, (*path, name))
    elif isinstance(value, list):
        for part in value:
            yield from numbers(part, path)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield path


ALLOWED_WORDS = (
    r"\d{1,2}\.(\d{1,2}\.)?(\d{4})?–\d{1,2}\.\d{1,2}\.\d{4}",
    r"\b\d{1,2}\.\d{1,2}\.(\d{4})?",
    r"Tapaamisia:? \d/\d",
    r"Toteutuneet tapaamiset:? \d/\d",
    r"pidettiin 3 tapaamista",
    r"Osallistujia:? 5",
    r"(alle|vähintään) 5\b",
    r"keskimäärin 5,0 osallistujaa",
    r"puh\. \+[\d ]+",
    r"\b\d ?/ ?\d$",
)


def test_four_answers_show_no_number_in_any_form(practice: Practice, courses: dict[str, Course]) -> None:
    course = courses[people.SERVICE_GUIDES.title]
    report = client_report(practice, course)
    final = next(one for one in course.rounds if one["phase"] == "final")
    letter = letter_about(practice, people.MARJA.email, f"Työnohjauksen loppuraportti: {course.case.title}")

    assert (report["status"], final["answered"], final["invited"]) == ("released", 4, 5)
    assert set(numbers(report["document"])) <= ALLOWED_NUMBERS
    for part, _, _, name, value, answers in table(practice, report):
        if (part, name) not in {("Tapaamiset", "pidetty"), ("Tapaamiset", "suunniteltu")}:
            assert not re.search(r"\d", re.sub(ALLOWED_WORDS[1], "", value) + answers)
    for text in (pdf_text(practice, report), client_page(practice, course), flat(letter["text"])):
        left = re.sub(r"https?://\S+", "", text)
        for allowed in ALLOWED_WORDS:
            left = re.sub(allowed, "", left)
        assert not re.search(r"\d", left), left
    assert course.case.words.splitlines()[0] in client_page(practice, course)


def test_a_withdrawn_report_says_so_wherever_its_client_opens_it(
    practice: Practice, courses: dict[str, Course]
) -> None:
    course = courses[people.SERVICE_GUIDES.title]
    report = client_report(practice, course)

    assert practice.reporting.post(f"/api/v1/reports/{report['id']}/withdraw").status_code == 200

    for text in (pdf_text(practice, report), client_page(practice, course)):
        assert "ei enää voimassa" in text


# -- a stop, and what comes after it ----------------------------------------------------------------------


def test_months_that_ended_while_nothing_ran_are_made_up_for_and_empty_ones_skipped(
    practice: Practice, installation_with_story: Installation
) -> None:
    today = practice.now().astimezone(HELSINKI).date()
    first = (today + timedelta(days=2)).replace(day=1)
    last = end_of_month(first)
    supervisor = practice.post("/api/v1/supervisors", {"name": "Sirpa Väisänen", "email": "sirpa@tyonohjaus.example"})
    process = opened_with(practice, supervisor, [helsinki(last, 22, 30), helsinki(last + timedelta(days=1), 0, 15)])
    practice.settle()
    before = {case.title: len(practice.letters(case.client.contact.email)) for case in CASES[:2]}
    installation_with_story.stop()
    comes_back = helsinki(last + timedelta(days=95), 10)
    clock = installation_with_story.folder / "clock"
    clock.write_text(str(int((comes_back - datetime.now(UTC)).total_seconds())))
    installation_with_story.start()
    again = installation_with_story.practice

    mine = {"supervisor_id": supervisor["id"]}
    eventually(lambda: has_caught_up(again, supervisor, comes_back), what="the reports of the months before")
    goal_reports = {one["period"]["key"]: one for one in reports_of(again, **mine, kind="goal_report")}
    overviews = {one["period"]["key"] for one in reports_of(again, **mine, kind="overview_report")}

    reported = {first, last + timedelta(days=1)}
    assert set(goal_reports) == overviews == {f"{each:%Y-%m}" for each in reported}
    for on in (last, last + timedelta(days=1)):
        (meeting,) = goal_reports[f"{on:%Y-%m}"]["document"]["meetings"]
        assert (day(meeting["starts_at"]), meeting["status"]) == (on, "booked")
    assert {one["process_id"] for one in goal_reports.values()} == {process["id"]}
    assert {case.title: len(again.letters(case.client.contact.email)) for case in CASES[:2]} == before
    subjects = eventually(lambda: [flat(each["subject"]) for each in again.letters("sirpa@tyonohjaus.example")])
    assert f"Katsaus työnohjausprosesseihin: {label(first, last)}" in subjects


def helsinki(on: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(on, time(hour, minute), HELSINKI).astimezone(UTC)


def opened_with(practice: Practice, supervisor: Json, starts: Sequence[datetime]) -> Json:
    contact = {"first_name": "Tiina", "last_name": "Tilaaja", "email": "tiina@tilaaja.example"}
    client = practice.post(
        "/api/v1/clients", {"kind": "person", "name": "Tiina Tilaaja", "contact": contact, "payer_type": "consumer"}
    )
    wanted = {"form": "individual", "title": "Työnohjaus", "planned_sessions": 5, "session_minutes": 60}
    owners = {"client_id": client["id"], "supervisor_id": supervisor["id"], "participants": [contact]}
    process = practice.post("/api/v1/processes", wanted | owners)
    for starts_at in starts:
        body = {"process_id": process["id"], "starts_at": starts_at.isoformat(), "mode": "onsite", "location": "Turku"}
        practice.post("/api/v1/sessions", body)
    return process


def has_caught_up(practice: Practice, supervisor: Json, now: datetime) -> bool:
    schedule = practice.reporting.get(f"/api/v1/supervisors/{supervisor['id']}/report-schedule").json()
    is_planned = datetime.fromisoformat(schedule["next_due_at"]) > now
    return is_planned and 'reports{status="due"} 0.0' in practice.reporting.get("/metrics").text
