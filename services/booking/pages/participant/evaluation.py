"""A participant's forms: the evaluation of the process, and the feedback on a session."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import ValidationError
from starlette.responses import Response

from services.booking.dependencies import NotesEncryption
from services.booking.evaluation import answer_drafts, answers, feedback, round_schedule, rounds
from services.booking.evaluation.answers import AnswerDraft, AnswerWithRatings, Ratings, RoundQuestions
from services.booking.evaluation.goals import describe_goal
from services.booking.models.evaluation import Evaluation, Feedback, Invitation
from services.booking.models.people import Participant, Process
from services.booking.models.sessions import Session
from services.booking.pages.participant.device import Browser, ParticipantBrowser
from services.booking.pages.site import DoneQuery, pages
from services.booking.security import audit
from services.booking.security.links import LinkPurpose
from services.booking.supervision import benefits
from services.booking.supervision.personal_links import follow_personal_link
from services.core.database import Database
from services.core.encryption import Encryption
from services.events.catalogue import Form, Phase
from services.finnish import vocabulary
from services.web.errors.problems import InvalidRequest
from services.web.pages.forms import Fields, Refused, Typed, filled_in, reasons, status_of
from services.web.security.visitors import redirect
from services.web.transactions import Db, Now, RecordedRoute

router = APIRouter(route_class=RecordedRoute, include_in_schema=False)

CANNOT_SAY = "ei"
GOAL_PREFIX, BENEFIT_PREFIX = "goals.", "benefits."


@router.get("/arviointi/{secret}")
def show_evaluation(
    db: Db, now: Now, encryption: NotesEncryption, browser: Browser, secret: str, done: DoneQuery = ""
) -> Response:
    """A draft comes before the answer that it will replace, so that one goes on where one left off.

    Each is shown in the browser from which it came, and in a confirmed one.
    """
    one, invitation, person = _find_invitation(db, secret, now)
    given = answers.find_answer(db, one.id, invitation.participant_id)
    draft = answer_drafts.load_draft(encryption, invitation, AnswerDraft)
    typed: Fields = {}
    if draft and _may_show(db, browser, person, invitation.drafted_on, now):
        typed = _draft_fields(draft)
    elif given and _may_show(db, browser, person, invitation.written_on, now):
        typed = _answer_fields(encryption, given)
    return _page(
        db,
        one,
        secret,
        now,
        typed,
        done=done,
        is_begun=draft is not None,
        is_answered=given is not None,
        is_hidden=bool(draft or given) and not typed,
    )


def _may_show(db: Database, browser: ParticipantBrowser, person: Participant, from_: str | None, now: datetime) -> bool:
    return browser.wrote(from_) or browser.is_confirmed(db, person, now)


@router.post("/arviointi/{secret}")
def send_answer(db: Db, now: Now, encryption: NotesEncryption, browser: Browser, secret: str, typed: Typed) -> Response:
    """A refused form is shown again, with what was typed and what is wrong."""
    one, invitation, _ = _find_invitation(db, secret, now, lock=True)
    try:
        ratings = Ratings.model_validate(_parse_ratings(typed))
        answer = answers.give_answer(db, encryption, one, invitation.participant_id, ratings, now)
    except (ValidationError, InvalidRequest) as refused:
        return _page(db, one, secret, now, typed, refused)
    audit.note(db, now, "evaluation.answered", f"answer/{answer.id}", f"participant/{invitation.participant_id}")
    return _written(browser, invitation, f"/arviointi/{secret}", tehty="lahetetty")


def _written(browser: ParticipantBrowser, row: Invitation | Feedback, page: str, **query: str) -> Response:
    """Back to the page, which may show in this browser what was just written in it."""
    known = browser.with_cookie()
    row.written_on = known.digest
    return _back(known, page, **query)


def _back(known: ParticipantBrowser, page: str, **query: str) -> Response:
    response = redirect(page, **query)
    known.remember(response)
    return response


@router.post("/arviointi/{secret}/luonnos")
def save_answer_draft(
    db: Db, now: Now, encryption: NotesEncryption, browser: Browser, secret: str, typed: Typed
) -> Response:
    """Save a draft, by the button or by the script; only sending makes it an answer.

    One that says the same as the answer is none; but whoever may not read the answer does not learn that.
    """
    one, invitation, person = _find_invitation(db, secret, now, lock=True)
    if rounds.is_round_over(one, now):
        raise rounds.RoundIsClosed
    try:
        draft = AnswerDraft.model_validate(_parse_ratings(typed))
    except ValidationError as refused:
        return _page(db, one, secret, now, typed, refused)
    known, given = browser.with_cookie(), answers.find_answer(db, one.id, invitation.participant_id)
    is_readable = _may_show(db, known, person, invitation.written_on, now)
    if given and is_readable and answers.is_same_answer(encryption, given, draft):
        answer_drafts.drop_draft(db, one.id, invitation.participant_id)
    else:
        answer_drafts.store_draft(encryption, invitation, draft, known.digest)
    return _back(known, f"/arviointi/{secret}", tehty="tallennettu")


def _find_invitation(
    db: Database, secret: str, now: datetime, *, lock: bool = False
) -> tuple[Evaluation, Invitation, Participant]:
    person, invitation_id = follow_personal_link(db, LinkPurpose.evaluation, secret, now)
    return *rounds.find_round_of_invitation(db, invitation_id, lock=lock), person


def _page(
    db: Database,
    one: Evaluation,
    secret: str,
    now: datetime,
    typed: Fields,
    refused: Refused | None = None,
    *,
    done: str = "",
    is_begun: bool = False,
    is_answered: bool = False,
    is_hidden: bool = False,
) -> Response:
    questions = answers.load_questions(db, one)
    return pages.show(
        "evaluation.html",
        status_of(refused),
        secret=secret,
        phase=Phase(one.phase),
        label=vocabulary.EVALUATIONS[Phase(one.phase)],
        due=round_schedule.due_day(one.due_at),
        is_over=rounds.is_round_over(one, now),
        is_begun=is_begun,
        is_answered=is_answered,
        is_hidden=is_hidden,
        done=done,
        process=db.get_one(Process, one.process_id),
        is_alone=questions.form is Form.individual,
        goals=_goals(questions),
        benefits={f"{BENEFIT_PREFIX}{id_}": benefits.BENEFITS[id_].statement for id_ in one.benefits},
        level_labels=vocabulary.LEVEL_LABELS,
        cannot_say=CANNOT_SAY,
        typed=typed,
        wrong=reasons(refused),
    )


def _goals(questions: RoundQuestions) -> Mapping[str, object]:
    """Not at the start: the baseline of each goal is agreed with the goals themselves."""
    if questions.evaluation.phase == Phase.start:
        return {}
    return {f"{GOAL_PREFIX}{worded.goal.id}": describe_goal(worded) for worded in questions.goals.current}


def _answer_fields(encryption: Encryption, given: AnswerWithRatings) -> dict[str, str]:
    """An answer as the fields of its form."""
    comment = answers.read_comment(encryption, given.answer)
    return _fields(given.goals, given.benefits, comment)


def _draft_fields(draft: AnswerDraft) -> dict[str, str]:
    return _fields(draft.goals, draft.benefits, draft.comment)


def _fields(
    goals: Mapping[UUID, int], agreements: Mapping[benefits.BenefitId, int | None], comment: str | None
) -> dict[str, str]:
    levels = {f"{GOAL_PREFIX}{goal_id}": str(level) for goal_id, level in goals.items()}
    said = {id_: CANNOT_SAY if agreement is None else str(agreement) for id_, agreement in agreements.items()}
    agreed = {f"{BENEFIT_PREFIX}{id_}": agreement for id_, agreement in said.items()}
    return levels | agreed | {"comment": comment or ""}


def _parse_ratings(typed: Mapping[str, str]) -> dict[str, object]:
    def under(prefix: str) -> dict[str, str]:
        return {name.removeprefix(prefix): value for name, value in typed.items() if name.startswith(prefix) and value}

    agreements = {benefit: None if value == CANNOT_SAY else value for benefit, value in under(BENEFIT_PREFIX).items()}
    return {"goals": under(GOAL_PREFIX), "benefits": agreements, "comment": typed.get("comment", "").strip() or None}


@router.get("/palaute/{secret}")
def show_feedback_form(
    db: Db,
    now: Now,
    encryption: NotesEncryption,
    browser: Browser,
    secret: str,
    is_saved: Annotated[bool, Query(alias="tallennettu")] = False,
) -> Response:
    one, session, person = _find_feedback(db, secret, now)
    typed = _feedback_fields(encryption, one) if one.answered_at else {}
    is_shown = browser.wrote(one.written_on) or browser.is_confirmed(db, person, now)
    is_hidden = bool(typed) and not is_shown
    return _feedback_page(session, secret, typed if is_shown else {}, is_saved=is_saved, is_hidden=is_hidden)


@router.post("/palaute/{secret}")
def save_feedback(
    db: Db, now: Now, encryption: NotesEncryption, browser: Browser, secret: str, typed: Typed
) -> Response:
    """A refused form is shown again, with what was typed and what is wrong."""
    one, session, _ = _find_feedback(db, secret, now, lock=True)
    try:
        wanted = feedback.FeedbackCreate.model_validate(filled_in(typed, feedback.FeedbackCreate.model_fields))
    except ValidationError as refused:
        return _feedback_page(session, secret, typed, refused)
    feedback.give_feedback(db, encryption, one, wanted, now)
    audit.note(db, now, "feedback.given", f"session/{session.id}", f"participant/{one.participant_id}")
    return _written(browser, one, f"/palaute/{secret}", tallennettu="1")


def _find_feedback(
    db: Database, secret: str, now: datetime, *, lock: bool = False
) -> tuple[Feedback, Session, Participant]:
    person, feedback_id = follow_personal_link(db, LinkPurpose.feedback, secret, now)
    return *feedback.find_feedback_of_link(db, feedback_id, lock=lock), person


def _feedback_page(
    session: Session,
    secret: str,
    typed: Fields,
    refused: Refused | None = None,
    *,
    is_saved: bool = False,
    is_hidden: bool = False,
) -> Response:
    return pages.show(
        "feedback.html",
        status_of(refused),
        secret=secret,
        session=session,
        items=feedback.FEEDBACK_ITEMS,
        is_saved=is_saved,
        is_hidden=is_hidden,
        typed=typed,
        wrong=reasons(refused),
    )


def _feedback_fields(encryption: Encryption, one: Feedback) -> dict[str, str]:
    takeaway = feedback.read_takeaway(encryption, one)
    return {item: str(score) for item, score in feedback.read_scores(one).items()} | {"takeaway": takeaway or ""}
