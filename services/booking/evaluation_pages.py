"""The pages by which a participant evaluates the process and says what a meeting was like."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.responses import Response

from services import vocabulary
from services.booking import answer_drafts, answers, audit, benefits, evaluation, feedback, links, rounds
from services.booking.answers import Draft, Given, Questions, Ratings
from services.booking.benefits import BenefitId
from services.booking.confidence import Sealed
from services.booking.evaluation import RoundIsClosed
from services.booking.evaluation_models import Evaluation, Feedback, Invitation
from services.booking.feedback import FeedbackWish
from services.booking.goals import described
from services.booking.links import Purpose
from services.booking.models import Process, Session
from services.booking.pages import pages
from services.booking.safe import Safe
from services.database import Database
from services.events.catalogue import Form, Phase
from services.web.forms import Typed, reasons
from services.web.problems import InvalidRequest
from services.web.transactions import Db, Now, TransactionalRoute
from services.web.visitors import redirect

router = APIRouter(route_class=TransactionalRoute, include_in_schema=False)

CANNOT_SAY = "ei"
GOAL, BENEFIT = "goals.", "benefits."


# -- evaluation -------------------------------------------------------------------------------------------


@router.get("/arviointi/{secret}")
def show(db: Db, now: Now, safe: Sealed, secret: str, tehty: str = "") -> Response:
    """A draft before the answer that it is to replace: whoever goes on does so where they left off."""
    one, invitation = _asked(db, secret, now)
    given = answers.of_participant_in(db, one.id, invitation.participant_id)
    begun = answer_drafts.kept(safe, invitation, Draft)
    typed = _begun_as_typed(begun) if begun else _as_typed(safe, given) if given else {}
    return _page(db, one, secret, now, typed, done=tehty, is_begun=begun is not None, is_answered=given is not None)


@router.post("/arviointi/{secret}")
def send(db: Db, now: Now, safe: Sealed, secret: str, typed: Typed) -> Response:
    """What was typed comes back with what is wrong with it."""
    one, invitation = _asked(db, secret, now, lock=True)
    try:
        ratings = Ratings.model_validate(_as_ratings(typed))
        answer = answers.give(db, safe, one, invitation.participant_id, ratings, now)
    except (ValidationError, InvalidRequest) as refused:
        return _page(db, one, secret, now, typed, status=422, wrong=reasons(refused))
    audit.note(db, now, f"participant/{invitation.participant_id}", "evaluation.answered", f"answer/{answer.id}")
    return redirect(f"/arviointi/{secret}", tehty="lahetetty")


@router.post("/arviointi/{secret}/luonnos")
def keep_draft(db: Db, now: Now, safe: Sealed, secret: str, typed: Typed) -> Response:
    """Save what there is, by the button or by the script while one goes on; only sending makes it an answer."""
    one, invitation = _asked(db, secret, now, lock=True)
    if evaluation.is_over(one, now):
        raise RoundIsClosed
    try:
        draft = Draft.model_validate(_as_ratings(typed))
    except ValidationError as error:
        return _page(db, one, secret, now, typed, status=422, wrong=reasons(error))
    given = answers.of_participant_in(db, one.id, invitation.participant_id)
    if given and answers.says_the_same(safe, given, draft):
        answer_drafts.drop(db, one.id, invitation.participant_id)
    else:
        answer_drafts.keep(safe, invitation, draft)
    return redirect(f"/arviointi/{secret}", tehty="tallennettu")


def _asked(db: Database, secret: str, now: datetime, *, lock: bool = False) -> tuple[Evaluation, Invitation]:
    link = links.find(db, Purpose.evaluation, secret, now)
    return evaluation.of_invitation(db, link.subject_id, lock=lock)


def _page(
    db: Database,
    one: Evaluation,
    secret: str,
    now: datetime,
    typed: Mapping[str, str],
    *,
    status: int = 200,
    wrong: Mapping[str, str] | None = None,
    done: str = "",
    is_begun: bool = False,
    is_answered: bool = False,
) -> Response:
    asked = answers.questions(db, one)
    return pages.show(
        "evaluation.html",
        status,
        secret=secret,
        phase=Phase(one.phase),
        label=vocabulary.EVALUATIONS[Phase(one.phase)],
        due=rounds.last_day(one.due_at),
        is_over=evaluation.is_over(one, now),
        is_begun=is_begun,
        is_answered=is_answered,
        done=done,
        process=db.get_one(Process, one.process_id),
        is_alone=asked.form is Form.individual,
        goals=_goals(asked),
        benefits={f"{BENEFIT}{id_}": benefits.BENEFITS[id_].statement for id_ in one.benefits},
        level_labels=vocabulary.LEVEL_LABELS,
        cannot_say=CANNOT_SAY,
        typed=typed,
        wrong=wrong or {},
    )


def _goals(asked: Questions) -> Mapping[str, object]:
    """At the start the goals are not rated: where everybody stood is agreed with them."""
    if asked.evaluation.phase == Phase.start:
        return {}
    return {f"{GOAL}{worded.goal.id}": described(worded) for worded in asked.goals.current}


def _as_typed(safe: Safe, given: Given) -> dict[str, str]:
    """An answer as the fields of the page that gave it."""
    comment = safe.open_if_any(given.answer.comment, answers.place(given.answer))
    return _fields(given.goals, given.benefits, comment)


def _begun_as_typed(draft: Draft) -> dict[str, str]:
    return _fields(draft.goals, draft.benefits, draft.comment)


def _fields(
    goals: Mapping[UUID, int], agreements: Mapping[BenefitId, int | None], comment: str | None
) -> dict[str, str]:
    levels = {f"{GOAL}{goal_id}": str(level) for goal_id, level in goals.items()}
    agreed = {f"{BENEFIT}{id_}": CANNOT_SAY if said is None else str(said) for id_, said in agreements.items()}
    return levels | agreed | {"comment": comment or ""}


def _as_ratings(typed: Mapping[str, str]) -> dict[str, object]:
    def under(prefix: str) -> dict[str, str]:
        return {name.removeprefix(prefix): value for name, value in typed.items() if name.startswith(prefix) and value}

    agreements = {benefit: None if value == CANNOT_SAY else value for benefit, value in under(BENEFIT).items()}
    return {"goals": under(GOAL), "benefits": agreements, "comment": typed.get("comment", "").strip() or None}


# -- feedback on a meeting --------------------------------------------------------------------------------


@router.get("/palaute/{secret}")
def show_feedback(db: Db, now: Now, safe: Sealed, secret: str, tallennettu: bool = False) -> Response:
    one, session = _asked_of(db, secret, now)
    typed = _feedback_as_typed(safe, one) if one.answered_at else {}
    return _feedback_page(session, secret, typed, is_saved=tallennettu)


@router.post("/palaute/{secret}")
def save_feedback(db: Db, now: Now, safe: Sealed, secret: str, typed: Typed) -> Response:
    """What was typed comes back with what is wrong with it."""
    one, session = _asked_of(db, secret, now, lock=True)
    filled_in = {name: typed[name] for name in FeedbackWish.model_fields if typed.get(name, "").strip()}
    try:
        wish = FeedbackWish.model_validate(filled_in)
    except ValidationError as error:
        return _feedback_page(session, secret, typed, status=422, wrong=reasons(error))
    feedback.give(db, safe, one, wish, now)
    audit.note(db, now, f"participant/{one.participant_id}", "feedback.given", f"session/{session.id}")
    return redirect(f"/palaute/{secret}", tallennettu="1")


def _asked_of(db: Database, secret: str, now: datetime, *, lock: bool = False) -> tuple[Feedback, Session]:
    link = links.find(db, Purpose.feedback, secret, now)
    return feedback.of_link(db, link.subject_id, lock=lock)


def _feedback_page(
    session: Session,
    secret: str,
    typed: Mapping[str, str],
    *,
    status: int = 200,
    wrong: Mapping[str, str] | None = None,
    is_saved: bool = False,
) -> Response:
    return pages.show(
        "feedback.html",
        status,
        secret=secret,
        session=session,
        items=feedback.ITEMS,
        is_saved=is_saved,
        typed=typed,
        wrong=wrong or {},
    )


def _feedback_as_typed(safe: Safe, one: Feedback) -> dict[str, str]:
    takeaway = safe.open_if_any(one.takeaway, feedback.place(one))
    return {item: str(getattr(one, item)) for item in feedback.ITEMS} | {"takeaway": takeaway or ""}
