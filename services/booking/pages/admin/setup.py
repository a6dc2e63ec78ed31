"""Setting the practice up (käyttöönotto): the setup secret lets the operator in, and a few short steps follow."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import ValidationError
from starlette.responses import Response

from services.booking.calendar import availability
from services.booking.dependencies import Configured, changes_practice
from services.booking.lifecycle import mail_records, setting_up
from services.booking.lifecycle.setting_up import SameHours, Step, TestLetterCreate
from services.booking.pages.login import LoggedInAdmin, MaybeLoggedIn, browser_at_login, enter
from services.booking.pages.site import DoneQuery, pages
from services.booking.presence import practice as practices
from services.booking.security import browser_sessions, setup
from services.booking.security.accounts import ADMIN_PARTY_ID, account_of_party
from services.booking.security.setup import SetupEnded, WrongSetupSecret
from services.booking.settings import Settings
from services.booking.supervision import parties
from services.core.database import Database
from services.web.errors.problems import Problem
from services.web.errors.validation import WrongValue, invalid
from services.web.pages import forms
from services.web.pages.forms import Fields, Refused, Typed
from services.web.protocol.etags import IfMatch, etag
from services.web.protocol.fields import deliverable
from services.web.security.rate_limits import limited, sender
from services.web.security.tokens import Role
from services.web.security.visitors import Visitor, redirect
from services.web.transactions import Db, Now, TransactionalRoute

SETUP_PATH = "/kayttoonotto"

router = APIRouter(prefix=SETUP_PATH, route_class=TransactionalRoute, include_in_schema=False)

PRACTICE_FIELDS = ("name", "introduction")
SUPERVISOR_FIELDS = ("name", "email", "phone", "location")
CLIENT_FIELDS = ("kind", "name", "contact", "payer_type")
USUAL_HOURS = {"start": "9.00", "end": "16.00", **{f"days.{day}": forms.TICKED for day in range(1, 6)}}
PAYERS = {"organisation": "business", "person": "consumer"}


@router.get("")
def show_setup(db: Db, now: Now, visitor: MaybeLoggedIn, settings: Configured) -> Response:
    """What is done and what is left; to others, as long as nobody has set anything up, the way in."""
    if visitor and visitor.role is Role.admin:
        return pages.show("setup.html", visitor=visitor, progress=setting_up.read_progress(db))
    if visitor:
        return redirect(visitor.home)
    return _ask_secret(settings) if setup.is_open(db, now) else redirect("/kirjaudu")


@router.post("")
def enter_with_secret(db: Db, now: Now, request: Request, settings: Configured, typed: Typed) -> Response:
    account = account_of_party(db, settings, Role.admin, ADMIN_PARTY_ID)
    if account is None:
        return _ask_secret(settings)
    try:
        setup.begin_setup(db, settings, typed.get("secret", ""), now)
    except (WrongSetupSecret, SetupEnded) as refused:
        request.app.state.gate.enter("failures", f"setup {sender(request)}")
        return _ask_secret(settings, refused)
    browser = browser_at_login(request, settings, is_remembered=False)
    return enter(request, settings, browser_sessions.begin_session(db, account, browser, now), now, SETUP_PATH)


def _ask_secret(settings: Settings, refused: Problem | None = None) -> Response:
    return pages.show(
        "setup_secret.html",
        forms.status_of(refused),
        lacking=[name for name in ("SETUP_SECRET", "ADMIN_EMAIL") if not getattr(settings, name.lower())],
        wrong={"secret": f"{refused.finnish} {refused.detail.fi}"} if refused else {},
    )


@router.post("/ohita")
def skip_setup_step(db: Db, now: Now, visitor: LoggedInAdmin, typed: Typed) -> Response:
    if (step := typed.get("vaihe", "")) in list(Step):
        setting_up.skip_step(db, Step(step), now)
    return _lead_on(db)


@router.post("/piilota")
def dismiss_setup_list(db: Db, now: Now, visitor: LoggedInAdmin) -> Response:
    setting_up.dismiss_setup(db, now)
    return redirect("/yllapito", tehty="piilotettu")


@router.get("/toiminimi")
def show_practice_step(db: Db, visitor: LoggedInAdmin) -> Response:
    named = practices.practice_of(db)
    said = {name: getattr(named, name) or "" for name in PRACTICE_FIELDS}
    return _step(db, visitor, Step.practice, said if Step.practice in setting_up.read_progress(db).done else {})


@router.post("/toiminimi", dependencies=[changes_practice])
def name_practice(db: Db, now: Now, visitor: LoggedInAdmin, typed: Typed) -> Response:
    try:
        wish = {"name": typed.get("name", ""), "introduction": typed.get("introduction", "").strip() or None}
        wanted = practices.PracticeUpdate.model_validate(wish)
        named = practices.lock_practice(db, now)
        practices.change_practice(db, named, wanted, IfMatch(etag(named.version)), now)
    except (ValidationError, Problem) as refused:
        return _step(db, visitor, Step.practice, typed, refused)
    setting_up.note_progress(db, now)
    return _lead_on(db)


@router.get("/tyonohjaaja")
def show_supervisor_step(db: Db, visitor: LoggedInAdmin) -> Response:
    return _step(db, visitor, Step.supervisor, {})


@router.post("/tyonohjaaja")
def add_first_supervisor(db: Db, now: Now, visitor: LoggedInAdmin, settings: Configured, typed: Typed) -> Response:
    try:
        needed = {name: typed.get(name, "") for name in ("name", "email")}
        wanted = parties.SupervisorCreate.model_validate(needed | forms.filled_in(typed, SUPERVISOR_FIELDS))
        parties.add_supervisor(db, settings.link_key, wanted, now)
    except (ValidationError, Problem) as refused:
        return _step(db, visitor, Step.supervisor, typed, refused)
    setting_up.note_progress(db, now)
    return _lead_on(db)


@router.get("/tyoajat")
def show_hours_step(db: Db, visitor: LoggedInAdmin) -> Response:
    return _step(db, visitor, Step.hours, USUAL_HOURS)


@router.post("/tyoajat")
def set_first_hours(db: Db, now: Now, visitor: LoggedInAdmin, typed: Typed) -> Response:
    supervisor = setting_up.first_supervisor(db, lock=True)
    if supervisor is None:
        return redirect(f"{SETUP_PATH}/{Step.supervisor}")
    try:
        clocks = {name: forms.clock(typed.get(name, "")) for name in ("start", "end")}
        wanted = SameHours.model_validate(clocks | {"days": forms.ticked(typed, "days")}, strict=False)
        _, version = availability.read_availability(db, supervisor.id)
        availability.replace_availability(db, supervisor.id, wanted.availability(), IfMatch(etag(version)))
    except (ValidationError, Problem) as refused:
        return _step(db, visitor, Step.hours, typed, refused)
    setting_up.note_progress(db, now)
    return _lead_on(db)


@router.get("/posti")
def show_mail_step(
    db: Db,
    visitor: LoggedInAdmin,
    settings: Configured,
    sender_address: Annotated[str, Query(alias="lahettaja", max_length=320)] = "",
    selector: Annotated[str, Query(alias="valitsin", max_length=63, pattern=r"^([A-Za-z0-9_-]+)?$")] = "",
    done: DoneQuery = "",
) -> Response:
    """The records are looked up when they are asked for: a name server may take its time."""
    fields = {"email": settings.admin_email, "lahettaja": sender_address or settings.mail_from, "valitsin": selector}
    try:
        domain = _domain_of(sender_address) if sender_address else ""
    except WrongValue:
        refused = invalid("lahettaja", "Tämä ei ole sähköpostiosoite.", "This is not an e-mail address.")
        return _mail_step(db, visitor, fields, refused=refused)
    return _mail_step(
        db, visitor, fields, records=mail_records.look_up(domain, selector) if domain else None, done=done
    )


@router.post("/posti", dependencies=[Depends(limited("logins"))])
def send_setup_letter(db: Db, now: Now, visitor: LoggedInAdmin, settings: Configured, typed: Typed) -> Response:
    try:
        wanted = TestLetterCreate.model_validate({"email": typed.get("email", "")})
    except ValidationError as refused:
        fields = {"email": typed.get("email", ""), "lahettaja": settings.mail_from, "valitsin": ""}
        return _mail_step(db, visitor, fields, refused=refused)
    setting_up.send_test_letter(db, settings, wanted.email, now)
    return redirect(f"{SETUP_PATH}/{Step.mail}", tehty="lahetetty")


@router.get("/tilaaja")
def show_client_step(db: Db, visitor: LoggedInAdmin) -> Response:
    return _step(db, visitor, Step.client, {"kind": "organisation"})


@router.post("/tilaaja")
def add_first_client(db: Db, now: Now, visitor: LoggedInAdmin, typed: Typed) -> Response:
    try:
        wanted = parties.ClientCreate.model_validate(_client_wish(typed))
        supervisor = setting_up.first_supervisor(db)
        parties.add_client(db, wanted, supervisor.id if supervisor else None, now)
    except (ValidationError, Problem) as refused:
        return _step(db, visitor, Step.client, typed, refused)
    setting_up.note_progress(db, now)
    return _lead_on(db)


def _client_wish(typed: Mapping[str, str]) -> dict[str, Any]:
    """A person is their own contact and pays as a consumer."""
    wish = {"name": "", "contact": {}} | forms.nested(typed, CLIENT_FIELDS)
    wish["payer_type"] = PAYERS.get(typed.get("kind", ""), "")
    if typed.get("kind") == "person":
        wish["name"] = " ".join(typed.get(f"contact.{part}", "").strip() for part in ("first_name", "last_name"))
    return wish


def _domain_of(address: str) -> str:
    """Of ``Työnohjaus Oy <ajat@example.fi>`` too, as DNS writes it."""
    return deliverable(address.rpartition("<")[2].rstrip("> ")).rpartition("@")[2]


def _lead_on(db: Database) -> Response:
    db.flush()
    step = setting_up.read_progress(db).next
    return redirect(f"{SETUP_PATH}/{step}" if step else SETUP_PATH)


def _mail_step(db: Database, visitor: Visitor, typed: Fields, **shown: Any) -> Response:
    return _step(db, visitor, Step.mail, typed, **{"records": None, "done": ""} | shown)


def _step(
    db: Database, visitor: Visitor, step: Step, typed: Mapping[str, str], refused: Refused | None = None, **shown: Any
) -> Response:
    common = {
        "visitor": visitor,
        "step": step,
        "progress": setting_up.read_progress(db),
        "supervisor": setting_up.first_supervisor(db),
        "typed": typed,
        "wrong": forms.reasons(refused),
    }
    return pages.show(f"setup_{step.name}.html", forms.status_of(refused), **common | shown)
