"""The goal report: one process from its meetings and goals to what is left to do."""

from collections.abc import Iterable, Sequence

from services.finnish import formatting
from services.finnish.vocabulary import EVALUATIONS, FORM_LABELS
from services.reporting.contents import lead
from services.reporting.contents.documents import ActionLine, GoalReport, RoundResponse, SessionLine
from services.reporting.contents.wording import MEETING_STATUS, capitalised, part_of_whole, to_do_text
from services.reporting.rendering.blocks import (
    Block,
    BulletList,
    Cards,
    Heading,
    KeptTogether,
    Paragraph,
    Sheet,
    SheetTable,
    figures,
    words,
)
from services.reporting.rendering.sections import (
    NO_VALUE,
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


def goal_sheet(report: GoalReport) -> Sheet:
    next_session = formatting.when_short(report.next_session) if report.next_session else "ei vielä sovittu"
    occasion = capitalised(EVALUATIONS[report.phase].nominative) if report.phase else "Tavoitearviointi"
    return Sheet(
        kind=report.kind,
        title=f"{occasion} {report.code}",
        subject=f"{capitalised(FORM_LABELS[report.form])}, {report.period.label}",
        facts=(("Laadittu", formatting.numeric_date(report.compiled_on)), ("Seuraava tapaaminen", next_session)),
        lead=lead.lead_of_goal_report(report),
        blocks=tuple(_goal_blocks(report)),
        running=f"{occasion} {report.code}, {report.period.label}",
        confidential="Luottamuksellinen, vain työnohjaajalle",
        compiled_on=report.compiled_on.isoformat(),
    )


def _goal_blocks(report: GoalReport) -> Iterable[Block]:
    meetings = (sessions_card(report.sessions), attendance_card(report.attendance))
    yield Cards(cards=(*meetings, goals_card(report.goals), t_card(report.t_score)))
    if report.awaiting:
        points = BulletList(items=tuple(capitalised(to_do_text(one)) for one in report.awaiting))
        yield KeptTogether(blocks=(Heading(text="Sinua odottaa"), points))
    if report.goals:
        yield from goals_overview(report.goals, report.t_score)
        yield Heading(text="Tavoitteet tasoittain")
        yield from goal_ladders(report.goals)
    yield from benefits_section(report.benefits)
    yield from _responses(report.responses)
    yield from _meetings(report)
    yield from _actions(report.actions)
    yield from _reading(report)


def _responses(responses: Sequence[RoundResponse]) -> Iterable[Block]:
    if not responses:
        return
    columns = (words("Arviointi", 3), words("Päättyi tai päättyy", 3), figures("Vastannut"), figures("Osuus"))
    rows = tuple(
        (
            capitalised(EVALUATIONS[response.phase].nominative),
            formatting.numeric_date(response.on) + (" (avoinna)" if response.open else ""),
            part_of_whole(response.answered, response.invited),
            formatting.percent(100 * response.answered / response.invited) if response.invited else NO_VALUE,
        )
        for response in responses
    )
    table = SheetTable(title="Arviointien vastausosuudet", columns=columns, rows=rows)
    yield Heading(text="Vastausosuudet")
    yield table


def _meetings(report: GoalReport) -> Iterable[Block]:
    if report.meetings:
        columns = (figures("Nro"), words("Aika", 4), words("Tila", 2), figures("Läsnä"))
        yield Heading(text="Tapaamiset jaksolla")
        yield SheetTable(title="Jakson tapaamiset", columns=columns, rows=tuple(map(_meeting_row, report.meetings)))


def _meeting_row(meeting: SessionLine) -> tuple[str, ...]:
    counted = meeting.present is not None and meeting.expected is not None
    present = part_of_whole(meeting.present or 0, meeting.expected or 0) if counted else NO_VALUE
    return str(meeting.number), formatting.when_short(meeting.starts_at), MEETING_STATUS[meeting.status], present


def _actions(actions: Sequence[ActionLine]) -> Iterable[Block]:
    if not actions:
        return
    columns = (words("Asia", 5), figures("Sovittu"), figures("Viimeistään"))
    rows = tuple(
        (one.text, formatting.numeric_date(one.agreed_on), formatting.numeric_date(one.due) if one.due else NO_VALUE)
        for one in actions
    )
    table = SheetTable(title="Avoinna olevat sovitut asiat", columns=columns, rows=rows)
    yield Heading(text="Avoinna olevat sovitut asiat")
    yield table


def _reading(report: GoalReport) -> Iterable[Block]:
    notes = [READING_LEVELS] if report.goals else []
    if any(rating.averaged for goal in report.goals for rating in goal.ratings):
        notes.append(READING_AVERAGES)
    if any(benefit.points for benefit in report.benefits):
        notes.append(READING_BENEFITS)
    if notes:
        texts = tuple(Paragraph(text=note, small=True) for note in notes)
        yield KeptTogether(blocks=(Heading(text="Näin luvut luetaan"), *texts))
