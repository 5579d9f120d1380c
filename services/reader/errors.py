"""What a reader can do wrong, in words for a page."""

from shared.errors import PressmarkError


class BadAddressError(PressmarkError):
    """The address cannot mean anything. Its text is shown to the reader."""


class NoSuchPageError(PressmarkError):
    """The address could mean something, but nothing is kept under it. Its text is shown to the reader."""
