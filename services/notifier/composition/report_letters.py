"""Drafts letters about evaluations, summaries and reports from the loaded sources."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.finnish.workdays import local
from services.notifier.composition import contexts
from services.notifier.composition.addresses import Mailbox
from services.notifier.composition.mime import AttachedFile
from services.notifier.composition.session_letters import (
    Drafting,
    LetterDraft,
    appointment,
    first_word,
    mentioned_sessions,
    next_appointment,
    recipient_of,
    reply_to,
    supervisor_letter_fields,
    supervisor_of,
)
from services.notifier.composition.sources import NothingToSend, Sources, found_or_nothing_to_send
from services.notifier.kinds import LetterKind
from services.notifier.models import Evaluation, Letter, Participant, Report


def _link_of(links: Mapping[str, str] | None, recipient: UUID) -> UUID:
    return UUID(found_or_nothing_to_send(links or {}, str(recipient)))


def _evaluation_fields(sources: Sources, letter: Letter, evaluation: Evaluation, person: Participant) -> dict[str, Any]:
    return supervisor_letter_fields(sources, letter, person.first_name) | {
        "phase": evaluation.phase,
        "due": local(evaluation.due_at).date(),
        "evaluation_url": sources.personal_link(
            "arviointi", person, _link_of(evaluation.answer_links, letter.recipient_id)
        ),
    }


def _evaluation_request(sources: Sources, letter: Letter) -> LetterDraft:
    person, mailbox = recipient_of(sources, letter)
    evaluation = found_or_nothing_to_send(sources.evaluations, letter.subject_id)
    process = found_or_nothing_to_send(sources.processes, letter.process_id)
    calendar = sources.calendars.get(process.process_id, ())
    coming = [row for row in calendar if row.starts_at == evaluation.discussed_at]
    context = contexts.EvaluationRequest(
        **_evaluation_fields(sources, letter, evaluation, person),
        form=process.form,
        min_group_size=process.min_group_size,
        discussed_in=appointment(coming[0]) if coming else None,
    )
    return LetterDraft(context, mailbox, reply_to(sources, letter))


def _evaluation_reminder(sources: Sources, letter: Letter) -> LetterDraft:
    person, mailbox = recipient_of(sources, letter)
    evaluation = found_or_nothing_to_send(sources.evaluations, letter.subject_id)
    context = contexts.EvaluationReminder(**_evaluation_fields(sources, letter, evaluation, person))
    return LetterDraft(context, mailbox, reply_to(sources, letter))


def _session_feedback(sources: Sources, letter: Letter) -> LetterDraft:
    (person, mailbox), [(_, row)] = recipient_of(sources, letter), mentioned_sessions(sources, letter)
    context = contexts.SessionFeedback(
        **supervisor_letter_fields(sources, letter, person.first_name),
        day=local(row.starts_at).date(),
        feedback_url=sources.personal_link("palaute", person, _link_of(row.feedback_links, letter.recipient_id)),
    )
    return LetterDraft(context, mailbox, reply_to(sources, letter))


def _summary(sources: Sources, letter: Letter) -> LetterDraft:
    person, mailbox = recipient_of(sources, letter)
    published = found_or_nothing_to_send(sources.summaries, letter.subject_id)
    summary = next((version for version in published if version.published_at == letter.time), None)
    if summary is None:
        raise NothingToSend
    wants_text = person.summary_in_letter and summary.content is not None
    context = contexts.SummaryContext(
        **supervisor_letter_fields(sources, letter, person.first_name),
        day=_day_of(sources, letter, summary.session_id),
        summary_url=sources.personal_link("yhteenveto", person, _link_of(summary.links, letter.recipient_id)),
        link_expires_on=local(summary.link_expires_at).date(),
        is_correction=any(version.sends_letter and version.version < summary.version for version in published),
        content=contexts.SummaryContent.model_validate(summary.content) if wants_text else None,
        next_session=next_appointment(sources, letter),
    )
    return LetterDraft(context, mailbox, reply_to(sources, letter))


def _day_of(sources: Sources, letter: Letter, session_id: UUID) -> Any:
    calendar = found_or_nothing_to_send(sources.calendars, letter.process_id)
    row = next((row for row in calendar if row.session_id == session_id), None)
    if row is None:
        raise NothingToSend
    return local(row.starts_at).date()


def _figures(report: Report, context: type[contexts.LetterContext]) -> dict[str, Any]:
    """What reporting tells under the names that the letter knows; flags come as lines."""
    known = {name: value for name, value in report.figures.items() if name in context.model_fields}
    if isinstance(flags := known.get("flags"), str):
        known["flags"] = tuple(flags.splitlines())
    return known


def _pdf(report: Report, name: str) -> list[AttachedFile]:
    return [AttachedFile(name, report.pdf)] if report.pdf else []


def _to_supervisor(sources: Sources, letter: Letter, report: Report) -> tuple[dict[str, Any], Mailbox]:
    supervisor = supervisor_of(sources, letter)
    if report.supervisor_link is None or not supervisor.active:
        raise NothingToSend
    common = {
        "sent_at": sources.now,
        "first_name": first_word(supervisor.full_name),
        "period": report.period_label,
        "report_url": sources.report_link(report.supervisor_link, supervisor.address_id),
        "report": report.html,
    }
    return common, Mailbox(supervisor.email, supervisor.full_name)


def _goal_report(sources: Sources, letter: Letter) -> LetterDraft:
    report = found_or_nothing_to_send(sources.reports, letter.subject_id)
    process = found_or_nothing_to_send(sources.processes, letter.process_id)
    common, mailbox = _to_supervisor(sources, letter, report)
    figures = _figures(report, contexts.GoalReportContext)
    named = {"process_code": process.code, "form": process.form}
    context = contexts.GoalReportContext.model_validate(figures | common | named)
    return LetterDraft(context, mailbox, attachments=_pdf(report, f"tavoitearviointi-{process.code}.pdf"))


def _overview_report(sources: Sources, letter: Letter) -> LetterDraft:
    report = found_or_nothing_to_send(sources.reports, letter.subject_id)
    common, mailbox = _to_supervisor(sources, letter, report)
    context = contexts.OverviewReportContext.model_validate(_figures(report, contexts.OverviewReportContext) | common)
    return LetterDraft(context, mailbox, attachments=_pdf(report, "yhteenveto-prosesseista.pdf"))


def _report_review(sources: Sources, letter: Letter) -> LetterDraft:
    person, mailbox = recipient_of(sources, letter)
    report = found_or_nothing_to_send(sources.reports, letter.subject_id)
    link = _link_of(report.review_links, person.participant_id)
    context = contexts.ReportReview(
        **supervisor_letter_fields(sources, letter, person.first_name),
        form=found_or_nothing_to_send(sources.processes, letter.process_id).form,
        review_url=sources.report_link(link, person.address_id),
    )
    return LetterDraft(context, mailbox, reply_to(sources, letter))


def _client_report(sources: Sources, letter: Letter) -> LetterDraft:
    report = found_or_nothing_to_send(sources.reports, letter.subject_id)
    process = found_or_nothing_to_send(sources.processes, letter.process_id)
    if report.client_link is None or not process.client_email:
        raise NothingToSend
    fields = supervisor_letter_fields(sources, letter, process.client_first_name) | {
        "process_name": process.title,
        "form": process.form,
        "period": report.period_label,
        "min_group_size": process.min_group_size,
        "report_url": sources.report_link(report.client_link, process.client_address_id),
    }
    context = contexts.ClientReportContext.model_validate(_figures(report, contexts.ClientReportContext) | fields)
    mailbox = Mailbox(process.client_email, f"{process.client_first_name} {process.client_last_name}")
    return LetterDraft(context, mailbox, reply_to(sources, letter))


REPORT_DRAFTING: Mapping[LetterKind, Drafting] = {
    LetterKind.evaluation_request: _evaluation_request,
    LetterKind.evaluation_reminder: _evaluation_reminder,
    LetterKind.session_feedback: _session_feedback,
    LetterKind.summary: _summary,
    LetterKind.goal_report: _goal_report,
    LetterKind.overview_report: _overview_report,
    LetterKind.report_review: _report_review,
    LetterKind.client_report: _client_report,
}
