"""Whether the mail server would take letters: greeted, encrypted and logged in as for one, and left without any."""

from collections.abc import Iterator

from pydantic import ValidationError

from services.notifier.delivery import smtp
from services.notifier.settings import Settings
from services.operations.doctor.finding import Finding


def check() -> Iterator[Finding]:
    try:
        settings = Settings()
    except ValidationError:
        return  # the settings are wrong, which is said elsewhere
    try:
        smtp.close_connection(smtp.connect_to_server(smtp.MailServer.at(settings.smtp_url), settings.mail_from.domain))
    except smtp.ServerUnreachable as error:
        yield Finding(
            f"The mail server takes no letters: {error}.",
            "See that it runs, and that host, port, password and encryption in SMTP_URL are right. Letters wait.",
        )
