"""Hands out what is due: claims it, holds it against robots.txt, and rings for the fetchers."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog

from services.crawler.robots import RobotsPolicy
from services.crawler.settings import CrawlerSettings
from shared.ledger.batches import Batches
from shared.ledger.frontier import Claim, ClaimLimits, Frontier, RobotsCopy

__all__ = ["Dispatcher"]

log = structlog.get_logger(__name__)

_DEGREES_OF_SUSPICION = (0, 1, 2)
"""Targets that lost no lease, one, or more: claimed apart, so that a target that kills ends up alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatcher:
    """What it takes to hand out batches."""

    frontier: Frontier
    batches: Batches
    settings: CrawlerSettings
    new_trace: Callable[[], str]

    def dispatch(self) -> list[Claim]:
        """Claim all that may be asked now, as far as fetchers can take it, and return the batches made.

        Raises:
            TryAgainError: the ledger does not answer.
        """
        outstanding, untaken = self.batches.count_open()
        room = min(
            self.settings.max_outstanding_batches - outstanding, self.settings.max_untaken_batches - untaken
        )
        claims = self._claim_all(room)
        narrow = self.settings.max_batch_hosts // 2
        if untaken and any(_hosts_of(claim) < narrow for claim in claims):
            # All fetchers are busy. When one is free again it shall ask all of these hosts at once: a few at a
            # time, they would keep it for as long, and the others waiting.
            dissolved = set(self.frontier.dissolve_narrow(narrow))
            kept = [claim for claim in claims if claim.batch_id not in dissolved]
            claims = [*kept, *self._claim_all(max(1, room - len(kept)))]
        return claims

    def _claim_all(self, room: int) -> list[Claim]:
        claims: list[Claim] = []
        for suspicion in _DEGREES_OF_SUSPICION:
            while len(claims) < room and (claim := self._claim(suspicion)) is not None:
                if self._exclude_disallowed(claim):
                    claims.append(claim)
        return claims

    def _claim(self, suspicion: int) -> Claim | None:
        limits = ClaimLimits(
            max_targets=self.settings.max_batch_targets,
            host_targets=self.settings.max_host_targets,
            host_time=self.settings.max_host_time,
        )
        limits = replace(limits, max_hosts=min(limits.max_hosts, self.settings.max_batch_hosts))
        claim = self.frontier.claim(limits=limits, trace_id=self.new_trace(), lost_leases=suspicion)
        return claim if claim is None or suspicion else self._widened(claim, limits)

    def _widened(self, claim: Claim, limits: ClaimLimits) -> Claim:
        """Add hosts to a batch while it has room and others may be asked."""
        while room := self.settings.max_batch_hosts - _hosts_of(claim):
            wider = self.frontier.widen(claim, limits=replace(limits, max_hosts=min(limits.max_hosts, room)))
            if len(wider.targets) == len(claim.targets):
                break
            claim = wider
        return claim

    def _exclude_disallowed(self, claim: Claim) -> bool:
        """Exclude what robots.txt disallows. False when nothing is left of the batch."""
        judged = [target for target in claim.targets if target.obeys_robots and target.kind != "robots"]
        copies = self.frontier.robots(sorted({target.host for target in judged}))
        policies = {host: _policy(copy) for host, copy in copies.items()}
        disallowed = [
            target.target_id
            for target in judged
            if target.host in policies
            and not policies[target.host].allows(target.url, self.settings.agent_token)
        ]
        if disallowed:
            self.frontier.exclude_claimed(claim.batch_id, disallowed, "robots")
            log.info("targets_excluded", batch_id=claim.batch_id, reason="robots", targets=len(disallowed))
        return len(disallowed) < len(claim.targets)


def _hosts_of(claim: Claim) -> int:
    return len({target.host for target in claim.targets})


def _policy(copy: RobotsCopy) -> RobotsPolicy:
    return RobotsPolicy.parse(copy.status, copy.body)
