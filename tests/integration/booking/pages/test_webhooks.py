"""The pages of webhooks: made with a secret shown once, tried, looked at, sent again, switched on, removed."""

import re
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import text

from services.booking.pages.webhooks import PATH
from services.booking.security.webhooks.sender import WebhookSender
from services.booking.settings import Settings
from services.core.database import transaction
from services.events import webhooks
from tests.integration.conftest import Browser, Face, Json
from tests.support.receiver import Receiver, receiving

TICKED = {"types.session.booked.v1": "1", "types.session.cancelled.v1": "1"}


@pytest.fixture
def booking_settings(booking_settings: Settings) -> Settings:
    return booking_settings.model_copy(update={"webhooks_may_be_private": True})


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def sender(booking: Face) -> WebhookSender:
    return WebhookSender(booking.engine, booking.settings)


@pytest.fixture
def desk(a_supervisor: Callable[..., Json], at_desk: Callable[[Json], Browser]) -> Browser:
    return at_desk(a_supervisor())


def made(browser: Browser, receiver: Receiver) -> tuple[str, str]:
    """The address of a webhook that was made on the page, and its secret."""
    shown = browser.post(PATH, data={"url": receiver.url} | TICKED)
    assert shown.status_code == 201, shown.text
    (secret,) = re.findall(r'value="(whsec_[^"]+)"', shown.text)
    (address,) = set(re.findall(rf'action="({PATH}/[0-9a-f-]+)/koe"', shown.text))
    return address, secret


def test_a_webhook_is_made_tried_and_sent_again(desk: Browser, receiver: Receiver, sender: WebhookSender) -> None:
    address, secret = made(desk, receiver)
    assert secret not in desk.get(address).text
    assert "Tapaaminen varattiin; Tapaaminen peruttiin" in desk.get(address).text
    assert "Mitään ei ole vielä lähetetty." in desk.get(address).text

    receiver.status = 503
    assert desk.post(f"{address}/koe").headers["location"] == f"{address}?tehty=koe"
    sender.send_due()
    assert all(words in desk.get(address).text for words in ("Yritetään", "vastaus 503", "Vastaanottaja ei hyväksy"))
    receiver.status = 204
    (event,) = re.findall(rf"{address}/([0-9a-f-]+)/uudelleen", desk.get(address).text)
    desk.post(f"{address}/{event}/uudelleen")
    sender.send_due()

    assert [one.verified(secret)["type"] for one in receiver.received] == ["webhook.tested.v1"] * 2
    assert all(words in desk.get(address).text for words in ("Perillä", "2 yritystä", "vastaus 204", "Käytössä"))
    assert receiver.url in desk.get(PATH).text


def test_a_secret_is_changed_a_webhook_switched_on_and_removed(
    booking: Face, desk: Browser, receiver: Receiver
) -> None:
    address, secret = made(desk, receiver)
    renewed = desk.post(f"{address}/salaisuus")
    assert renewed.status_code == 201
    assert "whsec_" in renewed.text
    assert secret not in renewed.text
    with transaction(booking.engine) as db:
        db.execute(text("UPDATE webhook SET ended_at = now(), ended_because = 'failing'"))
    assert "ei hyväksynyt viiteen päivään mitään" in desk.get(PATH).text
    assert desk.post(f"{address}/koe").status_code == 409
    desk.post(f"{address}/kayttoon")
    assert "Käytössä" in desk.get(PATH).text

    assert desk.post(f"{address}/poista").headers["location"] == f"{PATH}?tehty=poistettu"
    assert "Webhookeja ei ole vielä luotu." in desk.get(PATH).text


def test_what_will_not_do_is_said_beside_its_field_and_nothing_typed_is_lost(
    booking: Face, desk: Browser, receiver: Receiver
) -> None:
    booking.app.state.settings = booking.settings.model_copy(update={"webhooks_may_be_private": False})
    refused = desk.post(PATH, data={"url": "http://ohjelma.example/"} | TICKED)
    nothing = desk.post(PATH, data={"url": "https://ohjelma.example/"})

    assert (refused.status_code, nothing.status_code) == (422, 422)
    assert "Osoitteen pitää alkaa https://." in refused.text
    assert 'value="http://ohjelma.example/"' in refused.text
    assert refused.text.count(" checked") == 2
    assert 'id="types-wrong"' in nothing.text


def test_everybody_has_webhooks_of_their_own_and_is_offered_what_they_may_hear_of(
    booking: Face,
    desk: Browser,
    a_client: Callable[..., Json],
    as_client: Callable[[Json], Browser],
    as_admin: Browser,
    receiver: Receiver,
) -> None:
    client = as_client(a_client())
    address, _ = made(desk, receiver)
    for role, browser in {"supervisor": desk, "client": client, "admin": as_admin}.items():
        page = browser.get(PATH).text
        assert set(re.findall(r'name="types\.([^"]+)"', page)) == set(webhooks.types_for(role))
        assert "session.booked.v1</span>" not in page, "in words"
    for stranger in (client, as_admin):
        assert stranger.get(address).status_code == 404
        made(stranger, receiver)
    assert booking.anonymous().get(PATH, headers={"Accept": "text/html"}).status_code == 303
    assert len(re.findall(r"koe|webhookit/[0-9a-f-]{36}", desk.get(PATH).text)) == 1
