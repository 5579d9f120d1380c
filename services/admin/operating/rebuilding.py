"""The action that makes a ledger anew of the object store alone."""

from services.admin.operating.action import Action, Outcome, Work, examples
from services.admin.operating.parts import Parts
from services.admin.rebuild import Rebuild
from services.admin.source_book import SourceBook
from shared.clock import SystemClock
from shared.ledger.merging import Merging
from shared.ledger.restoring import Restoring
from shared.ledger.tokens import TokenScope

__all__ = ["RebuildLedger"]


class RebuildLedger(Action):
    """Restore sources, captures, articles and history from the object store, as far as the ledger lacks them.

    What the ledger knows stays as it is. A rebuild that was ended goes on where it was when it is ordered again.
    """

    model_config = examples({})
    name = "ledger.rebuild"
    scope = TokenScope.ADMIN
    is_long = True

    def plan(self, parts: Parts, work: Work) -> Outcome:
        """Count what the store holds and what the ledger knows of it."""
        rebuild = _rebuild(parts, work)
        survey, book = rebuild.survey(), rebuild.book.read()
        counts = rebuild.restoring.counts()
        known = rebuild.restoring.known_objects()
        return {
            "objects": len(survey.objects),
            "sealed_objects": len(survey.sealed),
            "unknown_objects": sum(key not in known for key in survey.all),
            "sources": [row.source_id for row in book.sources],
            "merges": len(book.merges),
            "begun": {"batches": counts.parts, "done": counts.done} if counts.parts else None,
        }

    def run(self, parts: Parts, work: Work) -> Outcome:
        """Restore it all, and wait until the normalizers have read it."""
        return _rebuild(parts, work).run()


def _rebuild(parts: Parts, work: Work) -> Rebuild:
    merging = Merging(parts.database)
    return Rebuild(
        restoring=Restoring(parts.database),
        evidence=parts.evidence,
        orders=parts.orders,
        book=SourceBook(
            registry=parts.orders.registry, merging=merging, evidence=parts.evidence, clock=SystemClock()
        ),
        merging=merging,
        advance=work.advance,
        tell=work.tell,
    )
