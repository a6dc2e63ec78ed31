"""The demo's story: half a year of a small practice, told by the public API and by the links in its letters alone.

Each process is a tale that says when it goes on; the clock goes from one to the other, and ends in the present.
"""

import heapq
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from services.events.catalogue import Phase
from services.finnish import workdays
from services.finnish.workdays import at_wall_clock
from services.quickstart.demo import dates
from services.quickstart.demo import people as demo_people
from services.quickstart.demo.client import DemoClient, Json, follow_link, live_until, now, settle
from services.quickstart.demo.people import Case, GivenAnswer

Scenario = Iterator[datetime]
"""What happens in one process; between two happenings it says when the next one is."""

AFTER_WORK = time(16)
NOON = time(12)
TO_ANSWER = timedelta(days=2)
CORRECTED = 4
MOVED_BY = timedelta(hours=1)


def play(demo: DemoClient) -> None:
    """From the clock's past to the present."""
    days = dates.meeting_days(datetime.now(UTC).date())
    supervisor = open_practice(demo)
    interwoven(
        demo,
        home_care(demo, supervisor, days),
        service_guides(demo, supervisor, [days[index] for index in (4, 7, 9)]),
        manager(demo, supervisor, [days[index] for index in (7, 8, 10, 11, 12)]),
        nurses(demo, supervisor, [days[index] for index in (9, 10, 11, 12)]),
        newcomers(demo, supervisor, days[11:14]),
    )
    live_until(demo, datetime.now(UTC))
    settle(demo)


def interwoven(demo: DemoClient, *tales: Scenario) -> None:
    """Live through all tales, whichever goes on first."""
    waiting = [(next(tale), number, tale) for number, tale in enumerate(tales)]
    heapq.heapify(waiting)
    while waiting:
        moment, number, tale = heapq.heappop(waiting)
        live_until(demo, moment)
        following = next(tale, None)
        if following is not None:
            heapq.heappush(waiting, (following, number, tale))


# -- the tales --------------------------------------------------------------------------------------------


def home_care(demo: DemoClient, supervisor: Json, days: Sequence[date]) -> Scenario:
    """From the first talk to a released report: one meeting is moved, one falls ill, one summary is corrected."""
    yield from talk_first(demo, supervisor)
    course = open_process(demo, supervisor, demo_people.HOME_CARE)
    book_sessions(course, days[:10])
    for number in range(course.case.planned):
        yield after(course.meetings[number])
        hold_session(course, number)
        if number == 1:
            move_session(course, number + 1)
        if number == 5:
            replace_session(course, number + 1)
        if number == CORRECTED:
            correct_summary(course, number)
        yield from evaluate(course, after(course.meetings[number]))
    yield from close_process(course)


def service_guides(demo: DemoClient, supervisor: Json, days: Sequence[date]) -> Scenario:
    """A group in which one never answers, so that its client gets words instead of figures."""
    course = yield from begin(demo, supervisor, demo_people.SERVICE_GUIDES, days)
    yield from meet(course, course.case.planned)
    yield from close_process(course)


def manager(demo: DemoClient, supervisor: Json, days: Sequence[date]) -> Scenario:
    """One person alone, half way through."""
    course = yield from begin(demo, supervisor, demo_people.MANAGER, days)
    yield from meet(course, len(course.case.summaries))


def nurses(demo: DemoClient, supervisor: Json, days: Sequence[date]) -> Scenario:
    """A pair whose mid-way round waits for an answer, and one of whose summaries is still to be written."""
    course = yield from begin(demo, supervisor, demo_people.NURSES, days)
    yield from meet(course, 2)


def newcomers(demo: DemoClient, supervisor: Json, days: Sequence[date]) -> Scenario:
    """A workplace that has just begun, and somebody who wants to talk first."""
    yield datetime.now(UTC) - timedelta(days=1)
    course = open_process(demo, supervisor, demo_people.DAY_CARE)
    book_sessions(course, days)
    if demo.mailbox:
        ask_for_talk(demo, supervisor, demo_people.RIIKKA, "Esimerkkilän koulu")


