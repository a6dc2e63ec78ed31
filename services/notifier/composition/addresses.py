"""An e-mail address with the name of the one it belongs to, fit for headers and calendars whatever people typed."""

from dataclasses import dataclass
from email.utils import getaddresses

from services.core.email_address import InvalidAddress, ascii_address, ascii_host
from services.notifier.composition.contexts import one_line


@dataclass(frozen=True)
class Mailbox:
    address: str
    name: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", one_line(self.name))

    @classmethod
    def parse(cls, text: str) -> "Mailbox":
        """``Maija Meikäläinen <maija@example.fi>``, or the address alone. Raises InvalidAddress."""
        match getaddresses([text]):
            case [(name, address)] if text.isprintable():
                return cls(ascii_address(address), name)
        raise InvalidAddress('is not one mailbox, such as "Oy, Ab" <posti@example.fi>')

    @property
    def user(self) -> str:
        return self.address.rpartition("@")[0]

    @property
    def is_ascii(self) -> bool:
        """Whether servers without SMTPUTF8 can carry it."""
        return self.user.isascii()

    @property
    def domain(self) -> str:
        """As it travels: letters beyond ASCII in their IDNA form."""
        return ascii_host(self.address.rpartition("@")[2])
