"""What /metrics says, what a dashboard and alerts make of it, and that a scrape stays cheap however much there is."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from fastapi import FastAPI
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine, event, text

from services.web.pages.status_page import MEANINGS, PREFIX
from tests.databases import DatabaseServer
from tests.support.apps import face_of

MONITORING = Path(__file__).parents[3] / "docs" / "monitoring"
OF_A_TARGET = {"job", "instance", "service"}


@pytest.fixture(scope="module")
def faces(postgres_server: DatabaseServer, keys: dict[str, str]) -> Iterator[dict[str, FastAPI]]:
    made = {}
    with ExitStack() as in_use:
        for service in ("booking", "notifier", "reporting"):
            database = in_use.enter_context(postgres_server.copied(service))
            made[service] = face_of(service, database, keys)
            in_use.callback(made[service].state.engine.dispose)
            run(made[service].state.engine, *(FULL[service]))
        yield made


def run(engine: Engine, *statements: str) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in statements:
            connection.execute(text(statement))


MANY = 10_000
MANY_EVENTS = f"""
    WITH told AS (
      INSERT INTO outbox (event_id, aggregate, version, envelope)
      SELECT gen_random_uuid(), 'session/' || n, 1, '{{}}' FROM generate_series(1, {MANY}) n
      RETURNING event_id, aggregate)
    INSERT INTO outbox_delivery (event_id, subscriber, aggregate, version, confirmed_at, attempts)
    SELECT event_id, 'notifier', aggregate, 1, now(), 1 FROM told
"""  # noqa: S608
SOME_WAIT = """
    UPDATE outbox_delivery SET confirmed_at = NULL, attempts = 3 WHERE aggregate IN ('session/1', 'session/2')
"""
ONE_IS_PARKED = "UPDATE outbox_delivery SET parked_at = now() WHERE aggregate = 'session/2'"
OLD = "UPDATE outbox SET staged_at = now() - interval '1 hour' WHERE aggregate = 'session/1'"
A_PULSE = "INSERT INTO pulse (subscriber, answered_at) VALUES ('notifier', now() - interval '7 minutes')"
MANY_LETTERS = f"""
    INSERT INTO letter (id, kind, subject_id, time, recipient_id, created_at, due_at, status, next_try_at, sent_at)
    SELECT gen_random_uuid(), 'reschedule', gen_random_uuid(), at, gen_random_uuid(), at, at, 'sent', at, at
    FROM generate_series(0, {MANY}) n, LATERAL (SELECT now() - n * interval '20 minutes' - interval '5 minutes') t (at)
"""  # noqa: S608
LETTERS_IN_TROUBLE = """
    INSERT INTO letter (id, kind, subject_id, time, recipient_id, created_at, due_at, status, next_try_at)
    SELECT gen_random_uuid(), 'reminder_day', gen_random_uuid(), now(), gen_random_uuid(), now(), now(), status, now()
    FROM unnest(ARRAY['failed', 'failed', 'uncertain', 'planned']) status
"""
MANY_REPORTS = f"""
    INSERT INTO report (id, kind, subject_id, occasion, edition, supervisor_id, first, last, status, version, words,
      compiled_at, seconds)
    SELECT gen_random_uuid(), 'goal_report', gen_random_uuid(), 'all', 1, gen_random_uuid(), '2040-01-01', '2040-02-01',
      'compiled', 1, '{{}}', now() - n * interval '20 minutes' - interval '5 minutes', 2 + n
    FROM generate_series(0, {MANY}) n
