"""Other programs are told of events by Standard Webhooks: each of what its owner may see, signed, again and again."""

import asyncio
import json
import re
import textwrap
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import HTTPServer
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from standardwebhooks.webhooks import WebhookVerificationError

from services.booking.periodic import prune_expired
from services.booking.security.webhooks import deliveries, feed
from services.booking.security.webhooks.post import post
from services.booking.security.webhooks.sender import WebhookSender
from services.booking.settings import Settings
from services.core.database import transaction
from services.events import webhooks
from services.operations.doctor import work
from services.web.protocol.pagination import encode_cursor
from tests.integration.booking.security.test_permissions import with_credentials
from tests.integration.conftest import Face, Json, created
from tests.support.diary import at, book, day_ahead, keep_hours
from tests.support.practice import eventually
from tests.support.receiver import Receiver, receiving

Make = Callable[..., Json]
API = "/api/v1"
GUIDE = Path(__file__).parents[4] / "docs/api/webhooks.md"
MARKER = "Karpalosuo"
"""In every name and text that anybody writes here."""


@pytest.fixture
def booking_settings(booking_settings: Settings) -> Settings:
    """Receivers lie in our own network, as those of these tests do."""
    return booking_settings.model_copy(update={"webhooks_may_be_private": True})


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def sender(booking: Face) -> WebhookSender:
    return WebhookSender(booking.engine, booking.settings)


@pytest.fixture
def process(a_process: Make, a_supervisor: Make, a_client: Make, booking_api: TestClient) -> Json:
    supervisor = a_supervisor(name=f"Maija {MARKER}", location=f"{MARKER} 1")
    keep_hours(booking_api, supervisor["id"])
    client = a_client(name=f"{MARKER} Oy")
    title = f"Työnohjaus {MARKER}"
    return a_process(title=title, client_id=client["id"], supervisor_id=supervisor["id"], form="group", participants=3)


@pytest.fixture
def supervisor(booking: Face, process: Json) -> TestClient:
    return with_credentials(booking, f"{API}/supervisors/{process['supervisor_id']}")


@pytest.fixture
def client(booking: Face, process: Json) -> TestClient:
    return with_credentials(booking, f"{API}/clients/{process['client_id']}")


def subscribe(api: TestClient, receiver: Receiver, *types: str, path: str = "", **headers: str) -> Json:
    wanted: Json = {"url": receiver.url + path} | ({"types": [*types]} if types else {})
    return created(api.post(f"{API}/webhooks", json=wanted, headers=headers))


def delivery(api: TestClient, webhook: Json) -> Json:
    """The latest of a webhook."""
    found: Json = api.get(f"{API}/webhooks/{webhook['id']}/deliveries").json()["items"][0]
    return found


def make_due(booking: Face) -> None:
    with transaction(booking.engine) as db:
        db.execute(text("UPDATE webhook_delivery SET next_at = now(), leased_until = NULL WHERE next_at IS NOT NULL"))


def count(booking: Face, table: str) -> int:
    with transaction(booking.engine) as db:
        return int(db.scalar(text(f"SELECT count(*) FROM {table}")))  # noqa: S608 -- our own names


# -- what is told, and to whom ----------------------------------------------------------------------------


def test_a_booking_is_told_signed_once_and_without_any_name(
    supervisor: TestClient, process: Json, receiver: Receiver, sender: WebhookSender
) -> None:
    webhook = subscribe(supervisor, receiver)
    session = book(supervisor, process, at(day_ahead()), location=f"{MARKER} 2")

    sender.send_due()
    sender.send_due()

    (told,) = receiver.named("session.booked.v1")
    event = told.verified(webhook["secret"])
    assert event["data"]["session_id"] == session["id"]
    assert event["data"]["process_id"] == process["id"]
    assert event["data"]["status"] == "booked"
    assert event["data"]["starts_at"][:16] == session["starts_at"][:16]
    assert event["id"] == told.id == delivery(supervisor, webhook)["event_id"]
    assert delivery(supervisor, webhook)["status"] == "delivered"
    assert delivery(supervisor, webhook)["answers"][0]["status"] == 204
    with pytest.raises(WebhookVerificationError):
        told.verified(webhooks.new_secret())


