"""Evidence as files for others: WARC, WACZ and proof packs, composed of the records as they are stored."""

from shared.exporting.collecting import Collected, collect
from shared.exporting.exports import Export, Exported, Exports, Selection

__all__ = ["Collected", "Export", "Exported", "Exports", "Selection", "collect"]
