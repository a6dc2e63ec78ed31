"""Rules for letters about intakes (kartoittava keskustelu), access and requested processes. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.notifier.kinds import LetterKind
from services.notifier.models import AccessNotice, Intake
from services.notifier.planning.wanted import (
    KINDS_SENT_AT_NIGHT,
    SETTLING_TIME,
    KnownMeeting,
    WantedLetter,
    has_moved,
    mentioned_version,
    not_at_night,
    still_valid_letter,
)


@dataclass(frozen=True)
class IntakeState:
    """Every known version of an intake."""

    history: Sequence[Intake]
    known: KnownMeeting | None


def letters_of_intake(state: IntakeState) -> Iterator[WantedLetter]:
    talk = max(state.history, key=lambda intake: intake.version)
    known = state.known
    if talk.status == "held":
        yield _intake_letter(talk, LetterKind.intake_confirm_link, talk.expires_at, talk.seen_at, talk.expires_at)
    elif known is None or (known.went_elsewhere and talk.status == "confirmed"):
        if talk.status == "confirmed":
            first = min(intake.version for intake in state.history if intake.status == "confirmed")
            due_at = talk.seen_at + (SETTLING_TIME if talk.version > first else timedelta(0))
            yield _intake_letter(talk, LetterKind.intake_confirmed, talk.seen_at, due_at, talk.starts_at, known)
    elif talk.status == "cancelled" and not known.is_over:
        due_at = talk.undo_until or talk.seen_at
        yield _intake_letter(talk, LetterKind.intake_cancelled, talk.seen_at, due_at, None, known)
    elif has_moved(talk, known.meeting):
        useful = max(talk.starts_at, known.meeting.starts_at)
        yield _intake_letter(talk, LetterKind.intake_moved, talk.seen_at, talk.seen_at + SETTLING_TIME, useful, known)
    else:
        yield still_valid_letter(known)


def _intake_letter(
    talk: Intake,
    kind: LetterKind,
    time: datetime,
    due_at: datetime,
    not_after: datetime | None,
    known: KnownMeeting | None = None,
) -> WantedLetter:
    mentions = (mentioned_version(talk.intake_id, talk, known),)
    return WantedLetter(kind, talk.intake_id, time, talk.intake_id, due_at, not_after, mentions)


def letter_of_notice(notice: AccessNotice) -> WantedLetter:
    mailbox, expires_at = notice.notice_id, notice.expires_at
    due_at = notice.seen_at if notice.kind in KINDS_SENT_AT_NIGHT else not_at_night(notice.seen_at)
    return WantedLetter(notice.kind, mailbox, expires_at, mailbox, due_at, expires_at)


def letter_of_request(process_id: UUID, supervisor_id: UUID, answer_by: datetime, now: datetime) -> WantedLetter:
    """The supervisor is asked by day."""
    due_at = not_at_night(now)
    return WantedLetter(LetterKind.process_request, process_id, answer_by, supervisor_id, due_at, answer_by)
