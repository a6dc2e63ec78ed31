"""The least that one letter could be: a Celery task, as the manual writes it, that connects, sends and hangs up."""

import os
import smtplib

from celery import Celery

app = Celery("postman", broker=os.environ["REDIS_URL"])
app.conf.update(task_default_queue="postman", task_ignore_result=True)


@app.task  # type: ignore[untyped-decorator]
def send(port: int, recipient: str, message: str) -> None:
    with smtplib.SMTP("127.0.0.1", port) as server:
        server.sendmail("posti@example.fi", [recipient], message)
