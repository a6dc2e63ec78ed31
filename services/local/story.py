"""The demo's story: half a year of a small practice, told by the public API and by the links in its letters alone.

Each process is a tale that says when it goes on; the clock goes from one to the other, and ends in the present.
"""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from services import workdays
from services.events.catalogue import Phase
from services.local import almanac, cast
from services.local.cast import Case, Said
from services.local.stage import Json, Stage, follow_link, live_until, now, settle
from services.workdays import at_wall_clock

Tale = Iterator[datetime]
"""What happens in one process; between two happenings it says when the next one is."""

AFTER_WORK = time(16)
NOON = time(12)
TO_ANSWER = timedelta(days=2)
CORRECTED = 4
MOVED_BY = timedelta(hours=1)


def play(stage: Stage) -> None:
    """From the clock's past to the present."""
    days = almanac.meeting_days(datetime.now(UTC).date())
    supervisor = open_practice(stage)
    interwoven(
        stage,
        home_care(stage, supervisor, days),
        service_guides(stage, supervisor, [days[index] for index in (4, 7, 9)]),
        manager(stage, supervisor, [days[index] for index in (7, 8, 10, 11, 12)]),
        nurses(stage, supervisor, [days[index] for index in (9, 10, 11, 12)]),
        newcomers(stage, supervisor, days[11:14]),
    )
    live_until(stage, datetime.now(UTC))
    settle(stage)


def interwoven(stage: Stage, *tales: Tale) -> None:
    """Live through all tales, whichever goes on first."""
    waiting = [(next(tale), number, tale) for number, tale in enumerate(tales)]
    heapq.heapify(waiting)
    while waiting:
        moment, number, tale = heapq.heappop(waiting)
        live_until(stage, moment)
        following = next(tale, None)
        if following is not None:
            heapq.heappush(waiting, (following, number, tale))


# -- the tales --------------------------------------------------------------------------------------------


def home_care(stage: Stage, supervisor: Json, days: Sequence[date]) -> Tale:
    """From the first talk to a released report: one meeting is moved, one falls ill, one summary is corrected."""
    yield from talk_first(stage, supervisor)
    course = open_course(stage, supervisor, cast.HOME_CARE)
    book(course, days[:10])
    for number in range(course.case.planned):
        yield after(course.meetings[number])
        hold(course, number)
        if number == 1:
            move(course, number + 1)
        if number == 5:
            replace(course, number + 1)
        if number == CORRECTED:
            correct_summary(course, number)
        yield from evaluate(course, after(course.meetings[number]))
    yield from finish(course)


def service_guides(stage: Stage, supervisor: Json, days: Sequence[date]) -> Tale:
    """A group in which one never answers, so that its client gets words instead of figures."""
    yield at_wall_clock(days[0] - timedelta(days=7), NOON)
    course = open_course(stage, supervisor, cast.SERVICE_GUIDES)
    book(course, days)
    for number in range(course.case.planned):
        yield after(course.meetings[number])
        hold(course, number)
        yield from evaluate(course, after(course.meetings[number]))
    yield from finish(course)


def manager(stage: Stage, supervisor: Json, days: Sequence[date]) -> Tale:
    """One person alone, half way through."""
    yield at_wall_clock(days[0] - timedelta(days=7), NOON)
    course = open_course(stage, supervisor, cast.MANAGER)
    book(course, days)
    for number in range(len(course.case.summaries)):
        yield after(course.meetings[number])
        hold(course, number)
        yield from evaluate(course, after(course.meetings[number]))


def nurses(stage: Stage, supervisor: Json, days: Sequence[date]) -> Tale:
    """A pair whose mid-way round waits for an answer, and one of whose summaries is still to be written."""
    yield at_wall_clock(days[0] - timedelta(days=7), NOON)
    course = open_course(stage, supervisor, cast.NURSES)
    book(course, days)
    for number in range(2):
        yield after(course.meetings[number])
        hold(course, number)
        yield from evaluate(course, after(course.meetings[number]))


def newcomers(stage: Stage, supervisor: Json, days: Sequence[date]) -> Tale:
    """A workplace that has just begun, and somebody who wants to talk first."""
    yield datetime.now(UTC) - timedelta(days=1)
    course = open_course(stage, supervisor, cast.DAY_CARE)
    book(course, days)
    if stage.mailbox:
        ask_for_talk(stage, supervisor, cast.RIIKKA, "Esimerkkilän koulu")


# -- the practice -----------------------------------------------------------------------------------------

WEEK = [{"weekday": day, "start": "08:30", "end": "16:00"} for day in range(1, 6)]


def open_practice(stage: Stage) -> Json:
    wish = {
        "name": f"{cast.HELENA.first_name} {cast.HELENA.last_name}",
        "email": cast.HELENA.email,
        "title": "työnohjaaja (STOry)",
        "phone": "+358 40 123 4567",
        "location": cast.PLACE,
    }
    supervisor: Json = stage.booking.post("/api/v1/supervisors", json=wish).json()
    hours = {"weekly": WEEK, "buffer_before_minutes": 0, "buffer_after_minutes": 15, "minimum_notice_hours": 24}
    rules = {"horizon_days": 180, "slot_step_minutes": 15, "holidays": "FI", "daily_limit": 4}
    stage.booking.put(f"/api/v1/supervisors/{supervisor['id']}/availability", json=hours | rules)
    settle(stage)
    return supervisor


