"""What the practice says of itself, and who is told."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError
from sqlmodel import select

from services.booking.lifecycle import republishing
from services.booking.presence import practice
from services.booking.presence.practice import PracticeUpdate
from services.core.database import transaction
from services.events.catalogue import PracticeChanged
from services.events.outbox import Delivery
from services.web.protocol.etags import IfMatch, PreconditionFailed
from tests.integration.conftest import Face

NOW = datetime(2026, 12, 1, tzinfo=UTC)


def change(booking: Face, match: str, **wanted: str | None) -> None:
    with transaction(booking.engine) as db:
        own = practice.lock_practice(db, NOW)
        practice.change_practice(db, own, PracticeUpdate(**wanted), IfMatch(match), NOW)


def test_a_practice_has_the_usual_name_until_it_is_named(booking: Face) -> None:
    with transaction(booking.engine) as db:
        assert (practice.practice_of(db).name, practice.practice_of(db).version) == ("Työnohjaus", 1)


def test_a_change_keeps_what_it_leaves_out_and_knows_what_it_changes(booking: Face) -> None:
    change(booking, '"1"', name="Työnohjaus Havu", introduction="Tilaa ajatella.")
    change(booking, '"2"', offer="Yksilötyönohjaus 60 min: 120 €")

    with pytest.raises(PreconditionFailed):
        change(booking, '"2"', name="Toinen")
    with transaction(booking.engine) as db:
        own = practice.practice_of(db)
        assert (own.name, own.introduction, own.version) == ("Työnohjaus Havu", "Tilaa ajatella.", 3)


def test_both_other_services_are_told_of_it_and_can_be_told_again(booking: Face) -> None:
    change(booking, '"1"', name="Työnohjaus Havu")

    with transaction(booking.engine) as db:
        assert set(db.scalars(select(Delivery.subscriber))) == {"notifier", "reporting"}
        (told,) = republishing.practice_events(db)
    assert isinstance(told, PracticeChanged)
    assert (told.practice_name, told.version) == ("Työnohjaus Havu", 2)


@pytest.mark.parametrize("colour", ["#ffcc00", "#777", "green", "#8fcabd"])
def test_a_colour_that_cannot_be_read_is_refused_with_the_reason(colour: str) -> None:
    with pytest.raises(ValidationError, match=r"#[0-9a-f]{6}"):
        PracticeUpdate(accent=colour)
