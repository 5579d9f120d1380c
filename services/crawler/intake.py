"""What follows from a stored batch: links are accepted, robots.txt files kept, next looks planned."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import structlog

from services.crawler.discovery import discover
from services.crawler.links import Discovery, ListPage
from services.crawler.moves import may_move
from services.crawler.pagination import is_beyond
from services.crawler.planning import Look, Planner
from services.crawler.robots_copies import RobotsKeeper
from services.crawler.settings import CrawlerSettings
from services.crawler.traps import trap_reason
from shared.candidates import candidate, with_robots
from shared.evidence import EvidenceStore
from shared.http_message import DecodeError
from shared.ledger.batches import Batches, StoredBatch, StoredCapture
from shared.ledger.evidence_index import EvidenceIndex
from shared.ledger.frontier import LIST_KINDS, Candidate, Frontier, TargetKind
from shared.ledger.registry import Registry
from shared.metrics import LINKS
from shared.sources import SourceFile, load_source
from shared.urls import canonical_url, same_site
from shared.warc_reading import StoredExchange, read_records

__all__ = ["Intake"]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What it takes to draw the consequences of a batch."""

    batches: Batches
    frontier: Frontier
    registry: Registry
    index: EvidenceIndex
    evidence: EvidenceStore
    settings: CrawlerSettings
    robots: RobotsKeeper
    planner: Planner

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
            looks = []
            for capture in batch.captures:
                if capture.source_id != source_id:
                    continue
                if capture.kind is TargetKind.ROBOTS:
                    self.robots.keep(capture, bodies.body(capture) or b"")
                discovery = _discovered(capture, bodies, source)
                new = self._accept(capture, discovery, source)
                looks.append(Look(capture=capture, new_links=new, unreadable=discovery.unreadable))
                accepted += new
            self.planner.plan(looks, source)
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
        records = read_records(self.index.read(self.evidence, batch.warc_key))
        exchanges = {
            record.record_id: StoredExchange(record) for record in records if record.record_id in wanted
        }
        return _Bodies(exchanges=exchanges)

    def _may_link(self, capture: StoredCapture) -> bool:
        if capture.kind in (TargetKind.PROBE, TargetKind.REQUISITE):
            return False
        if capture.kind is not TargetKind.ARTICLE:
            return True
        source = load_source(self.registry.get(capture.source_id).definition)
        return source.links.from_articles or source.requisites.capture

    def _accept(self, capture: StoredCapture, discovery: Discovery, source: SourceFile) -> int:
        found = list(_found(capture, discovery, source, settings=self.settings))
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


def _discovered(capture: StoredCapture, bodies: _Bodies, source: SourceFile) -> Discovery:
    """Read what a document links to, and count why links were left."""
    body = bodies.body(capture)
    if body is None:
        return Discovery(links=(), rejected={})
    page = ListPage(url=capture.url, kind=capture.kind, content_type=capture.content_type, body=body)
    discovery = discover(page, source)
    for reason, count in discovery.rejected.items():
        LINKS.labels(reason).inc(count)
    return discovery


def _found(
    capture: StoredCapture, discovery: Discovery, source: SourceFile, *, settings: CrawlerSettings
) -> Iterator[Candidate]:
    """Yield what a capture leads to: where it redirects, and what its document links to."""
    if capture.redirect_to is not None and capture.kind is not TargetKind.PROBE:
        yield from _redirected(capture, source, max_redirects=settings.max_redirects)
    for link in discovery.links:
        if link.rule.endswith("next_page") and is_beyond(
            link.url, hops=capture.hops, max_list_pages=source.links.max_list_pages
        ):
            LINKS.labels("page_limit").inc()
            continue
        trap = trap_reason(link.url, today=capture.fetched_at.date())
        if link.kind is TargetKind.SITEMAP and capture.hops >= settings.max_sitemap_depth:
            trap = "sitemap_depth"
        if trap is None and link.kind is TargetKind.LISTING and capture.hops >= settings.max_list_depth:
            trap = "list_depth"
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
    if not _may_lead(capture, source, to=capture.redirect_to):
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
        excluded="trap: too_many_redirects" if too_many else None,
    )


def _may_lead(capture: StoredCapture, source: SourceFile, *, to: str) -> bool:
    """Tell whether a redirect stays where it may lead: a robots.txt anywhere, a list where it may move."""
    if capture.kind is TargetKind.ROBOTS:
        return True
    if capture.kind in LIST_KINDS:
        return may_move(to, url=capture.url, source=source)
    return same_site(to, capture.url)
