"""Summaries: written as a draft, published to the participants alone, corrected without a second letter; and notes."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlmodel import col, select

from services.booking.models.security import AuditEntry
from services.booking.privacy.rekeying import ENCRYPTED_COLUMNS
from services.core.database import transaction
from services.core.encryption import Encryption, encryption_of, keys_of
from services.core.sealing import reencrypt_batch
from services.web.security.links import secret
from tests.integration.conftest import Face
from tests.support.devices import confirm_device
from tests.support.diary import at, book, day_ahead
from tests.support.evaluation import Clock, a_goal, agree, answer, hold, people, rounds, told

Json = dict[str, Any]
Make = Callable[..., Json]

SUMMARY: Json = {
    "themes": ["Kokousten työnjako", "Palaute"],
    "actions": [{"text": "Kokeillaan vuorottelua", "due_date": "2031-03-01"}, {"text": "Kysytään palautetta"}],
    "reflection": "Mistä huomaan, että työnjako toimii?",
}


@pytest.fixture
def process(a_process: Make) -> Json:
    return a_process(form="group", participants=2)


@pytest.fixture
def session(booking: Face, process: Json, clock: Clock) -> Json:
    """A meeting that has been held."""
    return hold(booking, process, clock, 1)[0]


@pytest.fixture
def mine(booking: Face, process: Json) -> TestClient:
    """Booking's HTTP face, spoken to by the supervisor of the process."""
    given = booking.admin.post(f"/api/v1/supervisors/{process['supervisor_id']}/credentials").json()
    return booking.as_(given["client_id"], given["client_secret"])


def write(api: TestClient, session: Json, expect: int = 200, match: str | None = None, **changes: object) -> Json:
    path = f"/api/v1/sessions/{session['id']}/summary"
    current = match or api.get(path).headers.get("etag", "*")
    written = api.put(path, json=SUMMARY | changes, headers={"If-Match": current})
    assert written.status_code == expect, written.text
    body: Json = written.json()
    return body


def publish(api: TestClient, session: Json, expect: int = 200, **wanted: object) -> Json:
    published = api.post(f"/api/v1/sessions/{session['id']}/summary/publish", json=wanted)
    assert published.status_code == expect, published.text
    body: Json = published.json()
    return body


def page(booking: Face, person: str) -> str:
    link_id = told(booking, "summary.published.v1")[-1]["links"][person]
    return f"/yhteenveto/{secret(booking.settings.link_key, UUID(link_id))}"


def read(booking: Face, person: str, status: int = 200) -> str:
    path, browser = page(booking, person), booking.anonymous()
    if status == 200:
        confirm_device(booking, browser, path)
    shown = browser.get(path)
    html: str = shown.text
    assert shown.status_code == status, html
    return html


# -- drafts -----------------------------------------------------------------------------------------------


def test_a_draft_is_the_writers_alone(booking: Face, session: Json, mine: TestClient) -> None:
    draft = write(mine, session)

    assert (draft["status"], draft["version"], draft["editions"]) == ("draft", 1, [])
    assert draft["themes"] == SUMMARY["themes"]
    assert [action["due_date"] for action in draft["actions"]] == ["2031-03-01", None]
    assert told(booking, "summary.published.v1") == []


def test_a_draft_is_changed_only_by_who_has_seen_it(session: Json, mine: TestClient) -> None:
    write(mine, session)
    path = f"/api/v1/sessions/{session['id']}/summary"

    assert mine.put(path, json=SUMMARY).status_code == 428
    write(mine, session, match='"7"', expect=412)
    assert write(mine, session)["version"] == 1
    assert write(mine, session, reflection=None)["version"] == 2