def begin(
    demo: DemoClient, supervisor: Json, case: Case, days: Sequence[date]
) -> Generator[datetime, None, "RunningProcess"]:
    """A week before the first meeting."""
    yield at_wall_clock(days[0] - timedelta(days=7), NOON)
    course = open_process(demo, supervisor, case)
    book_sessions(course, days)
    return course


def meet(course: "RunningProcess", times: int) -> Scenario:
    for number in range(times):
        yield after(course.meetings[number])
        hold_session(course, number)
        yield from evaluate(course, after(course.meetings[number]))


# -- the practice -----------------------------------------------------------------------------------------

WEEK = [{"weekday": day, "start": "08:30", "end": "16:00"} for day in range(1, 6)]


def open_practice(demo: DemoClient) -> Json:
    wanted = {
        "name": f"{demo_people.HELENA.first_name} {demo_people.HELENA.last_name}",
        "email": demo_people.HELENA.email,
        "title": "työnohjaaja (STOry)",
        "phone": "+358 40 123 4567",
        "location": demo_people.PLACE,
    }
    supervisor: Json = demo.booking.post("/api/v1/supervisors", json=wanted).json()
    hours = {"weekly": WEEK, "buffer_before_minutes": 0, "buffer_after_minutes": 15, "minimum_notice_hours": 24}
    rules = {"horizon_days": 180, "slot_step_minutes": 15, "holidays": "FI", "daily_limit": 4}
    demo.booking.put(f"/api/v1/supervisors/{supervisor['id']}/availability", json=hours | rules)
    show_face(demo, supervisor)
    settle(demo)
    return supervisor


def show_face(demo: DemoClient, supervisor: Json) -> None:
    """What the practice and its supervisor say of themselves in public."""
    any_version = {"If-Match": "*"}
    demo.booking.put("/api/v1/practice", json=demo_people.PRACTICE, headers=any_version)
    page = {"introduction": demo_people.INTRODUCTION}
    demo.booking.put(f"/api/v1/supervisors/{supervisor['id']}/page", json=page, headers=any_version)


def talk_first(demo: DemoClient, supervisor: Json) -> Scenario:
    """A first talk (kartoittava keskustelu), confirmed by the link in its letter, after which the team begins."""
    yield now()
    if demo.mailbox is None:
        return
    talk = ask_for_talk(demo, supervisor, demo_people.TUULA, demo_people.HOME_CARE.client.name)
    yield datetime.fromisoformat(talk["ends_at"])
    demo.booking.post(f"/api/v1/intakes/{talk['id']}/outcome", json={"start": True, "recommended_form": "team"})


def ask_for_talk(demo: DemoClient, supervisor: Json, person: demo_people.Person, organisation: str) -> Json:
    tomorrow = workdays.local(now()).date() + timedelta(days=1)
    query = {"form": "individual", "minutes": "45", "from": f"{tomorrow}", "to": f"{tomorrow + timedelta(days=14)}"}
    slots = demo.booking.get(f"/api/v1/supervisors/{supervisor['id']}/slots", params=query).json()["slots"]
    wanted = {
        "supervisor_id": supervisor["id"],
        "starts_at": slots[0]["starts_at"],
        "name": f"{person.first_name} {person.last_name}",
        "email": person.email,
        "organisation": organisation,
    }
    talk: Json = demo.booking.post("/api/v1/intakes", json=wanted).json()
    follow_link(demo, person.email, "kartoitus", {}, button="/vahvista")
    return talk


# -- a process and its meetings ---------------------------------------------------------------------------


@dataclass
class RunningProcess:
    """A process on its way."""

    demo: DemoClient
    case: Case
    process: Json
    meetings: list[Json] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    """The addresses of what was agreed and may be ticked off."""

    @property
    def people(self) -> list[str]:
        return [person["id"] for person in self.process["participants"]]


def open_process(demo: DemoClient, supervisor: Json, case: Case) -> RunningProcess:
    client = {**case.client._asdict(), "contact": case.client.contact._asdict()}
    wanted = {
        "client_id": demo.booking.post("/api/v1/clients", json=client).json()["id"],
        "supervisor_id": supervisor["id"],
        "form": case.form,
        "title": case.title,
        "planned_sessions": case.planned,
        "session_minutes": case.minutes,
        "participants": [person._asdict() for person in case.people],
        "reminders": {"days_before": [1]},
        "benefits": case.benefits,
        "session_feedback": case.session_feedback,
    }
    return RunningProcess(demo, case, demo.booking.post("/api/v1/processes", json=wanted).json())


