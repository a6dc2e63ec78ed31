"""Which letters evaluations, feedback, summaries and reports want, and when they are due."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

import pytest

from services.events.catalogue import Form, Phase
from services.finnish.workdays import HELSINKI, local
from services.notifier.kinds import LetterKind
from services.notifier.models import Evaluation, Participant, Process, Report, Summary
from services.notifier.planning.rules_evaluation import (
    EvaluationState,
    ReportState,
    SummaryState,
    evaluation_reminder_at,
)
from services.notifier.planning.rules_sessions import wanted_letters
from services.notifier.planning.wanted import LetterKey, WantedLetter

SPACE = UUID(int=1)
NOW = datetime(2026, 9, 7, 9, 0, tzinfo=UTC)


def helsinki(text: str) -> datetime:
    return datetime.strptime(text, "%d.%m.%Y %H.%M").replace(tzinfo=HELSINKI).astimezone(UTC)


def person(name: str, *, active: bool = True) -> Participant:
    return Participant(
        participant_id=uuid5(SPACE, name),
        version=1,
        process_id=SPACE,
        first_name=name,
        email=f"{name}@example.fi",
        active=active,
        seen_at=NOW,
    )


AINO, VEIKKO, GONE = person("Aino"), person("Veikko"), person("Gone", active=False)
PEOPLE = [AINO, VEIKKO, GONE]
LINKS = {str(one.participant_id): str(SPACE) for one in PEOPLE}
PROCESS = Process(
    process_id=SPACE,
    version=1,
    code="P-1",
    title="",
    form=Form.group,
    status="active",
    supervisor_id=SPACE,
    client_id=UUID(int=2),
    client_first_name="",
    client_last_name="",
    client_email="",
    planned_sessions=10,
    reminder_days=[],
    min_group_size=5,
)


def evaluation(opened: str, due: str, **changes: object) -> Evaluation:
    return Evaluation(
        evaluation_id=SPACE,
        version=1,
        process_id=SPACE,
        phase=Phase.mid,
        status="open",
        opened_at=helsinki(opened),
        due_at=helsinki(due),
        invited=[],
        answer_links=LINKS,
        remind=True,
    ).model_copy(update=changes)


def shown(letters: set[WantedLetter]) -> list[str]:
    names = {one.participant_id: one.first_name for one in PEOPLE} | {SPACE: "supervisor", UUID(int=2): "client"}
    told = [(letter.due_at, f"{letter.kind} {names[letter.recipient]}") for letter in letters]
    return [
        f"{local(due).day}.{local(due).month}. {local(due).hour}.{local(due).minute:02} {text}"
        for due, text in sorted(told)
    ]


def test_who_has_not_answered_is_asked_by_day_and_once_more() -> None:
    asked = evaluation("7.9.2026 21.00", "21.9.2026 23.59")
    state = EvaluationState(asked, PROCESS, PEOPLE, frozenset({VEIKKO.participant_id}), frozenset())

    assert shown(wanted_letters(state, NOW)) == [
        "8.9. 8.00 evaluation_request Aino",
        "18.9. 9.00 evaluation_reminder Aino",
    ]


def test_a_closed_round_or_one_without_reminders_does_not_ask_again() -> None:
    quiet = evaluation("7.9.2026 12.00", "21.9.2026 23.59", remind=False)
    closed = evaluation("7.9.2026 12.00", "21.9.2026 23.59", status="closed")

    for asked, expected in ((quiet, ["7.9. 12.00 evaluation_request Aino"]), (closed, [])):
        state = EvaluationState(asked, PROCESS, [AINO, GONE], frozenset(), frozenset())
        assert shown(wanted_letters(state, NOW)) == expected


def test_a_reminder_whose_time_was_past_when_it_was_heard_of_is_left_out_unless_it_waits() -> None:
    asked = evaluation("7.9.2026 12.00", "21.9.2026 23.59")
    late = helsinki("19.9.2026 12.00")
    key = LetterKey(LetterKind.evaluation_reminder, SPACE, helsinki("18.9.2026 9.00"), AINO.participant_id)

    for written, count in ((frozenset[LetterKey](), 1), (frozenset({key}), 2)):
        assert len(wanted_letters(EvaluationState(asked, PROCESS, [AINO], frozenset(), written), late)) == count


@pytest.mark.parametrize(
    ("opened", "due", "again"),
    [
        ("7.9.2026 12.00", "21.9.2026 23.59", "18.9.2026 9.00"),
        # three days before is a Saturday: on Monday
        ("7.9.2026 12.00", "22.9.2026 23.59", "21.9.2026 9.00"),
        # never within two days of the request
        ("7.9.2026 12.00", "10.9.2026 23.59", "9.9.2026 9.00"),
        ("7.9.2026 12.00", "8.9.2026 23.59", None),
        # not between jouluaatto and loppiainen, and not in July
        ("15.12.2026 12.00", "8.1.2027 23.59", "7.1.2027 9.00"),
        ("15.12.2026 12.00", "31.12.2026 23.59", None),
        ("24.6.2026 12.00", "3.7.2026 23.59", "30.6.2026 9.00"),
        ("22.6.2026 12.00", "5.7.2026 23.59", None),
    ],
)
def test_people_are_asked_again_on_a_working_day_shortly_before_the_end(
    opened: str, due: str, again: str | None
) -> None:
    assert evaluation_reminder_at(evaluation(opened, due)) == (helsinki(again) if again else None)


def summary(version: int, published: str, *, sends_letter: bool) -> Summary:
    return Summary(
        summary_id=SPACE,
        version=version,
        session_id=SPACE,
        process_id=SPACE,
        published_at=helsinki(published),
        sends_letter=sends_letter,
        links=LINKS,
        link_expires_at=helsinki("1.12.2026 12.00"),
    )


def test_the_newest_summary_that_is_to_be_told_of_goes_to_those_who_take_part() -> None:
    first, quiet = summary(1, "7.9.2026 22.00", sends_letter=True), summary(2, "8.9.2026 12.00", sends_letter=False)
    told = summary(3, "9.9.2026 12.00", sends_letter=True)

    assert shown(wanted_letters(SummaryState([first, quiet], PROCESS, PEOPLE), NOW)) == [
        "8.9. 8.00 summary Aino",
        "8.9. 8.00 summary Veikko",
    ]
    assert shown(wanted_letters(SummaryState([told, quiet, first], PROCESS, [AINO]), NOW)) == [
        "9.9. 12.00 summary Aino"
    ]
    assert wanted_letters(SummaryState([quiet], PROCESS, PEOPLE), NOW) == set()


def report(kind: str, **changes: object) -> Report:
    made = Report(
        report_id=SPACE, version=1, kind=kind, process_id=SPACE, supervisor_id=SPACE, period_label="", figures={}
    )
    return made.model_copy(update={"compiled_at": helsinki("1.10.2026 6.00"), "review_links": LINKS, **changes})


@pytest.mark.parametrize(
    ("compiled", "expected"),
    [
        (report("goal_report"), ["1.10. 8.00 goal_report supervisor"]),
        (report("overview_report", process_id=None), ["1.10. 8.00 overview_report supervisor"]),
        (report("client_report"), ["1.10. 8.00 report_review Aino", "1.10. 8.00 report_review Veikko"]),
        (report("client_report", released_at=helsinki("9.10.2026 12.00")), ["9.10. 12.00 client_report client"]),
    ],
)
def test_reports_go_to_whom_they_are_for(compiled: Report, expected: list[str]) -> None:
    process = PROCESS if compiled.process_id else None

    assert shown(wanted_letters(ReportState(compiled, process, PEOPLE), NOW)) == expected


def test_a_report_is_of_no_use_two_weeks_later() -> None:
    (letter,) = wanted_letters(ReportState(report("goal_report"), PROCESS, []), NOW)

    assert letter.not_after == helsinki("1.10.2026 6.00") + timedelta(days=14)
