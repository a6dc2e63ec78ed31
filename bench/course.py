"""A year of a group of six as reporting has heard of it: twenty meetings, three goals, three rounds of answers."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

from services.core.database import Database
from services.events.catalogue import Form, Phase
from services.reporting.models import (
    AgreedGoals,
    Answer,
    Evaluation,
    Process,
    ReportKind,
    Session,
    Summary,
    Supervisor,
    Table,
)
from services.reporting.workflow.reports import blank_process_report

FIRST, LAST = date(2025, 1, 1), date(2025, 12, 31)
OPENED = datetime(2025, 1, 2, 8, tzinfo=UTC)
LONG_AGO = timedelta(hours=1)
BENEFITS = ["role_clarity", "cooperation", "change_capacity"]
GOALS = (
    "Tehtävät ja vastuut ovat kaikille selvät",
    "Palaute annetaan ja otetaan vastaan arjessa, myös silloin, kun se on vaikeaa",
    "Muutoksiin valmistaudutaan yhdessä ennakolta",
)


def supervisor() -> Supervisor:
    return Supervisor(supervisor_id=uuid4(), version=1, full_name="Maija Meikäläinen", title="työnohjaaja")


def take_place(db: Database, supervisor_id: UUID, number: int) -> None:
    """One such year, and its report, which is due."""
    people = [uuid4() for _ in range(6)]
    process = Process(
        process_id=uuid4(),
        version=1,
        code=f"TO-2025-{number:04}",
        title="Ryhmätyönohjaus",
        form=Form.group,
        status="active",
        supervisor_id=supervisor_id,
        client_id=uuid4(),
        client_name="Esimerkkikunta",
        participant_ids=people,
        planned_sessions=20,
        benefits=BENEFITS,
        min_group_size=5,
        opened_at=OPENED,
    )
    report = blank_process_report(process, kind=ReportKind.goal_report, occasion="2025", first=FIRST, last=LAST)
    report.asked_at = report.next_try_at = datetime.now(UTC) - LONG_AGO
    db.add_all([process, report, *_told(process, people, number)])


def _told(process: Process, people: list[UUID], number: int) -> list[Table]:
    goals = [_goal(title) for title in GOALS]
    told: list[Table] = [
        AgreedGoals(process_id=process.process_id, version=1, agreed_at=OPENED, goals=goals, earlier=[])
    ]
    for meeting in range(1, 21):
        told += _meeting(process, people[: 6 - (meeting + number) % 3], meeting)
    for months, phase in ((1, Phase.start), (6, Phase.mid), (11, Phase.final)):
        told += _round(process, people, goals, OPENED + timedelta(days=30 * months), phase)
    return told


def _goal(title: str) -> dict[str, object]:
    levels = {str(level): f"{title}: näin se näkyy arjessa tasolla {level}" for level in range(-2, 3)}
    return {"goal_id": str(uuid4()), "title": title, "levels": levels, "importance": 2, "baseline": -1, "since": 1}


def _meeting(process: Process, present: list[UUID], number: int) -> list[Table]:
    session_id, starts_at = uuid4(), OPENED + timedelta(days=16 * number)
    excused = [person for person in process.participant_ids if person not in present]
    ends_at = starts_at + timedelta(hours=2)
    action = {"text": f"Kirjataan sovittu asia {number} yhteiseen työtilaan", "due_date": None, "done": False}
    return [
        Session(
            session_id=session_id,
            version=2,
            process_id=process.process_id,
            number=number,
            status="held",
            starts_at=starts_at,
            ends_at=ends_at,
            changed_at=ends_at,
            present=present,
            excused=excused,
        ),
        Summary(
            summary_id=uuid4(),
            version=1,
            session_id=session_id,
            process_id=process.process_id,
            published_at=ends_at,
            actions=[action] if number % 4 == 0 else [],
        ),
    ]


def _round(
    process: Process, people: list[UUID], goals: list[dict[str, object]], opened_at: datetime, phase: Phase
) -> list[Table]:
    closed_at = opened_at + timedelta(days=14)
    round_ = Evaluation(
        evaluation_id=uuid4(),
        version=2,
        process_id=process.process_id,
        phase=phase,
        status="closed",
        opened_at=opened_at,
        due_at=closed_at,
        closed_at=closed_at,
        invited=people,
        answered=len(people),
    )
    height = list(Phase).index(phase)
    answers = [
        Answer(
            answer_id=uuid4(),
            version=1,
            evaluation_id=round_.evaluation_id,
            process_id=process.process_id,
            phase=phase,
            participant_id=person,
            goals={str(goal["goal_id"]): min(height - 1 + index % 2, 2) for goal in goals},
            benefits=dict.fromkeys(BENEFITS, 2 + height),
            answered_at=opened_at + timedelta(days=1),
            wording_version=1,
            person_id=person,
        )
        for index, person in enumerate(people)
    ]
    return [round_, *answers]
