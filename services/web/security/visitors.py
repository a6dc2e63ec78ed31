"""Who looks at the pages, and where they are led when they have to go to another page first."""

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.web.errors.problems import NotFound, Problem
from services.web.i18n.language import Text
from services.web.security.tokens import Principal, Role

SEE_OTHER = 303

HOMES = {Role.supervisor: "/tyo", Role.client: "/oma", Role.admin: "/yllapito"}
"""The first page for each role."""


@dataclass(frozen=True)
class Visitor:
    """Somebody who has logged in, with the name by which the pages greet them."""

    principal: Principal
    name: str
    proved_at: float
    """When they last showed who they are, by the practice's clock."""

    @property
    def role(self) -> Role:
        return self.principal.role

    @property
    def party_id(self) -> UUID:
        """Whose pages these are: a supervisor's or a client's."""
        if self.principal.party_id is None:
            raise NotFound
        return self.principal.party_id

    @property
    def home(self) -> str:
        return HOMES[self.role]


class Elsewhere(Exception):
    """The browser has to go to another page first."""

    def __init__(self, response: Response) -> None:
        super().__init__("another page first")
        self.response = response


class LoginExpired(Problem):
    """You have been logged out in the meantime; nothing of what you wrote is lost."""

    status = 401
    finnish = "Kirjautumisesi on vanhentunut."
    advice = Text(fi="Kirjaudu uudelleen ja lähetä lomake sitten.", en="Log in again, and send the form then.")
    asks_proof = False

    def __init__(self, typed: dict[str, str], login: str) -> None:
        super().__init__()
        self.typed, self.login = typed, login


def is_path(target: str) -> bool:
    """Whether a target is a page of ours, and nothing that a browser would take for another address."""
    return target.startswith("/") and target[1:2] not in ("/", "\\") and target.isprintable()


def path_here(request: Request) -> str:
    """The page that was asked for, with its question."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def redirect(address: str, **query: str) -> RedirectResponse:
    return RedirectResponse(f"{address}?{urlencode(query)}" if query else address, SEE_OTHER)
