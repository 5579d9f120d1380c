"""The admin's parts put together: actions, catalogue, status and waiting over one ledger and one broker."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Self

from services.admin.actions import Actions
from services.admin.health import Health
from services.admin.operating import Desk, Parts
from services.admin.settings import BackupSettings, LogKeySettings
from services.admin.waiting import Waiter
from shared.bus import Broker, Bus
from shared.clock import SystemClock
from shared.errors import TryAgainError
from shared.evidence import EvidenceStore
from shared.ledger import Database
from shared.ledger.catalogue import Catalogue
from shared.ledger.field_watch import FieldStanding
from shared.ledger.log_book import LogBook
from shared.ledger.pauses import Pauses
from shared.ledger.quarantine import Quarantine
from shared.ledger.status import Status
from shared.ledger.upkeep import UpkeepJournal
from shared.messages import ReadAgain
from shared.settings import BusSettings, NetworkSettings, TraceSettings, load
from shared.traces import set_up_traces

__all__ = ["AdminSettings", "Tools", "make_tools"]


class AdminSettings(BackupSettings, BusSettings, NetworkSettings, TraceSettings):
    """What the admin commands need to know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What the commands work with."""

    database: Database
    actions: Actions
    desk: Desk
    """Where actions are ordered, with their rows in the audit."""
    catalogue: Catalogue
    waiter: Waiter
    status: Status
    broker: Broker
    quarantine: Quarantine
    health: Health

    def figures(self) -> dict[str, Any]:
        """Return how the archive stands, as `pressmark status --json` prints it."""
        standing = self.status.standing()
        return {
            "targets": {"accepted": standing.accepted, **standing.targets},
            "conserved": standing.is_conserved,
            "captures": standing.captures,
            "articles": standing.articles,
            "revisions": standing.revisions,
            "events": standing.events,
            "reasons": self.status.failures(),
            "lists": self._lists(),
            "drifted": FieldStanding(self.database).drifted(),
            "queues": self._depths(),
            "quarantine": self.quarantine.depths(),
            "paused": self._paused(),
            "log": self._log(),
            "upkeep": self._upkeep(),
        }

    def reading_by(self, ring: Callable[[str], object]) -> Self:
        """Return the same tools with a reader of stored pages of one's own, in place of the normalizers."""
        return replace(self, desk=Desk.over(replace(self.desk.parts, ring_readers=ring)))

    def failures(self, sources: Iterable[str]) -> dict[str, int]:
        """Return how many targets of these sources failed or are excluded, by reason."""
        found: dict[str, int] = {}
        for source in sources:
            for reason, count in self.status.failures(source).items():
                found[reason] = found.get(reason, 0) + count
        return found

    def close(self) -> None:
        """Close what is open."""
        self.database.close()
        self.broker.close()

    def _lists(self) -> dict[str, int]:
        """Count the lists, and those that fail, move, have moved or are gone; `source show` names them."""
        counts = {"all": 0, "fails": 0, "moves": 0, "moved": 0, "gone": 0}
        for one in self.status.lists():
            counts["all"] += 1
            if one.trouble is not None:
                counts[one.trouble] = counts.get(one.trouble, 0) + 1
        return counts

    def _paused(self) -> dict[str, str]:
        """Tell what is paused, why, and until when."""
        told = {}
        for one in Pauses(self.database).in_force():
            end = "until resumed" if one.until is None else f"until {one.until.isoformat(timespec='seconds')}"
            told[one.what] = f"{one.reason} ({end})"
        return told

    def _log(self) -> dict[str, Any]:
        """Tell how far the log of all records is, and whether this machine has the key that signs it."""
        standing = LogBook(self.database).standing()
        signed_at = None if standing.signed_at is None else standing.signed_at.isoformat(timespec="seconds")
        signs = load(LogKeySettings).key() is not None
        return {
            "records": standing.size,
            "signed_at": signed_at,
            "unlogged_objects": standing.unlogged,
            "signing": "yes" if signs else "no key, nothing is signed",
        }

    def _upkeep(self) -> dict[str, str]:
        """Tell when each thing that the archive does by itself was done last, and whether all was well."""
        told = {}
        for run in UpkeepJournal(self.database).last_runs():
            at = (
                "never finished" if run.finished_at is None else run.finished_at.isoformat(timespec="seconds")
            )
            trouble = (
                run.outcome.get("error") or run.outcome.get("wrong_in_round") or run.outcome.get("unlogged")
            )
            told[run.job] = f"{at} {'trouble' if trouble else 'well'}"
        return told

    def _depths(self) -> dict[str, int | None]:
        try:
            return dict(self.broker.depths())
        except TryAgainError:
            return {"broker": None}


def make_tools(settings: AdminSettings | None = None, *, connections: int = 4) -> Tools:
    """Put the parts together by the settings of the environment.

    Raises:
        SettingsError: a setting is missing or wrong.
    """
    settings = settings or load(AdminSettings)
    set_up_traces("admin", settings)
    database = Database(settings.database_url.get_secret_value(), max_connections=connections)
    bus = Bus(settings)
    broker = Broker(settings.broker_url.get_secret_value())
    status = Status(database)
    evidence = EvidenceStore(settings.evidence())
    actions = Actions.over(database, bus, settings.private_networks)
    return Tools(
        database=database,
        actions=actions,
        desk=Desk.over(
            Parts(
                database=database,
                orders=actions,
                evidence=evidence,
                ring_readers=lambda order_id: bus.publish(ReadAgain(order_id=order_id)),
                backing=settings,
            )
        ),
        catalogue=Catalogue(database),
        waiter=Waiter(status=status, broker=broker, bus=bus),
        status=status,
        broker=broker,
        quarantine=Quarantine(database),
        health=Health(database, broker, evidence=evidence, clock=SystemClock()),
    )