def talk_first(stage: Stage, supervisor: Json) -> Tale:
    """A first talk (kartoittava keskustelu), confirmed by the link in its letter, after which the team begins."""
    yield now()
    if stage.mailbox is None:
        return
    talk = ask_for_talk(stage, supervisor, cast.TUULA, cast.HOME_CARE.client.name)
    yield datetime.fromisoformat(talk["ends_at"])
    stage.booking.post(f"/api/v1/intakes/{talk['id']}/outcome", json={"start": True, "recommended_form": "team"})


def ask_for_talk(stage: Stage, supervisor: Json, person: cast.Person, organisation: str) -> Json:
    tomorrow = workdays.local(now()).date() + timedelta(days=1)
    query = {"form": "individual", "minutes": "45", "from": f"{tomorrow}", "to": f"{tomorrow + timedelta(days=14)}"}
    slots = stage.booking.get(f"/api/v1/supervisors/{supervisor['id']}/slots", params=query).json()["slots"]
    wish = {
        "supervisor_id": supervisor["id"],
        "starts_at": slots[0]["starts_at"],
        "name": f"{person.first_name} {person.last_name}",
        "email": person.email,
        "organisation": organisation,
    }
    talk: Json = stage.booking.post("/api/v1/intakes", json=wish).json()
    follow_link(stage, person.email, "kartoitus", {}, button="/vahvista")
    return talk


# -- a process and its meetings ---------------------------------------------------------------------------


@dataclass
class Course:
    """A process on its way."""

    stage: Stage
    case: Case
    process: Json
    meetings: list[Json] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    """The addresses of what was agreed and may be ticked off."""

    @property
    def people(self) -> list[str]:
        return [person["id"] for person in self.process["participants"]]


