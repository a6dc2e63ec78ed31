"""Letters by the thousand: confirmations with an invitation each, as planning would have left them in the notifier."""

import psycopg
from sqlalchemy.engine import make_url

ALL = """
    WITH supervisor AS (
      INSERT INTO supervisor (supervisor_id, version, full_name, email, title, phone, calendar_link, active)
      VALUES (gen_random_uuid(), 1, 'Maija Meikäläinen', 'maija@example.fi', 'työnohjaaja', '+358401234567',
        gen_random_uuid(), true)
      RETURNING supervisor_id AS supervisor),
    one AS MATERIALIZED (
      SELECT number, supervisor, gen_random_uuid() AS process, gen_random_uuid() AS person,
        gen_random_uuid() AS meeting, gen_random_uuid() AS letter
      FROM generate_series(1, %(count)s) AS number, supervisor),
    processes AS (
      INSERT INTO process (process_id, version, code, title, form, status, supervisor_id, client_id,
        client_first_name, client_last_name, client_email, planned_sessions, reminder_days, min_group_size)
      SELECT process, 1, 'TO-' || number, 'Yksilötyönohjaus', 'individual', 'active', supervisor, gen_random_uuid(),
        'Tiina', 'Tilaaja', 'tiina@example.fi', 10, '{7,1}', 5 FROM one),
    people AS (
      INSERT INTO participant (participant_id, version, process_id, first_name, last_name, email, active, page_link,
        summary_in_letter, joined_at, seen_at)
      SELECT person, 1, process, 'Anna', 'Virtanen', 'anna.' || number || '@example.fi', true, gen_random_uuid(),
        false, now(), now() FROM one),
    meetings AS (
      INSERT INTO session (session_id, version, process_id, supervisor_id, number, status, starts_at, ends_at, mode,
        location, booked_at, changed_at, changed_by, batch_id, batch_size, free_until, late_fee_percent,
        waives_force_majeure, cancelled_late)
      SELECT meeting, 1, process, supervisor, 1, 'booked', now() + interval '20 days',
        now() + interval '20 days 1 hour', 'onsite', 'Esimerkkikatu 1 A 2, 00100 Helsinki', now(), now(), 'client',
        gen_random_uuid(), 1, now() + interval '18 days', 100, true, false FROM one),
    letters AS (
      INSERT INTO letter (id, kind, subject_id, time, recipient_id, process_id, supervisor_id, created_at, due_at,
        next_try_at)
      SELECT letter, 'booking_confirmation', meeting, now(), person, process, supervisor, now(), due, due
      FROM one, (SELECT now() + %(wait)s AS due) AS due)
    INSERT INTO mention (letter_id, meeting_id, version, sequence) SELECT letter, meeting, 1, 0 FROM one
"""

WAITING = """
    INSERT INTO letter (id, kind, subject_id, time, recipient_id, process_id, supervisor_id, created_at, due_at,
      next_try_at)
    SELECT gen_random_uuid(), 'reminder_day', gen_random_uuid(), now(), gen_random_uuid(), gen_random_uuid(),
      gen_random_uuid(), now(), due, due
    FROM generate_series(1, %(count)s) AS number,
      LATERAL (SELECT now() + number * interval '10 s' + interval '1 day' AS due) AS due
"""
"""Reminders of a year and nothing around them: who looks for what is due reads nothing else."""

OF_A_YEAR = """
    INSERT INTO letter (id, kind, subject_id, time, recipient_id, process_id, supervisor_id, created_at, due_at,
      next_try_at, status, sent_at, message)
    SELECT gen_random_uuid(), 'reminder_day', gen_random_uuid(), now(), gen_random_uuid(), gen_random_uuid(),
      gen_random_uuid(), sent, sent, sent, 'sent', sent,
      CASE WHEN sent > now() - interval '29 days' THEN 'text'::bytea END
    FROM generate_series(1, %(count)s) AS number,
      LATERAL (SELECT now() - number * (interval '360 days' / %(count)s) AS sent) AS sent
"""
"""Letters that were sent in a year; the text of those of the last month is still there."""

TO_BE_SENT = """
    UPDATE letter SET status = 'planned', next_try_at = now(), attempts = 0, claim = NULL, message = NULL,
      message_id = NULL, handed_over_at = NULL, sent_at = NULL
"""


def fill(database: str, statement: str, count: int, *, days: int = 0) -> None:
    wait = f"{days} days"
    with _connection(database) as connection:
        connection.execute(statement, {"count": count, "wait": wait})
    with _connection(database) as connection:
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")


def release(database: str) -> None:
    """All letters are to be sent, and to be written anew."""
    with _connection(database) as connection:
        connection.execute(TO_BE_SENT)


def _connection(database: str) -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(make_url(database).set(drivername="postgresql").render_as_string(hide_password=False))
