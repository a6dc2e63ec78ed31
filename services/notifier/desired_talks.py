"""Which letters a first talk (kartoittava keskustelu) or a wish to log in wants. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.notifier.contexts import LetterKind
from services.notifier.models import Intake, Login
from services.notifier.wishes import SETTLING, Told, WantedLetter, has_moved, still_true, tell


@dataclass(frozen=True)
class IntakeState:
    """Every version of a first talk that has been heard of."""

    history: Sequence[Intake]
    told: Told | None


def of_intake(state: IntakeState) -> Iterator[WantedLetter]:
    talk = max(state.history, key=lambda intake: intake.version)
    told = state.told
    if talk.status == "held":
        yield _about(talk, LetterKind.intake_confirm_link, talk.expires_at, talk.seen_at, talk.expires_at)
    elif told is None:
        if talk.status == "confirmed":
            first = min(intake.version for intake in state.history if intake.status == "confirmed")
            rest = SETTLING if talk.version > first else timedelta(0)
            yield _about(talk, LetterKind.intake_confirmed, talk.seen_at, talk.seen_at + rest, talk.starts_at)
    elif talk.status == "cancelled" and not told.is_over:
        yield _about(talk, LetterKind.intake_cancelled, talk.seen_at, talk.seen_at, None, told)
    elif has_moved(talk, told.meeting):
        useful = max(talk.starts_at, told.meeting.starts_at)
        yield _about(talk, LetterKind.intake_moved, talk.seen_at, talk.seen_at + SETTLING, useful, told)
    else:
        yield still_true(told)


def _about(
    talk: Intake,
    kind: LetterKind,
    time: datetime,
    due_at: datetime,
    not_after: datetime | None,
    told: Told | None = None,
) -> WantedLetter:
    tells = (tell(talk.intake_id, talk.version, told),)
    return WantedLetter(kind, talk.intake_id, time, talk.intake_id, due_at, not_after, tells)


def of_login(login: Login) -> WantedLetter:
    return WantedLetter(
        LetterKind.login_link,
        login.login_id,
        login.expires_at,
        login.login_id,
        due_at=login.seen_at,
        not_after=login.expires_at,
    )
