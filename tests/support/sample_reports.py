"""Sample reports of a practice in Tampere, with defaults that speak: a group of six in the middle of its year."""

from datetime import UTC, date, datetime, timedelta

from services.events.catalogue import Form, Phase
from services.reporting.contents import gas
from services.reporting.contents.documents import (
    ActionLine,
    AttendanceCounts,
    BenefitChange,
    BenefitPoint,
    BenefitStatus,
    ClientReport,
    GoalReport,
    GoalStatus,
    OverviewReport,
    ProcessLine,
    Rating,
    RoundResponse,
    SessionCounts,
    SessionLine,
    ToDoItem,
    ToDoKind,
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
    found = gas.measure_attainment(
        [
            gas.ScaledGoal(one.baseline, one.now.level, one.importance, one.now.averaged)
            if one.now
            else gas.ScaledGoal(one.baseline, None, one.importance)
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


def meetings(count: int = 2) -> tuple[SessionLine, ...]:
    held = [
        SessionLine(
            number=number,
            starts_at=datetime(2026, 10, 6, 11, tzinfo=UTC) + timedelta(days=14 * (number - 5)),
            status="held",
            present=5 + number % 2,
            expected=6,
        )
        for number in range(5, 5 + count)
    ]
    return (*held, SessionLine(number=5 + count, starts_at=datetime(2026, 10, 27, 12, tzinfo=UTC), status="cancelled"))


ACTIONS = (
    ActionLine(text="Vastuutaulukon luonnos kiertää kaikilla", agreed_on=date(2026, 10, 6), due=date(2026, 11, 6)),
    ActionLine(text="Jokainen pyytää palautetta yhdeltä työparilta", agreed_on=date(2026, 10, 20)),
    ActionLine(text="Muutosaikataulu tuodaan viikkopalaveriin", agreed_on=date(2026, 10, 20), due=date(2026, 11, 13)),
)


def goal_report(**fields: object) -> GoalReport:
    reached = goals(Phase.start, Phase.mid)
    usual: dict[str, object] = {
        "first": date(2026, 10, 1),
        "last": date(2026, 10, 31),
        "compiled_on": date(2026, 11, 1),
        "code": "TO-2026-014",
        "form": Form.group,
        "sessions": SessionCounts(held=2, cancelled=1, held_in_all=6, planned_in_all=10),
        "attendance": AttendanceCounts(present=11, excused=1, no_shows=0),
        "meetings": meetings(),
        "next_session": datetime(2026, 11, 10, 12, tzinfo=UTC),
        "goals": reached,
        "t_score": t_score(reached),
        "benefits": benefits(),
        "responses": (
            RoundResponse(phase=Phase.start, on=ROUND_DAYS[Phase.start], answered=6, invited=6),
            RoundResponse(phase=Phase.mid, on=ROUND_DAYS[Phase.mid], answered=6, invited=6),
        ),
        "actions": ACTIONS,
        "awaiting": (ToDoItem(chore=ToDoKind.summary, on=date(2026, 10, 20)),),
    }
    return GoalReport.model_validate(usual | fields)


def process_line(code: str = "TO-2026-014", **fields: object) -> ProcessLine:
    usual: dict[str, object] = {
        "code": code,
        "form": Form.group,
        "sessions": SessionCounts(held=2, held_in_all=6, planned_in_all=10),
        "attendance": AttendanceCounts(present=11, excused=1),
    }
    return ProcessLine.model_validate(usual | fields)


def overview_report(**fields: object) -> OverviewReport:
    reached = goals(Phase.start, Phase.mid)
    summary = ToDoItem(chore=ToDoKind.summary, on=date(2026, 10, 20))
    open_round = ToDoItem(chore=ToDoKind.round, phase=Phase.mid, done=3, of=5)
    nothing_yet = AttendanceCounts(present=0)
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
                "TO-2026-017", form=Form.team, awaiting=(ToDoItem(chore=ToDoKind.goals),), attendance=nothing_yet
            ),
            process_line(
                "TO-2026-009",
                form=Form.individual,
                sessions=SessionCounts(held=1, held_in_all=4, planned_in_all=6),
                attendance=AttendanceCounts(present=1),
                goals_met=1,
                t_score=TScore(baseline=40, now=50, change=10, scored=1, total=1, averaged=False),
                next_session=datetime(2026, 11, 5, 7, 30, tzinfo=UTC),
            ),
            process_line(
                "TO-2026-003",
                form=Form.community,
                sessions=SessionCounts(held=1, held_in_all=9, planned_in_all=10),
                attendance=AttendanceCounts(present=16, excused=3, no_shows=1),
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
        "sessions": SessionCounts(held=9, held_in_all=9, planned_in_all=10),
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
        "answered": None,
        "participants": 5,
        "mean_present": 4.4,
        "goals": (),
        "goal_titles": tuple(one.title for one in goals()),
        "t_score": None,
        "benefits": (),
    }
    return client_report(**(untold | fields))


# -- every report there can be ----------------------------------------------------------------------------


def unscored_goal_report(**fields: object) -> GoalReport:
    """Goals are agreed and the first round is open; nobody has answered yet."""
    opened = RoundResponse(phase=Phase.start, on=date(2026, 11, 13), answered=0, invited=6, open=True)
    asked = ToDoItem(chore=ToDoKind.round, phase=Phase.start, done=0, of=6)
    untold: dict[str, object] = {"goals": goals(), "t_score": None, "benefits": (), "responses": (opened,)}
    return goal_report(**(untold | {"actions": (), "awaiting": (asked,)} | fields))


def partly_scored_goal_report(**fields: object) -> GoalReport:
    """Four of six answered, and one goal nobody rated."""
    rated = goals(Phase.start, Phase.mid)
    reached = (rated[0], rated[1].model_copy(update={"ratings": ()}), rated[2])
    answers = ((Phase.start, 5), (Phase.mid, 4))
    responses = tuple(RoundResponse(phase=phase, on=ROUND_DAYS[phase], answered=n, invited=6) for phase, n in answers)
    partly: dict[str, object] = {"goals": reached, "t_score": t_score(reached), "responses": responses}
    uneven = benefit("coping_at_work", "Työssä jaksaminen", 3.2, 3.0, answers=4)
    points = (uneven.points[0].model_copy(update={"answers": 5}), uneven.points[1])
    benefits_ = (*benefits()[:2], uneven.model_copy(update={"points": points}))
    return goal_report(**(partly | {"benefits": benefits_, "phase": Phase.mid} | fields))


def individual_goal_report(**fields: object) -> GoalReport:
    reached = (
        goal(
            "Palautteen antaminen suoraan ja ajallaan",
            rating(Phase.start, -2),
            rating(Phase.mid, 0),
            baseline=-2,
            benefit="professional_identity",
        ),
        goal("Työajan rajaaminen", rating(Phase.start, -1), rating(Phase.mid, -1)),
    )
    identity = benefit("professional_identity", "Ammatillinen identiteetti", 3, 4, answers=1)
    alone: dict[str, object] = {
        "form": Form.individual,
        "code": "TO-2026-009",
        "sessions": SessionCounts(held=1, cancelled=1, held_in_all=4, planned_in_all=6),
        "attendance": AttendanceCounts(present=1, no_shows=1),
        "meetings": (
            SessionLine(number=3, starts_at=datetime(2026, 10, 8, 6, tzinfo=UTC), status="held", present=0, expected=1),
            SessionLine(
                number=4, starts_at=datetime(2026, 10, 22, 6, tzinfo=UTC), status="held", present=1, expected=1
            ),
        ),
        "goals": reached,
        "t_score": t_score(reached),
        "benefits": (identity,),
        "responses": (RoundResponse(phase=Phase.mid, on=ROUND_DAYS[Phase.mid], answered=1, invited=1),),
        "actions": ACTIONS[:1],
        "awaiting": (),
    }
    return goal_report(**(alone | fields))


LONG_WORDS = {
    -2: "Lääkehoitosuunnitelmapalaverikäytännöistä ei ole keskusteltu lainkaan.",
    -1: "Moniammatillisen yhteistyön vastuuhenkilöt ovat osittain epäselviä, ja kotiutussuunnitelmat tehdään yksin.",
    0: "Perustehtävän selkeyttämistyöpajoissa sovitut toimintatavat ovat kaikkien tiedossa ja kirjattuina.",
    1: "Kuntouttavan työotteen toteutumista tarkastellaan säännöllisesti henkilöstökokouksissa.",
    2: "Asiakaspalautejärjestelmän tulokset ohjaavat viikoittaista työnsuunnittelua koko palvelukokonaisuudessa.",
}


def long_goal_report(**fields: object) -> GoalReport:
    """A whole process of twenty meetings and six people, with eight goals in long words."""
    titles = (
        "Moniammatillisen yhteistyön ja tiedonkulun kehittäminen ympärivuorokautisessa hoivapalvelukokonaisuudessa",
        "Perehdyttämiskäytäntöjen yhdenmukaistaminen",
        "Vastuuhenkilöjärjestelmän selkeyttäminen",
        "Työvuorosuunnittelun oikeudenmukaisuus",
        "Eettisesti kuormittavien tilanteiden käsittely",
        "Palautekeskustelut",
        "Kokouskäytännöt",
        "Asiakasväkivaltatilanteiden jälkipuinti",
    )
    steps = ((-2, -1, 0), (-1, 0, 1), (-1, -1, -1), (-1, 0, 0), (-2, -2, -1), (-1, 1, 2), (-1, 0, 1), (-1, 0.4, 0.8))
    reached = tuple(
        goal(
            title,
            *(
                rating(phase, level, 6 if level % 1 else 1, agreed=not level % 1).model_copy(
                    update={"words": LONG_WORDS[gas.nearest_level(level)]}
                )
                for phase, level in zip(Phase, levels, strict=True)
            ),
            levels=LONG_WORDS,
            baseline=levels[0],
            importance=1 + number % 3,
            reworded=number == 2,
        )
        for number, (title, levels) in enumerate(zip(titles, steps, strict=True))
    )
    held = tuple(
        SessionLine(
            number=number,
            starts_at=datetime(2026, 1, 13, 11, tzinfo=UTC) + timedelta(days=14 * number),
            status="held",
            present=5 + number % 2,
            expected=6,
        )
        for number in range(1, 21)
    )
    long: dict[str, object] = {
        "first": date(2026, 1, 12),
        "last": date(2026, 12, 11),
        "compiled_on": date(2026, 12, 12),
        "phase": Phase.final,
        "sessions": SessionCounts(held=20, cancelled=2, held_in_all=20, planned_in_all=20),
        "attendance": AttendanceCounts(present=110, excused=8, no_shows=2),
        "meetings": held,
        "next_session": None,
        "goals": reached,
        "t_score": t_score(reached),
        "benefits": benefits(3),
        "responses": tuple(RoundResponse(phase=each, on=ROUND_DAYS[each], answered=6, invited=6) for each in Phase),
        "actions": tuple(
            ActionLine(text=f"{text} ({number})", agreed_on=date(2026, 11, number), due=date(2026, 12, number))
            for number in range(1, 13)
            for text in ("Vastuutaulukon luonnos kiertää kaikilla ja palautetaan kommentoituna",)
        ),
        "awaiting": (
            ToDoItem(chore=ToDoKind.attendance, on=date(2026, 11, 17)),
            ToDoItem(chore=ToDoKind.summary, on=date(2026, 12, 1)),
            ToDoItem(chore=ToDoKind.review, done=3, of=6),
            ToDoItem(chore=ToDoKind.next_session),
        ),
    }
    return goal_report(**(long | fields))


def busy_overview(count: int) -> OverviewReport:
    """As many processes as a firm may have, every third of which waits for something."""
    chores = (ToDoItem(chore=ToDoKind.summary, on=date(2026, 10, 20)), ToDoItem(chore=ToDoKind.next_session))
    reached = t_score(goals(Phase.start, Phase.mid))
    lines = [
        process_line(
            f"TO-2026-{number:03}",
            form=list(Form)[number % len(Form)],
            next_session=None if number % 4 == 0 else datetime(2026, 11, 2 + number % 25, 7, tzinfo=UTC),
            goals_met=number % 3,
            t_score=reached if number % 2 else None,
            open_actions=number % 5,
            awaiting=chores[: 1 + number % 2] if number % 3 == 0 else (),
            response=RoundResponse(phase=Phase.mid, on=ROUND_DAYS[Phase.mid], answered=4 + number % 3, invited=6),
        )
        for number in range(1, count + 1)
    ]
    return overview_report(processes=sorted(lines, key=lambda line: not line.awaiting))


OWN_WORDS = (
    "Työnohjauksessa selkiytettiin esihenkilön vastuita ja harjoiteltiin vaikeiden asioiden puheeksi ottamista. "
    "Ohjattava kokee, että hän rajaa työtään aiempaa paremmin.",
)


def individual_client_report(*, consents: bool) -> ClientReport:
    """One person: never benefits, and goals reached only with their consent."""
    rated = (goals(Phase.final)[0], goals(Phase.final)[2])
    told = rated if consents else ()
    return client_report(
        title="Tiimin esihenkilön työnohjaus",
        form=Form.individual,
        participants=1,
        mean_present=None,
        answered=1,
        goals=told,
        goal_titles=() if consents else tuple(one.title for one in rated),
        t_score=t_score(told),
        benefits=(),
        words=OWN_WORDS if consents else (),
    )


def long_names_client_report() -> ClientReport:
    return client_report(
        title="Ympärivuorokautisen palveluasumisen lähiesihenkilöiden ja vastuusairaanhoitajien ryhmätyönohjaus",
        client_name="Pohjois-Pohjanmaan hyvinvointialue, ikäihmisten asumispalvelut ja kotikuntoutus",
        supervisor_name="Annukka-Kristiina Vänttinen-Väärälä",
        supervisor_title="työnohjaaja STOry, psykoterapeutti, organisaatiokonsultti",
    )


SAMPLES: dict[str, GoalReport | OverviewReport | ClientReport] = {
    "goal_report": goal_report(),
    "goal_report.mid": goal_report(phase=Phase.mid),
    "goal_report.individual": individual_goal_report(),
    "goal_report.partly_scored": partly_scored_goal_report(),
    "goal_report.unscored": unscored_goal_report(),
    "goal_report.just_begun": goal_report(
        goals=(), t_score=None, benefits=(), responses=(), actions=(), meetings=(), next_session=None
    ),
    "goal_report.long": long_goal_report(),
    "overview": overview_report(),
    "overview.empty": overview_report(processes=()),
    "overview.one": busy_overview(1),
    "overview.twelve": busy_overview(12),
    "overview.forty": busy_overview(40),
    "client_report": client_report(),
    "client_report.four_answers": small_client_report(),
    "client_report.draft": client_report(status="draft", released_on=None),
    "client_report.withdrawn": client_report(status="withdrawn", edition=2, withdrawn_on=date(2027, 1, 4)),
    "client_report.individual": individual_client_report(consents=True),
    "client_report.individual_silent": individual_client_report(consents=False),
    "client_report.long_names": long_names_client_report(),
}