def book_sessions(course: RunningProcess, days: Sequence[date]) -> None:
    for run in dates.series(days):
        wanted = {
            "first_starts_at": at_wall_clock(run[0], course.case.at).isoformat(),
            "every_weeks": dates.WEEKS_BETWEEN,
            "count": len(run),
            "mode": "onsite",
            "location": demo_people.PLACE,
        }
        booked = course.demo.booking.post(f"/api/v1/processes/{course.process['id']}/series", json=wanted).json()
        course.meetings += booked["sessions"]


def after(meeting: Json) -> datetime:
    """When the supervisor writes down what there is to write down of the day."""
    return at_wall_clock(workdays.local(datetime.fromisoformat(meeting["starts_at"])).date(), AFTER_WORK)


def move_session(course: RunningProcess, number: int) -> None:
    """To the same day, a little later."""
    meeting = course.meetings[number]
    starts_at = datetime.fromisoformat(meeting["starts_at"]) + MOVED_BY
    address, version = f"/api/v1/sessions/{meeting['id']}", {"If-Match": f'"{meeting["version"]}"'}
    moved = course.demo.booking.patch(address, json={"starts_at": starts_at.isoformat()}, headers=version)
    course.meetings[number] = moved.json()


def replace_session(course: RunningProcess, number: int) -> None:
    """The supervisor calls a meeting off, and finds another time on the next working day."""
    meeting = course.meetings[number]
    day = dates.next_working_day(workdays.local(datetime.fromisoformat(meeting["starts_at"])).date())
    course.demo.booking.post(f"/api/v1/sessions/{meeting['id']}/cancel", json={"reason": "päällekkäinen koulutus"})
    wanted = {
        "process_id": course.process["id"],
        "starts_at": at_wall_clock(day, course.case.at).isoformat(),
        "mode": "onsite",
        "location": demo_people.PLACE,
    }
    course.meetings[number] = course.demo.booking.post("/api/v1/sessions", json=wanted).json()


def hold_session(course: RunningProcess, number: int) -> None:
    """Write down who was there; after the first meeting also the goals, and after most a summary."""
    away = {absence.person: absence.excused for absence in course.case.absences if absence.meeting == number + 1}
    people = dict(enumerate(course.people))
    attendance = {
        "present": [id_ for person, id_ in people.items() if person not in away],
        "excused": [people[person] for person, excused in away.items() if excused],
        "no_show": [people[person] for person, excused in away.items() if not excused],
    }
    course.demo.booking.post(f"/api/v1/sessions/{course.meetings[number]['id']}/attendance", json=attendance)
    if number == 0:
        agree_on_goals(course)
    if number < len(course.case.summaries):
        summarise(course, number)


# -- goals and summaries ----------------------------------------------------------------------------------


def agree_on_goals(course: RunningProcess) -> None:
    wishes = [
        goal._asdict() | {"levels": {str(level): words for level, words in zip(range(-2, 3), goal.levels, strict=True)}}
        for goal in course.case.goals
    ]
    course.demo.booking.put(f"/api/v1/processes/{course.process['id']}/goals", json=wishes)


def summarise(course: RunningProcess, number: int) -> None:
    """Tick off what was agreed the time before last, and publish what was talked about now."""
    if len(course.done) > 1:
        course.demo.booking.patch(course.done.pop(0), json={"done": True})
    summary, address = course.case.summaries[number], f"/api/v1/sessions/{course.meetings[number]['id']}/summary"
    due = workdays.local(now()).date() + timedelta(days=14)
    draft = {
        "themes": summary.themes,
        "actions": [{"text": text, "due_date": f"{due}"} for text in summary.actions],
        "reflection": summary.reflection,
    }
    course.demo.booking.put(address, json=draft)
    published = course.demo.booking.post(f"{address}/publish").json()
    course.done += [f"{address}/actions/{action['id']}" for action in published["actions"]]


