"""Keeping what hosts say about robots: for the host that was asked first, however far its file redirects."""

from dataclasses import dataclass

import structlog

from services.crawler.robots import RobotsPolicy
from services.crawler.settings import CrawlerSettings
from shared.ledger.batches import StoredCapture
from shared.ledger.frontier import Frontier, RobotsCopy
from shared.urls import canonical_url, host_key

__all__ = ["REDIRECTS_OF_ROBOTS", "RobotsKeeper"]

log = structlog.get_logger(__name__)

REDIRECTS_OF_ROBOTS = 5
"""RFC 9309 §2.3.1.2: at least five redirects are followed; then the file counts as unavailable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotsKeeper:
    """What it takes to keep the answers to `/robots.txt`."""

    frontier: Frontier
    settings: CrawlerSettings

    def keep(self, capture: StoredCapture, body: bytes) -> None:
        """Keep what a capture of a robots.txt means for the hosts that it counts for."""
        if capture.redirect_to is not None and capture.hops < REDIRECTS_OF_ROBOTS:
            self._take_over(capture)
            return
        for host in _hosts_of(capture):
            self._keep_for(host, capture, body)

    def _take_over(self, capture: StoredCapture) -> None:
        """Let a host that redirects follow the rules of a robots.txt that is known already.

        Where it leads is a target that may have been looked at before, for its own host, and that is not
        accepted a second time.
        """
        assert capture.redirect_to is not None
        there = host_key(capture.redirect_to)
        if capture.redirect_to != robots_url(there):
            return
        known = self.frontier.robots([there]).get(there)
        if known is not None and known.status is not None and known.until > capture.fetched_at:
            for host in _hosts_of(capture):
                self.frontier.keep_robots(host, known)

    def _keep_for(self, host: str, capture: StoredCapture, body: bytes) -> None:
        until = capture.fetched_at + self.settings.robots_fresh
        known = self.frontier.robots([host]).get(host)
        if capture.status == 304 or capture.revisit_of is not None:
            if known is not None and known.status is not None:
                same = RobotsCopy(status=known.status, body=known.body, until=until, delay=known.delay)
                self.frontier.keep_robots(host, same)
            return
        policy = RobotsPolicy.parse(capture.status, body)
        if policy.unreachable:
            if known is None or known.status is None:
                self.frontier.keep_robots(host, RobotsCopy(status=None, body=b"", until=capture.fetched_at))
            log.warning("robots_unreachable", host=host, status=capture.status, reason=capture.reason)
            return
        copy = RobotsCopy(status=capture.status, body=body, until=until)
        delay = policy.crawl_delay(self.settings.agent_token)
        if delay is not None:
            copy = RobotsCopy(status=copy.status, body=copy.body, until=copy.until, delay=delay)
        self.frontier.keep_robots(host, copy)


def robots_url(host: str) -> str:
    """Return the canonical address of a host's robots.txt."""
    return canonical_url(f"{host}/robots.txt")


def _hosts_of(capture: StoredCapture) -> list[str]:
    """Return the hosts that an answer counts for: the one asked first, and its own."""
    hosts = [host_key(capture.via)] if capture.hops and capture.via else []
    if capture.url == robots_url(capture.host):
        hosts.append(capture.host)
    return hosts