def test_nothing_that_anybody_wrote_is_in_any_webhook_or_event(
    booking: Face, supervisor: TestClient, client: TestClient, process: Json, receiver: Receiver, sender: WebhookSender
) -> None:
    hooks = [subscribe(api, receiver) for api in (booking.admin, supervisor, client)]
    session = book(supervisor, process, at(day_ahead()), location=f"{MARKER} 2")
    supervisor.post(f"{API}/sessions/{session['id']}/cancel", json={"reason": MARKER})
    person = {"first_name": MARKER, "last_name": MARKER, "email": f"{MARKER}@example.fi", "employer": MARKER}
    created(supervisor.post(f"{API}/processes/{process['id']}/participants", json=person))

    sender.send_due()

    assert {one.event["type"] for one in receiver.received} >= {
        *("session.booked.v1", "session.cancelled.v1", "participant.changed.v1", "process.changed.v1")
    }
    assert all(MARKER.lower() not in str((one.body, one.headers)).lower() for one in receiver.received)
    assert all("@" not in str((one.body, one.headers)) for one in receiver.received)
    fed = supervisor.get(f"{API}/events", params={"limit": 200}).text
    assert process["id"] in fed
    assert MARKER.lower() not in fed.lower()
    assert len({hook["secret"] for hook in hooks}) == 3


def test_each_is_told_of_their_own_alone(
    booking: Face,
    supervisor: TestClient,
    client: TestClient,
    process: Json,
    a_process: Make,
    receiver: Receiver,
    sender: WebhookSender,
) -> None:
    for path, api in {"/admin": booking.admin, "/supervisor": supervisor, "/client": client}.items():
        subscribe(api, receiver, "session.booked.v1", path=path)
    other = a_process()
    keep_hours(booking.admin, other["supervisor_id"])
    book(booking.admin, other, at(day_ahead()))
    book(booking.admin, process, at(day_ahead()))

    sender.send_due()

    told = {(one.path.removeprefix("/hooks"), one.event["data"]["process_id"]) for one in receiver.received}
    own, others = process["id"], other["id"]
    assert told == {("/admin", own), ("/admin", others), ("/supervisor", own), ("/client", own)}
    seen = {item["data"].get("process_id") for item in client.get(f"{API}/events?limit=200").json()["items"]}
    assert seen == {own}


def test_a_client_can_t_ask_for_what_only_the_practice_sees(client: TestClient, receiver: Receiver) -> None:
    for types in (["intake.requested.v1"], ["summary.published.v1"], ["evaluation.answered.v1"], ["webhook.tested.v1"]):
        refused = client.post(f"{API}/webhooks", json={"url": receiver.url, "types": types})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "types")


def test_somebody_else_s_webhook_is_not_there(
    supervisor: TestClient, client: TestClient, booking: Face, receiver: Receiver
) -> None:
    webhook = subscribe(supervisor, receiver)
    for stranger in (client, booking.admin):
        assert stranger.get(f"{API}/webhooks").json() == {"items": []}
        for asked in ("GET ", "DELETE ", "POST /test", "POST /secret", "POST /enable", "GET /deliveries"):
            method, path = asked.split(" ")
            assert stranger.request(method, f"{API}/webhooks/{webhook['id']}{path}").status_code == 404


# -- made, renewed, tried, removed ------------------------------------------------------------------------


def test_the_secret_is_shown_once_also_to_who_asks_twice(
    booking: Face, supervisor: TestClient, receiver: Receiver
) -> None:
    webhook = subscribe(supervisor, receiver, **{"Idempotency-Key": "one"})
    again = supervisor.post(f"{API}/webhooks", json={"url": receiver.url}, headers={"Idempotency-Key": "one"})

    assert webhook["secret"].startswith("whsec_")
    assert (again.status_code, again.json()["type"].rsplit("/", 1)[-1]) == (409, "already-shown")
    assert len(supervisor.get(f"{API}/webhooks").json()["items"]) == 1
    assert "secret" not in supervisor.get(f"{API}/webhooks/{webhook['id']}").json()
    with transaction(booking.engine) as db:
        at_rest = str(db.execute(text("SELECT w::text FROM webhook w")).all())
    assert webhook["secret"].removeprefix("whsec_") not in at_rest
    assert receiver.url not in at_rest


