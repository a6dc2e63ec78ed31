"""The supervisor's choice: of what they are told at once, what is gathered, and what they see on their pages only."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from services.notifier.models import NewsKind, Telling
from services.notifier.pages.site import DoneQuery, pages
from services.notifier.planning import news
from services.web.pages.forms import Typed
from services.web.pages.visiting import visiting
from services.web.security.tokens import Role
from services.web.security.visitors import Visitor, redirect
from services.web.transactions import Db, TransactionalRoute

router = APIRouter(prefix="/viestit/ilmoitukset", route_class=TransactionalRoute, include_in_schema=False)

LoggedInSupervisor = Annotated[Visitor, visiting(Role.supervisor)]

KINDS = {
    NewsKind.booked: "Tilaaja tai osallistuja varaa tapaamisen",
    NewsKind.moved: "Tapaaminen siirretään",
    NewsKind.cancelled: "Tapaaminen perutaan seitsemän päivän sisällä",
    NewsKind.not_coming: "Osallistuja ilmoittaa, ettei pääse",
    NewsKind.first_talk: "Kartoittava keskustelu varataan, siirretään tai perutaan",
    NewsKind.all_answered: "Kaikki ovat vastanneet arviointiin",
    NewsKind.refused: "Viesti ei lähtenyt",
}
TELLINGS = {Telling.at_once: "Heti", Telling.hourly: "Tunneittain koottuna", Telling.never: "Ei kirjettä"}


@router.get("")
def show_news_choices(db: Db, visitor: LoggedInSupervisor, done: DoneQuery = "") -> Response:
    chosen = {str(kind): str(telling) for kind, telling in news.choices_of(db, visitor.party_id).items()}
    return pages.show("news.html", visitor=visitor, kinds=KINDS, tellings=TELLINGS, typed=chosen, done=done)


@router.post("")
def choose_news(db: Db, visitor: LoggedInSupervisor, typed: Typed) -> Response:
    """What no button stands for stays as it is."""
    chosen = [(kind, Telling(typed[kind])) for kind in NewsKind if typed.get(kind) in set(Telling)]
    if chosen:
        news.choose(db, visitor.party_id, chosen)
    return redirect("/viestit/ilmoitukset", tehty="tallennettu")
