"""The errors that cross a border between parts. Two families reach the bus and decide what happens next."""


class PressmarkError(Exception):
    """Anything Pressmark raises on purpose. Its text says what to do next."""


class TryAgainError(PressmarkError):
    """The work may succeed later: a server did not answer, a lease is held. The bus will retry."""


class RejectError(PressmarkError):
    """The work can never succeed as asked. The bus puts the message into quarantine with this reason."""


class SettingsError(PressmarkError):
    """A setting is missing or wrong. The text names it and says what would be right."""


class NotFoundError(PressmarkError):
    """Something an operator named does not exist. The text says how to list what does."""
