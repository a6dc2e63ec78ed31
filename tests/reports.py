"""Sample reports of a practice in Tampere, with defaults that speak: a group of six in the middle of its year."""

from datetime import UTC, date, datetime, timedelta

from services.events.catalogue import Form, Phase
from services.reporting import gas
from services.reporting.documents import (
    Action,
    Attendance,
    Awaiting,
    BenefitChange,
    BenefitPoint,
    BenefitStatus,
    Chore,
    ClientReport,
    GoalReport,
    GoalStatus,
    Meeting,
    OverviewReport,
    ProcessLine,
    Rating,
    Response,
    Sessions,
    TScore,
)

ROUND_DAYS = {Phase.start: date(2026, 1, 30), Phase.mid: date(2026, 10, 23), Phase.final: date(2026, 12, 11)}

LEVELS = {
    -2: "Vastuista ei ole sovittu, ja samaa työtä tehdään usein kahteen kertaan.",
    -1: "Osa vastuista on sovittu suullisesti, mutta epäselvyyksiä tulee viikoittain.",
    0: "Vastuut on kirjattu ja ne tunnetaan; epäselvyyksiä tulee enintään kerran kuussa.",
    1: "Vastuut on kirjattu, ja tiimi tarkistaa ne itse neljännesvuosittain.",
    2: "Vastuut elävät työn mukana, eikä epäselvyyksiä ole ollut puoleen vuoteen.",
}


def rating(phase: Phase, level: float, answers: int = 1, *, agreed: bool = True) -> Rating:
    return Rating(
        phase=phase,
        on=ROUND_DAYS[phase],
        level=level,
        answers=answers,
        agreed=agreed,
        words=LEVELS[gas.nearest_level(level)],
    )


def goal(title: str = "Tehtävät ja vastuut ovat kaikille selvät", *ratings: Rating, **fields: object) -> GoalStatus:
    shaped = {"goal_id": title, "title": title, "baseline": -1, "levels": LEVELS, "ratings": ratings, **fields}
    return GoalStatus.model_validate(shaped)


def goals(*phases: Phase) -> tuple[GoalStatus, ...]:
    def rated(levels: dict[Phase, float], **fields: bool) -> list[Rating]:
        answers = 6 if fields.get("agreed") is False else 1
        return [rating(phase, levels[phase], answers, **fields) for phase in phases if phase in levels]

    return (
        goal(
            "Tehtävät ja vastuut ovat kaikille selvät",
            *rated({Phase.start: -1, Phase.mid: 0, Phase.final: 1}),
            importance=3,
            benefit="role_clarity",
        ),
        goal(
            "Palaute annetaan ja otetaan vastaan arjessa, myös silloin, kun se on vaikeaa",
            *rated({Phase.start: -1, Phase.mid: 0.5, Phase.final: 0.67}, agreed=False),
            importance=2,
            benefit="cooperation",
        ),
        goal(
            "Muutoksiin valmistaudutaan yhdessä ennakolta",
            *rated({Phase.start: -2, Phase.mid: -1, Phase.final: 0}),
            baseline=-2,
            benefit="change_capacity",
        ),
    )


def t_score(reached: tuple[GoalStatus, ...]) -> TScore | None:
    found = gas.attainment(
        [
            gas.Goal(one.baseline, one.now.level, one.importance, one.now.averaged)
            if one.now
            else gas.Goal(one.baseline, None, one.importance)
            for one in reached
        ]
    )
    return TScore(change=found.change, **found._asdict()) if found else None


def benefit(name: str, label: str, *means: float, answers: int = 6) -> BenefitStatus:
    phases = list(Phase)[: len(means)]
    change = BenefitChange(since=phases[0], until=phases[-1], mean=means[-1] - means[0], answers=answers)
    points = tuple(
        BenefitPoint(phase=phase, mean=mean, answers=answers) for phase, mean in zip(phases, means, strict=True)
    )
    return BenefitStatus(benefit=name, label=label, points=points, change=change if len(means) > 1 else None)


def benefits(rounds: int = 2) -> tuple[BenefitStatus, ...]:
    return (
        benefit("role_clarity", "Tehtävien ja roolien selkeys", *(2.5, 3.3, 4.2)[:rounds]),
        benefit("cooperation", "Yhteistyö", *(3.0, 3.5, 3.8)[:rounds]),
        benefit("change_capacity", "Muutoskyky", *(2.8, 2.7, 3.3)[:rounds]),
        benefit("work_climate", "Työyhteisön ilmapiiri", *(3.7, 3.7, 4.0)[:rounds]),
        benefit("coping_at_work", "Työssä jaksaminen", *(3.2, 3.0, 3.5)[:rounds]),
    )


def meetings(count: int = 2) -> tuple[Meeting, ...]:
    held = [
        Meeting(
            number=number,
            starts_at=datetime(2026, 10, 6, 11, tzinfo=UTC) + timedelta(days=14 * (number - 5)),
            status="held",
            present=5 + number % 2,
            expected=6,
        )
        for number in range(5, 5 + count)
    ]
    return (
        *held,
        Meeting(number=5 + count, starts_at=datetime(2026, 10, 27, 12, tzinfo=UTC), status="cancelled"),
    )


