"""What docker-compose.yml promises, seen from outside the containers."""

import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page

from services.core.addresses import FACES
from services.quickstart.ports import free_port
from tests.e2e.containers import Containers
from tests.e2e.practice import PATIENCE, Practice, eventually

pytestmark = pytest.mark.e2e

OUR_USER = "10001:10001"
OURS = {f"{service}-{kind}" for service in ("booking", "notifier", "reporting") for kind in ("api", "worker")}
SERVERS = {"postgres", "redis", "mailpit", "gateway"}


def test_a_booking_becomes_a_letter_with_an_invitation_for_each_participant(practice: Practice) -> None:
    process = practice.open_process(participants=3)
    session = practice.book(process)

    for (letter,) in practice.told(process).values():
        assert "Varausvahvistus" in letter["Subject"]
        calendars = [part for part in letter.walk() if part.get_content_type() == "text/calendar"]
        assert any(f"UID:{session['id']}" in calendar.get_content() for calendar in calendars)


def test_what_is_booked_while_the_notifier_stands_still_is_told_when_it_is_back(practice: Practice) -> None:
    process = practice.open_process(participants=2)
    practice.containers.compose("stop", "notifier-worker")
    practice.book(process)
    assert [practice.letters(person) for person in process["people"]] == [[], []]

    practice.containers.compose("start", "notifier-worker")

    assert [len(letters) for letters in practice.told(process).values()] == [1, 1]


def test_what_is_booked_while_redis_is_gone_and_comes_back_empty_is_told(practice: Practice) -> None:
    process = practice.open_process(participants=2)
    practice.containers.compose("kill", "redis")
    practice.book(process)

    practice.containers.compose("rm", "--force", "redis")
    practice.containers.compose("up", "--detach", "redis")
    practice.containers.compose("exec", "redis", "redis-cli", "flushall")

    assert [len(letters) for letters in practice.told(process).values()] == [1, 1]


def test_four_notifier_workers_send_no_letter_more_or_less_than_one(practice: Practice) -> None:
    practice.containers.compose("up", "--detach", "--no-recreate", "--scale", "notifier-worker=4", "notifier-worker")
    processes = [practice.open_process(participants=3) for _ in range(4)]
    for process in processes:
        for days in (10, 20, 30):
            practice.book(process, days)

    for process in processes:
        practice.told(process, letters=3)
        assert practice.sent(process) == 9
        assert [len(practice.letters(person)) for person in process["people"]] == [3, 3, 3]

    practice.containers.compose("up", "--detach", "--no-recreate", "--scale", "notifier-worker=1", "notifier-worker")


def test_what_was_backed_up_is_put_back_by_the_commands_of_the_manual_and_told_to_nobody_again(
    practice: Practice, tmp_path: Path
) -> None:
    """docs/operations.md, "Backup and restore", line by line; and whatever was there before outlives `down`."""
    containers, process = practice.containers, practice.open_process(participants=2)
    session = practice.book(process)
    practice.told(process)
    for name in ("notifier", "reporting", "booking"):
        dump = ("exec", "-T", "postgres", "pg_dump", "-U", "postgres", "-Fc", f"tyonohjaus_{name}")
        containers.export(tmp_path / f"{name}.dump", *dump)
    lost = practice.book(process, 30)
    practice.told(process, letters=2)

    containers.compose("down")
    containers.compose("up", "--detach", "--wait", "postgres", "redis")
    query = ("psql", "-U", "postgres", "-d", "tyonohjaus_booking", "-Atc", "SELECT id FROM session")
    assert lost["id"] in containers.compose("exec", "-T", "postgres", *query).split()
    for name in ("notifier", "reporting", "booking"):
        put_back = ("pg_restore", "-U", "postgres", "--clean", "--if-exists", "-d", f"tyonohjaus_{name}")
        containers.feed(tmp_path / f"{name}.dump", "exec", "-T", "postgres", *put_back)
    assert "events were heard again" in containers.compose("run", "--rm", "restored")
    assert "events are on their way to reporting" in containers.compose("run", "--rm", "rebuild")
    containers.compose("up", "--detach", "--wait", "--wait-timeout", "180")

    assert practice.booking.get(f"/api/v1/sessions/{session['id']}").json()["starts_at"] == session["starts_at"]
    assert practice.booking.get(f"/api/v1/sessions/{lost['id']}").status_code == 404
    known = partial(practice.reporting.get, f"/api/v1/processes/{process['id']}/progress")
    eventually(lambda: known().status_code == 200 or None, why_not=lambda: known().text, seconds=PATIENCE)
    later = practice.open_process(participants=2)
    practice.book(later)
    practice.told(later)
    assert [practice.letters(person) for person in process["people"]] == [[], []]


def test_the_doctor_finds_nothing_wrong_with_containers_that_run(practice: Practice) -> None:
    assert practice.containers.compose("run", "--rm", "doctor") == "Nothing is wrong.\n"


def test_containers_run_without_rights_that_they_do_not_need(practice: Practice) -> None:
    inspected = practice.containers.inspected()

    assert set(inspected) == OURS | SERVERS | {"migrate"}
    for name, container in inspected.items():
        host = container["HostConfig"]
        is_gateway = name == "gateway"  # root of nothing but its volume and the ports of the web
        assert is_gateway or container["Config"]["User"] not in ("", "root", "0"), name
        assert host["ReadonlyRootfs"], name
        assert host["CapDrop"] == ["ALL"], name
        given = [name.removeprefix("CAP_") for name in host["CapAdd"] or []]
        assert given == ["NET_BIND_SERVICE"] * is_gateway, name
        assert "no-new-privileges:true" in host["SecurityOpt"], name
        assert not host["Privileged"], name
    assert {inspected[name]["Config"]["User"] for name in OURS} == {OUR_USER}


