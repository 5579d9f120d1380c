"""What can go wrong when the parts run on one machine. Each text says what to do next."""

from shared.errors import PressmarkError

__all__ = ["DataDirectoryError", "NotRunningError", "StackRunningError", "StartError"]


class DataDirectoryError(PressmarkError):
    """The data directory cannot be used: not writable, made by another user, or damaged."""


class StackRunningError(PressmarkError):
    """Another supervisor holds the data directory."""

    def __init__(self, message: str, *, pid: int | None) -> None:
        """Keep the holder's process id, None when it is not known."""
        super().__init__(message)
        self.pid = pid


class NotRunningError(PressmarkError):
    """Nothing runs on the data directory."""


class StartError(PressmarkError):
    """A part or a service did not start. The text ends with the last lines of its log."""
