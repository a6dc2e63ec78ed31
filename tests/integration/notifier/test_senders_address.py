"""Letters of a practice whose own domain has Finnish letters in its name."""

import vobject

from services.notifier.settings import Settings
from tests.support.letter_office import Office

SENDER = "ajat@xn--tynohjaus-17a.example"


def test_letters_leave_under_a_domain_with_finnish_letters(office: Office) -> None:
    office.settings = Settings(mail_from="Työnohjaus <ajat@työnohjaus.example>")
    office.opens("Aino")
    office.hear(*office.booked(office.on(30)))

    office.send_all()

    (letter,), (envelope,) = office.received(), office.catcher.envelopes
    invitation = letter.get_body(("calendar",))
    assert invitation is not None
    assert envelope.mail_from == SENDER
    assert letter["From"].addresses[0].addr_spec == SENDER
    assert str(letter["Message-ID"]).endswith("@xn--tynohjaus-17a.example>")
    assert vobject.readOne(invitation.get_content()).vevent.organizer.value == f"mailto:{SENDER}"
    assert (envelope.original_content or b"").isascii()
