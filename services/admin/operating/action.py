"""What all actions have in common."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from services.admin.operating.parts import Parts
from shared.errors import PressmarkError
from shared.ledger.pauses import Pause, PauseScope
from shared.ledger.tokens import TokenScope

__all__ = ["Action", "BeyondScopeError", "CancelledError", "Outcome", "Work", "examples", "pause_of"]

Outcome = dict[str, Any]
"""What a plan or a run says, as JSON."""

MOST_FINDINGS = 100


class CancelledError(PressmarkError):
    """Someone asked for the end of this job, and it ended. What it had done until then stays done."""


class BeyondScopeError(PressmarkError):
    """Whoever asks may not do this: the text names the scope that it needs."""


@dataclass(slots=True, kw_only=True)
class Work:
    """One run of an action: where it tells how far it is and what it finds, and learns that it shall end."""

    actor: str
    job_id: str | None = None
    advanced: Callable[[int, int | None], bool] = lambda _done, _total: True
    """Receives how much is done, and of how much. Answers False when the run shall end."""
    found: Callable[[Mapping[str, Any]], None] = lambda _: None
    """Receives each finding as it comes."""
    findings: list[Mapping[str, Any]] = field(default_factory=list)
    """The first findings, for whoever looks later."""

    def advance(self, done: int, total: int | None = None) -> None:
        """Tell how far the work is.

        Raises:
            CancelledError: someone asked for its end.
        """
        if not self.advanced(done, total):
            raise CancelledError(f"it was cancelled after {done} of {total or 'an unknown number of'} steps")

    def tell(self, finding: Mapping[str, Any]) -> None:
        """Tell something that was found."""
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(finding)
        self.found(finding)


class Action(BaseModel, ABC):
    """Something that may be ordered. Its fields are what is asked for; its docstring is for operators."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name: ClassVar[str]
    """`<thing>.<verb>`, the same in the API, the audit and the list of jobs."""
    scope: ClassVar[TokenScope] = TokenScope.OPERATE
    """What a token must allow."""
    is_long: ClassVar[bool] = False
    """Whether a run takes so long that it is worth a job, whoever orders it."""
    plans_long: ClassVar[bool] = False
    """Whether even the plan takes so long that whoever asks from afar is given a job for it."""

    @classmethod
    def first_values(cls, parts: Parts, named: Mapping[str, str]) -> Mapping[str, str]:
        """Return what stands in a form at first, beside what its address has named."""
        del parts, named
        return {}

    def check(self, parts: Parts) -> None:
        """Raise at once what a long plan would find wrong in its first moment.

        Raises:
            PressmarkError: a run would not be possible; the text says why.
        """

    def held_by(self, pauses: Sequence[Pause]) -> Pause | None:
        """Return the pause because of which a schedule does not give this order; None when it asks no outlet."""
        del pauses
        return None

    @abstractmethod
    def plan(self, parts: Parts, work: Work) -> Outcome:
        """Return what a run would do now, and change nothing.

        Raises:
            PressmarkError: a run would not be possible; the text says why.
        """

    @abstractmethod
    def run(self, parts: Parts, work: Work) -> Outcome:
        """Do it and return what was done.

        Raises:
            PressmarkError: it was not possible, or not all of it; the text says why.
        """


def pause_of(
    pauses: Sequence[Pause], *, source: str | None = None, hosts: Collection[str] = ()
) -> Pause | None:
    """Return a pause of everything, of this source, or of all these hosts."""
    by_subject = {(one.scope, one.subject): one for one in pauses}
    held = [by_subject.get((PauseScope.HOST, host)) for host in hosts]
    return (
        by_subject.get((PauseScope.EVERYTHING, ""))
        or by_subject.get((PauseScope.SOURCE, source or ""))
        or (held[0] if held and all(held) else None)
    )


def examples(*values: Mapping[str, Any]) -> ConfigDict:
    """Return the part of a model's configuration that shows how an order looks."""
    return ConfigDict(json_schema_extra={"examples": [dict(value) for value in values]})
