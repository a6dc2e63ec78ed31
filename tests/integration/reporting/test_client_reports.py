"""Reports to the client: seen before they are released, released by hand, and betraying nobody."""

import json
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlmodel import col

from services.core.addresses import service_at
from services.core.database import transaction
from services.core.secrets import fresh_keys
from services.events.catalogue import (
    Form,
    ParticipantErased,
    ParticipantReaddressed,
    Phase,
    ProcessClosed,
    ReportCompiled,
    ReportReleased,
)
from services.reporting.models import Link, ParticipantAddress, ReportKind, ReportStatus
from services.reporting.workflow import links
from services.web.security.links import link_key, personal_link
from services.web.security.tokens import Role
from tests.databases import DatabaseServer
from tests.support.reporting_practice import BEGINS, Course, Json, Practice, open_practice
from tests.support.tagged_pdf import faults

BENEFITS = ("workflow", "learning")


@pytest.fixture
def practice(postgres_server: DatabaseServer, redis_url: str, tmp_path: Path) -> Iterator[Practice]:
    with open_practice(postgres_server, redis_url, tmp_path) as practice:
        yield practice


def ended(practice: Practice, people: int = 5, answers: int = 5, **changes: Any) -> Course:
    """A group that has come to its end: goals rated by each for themselves, benefits at the start and at the end."""
    course = practice.course(people=people, benefits=BENEFITS, **changes)
    course.agree({"title": "Vastuut", "importance": 2}, {"title": "Palaute"})
    course.round(Phase.start, *[[-1, -1]] * answers, workflow=[2] * answers, learning=[3] * answers)
    for number in range(3):
        course.hold(practice.advance_to(BEGINS.replace(day=10 + number)), present=course.people[: people - number % 2])
    said = [4, 4, 5, 3, 4, 2][:answers]
    course.round(Phase.final, *[[0, 1], [1, 1], [1, 2], [2, 0], [0, 1], [1, 1]][:answers], workflow=said, learning=said)
    return course


def draft(practice: Practice, course: Course, **wanted: str) -> Json:
    asked = practice.maija.post(f"/api/v1/processes/{course.id}/reports", json={"kind": "client_report"} | wanted)
    assert asked.status_code == 201, asked.text
    shown: Json = practice.maija.get(f"/api/v1/reports/{asked.json()['id']}").json()
    return shown


def seen_by(practice: Practice, report: Json, people: Sequence[UUID], **opinion: object) -> None:
    for person in people:
        said = {"participant_id": str(person), "approved": True} | opinion
        answer = practice.maija.post(f"/api/v1/reports/{report['id']}/reviews", json=said)
        assert answer.status_code == 201, answer.text


def release(practice: Practice, report: Json, **body: object) -> tuple[int, Json]:
    answer = practice.maija.post(f"/api/v1/reports/{report['id']}/release", json=body)
    return answer.status_code, answer.json()


def released(practice: Practice, course: Course, **wanted: str) -> Json:
    """What the client gets to read."""
    report = draft(practice, course, **wanted)
    seen_by(practice, report, course.people)
    status, answer = release(practice, report)
    assert status == 200, answer
    shown: Json = practice.client.get(f"/api/v1/reports/{report['id']}").json()
    return shown


def figures_of(document: Json) -> list[object]:
    """Every number about what anybody answered."""
    ratings = [rating["level"] for goal in document["goals"] for rating in goal["ratings"]]
    means = [point["mean"] for benefit in document["benefits"] for point in benefit["points"]]
    changes = [benefit["change"]["mean"] for benefit in document["benefits"] if benefit["change"]]
    return [*ratings, *means, *changes, *([document["t_score"]] if document["t_score"] else [])]


# -- the way to the client --------------------------------------------------------------------------------


def test_when_a_process_and_its_last_round_are_over_its_participants_are_asked_to_see_the_report(
    practice: Practice,
) -> None:
    course = ended(practice)
    practice.work()
    before = practice.reports(kind=ReportKind.client_report)

    course.close()
    practice.work()

    assert before == []
    (report,) = practice.reports(kind=ReportKind.client_report)
    told = next(event for event in practice.staged(ReportCompiled) if event.report_id == report.id)
    assert set(told.review_links) == set(course.people)
    assert (told.pdf_base64, told.supervisor_link) == ("", None)
    assert (told.figures["participants"], told.figures["answered"]) == (5, 5)


