"""The lead of a report, in three sentences: what was done, where the goals are, and what comes next."""

from collections.abc import Sequence

from services.events.catalogue import Form, Phase
from services.finnish import formatting
from services.finnish.vocabulary import EVALUATIONS
from services.reporting.contents import gas
from services.reporting.contents.documents import (
    BenefitStatus,
    ClientReport,
    GoalReport,
    GoalStatus,
    OverviewReport,
    ProcessLine,
    SessionCounts,
    ToDoItem,
    TScore,
)
from services.reporting.contents.wording import capitalised, number_word, number_word_from, number_word_in, to_do_text

Lead = tuple[str, str, str]


# -- to the supervisor, of one process --------------------------------------------------------------------


def lead_of_goal_report(report: GoalReport) -> Lead:
    return _meetings(report), _goals(report), _next_steps(report)


def _meetings(report: GoalReport) -> str:
    sessions = report.sessions
    held = formatting.counted(sessions.held, "tapaaminen", "tapaamista")
    done = f"pidettiin {held}" if sessions.held else "ei pidetty yhtään tapaamista"
    if sessions.cancelled:
        done += f" ja peruttiin {formatting.number(sessions.cancelled)}"
    if report.attendance.percent is not None:
        done += f", läsnäolo oli {formatting.percent(report.attendance.percent)}"
    during = capitalised(report.period.during)
    return f"{during} {done}, ja {_so_far(sessions)}."


def _so_far(sessions: SessionCounts) -> str:
    held, planned = sessions.held_in_all, sessions.planned_in_all
    if planned < 2 or held > planned:
        return f"tapaamisia on takana kaikkiaan {held}"
    so_far = f"on takana {held}" if held else "ei ole vielä pidetty yhtään"
    return f"suunnitelluista {planned} tapaamisesta {so_far}"


def _goals(report: GoalReport) -> str:
    goals, t = report.goals, report.t_score
    if not goals:
        return "Tavoitteita ei ole vielä sovittu, joten edistymistä ei voi arvioida."
    if t is None and len(goals) == 1:
        return "Tavoite on sovittu, mutta sitä ei ole vielä arvioitu."
    if t is None:
        return f"Tavoitteita on sovittu {number_word(len(goals))}, mutta niitä ei ole vielä arvioitu."
    return f"{_met(goals, yet=report.phase is not Phase.final)}, ja {_reached(t)}: T-luku {t_path(t)}."


def _next_steps(report: GoalReport) -> str:
    waiting = _waiting(report.awaiting)
    if not report.actions:
        return f"{capitalised(waiting)}."
    actions = f"Sovittuja asioita on avoinna {len(report.actions)}"
    return f"{actions}, ja {waiting}." if report.awaiting else f"{actions}, eikä mikään odota sinulta toimia."


def _waiting(awaiting: Sequence[ToDoItem]) -> str:
    chores = [to_do_text(one) for one in awaiting]
    match len(chores):
        case 0:
            return "mikään ei odota sinulta toimia"
        case 1:
            return f"sinua odottaa {chores[0]}"
        case 2 | 3:
            return f"sinua odottavat {formatting.listed(chores)}"
        case many:
            return f"sinua odottaa {many} asiaa, ensimmäisenä {chores[0]}"


# -- to the supervisor, of all processes ------------------------------------------------------------------


def lead_of_overview(report: OverviewReport) -> Lead:
    return _practice(report), _progress(report.processes), _first_of_all(report.processes)


def _practice(report: OverviewReport) -> str:
    during = capitalised(report.period.during)
    if not report.processes:
        return f"{during} käynnissä ei ollut yhtään prosessia."
    processes = formatting.counted(len(report.processes), "prosessi", "prosessia")
    held = sum(process.sessions.held for process in report.processes)
    where = "siinä" if len(report.processes) == 1 else "niissä"
    meetings = f"pidettiin {formatting.counted(held, 'tapaaminen', 'tapaamista')}" if held else "ei pidetty tapaamisia"
    return f"{during} käynnissä oli {processes}, ja {where} {meetings}."


def _progress(processes: Sequence[ProcessLine]) -> str:
    rated = [process.t_score for process in processes if process.t_score is not None]
    ahead = sum(t.change > 0 for t in rated)
    if not rated:
        return "Tavoitteita ei ole vielä arvioitu yhdessäkään prosessissa."
    rated_in = f"Tavoitteita on arvioitu {number_word_in(len(rated))} prosessissa"
    if len(rated) == 1:
        return f"{rated_in}, ja siinä {'on' if ahead else 'ei ole vielä'} päästy lähtötilanteesta eteenpäin."
    two = len(rated) == 2
    if ahead == len(rated):
        return f"{rated_in}, ja {'molemmissa' if two else 'kaikissa niistä'} on päästy lähtötilanteesta eteenpäin."
    if not ahead:
        none = "kummassakaan" if two else "yhdessäkään"
        return f"{rated_in}, mutta {none} ei ole vielä päästy lähtötilanteesta eteenpäin."
    return f"{rated_in}, ja niistä {number_word_in(ahead)} on päästy lähtötilanteesta eteenpäin."


