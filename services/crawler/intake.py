"""What follows from a stored batch: links are accepted, robots.txt files kept, next looks planned."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog

from services.crawler.discovery import discover
from services.crawler.links import ListPage, trap_reason
from services.crawler.robots import RobotsPolicy
from services.crawler.schedule import next_look, next_recheck, next_retry, spread_of
from services.crawler.settings import CrawlerSettings
from shared.candidates import candidate, with_robots
from shared.evidence import EvidenceStore
from shared.http_message import DecodeError
from shared.ledger.batches import Batches, StoredBatch, StoredCapture
from shared.ledger.frontier import Candidate, Frontier, RobotsCopy, TargetKind
from shared.ledger.registry import Registry
from shared.metrics import LINKS
from shared.sources import SourceFile, load_source
from shared.urls import canonical_url, host_key, same_site, url_key
from shared.warc_reading import StoredExchange, read_records

__all__ = ["Intake"]

log = structlog.get_logger(__name__)

_LISTS = (TargetKind.LISTING, TargetKind.FEED, TargetKind.SITEMAP)
_REDIRECTS_OF_ROBOTS = 5
"""RFC 9309 §2.3.1.2: at least five redirects are followed; then the file counts as unavailable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What it takes to draw the consequences of a batch."""

    batches: Batches
    frontier: Frontier
    registry: Registry
    evidence: EvidenceStore
    settings: CrawlerSettings

    def take_in(self, batch: StoredBatch) -> int:
        """Accept what a batch's documents link to, plan the next looks, and return how many URLs were new.

        Raises:
            TryAgainError: the ledger or the evidence store does not answer.
            RejectError: the evidence is missing or damaged.
        """
        bodies = self._bodies(batch)
        accepted = 0
        for source_id in dict.fromkeys(capture.source_id for capture in batch.captures):
            source = load_source(self.registry.get(source_id).definition)
            captures = [capture for capture in batch.captures if capture.source_id == source_id]
            for capture in captures:
                if capture.kind is TargetKind.ROBOTS:
                    self._keep_robots(capture, bodies)
                accepted += self._accept(capture, bodies, source)
            self.frontier.plan_looks([(look.target_id, self._next_look(look, source)) for look in captures])
        self.batches.links_done(batch.batch_id)
        return accepted

    def _bodies(self, batch: StoredBatch) -> "_Bodies":
        """Read the WARC only when a capture of the batch can link to anything."""
        wanted = {
            capture.record_id
            for capture in batch.captures
            if capture.status == 200 and capture.revisit_of is None and self._may_link(capture)
        }
        if not wanted:
            return _Bodies(exchanges={})
        records = read_records(self.evidence.get(batch.warc_key))
        exchanges = {
            record.record_id: StoredExchange(record) for record in records if record.record_id in wanted
        }
        return _Bodies(exchanges=exchanges)

    def _may_link(self, capture: StoredCapture) -> bool:
        if capture.kind is not TargetKind.ARTICLE:
            return True
        return load_source(self.registry.get(capture.source_id).definition).links.from_articles

    def _accept(self, capture: StoredCapture, bodies: "_Bodies", source: SourceFile) -> int:
        found = list(_found(capture, bodies, source, settings=self.settings))
        if not found:
            return 0
        accepted = self.frontier.accept(
            source.id,
            list(with_robots(found, source)),
            delay=source.politeness.delay,
            concurrency=source.politeness.concurrency,
            via=capture.url,
        )
        log.info("links_accepted", url=capture.url, found=len(found), accepted=accepted)
        return accepted

    def _keep_robots(self, capture: StoredCapture, bodies: "_Bodies") -> None:
        """Keep what a host says about robots. After redirects it still counts for the host asked first."""
        if capture.redirect_to is not None and capture.hops < _REDIRECTS_OF_ROBOTS:
            return
        host = host_key(capture.via) if capture.hops and capture.via else capture.host
        until = capture.fetched_at + self.settings.robots_fresh
        known = self.frontier.robots([host]).get(host)
        if capture.status == 304 or capture.revisit_of is not None:
            if known is not None and known.status is not None:
                same = RobotsCopy(status=known.status, body=known.body, until=until, delay=known.delay)
                self.frontier.keep_robots(host, same)
            return
        body = bodies.body(capture) or b""
        policy = RobotsPolicy.parse(capture.status, body)
        if policy.unreachable:
            if known is None or known.status is None:
                self.frontier.keep_robots(host, RobotsCopy(status=None, body=b"", until=capture.fetched_at))
            log.warning("robots_unreachable", host=host, status=capture.status, reason=capture.reason)
            return
        delay = policy.crawl_delay(self.settings.agent_token)
        copy = RobotsCopy(status=capture.status, body=body, until=until)
        self.frontier.keep_robots(host, copy if delay is None else _with_delay(copy, policy, self.settings))

    def _next_look(self, capture: StoredCapture, source: SourceFile) -> datetime | None:
        if capture.kind is TargetKind.ROBOTS:
            wait = self.settings.robots_fresh * 0.9 if _answers(capture) else self.settings.robots_retry
            return capture.fetched_at + wait
        if capture.kind in _LISTS:
            every = {canonical_url(rule.url): rule.every for rule in source.lists}
            return next_look(
                capture.fetched_at,
                every=every.get(capture.url, min(every.values())),
                jitter=spread_of(url_key(capture.url)),
                failures=capture.attempts,
            )
        if capture.archived_at is not None:
            return next_recheck(capture.archived_at, looked_at=capture.fetched_at, rules=source.recheck)
        return next_retry(capture.reason or "unknown", attempts=capture.attempts, now=capture.fetched_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bodies:
    """The decoded bodies of a batch, each when it is asked for."""

    exchanges: Mapping[str, StoredExchange]

    def body(self, capture: StoredCapture) -> bytes | None:
        """Return a body without its codings; None when there is none to be had."""
        exchange = self.exchanges.get(capture.record_id)
        if exchange is None:
            return None
        try:
            return exchange.body()
        except DecodeError as error:
            log.warning("body_undecodable", url=capture.url, reason=error.reason)
            return None


def _with_delay(copy: RobotsCopy, policy: RobotsPolicy, settings: CrawlerSettings) -> RobotsCopy:
    delay = policy.crawl_delay(settings.agent_token)
    assert delay is not None
    return RobotsCopy(status=copy.status, body=copy.body, until=copy.until, delay=delay)


def _answers(capture: StoredCapture) -> bool:
    return capture.status is not None and capture.status < 500 and capture.status != 429


def _found(
    capture: StoredCapture, bodies: _Bodies, source: SourceFile, *, settings: CrawlerSettings
) -> Iterator[Candidate]:
    """Yield what a capture leads to: where it redirects, and what its document links to."""
    if capture.redirect_to is not None:
        yield from _redirected(capture, source, max_redirects=settings.max_redirects)
    body = bodies.body(capture)
    if body is None:
        return
    page = ListPage(url=capture.url, kind=capture.kind, content_type=capture.content_type, body=body)
    discovery = discover(page, source)
    for reason, count in discovery.rejected.items():
        LINKS.labels(reason).inc(count)
    for link in discovery.links:
        trap = trap_reason(link.url)
        if link.kind is TargetKind.SITEMAP and capture.hops >= settings.max_sitemap_depth:
            trap = "sitemap_depth"
        LINKS.labels("taken" if trap is None else "trap").inc()
        yield candidate(
            link.url,
            link.kind,
            via=capture.url,
            hops=0 if link.kind is TargetKind.ARTICLE else capture.hops + 1,
            title=link.title,
            date=link.date,
            excluded=None if trap is None else f"trap: {trap}",
        )


def _redirected(capture: StoredCapture, source: SourceFile, *, max_redirects: int) -> Iterator[Candidate]:
    """A redirect is followed within the site, as a look of its own with a record of its own."""
    assert capture.redirect_to is not None
    lists = {canonical_url(rule.url) for rule in source.lists} | {canonical_url(source.home)}
    if capture.kind is TargetKind.ARTICLE and capture.redirect_to in lists:
        return
    if capture.kind is not TargetKind.ROBOTS and not same_site(capture.redirect_to, capture.url):
        LINKS.labels("other_site").inc()
        return
    too_many = capture.hops >= max_redirects
    # A robots.txt counts for the host that was asked first, however far it redirects.
    via = capture.via if capture.kind is TargetKind.ROBOTS and capture.hops else capture.url
    yield candidate(
        capture.redirect_to,
        capture.kind,
        via=via,
        hops=capture.hops + 1,
        title=capture.found_title,
        date=capture.found_date,
        excluded="too_many_redirects" if too_many else None,
    )