def test_the_client_sees_nothing_until_all_have_seen_the_report_and_it_is_released(practice: Practice) -> None:
    course = ended(practice)
    report = draft(practice, course)
    address = f"/api/v1/reports/{report['id']}"
    *most, last = course.people

    early = release(practice, report)
    seen_by(practice, report, most)
    waiting = release(practice, report)
    hidden = [practice.client.get(f"{address}{form}").status_code for form in ("", ".pdf", ".csv")]
    seen_by(practice, report, [last])
    done = release(practice, report)

    assert (early[0], waiting[0]) == (409, 409)
    assert waiting[1]["type"].endswith("/not-seen-by-all")
    assert waiting[1]["waiting"] == [str(last)]
    assert hidden == [404] * 3
    assert practice.client.get("/api/v1/reports").json()["items"][0]["id"] == report["id"]
    assert (done[0], done[1]["status"]) == (200, "released")
    shown = practice.client.get(address).json()
    assert (shown["document"]["status"], shown["document"]["released_on"]) == ("released", "2041-01-12")
    assert faults(practice.client.get(f"{address}.pdf").content) == []
    assert practice.as_(Role.client, uuid4()).get(address).status_code == 404


def test_nobody_says_anything_for_who_was_erased(practice: Practice) -> None:
    course = ended(practice)
    report, gone = draft(practice, course), course.people[-1]
    erased = {"version": 9, "participant_id": gone, "process_id": course.id}
    practice.tell(ParticipantErased.model_validate(erased))  # before the process tells that they are gone

    said = {"participant_id": str(gone), "approved": True}
    refused = practice.maija.post(f"/api/v1/reports/{report['id']}/reviews", json=said)

    assert (refused.status_code, [error["field"] for error in refused.json()["errors"]]) == (422, ["participant_id"])
    assert practice.run("SELECT count(*) FROM review").scalar() == 0


def test_the_release_is_told_to_the_client_and_written_down_for_ever(practice: Practice) -> None:
    course = ended(practice)
    shown = released(practice, course)

    (told,) = practice.staged(ReportReleased)
    page = practice.visitor().get(practice.address(told.client_link))

    assert (str(told.report_id), told.version) == (shown["id"], 2)
    assert told.figures["process_name"] == "Esihenkilöiden työnohjaus"
    assert "Työnohjauksen loppuraportti" in page.text
    assert practice.visitor().get(f"{practice.address(told.client_link)}/raportti.pdf").content[:5] == b"%PDF-"
    entries = practice.run("SELECT actor, via, action FROM audit_entry ORDER BY id").all()
    assert ("supervisor-1", "report.released") in [entry[1:] for entry in entries]
    assert ("client", "", "report.read") in entries
    with pytest.raises(Exception, match="what was done stays written"):
        practice.run("UPDATE audit_entry SET actor = 'nobody'")


def test_a_released_report_can_be_neither_released_nor_reviewed_nor_reworded_again(practice: Practice) -> None:
    course = ended(practice)
    report = released(practice, course)
    address = f"/api/v1/reports/{report['id']}"
    said = {"participant_id": str(course.people[0]), "approved": False}

    refused = [
        practice.maija.post(f"{address}/release"),
        practice.maija.post(f"{address}/reviews", json=said),
        practice.maija.put(f"{address}/text", json={"text": "Toisin."}),
    ]

    assert [answer.status_code for answer in refused] == [409] * 3
    assert all(answer.json()["type"].endswith("/no-draft") for answer in refused)


def test_a_goal_report_is_no_draft_for_a_client(practice: Practice) -> None:
    course = ended(practice)
    asked = practice.maija.post(f"/api/v1/processes/{course.id}/reports", json={"kind": "goal_report"}).json()

    assert release(practice, asked)[1]["type"].endswith("/no-draft")


def test_an_objection_of_somebody_who_left_since_holds_the_release_up_also_anew(practice: Practice) -> None:
    course = ended(practice)
    objector, *rest = course.people
    seen_by(practice, draft(practice, course), [objector], approved=False, comment="Ei näin.")
    course.people = rest
    course.tell(ProcessClosed)

    anew = draft(practice, course)
    seen_by(practice, anew, rest)
    reviews = practice.maija.get(f"/api/v1/reports/{anew['id']}/reviews").json()
    refused = release(practice, anew)

    assert (len(reviews["seen"]), reviews["objecting"]) == (len(rest), [str(objector)])
    assert refused[1]["type"].endswith("/objected-to")
    assert release(practice, anew, despite_objections=True)[0] == 200


