"""Practices of many years, written straight into booking's tables: only the numbers of rows are of interest."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Engine, text

from services.core.database import transaction

OPEN = 5
"""Processes of each supervisor that go on; the others ended one after the other, every second month."""
AHEAD = 90
"""Meetings of each supervisor in the next month, three a day; all others are long past or far ahead."""


@dataclass(frozen=True)
class Crowd:
    """So many supervisors with so many meetings each, and as much that was told of them long ago."""

    supervisors: int
    meetings: int
    told: int = 0


def settle(engine: Engine, crowd: Crowd) -> list[UUID]:
    """Write them down; the ids of the supervisors."""
    sizes = {
        "supervisors": crowd.supervisors,
        "meetings": crowd.meetings,
        "told": crowd.told,
        "ahead": AHEAD,
        "open": OPEN,
    }
    with transaction(engine) as db:
        db.execute(text("SET LOCAL statement_timeout = 0"))
        for statement in (*PEOPLE, *MEETINGS, *TOLD):
            db.execute(text(statement), {name: value for name, value in sizes.items() if f":{name}" in statement})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("VACUUM ANALYZE"))
        return list(connection.execute(text("SELECT id FROM supervisor ORDER BY id")).scalars())


PEOPLE = (
    """
    INSERT INTO supervisor (id, version, name, email, timezone, location, calendar_link, created_at)
    SELECT gen_random_uuid(), 1, 'Maija Meikäläinen', 'maija.' || n || '@example.fi', 'Europe/Helsinki',
           'Esimerkkikatu 1', gen_random_uuid(), now()
    FROM generate_series(1, CAST(:supervisors AS int)) n
    """,
    """
    INSERT INTO availability (supervisor_id, version, buffer_before_minutes, buffer_after_minutes,
                              minimum_notice_hours, horizon_days, slot_step_minutes, holidays, intake_minutes)
    SELECT id, 1, 0, 0, 24, 730, 15, NULL, 45 FROM supervisor
    """,
    """
    INSERT INTO weekly_hours (supervisor_id, weekday, start, "end")
    SELECT id, weekday, '09:00', '16:00' FROM supervisor, generate_series(1, 5) weekday
    """,
    """
    INSERT INTO client (id, version, kind, name, payer_type, first_name, last_name, email, created_at)
    SELECT gen_random_uuid(), 1, 'organisation', 'Esimerkki Oy', 'business', 'Aino', 'Virtanen',
           'aino@example.fi', now() FROM supervisor
    """,
    """
    INSERT INTO process (id, version, code, client_id, supervisor_id, form, title, planned_sessions,
                         session_minutes, free_until_hours, late_fee_percent, no_show_fee_percent,
                         waive_force_majeure, reminder_days, benefits, min_group_size, session_feedback, opened_at,
                         status, closed_at)
    SELECT gen_random_uuid(), 1, 'C' || supervisor.place || '-' || part, client.id, supervisor.id, 'individual',
           'Työnohjaus', 40, 60, 24, 100, 100, true, '{7,1}', '{}', 5, false, now(),
           CASE WHEN part < :open THEN 'active' ELSE 'closed' END,
           CASE WHEN part >= :open THEN now() - make_interval(months => 2 * (part - :open), days => 1) END
    FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM supervisor) supervisor
    JOIN (SELECT id, row_number() OVER (ORDER BY id) AS place FROM client) client USING (place),
         generate_series(0, (CAST(:meetings AS int) - 1) / 40) part
    """,
    """
    INSERT INTO participant (id, person_id, version, process_id, first_name, last_name, email, page_link,
                             calendar_link, summary_in_letter, joined_at, erased_at)
    SELECT gen_random_uuid(), gen_random_uuid(), 1, id, 'Liisa', 'Öhman', 'liisa.' || code || '@example.fi',
           gen_random_uuid(), gen_random_uuid(), false, now(),
           CASE WHEN closed_at < now() - interval '24 months' THEN now() END FROM process
    """,
)

MEETINGS = (
    """
    INSERT INTO session (id, version, process_id, supervisor_id, number, status, starts_at, ends_at, mode, location,
                         booked_at, changed_at, changed_by, free_until, free_until_hours, late_fee_percent,
                         no_show_fee_percent, waive_force_majeure, cancelled_late)
    SELECT gen_random_uuid(), 1, process_id, supervisor_id, number, CASE WHEN at < now() THEN 'held' ELSE 'booked' END,
           at, at + interval '1 hour', 'onsite', 'Esimerkkikatu 1', now(), now(), 'client', at - interval '24 hours',
           24, 100, 100, true, false
    FROM (
        SELECT process.id AS process_id, supervisor_id, number, date_trunc('day', now())
               + make_interval(hours => 7 + 2 * (place % 3)::int, days => (CASE
                    WHEN place < :ahead THEN 3 + place / 3
                    WHEN place % 2 = 0 THEN -1 - (place - :ahead) / 6
                    ELSE 450 + (place - :ahead) / 6 END)::int) AS at
        FROM (
            SELECT id, supervisor_id, split_part(code, '-', 2)::int AS part FROM process
        ) process, generate_series(1, 40) number, LATERAL (SELECT part * 40 + number - 1 AS place) counted
        WHERE place < CAST(:meetings AS int)
    ) meeting
    """,
    """
    INSERT INTO occupied_time (owner_id, supervisor_id, starts_at, blocked)
    SELECT DISTINCT ON (supervisor_id, starts_at) id, supervisor_id, starts_at, tstzrange(starts_at, ends_at, '[)')
    FROM session ORDER BY supervisor_id, starts_at
    """,
    """
    INSERT INTO private_note (session_id, version, text, written_at)
    SELECT session.id, 1, 'note', now() FROM session JOIN process ON process.id = process_id
    WHERE session.status = 'held' AND (closed_at IS NULL OR closed_at > now() - interval '6 months')
    """,
)

TOLD = (
    """
    INSERT INTO outbox (event_id, aggregate, version, envelope, staged_at)
    SELECT gen_random_uuid(), 'session/' || gen_random_uuid(), 1,
           jsonb_build_object('type', 'session.booked.v1', 'data', repeat('x', 600)), now() - interval '1 day'
    FROM generate_series(1, CAST(:told AS int))
    """,
    """
    INSERT INTO outbox_delivery (event_id, subscriber, aggregate, version, attempts, posted_at, confirmed_at)
    SELECT event_id, subscriber, aggregate, version, 1, staged_at, staged_at
    FROM outbox, unnest(ARRAY['notifier', 'reporting']) subscriber
    """,
)
