"""Names in the order of the Finnish alphabet, in a database that knows none."""

import random
import re
from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import ARRAY, String, cast, column, func, select

from services.booking.security import accounts
from services.core.database import Database, engine
from services.finnish.alphabet import alphabetical
from tests.conftest import FreshDatabase
from tests.integration.booking.pages.test_evaluation import feedback_page
from tests.integration.conftest import Browser, Face, Json
from tests.support.evaluation import Clock, a_goal, agree, answer, hold, rounds

Make = Callable[..., Json]
Enter = Callable[[Json], Browser]

NAMES = (
    "Aalto", "Aho", "Ahola Virtanen", "Ahola-Virtanen", "Aholava", "de la X", "Dura", "Đuren", "Elisa", "Élise",
    "Groß", "Grossi", "Grot", "Gudmund", "Guðni", "Gudo", "Guo", "Ǥuor", "Lua", "ŁUB", "Luz", "Muller", "Müller",
    "Mylläri", "O’Brien", "Œdip", "Oedipa", "Oeds", "ŒUVRE", "Oun", "Õuna", "Ouz", "Šar", "Sas", "Strasser",
    "STRAẞET", "Thorell", "Virtanen", "Von A", "von Wright", "Vuori", "Weiß", "Weissman", "Wirtanen", "Üksküla",
    "Yrjö", "Zacharias", "Žak", "Zal", "ʒilberg", "Ziz", "Þórarin", "Åberg", "ÄIJÄLÄ", "Ärjä", "Æthel", "Ødegård",
    "Öhman", "öz",
)  # fmt: skip
"""As ICU sorts them for Finnish."""


@pytest.mark.parametrize("seed", range(3))
def test_names_stand_in_the_order_of_the_finnish_alphabet(fresh_database: FreshDatabase, seed: int) -> None:
    mixed = random.Random(seed).sample(NAMES, len(NAMES))
    name = func.unnest(cast(mixed, ARRAY(String))).column_valued("name")
    database = engine(fresh_database("alphabet"), pool_size=1)

    with database.connect() as connection:
        assert tuple(connection.scalars(select(name).order_by(alphabetical(column("name"))))) == NAMES
    database.dispose()


# -- every list that shows names ----------------------------------------------------------------------------

Listed = list[tuple[TestClient, str]]
SORTED = ["Virtanen", "Zetterberg", "Åberg", "Äijälä", "Öhman"]
ENTERED = ["Öhman", "Zetterberg", "Äijälä", "Virtanen", "Åberg"]


def mixed_up(lists: Listed) -> dict[str, list[str]]:
    """The lists in which some names are missing, or stand in another order."""
    shown = {page: re.findall("|".join(SORTED), browser.get(page).text) for browser, page in lists}
    return {page: names for page, names in shown.items() if list(dict.fromkeys(names)) != SORTED}


def test_participants_stand_in_this_order_wherever_they_are_listed(
    booking: Face, at_desk: Enter, as_client: Enter, a_supervisor: Make, a_client: Make, a_process: Make, clock: Clock
) -> None:
    supervisor, client = a_supervisor(), a_client()
    process = a_process(
        "group", 5, supervisor_id=supervisor["id"], client_id=client["id"], session_feedback=True, title="Ryhmä"
    )
    for person, name in zip(process["participants"], ENTERED, strict=True):
        rename(booking.admin, process, person, name)
    agree(booking.admin, process, a_goal())
    (evaluation,) = rounds(booking.admin, process)
    here, round_page = (
        f"/tyo/prosessit/{process['id']}",
        f"/tyo/prosessit/{process['id']}/arvioinnit/{evaluation['id']}",
    )
    assert mixed_up([(at_desk(supervisor), round_page)]) == {}, "who is waited for"

    for person in process["participants"]:
        answer(booking.admin, evaluation, participant_id=person["id"], comment="Kiitos")
    (held,) = hold(booking, process, clock, 1)
    for person in process["participants"]:
        said = {"useful": "8", "openness": "9", "progress": "10"}
        assert booking.anonymous().post(feedback_page(booking, person["id"]), data=said).status_code == 303
    desk, contact = at_desk(supervisor), as_client(client)
    lists: Listed = [
        *((desk, page) for page in (here, round_page, f"{here}/palautteet", f"/tyo/tapaamiset/{held['id']}/kirjaa")),
        *((contact, f"/oma/prosessit/{process['id']}{page}") for page in ("", "/osallistujat")),
    ]
    assert mixed_up(lists) == {}


def rename(api: TestClient, process: Json, person: Json, name: str) -> None:
    path = f"/api/v1/processes/{process['id']}/participants/{person['id']}"
    changed = api.patch(path, json={"last_name": name}, headers={"If-Match": '"1"'})
    assert changed.status_code == 200, changed.text


def test_supervisors_and_clients_stand_in_this_order_wherever_they_are_listed(
    booking: Face, as_admin: Browser, at_desk: Enter, a_supervisor: Make, a_client: Make, a_process: Make
) -> None:
    for name in ENTERED:
        supervisor = a_supervisor(name=name)
    desk = at_desk(supervisor)
    assert mixed_up([(booking.anonymous(), "/varaa"), (as_admin, "/yllapito/tyonohjaajat")]) == {}
    for name in ENTERED:
        a_process(client_id=a_client(name=name)["id"], supervisor_id=supervisor["id"])
    lists: Listed = [(as_admin, "/yllapito/tilaajat"), (desk, "/tyo/tilaajat"), (desk, "/tyo/prosessit/uusi")]
    assert mixed_up(lists) == {}


def test_the_accounts_of_one_address_stand_in_this_order(booking: Face, a_supervisor: Make, a_client: Make) -> None:
    contact = {"first_name": "Aino", "last_name": "Ahola", "email": "aino@example.fi"}
    for name in ENTERED:
        a_supervisor(name=name, email="aino@example.fi")
        a_client(name=name, contact=contact)

    with Database(booking.engine) as db:
        found = accounts.accounts_with_address(db, booking.settings, "aino@example.fi")

    assert [account.title for account in found] == [*SORTED, *SORTED]