"""  # noqa: S608
A_DUE_REPORT = "UPDATE report SET status = 'due', asked_at = now() - interval '2 hours' WHERE seconds = 9"
EVENTS = (MANY_EVENTS, SOME_WAIT, ONE_IS_PARKED, OLD, A_PULSE)
FULL = {
    "booking": (*EVENTS, "VACUUM ANALYZE"),
    "notifier": (MANY_LETTERS, LETTERS_IN_TROUBLE, "VACUUM ANALYZE"),
    "reporting": (*EVENTS, MANY_REPORTS, A_DUE_REPORT, "VACUUM ANALYZE"),
}
BIG = {"outbox", "outbox_delivery", "letter", "report"}


def figures(app: FastAPI) -> dict[str, float]:
    """Every sample of a scrape, as one would write it in a query."""
    visitor = TestClient(app)
    visitor.get("/healthz")
    return {
        sample.name + json.dumps(sample.labels, sort_keys=True): sample.value
        for family in text_string_to_metric_families(visitor.get("/metrics").text)
        for sample in family.samples
    }


@pytest.mark.parametrize(
    ("service", "name", "labels", "least", "most"),
    [
        ("booking", "deliveries_open", {"subscriber": "notifier"}, 1, 1),
        ("booking", "deliveries_parked", {"subscriber": "notifier"}, 1, 1),
        ("booking", "deliveries_reposted", {"subscriber": "notifier"}, 4, 4),
        ("booking", "delivery_oldest_seconds", {"subscriber": "notifier"}, 3600, 4500),
        ("booking", "subscriber_silent_seconds", {"subscriber": "notifier"}, 420, 1320),
        ("booking", "database_up", {}, 1, 1),
        ("booking", "ready", {}, 0, 0),
        ("notifier", "ready", {}, 1, 1),
        ("notifier", "letters", {"status": "failed"}, 2, 2),
        ("notifier", "letters", {"status": "sending"}, 0, 0),
        ("notifier", "letters_by_kind", {"status": "uncertain", "kind": "reminder_day"}, 1, 1),
        ("notifier", "letters_sent_lately", {"kind": "reschedule"}, 1, 3),
        ("reporting", "reports", {"status": "due"}, 1, 1),
        ("reporting", "report_oldest_overdue_seconds", {}, 7200, 8100),
        ("reporting", "reports_made_lately", {"kind": "goal_report"}, 1, 3),
        ("reporting", "report_average_seconds", {"kind": "goal_report"}, 2, 3),
        ("reporting", "report_longest_seconds", {"kind": "goal_report"}, 2, 4),
    ],
)
def test_a_figure_says_what_is_so(
    faces: dict[str, FastAPI], service: str, name: str, labels: dict[str, str], least: float, most: float
) -> None:
    assert least <= figures(faces[service])[f"tyonohjaus_{name}{json.dumps(labels, sort_keys=True)}"] <= most


def test_every_figure_that_the_admin_sees_in_words_is_there(faces: dict[str, FastAPI]) -> None:
    told = "".join(TestClient(app).get("/metrics").text for app in faces.values())

    assert [name for name in MEANINGS if f"# HELP {PREFIX}{name} " not in told] == []


@pytest.mark.parametrize("service", FULL)
def test_a_scrape_reads_no_large_table_from_its_beginning_to_its_end(faces: dict[str, FastAPI], service: str) -> None:
    engine: Engine = faces[service].state.engine
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    figures(faces[service])
    event.remove(engine, "before_cursor_execute", note)

    with engine.connect() as connection:
        plans = [
            connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters).scalar_one()
            for statement, parameters in asked
        ]
    read_whole = {node["Relation Name"] for plan in plans for node in nodes(plan[0]["Plan"]) if is_scan(node)}
    assert len(plans) > 3
    assert read_whole & BIG == set()


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)


def is_scan(node: dict[str, Any]) -> bool:
    """Also through an index, when nothing limits what is read of it."""
    of_all = "Index" in node["Node Type"] and node["Plan Rows"] > MANY / 4
    return "Relation Name" in node and (node["Node Type"] == "Seq Scan" or of_all)


# -- the dashboard and the alerts -------------------------------------------------------------------------


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((MONITORING / "alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((MONITORING / "dashboard.json").read_text())["panels"]
    return found


def expressions() -> list[str]:
    shown = [target["expr"] for panel in panels() for target in panel.get("targets", ())]
    return [rule["expr"] for rule in rules()] + shown


def test_alerts_and_dashboard_ask_only_for_what_the_services_tell(faces: dict[str, FastAPI]) -> None:
    told = {sample for app in faces.values() for sample in figures(app)}
    labels_of: dict[str, set[str]] = {}
    for sample in told:
        name, _, labels = sample.partition("{")
        labels_of.setdefault(name, set()).update(json.loads("{" + labels))

    asked = [
        (name, set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"", selector or "")))
        for expression in expressions()
        for name, selector in re.findall(r"\b(tyonohjaus_\w+)(\{[^}]*\})?", expression)
    ]
    assert len({name for name, _ in asked}) > 15
    assert [name for name, _ in asked if name not in labels_of] == []
    assert [(name, labels) for name, labels in asked if not labels <= labels_of[name] | OF_A_TARGET] == []


def test_every_figure_of_the_services_is_on_the_dashboard(faces: dict[str, FastAPI]) -> None:
    told = {sample.partition("{")[0] for app in faces.values() for sample in figures(app)}
    shown = " ".join(expressions())

    assert [name for name in sorted(told) if name not in shown and not name.endswith(("_created", "_count"))] == []


def test_every_alert_says_what_is_wrong_and_what_to_do() -> None:
    for rule in rules():
        assert rule["labels"]["severity"] in ("page", "ticket"), rule["alert"]
        assert rule["annotations"]["summary"].endswith("."), rule["alert"]
        assert rule["annotations"]["description"].endswith("."), rule["alert"]


class Case(NamedTuple):
    """Series, one value a minute: such that an alert is to be raised, and such that it is not."""

    raised: dict[str, str]
    calm: dict[str, str]


def of(service: str, name: str, raised: str, calm: str, labels: str = "") -> Case:
    series = f'{name}{{job="tyonohjaus", instance="a", service="{service}"{labels}}}'
    return Case({series: raised}, {series: calm})


REQUESTS = 'tyonohjaus_requests_total{{service="booking", route="{route}", status="{status}"}}'
SECONDS = 'tyonohjaus_request_seconds_bucket{{service="booking", route="/tyo", le="{le}"}}'
READY = 'tyonohjaus_ready{service="booking"}'
DATABASE = 'tyonohjaus_database_up{service="booking"}'
GOOD, BAD, PROBED = (
    REQUESTS.format(route=route, status=status)
    for route, status in (("/tyo", "200"), ("/tyo", "500"), ("/readyz", "503"))
)
QUICK, SLOW, ALL = (SECONDS.format(le=le) for le in ("1", "2.5", "+Inf"))
CASES = {
    "ServiceDown": of("booking", "up", "0x30", "1x30"),
    "NotReady": Case({READY: "0x30", DATABASE: "1x30"}, {READY: "1x30", DATABASE: "1x30"}),
    "DatabaseDown": Case({READY: "0x30", DATABASE: "0x30"}, {READY: "1x30", DATABASE: "1x30"}),
    "ServerErrors": Case({GOOD: "0+90x30", BAD: "0+10x30"}, {GOOD: "0+99x30", BAD: "0+1x30", PROBED: "0+9x30"}),
    "SlowAnswers": Case(
        {QUICK: "0+90x30", SLOW: "0+100x30", ALL: "0+100x30"}, {QUICK: "0+99x30", SLOW: "0+100x30", ALL: "0+100x30"}
    ),
    "EventsWait": of("booking", "tyonohjaus_delivery_oldest_seconds", "301x30", "299x30", ', subscriber="notifier"'),
    "LoginsWait": of("booking", "tyonohjaus_login_request_oldest_seconds", "121x30", "119x30"),
    "EventsParked": of("booking", "tyonohjaus_deliveries_parked", "1x30", "0x30", ', subscriber="notifier"'),
    "ReaderSilent": of("booking", "tyonohjaus_subscriber_silent_seconds", "121x30", "20x30", ', subscriber="notifier"'),
    "LettersOverdue": of("notifier", "tyonohjaus_letter_oldest_overdue_seconds", "601x30", "599x30"),
    "LettersUncertain": of("notifier", "tyonohjaus_letters", "2x20 3x10", "2x30", ', status="uncertain"'),
    "LettersFailed": of("notifier", "tyonohjaus_letters", "2x20 3x10", "3x20 2x10", ', status="failed"'),
    "MailServerUnreachable": of("notifier", "tyonohjaus_mail_server_failures", "3x30", "2x30"),
    "ReportsOverdue": of("reporting", "tyonohjaus_report_oldest_overdue_seconds", "1801x30", "1799x30"),
    "RebuildStuck": of("reporting", "tyonohjaus_rebuild_events_awaited", "1x30", "1x10 0x20"),
}


@pytest.fixture(scope="session")
def promtool() -> str:
    if found := shutil.which("promtool"):
        return found
    reason = "promtool is missing: apt-get install prometheus"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def test_each_alert_is_raised_when_it_should_and_only_then(promtool: str, tmp_path: Path) -> None:
    file = tmp_path / "alerts_test.yml"
    file.write_text(yaml.safe_dump({"rule_files": [str(MONITORING / "alerts.yml")], "tests": list(all_cases())}))

    tried = subprocess.run([promtool, "test", "rules", file], capture_output=True, text=True, check=False, timeout=120)

    assert tried.returncode == 0, tried.stdout + tried.stderr
    assert set(CASES) == {rule["alert"] for rule in rules()}


def all_cases() -> Iterator[dict[str, Any]]:
    for alert, case in CASES.items():
        yield one_case(f"{alert} is raised", case.raised, [{"labels": f'{{alertname="{alert}"}}', "value": 1}])
        yield one_case(f"{alert} is not raised", case.calm, [])


def one_case(name: str, series: dict[str, str], expected: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "name": name,
        "interval": "1m",
        "input_series": [{"series": each, "values": values} for each, values in series.items()],
        "promql_expr_test": [
            {"expr": 'count by (alertname) (ALERTS{alertstate="firing"})', "eval_time": "30m", "exp_samples": expected}
        ],
    }


def test_the_example_of_a_configuration_can_be_used(promtool: str) -> None:
    command = [promtool, "check", "config", str(MONITORING / "prometheus.yml")]
    checked = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    assert checked.returncode == 0, checked.stdout + checked.stderr
