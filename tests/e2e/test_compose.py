"""What docker-compose.yml promises, seen from outside the containers."""

import subprocess
from functools import partial
from pathlib import Path

import pytest

from tests.e2e.containers import Containers
from tests.e2e.practice import Practice, eventually

pytestmark = pytest.mark.e2e

OUR_USER = "10001:10001"
OURS = {f"{service}-{kind}" for service in ("booking", "notifier", "reporting") for kind in ("api", "worker")}
SERVERS = {"postgres", "redis", "mailpit"}


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

    assert [len(letters) for letters in practice.told(process, seconds=120).values()] == [1, 1]


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


def test_after_down_and_up_everything_is_there_and_nobody_is_told_twice(practice: Practice) -> None:
    process = practice.open_process(participants=2)
    session = practice.book(process)
    practice.told(process)

    practice.containers.compose("down")
    practice.containers.compose("up", "--detach", "--wait", "--wait-timeout", "180")

    assert practice.booking.get(f"/api/v1/sessions/{session['id']}").json()["starts_at"] == session["starts_at"]
    later = practice.open_process(participants=2)
    practice.book(later)
    practice.told(later)
    assert [practice.letters(person) for person in process["people"]] == [[], []]


def test_reporting_is_rebuilt_by_one_command_and_knows_the_process_again(practice: Practice) -> None:
    process = practice.open_process(participants=2)
    practice.book(process)
    practice.told(process)

    said = practice.containers.compose("run", "--rm", "rebuild")

    assert "events are on their way to reporting" in said
    ready = partial(practice.reporting.get, f"/api/v1/processes/{process['id']}/progress")
    eventually(lambda: ready().status_code == 200 or None, why_not=lambda: ready().text, seconds=60)
    assert [len(practice.letters(person)) for person in process["people"]] == [1, 1]


def test_what_was_backed_up_is_put_back_by_the_commands_of_the_manual_and_told_to_nobody_again(
    practice: Practice, tmp_path: Path
) -> None:
    """docs/operations.md, "Backup and restore", line by line."""
    containers, process = practice.containers, practice.open_process(participants=2)
    session = practice.book(process)
    practice.told(process)
    for name in ("notifier", "reporting", "booking"):
        dump = ("exec", "-T", "postgres", "pg_dump", "-U", "postgres", "-Fc", f"tyonohjaus_{name}")
        containers.export(tmp_path / f"{name}.dump", *dump)
    lost = practice.book(process, 30)
    practice.told(process, letters=2)

    containers.compose("stop")
    containers.compose("up", "--detach", "--wait", "postgres", "redis")
    for name in ("notifier", "reporting", "booking"):
        put_back = ("pg_restore", "-U", "postgres", "--clean", "--if-exists", "-d", f"tyonohjaus_{name}")
        containers.feed(tmp_path / f"{name}.dump", "exec", "-T", "postgres", *put_back)
    assert "events were heard again" in containers.compose("run", "--rm", "restored")
    containers.compose("run", "--rm", "rebuild")
    containers.compose("up", "--detach", "--wait", "--wait-timeout", "180")

    assert practice.booking.get(f"/api/v1/sessions/{session['id']}").json()["starts_at"] == session["starts_at"]
    assert practice.booking.get(f"/api/v1/sessions/{lost['id']}").status_code == 404
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
        assert container["Config"]["User"] not in ("", "root", "0"), name
        assert host["ReadonlyRootfs"], name
        assert host["CapDrop"] == ["ALL"], name
        assert not host["CapAdd"], name
        assert "no-new-privileges:true" in host["SecurityOpt"], name
        assert not host["Privileged"], name
    assert {inspected[name]["Config"]["User"] for name in OURS} == {OUR_USER}


def test_only_the_faces_and_the_mailbox_can_be_reached_from_the_machine(practice: Practice) -> None:
    published = {
        name: {binding["HostIp"] for bindings in ports.values() for binding in bindings}
        for name, container in practice.containers.inspected().items()
        if (ports := container["HostConfig"]["PortBindings"])
    }

    assert published == {face: {"127.0.0.1"} for face in ("booking-api", "notifier-api", "reporting-api", "mailpit")}


@pytest.mark.parametrize("service", ["booking", "notifier", "reporting"])
def test_an_image_holds_neither_a_compiler_nor_the_tools_of_development(practice: Practice, service: str) -> None:
    def inside(*command: str) -> int:
        return practice.containers.attempt("exec", f"{service}-api", *command).returncode

    assert inside("python", "-c", "import services") == 0
    for tool in ("gcc", "cc", "uv", "pytest"):
        assert inside("sh", "-c", f"command -v {tool}") != 0, tool
    assert inside("touch", "/app/written") != 0


@pytest.mark.parametrize(("service", "variable"), [("booking", "ADMIN_CLIENT_SECRET"), ("notifier", "LINK_KEY")])
def test_a_service_refuses_to_start_with_a_weak_secret(containers: Containers, service: str, variable: str) -> None:
    run = containers.attempt("run", "--rm", "--no-deps", "--env", f"{variable}=password", f"{service}-api")

    assert run.returncode != 0
    assert f"{variable} is too weak" in run.stdout + run.stderr


def test_compose_names_the_secret_that_is_missing(
    docker_compose_command: str, docker_compose_file: str, environment: Path, tmp_path: Path
) -> None:
    lines = environment.read_text().splitlines()
    (tmp_path / "env").write_text("\n".join(line for line in lines if not line.startswith("LINK_KEY=")))
    command = docker_compose_command.replace(str(environment), str(tmp_path / "env")).split()

    run = subprocess.run([*command, "-f", docker_compose_file, "config"], capture_output=True, text=True, check=False)

    assert run.returncode != 0
    assert "LINK_KEY" in run.stderr
