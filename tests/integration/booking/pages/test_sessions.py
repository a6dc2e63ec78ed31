"""One meeting on its supervisor's pages: moved, called off, written down in a minute, corrected later, and noted."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from tests.integration.booking.security.test_permissions import with_credentials
from tests.integration.conftest import Browser, Face, Json
from tests.support.diary import at, book, change, day_ahead, keep_hours
from tests.support.evaluation import told
from tests.support.month_page import times

Make = Callable[..., Json]
Enter = Callable[[Json], Browser]
Clock = Callable[[timedelta], None]

HOSTILE = '<script>alert(1)</script>"><img onerror=x>{{7*7}}'
INERT = "&lt;script&gt;alert(1)&lt;/script&gt;&#34;&gt;&lt;img onerror=x&gt;{{7*7}}"
FIELD = re.compile(r"<(?:input|textarea)\b[^>]*>(?:\n([^<]*)</textarea>)?")


@pytest.fixture
def supervisor(booking_api: TestClient, a_supervisor: Make) -> Json:
    supervisor = a_supervisor()
    keep_hours(booking_api, supervisor["id"], holidays=None)
    return supervisor


@pytest.fixture
def process(a_process: Make, supervisor: Json) -> Json:
    return a_process(form="group", participants=3, supervisor_id=supervisor["id"])


@pytest.fixture
def session(booking_api: TestClient, process: Json) -> Json:
    return book(booking_api, process, at(day_ahead(), "10:00"))


@pytest.fixture
def held(booking_api: TestClient, process: Json, clock: Clock) -> Json:
    """A meeting that is over, though nobody has written down who came."""
    session = book(booking_api, process, at(day_ahead(2), "10:00"))
    clock(datetime.fromisoformat(session["ends_at"]) - datetime.now(UTC) + timedelta(hours=1))
    return session


@pytest.fixture
def desk(at_desk: Enter, supervisor: Json, request: pytest.FixtureRequest) -> Browser:
    """The supervisor at their desk; after a meeting that is over, because no login lasts so long."""
    if "held" in request.fixturenames:
        request.getfixturevalue("held")
    return at_desk(supervisor)


def path(session: Json, *parts: str) -> str:
    return "/".join([f"/tyo/tapaamiset/{session['id']}", *parts])


def typed_into(page: str) -> dict[str, str]:
    """What the first form of a page would send as it stands, but for its buttons."""
    form = page[page.index('<form method="post" action="/tyo') :]
    form = form[: form.index("</form>")]
    fields: dict[str, str] = {}
    for found in FIELD.finditer(form):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', found[0]))
        if attributes.get("type") in ("radio", "checkbox") and " checked" not in found[0]:
            continue
        fields[attributes["name"]] = unescape(found[1] if found[1] is not None else attributes.get("value", ""))
    return fields


def now_of(booking: Face, session: Json) -> Json:
    shown: Json = booking.admin.get(f"/api/v1/sessions/{session['id']}").json()
    return shown


def summary_of(booking: Face, session: Json) -> Json:
    """As its supervisor reads it."""
    path = f"/api/v1/sessions/{session['id']}"
    process = booking.admin.get(f"/api/v1/processes/{booking.admin.get(path).json()['process_id']}").json()
    mine = with_credentials(booking, f"/api/v1/supervisors/{process['supervisor_id']}")
    shown: Json = mine.get(f"{path}/summary").json()
    return shown


def audited(booking: Face) -> list[str]:
    with booking.engine.connect() as connection:
        return list(connection.execute(text("SELECT action FROM audit_entry ORDER BY id")).scalars())


# -- the meeting itself -----------------------------------------------------------------------------------


def test_a_meeting_shows_what_it_is_and_what_can_be_done(desk: Browser, process: Json, session: Json) -> None:
    shown = desk.get(path(session)).text

    assert all(f'href="{path(session, deed)}"' in shown for deed in ("siirra", "paikka", "peru", "muistiinpano"))
    assert "Liisa Öhman" in shown
    assert process["participants"][0]["email"] not in shown


def test_a_meeting_is_moved_to_a_typed_time(booking: Face, desk: Browser, session: Json) -> None:
    typed = typed_into(desk.get(path(session, "siirra")).text)
    day = day_ahead(21)

    moved = desk.post(path(session, "siirra"), data=typed | {"day": str(day), "clock": "19:00"})

    assert moved.headers["Location"] == f"{path(session)}?tehty=siirretty"
    assert now_of(booking, session)["starts_at"] == at(day, "19:00")


def test_a_meeting_hides_none_of_the_times_next_to_it_when_it_is_moved(desk: Browser, session: Json) -> None:
    page = desk.get(path(session, f"siirra?paiva={day_ahead()}")).text
    overlapping = at(day_ahead(), "10:15").replace("Z", "+00:00")

    moved = desk.post(path(session, "siirra"), data=typed_into(page) | {"starts_at": overlapping, "clock": ""})

    assert overlapping in times(page)
    assert moved.headers["Location"] == f"{path(session)}?tehty=siirretty"


def test_a_move_onto_another_meeting_offers_what_is_near(
    booking: Face, desk: Browser, process: Json, session: Json
) -> None:
    day = day_ahead(21)
    book(booking.admin, process, at(day, "10:00"))
    typed = typed_into(desk.get(path(session, "siirra")).text) | {"day": str(day), "clock": "10:00"}

    refused = desk.post(path(session, "siirra"), data=typed)

    assert (refused.status_code, "Lähimmät vapaat ajat" in refused.text) == (409, True)
    assert now_of(booking, session)["starts_at"] == session["starts_at"]
    nearest = re.findall(r'name="starts_at" value="(2[^"]+)"', refused.text)[0]
    again = typed_into(refused.text) | {"starts_at": nearest, "clock": ""}
    assert desk.post(path(session, "siirra"), data=again).status_code == 303


@pytest.mark.parametrize("deed", ["siirra", "paikka", "peru"])
def test_what_changed_in_another_window_is_told_and_nothing_is_lost(
    booking: Face, desk: Browser, session: Json, deed: str
) -> None:
    typed = typed_into(desk.get(path(session, deed)).text)
    typed |= {"day": str(day_ahead(28)), "clock": "12:00", "location": "Kirjasto", "reason": "Este"}
    change(booking.admin, session, starts_at=at(day_ahead(21), "11:00"))

    outdated = desk.post(path(session, deed), data=typed)

    assert outdated.status_code == 412
    assert "Tapaaminen on muuttunut" in outdated.text
    kept = typed_into(outdated.text)
    assert {kept.get("clock"), kept.get("location"), kept.get("reason")} & {"12:00", "Kirjasto", "Este"}
    assert desk.post(path(session, deed), data=typed | {"versio": kept["versio"], "kerta": kept["kerta"]}).is_redirect


def test_a_meeting_goes_online(booking: Face, desk: Browser, session: Json) -> None:
    typed = typed_into(desk.get(path(session, "paikka")).text)

    wrong = desk.post(path(session, "paikka"), data=typed | {"mode": "remote", "join_url": "javascript:alert(1)"})
    done = desk.post(
        path(session, "paikka"),
        data=typed_into(wrong.text) | {"mode": "remote", "join_url": "https://meet.example/a", "location": ""},
    )

    assert (wrong.status_code, done.status_code) == (422, 303)
    shown = now_of(booking, session)
    assert (shown["mode"], shown["location"], shown["join_url"]) == ("remote", None, "https://meet.example/a")


def test_a_meeting_is_called_off_with_those_that_follow(booking: Face, desk: Browser, process: Json) -> None:
    wanted = {"first_starts_at": at(day_ahead(weekday=2)), "every_weeks": 1, "count": 3, "mode": "onsite"}
    series = booking.admin.post(f"/api/v1/processes/{process['id']}/series", json=wanted).json()["sessions"]
    typed = typed_into(desk.get(path(series[1], "peru")).text)

    done = desk.post(path(series[1], "peru"), data=typed | {"following": "1", "reason": HOSTILE})

    assert [now_of(booking, one)["status"] for one in series] == ["booked", "cancelled", "cancelled"]
    assert INERT in desk.get(done.headers["Location"]).text


def test_a_meeting_that_was_called_off_can_be_read_and_no_more(booking: Face, desk: Browser, session: Json) -> None:
    booking.admin.post(f"/api/v1/sessions/{session['id']}/cancel")

    for deed in ("", "/siirra", "/paikka", "/peru", "/kirjaa"):
        shown = desk.get(path(session) + deed)
        assert shown.status_code == 200
        assert "peruttu" in shown.text
    assert (
        desk.post(path(session, "siirra"), data={"versio": '"2"', "day": "2030-01-07", "clock": "9.00"}).status_code
        == 409
    )


# -- written down in a minute -----------------------------------------------------------------------------


def test_all_were_there_unless_pressed_otherwise_and_the_summary_is_published(
    booking: Face, desk: Browser, process: Json, held: Json
) -> None:
    typed = typed_into(desk.get(path(held, "kirjaa")).text)
    first, second, third = (person["id"] for person in process["participants"])
    assert {typed[f"lasna.{person}"] for person in (first, second, third)} == {"present"}
    typed |= {f"lasna.{second}": "excused", f"lasna.{third}": "no_show"}
    typed |= {
        "themes": "Roolit\r\n\r\nTyönjako",
        "actions.1.text": "Palaverikäytäntö",
        "actions.1.due_date": "2030-01-07",
    }

    answers = [desk.post(path(held, "kirjaa"), data=typed | {"julkaise": "1"}) for _ in range(2)]

    assert {answer.headers["Location"] for answer in answers} == {f"{path(held)}?tehty=julkaistu"}
    shown = now_of(booking, held)
    assert shown["attendance"] == {first: "present", second: "excused", third: "no_show"}
    summary = summary_of(booking, held)
    assert (summary["status"], summary["themes"]) == ("published", ["Roolit", "Työnjako"])
    assert [(one["text"], one["due_date"]) for one in summary["actions"]] == [("Palaverikäytäntö", "2030-01-07")]
    assert len(told(booking, "session.held.v1")) == len(told(booking, "summary.published.v1")) == 1
    assert "summary.published" in audited(booking)


def test_a_draft_is_seen_by_nobody_else(booking: Face, desk: Browser, held: Json) -> None:
    typed = typed_into(desk.get(path(held, "kirjaa")).text) | {"themes": HOSTILE, "reflection": "Mitä opin?"}

    saved = desk.post(path(held, "kirjaa"), data=typed | {"tallenna": "1"})

    assert saved.headers["Location"].endswith("?tehty=kirjattu")
    assert now_of(booking, held)["status"] == "held"
    assert summary_of(booking, held)["status"] == "draft"
    assert told(booking, "summary.published.v1") == []
    again = desk.get(path(held, "kirjaa")).text
    assert INERT in again
    assert audited(booking)[-1] == "summary.read"
    assert typed_into(again)["reflection"] == "Mitä opin?"


def test_a_published_summary_is_read_on_its_meeting_and_what_was_agreed_when_recording_the_next(
    booking: Face, booking_api: TestClient, desk: Browser, process: Json, held: Json
) -> None:
    typed = typed_into(desk.get(path(held, "kirjaa")).text)
    typed |= {"themes": "Roolit", "actions.0.text": "Puhutaan vuoroista", "actions.1.text": "Sovitaan tauoista"}
    desk.post(path(held, "kirjaa"), data=typed)
    assert "Roolit" not in desk.get(path(held)).text, "a draft is written on, not read"
    desk.post(path(held, "kirjaa"), data=typed_into(desk.get(path(held, "kirjaa")).text) | {"julkaise": "1"})
    summary = booking_api.get(f"/api/v1/sessions/{held['id']}/summary").json()
    done = f"/api/v1/sessions/{held['id']}/summary/actions/{summary['actions'][0]['id']}"
    assert booking_api.patch(done, json={"done": True}).status_code == 200
    following = book(booking_api, process, at(day_ahead(9), "10:00"))
    before = len(audited(booking))

    shown, next_time = desk.get(path(held)).text, desk.get(path(following, "kirjaa")).text

    assert '<li class="lines">Roolit</li>' in shown
    assert "Viimeksi sovittiin" in next_time
    assert re.search(r"Puhutaan vuoroista <span class=\"quiet\">– tehty</span>", next_time)
    assert "Sovitaan tauoista</li>" in next_time
    assert audited(booking)[before:] == ["summary.read", "summary.read"]


def test_attendance_alone_makes_no_empty_summary(booking: Face, desk: Browser, held: Json) -> None:
    typed = typed_into(desk.get(path(held, "kirjaa")).text)

    refused = desk.post(path(held, "kirjaa"), data=typed | {"julkaise": "1"})
    saved = desk.post(path(held, "kirjaa"), data=typed_into(refused.text) | {"tallenna": "1"})

    assert (refused.status_code, "Yhteenveto on tyhjä." in refused.text) == (409, True)
    assert saved.headers["Location"].endswith("?tehty=lasna")
    assert booking.admin.get(f"/api/v1/sessions/{held['id']}/summary").status_code == 404


def test_a_row_is_added_without_a_script(desk: Browser, held: Json) -> None:
    typed = typed_into(desk.get(path(held, "kirjaa")).text) | {"actions.0.text": "Eka", "themes": "Roolit"}

    more = desk.post(path(held, "kirjaa"), data=typed | {"lisaa": "1"})

    rows = typed_into(more.text)
    assert [name for name in rows if name.endswith(".text")] == [f"actions.{row}.text" for row in range(4)]
    assert (rows["actions.0.text"], rows["themes"]) == ("Eka", "Roolit")


def test_what_is_wrong_is_told_by_its_row_and_all_is_kept(booking: Face, desk: Browser, held: Json) -> None:
    typed = typed_into(desk.get(path(held, "kirjaa")).text)
    typed |= {"actions.1.due_date": "2030-01-07", "themes": "Roolit", "reflection": "r" * 2001}

    refused = desk.post(path(held, "kirjaa"), data=typed | {"julkaise": "1"})

    assert refused.status_code == 422
    assert 'id="actions.1.text-wrong"' in refused.text
    assert 'id="reflection-wrong"' in refused.text
    assert typed_into(refused.text)["themes"] == "Roolit"
    assert now_of(booking, held)["status"] == "booked"


def test_a_correction_is_sent_only_if_asked(booking: Face, desk: Browser, held: Json) -> None:
    for themes, letter in (("Roolit", {}), ("Roolit ja vastuut", {}), ("Roolit, vastuut", {"kirje": "1"})):
        typed = typed_into(desk.get(path(held, "kirjaa")).text)
        done = desk.post(path(held, "kirjaa"), data=typed | {"themes": themes, "julkaise": "1"} | letter)
        assert done.status_code == 303

    assert [edition["sent_letter"] for edition in summary_of(booking, held)["editions"]] == [True, False, True]


def test_an_action_keeps_its_identity_when_it_is_reworded(booking: Face, desk: Browser, held: Json) -> None:
    typed = typed_into(desk.get(path(held, "kirjaa")).text) | {"actions.0.text": "Eka"}
    desk.post(path(held, "kirjaa"), data=typed)
    (before,) = summary_of(booking, held)["actions"]

    typed = typed_into(desk.get(path(held, "kirjaa")).text) | {"actions.0.text": "Ensimmäinen"}
    desk.post(path(held, "kirjaa"), data=typed)

    assert [(one["id"], one["text"]) for one in summary_of(booking, held)["actions"]] == [(before["id"], "Ensimmäinen")]


def test_two_windows_lose_nothing(booking: Face, desk: Browser, held: Json) -> None:
    mine, theirs = (typed_into(desk.get(path(held, "kirjaa")).text) for _ in range(2))
    desk.post(path(held, "kirjaa"), data=theirs | {"themes": "Heidän"})

    outdated = desk.post(path(held, "kirjaa"), data=mine | {"themes": "Minun"})

    assert outdated.status_code == 412
    assert "Heidän" not in outdated.text  # reading it is written down, so it waits behind a link
    assert f'href="{path(held, "kirjaa")}" target="_blank"' in outdated.text
    assert typed_into(outdated.text)["themes"] == "Minun"
    assert summary_of(booking, held)["themes"] == ["Heidän"]
    assert desk.post(path(held, "kirjaa"), data=typed_into(outdated.text)).status_code == 303
    assert summary_of(booking, held)["themes"] == ["Minun"]


def test_texts_are_saved_while_they_are_written(booking: Face, desk: Browser, held: Json) -> None:
    page, draft = path(held, "kirjaa"), path(held, "kirjaa", "luonnos")
    typed = typed_into(desk.get(page).text)
    written = {"themes": "Roolit", "actions.0.text": "Eka", "muistiinpano": "Vain minulle"}

    first = desk.post(draft, data=typed | written)
    again = desk.post(draft, data=typed | written | {"versio": first.headers["ETag"], "muistiinpano": "Vain minulle 2"})

    assert (first.status_code, again.status_code) == (204, 204)
    shown = typed_into(desk.get(page).text)
    assert (shown["themes"], shown["actions.0.text"], shown["muistiinpano"]) == ("Roolit", "Eka", "Vain minulle 2")
    assert shown["versio"] == again.headers["ETag"]
    assert now_of(booking, held)["status"] == "booked", "who came is recorded by a button"
    assert desk.post(draft, data=typed | {"themes": "Vanha ikkuna"}).status_code == 412
    assert desk.post(draft, data=shown | {"muistiinpano": "x" * 20_001}).status_code == 422
    assert {"note.written", "note.read"} <= set(audited(booking))


def test_the_note_is_saved_with_the_record_and_deleted_when_it_is_emptied(
    booking: Face, desk: Browser, held: Json
) -> None:
    page = path(held, "kirjaa")
    desk.post(page, data=typed_into(desk.get(page).text) | {"muistiinpano": "Vain minulle", "tallenna": "1"})
    assert "Vain minulle" in desk.get(path(held, "muistiinpano")).text
    kept = typed_into(desk.get(page).text)

    assert desk.post(path(held, "kirjaa", "luonnos"), data=kept | {"muistiinpano": " "}).status_code == 204
    assert typed_into(desk.get(page).text)["muistiinpano"] == "Vain minulle", "nothing is deleted by the way"
    desk.post(page, data=typed_into(desk.get(page).text) | {"muistiinpano": "", "tallenna": "1"})

    assert typed_into(desk.get(page).text)["muistiinpano"] == ""
    assert "note.deleted" in audited(booking)


@pytest.mark.parametrize("between", [{"lisaa": "1"}, {"reflection": "r" * 2001}])
def test_a_form_that_came_too_late_stays_late_until_that_is_told(
    booking: Face, desk: Browser, held: Json, between: dict[str, str]
) -> None:
    mine = typed_into(desk.get(path(held, "kirjaa")).text)
    again = typed_into(desk.post(path(held, "kirjaa"), data=mine | between).text)
    booking.admin.put(f"/api/v1/sessions/{held['id']}/summary", json={"themes": ["Heidän"]})

    more = typed_into(desk.post(path(held, "kirjaa"), data=again | {"lisaa": "1"}).text)

    assert desk.post(path(held, "kirjaa"), data=more | {"reflection": "", "themes": "Minun"}).status_code == 412
    assert summary_of(booking, held)["themes"] == ["Heidän"]


def test_whoever_goes_back_after_adding_a_row_can_still_save(desk: Browser, held: Json) -> None:
    typed = typed_into(desk.get(path(held, "kirjaa")).text)
    desk.post(path(held, "kirjaa"), data=typed | {"lisaa": "1"})

    assert desk.post(path(held, "kirjaa"), data=typed | {"themes": "Roolit"}).status_code == 303


def test_before_the_meeting_only_a_draft_can_be_prepared(booking: Face, desk: Browser, session: Json) -> None:
    shown = desk.get(path(session, "kirjaa")).text
    assert "lasna." not in shown
    assert 'name="julkaise"' not in shown

    saved = desk.post(path(session, "kirjaa"), data=typed_into(shown) | {"themes": "Roolit"})

    assert saved.headers["Location"].endswith("?tehty=luonnos")
    typed = typed_into(desk.get(path(session, "kirjaa")).text)
    assert desk.post(path(session, "kirjaa"), data=typed | {"julkaise": "1"}).status_code == 409


@pytest.mark.parametrize("strange", [{"lasna.x": "present"}, {f"lasna.{uuid4()}": "present"}, {"actions.0.id": "x"}])
def test_forged_fields_are_refused(booking: Face, desk: Browser, held: Json, strange: dict[str, str]) -> None:
    typed = typed_into(desk.get(path(held, "kirjaa")).text) | {"actions.0.text": "Eka"}

    assert desk.post(path(held, "kirjaa"), data=typed | strange).status_code == 422
    assert now_of(booking, held)["status"] == "booked"


# -- private notes ----------------------------------------------------------------------------------------


def test_a_private_note_is_written_read_and_torn_up_and_that_is_written_down(
    booking: Face, desk: Browser, held: Json
) -> None:
    note = path(held, "muistiinpano")
    written = desk.post(note, data=typed_into(desk.get(note).text) | {"text": HOSTILE})
    assert written.headers["Location"] == f"{path(held)}?tehty=muistiinpano"

    read = desk.get(note).text
    torn = desk.post(f"{note}/poista", data={"versio": typed_into(read)["versio"], "kerta": "k" * 20})

    assert INERT in read
    assert torn.headers["Location"] == f"{path(held)}?tehty=poistettu"
    assert [action for action in audited(booking) if action.startswith("note.")] == [
        "note.written", "note.read", "note.deleted",
    ]  # fmt: skip
    assert HOSTILE not in desk.get(note).text


def test_a_note_changed_in_another_window_is_not_written_over_unseen(desk: Browser, held: Json) -> None:
    note = path(held, "muistiinpano")
    mine, theirs = (typed_into(desk.get(note).text) for _ in range(2))
    desk.post(note, data=theirs | {"text": "Heidän"})

    outdated = desk.post(note, data=mine | {"text": "Minun"})

    assert outdated.status_code == 412
    assert typed_into(outdated.text)["text"] == "Minun"
    assert desk.post(note, data=typed_into(outdated.text)).status_code == 303
    assert typed_into(desk.get(note).text)["text"] == "Minun"


def test_an_empty_note_is_refused(desk: Browser, held: Json) -> None:
    note = path(held, "muistiinpano")

    assert desk.post(note, data=typed_into(desk.get(note).text) | {"text": "  "}).status_code == 422


# -- others -----------------------------------------------------------------------------------------------

DEEDS = ("", "/siirra", "/paikka", "/peru", "/kirjaa", "/muistiinpano")


@pytest.mark.parametrize("deed", DEEDS)
def test_others_find_nothing_here(
    browser: Browser,
    at_desk: Enter,
    as_client: Enter,
    as_admin: Browser,
    a_supervisor: Make,
    a_client: Make,
    session: Json,
    deed: str,
) -> None:
    for stranger in (at_desk(a_supervisor()), as_client(a_client()), as_admin):
        assert stranger.get(path(session) + deed).status_code == 404
        if deed:
            assert stranger.post(path(session) + deed, data={"versio": '"1"', "text": "x"}).status_code == 404
    assert browser.get(path(session) + deed).headers["Location"].startswith("/kirjaudu?")
