"""The folder of an installation: who may use it, and what it keeps to itself."""

import base64
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services import cli
from services.core.secrets import fresh_keys
from services.quickstart import data_folder
from services.quickstart.data_folder import AlreadyRunning, UnusableFolder, occupied
from services.quickstart.external_servers import WrongAddress, check_redis, check_smtp, database_addresses
from services.quickstart.redis import prepare_redis


def test_only_one_may_use_a_folder_at_a_time(tmp_path: Path) -> None:
    with occupied(tmp_path), pytest.raises(AlreadyRunning, match="another start"), occupied(tmp_path):
        pass
    with occupied(tmp_path):
        pass


def test_a_folder_is_made_with_those_above_it_and_existing_rights_stay(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with occupied(tmp_path / "a" / "b") as folder:
        assert folder.is_dir()
    assert tmp_path.stat().st_mode & 0o777 == 0o700


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UnusableFolder), occupied(tmp_path / "file"):
        pass


def test_secrets_are_made_once_kept_and_closed_to_others(tmp_path: Path) -> None:
    keys = data_folder.keys(tmp_path)
    assert data_folder.keys(tmp_path) == keys
    assert (tmp_path / "secrets.env").stat().st_mode & 0o777 == 0o600


def test_a_secret_that_a_newer_version_needs_is_added_to_those_kept(tmp_path: Path) -> None:
    keys = data_folder.keys(tmp_path)
    shorter = {name: value for name, value in keys.items() if name != "NOTIFIER_KEY"}
    data_folder.write_privately(tmp_path / "secrets.env", shorter)
    again = data_folder.keys(tmp_path)
    assert again["NOTIFIER_KEY"] != keys["NOTIFIER_KEY"]
    assert {**again, "NOTIFIER_KEY": keys["NOTIFIER_KEY"]} == keys


def test_after_an_upgrade_only_those_that_a_file_lacks_are_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = {name: value for name, value in fresh_keys().items() if name != "NOTIFIER_KEY"}
    (tmp_path / "env").write_text("".join(f"{name}={value}\n" for name, value in known.items()))

    cli.secrets(beside=tmp_path / "env")

    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("NOTIFIER_KEY=")


def test_what_redis_once_wrote_to_the_disk_goes_at_the_next_start(tmp_path: Path) -> None:
    written = tmp_path / "appendonlydir" / "appendonly.aof.1.incr.aof"
    written.parent.mkdir()
    written.write_text("Vuorolista")

    prepare_redis(tmp_path, None)

    assert not written.parent.exists()


@pytest.mark.parametrize("value", ["Työnohjaus <a@example.fi>", "it's $HOME; a&b #c", "", "a=b"])
def test_a_shell_reads_what_is_told_as_we_do(tmp_path: Path, value: str) -> None:
    data_folder.write_addresses(tmp_path, {"BEFORE": "1", "TOLD": value, "AFTER": "2"})
    read = 'set -eu; . "$0"; printf "%s" "$TOLD"'
    shell = subprocess.run(
        ["sh", "-c", read, tmp_path / data_folder.ADDRESSES_FILE], capture_output=True, text=True, check=False
    )
    assert (shell.stdout, shell.stderr) == (value, "")
    assert data_folder.kept(tmp_path) == {"BEFORE": "1", "TOLD": value, "AFTER": "2"}


def test_the_verify_key_belongs_to_the_signing_key() -> None:
    keys = fresh_keys()
    signing = Ed25519PrivateKey.from_private_bytes(base64.b64decode(keys["TOKEN_SIGNING_KEY"]))
    assert signing.public_key().public_bytes_raw() == base64.b64decode(keys["TOKEN_VERIFY_KEY"])
    assert set(keys.values()).isdisjoint(fresh_keys().values())


def test_the_log_of_the_run_before_stays_beside_the_new_one(tmp_path: Path) -> None:
    data_folder.log_file(tmp_path, "booking-api").write_text("before")
    assert not data_folder.log_file(tmp_path, "booking-api").exists()
    assert (tmp_path / "logs" / "booking-api.before.log").read_text() == "before"


@pytest.mark.parametrize("url", ["rubbish", "mysql://a:b@c/d", "postgresql://u:hidden@127.0.0.1:1/x", "postgresql://["])
def test_a_wrong_database_address_is_one_line_without_its_password(url: str) -> None:
    with pytest.raises(WrongAddress) as wrong:
        database_addresses(url, {"booking": "tyonohjaus_booking"})
    assert "DATABASE_URL" in str(wrong.value)
    assert "hidden" not in str(wrong.value)
    assert "\n" not in str(wrong.value)


@pytest.mark.parametrize("url", ["rubbish", "http://a", "redis://:hidden@127.0.0.1:1/0", "redis://["])
def test_a_wrong_redis_address_is_one_line_without_its_password(url: str) -> None:
    with pytest.raises(WrongAddress) as wrong:
        check_redis(url)
    assert "REDIS_URL" in str(wrong.value)
    assert "hidden" not in str(wrong.value)
    assert "\n" not in str(wrong.value)


@pytest.mark.parametrize("url", ["rubbish", "http://mail.example.fi", "smtp://", "smtp://host:port", "smtp://["])
def test_a_malformed_mail_address_is_refused(url: str) -> None:
    with pytest.raises(WrongAddress, match="--smtp-url"):
        check_smtp(url)


def test_a_mail_server_that_does_not_answer_yet_is_only_told_of() -> None:
    assert "letters wait" in check_smtp("smtp://user:hidden@127.0.0.1:1")
