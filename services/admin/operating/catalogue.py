"""Every action there is, by its name."""

from collections.abc import Mapping
from types import MappingProxyType

from services.admin.operating.action import Action
from services.admin.operating.backing_up import BackUpArchive
from services.admin.operating.crawling import CrawlSource, CrawlUrls, Recheck
from services.admin.operating.editing import EditSource
from services.admin.operating.exporting import ExportEvidence
from services.admin.operating.joining import MergeArticles, UnmergeArticles
from services.admin.operating.keeping import CompactEvidence, VerifyEvidence
from services.admin.operating.pausing import PauseThing, ResumeThing, SetRate
from services.admin.operating.prioritising import SetPriority
from services.admin.operating.rebuilding import RebuildLedger
from services.admin.operating.rereading import Renormalize
from services.admin.operating.retrying import DropQuarantined, RetryFailures, RetryQuarantined
from services.admin.operating.scheduling import AddSchedule, RemoveSchedule

__all__ = ["ACTIONS"]

_ALL: tuple[type[Action], ...] = (
    CrawlSource,
    CrawlUrls,
    Recheck,
    PauseThing,
    ResumeThing,
    SetRate,
    SetPriority,
    EditSource,
    RetryFailures,
    RetryQuarantined,
    DropQuarantined,
    VerifyEvidence,
    CompactEvidence,
    ExportEvidence,
    Renormalize,
    MergeArticles,
    UnmergeArticles,
    AddSchedule,
    RemoveSchedule,
    RebuildLedger,
    BackUpArchive,
)

ACTIONS: Mapping[str, type[Action]] = MappingProxyType({action.name: action for action in _ALL})
"""A job names its action; this finds it again, in whatever process takes the job up."""