def test_an_action_keeps_its_id_by_its_text_or_by_its_id(session: Json, mine: TestClient) -> None:
    first, second = write(mine, session)["actions"]

    changed = write(
        mine,
        session,
        actions=[{"text": second["text"]}, {"id": first["id"], "text": "Kokeillaan kahdesti"}, {"text": "Uusi"}],
    )["actions"]

    assert [action["id"] for action in changed[:2]] == [second["id"], first["id"]]
    assert changed[2]["id"] not in (first["id"], second["id"])


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"themes": [" "]}, "themes.0"),
        ({"themes": ["x" * 501]}, "themes.0"),
        ({"themes": ["x"] * 21}, "themes"),
        ({"actions": [{"text": "x", "due_date": "soon"}]}, "actions.0.due_date"),
        ({"actions": [{"text": "x", "id": str(uuid4())}]}, "actions.0.id"),
        ({"reflection": "\x07"}, "reflection"),
        ({"health": "x"}, "health"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_its_field(
    session: Json, mine: TestClient, wanted: Json, field: str
) -> None:
    problem = write(mine, session, expect=422, **wanted)

    assert [error["field"] for error in problem["errors"]] == [field]


# -- publishing -------------------------------------------------------------------------------------------


def test_publishing_gives_each_participant_a_link_and_tells_no_words(
    booking: Face, process: Json, session: Json, mine: TestClient
) -> None:
    write(mine, session)

    published = publish(mine, session)

    assert published["status"] == "published"
    (event,) = told(booking, "summary.published.v1")
    assert (event["version"], event["edition"], event["sends_letter"], event["text"]) == (1, 1, True, None)
    assert sorted(event["links"]) == sorted(people(process))
    assert [action["done"] for action in event["actions"]] == [False, False]
    resting = """SELECT envelope::text FROM outbox
                 UNION ALL SELECT encode(draft, 'escape') FROM summary
                 UNION ALL SELECT encode(text, 'escape') FROM summary_edition"""
    with transaction(booking.engine) as db:
        assert "njako" not in str(db.scalars(text(resting)).all())


def test_words_travel_when_somebody_wants_them_in_the_letter(
    booking: Face, process: Json, session: Json, mine: TestClient
) -> None:
    path = f"/api/v1/processes/{process['id']}/participants/{people(process)[0]}"
    mine.patch(path, json={"summary_in_letter": True}, headers={"If-Match": "*"})
    write(mine, session)

    publish(mine, session)

    (event,) = told(booking, "summary.published.v1")
    assert event["text"] == {"themes": SUMMARY["themes"], "reflection": SUMMARY["reflection"]}


def test_a_correction_is_sent_only_if_asked(booking: Face, process: Json, session: Json, mine: TestClient) -> None:
    write(mine, session)
    publish(mine, session)
    publish(mine, session)  # the same once more

    changed = write(mine, session, themes=["Kokousten kulku"])
    assert (changed["status"], "Kokousten kulku" in read(booking, people(process)[0])) == ("changed", False)
    publish(mine, session)
    write(mine, session, themes=["Kokousten rytmi"])
    final = publish(mine, session, send_letter=True)

    events = told(booking, "summary.published.v1")
    assert [(event["version"], event["edition"], event["sends_letter"]) for event in events] == [
        (1, 1, True),
        (2, 2, False),
        (3, 3, True),
    ]
    assert [event["links"] for event in events] == [events[0]["links"]] * 3
    assert [edition["sent_letter"] for edition in final["editions"]] == [True, False, True]
    html = read(booking, people(process)[0])
    assert "Kokousten rytmi" in html
    assert "Korjattu" in html


def test_the_letter_can_be_sent_once_more_or_never(booking: Face, session: Json, mine: TestClient) -> None:
    write(mine, session)

    publish(mine, session, send_letter=False)
    publish(mine, session, send_letter=True)

    assert [event["sends_letter"] for event in told(booking, "summary.published.v1")] == [False, True]


def test_there_must_be_something_to_publish_of_a_meeting_that_has_begun(
    booking: Face, process: Json, session: Json, mine: TestClient, clock: Clock
) -> None:
    nothing = publish(mine, session, expect=404)
    write(mine, session, themes=[], actions=[], reflection=None)
    empty = publish(mine, session, expect=409)
    coming = book(mine, process, at(day_ahead(days=90)))
    write(mine, coming)
    ahead = publish(mine, coming, expect=409)
    mine.post(f"/api/v1/sessions/{coming['id']}/cancel", json={})
    called_off = write(mine, coming, expect=409)

    kinds = [problem["type"].rsplit("/", 1)[-1] for problem in (nothing, empty, ahead, called_off)]
    assert kinds == ["not-found", "nothing-to-publish", "session-is-ahead", "session-is-cancelled"]


def test_the_administrator_reads_no_word_of_a_summary(booking: Face, session: Json, mine: TestClient) -> None:
    path = f"/api/v1/sessions/{session['id']}/summary"
    action = write(mine, session)["actions"][0]

    published = publish(booking.admin, session)
    marked = booking.admin.patch(f"{path}/actions/{action['id']}", json={"done": True}).json()
    read = booking.admin.get(path)

    for shown in (published, marked, read.json()):
        assert (shown["themes"], shown["reflection"]) == ([], None)
        assert next((one["id"], one["text"]) for one in shown["actions"]) == (action["id"], "")
    assert (read.json()["status"], marked["actions"][0]["done"]) == ("published", True)
    assert read.headers["ETag"] == mine.get(path).headers["ETag"]
    assert mine.get(path).json()["themes"] == SUMMARY["themes"]


def test_what_was_agreed_is_marked_as_done(booking: Face, process: Json, session: Json, mine: TestClient) -> None:
    action = write(mine, session)["actions"][0]
    path = f"/api/v1/sessions/{session['id']}/summary/actions/{action['id']}"
    early = mine.patch(path, json={"done": True})
    publish(mine, session)

    marked = [mine.patch(path, json={"done": done}).json()["actions"][0]["done"] for done in (True, True, False, True)]

    assert early.status_code == 404
    assert marked == [True, True, False, True]
    events = told(booking, "summary.published.v1")
    assert [event["actions"][0]["done"] for event in events] == [False, True, False, True]
    assert [event["sends_letter"] for event in events] == [True, False, False, False]
    assert "tehty" in read(booking, people(process)[0])


# -- reading ----------------------------------------------------------------------------------------------


def test_a_participant_reads_the_summary_by_their_link(
    booking: Face, process: Json, session: Json, mine: TestClient
) -> None:
    write(mine, session, themes=["<script>alert(1)</script>"])
    publish(mine, session)

    html = read(booking, people(process)[0])

    assert "&lt;script&gt;" in html
    assert "Kokeillaan vuorottelua (viimeistään lauantaina 1.3.2031)" in html
    assert "Mistä huomaan, että työnjako toimii?" in html


def test_a_link_ends_after_thirty_days_and_begins_anew_with_a_correction(
    booking: Face, process: Json, session: Json, mine: TestClient, clock: Clock
) -> None:
    write(mine, session)
    publish(mine, session)
    person = people(process)[0]
    expires = datetime.fromisoformat(told(booking, "summary.published.v1")[-1]["link_expires_at"])

    clock(expires - datetime.now(UTC) - timedelta(minutes=1))
    read(booking, person)
    clock(expires - datetime.now(UTC) + timedelta(minutes=1))
    read(booking, person, status=410)
    write(mine, session, themes=["Uusi"])
    publish(mine, session)
    read(booking, person)


def test_who_joined_later_reads_nothing_of_what_was_before(
    booking: Face, process: Json, session: Json, mine: TestClient
) -> None:
    newcomer = {"first_name": "Uusi", "last_name": "Tulija", "email": "uusi.tulija@example.fi"}
    mine.post(f"/api/v1/processes/{process['id']}/participants", json=newcomer)
    write(mine, session)
    publish(mine, session)
    write(mine, session, themes=["Korjattu"])
    publish(mine, session, send_letter=True)

    links = [event["links"] for event in told(booking, "summary.published.v1")]
    assert [sorted(one) for one in links] == [sorted(people(process))] * 2
    path, browser = page(booking, people(process)[0]), booking.anonymous()
    confirm_device(booking, browser, path)
    assert browser.get(path).status_code == 200
    with transaction(booking.engine) as db:  # as code of before version 0.2 let those read who joined later
        late = "UPDATE participant SET joined_at = joined_at + interval '1 year' WHERE id = :id"
        db.execute(text(late), {"id": people(process)[0]})
    assert browser.get(path).status_code == 404


def test_who_has_left_reads_no_more(booking: Face, process: Json, session: Json, mine: TestClient) -> None:
    leaving, staying = people(process)
    write(mine, session)
    publish(mine, session)
    path = page(booking, leaving)

    mine.delete(f"/api/v1/processes/{process['id']}/participants/{leaving}")
    write(mine, session, themes=["Uusi"])
    publish(mine, session)

    assert booking.anonymous().get(path).status_code == 404
    assert list(told(booking, "summary.published.v1")[-1]["links"]) == [staying]


def test_a_reader_chooses_how_summaries_come(booking: Face, process: Json, session: Json, mine: TestClient) -> None:
    write(mine, session)
    publish(mine, session)
    person, api = people(process)[0], booking.anonymous()
    path = page(booking, person)
    confirm_device(booking, api, path)

    chosen = api.post(f"{path}/kirjeet", data={"tekstina": "1"})
    api.post(f"{path}/kirjeet", data={"tekstina": "1"})

    assert chosen.status_code == 303
    assert "Saat yhteenvedon tekstin sähköpostissa." in api.get(path).text
    changes = [event for event in told(booking, "participant.changed.v1") if event["participant_id"] == person]
    assert [(event["version"], event["summary_in_letter"]) for event in changes] == [(1, False), (2, True)]


# -- private notes ----------------------------------------------------------------------------------------


def test_a_note_rests_sealed_and_comes_back_to_its_writer(booking: Face, session: Json, mine: TestClient) -> None:
    path = f"/api/v1/sessions/{session['id']}/note"

    assert mine.get(path).status_code == 404
    written = mine.put(path, json={"text": "Arvioin uudelleen vuorottelun."})
    stale = mine.put(path, json={"text": "Toinen"})
    changed = mine.put(path, json={"text": "Toinen"}, headers={"If-Match": written.headers["etag"]})

    assert (written.status_code, stale.status_code, changed.json()["version"]) == (200, 428, 2)
    assert mine.get(path).json()["text"] == "Toinen"
    with transaction(booking.engine) as db:
        everything = str(db.execute(text("SELECT encode(text, 'escape') FROM private_note")).all())
        everything += str(db.execute(text("SELECT envelope FROM outbox")).all())
    assert "Toinen" not in everything
    assert mine.delete(path, headers={"If-Match": '"2"'}).status_code == 204
    assert mine.get(path).status_code == 404


def test_each_reading_of_a_note_is_written_down(booking: Face, session: Json, mine: TestClient) -> None:
    path = f"/api/v1/sessions/{session['id']}/note"
    mine.put(path, json={"text": "Vain minulle"})

    mine.get(path)
    mine.get(path)
    booking.admin.get(path)

    with transaction(booking.engine) as db:
        about_session = select(AuditEntry).where(AuditEntry.subject == f"session/{session['id']}")
        entries = db.scalars(about_session.order_by(col(AuditEntry.id))).all()
    of_the_note = [entry for entry in entries if entry.action.startswith("note.")]
    assert [entry.action for entry in of_the_note] == ["note.written", "note.read", "note.read"]
    assert len({entry.actor for entry in of_the_note}) == 1


def test_an_answer_kept_for_repetition_holds_no_readable_words(booking: Face, session: Json, mine: TestClient) -> None:
    write(mine, session)

    for _ in range(2):
        path = f"/api/v1/sessions/{session['id']}/summary/publish"
        assert mine.post(path, json={}, headers={"Idempotency-Key": "julkaise-1"}).status_code == 200

    assert len(told(booking, "summary.published.v1")) == 1
    with transaction(booking.engine) as db:
        assert "työnjako" not in str(db.execute(text("SELECT * FROM idempotency_key")).all())


# -- erasure ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("form", "participants", "left"), [("individual", 1, 0), ("group", 2, 1)])
def test_what_was_summed_up_with_somebody_who_was_alone_goes_with_them(
    booking: Face, a_process: Make, clock: Clock, form: str, participants: int, left: int
) -> None:
    process = a_process(form=form, participants=participants)
    meeting = hold(booking, process, clock, 1)[0]
    write(booking.admin, meeting)
    publish(booking.admin, meeting)

    assert booking.admin.delete(f"/api/v1/participants/{people(process)[0]}").status_code == 204

    with transaction(booking.engine) as db:
        held = [db.scalar(text(f"SELECT count(*) FROM {table}")) for table in ("summary", "summary_edition")]  # noqa: S608
    assert held == [left, left]
    assert len(told(booking, "summary.published.v1")) == left
    assert told(booking, "participant.erased.v1")[0]["alone"] is not bool(left)


def test_of_several_the_last_to_be_erased_takes_what_was_summed_up_along(
    booking: Face, process: Json, session: Json, mine: TestClient
) -> None:
    write(mine, session)
    publish(mine, session)
    for person in people(process):
        assert booking.admin.delete(f"/api/v1/participants/{person}").status_code == 204

    with transaction(booking.engine) as db:
        assert db.scalar(text("SELECT count(*) FROM summary")) == 0
    assert [event["alone"] for event in told(booking, "participant.erased.v1")] == [False, True]


# -- a new key --------------------------------------------------------------------------------------------


def test_everything_is_sealed_anew_under_a_new_key(
    booking: Face, process: Json, session: Json, mine: TestClient
) -> None:
    mine.put(f"/api/v1/sessions/{session['id']}/note", json={"text": "Vain minulle"})
    write(mine, session)
    publish(mine, session)
    agree(booking.admin, process, a_goal())
    answer(mine, rounds(mine, process)[0], participant_id=people(process)[0], comment="Salainen")
    old, new = encryption_of(booking.settings.notes_key), secrets.token_bytes(32)
    rotated = Encryption(new, *keys_of(booking.settings.notes_key))

    turns = [reencrypt_batch(booking.engine, keys, ENCRYPTED_COLUMNS) for keys in (old, rotated, rotated)]

    assert turns == [False, True, False]
    with transaction(booking.engine) as db:
        for sealed in ENCRYPTED_COLUMNS:
            texts = [(getattr(row, sealed.column), sealed.context(row)) for row in db.scalars(select(sealed.table))]
            assert all(Encryption(new).open(text, place) for text, place in texts if text)
