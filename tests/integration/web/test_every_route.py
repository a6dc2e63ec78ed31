"""Who may pass by which route of the three services, API and pages: every route × every role × own, foreign, missing.

The table is held against the applications' own lists of routes. A new route that no rule fits fails, and so does one
that answers somebody the rule does not name.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from services.booking.app import ROUTERS as BOOKING
from services.events.catalogue import Phase
from services.notifier.app import ROUTERS as NOTIFIER
from services.reporting.app import ROUTERS as REPORTING
from services.web.security.links import secret, settings_link
from services.web.security.tokens import Principal, Role, sign
from tests.databases import DatabaseServer
from tests.integration.booking.security.test_permissions import (
    COLLECTIONS,
    ROUTES,
    Make,
    World,
    a_world,
    with_credentials,
)
from tests.integration.conftest import Browser, Face, answer_login_requests
from tests.support.evaluation import told
from tests.support.letter_office import KEYS, open_office
from tests.support.logins import login_cookies
from tests.support.reporting_practice import open_practice
from tests.support.smtp_catcher import SmtpCatcher

API = "/api/v1"

ANYBODY, LINK = frozenset({"anybody"}), frozenset({"link"})
ADMIN, SUPERVISOR, CLIENT = (frozenset({role.value}) for role in Role)
PRACTICE, READERS = ADMIN | SUPERVISOR, ADMIN | SUPERVISOR | CLIENT

RULES: list[tuple[str, str, str, frozenset[str]]] = [
    # service, methods, address, who may pass by it
    ("booking", "GET", r"/style\.css|/(enhance|passkeys|upota|upota/kehys)\.js|/openapi\.json", ANYBODY),
    ("booking", "GET", r"/fonts/{digest}/{name}\.woff2|/(accent|icon|kortti)/{accent}\.(css|svg|png)", ANYBODY),
    ("booking", "GET", r"/t/{slug}|/kuvat/{name}|/robots\.txt|/sitemap\.xml", ANYBODY),
    ("reporting", "GET", r"/raportit/raportti\.css", ANYBODY),
    ("booking", "GET", "/|/tietosuoja|/kirjaudu(/lahetetty)?|/varaa.*|/osoite/vaihdettu|/jatka|/kayttoonotto", ANYBODY),
    ("booking", "GET|POST", "/t/{name}/upota.*", ANYBODY),
    ("booking", "POST", "/kirjaudu(/avain(/kysymys)?)?|/ulos|/varaa/{supervisor_id}/tiedot|/oauth/token", ANYBODY),
    ("booking", "POST", f"{API}/logins|{API}/intakes|/kayttoonotto", ANYBODY),
    ("booking", "GET", f"{API}/calendar/{{secret}}.ics", LINK),
    ("booking", "GET|POST", "/(kirjaudu|osallistuja|arviointi|palaute|yhteenveto|kartoitus)/{secret}.*", LINK),
    ("booking", "GET|POST", "/(osoite|koekirje|laite/{path})/{secret}.*", LINK),
    ("booking", "GET|POST", "/kayttoonotto/.+", ADMIN),
    ("reporting", "GET|POST", "/raportti/{secret}.*", LINK),
    ("notifier", "GET|POST", "/viestiasetukset/{secret}", LINK),
    ("booking", "GET|POST", "/yllapito.*", ADMIN),
    ("reporting", "GET|POST", "/raportit/yllapito.*", ADMIN),
    ("notifier", "GET", "/viestit/yllapito.*", ADMIN),
    ("booking", "GET|POST", "/tyo.*", SUPERVISOR),
    ("reporting", "GET", "/raportit/loki", SUPERVISOR),
    ("notifier", "GET", "/viestit/loki", SUPERVISOR),
    ("notifier", "GET|POST", "/viestit/ilmoitukset", SUPERVISOR),
    ("booking", "GET|POST", "/oma.*", CLIENT),
    ("booking", "GET|POST", "/kirjautuminen.*", PRACTICE),
    ("booking", "GET|POST", "/vahvista(/kirje)?|/webhookit.*", READERS),
    ("reporting", "GET|POST", "/raportit/(aikataulu|uusi)", SUPERVISOR),
    ("reporting", "GET|POST", "/raportit/{report_id}/(luovuta|peru|teksti|kanta|uudelleen)", SUPERVISOR),
    ("reporting", "GET", "/raportit/prosessit/{process_id}", SUPERVISOR),
    ("reporting", "GET", "/raportit(/{report_id}(/raportti.(csv|pdf))?)?", SUPERVISOR | CLIENT),
    ("notifier", "GET|POST", "/viestit(/{letter_id}.*)?", PRACTICE),
    # The API: what is written about people and goals is no client's to read, and what runs the practice no client's.
    ("booking", "GET", f"{API}/(supervisors|clients|processes|sessions|benefits)", READERS),
    ("booking", "GET", f"{API}/intakes(/{{intake_id}})?", PRACTICE),
    ("booking", "POST", f"{API}/supervisors", ADMIN),
    ("booking", "POST", f"{API}/clients", PRACTICE),
    ("booking", "POST", f"{API}/(processes|sessions)", READERS),
    ("booking", "GET", f"{API}/supervisors/{{supervisor_id}}(/slots)?", READERS),
    ("booking", "PATCH", f"{API}/supervisors/{{supervisor_id}}", PRACTICE),
    ("booking", "POST", f"{API}/supervisors/{{supervisor_id}}/(de)?activate", ADMIN),
    ("booking", ".*", f"{API}/supervisors/{{supervisor_id}}/credentials.*", PRACTICE),
    ("booking", ".*", f"{API}/clients/{{party_id}}/credentials.*", READERS),
    ("booking", ".*", f"{API}/supervisors/{{supervisor_id}}/(availability|absences|calendars).*", PRACTICE),
    ("booking", ".*", f"{API}/(webhooks.*|events)", READERS),
    ("booking", "GET", f"{API}/practice", PRACTICE),
    ("booking", "PUT|DELETE", f"{API}/practice(/logo)?", ADMIN),
    ("booking", "GET|PUT", f"{API}/supervisors/{{supervisor_id}}/page", PRACTICE),
    ("booking", "GET|PATCH", f"{API}/clients/{{client_id}}", READERS),
    ("booking", "GET|PATCH", f"{API}/processes/{{process_id}}", READERS),
    ("booking", "POST", f"{API}/processes/{{process_id}}/(series|participants)", READERS),
    ("booking", "POST", f"{API}/processes/{{process_id}}/(close|accept)", PRACTICE),
    ("booking", "POST", f"{API}/processes/{{process_id}}/decline", READERS),
    ("booking", ".*", f"{API}/processes/{{process_id}}/participants/{{participant_id}}", READERS),
    ("booking", "POST", f"{API}/processes/{{process_id}}/participants/{{participant_id}}/accept-address", PRACTICE),
    ("booking", "GET|DELETE", f"{API}/processes/{{process_id}}/proposals(/{{proposal_id}})?", READERS),
    ("booking", "POST", f"{API}/processes/{{process_id}}/proposals/{{proposal_id}}/accept", PRACTICE),
    ("booking", "DELETE|GET", f"{API}/participants/{{participant_id}}(/export)?", PRACTICE),
    ("booking", "GET|PATCH", f"{API}/sessions/{{session_id}}", READERS),
    ("booking", "POST", f"{API}/sessions/{{session_id}}/cancel", READERS),
    ("booking", "POST", f"{API}/sessions/{{session_id}}/attendance", PRACTICE),
    ("booking", "GET|PUT", f"{API}/processes/{{process_id}}/goals", PRACTICE),
    ("booking", "GET", f"{API}/(processes/{{process_id}}/evaluations|evaluations/{{evaluation_id}})", READERS),
    ("booking", "POST", f"{API}/processes/{{process_id}}/evaluations", PRACTICE),
    ("booking", "POST", f"{API}/evaluations/{{evaluation_id}}/(answers|close)", PRACTICE),
    ("booking", ".*", f"{API}/sessions/{{session_id}}/(feedback|note)", SUPERVISOR),
    ("booking", ".*", f"{API}/sessions/{{session_id}}/summary.*", PRACTICE),
    ("booking", "POST", f"{API}/intakes/{{intake_id}}/(confirm|cancel|move|address|outcome)", PRACTICE),
    ("reporting", "GET", f"{API}/(processes/{{process_id}}/progress|participants/{{participant_id}}/export)", PRACTICE),
    ("reporting", "POST", f"{API}/processes/{{process_id}}/reports", PRACTICE),
    ("reporting", "GET", f"{API}/reports|{API}/reports/{{report_id}}(.pdf|.csv)?", READERS),
    ("reporting", ".*", f"{API}/reports/{{report_id}}/(text|reviews|release|withdraw)", PRACTICE),
    ("reporting", ".*", f"{API}/supervisors/{{supervisor_id}}/report-schedule", PRACTICE),
    ("notifier", "GET", f"{API}/messages", READERS),
    ("notifier", ".*", f"{API}/(messages/.*|participants/{{participant_id}}/export)", PRACTICE),
]

BODIES: dict[str, object] = {
    **{f"{method} {API}{path}": body for (method, path), body in (ROUTES | COLLECTIONS).items()},
    f"POST {API}/processes/{{process_id}}/reports": {"kind": "client_report"},
    f"PUT {API}/practice": {"name": "Minun"},
    f"PUT {API}/supervisors/{{supervisor_id}}/page": {"introduction": "Minä"},
    f"PUT {API}/reports/{{report_id}}/text": {"text": "Minun"},
    f"POST {API}/reports/{{report_id}}/reviews": {"participant_id": str(UUID(int=4)), "approved": True},
    f"PUT {API}/supervisors/{{supervisor_id}}/report-schedule": {"cadence": "monthly"},
}


@dataclass(frozen=True)
class Route:
    service: str
    method: str
    path: str

    @property
    def is_api(self) -> bool:
        return self.path.startswith("/api/")

    @property
    def names_something(self) -> bool:
        return "{" in self.path

    def rules(self) -> list[frozenset[str]]:
        return [
            audience
            for service, methods, address, audience in RULES
            if re.fullmatch(service, self.service)
            and re.fullmatch(methods, self.method)
            and re.fullmatch(re.sub(r"{(\w+)}", r"\\{\1\\}", address), self.path)
        ]

    def admits(self, who: str) -> bool:
        (audience,) = self.rules()
        return who in audience


def routes(service: str, routers: Any) -> list[Route]:
    return [
        Route(service, method, route.path)
        for router in routers
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in sorted(route.methods or ())
    ]


EVERY = [*routes("booking", BOOKING), *routes("reporting", REPORTING), *routes("notifier", NOTIFIER)]


@dataclass
class Service:
    """One service with a practice in it; who speaks to it, by token and by browser; whose secrets open what."""

    name: str
    app: FastAPI
    own: Mapping[str, str]
    by_token: dict[str, TestClient]
    by_browser: dict[str, TestClient]
    strangers: dict[str, tuple[TestClient, TestClient]]
    secrets: dict[str, str] = field(default_factory=dict)

    def closed(self) -> Iterator[Route]:
        """The routes for which somebody has to have logged in."""
        for route in EVERY:
            if route.service == self.name and route.rules()[0] not in (ANYBODY, LINK):
                yield route

    def by_link(self) -> Iterator[Route]:
        for route in EVERY:
            if route.service == self.name and route.rules()[0] == LINK:
                yield route

    def ask(self, route: Route, api: TestClient, browser: TestClient, ids: Mapping[str, str]) -> Any:
        address = route.path.format_map(ids)
        if not route.is_api:
            return browser.request(route.method, address, data={} if route.method == "POST" else None)
        body = BODIES.get(f"{route.method} {route.path}") if route.method in ("POST", "PUT", "PATCH") else None
        return api.request(route.method, address, json=body, headers={"If-Match": "*"})

    def find(self, route: Route, api: TestClient, browser: TestClient, ids: Mapping[str, str]) -> Any:
        """Ask, and go on to the page that an older address leads to."""
        answer = self.ask(route, api, browser, ids)
        leads_on = route.method == "GET" and answer.status_code == 303
        return browser.get(answer.headers["location"]) if leads_on else answer


class Missing(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "A" * 43 if name == "secret" else str(uuid4())


@pytest.fixture
def booking_service(booking: Face, a_supervisor: Make, a_client: Make, a_process: Make) -> Service:
    world = a_world(booking, a_supervisor, a_client, a_process)
    supervisor = booking.admin.get(f"{API}/supervisors/{world.ids['supervisor_id']}").json()
    client = booking.admin.get(f"{API}/clients/{world.ids['client_id']}").json()
    other, elsewhere = a_supervisor(), a_client()
    key = booking.settings.link_key
    return Service(
        "booking",
        booking.app,
        Missing(world.ids),
        {"admin": booking.admin, "supervisor": world.own_supervisor, "client": world.own_client},
        {
            "admin": admin_browser(booking),
            "supervisor": Browser(booking).log_in(supervisor["email"], supervisor["id"]),
            "client": Browser(booking).log_in(client["contact"]["email"], client["id"]),
        },
        {
            "supervisor": (
                with_credentials(booking, f"{API}/supervisors/{other['id']}"),
                Browser(booking).log_in(other["email"], other["id"]),
            ),
            "client": (
                with_credentials(booking, f"{API}/clients/{elsewhere['id']}"),
                Browser(booking).log_in(elsewhere["contact"]["email"], elsewhere["id"]),
            ),
        },
        {name: secret(key, UUID(link)) for name, link in links_of(booking, world).items()},
    )


def admin_browser(booking: Face) -> Browser:
    return Browser(booking).log_in(booking.settings.admin_email, str(UUID(int=0)))


def links_of(booking: Face, world: World) -> dict[str, str]:
    participant = next(
        event
        for event in told(booking, "participant.changed.v1")
        if event["participant_id"] == world.ids["participant_id"]
    )
    supervisor = next(
        event
        for event in told(booking, "supervisor.changed.v1")
        if event["supervisor_id"] == world.ids["supervisor_id"]
    )
    booking.anonymous().post(f"{API}/logins", json={"email": supervisor["email"]})
    answer_login_requests(booking)
    return {
        "osallistuja": participant["page_link"],
        "calendar": supervisor["calendar_link"],
        "arviointi": told(booking, "evaluation.requested.v1")[-1]["answer_links"][world.ids["participant_id"]],
        "kartoitus": told(booking, "intake.requested.v1")[-1]["link"],
        "kirjaudu": told(booking, "login.requested.v1")[-1]["link"],
    }


@pytest.fixture
def reporting_service(postgres_server: DatabaseServer, redis_url: str, tmp_path: Path) -> Iterator[Service]:
    with open_practice(postgres_server, redis_url, tmp_path) as practice:
        course = practice.course()
        course.agree({"title": "Vastuut"})
        course.round(Phase.start, *[[-1]] * 5)
        report = practice.maija.post(f"{API}/processes/{course.id}/reports", json={"kind": "client_report"}).json()
        key = practice.keys["TOKEN_SIGNING_KEY"]
        parties = {"supervisor": practice.supervisor_id, "client": practice.client_id}
        ids = {"process_id": course.id, "report_id": report["id"], "participant_id": course.people[0]}
        yield Service(
            "reporting",
            practice.api,
            Missing({name: str(value) for name, value in ids.items()} | {"supervisor_id": str(practice.supervisor_id)}),
            {role: practice.as_(Role(role), parties.get(role)) for role in Role},
            {role: visitor(practice.api, key, role, parties.get(role)) for role in Role},
            {role: strangers(practice.api, key, role) for role in parties},
        )


@pytest.fixture
def notifier_service(
    postgres_server: DatabaseServer, redis_url: str, smtp_catcher: SmtpCatcher, tmp_path: Path
) -> Iterator[Service]:
    with open_office(postgres_server, redis_url, smtp_catcher, tmp_path) as office:
        app = office.app
        office.opens("Aino")
        office.hear(*office.booked(office.on(30)))
        office.send_all()
        key = KEYS["TOKEN_SIGNING_KEY"]
        parties = {"supervisor": office.supervisor_id, "client": uuid4()}
        letter, person = str(office.rows()[0].id), office.people[0].id
        yield Service(
            "notifier",
            app,
            Missing({"message_id": letter, "letter_id": letter, "participant_id": str(person)}),
            {role: bearer(app, key, role, parties.get(role)) for role in Role},
            {role: visitor(app, key, role, parties.get(role)) for role in Role},
            {role: strangers(app, key, role) for role in parties},
            {"viestiasetukset": secret(office.settings.link_key, settings_link(person, person))},
        )


def bearer(app: FastAPI, signing_key: str, role: str, party: UUID | None) -> TestClient:
    token = sign(signing_key, Principal(Role(role), party, f"{role}-1"))
    return TestClient(app, headers={"Authorization": f"Bearer {token}"}, follow_redirects=False)


def visitor(app: FastAPI, signing_key: str, role: str, party: UUID | None) -> TestClient:
    """A browser that has come over from booking, where somebody logged in."""
    browser = nobody(app)
    browser.cookies.update(login_cookies(signing_key, Principal(Role(role), party, f"test-{role}")))
    return browser


def strangers(app: FastAPI, signing_key: str, role: str) -> tuple[TestClient, TestClient]:
    party = uuid4()
    return bearer(app, signing_key, role, party), visitor(app, signing_key, role, party)


def nobody(app: FastAPI) -> TestClient:
    headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
    return TestClient(app, base_url=app.state.settings.public_url, headers=headers, follow_redirects=False)


@pytest.fixture(params=["booking", "reporting", "notifier"])
def service(request: pytest.FixtureRequest) -> Service:
    found: Service = request.getfixturevalue(f"{request.param}_service")
    return found


def test_one_rule_fits_each_route() -> None:
    assert {route: len(route.rules()) for route in EVERY if len(route.rules()) != 1} == {}


def test_nobody_but_the_right_one_passes(service: Service) -> None:
    passed = [*without_login(service), *by_others(service), *by_strangers(service), *to_what_is_missing(service)]
    assert not passed, "\n".join(f"{who}: {route.method} {route.path} {status}" for who, route, status in passed)


def test_the_right_one_passes(service: Service) -> None:
    refused = [
        (role, route, answer.status_code)
        for role in Role
        for route in service.closed()
        if route.method == "GET" and route.admits(role)
        if (answer := service.ask(route, service.by_token[role], service.by_browser[role], service.own)).status_code
        in (401, 403)
    ]
    assert refused == []


def test_a_link_opens_its_own_pages_and_no_others(service: Service) -> None:
    """Made up, or made for something else: it is not there."""
    for route in service.by_link():
        opened = {name for name in service.secrets if f"/{name}/{{secret}}" in route.path}
        for name, given in service.secrets.items() | {("made up", "A" * 43)}:
            ids = Missing({**service.own, "secret": given})
            answer = service.ask(route, TestClient(service.app), nobody(service.app), ids)
            if name not in opened:
                assert answer.status_code in (404, 422), (route, name, answer.status_code)
            elif route.method == "GET" and route.path.count("{") == 1:
                led_to = "/laite/" in answer.headers.get("location", "")
                assert led_to or answer.status_code == 200, (route, name, answer.status_code)


TYPED = ("x" * 5_000, "kaksi\x00osaa", "99999999999999999999", "2026-13-45", "-1")
FIELDS = re.compile(r"""(?:name=|\w\()["']([a-z_][\w.-]*)["']""")


def fields_of_all_forms() -> set[str]:
    """Also what only looks like the name of a field: who attacks guesses too."""
    templates = Path(__file__).parents[3].glob("services/*/templates/*.html")
    return {name for template in templates for name in FIELDS.findall(template.read_text())}


def test_whatever_is_typed_into_a_form_it_never_ends_in_an_accident(service: Service) -> None:
    fields = fields_of_all_forms()
    accidents = []
    for route in [*service.closed(), *service.by_link()]:
        if route.method != "POST" or route.is_api or route.path == "/ulos":
            continue
        opened = next((given for name, given in service.secrets.items() if f"/{name}/{{secret}}" in route.path), "")
        address = route.path.format_map(Missing({**service.own, **({"secret": opened} if opened else {})}))
        for who in [role for role in Role if route.admits(role)] or [Role.admin]:
            for typed in TYPED:
                answer = service.by_browser[who].post(address, data=dict.fromkeys(fields, typed))
                if answer.status_code >= 500:
                    accidents.append((route.path, who, typed[:10]))
    assert accidents == []


OF_THE_MOMENT = {"x-request-id", "ratelimit-remaining", "ratelimit-reset", "content-length", "set-cookie"}
"""What two answers to the same question may differ in: a page tells of its own reading, or holds a fresh key."""


def test_head_answers_as_get_but_for_the_body(service: Service) -> None:
    paths = {route.path for route in service.app.state.routes if "GET" in route.methods} | {"/openapi.json", "/none"}
    for path in sorted(paths):
        opened = next((given for name, given in service.secrets.items() if f"/{name}/{{secret}}" in path), "A" * 43)
        address = path.format_map(Missing({**service.own, "secret": opened}))
        who = service.by_token if path.startswith("/api/") else service.by_browser
        full, head = (who["supervisor"].request(method, address) for method in ("GET", "HEAD"))

        assert (head.status_code, head.content) == (full.status_code, b""), path
        assert lasting(head.headers) == lasting(full.headers), path
        assert ("content-length" in head.headers) == ("content-length" in full.headers), path


def lasting(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in OF_THE_MOMENT}


Passed = Iterator[tuple[str, Route, int]]


def without_login(service: Service) -> Passed:
    """A program is told to show who it is, a browser is sent to log in, and a form is kept for after that."""
    for route in service.closed():
        answer = service.ask(route, TestClient(service.app), nobody(service.app), service.own)
        sent_away = answer.status_code == 303 and re.search("/(kirjaudu|jatka)[?]", answer.headers["location"])
        if answer.status_code != 401 and not (sent_away and not route.is_api and route.method == "GET"):
            yield "nobody", route, answer.status_code


def by_others(service: Service) -> Passed:
    for role in Role:
        for route in service.closed():
            if not route.admits(role):
                answer = service.ask(route, service.by_token[role], service.by_browser[role], service.own)
                if answer.status_code not in (403, 404):
                    yield role, route, answer.status_code


def by_strangers(service: Service) -> Passed:
    """What belongs to somebody else of the same role looks like what is not there."""
    for role, stranger in service.strangers.items():
        for route in service.closed():
            if route.admits(role) and route.names_something and not is_known_to_every_client(route, role):
                answer = service.find(route, *stranger, service.own)
                if answer.status_code not in (403, 404):
                    yield f"another {role}", route, answer.status_code


def to_what_is_missing(service: Service) -> Passed:
    for role in Role:
        for route in service.closed():
            if route.admits(role) and route.names_something:
                answer = service.find(route, service.by_token[role], service.by_browser[role], Missing())
                if answer.status_code not in (403, 404):
                    yield f"{role}, missing", route, answer.status_code


def is_known_to_every_client(route: Route, role: str) -> bool:
    """Clients choose among the supervisors, so they see each one's name and free times."""
    return role == "client" and route.path.startswith(f"{API}/supervisors/")
