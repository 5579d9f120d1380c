"""What a supervisor in a process of its own says while it starts."""

from pydantic import BaseModel, ConfigDict

__all__ = ["IN_USE", "Report"]

IN_USE = 75
"""Exit code when the data directory is in use: EX_TEMPFAIL of sysexits(3)."""


class Report(BaseModel):
    """One step, written as a JSON line; one of its fields is set."""

    model_config = ConfigDict(frozen=True)

    progress: str = ""
    ready: str = ""
    """The reader's address, once everything works."""
    error: str = ""
    in_use: bool = False
    """Whether the error is that somebody holds the data directory."""
    holder: int | None = None
