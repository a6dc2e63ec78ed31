"""The three sentences, in Finnish that a person would write, for every number there may be."""

from datetime import date

import pytest

from services.events.catalogue import Form, Phase
from services.reporting.contents import lead
from services.reporting.contents.documents import AttendanceCounts, GoalStatus, SessionCounts, ToDoItem, ToDoKind
from tests.support import sample_reports
from tests.support.sample_reports import goal, rating


def test_a_goal_report_says_what_was_done_where_the_goals_are_and_what_comes_next() -> None:
    assert lead.lead_of_goal_report(sample_reports.goal_report()) == (
        "Lokakuussa 2026 pidettiin 2 tapaamista ja peruttiin 1, läsnäolo oli 92\u00a0%, "
        "ja suunnitelluista 10 tapaamisesta on takana 6.",
        "Kolmesta tavoitteesta kaksi on saavutettu tai ylitetty, ja kokonaisuutena tavoitteissa on edetty "
        "odotetusti: T-luku 34,6 → 50,0 (muutos +15,4).",
        "Sovittuja asioita on avoinna 3, ja sinua odottaa yhteenvedon kirjoittaminen (20.10.2026).",
    )


@pytest.mark.parametrize(
    ("held", "cancelled", "percent", "sentence"),
    [
        (
            1,
            0,
            True,
            "Lokakuussa 2026 pidettiin 1 tapaaminen, läsnäolo oli 92\u00a0%, "
            "ja suunnitelluista 10 tapaamisesta on takana 6.",
        ),
        (0, 0, False, "Lokakuussa 2026 ei pidetty yhtään tapaamista, ja suunnitelluista 10 tapaamisesta on takana 6."),
        (
            0,
            2,
            False,
            "Lokakuussa 2026 ei pidetty yhtään tapaamista ja peruttiin 2, "
            "ja suunnitelluista 10 tapaamisesta on takana 6.",
        ),
    ],
)
def test_meetings_are_counted_as_finnish_counts(held: int, cancelled: int, percent: bool, sentence: str) -> None:
    report = sample_reports.goal_report(
        sessions=SessionCounts(held=held, cancelled=cancelled, held_in_all=6, planned_in_all=10),
        attendance=AttendanceCounts(present=11, excused=1) if percent else AttendanceCounts(present=0),
    )

    assert lead.lead_of_goal_report(report)[0] == sentence


@pytest.mark.parametrize(
    ("held", "planned", "ending"),
    [
        (0, 10, "ja suunnitelluista 10 tapaamisesta ei ole vielä pidetty yhtään."),
        (12, 10, "ja tapaamisia on takana kaikkiaan 12."),
        (1, 1, "ja tapaamisia on takana kaikkiaan 1."),
    ],
)
def test_the_way_so_far_is_held_against_the_plan(held: int, planned: int, ending: str) -> None:
    report = sample_reports.goal_report(sessions=SessionCounts(held=0, held_in_all=held, planned_in_all=planned))

    assert lead.lead_of_goal_report(report)[0].endswith(ending)


def levels(*attained: int | None) -> tuple[GoalStatus, ...]:
    rated = [() if level is None else (rating(Phase.mid, level),) for level in attained]
    return tuple(goal(f"Tavoite {number}", *one) for number, one in enumerate(rated))


@pytest.mark.parametrize(
    ("goals", "sentence"),
    [
        ((), "Tavoitteita ei ole vielä sovittu, joten edistymistä ei voi arvioida."),
        (levels(None), "Tavoite on sovittu, mutta sitä ei ole vielä arvioitu."),
        (levels(None, None, None), "Tavoitteita on sovittu kolme, mutta niitä ei ole vielä arvioitu."),
        (levels(0), "Tavoite on saavutettu tai ylitetty, ja siinä on edetty odotetusti: "
                    "T-luku 40,0 → 50,0 (muutos +10,0)."),
        (levels(-2), "Tavoitetta ei ole vielä saavutettu, ja siinä on edetty selvästi odotettua heikommin: "
                     "T-luku 40,0 → 30,0 (muutos −10,0)."),
        (levels(1, 0), "Molemmat tavoitteet on saavutettu tai ylitetty, ja"),
        (levels(-1, -1), "Kumpaakaan tavoitetta ei ole vielä saavutettu, ja"),
        (levels(0, -1), "Kahdesta tavoitteesta yksi on saavutettu tai ylitetty, ja"),
        (levels(0, 1, 2), "Kaikki kolme tavoitetta on saavutettu tai ylitetty, ja"),
        (levels(-1, -1, -2), "Kolmesta tavoitteesta yhtäkään ei ole vielä saavutettu, ja"),
        (levels(0, 1, -2, None), "Kolmesta arvioidusta tavoitteesta kaksi on saavutettu tai ylitetty, ja "
                                 "kokonaisuutena tavoitteissa on edetty hieman odotettua heikommin (arvioitu 3/4):"),
        (levels(0, 0, None), "Molemmat arvioidut tavoitteet on saavutettu tai ylitetty, ja"),
        (levels(0, None), "Arvioitu tavoite on saavutettu tai ylitetty, ja"),
        (levels(-1, None), "Arvioitua tavoitetta ei ole vielä saavutettu, ja"),
        (levels(*[0] * 11, -1), "12 tavoitteesta 11 on saavutettu tai ylitetty, ja"),
    ],
)  # fmt: skip
def test_goals_are_told_by_number_in_the_right_case(goals: tuple[GoalStatus, ...], sentence: str) -> None:
    report = sample_reports.goal_report(goals=goals, t_score=sample_reports.t_score(goals))

    assert lead.lead_of_goal_report(report)[1].startswith(sentence)


