"""Who is told of what, and who tells it."""

from services.events import catalogue as c

Events = tuple[type[c.Event], ...]

MEETINGS: Events = (c.SessionBooked, c.SessionRescheduled, c.SessionCancelled, c.SessionHeld)
PROCESSES: Events = (c.ProcessOpened, c.ProcessChanged, c.ProcessClosed)
ROUNDS: Events = (c.EvaluationRequested, c.EvaluationAnswered, c.EvaluationClosed)
CONTACTS: Events = (c.IntakeRequested, c.IntakeConfirmed, c.IntakeCancelled, c.LoginRequested)
REPORTS: Events = (c.ReportCompiled, c.ReportReleased)

SUBSCRIPTIONS: dict[str, Events] = {
    "notifier": (
        *MEETINGS,
        *PROCESSES,
        *ROUNDS,
        *CONTACTS,
        *REPORTS,
        c.ParticipantChanged,
        c.ParticipantErased,
        c.SupervisorChanged,
        c.SummaryPublished,
    ),
    "reporting": (
        *MEETINGS,
        *PROCESSES,
        *ROUNDS,
        c.ParticipantErased,
        c.SupervisorChanged,
        c.GoalsAgreed,
        c.SummaryPublished,
    ),
}

PUBLISHERS: dict[str, tuple[str, ...]] = {"booking": ("notifier", "reporting"), "reporting": ("notifier",)}


def subscribers_of(event: type[c.Event]) -> list[str]:
    return [service for service, events in SUBSCRIPTIONS.items() if event in events]