def open_course(stage: Stage, supervisor: Json, case: Case) -> Course:
    client = {**case.client._asdict(), "contact": case.client.contact._asdict()}
    wish = {
        "client_id": stage.booking.post("/api/v1/clients", json=client).json()["id"],
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
    return Course(stage, case, stage.booking.post("/api/v1/processes", json=wish).json())


def book(course: Course, days: Sequence[date]) -> None:
    for run in almanac.series(days):
        wish = {
            "first_starts_at": at_wall_clock(run[0], course.case.at).isoformat(),
            "every_weeks": almanac.WEEKS_BETWEEN,
            "count": len(run),
            "mode": "onsite",
            "location": cast.PLACE,
        }
        booked = course.stage.booking.post(f"/api/v1/processes/{course.process['id']}/series", json=wish).json()
        course.meetings += booked["sessions"]


def after(meeting: Json) -> datetime:
    """When the supervisor writes down what there is to write down of the day."""
    return at_wall_clock(workdays.local(datetime.fromisoformat(meeting["starts_at"])).date(), AFTER_WORK)


def move(course: Course, number: int) -> None:
    """To the same day, a little later."""
    meeting = course.meetings[number]
    starts_at = datetime.fromisoformat(meeting["starts_at"]) + MOVED_BY
    address, version = f"/api/v1/sessions/{meeting['id']}", {"If-Match": f'"{meeting["version"]}"'}
    moved = course.stage.booking.patch(address, json={"starts_at": starts_at.isoformat()}, headers=version)
    course.meetings[number] = moved.json()


def replace(course: Course, number: int) -> None:
    """The supervisor calls a meeting off, and finds another time on the next working day."""
    meeting = course.meetings[number]
    day = almanac.next_working_day(workdays.local(datetime.fromisoformat(meeting["starts_at"])).date())
    course.stage.booking.post(f"/api/v1/sessions/{meeting['id']}/cancel", json={"reason": "päällekkäinen koulutus"})
    wish = {
        "process_id": course.process["id"],
        "starts_at": at_wall_clock(day, course.case.at).isoformat(),
        "mode": "onsite",
        "location": cast.PLACE,
    }
    course.meetings[number] = course.stage.booking.post("/api/v1/sessions", json=wish).json()


def hold(course: Course, number: int) -> None:
    """Write down who was there; after the first meeting also the goals, and after most a summary."""
    away = {absence.person: absence.excused for absence in course.case.absences if absence.meeting == number + 1}
    people = dict(enumerate(course.people))
    attendance = {
        "present": [id_ for person, id_ in people.items() if person not in away],
        "excused": [people[person] for person, excused in away.items() if excused],
        "no_show": [people[person] for person, excused in away.items() if not excused],
    }
    course.stage.booking.post(f"/api/v1/sessions/{course.meetings[number]['id']}/attendance", json=attendance)
    if number == 0:
        agree_on_goals(course)
    if number < len(course.case.summaries):
        summarise(course, number)


# -- goals and summaries ----------------------------------------------------------------------------------


def agree_on_goals(course: Course) -> None:
    wishes = [
        goal._asdict() | {"levels": {str(level): words for level, words in zip(range(-2, 3), goal.levels, strict=True)}}
        for goal in course.case.goals
    ]
    course.stage.booking.put(f"/api/v1/processes/{course.process['id']}/goals", json=wishes)


def summarise(course: Course, number: int) -> None:
    """Tick off what was agreed the time before last, and publish what was talked about now."""
    if len(course.done) > 1:
        course.stage.booking.patch(course.done.pop(0), json={"done": True})
    summary, address = course.case.summaries[number], f"/api/v1/sessions/{course.meetings[number]['id']}/summary"
    due = workdays.local(now()).date() + timedelta(days=14)
    draft = {
        "themes": summary.themes,
        "actions": [{"text": text, "due_date": f"{due}"} for text in summary.actions],
        "reflection": summary.reflection,
    }
    course.stage.booking.put(address, json=draft)
    published = course.stage.booking.post(f"{address}/publish").json()
    course.done += [f"{address}/actions/{action['id']}" for action in published["actions"]]


def correct_summary(course: Course, number: int) -> None:
    """A theme was forgotten; nobody gets another letter for that."""
    address = f"/api/v1/sessions/{course.meetings[number]['id']}/summary"
    written = course.stage.booking.get(address)
    themes = [*written.json()["themes"], "Sijaisten perehdytys"]
    course.stage.booking.put(address, json={"themes": themes}, headers={"If-Match": written.headers["ETag"]})
    course.stage.booking.post(f"{address}/publish")


# -- evaluation -------------------------------------------------------------------------------------------


def evaluate(course: Course, opened_at: datetime) -> Tale:
    """Answer the round that has just opened by itself, if any has; whoever does not answer is not waited for."""
    address = f"/api/v1/processes/{course.process['id']}/evaluations"
    rounds = [each for each in course.stage.booking.get(address).json()["items"] if each["status"] == "open"]
    for one in rounds:
        phase = Phase(one["phase"])
        if phase not in course.case.rounds:
            continue
        yield at_wall_clock(workdays.local(opened_at + TO_ANSWER).date(), NOON)
        goals = course.stage.booking.get(f"/api/v1/processes/{course.process['id']}/goals").json()["goals"]
        agree_on_levels(course, one, [goal["id"] for goal in goals])
        for number, said in enumerate(course.case.rounds[phase]):
            if said is not None:
                answer(course, one, number, said, [goal["id"] for goal in goals])
        if course.case is cast.SERVICE_GUIDES:
            course.stage.booking.post(f"/api/v1/evaluations/{one['id']}/close")


def agree_on_levels(course: Course, one: Json, goals: Sequence[str]) -> None:
    agreed = course.case.agreed.get(Phase(one["phase"]), ())
    levels = {goal: level for goal, level in zip(goals, agreed, strict=False) if level is not None}
    if levels:
        address = f"/api/v1/evaluations/{one['id']}/answers"
        course.stage.booking.post(address, json={"consensus": True, "goals": levels})


def answer(course: Course, one: Json, number: int, said: Said, goals: Sequence[str]) -> None:
    """Every other person by the link in their letter, the rest told the supervisor."""
    levels = {goal: level for goal, level in zip(goals, said.levels, strict=False) if level is not None}
    agreements = dict(zip(one["benefits"], said.benefits, strict=True))
    if course.stage.mailbox and number % 2 == 0:
        form = {f"goals.{goal}": str(level) for goal, level in levels.items()}
        form |= {f"benefits.{id_}": "ei" if value is None else str(value) for id_, value in agreements.items()}
        follow_link(course.stage, course.case.people[number].email, "arviointi", form | {"comment": said.comment})
        return
    body = {"participant_id": course.people[number], "goals": levels, "benefits": agreements}
    course.stage.booking.post(f"/api/v1/evaluations/{one['id']}/answers", json=body | {"comment": said.comment or None})


# -- the end ----------------------------------------------------------------------------------------------


def finish(course: Course) -> Tale:
    """Close the process; everybody sees what its client is going to get, and then the client gets it."""
    closed_on = workdays.local(now()).date() + timedelta(days=4)
    yield at_wall_clock(closed_on, NOON)
    course.stage.booking.post(f"/api/v1/processes/{course.process['id']}/close")
    yield now() + timedelta(hours=1)
    report = f"/api/v1/reports/{_client_report(course)['id']}"
    if course.case.words:
        course.stage.reporting.put(f"{report}/text", json={"text": course.case.words})
    yield at_wall_clock(closed_on + timedelta(days=1), NOON)
    for number, person in enumerate(course.case.people):
        if course.stage.mailbox:
            follow_link(course.stage, person.email, "raportti", {"approved": "true"})
        else:
            opinion = {"participant_id": course.people[number], "approved": True}
            course.stage.reporting.post(f"{report}/reviews", json=opinion)
    yield at_wall_clock(closed_on + timedelta(days=3), NOON)
    course.stage.reporting.post(f"{report}/release")


def _client_report(course: Course) -> Json:
    query = {"process_id": course.process["id"], "kind": "client_report"}
    found: Json = course.stage.reporting.get("/api/v1/reports", params=query).json()["items"][-1]
    return found
