"""What is published about the practice."""

import base64

from services.booking.models.practice import Practice
from services.events.catalogue import PracticeChanged


def practice_changed(practice: Practice) -> PracticeChanged:
    logo = base64.b64encode(practice.logo or b"").decode()
    return PracticeChanged.of(practice, practice_name=practice.name, logo_base64=logo)
