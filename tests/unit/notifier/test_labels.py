"""Every letter has a name, every status a word, and every answer of a mail server a sentence."""

import pytest

from services.notifier.kinds import LetterKind
from services.notifier.log.labels import KINDS, STATUSES, trouble_in_words
from services.notifier.models import LetterStatus


def test_nothing_is_shown_as_a_code() -> None:
    assert set(KINDS) == set(LetterKind)
    assert set(STATUSES) == set(LetterStatus)
    assert len({*KINDS.values(), *STATUSES.values()}) == len(KINDS) + len(STATUSES)


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ("RCPT 550 5.1.1", "ei tunne vastaanottajan osoitetta"),
        ("RCPT 552 5.2.2", "täynnä"),
        ("RCPT 450", "ei ottanut viestejä juuri silloin"),
        ("BODY 554 5.7.1", "ei hyväksynyt viestiä"),
        ("BODY lost", "katkesi kesken"),
        ("BODY TimeoutError", "katkesi kesken"),
        ("CONNECT ConnectionRefusedError", "ei saatu yhteyttä"),
        ("LOGIN 535 5.7.8", "Ylläpidon"),
        ("ADDRESS UnicodeError", "virheellinen"),
        ("WRITING KeyError", "meidän puolellamme"),
        ("SENDER died", "katkesi meidän puolellamme"),
        ("NEW 999", "ei onnistunut"),
    ],
)
def test_what_a_mail_server_says_is_told_in_a_sentence(trouble: str, words: str) -> None:
    assert words in trouble_in_words(trouble)