def test_an_objection_holds_the_release_up_until_it_is_settled(practice: Practice) -> None:
    course = ended(practice)
    report = draft(practice, course)
    seen_by(practice, report, course.people)
    seen_by(practice, report, course.people[:1], approved=False, comment="Kolmas kappale on väärin.")

    status, problem = release(practice, report)
    reviews = practice.maija.get(f"/api/v1/reports/{report['id']}/reviews").json()
    of_admin = practice.as_(Role.admin, None).get(f"/api/v1/reports/{report['id']}/reviews").json()

    assert (status, problem["type"].rsplit("/", 1)[-1]) == (409, "objected-to")
    assert reviews["objecting"] == [str(course.people[0])]
    assert (of_admin["seen"], of_admin["reviews"]) == (reviews["seen"], []), "not what they said"
    assert "Kolmas kappale on väärin." in [each["comment"] for each in reviews["reviews"]]
    assert "kappale" not in str(practice.run("SELECT review::text FROM review").all())
    assert release(practice, report, despite_objections=True)[0] == 200


def test_nobody_reviews_for_a_stranger(practice: Practice) -> None:
    report = draft(practice, ended(practice))
    address = f"/api/v1/reports/{report['id']}/reviews"

    refused = practice.maija.post(address, json={"participant_id": str(uuid4()), "approved": True})

    assert refused.status_code == 422
    assert practice.client.post(address, json={"participant_id": str(uuid4()), "approved": True}).status_code == 403


def test_what_is_released_is_what_was_seen(practice: Practice) -> None:
    course = ended(practice)
    report = draft(practice, course)
    seen_by(practice, report, course.people)
    course.tell(title="Kokonaan toinen työnohjaus")

    stale = release(practice, report)
    anew = draft(practice, course)
    unseen = release(practice, anew)
    seen_by(practice, anew, course.people)

    assert stale[1]["type"].endswith("/no-longer-true")
    assert (anew["id"], anew["version"]) == (report["id"], 2)
    assert unseen[1]["type"].endswith("/not-seen-by-all")
    assert release(practice, anew)[0] == 200


def test_a_corrected_edition_withdraws_the_one_before(practice: Practice) -> None:
    course = ended(practice)
    first = released(practice, course)
    second = released(practice, course)

    withdrawn = practice.client.get(f"/api/v1/reports/{first['id']}").json()
    link = practice.staged(ReportReleased)[0].client_link

    assert (second["edition"], second["status"]) == (2, "released")
    assert (withdrawn["status"], withdrawn["document"]["status"]) == ("withdrawn", "withdrawn")
    assert "ei enää voimassa" in practice.visitor().get(practice.address(link)).text
    assert second["document"]["benefits"] == first["document"]["benefits"]


def test_a_report_can_be_withdrawn_once(practice: Practice) -> None:
    report = released(practice, ended(practice))
    address = f"/api/v1/reports/{report['id']}/withdraw"

    assert practice.maija.post(address).json()["status"] == "withdrawn"
    assert practice.maija.post(address).status_code == 409


# -- the participants' page -------------------------------------------------------------------------------


def test_a_participant_reads_and_judges_the_report_by_their_own_link(practice: Practice) -> None:
    course = ended(practice)
    report = draft(practice, course)
    told = practice.staged(ReportCompiled)[-1]
    visitor, address = practice.visitor(), practice.address(told.review_links[course.people[0]])

    page = visitor.get(address)
    before = practice.maija.get(f"/api/v1/reports/{report['id']}/reviews").json()
    sent = visitor.post(address, data={"approved": "true", "comment": "Hyvä näin."})
    after = practice.maija.get(f"/api/v1/reports/{report['id']}/reviews").json()

    assert "Luonnos osallistujien nähtäväksi" in page.text
    assert "Voiko raportin antaa tilaajalle?" in page.text
    assert (before["seen"], sent.status_code, after["seen"]) == ([], 303, [str(course.people[0])])
    assert after["reviews"][0]["comment"] == "Hyvä näin."
    assert "Kantasi on kirjattu" in visitor.get(address).text
    assert visitor.post(address, data={"comment": "?"}).status_code == 422