def correct_summary(course: RunningProcess, number: int) -> None:
    """A theme was forgotten; nobody gets another letter for that."""
    address = f"/api/v1/sessions/{course.meetings[number]['id']}/summary"
    written = course.demo.booking.get(address)
    themes = [*written.json()["themes"], "Sijaisten perehdytys"]
    course.demo.booking.put(address, json={"themes": themes}, headers={"If-Match": written.headers["ETag"]})
    course.demo.booking.post(f"{address}/publish")


# -- evaluation -------------------------------------------------------------------------------------------


def evaluate(course: RunningProcess, opened_at: datetime) -> Scenario:
    """Answer the round that has just opened by itself, if any has; whoever does not answer is not waited for."""
    address = f"/api/v1/processes/{course.process['id']}/evaluations"
    rounds = [each for each in course.demo.booking.get(address).json()["items"] if each["status"] == "open"]
    for one in rounds:
        phase = Phase(one["phase"])
        if phase not in course.case.rounds:
            continue
        yield at_wall_clock(workdays.local(opened_at + TO_ANSWER).date(), NOON)
        goals = course.demo.booking.get(f"/api/v1/processes/{course.process['id']}/goals").json()["goals"]
        agree_on_levels(course, one, [goal["id"] for goal in goals])
        for number, said in enumerate(course.case.rounds[phase]):
            if said is not None:
                answer_evaluation(course, one, number, said, [goal["id"] for goal in goals])
        if course.case is demo_people.SERVICE_GUIDES:
            course.demo.booking.post(f"/api/v1/evaluations/{one['id']}/close")


def agree_on_levels(course: RunningProcess, one: Json, goals: Sequence[str]) -> None:
    agreed = course.case.agreed.get(Phase(one["phase"]), ())
    levels = {goal: level for goal, level in zip(goals, agreed, strict=False) if level is not None}
    if levels:
        address = f"/api/v1/evaluations/{one['id']}/answers"
        course.demo.booking.post(address, json={"consensus": True, "goals": levels})


def answer_evaluation(course: RunningProcess, one: Json, number: int, said: GivenAnswer, goals: Sequence[str]) -> None:
    """Every other person by the link in their letter, the rest told the supervisor."""
    levels = {goal: level for goal, level in zip(goals, said.levels, strict=False) if level is not None}
    agreements = dict(zip(one["benefits"], said.benefits, strict=True))
    if course.demo.mailbox and number % 2 == 0:
        form = {f"goals.{goal}": str(level) for goal, level in levels.items()}
        form |= {f"benefits.{id_}": "ei" if value is None else str(value) for id_, value in agreements.items()}
        follow_link(course.demo, course.case.people[number].email, "arviointi", form | {"comment": said.comment})
        return
    body = {"participant_id": course.people[number], "goals": levels, "benefits": agreements}
    course.demo.booking.post(f"/api/v1/evaluations/{one['id']}/answers", json=body | {"comment": said.comment or None})


# -- the end ----------------------------------------------------------------------------------------------


def close_process(course: RunningProcess) -> Scenario:
    """Close the process; everybody sees what its client is going to get, and then the client gets it."""
    closed_on = workdays.local(now()).date() + timedelta(days=4)
    yield at_wall_clock(closed_on, NOON)
    course.demo.booking.post(f"/api/v1/processes/{course.process['id']}/close")
    yield now() + timedelta(hours=1)
    report = f"/api/v1/reports/{_client_report(course)['id']}"
    if course.case.words:
        course.demo.reporting.put(f"{report}/text", json={"text": course.case.words})
    yield at_wall_clock(closed_on + timedelta(days=1), NOON)
    for number, person in enumerate(course.case.people):
        if course.demo.mailbox:
            follow_link(course.demo, person.email, "raportti", {"approved": "true"})
        else:
            opinion = {"participant_id": course.people[number], "approved": True}
            course.demo.reporting.post(f"{report}/reviews", json=opinion)
    yield at_wall_clock(closed_on + timedelta(days=3), NOON)
    course.demo.reporting.post(f"{report}/release")


def _client_report(course: RunningProcess) -> Json:
    query = {"process_id": course.process["id"], "kind": "client_report"}
    found: Json = course.demo.reporting.get("/api/v1/reports", params=query).json()["items"][-1]
    return found
