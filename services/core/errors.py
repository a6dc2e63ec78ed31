"""What keeps the quick start from going on, said in one line to the person at the terminal."""


class OperatorError(Exception):
    """The quick start can't go on."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or self.__doc__)