def test_another_address_opens_the_report_by_a_link_of_its_own(practice: Practice) -> None:
    course = ended(practice)
    draft(practice, course)
    person = course.people[0]
    link = practice.staged(ReportCompiled)[-1].review_links[person]
    address = uuid4()

    moved = {"process_id": course.id, "participant_id": person, "address_id": address}
    practice.tell(ParticipantReaddressed(version=2, **moved))

    visitor = practice.visitor()
    pages = [visitor.get(practice.address(personal_link(link, each))).status_code for each in (None, address)]
    assert pages == [410, 200]


def test_the_report_of_an_older_letter_opens_at_another_address_after_its_key_was_replaced(practice: Practice) -> None:
    course = ended(practice)
    draft(practice, course)
    person, address = course.people[0], uuid4()
    link = practice.staged(ReportCompiled)[-1].review_links[person]
    newer = link_key(f"{fresh_keys()['REPORTING_NOTIFIER_KEY']},{practice.settings.reporting_notifier_key}", "")

    with transaction(practice.engine) as db:
        db.add(ParticipantAddress(participant_id=person, version=2, address_id=address))
        own = col(Link.participant_id) == person
        links.renew_report_links(db, newer, address, practice.now(), own)

    visitor = practice.visitor()
    pages = [visitor.get(practice.address(personal_link(link, each))).status_code for each in (None, address)]
    assert pages == [410, 200]


def test_another_contact_of_the_client_ends_the_links_in_letters_to_the_one_before(practice: Practice) -> None:
    course = ended(practice)
    released(practice, course)
    link, address = practice.staged(ReportReleased)[-1].client_link, uuid4()

    contact = {"email": "seuraaja@example.fi", "address_id": address}
    course.tell(ProcessClosed, client=course.fields["client"] | contact)

    visitor = practice.visitor()
    pages = [visitor.get(practice.address(personal_link(link, each))).status_code for each in (None, address)]
    assert pages == [410, 200]


def test_who_left_the_process_reads_no_report_by_their_link(practice: Practice) -> None:
    course = ended(practice)
    draft(practice, course)
    person = course.people[0]
    page = practice.address(practice.staged(ReportCompiled)[-1].review_links[person])

    course.people = course.people[1:]
    course.tell()

    opened = [practice.visitor().get(address).status_code for address in (page, f"{page}/raportti.pdf")]
    judged = practice.visitor().post(page, data={"approved": "true"}).status_code
    assert (opened, judged) == ([404, 404], 404)


def test_another_browser_does_not_show_what_was_said_of_a_report(practice: Practice) -> None:
    course = ended(practice)
    draft(practice, course)
    page = practice.address(practice.staged(ReportCompiled)[-1].review_links[course.people[0]])
    writer = practice.visitor()
    writer.post(page, data={"approved": "false", "comment": "Kaksi kohtaa on väärin."})

    seen, elsewhere = writer.get(page).text, practice.visitor().get(page).text

    assert "Kaksi kohtaa on väärin." in seen
    assert "Kaksi kohtaa on väärin." not in elsewhere
    assert "Olet jo kertonut kantasi toisella laitteella." in elsewhere


def test_the_page_runs_no_script_and_no_style_but_our_files(practice: Practice) -> None:
    course = ended(practice, title="<script>alert(1)</script>")
    draft(practice, course)
    told = practice.staged(ReportCompiled)[-1]

    page = practice.visitor().get(practice.address(told.review_links[course.people[0]]))

    assert "<script>" not in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert "style=" not in page.text
    everybodys, own = re.findall(r'<link rel="stylesheet" href="([^"]+)">', page.text)
    assert (service_at(everybodys), service_at(own)) == ("booking", "reporting")
    sheet = practice.visitor().get(own)
    assert (sheet.status_code, sheet.headers["Content-Type"]) == (200, "text/css; charset=utf-8")
    assert len(sheet.text) > 1000


# -- what is told -----------------------------------------------------------------------------------------


def test_five_answers_are_told_as_means_that_are_right(practice: Practice) -> None:
    document = released(practice, ended(practice))["document"]

    vastuut, palaute = document["goals"]
    assert [(rating["phase"], rating["level"], rating["answers"]) for rating in vastuut["ratings"]] == [
        ("final", pytest.approx(4 / 5), 5)
    ]
    assert palaute["ratings"][0]["level"] == pytest.approx(5 / 5)
    spread = (0.7 * 5 + 0.3 * 9) ** 0.5
    assert document["t_score"]["now"] == pytest.approx(50 + 10 * (2 * 0.8 + 1) / spread)
    workflow = document["benefits"][0]
    assert [(point["phase"], point["mean"], point["answers"]) for point in workflow["points"]] == [
        ("start", 2, 5),
        ("final", 4, 5),
    ]
    assert workflow["change"]["mean"] == pytest.approx(2)
    assert (document["participants"], document["answered"]) == (5, 5)
    assert document["mean_present"] == pytest.approx((5 + 4 + 5) / 3)
    assert document["meeting_days"] == ["2041-01-10", "2041-01-11", "2041-01-12"]


