"""The API of what the practice and its supervisors say of themselves."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from services.booking.dependencies import changes_practice
from services.booking.models.practice import Practice
from services.booking.presence import practice, public_pages, slugs
from services.booking.presence.practice import PracticeReplace, PracticeUpdate
from services.booking.presence.public_pages import PublicPageUpdate
from services.booking.security import permissions
from services.core.database import Database
from services.web.protocol import etags
from services.web.security.tokens import Admin, Staff
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(prefix="/api/v1", route_class=TransactionalRoute)


async def _sent(request: Request) -> bytes:
    return await request.body()


Sent = Annotated[bytes, Depends(_sent)]
"""The body as it is: a file."""


class PracticePublic(BaseModel):
    """`offer` has one thing and its price on each line, such as `Yksilötyönohjaus 60 min: 120 €`."""

    name: str
    accent: str
    introduction: str | None
    offer: str | None
    privacy_additions: str | None
    logo_path: str | None
    version: int
    updated_at: datetime | None


class PublicPagePublic(BaseModel):
    """What a supervisor publishes on their page, which lies at `path`."""

    slug: str | None
    introduction: str | None
    photo_path: str | None
    path: str | None
    version: int


@router.get("/practice", tags=["practice"])
def show_practice(db: Db, _: Staff, response: Response) -> PracticePublic:
    return _shown(practice.practice_of(db), response)


@router.put("/practice", tags=["practice"], dependencies=[changes_practice])
def replace_practice(
    db: Db, now: Now, _: Admin, wanted: PracticeReplace, match: etags.Match, response: Response
) -> PracticePublic:
    """Name, colour and words; the logo has an address of its own."""
    own = practice.lock_practice(db, now)
    practice.change_practice(db, own, PracticeUpdate(**wanted.model_dump()), match, now)
    return _shown(own, response)


@router.put(
    "/practice/logo",
    tags=["practice"],
    dependencies=[changes_practice],
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {kind: {} for kind in ("image/svg+xml", "image/png", "image/jpeg")},
        }
    },
)
def replace_logo(db: Db, now: Now, _: Admin, file: Sent, response: Response) -> PracticePublic:
    """An SVG of shapes alone, a PNG or a JPEG. It is drawn anew, in at most 40 kB."""
    own = practice.lock_practice(db, now)
    practice.change_logo(db, own, file, now)
    return _shown(own, response)


@router.delete("/practice/logo", tags=["practice"], dependencies=[changes_practice])
def remove_logo(db: Db, now: Now, _: Admin, response: Response) -> PracticePublic:
    own = practice.lock_practice(db, now)
    practice.change_logo(db, own, None, now)
    return _shown(own, response)


@router.get("/supervisors/{supervisor_id}/page", tags=["practice"])
def show_public_page(db: Db, who: Staff, supervisor_id: UUID, response: Response) -> PublicPagePublic:
    supervisor = permissions.find_managed_supervisor(db, who, supervisor_id)
    return _page(db, supervisor.id, response)


@router.put("/supervisors/{supervisor_id}/page", tags=["practice"])
def replace_public_page(
    db: Db, now: Now, who: Staff, supervisor_id: UUID, wanted: PublicPageUpdate, match: etags.Match, response: Response
) -> PublicPagePublic:
    """Another slug leaves the one before leading on to it."""
    supervisor = permissions.find_managed_supervisor(db, who, supervisor_id, lock=True)
    public_pages.change_page(db, supervisor, wanted, match, now)
    db.flush()
    return _page(db, supervisor.id, response)


def _shown(own: Practice, response: Response) -> PracticePublic:
    response.headers["ETag"] = etags.etag(own.version)
    return PracticePublic.model_validate(own, from_attributes=True)


def _page(db: Database, supervisor_id: UUID, response: Response) -> PublicPagePublic:
    page, slug = public_pages.page_of(db, supervisor_id), slugs.current_slug(db, supervisor_id)
    response.headers["ETag"] = etags.etag(page.version)
    shown = page.model_dump(include={"introduction", "photo_path", "version"})
    return PublicPagePublic(slug=slug, path=f"/t/{slug}" if slug else None, **shown)
