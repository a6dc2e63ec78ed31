"""Between the fields of forms and what they wish for."""

import pytest
from pydantic import BaseModel, ValidationError

from services.web.errors.problems import Conflict
from services.web.errors.validation import invalid
from services.web.pages import forms
from services.web.protocol.etags import PreconditionFailed


class Number(BaseModel):
    number: int


def test_names_with_dots_make_parts_and_rows() -> None:
    typed = {"a": "1", "c.x": "2", "c.y": " ", "rows.0.n": "3", "rows.2.n": "5", "rows.10.n": "6", "other": "7"}

    assert forms.nested(typed, ("a", "c", "rows")) == {
        "a": "1",
        "c": {"x": "2"},
        "rows": [{"n": "3"}, {"n": "5"}, {"n": "6"}],
    }


@pytest.mark.parametrize("typed", [{"a": "1", "a.b": "2"}, {"a.b": "2", "a": "1"}, {"a.": "1", "a..b": "2"}])
def test_names_that_contradict_each_other_break_nothing(typed: dict[str, str]) -> None:
    assert "a" in forms.nested(typed, ["a"])


def test_rows_without_a_word_are_passed_over() -> None:
    typed = {"p.0.a": "1", "p.0.b": "", "p.1.a": " ", "p.1.b": "", "p.10.b": "3", "p.x.a": "4", "p.2": "5"}

    assert forms.rows(typed, "p", ("a", "b")) == [{"a": "1", "b": ""}, {"a": "", "b": "3"}]
    assert forms.rows(forms.without_row(typed | {"poista": "10"}, "p"), "p", ("a", "b")) == [{"a": "1", "b": ""}]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("16.30", "16:30"), ("16:30", "16:30"), ("16", "16:00"), (" 9.05 ", "09:05"), ("24.00", "24:00"), ("24", "24:00")]
    + [(other, other) for other in ("", "16.5", "puoli viisi", "16:30:00", "1630", "16-30")],
)
def test_a_time_of_day_is_understood_as_people_type_it(typed: str, meant: str) -> None:
    assert forms.clock(typed) == meant


def test_boxes_of_a_group_are_those_that_are_ticked() -> None:
    assert forms.ticked({"days.7": "1", "days.1": "1", "day": "1"}, "days") == ["7", "1"]


def test_what_is_refused_is_told_by_its_field() -> None:
    with pytest.raises(ValidationError) as wrong:
        Number.model_validate({"number": "x"})

    assert forms.reasons(wrong.value) == {"number": "Tämän pitää olla kokonaisluku."}
    assert forms.reasons(invalid("due", "Mennyt.", "Over.")) == {"due": "Mennyt."}
    assert forms.reasons(Conflict())[""].startswith("Joku muu muutti samaa asiaa samaan aikaan. Hae")
    assert (forms.reasons(None), forms.reasons(PreconditionFailed())) == ({}, {})
    assert [forms.status_of(one) for one in (None, wrong.value, Conflict())] == [200, 422, 409]


def test_who_comes_too_late_sees_what_is_saved_now() -> None:
    typed, saved = {"name": "B", "ticked": "1", "kept": "x"}, {"name": "A", "kept": "x", "gone": "1"}

    assert forms.outdated(PreconditionFailed(), typed, saved) == {"name": "A", "gone": "1", "ticked": ""}
    assert forms.outdated(Conflict(), typed, saved) is None