@pytest.mark.parametrize("meetings", [0, 1])
def test_invented_people_beside_one_real_one_unlock_no_number(practice: Practice, meetings: int) -> None:
    """Their answers are known to whoever entered them, so that the mean of five would be the answer of one."""
    course = practice.course(people=5, benefits=("workflow",))
    for number in range(meetings):
        course.hold(practice.advance_to(BEGINS.replace(day=10 + number)), present=course.people[:1])
    course.round(Phase.final, *[[]] * 5, workflow=[2, 5, 5, 5, 5])

    document = released(practice, course)["document"]

    assert figures_of(document) == []
    assert (document["answered"], document["benefits"]) == (None, [])


def test_four_answers_show_no_number(practice: Practice) -> None:
    document = released(practice, ended(practice, answers=4))["document"]

    assert figures_of(document) == []
    assert (document["goals"], document["goal_titles"]) == ([], ["Vastuut", "Palaute"])
    assert document["answered"] is None
    assert document["benefits"] == []


def test_no_wish_takes_the_smallest_group_under_three(practice: Practice) -> None:
    two = released(practice, ended(practice, people=3, answers=2, min_group_size=1))["document"]
    three = released(practice, ended(practice, people=3, answers=3, min_group_size=1))["document"]

    assert figures_of(two) == []
    assert (three["min_group_size"], three["goals"][0]["ratings"][0]["answers"]) == (3, 3)


def test_the_level_that_a_group_agreed_is_told_at_any_size(practice: Practice) -> None:
    course = practice.course(people=3)
    course.agree({"title": "Vastuut"}, {"title": "Palaute"})
    final = course.open_round(Phase.final)
    for person in course.people:
        course.answer(final, person, [0, 2])
    course.answer(final, None, [1, None])
    course.close_round(final)

    document = released(practice, course)["document"]

    vastuut, palaute = document["goals"]
    assert [(rating["level"], rating["agreed"]) for rating in vastuut["ratings"]] == [(1, True)]
    assert palaute["ratings"] == []
    assert (document["t_score"]["scored"], document["t_score"]["total"]) == (1, 2)


def test_a_second_report_gives_no_number_that_the_first_one_would_unlock(practice: Practice) -> None:
    course = practice.course(people=6, benefits=BENEFITS)
    course.hold(practice.advance_to(BEGINS))
    course.agree({"title": "Vastuut"})
    final = course.open_round(Phase.final)
    *most, last = course.people
    for person in most:
        course.answer(final, person, [1], {"workflow": 4, "learning": 5})
    first = released(practice, course)["document"]

    course.answer(final, last, [-2], {"workflow": 1, "learning": 1})
    second = draft(practice, course)["document"]

    assert figures_of(first) == [1, 4, 5, {"baseline": 40, "now": 60, "change": 20, **FIRST_T}]
    assert (figures_of(second), second["some_withheld"]) == ([], True)


FIRST_T = {"scored": 1, "total": 1, "averaged": True}


def test_two_groups_with_common_members_are_not_told_so_that_one_of_them_shows(practice: Practice) -> None:
    everybody = [uuid4() for _ in range(6)]
    team = practice.course(people=5, benefits=("workflow",))
    community = practice.course(people=6, benefits=("workflow",))
    for course, count in ((team, 5), (community, 6)):
        course.hold(practice.advance_to(BEGINS))
        final = course.open_round(Phase.final)
        for person, who in zip(course.people, everybody[:count], strict=True):
            course.answer(final, person, [], {"workflow": 4}, person_id=who)
        course.close_round(final)

    of_team = released(practice, team)["document"]
    of_community = released(practice, community)["document"]

    assert figures_of(of_team) == [4]
    assert (figures_of(of_community), of_community["some_withheld"]) == ([], True)


