"""The daily random sample: articles that no plan would look at now are looked at all the same.

Rewriting that comes later than every planned look is found by chance only, and a sample of known size tells
how much of it there is. Addresses of rewritten articles are brought forward here too, because an edit becomes
known only after the next look was planned. And once a day the hosts are asked for a page that never was.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from services.crawler.probing import Prober
from services.crawler.schedule import denser, next_recheck
from services.crawler.settings import CrawlerSettings
from shared.clock import Clock
from shared.ledger.registry import Registry
from shared.ledger.schedule import Schedule
from shared.sources import Recheck, load_source

__all__ = ["Sampler"]

log = structlog.get_logger(__name__)

_EDITS_OF = timedelta(days=2)
"""How far back edits are looked for; a crawler may have stood still for a while."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampler:
    """What it takes to plan looks beside the plan."""

    registry: Registry
    schedule: Schedule
    prober: Prober
    settings: CrawlerSettings
    clock: Clock

    def sample(self) -> int:
        """Plan today's sample of each source once, look sooner at what was rewritten, and return how many looks.

        Raises:
            TryAgainError: the ledger does not answer.
        """
        now = self.clock.now()
        rules: dict[str, Recheck] = {}
        planned = 0
        for row in self.registry.all():
            source = load_source(row.definition)
            rules[row.source_id] = source.recheck
            sampled = self._sample_source(row.source_id, now)
            if sampled:
                planned += sampled + self.prober.probe(source)
        return planned + self._bring_forward(rules, now)

    def _sample_source(self, source_id: str, now: datetime) -> int:
        count = self.settings.daily_sample
        if not count:
            return 0
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        planned = self.schedule.sample(source_id, now.date(), count=count, apart=(midnight - now) / count)
        if planned:
            log.info("sample_planned", source_id=source_id, targets=planned)
        return planned

    def _bring_forward(self, rules: dict[str, Recheck], now: datetime) -> int:
        rewritten = [
            target for target in self.schedule.edited_since(now - _EDITS_OF) if target.source_id in rules
        ]
        plans = [
            (
                target.target_id,
                next_recheck(
                    target.archived_at, looked_at=target.looked_at, rules=denser(rules[target.source_id])
                ),
            )
            for target in rewritten
        ]
        return self.schedule.bring_forward(plans) if plans else 0