def _first_of_all(processes: Sequence[ProcessLine]) -> str:
    waiting = [process for process in processes if process.awaiting]
    if not waiting:
        return "Mikään ei odota sinulta toimia."
    first, others = waiting[0], len(waiting) - 1
    also = f"; huomiotasi kaipaa lisäksi {formatting.counted(others, 'prosessi', 'prosessia')}" if others else ""
    return f"Ensimmäisenä sinua odottaa {first.code}: {to_do_text(first.awaiting[0])}{also}."


# -- to the client ----------------------------------------------------------------------------------------


def lead_of_client_report(report: ClientReport) -> Lead:
    return _whole(report), _attained(report), _benefited(report)


def _whole(report: ClientReport) -> str:
    held, planned = report.sessions.held_in_all, report.sessions.planned_in_all
    meetings = f"pidettiin {formatting.counted(held, 'tapaaminen', 'tapaamista')}"
    plan = "kuten suunniteltiin" if held == planned else f"kun suunnitelmassa niitä oli {planned}"
    return f"{capitalised(report.period.during)} {meetings if held else 'ei pidetty yhtään tapaamista'}, {plan}."


def _attained(report: ClientReport) -> str:
    if not (report.goals or report.goal_titles):
        return "Työnohjaukselle ei kirjattu yhteisiä tavoitteita."
    if report.t_score is None:
        return "Tavoitteiden toteutumista ei esitetä tasoina eikä lukuina."
    return f"{_met(report.goals, yet=False)}, ja {_reached(report.t_score)}."


def _benefited(report: ClientReport) -> str:
    if report.form is Form.individual:
        return "Yksilötyönohjauksessa hyötyjen arviointi jää ohjattavan ja työnohjaajan väliseksi."
    if report.before_final:
        return "Loppuarviointia ei ole vielä tehty, joten raportti kertoo, missä nyt ollaan."
    final = capitalised(EVALUATIONS[Phase.final].illative)
    if report.answered is None:
        instead = ", vaan osallistujien hyväksymä sanallinen yhteenveto" if report.words else ""
        return f"{final} vastanneita oli alle {report.min_group_size}, joten vastauksista ei esitetä lukuja{instead}."
    answered = f"{final} vastasi {formatting.counted(report.answered, 'osallistuja', 'osallistujaa')}"
    best = _most_grown(report.benefits)
    if best is None or best.change is None:
        return f"{answered}."
    change = formatting.number(best.change.mean, 1, signed=True)
    return f"{answered}, ja eniten myönteistä muutosta koettiin tässä: {best.label.lower()} ({change})."


def _most_grown(benefits: Sequence[BenefitStatus]) -> BenefitStatus | None:
    grown = [benefit for benefit in benefits if benefit.change is not None and benefit.change.mean > 0]
    return max(grown, key=lambda benefit: benefit.change.mean if benefit.change else 0, default=None)


# -- goals, for all of them -------------------------------------------------------------------------------


def t_path(t: TScore) -> str:
    """34,6 → 52,2 (muutos +17,6)"""
    before, now = formatting.number(t.baseline, 1), formatting.number(t.now, 1)
    return f"{before} → {now} (muutos {formatting.number(t.change, 1, signed=True)})"


def _reached(t: TScore) -> str:
    part = f" (arvioitu {t.scored}/{t.total})" if t.scored < t.total else ""
    where = "kokonaisuutena tavoitteissa" if t.total > 1 else "siinä"
    return f"{where} on edetty {gas.verdict(t.now)}{part}"


def _met(goals: Sequence[GoalStatus], *, yet: bool) -> str:
    """How many of the rated goals are reached: ”kolmesta tavoitteesta kaksi on saavutettu tai ylitetty”."""
    rated = [goal for goal in goals if goal.ratings]
    met, still = sum(goal.met for goal in rated), "vielä " if yet else ""
    one, of_one, all_, of_many = ("", "", "", "")
    if len(rated) < len(goals):
        one, of_one, all_, of_many = ("arvioitu ", "arvioitua ", "arvioidut ", "arvioidusta ")
    match len(rated), met:
        case 1, 1:
            text = f"{one}tavoite on saavutettu tai ylitetty"
        case 1, 0:
            text = f"{of_one}tavoitetta ei ole {still}saavutettu"
        case 2, 2:
            text = f"molemmat {all_}tavoitteet on saavutettu tai ylitetty"
        case 2, 0:
            text = f"kumpaakaan {of_one}tavoitetta ei ole {still}saavutettu"
        case count, 0:
            text = f"{number_word_from(count)} {of_many}tavoitteesta yhtäkään ei ole {still}saavutettu"
        case count, reached if reached == count:
            text = f"kaikki {number_word(count)} {of_one}tavoitetta on saavutettu tai ylitetty"
        case count, some:
            text = f"{number_word_from(count)} {of_many}tavoitteesta {number_word(some)} on saavutettu tai ylitetty"
    return capitalised(text)