def test_a_renewed_secret_signs_beside_the_one_before_for_a_day(
    booking: Face, supervisor: TestClient, receiver: Receiver, sender: WebhookSender
) -> None:
    webhook = subscribe(supervisor, receiver)
    renewed = supervisor.post(f"{API}/webhooks/{webhook['id']}/secret").json()
    supervisor.post(f"{API}/webhooks/{webhook['id']}/test")
    sender.send_due()
    with transaction(booking.engine) as db:
        db.execute(text("UPDATE webhook SET older_until = now() - interval '1 s'"))
    supervisor.post(f"{API}/webhooks/{webhook['id']}/test")
    sender.send_due()

    during, after = receiver.named("webhook.tested.v1")
    assert during.verified(webhook["secret"]) == during.verified(renewed["secret"])
    after.verified(renewed["secret"])
    with pytest.raises(WebhookVerificationError):
        after.verified(webhook["secret"])


def test_a_test_goes_to_the_one_that_it_was_asked_for(
    supervisor: TestClient, receiver: Receiver, sender: WebhookSender
) -> None:
    webhook = subscribe(supervisor, receiver, "process.closed.v1", path="/one")
    subscribe(supervisor, receiver, path="/other")

    assert supervisor.post(f"{API}/webhooks/{webhook['id']}/test").status_code == 202
    sender.send_due()

    (tested,) = receiver.named("webhook.tested.v1")
    assert tested.path == "/hooks/one"
    assert tested.event["data"]["webhook_id"] == webhook["id"]
    assert "webhook.tested.v1" not in supervisor.get(f"{API}/events").text


def test_twenty_are_enough_also_when_asked_for_at_once(
    booking: Face, supervisor: TestClient, receiver: Receiver
) -> None:
    for _ in range(19):
        subscribe(supervisor, receiver)
    answers: list[int] = []
    threads = [
        threading.Thread(
            target=lambda: answers.append(supervisor.post(f"{API}/webhooks", json={"url": receiver.url}).status_code)
        )
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == [201, 409, 409]


@pytest.mark.parametrize(
    "url", ["http://ohjelma.example/", "https://booking.test/", "https://a:b@ohjelma.example/", "ftp://x", "https://"]
)
def test_an_address_that_will_not_do_is_refused_beside_its_field(
    booking: Face, supervisor: TestClient, url: str
) -> None:
    booking.app.state.settings = booking.settings.model_copy(update={"webhooks_may_be_private": False})

    refused = supervisor.post(f"{API}/webhooks", json={"url": url})

    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "url")