def test_all_containers_together_need_less_than_a_gigabyte(practice: Practice) -> None:
    """After the work of the tests before; none can take the machine's memory from the others."""
    assert all(container["HostConfig"]["Memory"] for container in practice.containers.inspected().values())
    assert sum(practice.containers.mebibytes_used()) < 1024


def test_only_the_gateway_is_open_to_all_and_the_mailbox_to_the_machine(practice: Practice) -> None:
    published = {
        name: {binding["HostIp"] for bindings in ports.values() for binding in bindings}
        for name, container in practice.containers.inspected().items()
        if (ports := container["HostConfig"]["PortBindings"])
    }

    assert published == {"gateway": {""}, "mailpit": {"127.0.0.1"}}


def test_one_login_opens_the_pages_of_all_three_services_by_https(practice: Practice, page: Page) -> None:
    supervisor = practice.open_process(participants=2)["supervisor"]
    page.goto(f"{practice.address}/kirjaudu")
    page.get_by_label("Sähköpostiosoite").fill(supervisor["email"])
    page.get_by_role("button", name="Lähetä linkki").click()
    page.goto(practice.login_link(supervisor["email"]))
    page.locator("main").get_by_role("button").first.click()

    for name, path in (("Tänään", "/tyo"), ("Raportit", "/raportit"), ("Viestit", "/viestit")):
        page.get_by_role("navigation").get_by_role("link", name=name).first.click()
        page.wait_for_url(f"{practice.address}{path}")
    (cookie,) = page.context.cookies()
    assert (cookie["name"], cookie["secure"], cookie["httpOnly"]) == ("__Host-istunto", True, True)


def test_the_gateway_adds_what_the_web_expects_and_keeps_inside_what_is_not_for_it(practice: Practice) -> None:
    faces = (practice.booking, practice.reporting, practice.notifier)
    assert {face.get("/readyz").status_code for face in faces} == {200}
    assert {face.get("/metrics").status_code for face in faces} == {404}
    whole = practice.booking.get("/openapi.json", headers={"Accept-Encoding": "gzip"})
    assert (whole.headers["Content-Encoding"], "Strict-Transport-Security" in whole.headers) == ("gzip", True)
    described = {f"{face}/api/v1/participants/{{participant_id}}/export" for face in FACES.values()}
    assert described <= set(whole.json()["paths"])
    assert practice.booking.post("/oauth/token", content=b"x" * 1_000_001).status_code == 413


def test_without_a_name_of_its_own_the_gateway_speaks_plain_http_to_this_machine(
    practice: Practice, environment: Path, tmp_path: Path
) -> None:
    containers, port = practice.containers, free_port()
    lines = [line for line in environment.read_text().splitlines() if not line.startswith(("DOMAIN=", "PUBLIC_URL="))]
    (tmp_path / "env").write_text("\n".join([*lines, f"PORT={port}"]))
    command = [str(tmp_path / "env") if part == str(environment) else part for part in containers.command]
    plain = replace(containers, command=tuple(command))
    gateway = plain.compose("run", "--detach", "--rm", "--no-deps", "--service-ports", "gateway").strip()
    try:
        look = partial(httpx.get, f"http://127.0.0.1:{port}/reporting/healthz")
        eventually(lambda: answers(look), containers.last_words, PATIENCE)
    finally:
        subprocess.run(["docker", "rm", "--force", gateway], capture_output=True, check=True)


def answers(ask: Callable[[], httpx.Response]) -> bool:
    try:
        return ask().status_code == 200
    except httpx.TransportError:
        return False


LOOK_INSIDE = """
    python -c "import services; print('services')"
    for tool in gcc cc uv pytest; do command -v $tool; done
    touch /app/written && echo written
"""


@pytest.mark.parametrize("service", ["booking", "notifier", "reporting"])
def test_an_image_holds_neither_a_compiler_nor_the_tools_of_development(practice: Practice, service: str) -> None:
    assert practice.containers.attempt("exec", f"{service}-api", "sh", "-c", LOOK_INSIDE).stdout == "services\n"


def test_a_service_refuses_to_start_with_a_weak_secret(containers: Containers) -> None:
    def start(service: str, variable: str) -> subprocess.CompletedProcess[str]:
        return containers.attempt("run", "--rm", "--no-deps", "--env", f"{variable}=password", f"{service}-api")

    services, variables = ("booking", "notifier"), ("ADMIN_CLIENT_SECRET", "NOTIFIER_KEY")
    with ThreadPoolExecutor() as pool:
        for variable, run in zip(variables, pool.map(start, services, variables), strict=True):
            assert run.returncode != 0
            assert f"{variable} is too weak" in run.stdout + run.stderr


def test_compose_names_the_secret_that_is_missing(
    docker_compose_command: str, docker_compose_file: str, environment: Path, tmp_path: Path
) -> None:
    lines = environment.read_text().splitlines()
    (tmp_path / "env").write_text("\n".join(line for line in lines if not line.startswith("NOTIFIER_KEY=")))
    command = docker_compose_command.replace(str(environment), str(tmp_path / "env")).split()

    run = subprocess.run([*command, "-f", docker_compose_file, "config"], capture_output=True, text=True, check=False)

    assert run.returncode != 0
    assert "NOTIFIER_KEY" in run.stderr
