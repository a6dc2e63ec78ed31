"""The letters say what was approved, in Finnish as it is written, and the same in both their faces."""

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from pydantic import BaseModel

from services.core import design
from services.finnish.workdays import at_wall_clock
from services.notifier.composition.contexts import CONTEXTS, LetterContext, LoginLink, Reminder, WithReport
from services.notifier.composition.rendering import TEMPLATES, render
from services.notifier.kinds import LetterKind
from services.web.pages.practice import PracticeView
from tests.unit.notifier.letter_samples import MANAGE, SAMPLES, SETTINGS, TO_ANNA, session, told
from tests.unit.notifier.letter_views import APPROVED, URL, as_approved, letter, links, parsed, seen

TEMPLATE_FILES = sorted(TEMPLATES.rglob("*.jinja"))
HOSTILE = "<script>alert(1)</script> {{7*7}} {% raw %} \u202eannA\u2066 😀 \r\nBcc: kaikki@example.org\u2028&amp;"
HARMLESS = "<script>alert(1)</script> {{7*7}} {% raw %} annA 😀 Bcc: kaikki@example.org &amp;"

WITH_REPORT = 100_000
"""Bytes; somewhat above, large mail services show only the beginning of a letter."""

every_letter = pytest.mark.parametrize("name", SAMPLES)


# -- what was approved ------------------------------------------------------------------------------------


@every_letter
def test_the_letter_says_what_was_approved(name: str) -> None:
    assert as_approved(name) == (APPROVED / f"{name}.txt").read_text()


def test_nothing_is_approved_that_no_letter_says() -> None:
    assert {path.stem for path in APPROVED.glob("*.txt")} == set(SAMPLES)


def test_every_kind_has_its_context_its_templates_and_a_sample() -> None:
    folders = {path.name: {file.name for file in path.iterdir()} for path in (TEMPLATES / "letters").iterdir()}

    assert folders == {kind: {"subject.jinja", "body.jinja"} for kind in LetterKind}
    assert set(CONTEXTS) == set(LetterKind) == {kind for kind, _ in SAMPLES.values()}


def test_a_letter_needs_its_own_context() -> None:
    login = SAMPLES["login_link"][1]

    with pytest.raises(TypeError, match="BookingConfirmation, not by LoginLink"):
        render(LetterKind.booking_confirmation, login)


@every_letter
def test_the_same_context_always_gives_the_same_letter(name: str) -> None:
    assert render(*SAMPLES[name]) == letter(name)


# -- Finnish ----------------------------------------------------------------------------------------------

ESSIVE = "(?:maanan|tiis|tors|perjan|lauan|sunnun)taina|keskiviikkona"
NOMINATIVE = "(?:maanan|tiis|tors|perjan|lauan|sunnun)tai|keskiviikko"

NEVER = {
    "a colon in a time of day": r"\d:\d\d",
    "a leading zero in a date": r"\b0\d?\.\d{1,2}\.\d{4}|\b\d{1,2}\.0\d\.\d{4}",
    "a leading zero in an hour": r"klo\W0\d",
    "a hyphen as a dash in a range": r"(?<![\w-])\d[\d.]*-\d",
    "a hyphen as a dash between words": r" - ",
    "a hyphen as a minus": r"(?<![\w-])-\d",
    "a range with spaces around its dash": r"klo\W[\d.]+ – \d",
    "a space that may break after klo": r"klo[^\u00a0]",
    "a space that may break before %": r"[^\u00a0]%",
    "a comma after the closing words": r"terveisin,",
    "a name of a day in the essive after a label": rf"\w: (?:{ESSIVE}) \d",
    "a name of a day in the nominative in a sentence": (
        rf"\b(?:viimeistään|on|tapaamisesta|tapaamisessa|päättyy|työnohjaus|tänään) (?:{NOMINATIVE}) \d"
    ),
    "two spaces": "  ",
    "a space before a mark": r" [,.:;!?](?=\s|$)",
    "a typewriter's quotation mark": r"[\"']",
    "a word of markup": r"[<>{}]|None|True|False|&\w+;",
    "an old word": r"(?i)esimie|istunto",
    "a thing that should not go by post": r"(?i)henkilötunnus|salasana|sairaus|diagnoosi",
    "three lines without one": r"\n\n\n",
    "a trailing space": r" \n",
}


