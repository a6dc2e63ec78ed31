"""What the client's sheet shows, and what it keeps."""

from services.events.catalogue import Form
from services.reporting.contents.documents import ClientReport
from services.reporting.rendering.render import build_sheet
from tests.support import sample_reports


def shown(report: ClientReport) -> str:
    return build_sheet(report).model_dump_json()


def test_a_group_is_told_of_by_days_and_head_count() -> None:
    told = shown(sample_reports.client_report())

    assert "Tapaamispäivät olivat 12.1., 16.2." in told
    assert "Paikalla oli keskimäärin 5,4 osallistujaa." in told


def test_how_often_a_single_person_came_is_not_told() -> None:
    told = shown(sample_reports.client_report(form=Form.individual, participants=1, mean_present=0.9, benefits=()))

    assert "Tapaamispäivät" in told
    assert "keskimäärin 0,9" not in told
    assert "Osallistujia" not in told


def test_with_four_answers_no_figure_of_theirs_is_shown() -> None:
    laid_out = build_sheet(sample_reports.small_client_report())

    assert ("Loppuarviointiin vastanneita", "alle 5") in laid_out.facts
    assert not {"table", "chart", "cards"} & {block.kind for block in laid_out.blocks}
    assert sample_reports.WORDS[0] in shown(sample_reports.small_client_report())


def test_a_draft_and_a_withdrawn_report_say_so_on_top() -> None:
    withdrawn = sample_reports.client_report(status="withdrawn", withdrawn_on="2027-02-01")

    assert build_sheet(sample_reports.client_report(status="draft")).stamp == "Luonnos osallistujien nähtäväksi"
    assert build_sheet(withdrawn).stamp == "Peruttu 1.2.2027, ei enää voimassa"
    assert build_sheet(sample_reports.client_report(edition=2)).stamp == "Korjattu versio 2"
    assert build_sheet(sample_reports.client_report()).stamp == ""


def test_a_number_left_out_for_safety_is_explained() -> None:
    assert "on jätetty pois" in shown(sample_reports.client_report(some_withheld=True))
    assert "on jätetty pois" not in shown(sample_reports.client_report())


def test_before_the_final_round_a_report_says_that_it_is_provisional() -> None:
    early = sample_reports.client_report(status="draft", before_final=True, answered=None)
    laid_out = build_sheet(early)

    assert laid_out.stamp == "Luonnos ennen loppuarviointia"
    assert ("Loppuarviointi", "ei ole vielä tehty") in laid_out.facts
    assert "vastanneita" not in shown(early)