ACTIONS = (
    Action(text="Vastuutaulukon luonnos kiertää kaikilla", agreed_on=date(2026, 10, 6), due=date(2026, 11, 6)),
    Action(text="Jokainen pyytää palautetta yhdeltä työparilta", agreed_on=date(2026, 10, 20)),
    Action(text="Muutosaikataulu tuodaan viikkopalaveriin", agreed_on=date(2026, 10, 20), due=date(2026, 11, 13)),
)


def goal_report(**fields: object) -> GoalReport:
    reached = goals(Phase.start, Phase.mid)
    usual: dict[str, object] = {
        "first": date(2026, 10, 1),
        "last": date(2026, 10, 31),
        "compiled_on": date(2026, 11, 1),
        "code": "TO-2026-014",
        "form": Form.group,
        "sessions": Sessions(held=2, cancelled=1, held_in_all=6, planned_in_all=10),
        "attendance": Attendance(present=11, excused=1, no_shows=0),
        "meetings": meetings(),
        "next_session": datetime(2026, 11, 10, 12, tzinfo=UTC),
        "goals": reached,
        "t_score": t_score(reached),
        "benefits": benefits(),
        "responses": (
            Response(phase=Phase.start, on=ROUND_DAYS[Phase.start], answered=6, invited=6),
            Response(phase=Phase.mid, on=ROUND_DAYS[Phase.mid], answered=6, invited=6),
        ),
        "actions": ACTIONS,
        "awaiting": (Awaiting(chore=Chore.summary, on=date(2026, 10, 20)),),
    }
    return GoalReport.model_validate(usual | fields)


def process_line(code: str = "TO-2026-014", **fields: object) -> ProcessLine:
    usual: dict[str, object] = {
        "code": code,
        "form": Form.group,
        "sessions": Sessions(held=2, held_in_all=6, planned_in_all=10),
        "attendance": Attendance(present=11, excused=1),
    }
    return ProcessLine.model_validate(usual | fields)


def overview_report(**fields: object) -> OverviewReport:
    reached = goals(Phase.start, Phase.mid)
    summary = Awaiting(chore=Chore.summary, on=date(2026, 10, 20))
    open_round = Awaiting(chore=Chore.round, phase=Phase.mid, done=3, of=5)
    nothing_yet = Attendance(present=0)
    usual: dict[str, object] = {
        "first": date(2026, 10, 1),
        "last": date(2026, 10, 31),
        "compiled_on": date(2026, 11, 1),
        "supervisor_name": "Maija Meikäläinen",
        "processes": (
            process_line(
                goals_met=2,
                t_score=t_score(reached),
                next_session=datetime(2026, 11, 10, 12, tzinfo=UTC),
                open_actions=3,
                awaiting=(summary, open_round),
            ),
            process_line(
                "TO-2026-017", form=Form.team, awaiting=(Awaiting(chore=Chore.goals),), attendance=nothing_yet
            ),
            process_line(
                "TO-2026-009",
                form=Form.individual,
                sessions=Sessions(held=1, held_in_all=4, planned_in_all=6),
                attendance=Attendance(present=1),
                goals_met=1,
                t_score=TScore(baseline=40, now=50, change=10, scored=1, total=1, averaged=False),
                next_session=datetime(2026, 11, 5, 7, 30, tzinfo=UTC),
            ),
            process_line(
                "TO-2026-003",
                form=Form.community,
                sessions=Sessions(held=1, held_in_all=9, planned_in_all=10),
                attendance=Attendance(present=16, excused=3, no_shows=1),
                next_session=datetime(2026, 11, 19, 11, tzinfo=UTC),
                open_actions=1,
            ),
        ),
    }
    return OverviewReport.model_validate(usual | fields)


WORDS = (
    "Työnohjauksessa sovittiin vastuista ja kirjattiin ne yhteiseen taulukkoon. Ryhmä kokee, että samaa työtä tehdään "
    "nyt harvemmin kahteen kertaan ja että apua on helpompi pyytää.",
    "Palautteen antaminen on lisääntynyt, mutta kiireessä se jää yhä muun alle. Ryhmä toivoo, että viikkopalaveriin "
    "varataan sille aikaa myös työnohjauksen päätyttyä.",
)


def client_report(**fields: object) -> ClientReport:
    reached = goals(Phase.final)
    usual: dict[str, object] = {
        "first": date(2026, 1, 12),
        "last": date(2026, 12, 11),
        "compiled_on": date(2026, 12, 14),
        "title": "Asiakaspalvelun esihenkilöiden työnohjaus",
        "client_name": "Esimerkkilän kaupunki",
        "supervisor_name": "Maija Meikäläinen",
        "supervisor_title": "työnohjaaja STOry",
        "form": Form.group,
        "status": "released",
        "released_on": date(2026, 12, 18),
        "sessions": Sessions(held=9, held_in_all=9, planned_in_all=10),
        "meeting_days": tuple(date(2026, 1, 12) + timedelta(days=35 * number) for number in range(9)),
        "participants": 6,
        "mean_present": 5.4,
        "answered": 6,
        "min_group_size": 5,
        "goals": reached,
        "t_score": t_score(reached),
        "benefits": benefits(3),
        "words": WORDS,
    }
    return ClientReport.model_validate(usual | fields)


def small_client_report(**fields: object) -> ClientReport:
    """Four answered: not one number of theirs is told."""
    untold: dict[str, object] = {
        "answered": 4,
        "participants": 5,
        "goals": tuple(one.model_copy(update={"ratings": ()}) for one in goals()),
        "t_score": None,
        "benefits": (),
    }
    return client_report(**(untold | fields))
