"""Logs tell operators what failed and where, and nobody what people wrote."""

import json
import logging

import pytest

from services.core import logs
from services.events.catalogue import ParticipantErased


def test_an_error_is_logged_by_its_kind_and_place_without_the_words_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    before = logging.getLogger().handlers[:]
    logs.configure("tests")
    try:
        try:
            ParticipantErased.model_validate({"version": "Maija Meikäläinen", "participant_id": "maija@example.fi"})
        except ValueError:
            logs.logger("tests").exception("event.refused")
        line = json.loads(capsys.readouterr().err.splitlines()[-1])
    finally:
        logging.getLogger().handlers[:] = before

    assert line["event"] == "event.refused"
    assert line["exception"][0]["exc_type"] == "ValidationError"
    assert line["exception"][0]["frames"]
    assert "aija" not in json.dumps(line, ensure_ascii=False)


def test_no_text_begins_a_line_of_its_own_in_the_log(capfd: pytest.CaptureFixture[str]) -> None:
    hostile = 'x\r\n{"event": "made.up"}\x1b[2J\x00\u2028\u202e😀\ud800'
    before = logging.getLogger().handlers[:]
    logs.configure("tests")
    try:
        logs.logger("tests").info("request.answered", method=hostile)
        logging.getLogger("a library").warning("%s said no", hostile)
        written = capfd.readouterr().err.splitlines()
    finally:
        logging.getLogger().handlers[:] = before

    assert [json.loads(line)["event"] for line in written] == ["request.answered", f"{hostile} said no"]
    assert all(line.isascii() and line.isprintable() for line in written)
