"""What supervisors publish of themselves, each on a page of their own (/t/<name>)."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, select

from services.booking.models.calendar import WeeklyHours
from services.booking.models.people import Supervisor
from services.booking.models.practice import Practice, PublicPage, Slug
from services.booking.presence import slugs
from services.booking.presence.practice import picture_path
from services.core.database import Database
from services.events.catalogue import Form
from services.web.errors.problems import NotFound
from services.web.protocol.etags import IfMatch, etag
from services.web.protocol.fields import Lines, RequestBody, optional
from services.web.protocol.pictures import Picture, accepted, photo_of


class PublicPageUpdate(RequestBody):
    slug: slugs.ChosenSlug = optional()
    introduction: Lines | None = None


class FoundPage(NamedTuple):
    """A supervisor whose page is open to all, what they say on it, and where it lies."""

    supervisor: Supervisor
    page: PublicPage
    slug: str


def find_page(db: Database, slug: str) -> FoundPage:
    """By its address, or one of before. Who takes no bookings any more has no page."""
    found = db.execute(select(Slug, Supervisor).join(Supervisor).where(col(Slug.slug) == slug)).one_or_none()
    if found is None or found[1].deactivated_at:
        raise NotFound
    supervisor = found[1]
    current = slugs.current_slug(db, supervisor.id) or slug
    return FoundPage(supervisor, page_of(db, supervisor.id), current)


def page_of(db: Database, supervisor_id: UUID) -> PublicPage:
    return db.get(PublicPage, supervisor_id) or PublicPage(supervisor_id=supervisor_id)


def list_public_slugs(db: Database) -> Sequence[tuple[UUID, str]]:
    """Where the page of each supervisor lies who takes bookings."""
    query = select(Slug.supervisor_id, Slug.slug).join(Supervisor).where(col(Supervisor.deactivated_at).is_(None))
    oldest_first = query.order_by(col(Slug.chosen_at), col(Slug.slug).desc())
    return list(dict(db.execute(oldest_first).tuples().all()).items())


def forms_offered(db: Database, supervisor_id: UUID) -> list[Form]:
    """The forms for which the supervisor has working hours."""
    rows = db.scalars(select(WeeklyHours.forms).where(WeeklyHours.supervisor_id == supervisor_id)).all()
    forms = {form for row in rows for form in (row if row is not None else Form)}
    return [form for form in Form if form in forms]


def change_page(
    db: Database, supervisor: Supervisor, wanted: PublicPageUpdate, match: IfMatch, now: datetime
) -> PublicPage:
    """The caller holds the lock on the supervisor's row."""
    page = _kept_page(db, supervisor.id, now)
    match.check(etag(page.version))
    if wanted.slug:
        slugs.choose_slug(db, supervisor.id, wanted.slug, now)
    page.sqlmodel_update(wanted.model_dump(exclude_unset=True, exclude={"slug"}))
    page.version, page.updated_at = page.version + 1, now
    return page


def change_photo(db: Database, supervisor: Supervisor, file: bytes | None, now: datetime) -> None:
    """Another photo, or none. The caller holds the lock on the supervisor's row."""
    page = _kept_page(db, supervisor.id, now)
    photo = accepted("photo", photo_of, file) if file is not None else None
    page.photo, page.photo_path = (photo.content, picture_path(photo)) if photo else (None, None)
    page.version, page.updated_at = page.version + 1, now


def find_picture(db: Database, path: str) -> Picture:
    """The logo, or the photo of a supervisor whose page is open to all."""
    logo = db.scalars(select(Practice).where(Practice.logo_path == path)).one_or_none()
    if logo and logo.logo and logo.logo_type:
        return Picture(logo.logo, logo.logo_type)
    shown = select(PublicPage.photo).join(Supervisor).where(PublicPage.photo_path == path)
    photo = db.scalars(shown.where(col(Supervisor.deactivated_at).is_(None)).limit(1)).first()
    if photo is None:
        raise NotFound
    return Picture(photo, "image/jpeg")


def _kept_page(db: Database, supervisor_id: UUID, now: datetime) -> PublicPage:
    """Its row, which is made where it is missing. Whoever changes it holds the lock on the supervisor's."""
    page = db.get(PublicPage, supervisor_id)
    if page is None:
        page = PublicPage(supervisor_id=supervisor_id, updated_at=now)
        db.add(page)
    return page
