"""Whether the mail server would take letters: greeted, encrypted and logged in as for one, and left without any."""

from collections.abc import Iterator

from pydantic import ValidationError

from services.doctor.finding import Finding
from services.notifier import smtp
from services.notifier.settings import Settings


def check() -> Iterator[Finding]:
    try:
        settings = Settings()
    except ValidationError:
        return  # the settings are wrong, which is said elsewhere
    try:
        smtp.close(smtp.connect(smtp.MailServer.at(settings.smtp_url), settings.domain))
    except smtp.Unreachable as trouble:
        yield Finding(
            f"The mail server takes no letters: {trouble}.",
            "See that it runs, and that host, port, password and encryption in SMTP_URL are right. Letters wait.",
        )