def test_at_the_end_a_goal_is_no_longer_awaited() -> None:
    goals = levels(-1)
    report = sample_reports.goal_report(goals=goals, t_score=sample_reports.t_score(goals), phase=Phase.final)

    assert lead.lead_of_goal_report(report)[1].startswith("Tavoitetta ei ole saavutettu, ja")


ROUND = ToDoItem(chore=ToDoKind.round, phase=Phase.mid, done=4, of=6)
SUMMARY = ToDoItem(chore=ToDoKind.summary, on=date(2026, 10, 20))


@pytest.mark.parametrize(
    ("awaiting", "actions", "sentence"),
    [
        ((), (), "Mikään ei odota sinulta toimia."),
        ((), sample_reports.ACTIONS[:1], "Sovittuja asioita on avoinna 1, eikä mikään odota sinulta toimia."),
        ((SUMMARY, ROUND), (),
         "Sinua odottavat yhteenvedon kirjoittaminen (20.10.2026) ja väliarviointi, johon on vastannut 4/6."),
        ((SUMMARY,) * 4, (), "Sinua odottaa 4 asiaa, ensimmäisenä yhteenvedon kirjoittaminen (20.10.2026)."),
    ],
)  # fmt: skip
def test_what_awaits_is_told_or_counted(awaiting: object, actions: object, sentence: str) -> None:
    assert lead.lead_of_goal_report(sample_reports.goal_report(awaiting=awaiting, actions=actions))[2] == sentence


def test_an_overview_says_what_needs_attention_first() -> None:
    assert lead.lead_of_overview(sample_reports.overview_report()) == (
        "Lokakuussa 2026 käynnissä oli 4 prosessia, ja niissä pidettiin 6 tapaamista.",
        "Tavoitteita on arvioitu kahdessa prosessissa, ja molemmissa on päästy lähtötilanteesta eteenpäin.",
        "Ensimmäisenä sinua odottaa TO-2026-014: yhteenvedon kirjoittaminen (20.10.2026); "
        "huomiotasi kaipaa lisäksi 1 prosessi.",
    )


def test_an_overview_of_nothing_says_so() -> None:
    assert lead.lead_of_overview(sample_reports.overview_report(processes=())) == (
        "Lokakuussa 2026 käynnissä ei ollut yhtään prosessia.",
        "Tavoitteita ei ole vielä arvioitu yhdessäkään prosessissa.",
        "Mikään ei odota sinulta toimia.",
    )


def test_a_client_report_says_the_whole_in_three_sentences() -> None:
    assert lead.lead_of_client_report(sample_reports.client_report()) == (
        "Jaksolla 12.1.–11.12.2026 pidettiin 9 tapaamista, kun suunnitelmassa niitä oli 10.",
        "Kaikki kolme tavoitetta on saavutettu tai ylitetty, ja kokonaisuutena tavoitteissa on edetty "
        "hieman odotettua paremmin.",
        "Loppuarviointiin vastasi 6 osallistujaa, ja eniten myönteistä muutosta koettiin tässä: "
        "tehtävien ja roolien selkeys (+1,7).",
    )


def test_a_small_group_is_told_of_in_words_alone() -> None:
    assert lead.lead_of_client_report(sample_reports.small_client_report())[1:] == (
        "Tavoitteiden toteutumista ei esitetä tasoina eikä lukuina.",
        "Loppuarviointiin vastanneita oli alle 5, joten vastauksista ei esitetä lukuja, "
        "vaan osallistujien hyväksymä sanallinen yhteenveto.",
    )


def test_a_single_person_s_benefits_stay_between_two() -> None:
    report = sample_reports.client_report(form=Form.individual, benefits=(), answered=1)

    assert lead.lead_of_client_report(report)[2] == (
        "Yksilötyönohjauksessa hyötyjen arviointi jää ohjattavan ja työnohjaajan väliseksi."
    )
