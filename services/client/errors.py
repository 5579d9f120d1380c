"""What can go wrong when an archive is asked."""

from shared.errors import PressmarkError

__all__ = [
    "ArchiveAwayError",
    "ArchiveError",
    "BadQuestionError",
    "NotKeptError",
    "UnexpectedAnswerError",
]


class ArchiveError(PressmarkError):
    """The archive was asked and did not give what was asked for."""


class NotKeptError(ArchiveError):
    """The archive holds no such article, source or watch."""


class BadQuestionError(ArchiveError):
    """The archive cannot make sense of a value; its sentence says what would be right."""


class ArchiveAwayError(ArchiveError):
    """The archive does not answer, or says that it cannot just now. Try again later."""


class UnexpectedAnswerError(ArchiveError):
    """What answers is no archive of a version that this client understands."""
