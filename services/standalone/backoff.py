"""How long to wait before a dead process is started again."""

from dataclasses import dataclass, replace

__all__ = ["Backoff"]

_FIRST_SECONDS = 0.5
_LONGEST_SECONDS = 30.0
_CALM_SECONDS = 60.0
"""A life of this length shows that a process can work: its earlier deaths are forgotten."""
_FAILING_AFTER = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """How often a process died soon after its start."""

    quick_deaths: int = 0

    def after_death(self, *, lived_seconds: float) -> "Backoff":
        """Return the count after one more death."""
        return replace(self, quick_deaths=1 if lived_seconds >= _CALM_SECONDS else self.quick_deaths + 1)

    @property
    def wait_seconds(self) -> float:
        """0.5 s after the first death, doubled by each further one, 30 s at most."""
        if self.quick_deaths == 0:
            return 0.0
        return min(_LONGEST_SECONDS, _FIRST_SECONDS * 2.0 ** min(self.quick_deaths - 1, 16))

    @property
    def is_failing(self) -> bool:
        """Whether a person should look: five deaths in a row without a calm minute."""
        return self.quick_deaths >= _FAILING_AFTER
