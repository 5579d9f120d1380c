"""The action that makes a backup."""

from services.admin.backup import Backups
from services.admin.backup_runs import backups_of, described, make_backup
from services.admin.operating.action import Action, Outcome, Work, examples
from services.admin.operating.parts import Parts
from shared.clock import SystemClock
from shared.ledger.tokens import TokenScope
from shared.ledger.upkeep import UpkeepJournal

__all__ = ["BackUpArchive"]


class BackUpArchive(Action):
    """Copy the whole archive to the place for backups: the ledger at one moment, and the objects that are new.

    The place is what PRESSMARK_BACKUP_TO names, never what an order says: a token must not choose where the log's
    key goes. A backup that was ended goes on where it was when it is ordered again.
    """

    model_config = examples({}, {"list_only": True})
    name = "archive.backup"
    scope = TokenScope.ADMIN
    is_long = True
    plans_long = True

    list_only: bool = False
    """List the objects and copy none: their bucket is replicated elsewhere."""
    leave_log_key: bool = False
    """Leave out the private key that signs the log."""

    def plan(self, parts: Parts, work: Work) -> Outcome:
        """Count what would be copied."""
        plan = self._backups(parts, work).plan()
        objects, size = (0, 0) if self.list_only else (plan.objects, plan.bytes)
        return {"would_copy": objects, "bytes": size, "to": parts.backing.backup_to}

    def run(self, parts: Parts, work: Work) -> Outcome:
        """Make the backup, and tell each object that the store had lost before."""
        journal = UpkeepJournal(parts.database)
        manifest = make_backup(self._backups(parts, work), journal, with_objects=not self.list_only)
        for key in manifest.missing:
            work.tell({"missing": key})
        return described(manifest) | {"to": parts.backing.backup_to}

    def _backups(self, parts: Parts, work: Work) -> Backups:
        return backups_of(
            parts.backing,
            parts.database,
            parts.evidence,
            clock=SystemClock(),
            keeps_log_key=not self.leave_log_key,
            told=lambda done, _bytes: work.advance(done),
        )