def test_of_two_releases_at_once_the_second_knows_of_the_first(practice: Practice) -> None:
    everybody, reports = [uuid4() for _ in range(6)], []
    for count in (5, 6):
        course = practice.course(people=count, benefits=("workflow",))
        course.hold(practice.advance_to(BEGINS))
        final = course.open_round(Phase.final)
        for person, who in zip(course.people, everybody[:count], strict=True):
            course.answer(final, person, [], {"workflow": 4}, person_id=who)
        reports.append(draft(practice, course))
        seen_by(practice, reports[-1], course.people)

    with ThreadPoolExecutor() as both:
        outcomes = sorted(both.map(partial(release, practice), reports), key=lambda outcome: outcome[0])

    assert [status for status, _ in outcomes] == [200, 409]
    assert outcomes[1][1]["type"].endswith("/no-longer-true")


# -- one person alone -------------------------------------------------------------------------------------


def alone(practice: Practice) -> Course:
    course = practice.course(Form.individual, people=1, benefits=BENEFITS)
    course.agree({"title": "Vastuut"})
    course.round(Phase.final, [1], workflow=[4], learning=[5])
    return course


def test_of_one_person_the_client_learns_no_level_and_no_benefit(practice: Practice) -> None:
    document = released(practice, alone(practice))["document"]

    assert figures_of(document) == []
    assert document["mean_present"] is None


def test_with_their_consent_the_client_learns_how_far_the_goals_were_reached_and_still_no_benefit(
    practice: Practice,
) -> None:
    course = alone(practice)
    report = draft(practice, course)

    seen_by(practice, report, course.people, tells_goals=True)
    status, answer = release(practice, report)
    document = practice.client.get(f"/api/v1/reports/{report['id']}").json()["document"]

    assert status == 200, answer
    assert document["goals"][0]["ratings"][0]["level"] == 1
    assert document["t_score"]["now"] == pytest.approx(60)
    assert document["benefits"] == []


def test_consent_is_given_on_the_persons_own_page_and_can_be_taken_back(practice: Practice) -> None:
    course = alone(practice)
    report = draft(practice, course)
    address = practice.address(practice.staged(ReportCompiled)[-1].review_links[course.people[0]])
    visitor = practice.visitor()

    page = visitor.get(address)
    visitor.post(address, data={"approved": "true", "tells_goals": "true"})
    given = practice.maija.get(f"/api/v1/reports/{report['id']}").json()["document"]
    visitor.post(address, data={"approved": "true"})
    taken = practice.maija.get(f"/api/v1/reports/{report['id']}").json()["document"]

    assert "miten nämä tavoitteet viimeksi arvioitiin" in page.text
    assert (len(figures_of(given)), figures_of(taken)) == (2, [])


def test_the_link_of_one_person_alone_never_shows_what_they_answered(practice: Practice) -> None:
    course = alone(practice)
    report = draft(practice, course)
    address = practice.address(practice.staged(ReportCompiled)[-1].review_links[course.people[0]])
    visitor = practice.visitor()

    pages, files = [visitor.get(address).text], [visitor.get(f"{address}/raportti.pdf").content]
    visitor.post(address, data={"approved": "true", "tells_goals": "true"})
    pages.append(visitor.get(address).text)
    files.append(visitor.get(f"{address}/raportti.pdf").content)
    assert release(practice, report)[0] == 200
    pages.append(visitor.get(address).text)

    told = practice.visitor().get(practice.address(practice.staged(ReportReleased)[-1].client_link)).text
    assert ["ylittyi hieman" in page for page in (*pages, told)] == [False, False, False, True]
    assert all("Vastuut" in page for page in pages)
    assert files[0] == files[1]


def test_consent_is_asked_anew_for_each_report(practice: Practice) -> None:
    course = alone(practice)
    report = draft(practice, course)
    seen_by(practice, report, course.people, tells_goals=True)
    release(practice, report)

    assert figures_of(draft(practice, course)["document"]) == []


def test_consent_to_one_version_is_none_to_the_next(practice: Practice) -> None:
    course = alone(practice)
    report = draft(practice, course)
    seen_by(practice, report, course.people, tells_goals=True)
    assert len(figures_of(practice.maija.get(f"/api/v1/reports/{report['id']}").json()["document"])) == 2

    assert figures_of(draft(practice, course)["document"]) == []


