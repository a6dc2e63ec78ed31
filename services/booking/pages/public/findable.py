"""What search engines and other sites ask for: which pages there are, and the pictures that pages show."""

from xml.sax.saxutils import escape

from fastapi import APIRouter
from starlette.responses import PlainTextResponse, Response

from services.booking.dependencies import Configured
from services.booking.presence import public_pages
from services.web.pages.rendering import FOR_EVER, SVG_POLICY
from services.web.transactions import Db, TransactionalRoute

router = APIRouter(route_class=TransactionalRoute, include_in_schema=False)

PUBLIC = ("/", "/varaa", "/tietosuoja")
LOADED = ("/style.css", "/enhance.js", "/fonts/", "/accent/", "/icon/", "/kuvat/", "/kortti/")
OPENING = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
KEPT = {"Cache-Control": "max-age=3600", "X-Robots-Tag": "all"}


@router.get("/robots.txt")
async def show_robots(settings: Configured) -> Response:
    """What is public may be read; all else is somebody's own."""
    allowed = "".join(f"Allow: {path}\n" for path in ("/$", "/t/", "/varaa$", "/tietosuoja$", *LOADED))
    rules = f"User-agent: *\n{allowed}Disallow: /\n\nSitemap: {settings.public_url}/sitemap.xml\n"
    return PlainTextResponse(rules, headers=KEPT)


@router.get("/sitemap.xml")
def show_sitemap(db: Db, settings: Configured) -> Response:
    """The public pages, and those of the supervisors who take bookings (https://www.sitemaps.org/protocol.html)."""
    paths = [*PUBLIC, *sorted(f"/t/{slug}" for _, slug in public_pages.list_public_slugs(db))]
    listed = "".join(f"<url><loc>{escape(settings.public_url + path)}</loc></url>\n" for path in paths)
    xml = f"{OPENING}{listed}</urlset>\n"
    return Response(xml, media_type="application/xml", headers=KEPT)


@router.get("/kuvat/{name}")
def show_picture(db: Db, name: str) -> Response:
    """A logo or a photo. A drawing runs nothing, also when somebody opens it by itself."""
    picture = public_pages.find_picture(db, f"/kuvat/{name}")
    policy = {"Content-Security-Policy": SVG_POLICY, "X-Robots-Tag": "all"}
    return Response(picture.content, media_type=picture.media_type, headers=FOR_EVER | policy)
