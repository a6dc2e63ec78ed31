"""Logs tell operators what failed and where, and nobody what people wrote."""

import json
import logging

import pytest

from services import log
from services.events.catalogue import ParticipantErased


def test_an_error_is_logged_by_its_kind_and_place_without_the_words_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    before = logging.getLogger().handlers[:]
    log.configure("tests")
    try:
        try:
            ParticipantErased.model_validate({"version": "Maija Meikäläinen", "participant_id": "maija@example.fi"})
        except ValueError:
            log.logger("tests").exception("event.refused")
        line = json.loads(capsys.readouterr().err.splitlines()[-1])
    finally:
        logging.getLogger().handlers[:] = before

    assert line["event"] == "event.refused"
    assert line["exception"][0]["exc_type"] == "ValidationError"
    assert line["exception"][0]["frames"]
    assert "aija" not in json.dumps(line, ensure_ascii=False)