def test_in_a_group_nobody_consents_for_all(practice: Practice) -> None:
    course = ended(practice)
    report = draft(practice, course)
    said = {"participant_id": str(course.people[0]), "approved": True, "tells_goals": True}

    refused = practice.maija.post(f"/api/v1/reports/{report['id']}/reviews", json=said)

    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "tells_goals")


# -- in words ---------------------------------------------------------------------------------------------


def test_for_a_small_group_the_approved_words_are_the_report(practice: Practice) -> None:
    course = ended(practice, people=4, answers=4)
    report = draft(practice, course)
    asked_early = practice.staged(ReportCompiled)[-1].review_links
    address = f"/api/v1/reports/{report['id']}/text"

    worded = practice.maija.put(address, json={"text": "Vastuista sovittiin.\n\nPalaute lisääntyi."})
    asked = practice.staged(ReportCompiled)[-1]
    seen_by(practice, report, course.people)
    status, answer = release(practice, report)
    document = practice.client.get(f"/api/v1/reports/{report['id']}").json()["document"]

    assert asked_early == {}
    assert worded.status_code == 200, worded.text
    assert (asked.version, set(asked.review_links)) == (2, set(course.people))
    assert status == 200, answer
    assert document["words"] == ["Vastuista sovittiin.", "Palaute lisääntyi."]
    assert figures_of(document) == []


def test_new_words_are_to_be_seen_anew_by_all(practice: Practice) -> None:
    course = ended(practice)
    report = draft(practice, course)
    seen_by(practice, report, course.people)
    address = f"/api/v1/reports/{report['id']}/text"
    first = practice.maija.put(address, json={"text": "Yksi."})

    without = practice.maija.put(address, json={"text": "Kaksi."})
    stale = practice.maija.put(address, json={"text": "Kaksi."}, headers={"If-Match": '"1"'})
    second = practice.maija.put(address, json={"text": "Kaksi."}, headers={"If-Match": first.headers["ETag"]})

    assert (without.status_code, stale.status_code, second.status_code) == (428, 412, 200)
    assert practice.maija.get(address).json()["text"] == "Kaksi."
    assert release(practice, report)[1]["type"].endswith("/not-seen-by-all")


@pytest.mark.parametrize("words", ["", " \n ", "a" * 8001, "ääni\u0000", 5, None])
def test_words_that_cannot_be_printed_are_refused(practice: Practice, words: object) -> None:
    report = draft(practice, ended(practice))

    refused = practice.maija.put(f"/api/v1/reports/{report['id']}/text", json={"text": words})

    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "text")


# -- who asks to be forgotten -----------------------------------------------------------------------------


def test_who_asks_to_be_forgotten_leaves_no_trace_but_what_was_released(practice: Practice) -> None:
    course = ended(practice, people=6, answers=6)
    report = released(practice, course)
    gone = course.people[0]
    course.people = course.people[1:]
    draft(practice, course)
    seen_by(practice, practice.maija.get("/api/v1/reports").json()["items"][-1], course.people[:1], comment="Hyvä.")

    practice.tell(ParticipantErased(version=9, participant_id=gone, process_id=course.id))
    course.tell()

    for table in ("answer", "review", "link", "released_figure"):
        assert str(gone) not in str(practice.run(f"SELECT t::text FROM {table} t").all())  # noqa: S608 -- our names
    assert practice.client.get(f"/api/v1/reports/{report['id']}").json()["document"] == report["document"]
    anew = draft(practice, course)["document"]
    assert (anew["answered"], figures_of(anew), anew["some_withheld"]) == (5, [], True)


def test_an_answer_that_comes_after_its_person_was_forgotten_is_not_kept(practice: Practice) -> None:
    course = practice.course(people=2)
    course.agree({"title": "Vastuut"})
    round_id = course.open_round(Phase.start)
    practice.tell(ParticipantErased(version=2, participant_id=course.people[0], process_id=course.id))

    course.answer(round_id, course.people[0], [2])

    assert practice.run("SELECT count(*) FROM answer").scalar() == 0


def test_no_table_of_reporting_knows_an_address_or_a_participants_name(practice: Practice) -> None:
    course = ended(practice)
    course.close()
    practice.work()
    tables = practice.run("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").scalars().all()

    kept = json.dumps(
        {table: [str(row) for row in practice.run(f'SELECT t::text FROM "{table}" t')] for table in tables}  # noqa: S608
    )

    assert practice.reports(ReportStatus.compiled, kind=ReportKind.client_report)
    assert "@" not in kept
    assert "Tiina" not in kept
