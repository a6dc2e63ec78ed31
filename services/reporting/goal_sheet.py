"""The goal report: one process from its meetings and goals to what is left to do."""

from collections.abc import Iterable, Sequence

from services import finnish
from services.reporting import essence
from services.reporting.blocks import Block, Cards, Column, Heading, Points, Sheet, Table, Text, Together
from services.reporting.documents import Action, GoalReport, Meeting, Response
from services.reporting.sections import (
    NONE,
    READING_AVERAGES,
    READING_BENEFITS,
    READING_LEVELS,
    attendance_card,
    benefits_section,
    goal_ladders,
    goals_card,
    goals_overview,
    sessions_card,
    t_card,
)
from services.reporting.words import MEETING_STATUS, capitalised, chore, share
from services.vocabulary import EVALUATIONS, FORM_LABELS


def goal_sheet(report: GoalReport) -> Sheet:
    occasion = capitalised(EVALUATIONS[report.phase].nominative) if report.phase else "Tavoitearviointi"
    return Sheet(
        kind=report.kind,
        title=f"{occasion} {report.code}",
        subject=f"{capitalised(FORM_LABELS[report.form])}, {report.period.label}",
        facts=(
            ("Jakso", finnish.date_range(report.first, report.last)),
            ("Laadittu", finnish.numeric_date(report.compiled_on)),
            ("Seuraava tapaaminen", _next_session(report)),
        ),
        essence=essence.of_goal_report(report),
        blocks=tuple(_goal_blocks(report)),
        running=f"{occasion} {report.code}, {report.period.label}",
        confidential="Luottamuksellinen, vain työnohjaajalle",
        compiled_on=report.compiled_on.isoformat(),
    )


def _goal_blocks(report: GoalReport) -> Iterable[Block]:
    yield Cards(
        cards=(
            sessions_card(report.sessions),
            attendance_card(report.attendance),
            goals_card(report.goals),
            t_card(report.t_score),
        )
    )
    if report.awaiting:
        points = Points(items=tuple(capitalised(chore(one)) for one in report.awaiting))
        yield Together(blocks=(Heading(text="Sinua odottaa"), points))
    if report.goals:
        yield from goals_overview(report.goals, report.t_score)
        yield Heading(text="Tavoitteet tasoittain")
        yield from goal_ladders(report.goals)
    yield from benefits_section(report.benefits)
    yield from _responses(report.responses)
    yield from _meetings(report)
    yield from _actions(report.actions)
    yield from _reading(report)


def _responses(responses: Sequence[Response]) -> Iterable[Block]:
    if not responses:
        return
    columns = (
        Column(title="Arviointi", share=3),
        Column(title="Päättyi tai päättyy", share=3),
        Column(title="Vastannut", align="end"),
        Column(title="Osuus", align="end"),
    )
    rows = tuple(
        (
            capitalised(EVALUATIONS[response.phase].nominative),
            finnish.numeric_date(response.on) + (" (avoinna)" if response.open else ""),
            share(response.answered, response.invited),
            finnish.percent(100 * response.answered / response.invited) if response.invited else NONE,
        )
        for response in responses
    )
    table = Table(title="Arviointien vastausosuudet", columns=columns, rows=rows)
    yield Heading(text="Vastausosuudet")
    yield table


def _meetings(report: GoalReport) -> Iterable[Block]:
    if report.meetings:
        columns = (
            Column(title="Nro", align="end"),
            Column(title="Aika", share=4),
            Column(title="Tila", share=2),
            Column(title="Läsnä", align="end"),
        )
        yield Heading(text="Tapaamiset jaksolla")
        yield Table(title="Jakson tapaamiset", columns=columns, rows=tuple(map(_meeting_row, report.meetings)))


def _next_session(report: GoalReport) -> str:
    return finnish.when_short(report.next_session) if report.next_session else "ei vielä sovittu"


def _meeting_row(meeting: Meeting) -> tuple[str, ...]:
    counted = meeting.present is not None and meeting.expected is not None
    present = share(meeting.present or 0, meeting.expected or 0) if counted else NONE
    return str(meeting.number), finnish.when_short(meeting.starts_at), MEETING_STATUS[meeting.status], present


def _actions(actions: Sequence[Action]) -> Iterable[Block]:
    if not actions:
        return
    columns = (
        Column(title="Asia", share=5),
        Column(title="Sovittu", align="end"),
        Column(title="Viimeistään", align="end"),
    )
    rows = tuple(
        (one.text, finnish.numeric_date(one.agreed_on), finnish.numeric_date(one.due) if one.due else NONE)
        for one in actions
    )
    table = Table(title="Avoinna olevat sovitut asiat", columns=columns, rows=rows)
    yield Heading(text="Avoinna olevat sovitut asiat")
    yield table


def _reading(report: GoalReport) -> Iterable[Block]:
    notes = [READING_LEVELS] if report.goals else []
    if any(rating.averaged for goal in report.goals for rating in goal.ratings):
        notes.append(READING_AVERAGES)
    if any(benefit.points for benefit in report.benefits):
        notes.append(READING_BENEFITS)
    if notes:
        texts = tuple(Text(text=note, small=True) for note in notes)
        yield Together(blocks=(Heading(text="Näin luvut luetaan"), *texts))
