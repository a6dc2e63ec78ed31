"""The client report: sessions, attainment and benefits, without anything about one person."""

from collections.abc import Iterable

from services.events.catalogue import Form, Phase
from services.finnish import formatting
from services.finnish.vocabulary import EVALUATIONS, FORM_LABELS
from services.reporting.contents import lead
from services.reporting.contents.documents import ClientReport
from services.reporting.contents.wording import capitalised, part_of_whole
from services.reporting.rendering.blocks import Block, BulletList, Heading, KeptTogether, Paragraph, Sheet
from services.reporting.rendering.sections import (
    READING_AVERAGES,
    READING_BENEFITS,
    READING_LEVELS,
    benefits_section,
    goals_overview,
)


def client_sheet(report: ClientReport) -> Sheet:
    return Sheet(
        kind=report.kind,
        title="Työnohjauksen loppuraportti",
        subject=report.title,
        facts=tuple(_client_facts(report)),
        lead=lead.lead_of_client_report(report),
        blocks=tuple(_client_blocks(report)),
        running=f"Työnohjauksen loppuraportti: {report.title}",
        confidential="Luottamuksellinen",
        stamp=_stamp(report),
        compiled_on=report.compiled_on.isoformat(),
    )


def _client_facts(report: ClientReport) -> Iterable[tuple[str, str]]:
    yield "Tilaaja", report.client_name
    title = f", {report.supervisor_title}" if report.supervisor_title else ""
    yield "Työnohjaaja", f"{report.supervisor_name}{title}"
    yield "Muoto", FORM_LABELS[report.form]
    yield "Ajanjakso", report.period.label
    yield "Tapaamisia", part_of_whole(report.sessions.held_in_all, report.sessions.planned_in_all)
    if report.form is not Form.individual:
        yield "Osallistujia", str(report.participants)
    final = EVALUATIONS[Phase.final]
    if report.before_final:
        yield capitalised(final.nominative), "ei ole vielä tehty"
    elif report.form is not Form.individual:
        answered = f"alle {report.min_group_size}" if report.answered is None else str(report.answered)
        yield f"{capitalised(final.illative)} vastanneita", answered
    if report.released_on:
        yield "Luovutettu", formatting.numeric_date(report.released_on)


def _stamp(report: ClientReport) -> str:
    if report.status == "draft":
        return "Luonnos ennen loppuarviointia" if report.before_final else "Luonnos osallistujien nähtäväksi"
    if report.status == "withdrawn":
        on = f" {formatting.numeric_date(report.withdrawn_on)}" if report.withdrawn_on else ""
        return f"Peruttu{on}, ei enää voimassa"
    return f"Korjattu versio {report.edition}" if report.edition > 1 else ""


def _client_blocks(report: ClientReport) -> Iterable[Block]:
    if report.words:
        whose = "Ohjattavan" if report.form is Form.individual else "Osallistujien"
        yield Heading(text=f"{whose} hyväksymä yhteenveto")
        yield from (Paragraph(text=paragraph) for paragraph in report.words)
    if report.goals:
        yield from goals_overview(report.goals, report.t_score, in_words=True)
    elif report.goal_titles:
        yield Heading(text="Yhdessä asetetut tavoitteet")
        yield BulletList(items=report.goal_titles)
    yield from benefits_section(report.benefits)
    yield from _meetings(report)
    yield from _client_reading(report)


def _meetings(report: ClientReport) -> Iterable[Block]:
    """Days, and how many came: of a group only the head count, of one person not even that."""
    if not report.meeting_days:
        return
    days = f"Tapaamispäivät olivat {formatting.listed_dates(report.meeting_days)}."
    if report.form is not Form.individual and report.mean_present is not None:
        days += f" Paikalla oli keskimäärin {formatting.number(report.mean_present, 1)} osallistujaa."
    yield KeptTogether(blocks=(Heading(text="Tapaamiset"), Paragraph(text=days, small=True)))


def _client_reading(report: ClientReport) -> Iterable[Block]:
    notes = [_CONFIDENTIAL[report.form is Form.individual].format(minimum=report.min_group_size)]
    if report.some_withheld:
        notes.append(_WITHHELD)
    if report.t_score is not None:
        notes.append(READING_LEVELS)
    if any(rating.averaged for goal in report.goals for rating in goal.ratings):
        notes.append(READING_AVERAGES)
    if any(benefit.points for benefit in report.benefits):
        notes.append(READING_BENEFITS)
    heading = "Luottamuksellisuus ja luvut" if report.tells_figures else "Luottamuksellisuus"
    yield KeptTogether(blocks=(Heading(text=heading), *(Paragraph(text=note, small=True) for note in notes)))


_CONFIDENTIAL = {
    False: (
        "Työnohjaus on luottamuksellista. Raportissa on vain ryhmätason tietoa, ja osallistujat ovat nähneet sen ennen "
        "luovuttamista. Keskiarvoja esitetään vain, kun vastauksia on vähintään {minimum}."
    ),
    True: (
        "Työnohjaus on luottamuksellista. Raportissa on vain se, minkä ohjattava on hyväksynyt kerrottavaksi, ja "
        "hän on nähnyt raportin ennen luovuttamista."
    ),
}
_WITHHELD = (
    "Viivalla merkitty luku on jätetty pois, koska siitä voisi yhdessä muiden lukujen kanssa päätellä yksittäisen "
    "ihmisen vastauksen."
)
