"""A sample of every letter in every wording it can take; golden texts, pictures and rules all use these."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar

from services.events.catalogue import Form, Intention, Mode, Phase
from services.finnish.workdays import at_wall_clock, same_wall_clock
from services.notifier.composition.contexts import (
    ActionContext,
    AddressChanged,
    AddressStated,
    AgendaChange,
    AgendaChangeKind,
    AgendaItem,
    Appointment,
    AwaitedAnswers,
    BookingConfirmation,
    Cancellation,
    ClientReportContext,
    DailyAgenda,
    Departure,
    DeviceCode,
    EvaluationReminder,
    EvaluationRequest,
    GoalReportContext,
    GoalStanding,
    IntakeCancelled,
    IntakeConfirmed,
    IntakeConfirmLink,
    IntakeMoved,
    LetterContext,
    LoginLink,
    MissingSummary,
    NewsItem,
    NewsLetter,
    OverviewReportContext,
    PasskeyAdded,
    PasskeyRemoved,
    ProcessRequest,
    RefusedLetters,
    Reminder,
    ReportReview,
    Reschedule,
    SessionContext,
    SessionFeedback,
    SummaryContent,
    SummaryContext,
    SupervisorContext,
    TestLetter,
    WebhookEnded,
)
from services.notifier.kinds import LetterKind
from services.reporting.rendering.html import render_for_letter
from services.reporting.rendering.render import build_sheet
from tests.support import sample_reports

OFFICE = "Esimerkkikatu 1 A 2, 00100 Helsinki"
MONDAY = date(2026, 12, 7)
STARTS_AT = at_wall_clock(MONDAY, time(14))
SENT_AT = datetime(2026, 11, 16, 10, 0, tzinfo=UTC)
SITE = "https://tyonohjaus.example"
MANAGE = f"{SITE}/varaus/Zk3vR8Qw1nTt5yLx"

MAIJA = SupervisorContext(name="Maija Meikäläinen", title="työnohjaaja STOry", phone="+358401234567")

#: What nearly every letter to a participant has in common.
TO_ANNA: dict[str, object] = {
    "sent_at": SENT_AT,
    "first_name": "Anna",
    "supervisor": MAIJA,
    "privacy_url": f"{SITE}/tietosuoja",
}
TO_MAIJA: dict[str, object] = {"sent_at": SENT_AT, "first_name": "Maija"}
#: Letters about access itself.
TO_KAISA: dict[str, Any] = {"sent_at": SENT_AT, "first_name": "Kaisa", "privacy_url": f"{SITE}/tietosuoja"}
SETTINGS = {"settings_url": f"{SITE}/viestiasetukset/p0Wq7cJm"}


Context = TypeVar("Context", bound=LetterContext)


def told(shape: type[Context], *parts: Mapping[str, object], **fields: object) -> Context:
    """A context from common parts and fields of its own; what comes later wins."""
    return shape.model_validate({key: value for part in (*parts, fields) for key, value in part.items()})


def meeting(starts_at: datetime = STARTS_AT, minutes: int = 60, **changes: object) -> Appointment:
    fields = {"starts_at": starts_at, "ends_at": starts_at + timedelta(minutes=minutes), "location": OFFICE}
    return Appointment.model_validate(fields | changes)


def session(starts_at: datetime = STARTS_AT, minutes: int = 60, **changes: object) -> SessionContext:
    fields = {
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(minutes=minutes),
        "location": OFFICE,
        "number": 3,
        "total": 12,
        "free_until": starts_at - timedelta(hours=24),
        "late_fee_percent": 100,
    }
    return SessionContext.model_validate(fields | changes)


def series(count: int = 12, **changes: object) -> tuple[SessionContext, ...]:
    """Every three weeks from September on, over both nights when the clocks leap."""
    first = at_wall_clock(date(2026, 9, 7), time(14))
    return tuple(session(same_wall_clock(first, 21 * n), 75, number=n + 1, **changes) for n in range(count))


MOVED = session(at_wall_clock(date(2026, 12, 9), time(9)))
ONLINE: dict[str, Any] = {"mode": Mode.remote, "location": None, "join_url": "https://etayhteys.example/tila/481-220"}
TALK = meeting(minutes=45, starts_at=at_wall_clock(date(2026, 11, 20), time(10, 30)))
NEXT = meeting(at_wall_clock(date(2026, 12, 28), time(14)))
MORNING = at_wall_clock(MONDAY, time(5, 30))

CONTENT = SummaryContent(
    themes=("työn rajaaminen ja kiire", "palautteen antaminen työparille"),
    actions=(
        ActionContext(text="sovitaan tiimin kanssa yhteinen keskeytyksetön tunti", due_date=date(2026, 12, 18)),
        ActionContext(text="kokeillaan viikon lopuksi lyhyttä kirjausta onnistumisista"),
    ),
    goals=(GoalStanding(title="Työpäivän tauotus", level=0), GoalStanding(title="Vastuunjako", level=-1)),
    reflection="Mistä huomaat, että raja pitää?",
)

AGENDA = DailyAgenda.model_validate(
    TO_MAIJA
    | {
        "sent_at": MORNING,
        "day": MONDAY,
        "items": (
            AgendaItem(
                starts_at=at_wall_clock(MONDAY, time(9)),
                ends_at=at_wall_clock(MONDAY, time(10)),
                process_code="TO-2026-014",
                form=Form.individual,
                number=1,
                total=10,
                location="Esimerkkikatu 1 A 2",
            ),
            AgendaItem(
                starts_at=at_wall_clock(MONDAY, time(12)),
                ends_at=at_wall_clock(MONDAY, time(12, 45)),
                location="Esimerkkikatu 1 A 2",
            ),
            AgendaItem(
                starts_at=at_wall_clock(MONDAY, time(14)),
                ends_at=at_wall_clock(MONDAY, time(15, 15)),
                process_code="TO-2026-009",
                form=Form.group,
                number=5,
                total=10,
                mode=Mode.remote,
            ),
        ),
        "changes": (
            AgendaChange(process_code="TO-2026-011", change=AgendaChangeKind.cancelled, starts_at=STARTS_AT),
            AgendaChange(
                process_code="TO-2026-009", change=AgendaChangeKind.moved, starts_at=at_wall_clock(MONDAY, time(14))
            ),
        ),
        "missing_summaries": (
            MissingSummary(process_code="TO-2026-007", day=date(2026, 12, 3), url=f"{SITE}/tyo/tapaamiset/7c2e/kirjaa"),
        ),
        "awaited_answers": (
            AwaitedAnswers(
                process_code="TO-2026-009",
                phase=Phase.mid,
                answered=3,
                invited=5,
                url=f"{SITE}/tyo/prosessit/1d4b/arvioinnit/9a70",
            ),
        ),
        "refused_letters": (
            RefusedLetters(process_code="TO-2026-011", name="peruutus", count=2),
            RefusedLetters(name="kartoittava keskustelu varattu"),
        ),
        "calendar_url": f"{SITE}/tyo/kalenteri",
        "letters_url": f"{SITE}/viestit?tila=failed",
    }
)

REPORT = TO_MAIJA | {
    "process_code": "TO-2026-009",
    "form": Form.group,
    "period": "1.9.–30.11.2026",
    "held": 5,
    "planned": 10,
    "report_url": f"{SITE}/raportti/7f3a",
}
CLIENT = TO_ANNA | {
    "first_name": "Kaisa",
    "process_name": "Kotihoidon tiimi",
    "form": Form.team,
    "period": "7.9.2026–26.4.2027",
    "held": 11,
    "planned": 12,
    "participants": 6,
    "answered": 6,
    "report_url": f"{SITE}/raportti/9c1d",
    "booking_url": f"{SITE}/varaa/maija",
}
EVALUATION = TO_ANNA | {"due": date(2026, 12, 18), "evaluation_url": f"{SITE}/arviointi/Hh2kP9"}

_NAMED: dict[str, LetterContext] = {
    "booking_confirmation": told(BookingConfirmation, TO_ANNA, sessions=(session(),), manage_url=MANAGE),
    "booking_confirmation.online": told(
        BookingConfirmation, TO_ANNA, {"first_name": None}, sessions=(session(**ONLINE),), manage_url=MANAGE
    ),
    "booking_confirmation.deadline_passed": told(
        BookingConfirmation,
        TO_ANNA,
        {"sent_at": STARTS_AT - timedelta(hours=20)},
        sessions=(session(late_fee_percent=50, waives_force_majeure=False),),
        manage_url=MANAGE,
    ),
    "booking_confirmation.without_fee": told(
        BookingConfirmation, TO_ANNA, sessions=(session(late_fee_percent=0, location=None),), manage_url=MANAGE
    ),
    "booking_confirmation.series": told(
        BookingConfirmation, TO_ANNA, {"sent_at": SENT_AT - timedelta(days=100)}, sessions=series(), manage_url=MANAGE
    ),
    "booking_confirmation.series_in_two_places": told(
        BookingConfirmation, TO_ANNA, sessions=(*series(2), session(number=3, **ONLINE)), manage_url=MANAGE
    ),
    "booking_confirmation.shared": told(
        BookingConfirmation, TO_ANNA, sessions=(session(is_shared=True),), manage_url=MANAGE
    ),
    "booking_confirmation.shared_deadline_passed": told(
        BookingConfirmation,
        TO_ANNA,
        {"sent_at": STARTS_AT - timedelta(hours=20)},
        sessions=(session(is_shared=True),),
        manage_url=MANAGE,
    ),
    "booking_confirmation.shared_series": told(
        BookingConfirmation, TO_ANNA, sessions=series(3, is_shared=True), manage_url=MANAGE
    ),
    "reschedule": told(Reschedule, TO_ANNA, session=MOVED, previous=meeting(), manage_url=MANAGE),
    "reschedule.by_supervisor": told(
        Reschedule,
        TO_ANNA,
        session=MOVED.model_copy(update={"free_until": MOVED.starts_at}),
        previous=meeting(),
        manage_url=MANAGE,
    ),
    "reschedule.deadline_passed": told(
        Reschedule,
        TO_ANNA,
        {"sent_at": MOVED.starts_at - timedelta(hours=3)},
        session=MOVED,
        previous=meeting(),
        manage_url=MANAGE,
    ),
    "reschedule.place": told(Reschedule, TO_ANNA, session=session(**ONLINE), previous=meeting(), manage_url=MANAGE),
    "cancellation": told(Cancellation, TO_ANNA, sessions=(meeting(),), booking_url=f"{MANAGE}/uusi", next_session=NEXT),
    "cancellation.by_supervisor": told(
        Cancellation, TO_ANNA, sessions=(meeting(),), by_supervisor=True, booking_url=f"{MANAGE}/uusi"
    ),
    "cancellation.shared": told(Cancellation, TO_ANNA, sessions=(meeting(),), is_shared=True, next_session=NEXT),
    "cancellation.wished_late": told(
        Cancellation, TO_ANNA, sessions=(meeting(),), by_supervisor=True, is_shared=True, late=1, late_fee_percent=100
    ),
    "cancellation.late": told(Cancellation, TO_ANNA, sessions=(meeting(),), late=1, late_fee_percent=100),
    "cancellation.several": told(Cancellation, TO_ANNA, sessions=series(3), by_supervisor=True),
    "cancellation.two_first_late": told(Cancellation, TO_ANNA, sessions=series(2), late=1, late_fee_percent=100),
    "cancellation.several_late": told(Cancellation, TO_ANNA, sessions=series(3), late=2, late_fee_percent=50),
    "cancellation.all_late": told(Cancellation, TO_ANNA, sessions=series(2), late=2, late_fee_percent=50),
    "departure": told(Departure, TO_ANNA, sessions=series(3)),
    "reminder_week": told(
        Reminder,
        TO_ANNA,
        SETTINGS,
        {"sent_at": at_wall_clock(date(2026, 11, 30), time(9))},
        session=session(),
        manage_url=MANAGE,
    ),
    "reminder_week.first_and_earlier": told(
        Reminder,
        TO_ANNA,
        SETTINGS,
        {"sent_at": at_wall_clock(date(2026, 11, 27), time(9))},
        session=session(number=1),
        manage_url=MANAGE,
    ),
    "reminder_week.declined": told(
        Reminder,
        TO_ANNA,
        SETTINGS,
        {"sent_at": at_wall_clock(date(2026, 11, 30), time(9))},
        session=session(is_shared=True),
        manage_url=MANAGE,
        intention=Intention.not_coming,
    ),
    "reminder_week.shared": told(
        Reminder,
        TO_ANNA,
        SETTINGS,
        {"sent_at": at_wall_clock(date(2026, 11, 30), time(9))},
        session=session(is_shared=True),
        manage_url=MANAGE,
        intention=Intention.coming,
    ),
    "reminder_day.declined": told(
        Reminder,
        TO_ANNA,
        SETTINGS,
        {"sent_at": at_wall_clock(date(2026, 12, 6), time(9))},
        session=session(is_shared=True),
        manage_url=MANAGE,
        intention=Intention.not_coming,
    ),
    "reminder_day": told(
        Reminder,
        TO_ANNA,
        SETTINGS,
        {"sent_at": at_wall_clock(date(2026, 12, 6), time(9))},
        session=session(),
        manage_url=MANAGE,
    ),
    "reminder_day.earlier": told(
        Reminder,
        TO_ANNA,
        SETTINGS,
        {"sent_at": at_wall_clock(date(2026, 12, 4), time(9))},
        session=session(**ONLINE),
        manage_url=MANAGE,
    ),
    "intake_confirm_link": told(
        IntakeConfirmLink,
        TO_ANNA,
        meeting=TALK,
        expires_at=SENT_AT + timedelta(minutes=30),
        confirm_url=f"{SITE}/vahvista/aB3dE5",
    ),
    "intake_confirmed": told(IntakeConfirmed, TO_ANNA, meeting=TALK, manage_url=MANAGE),
    "intake_confirmed.charged": told(IntakeConfirmed, TO_ANNA, meeting=TALK, free_of_charge=False, manage_url=MANAGE),
    "intake_moved": told(IntakeMoved, TO_ANNA, meeting=TALK, previous=meeting(), manage_url=MANAGE),
    "intake_cancelled": told(IntakeCancelled, TO_ANNA, meeting=TALK, by_supervisor=True, booking_url=f"{SITE}/varaa"),
    "login_link": LoginLink(
        **TO_KAISA, login_url=f"{SITE}/kirjaudu/T9sX4v", expires_at=SENT_AT + timedelta(minutes=30)
    ),
    "device_code": DeviceCode(**TO_KAISA, code="042917", expires_at=SENT_AT + timedelta(minutes=10)),
    "address_stated": AddressStated(
        **TO_KAISA, confirm_url=f"{SITE}/osoite/T9sX4v", expires_at=SENT_AT + timedelta(days=2)
    ),
    "address_changed": AddressChanged(**TO_KAISA),
    "passkey_added": PasskeyAdded(**TO_KAISA, account_url=f"{SITE}/kirjautuminen"),
    "passkey_removed": PasskeyRemoved(**TO_KAISA, account_url=f"{SITE}/kirjautuminen"),
    "webhook_ended": WebhookEnded(**TO_KAISA, host="ohjelma.example", is_gone=False, webhooks_url=f"{SITE}/webhookit"),
    "webhook_ended.gone": WebhookEnded(
        **TO_KAISA, host="ohjelma.example", is_gone=True, webhooks_url=f"{SITE}/webhookit"
    ),
    "test_letter": TestLetter(
        **TO_KAISA, arrived_url=f"{SITE}/koekirje/Kb2mR7", expires_at=SENT_AT + timedelta(days=2)
    ),
    "process_request": told(
        ProcessRequest, TO_MAIJA, request_url=f"{SITE}/tyo/pyynnot/4f1c", answer_by=SENT_AT + timedelta(days=7)
    ),
    "daily_agenda": AGENDA,
    "daily_agenda.one": AGENDA.model_copy(update={"items": AGENDA.items[:1], "changes": (), "refused_letters": ()}),
    "daily_agenda.none": told(
        DailyAgenda,
        TO_MAIJA,
        {"sent_at": MORNING},
        day=MONDAY,
        next_session=NEXT,
        calendar_url=f"{SITE}/tyo/kalenteri",
        letters_url=f"{SITE}/viestit?tila=failed",
    ),
    "news": told(
        NewsLetter,
        TO_MAIJA,
        items=(
            NewsItem(
                headline="tapaaminen on siirretty",
                process_code="TO-2026-009",
                starts_at=STARTS_AT,
                url=f"{SITE}/tyo/tapaamiset/7c2e",
            ),
            NewsItem(
                headline="kartoittava keskustelu on varattu", starts_at=STARTS_AT, url=f"{SITE}/tyo/kartoitukset/5b1c"
            ),
            NewsItem(headline="viesti ei lähtenyt (peruutus)", url=f"{SITE}/viestit/3f9d"),
        ),
        choices_url=f"{SITE}/viestit/ilmoitukset",
    ),
    "news.one": told(
        NewsLetter,
        TO_MAIJA,
        items=(
            NewsItem(
                headline="yksi osallistuja ei pääse",
                process_code="TO-2026-009",
                starts_at=STARTS_AT,
                url=f"{SITE}/tyo/tapaamiset/7c2e",
            ),
        ),
        choices_url=f"{SITE}/viestit/ilmoitukset",
    ),
    "summary": told(
        SummaryContext,
        TO_ANNA,
        day=MONDAY,
        summary_url=f"{SITE}/yhteenveto/Qe7uM2",
        link_expires_on=date(2027, 1, 6),
        next_session=NEXT,
    ),
    "summary.in_full": told(
        SummaryContext,
        TO_ANNA,
        day=MONDAY,
        summary_url=f"{SITE}/yhteenveto/Qe7uM2",
        link_expires_on=date(2027, 1, 6),
        content=CONTENT,
        next_session=NEXT,
    ),
    "summary.corrected": told(
        SummaryContext,
        TO_ANNA,
        day=MONDAY,
        summary_url=f"{SITE}/yhteenveto/Qe7uM2",
        link_expires_on=date(2027, 1, 6),
        is_correction=True,
    ),
    "session_feedback": told(SessionFeedback, TO_ANNA, day=MONDAY, feedback_url=f"{SITE}/palaute/Lk8"),
    "evaluation_request.start": told(EvaluationRequest, EVALUATION, phase=Phase.start, form=Form.pair),
    "evaluation_request": told(
        EvaluationRequest, EVALUATION, phase=Phase.mid, form=Form.team, discussed_in=meeting(NEXT.starts_at, 75)
    ),
    "evaluation_request.final": told(EvaluationRequest, EVALUATION, phase=Phase.final, form=Form.individual),
    "evaluation_reminder": told(EvaluationReminder, EVALUATION, SETTINGS, phase=Phase.mid),
    "evaluation_reminder.final": told(EvaluationReminder, EVALUATION, SETTINGS, phase=Phase.final),
    "goal_report": told(
        GoalReportContext,
        REPORT,
        answered=4,
        invited=5,
        goals_met=2,
        goals_scored=3,
        t_baseline=34.577,
        t_now=52.203,
        t_change=17.626,
        report=render_for_letter(build_sheet(sample_reports.goal_report())),
        flags=("yksi vastaus puuttuu", "tavoite ”Vastuunjako” on jäänyt lähtötasolle"),
    ),
    "goal_report.unscored": told(GoalReportContext, REPORT),
    "goal_report.long": told(
        GoalReportContext, REPORT, report=render_for_letter(build_sheet(sample_reports.long_goal_report()))
    ),
    "overview_report": told(
        OverviewReportContext,
        TO_MAIJA,
        period="marraskuu 2026",
        processes=6,
        held=14,
        flags=("TO-2026-007: kaksi yhteenvetoa kirjoittamatta",),
        report=render_for_letter(build_sheet(sample_reports.overview_report())),
        report_url=f"{SITE}/raportti/1b2c",
    ),
    "overview_report.long": told(
        OverviewReportContext,
        TO_MAIJA,
        period="marraskuu 2026",
        processes=50,
        held=140,
        report=render_for_letter(build_sheet(sample_reports.busy_overview(50))),
        report_url=f"{SITE}/raportti/1b2c",
    ),
    "report_review": told(ReportReview, TO_ANNA, form=Form.team, review_url=f"{SITE}/raportti/Rr4"),
    "report_review.individual": told(ReportReview, TO_ANNA, form=Form.individual, review_url=f"{SITE}/raportti/Rr4"),
    "client_report": told(ClientReportContext, CLIENT),
    "client_report.few_answers": told(ClientReportContext, CLIENT, {"participants": 4, "answered": 4}),
    "client_report.individual": told(
        ClientReportContext,
        CLIENT,
        {"form": Form.individual, "participants": 1, "answered": 1, "process_name": "Työnohjaus"},
    ),
}

SAMPLES: dict[str, tuple[LetterKind, LetterContext]] = {
    name: (LetterKind(name.partition(".")[0]), context) for name, context in _NAMED.items()
}
