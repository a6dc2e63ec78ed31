"""The participant whose personal link a page was opened by, while they take part."""

from datetime import datetime

from services.booking import links
from services.booking.links import Purpose
from services.booking.models import Participant, Process
from services.database import Database
from services.events.catalogue import Form
from services.web.problems import NotFound


def guest(db: Database, secret: str, now: datetime) -> Participant:
    link = links.find(db, Purpose.participant, secret, now)
    person = db.get_one(Participant, link.subject_id)
    if person.left_at:
        raise NotFound
    return person


def is_shared(process: Process) -> bool:
    """Whether a change of a meeting is a change for others too: then nobody alone brings a fee upon all."""
    return process.form is not Form.individual