@every_letter
@pytest.mark.parametrize("fault", NEVER)
def test_no_letter_has(fault: str, name: str) -> None:
    text = URL.sub("URL", letter(name).text)

    assert re.search(NEVER[fault], text) is None


@every_letter
def test_the_first_word_after_the_greeting_begins_small(name: str) -> None:
    greeting, first = letter(name).text.split("\n\n")[:2]

    assert re.fullmatch(r"(Hei|Hyvää huomenta)( \w+)?,", greeting)
    assert first[0].islower()


@every_letter
def test_the_subject_is_one_plain_line(name: str) -> None:
    subject = letter(name).subject

    assert subject == " ".join(subject.split(" "))
    assert subject.isprintable()
    assert len(subject) <= 78


@every_letter
def test_an_address_of_the_web_ends_its_line(name: str) -> None:
    """So that no full stop or bracket gets into it when a mail program makes it a link."""
    for match in URL.finditer(letter(name).text):
        assert letter(name).text[match.end()] == "\n"


@pytest.mark.parametrize("path", TEMPLATE_FILES, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_no_ending_is_glued_to_a_placeholder(path: Any) -> None:
    assert re.search(r"\}\}(?:[a-zåäö]|[:-][a-zåäö])", path.read_text()) is None


@pytest.mark.parametrize(
    ("sent_at", "wording"),
    [
        (at_wall_clock(date(2026, 12, 6), time(9)), "sinulla on huomenna työnohjaus."),
        (at_wall_clock(date(2026, 12, 6), time(0, 1)), "sinulla on huomenna työnohjaus."),
        (at_wall_clock(date(2026, 12, 6), time(23, 59)), "sinulla on huomenna työnohjaus."),
        (at_wall_clock(date(2026, 12, 7), time(0, 1)), "työnohjaus maanantaina 7.12.2026 klo\u00a014.00–15.00."),
        (at_wall_clock(date(2026, 12, 5), time(23, 59)), "työnohjaus maanantaina 7.12.2026 klo\u00a014.00–15.00."),
    ],
)
def test_tomorrow_is_only_said_on_the_day_before(sent_at: datetime, wording: str) -> None:
    reminder = told(Reminder, TO_ANNA, SETTINGS, session=session(), manage_url=MANAGE, sent_at=sent_at)
    shown = render(LetterKind.reminder_day, reminder)

    assert wording in shown.text
    assert ("huomenna" in shown.subject) == ("huomenna" in shown.text)


@pytest.mark.parametrize("starts_on", [date(2026, 3, 29), date(2026, 10, 25)], ids=["spring", "autumn"])
def test_tomorrow_and_in_a_week_are_counted_in_days_when_the_clocks_leap(starts_on: date) -> None:
    starts_at = at_wall_clock(starts_on, time(0, 30))
    for kind, days, word in [
        (LetterKind.reminder_day, 1, "huomenna"),
        (LetterKind.reminder_week, 7, "viikon kuluttua"),
    ]:
        sent_at = at_wall_clock(starts_on - timedelta(days=days), time(23, 30))
        reminder = told(Reminder, TO_ANNA, session=session(starts_at), manage_url=MANAGE, sent_at=sent_at, **SETTINGS)
        assert word in render(kind, reminder).text


# -- the two faces ----------------------------------------------------------------------------------------


@every_letter
def test_both_faces_say_the_same(name: str) -> None:
    shown = letter(name)

    assert re.findall(r"[\w%+−]+", seen(shown.html, with_links=False)) == re.findall(r"[\w%+−]+", shown.text)


@every_letter
def test_the_html_is_small_valid_and_loads_nothing(name: str) -> None:
    html = letter(name).html
    document = parsed(html)
    tags = {element.tag for element in document.iter() if isinstance(element.tag, str)}

    assert len(html.encode()) < (WITH_REPORT if "annex" in html else 30_000)
    assert document.attrib["lang"] == "fi"
    assert not tags & {"img", "link", "script", "iframe", "object", "form", "input", "svg", "video"}
    assert not re.search(r"(?i)url\(|@import|@font-face|\bsrc=|background=|expression\(", html)
    assert 'name="color-scheme" content="light dark"' in html
    assert "prefers-color-scheme: dark" in html


@pytest.mark.parametrize(
    ("name", "said"),
    [("goal_report.long", "Koko raportti ei mahdu"), ("overview_report.long", "Koko katsaus ei mahdu")],
)
def test_a_report_for_which_a_letter_would_be_cut_off_is_led_to_instead(name: str, said: str) -> None:
    context = SAMPLES[name][1]
    assert isinstance(context, WithReport)
    html = letter(name).html

    assert len(context.report.encode()) > 80_000
    assert len(html.encode()) < 12_000
    assert said in html
    assert context.report_url in links(html)


@pytest.mark.parametrize(
    ("name", "said"), [("goal_report", "Tavoitteet tasoittain"), ("overview_report", "Kaikki prosessit")]
)
def test_the_letter_of_a_report_carries_it(name: str, said: str) -> None:
    html = letter(name).html
    annex = html.partition('class="annex"')[2]

    assert said in annex
    assert annex.count("<table") > 1
    assert said not in letter(name).text


@every_letter
def test_the_html_leads_where_the_text_leads(name: str) -> None:
    shown = letter(name)

    assert links(shown.html) == URL.findall(shown.text)


@every_letter
def test_the_line_beside_the_subject_tells_nothing_of_the_content(name: str) -> None:
    preheader = next(element for element in parsed(letter(name).html).iter("div"))
    words = "".join(preheader.itertext()).replace("\u200c", "").replace("\u00a0", " ").strip()

    assert re.fullmatch(r"[\wäöÄÖ ,.–]{10,60}", words)
    assert not re.search("kiire|tauotus|Maija|Anna|Kaisa|TO-20", words)


def test_a_meeting_place_that_is_no_web_address_is_no_link() -> None:
    kind, sample = SAMPLES["booking_confirmation.online"]
    for odd in ("javascript:alert(1)", "data:text/html,x", "soitan numerosta 040 123 4567"):
        online = session(mode="remote", location=None, join_url=odd)
        shown = render(kind, sample.model_copy(update={"sessions": (online,)}))

        assert odd in shown.text
        assert odd in seen(shown.html)
        assert all(link.startswith("https://") for link in links(shown.html))


# -- what people type -------------------------------------------------------------------------------------


def with_hostile_words(shape: Any) -> Any:
    """The same context with a hostile text wherever somebody could have typed one."""
    if isinstance(shape, tuple):
        return tuple(with_hostile_words(item) for item in shape)
    if isinstance(shape, BaseModel):
        fields = {name: with_hostile_words(value) for name, value in shape}
        return type(shape).model_validate(fields)
    if type(shape) is str and not URL.match(shape):
        return HOSTILE
    return shape


@every_letter
def test_whatever_people_type_stays_text(name: str) -> None:
    kind, sample = SAMPLES[name]
    shown = render(kind, with_hostile_words(sample))

    for text in (shown.subject, shown.text, seen(shown.html)):
        assert "49" not in URL.sub("", text)
        assert not re.search("[\r\u2028\u202a-\u202e\u2066-\u2069]", text)
        assert "\nBcc:" not in text
    assert "\n" not in shown.subject
    assert HARMLESS in shown.text
    assert HARMLESS in seen(shown.html)
    assert not list(parsed(shown.html).iter("script"))


def field_names(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield name
        for part in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield from field_names(part)


@pytest.mark.parametrize("context", dict.fromkeys(CONTEXTS.values()), ids=lambda context: context.__name__)
def test_no_letter_has_a_place_for_what_must_not_be_sent(context: type[LetterContext]) -> None:
    assert not set(field_names(context)) & {
        "reason", "note", "notes", "private_notes", "comment", "answers", "email", "last_name", "employer",
        "participant_names", "others", "health", "token", "password",
    }  # fmt: skip


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(ValueError, match="reason"):
        LoginLink.model_validate({**dict(SAMPLES["login_link"][1]), "reason": "sairas"})


def test_a_letter_stands_under_the_name_and_in_the_colour_of_the_practice() -> None:
    own = PracticeView("Työnohjaus <Havu>", "#7a3b69")
    shown = render(*SAMPLES["reminder_day"], own)

    assert "Työnohjaus &lt;Havu&gt;</p>" in shown.html
    assert "#7a3b69" in shown.html
    assert design.LIGHT.accent not in shown.html
    assert design.DARK.accent not in shown.html
    assert "jonka lähettäjä on Työnohjaus <Havu>." in shown.text