def test_the_receiver_of_the_guide_believes_us_and_nobody_else(
    supervisor: TestClient, sender: WebhookSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    (source,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.S)
    guide: Json = {"__name__": "receiver"}
    exec(textwrap.dedent(source), guide)  # noqa: S102 -- our own guide
    with HTTPServer(("127.0.0.1", 0), guide["Receiver"]) as server:
        threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
        wanted = {"url": f"http://127.0.0.1:{server.server_port}/"}
        webhook = created(supervisor.post(f"{API}/webhooks", json=wanted))
        for secret, status in ((webhook["secret"], 204), (webhooks.new_secret(), 401)):
            monkeypatch.setenv("WEBHOOK_SECRET", secret)
            supervisor.post(f"{API}/webhooks/{webhook['id']}/test")
            sender.send_due()
            assert delivery(supervisor, webhook)["answers"][-1]["status"] == status
        server.shutdown()


# -- tries ------------------------------------------------------------------------------------------------


def test_what_is_not_taken_is_tried_again_as_the_same_event(
    booking: Face, supervisor: TestClient, receiver: Receiver, sender: WebhookSender
) -> None:
    webhook = subscribe(supervisor, receiver)
    supervisor.post(f"{API}/webhooks/{webhook['id']}/test")
    receiver.status = 500
    sender.send_due()

    assert delivery(supervisor, webhook)["status"] == "waiting"
    assert supervisor.get(f"{API}/webhooks/{webhook['id']}").json()["failing_since"] is not None
    sender.send_due()
    assert len(receiver.received) == 1, "not before its time"
    receiver.status = 200
    make_due(booking)
    sender.send_due()

    first, second = receiver.received
    assert (first.id, first.body) == (second.id, second.body)
    assert delivery(supervisor, webhook)["status"] == "delivered"
    assert [answer["status"] for answer in delivery(supervisor, webhook)["answers"]] == [500, 200]
    assert supervisor.get(f"{API}/webhooks/{webhook['id']}").json()["failing_since"] is None


def test_after_ten_tries_it_is_given_up_and_can_be_sent_again(
    booking: Face, supervisor: TestClient, receiver: Receiver, sender: WebhookSender
) -> None:
    webhook = subscribe(supervisor, receiver)
    supervisor.post(f"{API}/webhooks/{webhook['id']}/test")
    receiver.status = 503
    for _ in range(12):
        sender.send_due()
        make_due(booking)

    assert len(receiver.received) == 10
    failed = delivery(supervisor, webhook)
    assert (failed["status"], failed["attempts"], failed["next_at"]) == ("failed", 10, None)
    receiver.status = 204
    resent = supervisor.post(f"{API}/webhooks/{webhook['id']}/deliveries/{failed['event_id']}/resend")
    sender.send_due()

    assert (resent.status_code, resent.json()["status"]) == (202, "waiting")
    assert delivery(supervisor, webhook)["status"] == "delivered"
    assert len({one.id for one in receiver.received}) == 1


def test_a_redirect_is_no_success_and_is_not_followed(
    supervisor: TestClient, receiver: Receiver, sender: WebhookSender
) -> None:
    webhook = subscribe(supervisor, receiver, path="/first")
    supervisor.post(f"{API}/webhooks/{webhook['id']}/test")
    receiver.status, receiver.answer_headers = 307, {"Location": f"{receiver.url}/second"}

    sender.send_due()

    assert [one.path for one in receiver.received] == ["/hooks/first"]
    assert delivery(supervisor, webhook)["answers"][-1]["status"] == 307
    assert delivery(supervisor, webhook)["status"] == "waiting"


def test_a_receiver_says_when_to_come_again(
    booking: Face, supervisor: TestClient, receiver: Receiver, sender: WebhookSender
) -> None:
    webhook = subscribe(supervisor, receiver)
    supervisor.post(f"{API}/webhooks/{webhook['id']}/test")
    receiver.status, receiver.answer_headers = 429, {"Retry-After": "3600"}

    sender.send_due()

    with transaction(booking.engine) as db:
        pause = db.scalar(text("SELECT next_at - now() FROM webhook_delivery"))
    assert timedelta(minutes=59) < pause <= timedelta(hours=1)
    assert delivery(supervisor, webhook)["status"] == "waiting"


def test_an_address_in_our_own_network_is_refused_at_the_try_too(
    booking: Face, supervisor: TestClient, receiver: Receiver
) -> None:
    """Between its making and the try a name may have come to lead elsewhere."""
    strict = booking.settings.model_copy(update={"webhooks_may_be_private": False})
    webhook = subscribe(supervisor, receiver)
    with transaction(booking.engine) as db:
        (row,) = db.execute(text("SELECT id FROM webhook")).all()
    for url in ("https://localhost/", "https://127.0.0.1/", "https://[::ffff:10.0.0.1]/", "https://booking.test/"):
        claimed = deliveries.Claimed(row.id, row.id, 1, url, [webhook["secret"]], b"{}")
        answer = asyncio.run(post(claimed, strict))
        assert (answer.status, answer.error) == (None, "address-not-allowed"), url
    assert receiver.received == []


def test_one_that_hangs_delays_no_other(
    supervisor: TestClient, process: Json, receiver: Receiver, sender: WebhookSender
) -> None:
    with receiving() as slow:
        slow.answers.clear()
        hanging, quick = subscribe(supervisor, slow), subscribe(supervisor, receiver)
        for _ in range(6):
            supervisor.post(f"{API}/webhooks/{hanging['id']}/test")
        working = threading.Thread(target=sender.send_due)
        working.start()
        eventually(lambda: len(slow.hung) == deliveries.OF_ONE_RECEIVER, what="a receiver that hangs")
        book(supervisor, process, at(day_ahead()))

        eventually(lambda: len(receiver.named("session.booked.v1")) == 1, what="the other one's", seconds=2)

        assert len(slow.hung) == deliveries.OF_ONE_RECEIVER, "only so many at a time"
        assert delivery(supervisor, quick)["status"] == "delivered"
        slow.answers.set()
        working.join(30)
        assert len(slow.named("webhook.tested.v1")) == 6


def test_what_a_killed_process_had_in_hand_comes_when_its_lease_is_over_under_the_same_id(
    booking: Face, supervisor: TestClient, receiver: Receiver, sender: WebhookSender
) -> None:
    webhook = subscribe(supervisor, receiver)
    supervisor.post(f"{API}/webhooks/{webhook['id']}/test")
    feed.feed_next(booking.engine)
    (taken,) = deliveries.claim_due(booking.engine, 10)

    assert deliveries.claim_due(booking.engine, 10) == [], "it is another's"
    make_due(booking)
    sender.send_due()
    deliveries.settle(booking.engine, booking.settings, [asyncio.run(post(taken, booking.settings))])

    assert {one.id for one in receiver.received} == {str(taken.event_id)}
    assert len(delivery(supervisor, webhook)["answers"]) == 1, "the later claim has settled it"


# -- ended ------------------------------------------------------------------------------------------------


def ended_letters(booking: Face) -> list[Json]:
    with transaction(booking.engine) as db:
        query = text("SELECT envelope->'data' FROM outbox WHERE envelope->>'type' = 'webhook.ended.v1'")
        return list(db.scalars(query))


def test_one_that_is_gone_ends_and_its_owner_is_told(
    booking: Face, supervisor: TestClient, receiver: Receiver, sender: WebhookSender
) -> None:
    webhook = subscribe(supervisor, receiver)
    supervisor.post(f"{API}/webhooks/{webhook['id']}/test")
    receiver.status = 410

    sender.send_due()
    make_due(booking)
    sender.send_due()

    shown = supervisor.get(f"{API}/webhooks/{webhook['id']}").json()
    assert (shown["ended_because"], delivery(supervisor, webhook)["status"]) == ("gone", "failed")
    assert len(receiver.received) == 1
    assert [letter["because"] for letter in ended_letters(booking)] == ["gone"]
    assert receiver.url not in str(ended_letters(booking))
    assert supervisor.post(f"{API}/webhooks/{webhook['id']}/test").status_code == 409


def test_one_that_fails_for_five_days_is_switched_off_once_and_can_be_enabled_again(
    booking: Face, supervisor: TestClient, process: Json, receiver: Receiver, sender: WebhookSender
) -> None:
    webhook = subscribe(supervisor, receiver)
    for _ in range(3):
        supervisor.post(f"{API}/webhooks/{webhook['id']}/test")
    receiver.status = 500
    sender.send_due()
    assert ended_letters(booking) == []
    with transaction(booking.engine) as db:
        db.execute(text("UPDATE webhook SET failing_since = failing_since - interval '5 days'"))
    make_due(booking)
    sender.send_due()
    make_due(booking)
    sender.send_due()

    assert supervisor.get(f"{API}/webhooks/{webhook['id']}").json()["ended_because"] == "failing"
    assert [letter["because"] for letter in ended_letters(booking)] == ["failing"]
    book(supervisor, process, at(day_ahead()))
    receiver.status = 204
    sender.send_due()
    assert receiver.named("session.booked.v1") == [], "nothing while it is off"
    enabled = supervisor.post(f"{API}/webhooks/{webhook['id']}/enable").json()
    assert (enabled["ended_at"], enabled["failing_since"]) == (None, None)
    supervisor.post(f"{API}/webhooks/{webhook['id']}/test")
    sender.send_due()
    assert delivery(supervisor, webhook)["status"] == "delivered"


def test_with_a_revoked_credential_its_webhooks_end(
    booking: Face, supervisor: TestClient, process: Json, receiver: Receiver, sender: WebhookSender
) -> None:
    webhook = subscribe(supervisor, receiver)
    supervisor.post(f"{API}/webhooks/{webhook['id']}/test")
    credentials = f"{API}/supervisors/{process['supervisor_id']}/credentials"
    (own,) = booking.admin.get(credentials).json()["items"]
    another = with_credentials(booking, f"{API}/supervisors/{process['supervisor_id']}")
    booking.admin.delete(f"{credentials}/{own['client_id']}")

    sender.send_due()

    assert receiver.received == []
    assert another.get(f"{API}/webhooks").json()["items"][0]["ended_because"] == "access_ended"
    assert another.post(f"{API}/webhooks/{webhook['id']}/enable").status_code == 409
    assert ended_letters(booking) == []


def test_with_a_deactivated_supervisor_theirs_and_what_they_made_for_clients_end(
    booking: Face, supervisor: TestClient, process: Json, receiver: Receiver, sender: WebhookSender
) -> None:
    made = created(supervisor.post(f"{API}/clients/{process['client_id']}/credentials"))
    of_client = booking.as_(made["client_id"], made["client_secret"])
    for api in (supervisor, of_client):
        webhook = subscribe(api, receiver)
        api.post(f"{API}/webhooks/{webhook['id']}/test")
    booking.admin.post(f"{API}/supervisors/{process['supervisor_id']}/deactivate")

    sender.send_due()

    assert receiver.received == []


def test_with_another_admin_s_credential_those_of_the_one_before_end(
    booking: Face, receiver: Receiver, sender: WebhookSender
) -> None:
    webhook = subscribe(booking.admin, receiver)
    booking.admin.post(f"{API}/webhooks/{webhook['id']}/test")
    successor = WebhookSender(booking.engine, booking.settings.model_copy(update={"admin_client_id": "another"}))

    successor.keep_going()
    eventually(lambda: booking.admin.get(f"{API}/webhooks/{webhook['id']}").json()["ended_at"], what="the end")
    successor.stop()
    sender.send_due()

    assert receiver.received == []


# -- forgotten --------------------------------------------------------------------------------------------


def test_who_is_erased_is_in_no_event_and_no_delivery_but_that_they_were(
    booking: Face, supervisor: TestClient, process: Json, receiver: Receiver, sender: WebhookSender
) -> None:
    webhook = subscribe(supervisor, receiver, "participant.changed.v1", "participant.erased.v1")
    person = created(supervisor.post(f"{API}/processes/{process['id']}/participants", json=a_newcomer()))
    sender.send_due()
    assert person["id"] in supervisor.get(f"{API}/events?limit=200").text
    assert supervisor.delete(f"{API}/participants/{person['id']}").status_code == 204
    sender.send_due()

    heard = [event for event in supervisor.get(f"{API}/events?limit=200").json()["items"] if person["id"] in str(event)]
    assert [event["type"] for event in heard] == ["participant.erased.v1"]
    assert [one.event["type"] for one in receiver.received] == ["participant.changed.v1", "participant.erased.v1"]
    left = supervisor.get(f"{API}/webhooks/{webhook['id']}/deliveries").json()["items"]
    assert [one["type"] for one in left] == ["participant.erased.v1"]


def test_what_was_sent_is_forgotten_with_its_event_and_what_ended_long_ago_with_it(
    booking: Face, supervisor: TestClient, receiver: Receiver, sender: WebhookSender
) -> None:
    webhook = subscribe(supervisor, receiver)
    supervisor.post(f"{API}/webhooks/{webhook['id']}/test")
    sender.send_due()
    assert count(booking, "webhook_delivery") == 1
    with transaction(booking.engine) as db:
        db.execute(text("DELETE FROM outbox_delivery"))
        db.execute(text("DELETE FROM outbox"))
        db.execute(text("UPDATE webhook SET ended_at = now() - interval '91 days', ended_because = 'gone'"))
    prune_expired(booking.engine)

    assert [count(booking, table) for table in ("webhook_delivery", "webhook_event", "webhook")] == [0, 0, 0]


def a_newcomer() -> Json:
    return {"first_name": "Sirpa", "last_name": "Öhman", "email": "sirpa@example.fi"}


# -- watched ----------------------------------------------------------------------------------------------


def test_a_feed_that_stands_still_is_said(booking: Face, supervisor: TestClient, sender: WebhookSender) -> None:
    assert booking.anonymous().get("/readyz").status_code == 200
    with transaction(booking.engine) as db:
        db.execute(text("UPDATE webhook_queue SET queued_at = now() - interval '1 hour'"))
        (found,) = work.webhook_feed(db)

    assert "events for webhooks have waited" in booking.anonymous().get("/readyz").text
    assert (found.wrong, "worker of booking" in found.advice) == (
        "The oldest event has waited 60 minutes to be sent to webhooks.",
        True,
    )
    sender.send_due()
    assert booking.anonymous().get("/readyz").json()["reasons"] == []


# -- the feed ---------------------------------------------------------------------------------------------


def read(api: TestClient, after: str | None = None, **parameters: Any) -> tuple[list[Json], str]:
    answer = api.get(f"{API}/events", params=parameters | ({"after": after} if after else {}))
    assert answer.status_code == 200, answer.text
    return answer.json()["items"], answer.json()["next_cursor"]


def test_the_feed_brings_each_event_once_in_one_order_as_webhooks_do(
    booking: Face, supervisor: TestClient, process: Json, receiver: Receiver, sender: WebhookSender
) -> None:
    subscribe(supervisor, receiver)
    for days in (14, 15, 16):
        book(supervisor, process, at(day_ahead(days)))
    sender.send_due()
    heard: list[Json] = []
    after = None
    while True:
        items, after = read(supervisor, after, limit=2, type="session.booked.v1")
        heard += items
        if not items:
            break
    book(supervisor, process, at(day_ahead(20)))
    sender.send_due()
    later, _ = read(supervisor, after, type=["session.booked.v1"])

    told = [json.loads(one.body) for one in receiver.named("session.booked.v1")]
    assert sorted([*heard, *later], key=str) == sorted(told, key=str)
    assert [event["data"]["starts_at"] for event in heard] == sorted(event["data"]["starts_at"] for event in heard)
    assert (len(heard), len(later)) == (3, 1)


def test_what_commits_later_comes_later_whatever_its_number(booking: Face, supervisor: TestClient) -> None:
    """An event gets its number when it is written, and is there to be read when its transaction ends."""
    feed.feed_next(booking.engine)
    _, start = read(supervisor)
    slow = booking.engine.connect()
    transaction_of_slow = slow.begin()
    slow.execute(text(STAGED), {"party": party(supervisor), "minute": 1})
    with booking.engine.begin() as quick:
        quick.execute(text(STAGED), {"party": party(supervisor), "minute": 2})
    feed.feed_next(booking.engine)
    first, after = read(supervisor, start)
    transaction_of_slow.commit()
    slow.close()
    feed.feed_next(booking.engine)
    second, _ = read(supervisor, after)

    assert [event["data"]["version"] for event in first] == [2]
    assert [event["data"]["version"] for event in second] == [1]


STAGED = """
    INSERT INTO outbox (event_id, aggregate, version, envelope) SELECT id, 'intake/' || id, 1, jsonb_build_object(
      'type', 'intake.requested.v1', 'time', '2026-12-07T10:00:00Z',
      'data', jsonb_build_object('version', CAST(:minute AS int), 'supervisor_id', CAST(:party AS text)))
    FROM gen_random_uuid() AS id
"""


def party(api: TestClient) -> str:
    """The supervisor as whom a program speaks."""
    (one,) = api.get(f"{API}/supervisors").json()["items"]
    return str(one["id"])


def test_a_cursor_older_than_what_is_kept_is_refused_and_one_at_the_end_stays_good(
    booking: Face, supervisor: TestClient
) -> None:
    long_ago = encode_cursor([3, "2026-01-01T00:00:00+00:00"])
    forgotten = supervisor.get(f"{API}/events", params={"after": long_ago})
    made_up = supervisor.get(f"{API}/events", params={"after": "abc"})
    unknown = supervisor.get(f"{API}/events", params={"type": "evaluation.answered.v1"})

    assert (forgotten.status_code, forgotten.json()["type"].rsplit("/", 1)[-1]) == (410, "events-forgotten")
    assert (made_up.status_code, unknown.status_code) == (422, 422)
    _, cursor = read(supervisor)
    assert read(supervisor, cursor)[0] == []
