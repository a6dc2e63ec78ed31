"""The page on which a supervisor says when they can be booked (työajat)."""

from datetime import datetime, timedelta

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.responses import Response

from services import vocabulary
from services.booking import access, availability, hours_form, supervision, week_preview
from services.booking.availability import AvailabilityWish
from services.booking.pages import pages
from services.booking.visiting import Supervising
from services.database import Database
from services.events.catalogue import Form
from services.web import etags, forms
from services.web.forms import Fields, Refused, Typed
from services.web.problems import Problem
from services.web.transactions import Db, Now, TransactionalRoute
from services.web.visitors import Visitor, redirect

router = APIRouter(prefix="/tyo/asetukset/tyoajat", route_class=TransactionalRoute, include_in_schema=False)

PREVIEWED = Form.individual


@router.get("")
def show(db: Db, now: Now, visitor: Supervising, tehty: str = "") -> Response:
    rules, _ = availability.read(db, visitor.party_id)
    return _page(db, visitor, now, hours_form.of_rules(rules), is_saved=bool(tehty))


@router.post("")
def save(db: Db, now: Now, visitor: Supervising, typed: Typed) -> Response:
    """What was typed comes back with what is wrong; so it does, with a stretch more or less, when that is asked for."""
    if forms.LESS in typed or forms.MORE in typed:
        kept = hours_form.rows(forms.without_row(typed, "weekly"))
        more = [{"weekday": typed[forms.MORE]}] if forms.MORE in typed else []
        return _page(db, visitor, now, hours_form.with_rows(typed, [*kept, *more]))
    typed = hours_form.with_rows(typed, hours_form.rows(typed))
    supervisor = access.practice(db, visitor.principal, visitor.party_id, lock=True)
    try:
        wish = AvailabilityWish.model_validate(hours_form.wish(typed))
        availability.replace(db, supervisor.id, wish, forms.seen_version(typed))
    except (ValidationError, Problem) as refused:
        return _page(db, visitor, now, typed, refused)
    return redirect("/tyo/asetukset/tyoajat", tehty="tallennettu")


def _page(
    db: Database,
    visitor: Visitor,
    now: datetime,
    typed: Fields,
    refused: Refused | None = None,
    *,
    is_saved: bool = False,
) -> Response:
    rules, version = availability.read(db, visitor.party_id)
    practice = availability.load(db, visitor.party_id)
    length = timedelta(minutes=max(supervision.LENGTHS[PREVIEWED]))
    return pages.show(
        "settings_hours.html",
        forms.status_of(refused),
        visitor=visitor,
        typed=typed,
        days=hours_form.by_day(typed),
        every=hours_form.EVERY,
        alone=hours_form.ALONE,
        together=hours_form.TOGETHER,
        form_labels=vocabulary.FORM_LABELS,
        preview=week_preview.look(db, practice, PREVIEWED, length, now),
        length=length,
        version=forms.version_seen(etags.tag(version), typed, refused),
        is_saved=is_saved,
        wrong=forms.reasons(refused),
        overtaken=forms.overtaken(refused, typed, hours_form.of_rules(rules)),
    )
