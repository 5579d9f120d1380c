"""What a reader can do wrong, in words for a page."""

from shared.errors import PressmarkError


class ToldError(PressmarkError):
    """A sentence of the catalogue, with its values, that is shown to the reader in his language."""

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(message % values if values else message)
        self.message = message
        self.values = values


class BadAddressError(ToldError):
    """The address cannot mean anything."""


class NoSuchPageError(ToldError):
    """The address could mean something, but nothing is kept under it."""
