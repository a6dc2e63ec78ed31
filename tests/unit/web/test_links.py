"""Whoever holds a link's key makes its secret, nobody else; a key that is replaced breaks no link that was sent."""

import base64
import hmac
from uuid import UUID, uuid4, uuid5

import pytest

from services.core.secrets import fresh_keys
from services.web.security.links import (
    device_code,
    is_wellformed,
    link_key,
    new_link,
    older_settings_link,
    secret,
    settings_link,
    stable_link,
)

OLD, NEW, NEWEST = (fresh_keys()["BOOKING_NOTIFIER_KEY"] for _ in range(3))
LINK_KEY = "what all three services knew, up to version 0.1"


def test_a_secret_is_made_by_its_key_alone() -> None:
    link = new_link(link_key(OLD, ""))

    assert is_wellformed(secret(link_key(OLD, ""), link))
    assert secret(link_key(OLD, ""), link) != secret(link_key(NEW, ""), link)
    assert secret(link_key(OLD, ""), link) != secret(link_key(OLD, ""), new_link(link_key(OLD, "")))


def test_while_a_key_is_replaced_links_of_before_keep_their_secrets() -> None:
    before, both = link_key(OLD, ""), link_key(f"{NEW},{OLD}", "")
    person = uuid4()

    settings = settings_link(person, new_link(before))
    for link in (new_link(before), stable_link(before, person, "reader"), settings, older_settings_link(person)):
        assert secret(both, link) == secret(before, link)
    fresh = new_link(both)
    assert secret(both, fresh) == secret(link_key(NEW, ""), fresh) != secret(before, fresh)


@pytest.mark.parametrize("link", [uuid4(), uuid5(uuid4(), "viestiasetukset")])
def test_a_link_from_before_version_0_2_keeps_its_secret(link: UUID) -> None:
    raw = hmac.digest(LINK_KEY.encode(), link.bytes, "sha256")
    sent = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    assert secret(link_key(f"{NEW},{OLD}", LINK_KEY), link) == sent


def test_the_settings_link_names_the_key_of_the_page_and_so_outlives_two_replacements() -> None:
    link = settings_link(uuid4(), new_link(link_key(NEW, "")))

    assert secret(link_key(f"{NEWEST},{NEW},{OLD}", ""), link) == secret(link_key(f"{NEWEST},{NEW}", ""), link)


def test_who_has_a_page_from_before_version_0_2_keeps_its_settings_link() -> None:
    person = uuid4()

    assert settings_link(person, uuid4()) == older_settings_link(person) == settings_link(person, None)


def test_a_code_is_the_same_for_machines_of_which_one_knows_a_newer_key() -> None:
    code = new_link(link_key(OLD, ""))

    for elsewhere in (f"{OLD},{NEW}", f"{NEW},{OLD}"):
        assert device_code(link_key(OLD, ""), code) == device_code(link_key(elsewhere, ""), code)
    assert device_code(link_key(OLD, ""), code) != device_code(link_key(NEW, ""), code)


def test_a_link_whose_key_is_there_no_more_leads_nowhere_and_breaks_nothing() -> None:
    link = new_link(link_key(OLD, ""))

    assert is_wellformed(secret(link_key(NEW, ""), link))
    assert secret(link_key(NEW, ""), link) != secret(link_key(OLD, ""), link)


def test_the_same_report_has_the_same_link_for_the_same_reader() -> None:
    report, key = uuid4(), link_key(NEW, "")

    assert stable_link(key, report, "client") == stable_link(key, report, "client")
    assert len({stable_link(key, report, name) for name in ("client", "supervisor")}) == 2
