"""What each letter about evaluations, summaries and reports tells, from what lies on the desk."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.notifier import contexts
from services.notifier.contexts import LetterKind
from services.notifier.desk import Desk, NothingToSend, found
from services.notifier.drafts import (
    Draft,
    Drafting,
    correspondence,
    first_word,
    meeting,
    next_meeting,
    participant_of,
    reply_to,
    supervisor_of,
    told_by,
)
from services.notifier.mailboxes import Mailbox
from services.notifier.mime import Attachment
from services.notifier.models import Evaluation, Letter, Report
from services.workdays import local


def _link(desk: Desk, path: str, links: Mapping[str, str] | None, recipient: UUID) -> str:
    return desk.link(path, UUID(found(links or {}, str(recipient))))


# -- evaluations ------------------------------------------------------------------------------------------


def _asked(desk: Desk, letter: Letter, evaluation: Evaluation, first_name: str) -> dict[str, Any]:
    return correspondence(desk, letter, first_name) | {
        "phase": evaluation.phase,
        "due": local(evaluation.due_at).date(),
        "evaluation_url": _link(desk, "arviointi", evaluation.answer_links, letter.recipient_id),
    }


def _evaluation_request(desk: Desk, letter: Letter) -> Draft:
    (person, mailbox), evaluation = participant_of(desk, letter), found(desk.evaluations, letter.subject_id)
    process = found(desk.processes, letter.process_id)
    talked_over = evaluation.discussed_at
    coming = [row for row in desk.calendars.get(process.process_id, ()) if row.starts_at == talked_over]
    context = contexts.EvaluationRequest(
        **_asked(desk, letter, evaluation, person.first_name),
        form=process.form,
        min_group_size=process.min_group_size,
        discussed_in=meeting(coming[0]) if coming else None,
    )
    return Draft(context, mailbox, reply_to(desk, letter))


def _evaluation_reminder(desk: Desk, letter: Letter) -> Draft:
    (person, mailbox), evaluation = participant_of(desk, letter), found(desk.evaluations, letter.subject_id)
    context = contexts.EvaluationReminder(**_asked(desk, letter, evaluation, person.first_name))
    return Draft(context, mailbox, reply_to(desk, letter))


def _session_feedback(desk: Desk, letter: Letter) -> Draft:
    (person, mailbox), [(_, row)] = participant_of(desk, letter), told_by(desk, letter)
    context = contexts.SessionFeedback(
        **correspondence(desk, letter, person.first_name),
        day=local(row.starts_at).date(),
        feedback_url=_link(desk, "palaute", row.feedback_links, letter.recipient_id),
    )
    return Draft(context, mailbox, reply_to(desk, letter))


# -- summaries --------------------------------------------------------------------------------------------


def _summary(desk: Desk, letter: Letter) -> Draft:
    (person, mailbox), published = participant_of(desk, letter), found(desk.summaries, letter.subject_id)
    summary = next((version for version in published if version.published_at == letter.time), None)
    if summary is None:
        raise NothingToSend
    wants_text = person.summary_in_letter and summary.content is not None
    context = contexts.Summary(
        **correspondence(desk, letter, person.first_name),
        day=_day_of(desk, letter, summary.session_id),
        summary_url=_link(desk, "yhteenveto", summary.links, letter.recipient_id),
        link_expires_on=local(summary.link_expires_at).date(),
        is_correction=any(version.sends_letter and version.version < summary.version for version in published),
        content=contexts.SummaryContent.model_validate(summary.content) if wants_text else None,
        next_session=next_meeting(desk, letter),
    )
    return Draft(context, mailbox, reply_to(desk, letter))


def _day_of(desk: Desk, letter: Letter, session_id: UUID) -> Any:
    calendar = found(desk.calendars, letter.process_id)
    row = next((row for row in calendar if row.session_id == session_id), None)
    if row is None:
        raise NothingToSend
    return local(row.starts_at).date()


# -- reports ----------------------------------------------------------------------------------------------


def _figures(report: Report, context: type[contexts.LetterContext]) -> dict[str, Any]:
    """What reporting tells under the names that the letter knows; flags come as lines."""
    known = {name: value for name, value in report.figures.items() if name in context.model_fields}
    if isinstance(flags := known.get("flags"), str):
        known["flags"] = tuple(flags.splitlines())
    return known


def _pdf(report: Report, name: str) -> list[Attachment]:
    return [Attachment(name, report.pdf)] if report.pdf else []


def _to_supervisor(desk: Desk, letter: Letter, report: Report) -> tuple[dict[str, Any], Mailbox]:
    supervisor = supervisor_of(desk, letter)
    if report.supervisor_link is None:
        raise NothingToSend
    common = {
        "sent_at": desk.now,
        "first_name": first_word(supervisor.full_name),
        "period": report.period_label,
        "report_url": desk.report_link(report.supervisor_link),
        "report": report.html,
    }
    return common, Mailbox(supervisor.email, supervisor.full_name)


def _goal_report(desk: Desk, letter: Letter) -> Draft:
    report, process = found(desk.reports, letter.subject_id), found(desk.processes, letter.process_id)
    common, mailbox = _to_supervisor(desk, letter, report)
    figures = _figures(report, contexts.GoalReport)
    context = contexts.GoalReport.model_validate(
        figures | common | {"process_code": process.code, "form": process.form}
    )
    return Draft(context, mailbox, attachments=_pdf(report, f"tavoitearviointi-{process.code}.pdf"))


def _overview_report(desk: Desk, letter: Letter) -> Draft:
    report = found(desk.reports, letter.subject_id)
    common, mailbox = _to_supervisor(desk, letter, report)
    context = contexts.OverviewReport.model_validate(_figures(report, contexts.OverviewReport) | common)
    return Draft(context, mailbox, attachments=_pdf(report, "yhteenveto-prosesseista.pdf"))


def _report_review(desk: Desk, letter: Letter) -> Draft:
    (person, mailbox), report = participant_of(desk, letter), found(desk.reports, letter.subject_id)
    context = contexts.ReportReview(
        **correspondence(desk, letter, person.first_name),
        form=found(desk.processes, letter.process_id).form,
        review_url=desk.report_link(UUID(found(report.review_links or {}, str(person.participant_id)))),
    )
    return Draft(context, mailbox, reply_to(desk, letter))


def _client_report(desk: Desk, letter: Letter) -> Draft:
    report, process = found(desk.reports, letter.subject_id), found(desk.processes, letter.process_id)
    if report.client_link is None or not process.client_email:
        raise NothingToSend
    told = correspondence(desk, letter, process.client_first_name) | {
        "process_name": process.title,
        "form": process.form,
        "period": report.period_label,
        "min_group_size": process.min_group_size,
        "report_url": desk.report_link(report.client_link),
    }
    context = contexts.ClientReport.model_validate(_figures(report, contexts.ClientReport) | told)
    mailbox = Mailbox(process.client_email, f"{process.client_first_name} {process.client_last_name}")
    return Draft(context, mailbox, reply_to(desk, letter))


DRAFTS: Mapping[LetterKind, Drafting] = {
    LetterKind.evaluation_request: _evaluation_request,
    LetterKind.evaluation_reminder: _evaluation_reminder,
    LetterKind.session_feedback: _session_feedback,
    LetterKind.summary: _summary,
    LetterKind.goal_report: _goal_report,
    LetterKind.overview_report: _overview_report,
    LetterKind.report_review: _report_review,
    LetterKind.client_report: _client_report,
}
