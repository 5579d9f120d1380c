"""Actions that have other orders given again and again, and that end this."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError

from services.admin.operating.action import Action, Outcome, Work, examples
from services.admin.operating.parts import Parts
from services.admin.operating.retrying import Moment
from shared.encoding import load_json
from shared.errors import SettingsError
from shared.ledger.schedules import NewSchedule, Schedules
from shared.ledger.tokens import TokenScope
from shared.sources import Duration
from shared.sources.durations import format_duration

__all__ = ["AddSchedule", "RemoveSchedule"]


_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def _read(value: object) -> object:
    """Read what a form brings as text."""
    if not isinstance(value, str):
        return value
    try:
        return load_json(value)
    except ValueError:
        raise ValueError('write a JSON object, such as {"source": "harbour-en"}') from None


def _of_our_times(moment: datetime) -> datetime:
    if not _EARLIEST <= moment <= _LATEST:
        raise ValueError("write a time between the years 2000 and 2200")
    return moment


class AddSchedule(Action):
    """Give an order again and again, each time as a job of its own.

    A due time at which what it asks for is paused, or the job before has not ended, is passed over. What went
    by while the archive did not run is not made up for.
    """

    model_config = examples(
        {"order": "source.crawl", "arguments": {"source": "harbour-en"}, "every": "6h"},
        {"order": "evidence.verify", "every": "30d", "first": "2026-04-01T03:00:00Z"},
    )
    name = "schedule.add"
    scope = TokenScope.ADMIN

    order: Annotated[str, Field(min_length=1, max_length=100)]
    """The name of the order, such as source.crawl."""

    arguments: Annotated[dict[str, Any], BeforeValidator(_read)] = Field(
        default={}, json_schema_extra={"format": "json"}
    )
    """What that order asks for, as a JSON object."""

    every: Duration = Field(ge=timedelta(minutes=1), le=timedelta(days=3660))
    """Time from one due time to the next, such as 6h or 30d."""

    first: Annotated[Moment, AfterValidator(_of_our_times)] | None = None
    """When it is due first, UTC where no zone is named; left out, one interval from now."""

    def check(self, parts: Parts) -> None:
        """Find the order and read its arguments.

        Raises:
            SettingsError: there is no such order, or it cannot be given so, or not by a schedule.
        """
        del parts
        self._ordered()

    def plan(self, parts: Parts, work: Work) -> Outcome:
        """Tell what would be ordered, and when first."""
        del parts, work
        return {
            "order": self.order,
            "arguments": self._ordered(),
            "every": format_duration(self.every),
            "first": self.first or f"in {format_duration(self.every)}",
        }

    def run(self, parts: Parts, work: Work) -> Outcome:
        """Keep the schedule."""
        wanted = NewSchedule(action=self.order, arguments=self._ordered(), every=self.every, first=self.first)
        return Schedules(parts.database).add(wanted, by=work.actor).as_json()

    def _ordered(self) -> dict[str, Any]:
        from services.admin.operating.catalogue import ACTIONS  # noqa: PLC0415  (it names this order, too)

        kind = ACTIONS.get(self.order)
        if kind is None or issubclass(kind, AddSchedule | RemoveSchedule):
            raise SettingsError(f"there is no order {self.order!r} that a schedule could give")
        try:
            return kind.model_validate(self.arguments).model_dump(mode="json", by_alias=True)
        except ValidationError as error:
            faults = [
                f"{'.'.join(map(str, one['loc'])) or self.order}: {one['msg']}" for one in error.errors()
            ]
            raise SettingsError("; ".join(faults)) from None


class RemoveSchedule(Action):
    """Give an order no more. The jobs that were ordered stay as they are."""

    model_config = examples({"schedule": 7})
    name = "schedule.remove"
    scope = TokenScope.ADMIN

    schedule: Annotated[int, Field(ge=1, le=2**63 - 1)]
    """Its number, as `pressmark schedule list` shows it."""

    def plan(self, parts: Parts, work: Work) -> Outcome:
        """Tell what would be ordered no more."""
        del work
        return Schedules(parts.database).get(self.schedule).as_json()

    def run(self, parts: Parts, work: Work) -> Outcome:
        """Remove it."""
        return Schedules(parts.database).remove(self.schedule, by=work.actor).as_json()
