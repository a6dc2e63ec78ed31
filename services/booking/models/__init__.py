"""Booking's tables. All are imported together, so that foreign keys between them resolve."""

from services.booking.models import calendar, evaluation, installation, people, practice, security, sessions, webhooks

__all__ = ["calendar", "evaluation", "installation", "people", "practice", "security", "sessions", "webhooks"]
