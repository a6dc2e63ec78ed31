"""What booking encrypts and seals, so that it can be encrypted anew and an older key removed later."""

from services.booking.evaluation import answer_drafts, answers, feedback
from services.booking.models.evaluation import Answer, Feedback, GoalWording, Invitation
from services.booking.models.sessions import (
    AttendanceIntention,
    ChangeWish,
    Intake,
    PrivateNote,
    Session,
    Summary,
    SummaryEdition,
)
from services.booking.models.webhooks import Webhook
from services.booking.sessions import notes, summaries
from services.core.sealing import EncryptedColumn

ENCRYPTED_COLUMNS = (
    EncryptedColumn(PrivateNote, "text", lambda note: notes.note_context(note.session_id)),
    EncryptedColumn(Summary, "draft", lambda summary: summaries.summary_context(summary.id)),
    EncryptedColumn(
        SummaryEdition, "text", lambda edition: summaries.edition_context(edition.summary_id, edition.number)
    ),
    EncryptedColumn(Answer, "comment", answers.answer_context),
    EncryptedColumn(Invitation, "draft", lambda invitation: answer_drafts.answer_draft_context(invitation.id)),
    EncryptedColumn(Feedback, "takeaway", feedback.feedback_context),
)

SEALED_TABLES = (Answer, AttendanceIntention, ChangeWish, Feedback, GoalWording, Intake, Session, Webhook)
