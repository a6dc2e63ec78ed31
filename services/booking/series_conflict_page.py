"""The page on which the conflicts of a series are solved one by one, for whoever books it."""

from collections.abc import Mapping

from starlette.responses import Response

from services.booking import availability, booking_form
from services.booking.models import Process
from services.booking.pages import pages
from services.booking.series import SeriesConflicts
from services.database import Database
from services.web.visitors import Visitor


def show(
    db: Database,
    visitor: Visitor,
    process: Process,
    typed: Mapping[str, str],
    conflicts: SeriesConflicts,
    *,
    action: str,
    tab: str,
) -> Response:
    """`action` is where the form is sent once more, `tab` the way that it belongs to."""
    practice = availability.load(db, process.supervisor_id)
    return pages.show(
        "series_conflicts.html",
        conflicts.status,
        visitor=visitor,
        process=process,
        plan=booking_form.planned(process, practice, typed, conflicts),
        typed=typed,
        action=action,
        tab=tab,
    )
