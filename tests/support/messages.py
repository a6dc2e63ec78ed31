"""Messages as they come out of Redis: signed by who posted them, handed to the task that they are for."""

from celery import Celery

from services.events.signatures import HEADER, Signatures


def hand_over(app: Celery, task: str, *arguments: object, sender: str, reader: str, shared_keys: str) -> None:
    """As a worker does, in this very process."""
    signature = Signatures(sender, {reader: shared_keys}).sign(reader, task, arguments)
    app.tasks[task].apply(arguments, headers={HEADER: signature}, throw=True)
