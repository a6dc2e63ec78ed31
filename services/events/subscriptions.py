"""Who is told of what, and who tells it."""

from services.events import catalogue as c

Events = tuple[type[c.Event], ...]

MEETINGS: Events = (c.SessionBooked, c.SessionRescheduled, c.SessionCancelled, c.SessionHeld)
PROCESSES: Events = (c.ProcessOpened, c.ProcessChanged, c.ProcessClosed)
ROUNDS: Events = (c.EvaluationRequested, c.EvaluationAnswered, c.EvaluationClosed)
CONTACTS: Events = (c.IntakeRequested, c.IntakeConfirmed, c.IntakeCancelled)
PASSKEYS: Events = (c.PasskeyAdded, c.PasskeyRemoved)
ADDRESSES: Events = (c.AddressStated, c.AddressChanged, c.TestLetterRequested)
ACCESS: Events = (c.LoginRequested, c.DeviceCodeRequested, *ADDRESSES, *PASSKEYS)
REPORTS: Events = (c.ReportCompiled, c.ReportReleased)

SUBSCRIPTIONS: dict[str, Events] = {
    "notifier": (
        *MEETINGS,
        *PROCESSES,
        *ROUNDS,
        *CONTACTS,
        *ACCESS,
        *REPORTS,
        c.AttendanceIntended,
        c.ProcessRequested,
        c.ParticipantChanged,
        c.ParticipantErased,
        c.SupervisorChanged,
        c.PracticeChanged,
        c.SummaryPublished,
        c.AccessEnded,
        c.WebhookEnded,
    ),
    "reporting": (
        *MEETINGS,
        *PROCESSES,
        *ROUNDS,
        c.ParticipantReaddressed,
        c.ParticipantErased,
        c.SupervisorChanged,
        c.PracticeChanged,
        c.GoalsAgreed,
        c.SummaryPublished,
        c.AccessEnded,
    ),
}

PUBLISHERS: dict[str, tuple[str, ...]] = {"booking": ("notifier", "reporting"), "reporting": ("notifier",)}


def subscribers_of(event: type[c.Event]) -> list[str]:
    return [service for service, events in SUBSCRIPTIONS.items() if event in events]
