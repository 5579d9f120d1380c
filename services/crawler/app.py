"""Joins the crawler's messages to its domain. The only place where its parts are put together."""

from dataclasses import dataclass
from functools import partial

import structlog

from services.crawler.dispatch import Dispatcher
from services.crawler.intake import Intake
from services.crawler.planning import Planner
from services.crawler.probing import Prober
from services.crawler.robots_copies import RobotsKeeper
from services.crawler.sampling import Sampler
from services.crawler.settings import CrawlerSettings
from shared import traces
from shared.bus import Broker, Bus, Subscription, Tick, WorkerApp, make_worker, new_trace
from shared.clock import SystemClock
from shared.evidence import EvidenceStore
from shared.ledger import Database
from shared.ledger.batches import Batches
from shared.ledger.evidence_index import EvidenceIndex
from shared.ledger.frontier import Frontier
from shared.ledger.quarantine import Quarantine
from shared.ledger.registry import Registry
from shared.ledger.schedule import Schedule
from shared.messages import (
    AcceptLinks,
    CheckWatches,
    DeliverWebhooks,
    DispatchDue,
    FetchBatch,
    Message,
    NormalizeBatch,
    ReapLeases,
    ReconcileWork,
    RequestStamps,
    SampleArticles,
    ShowCrawlerPulse,
    ShowFetcherPulse,
    ShowNormalizerPulse,
)
from shared.metrics import LEASES_LOST, RUNG_AGAIN
from shared.settings import ServiceSettings

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crawler:
    """The parts that the crawler's handlers work with."""

    intake: Intake
    dispatcher: Dispatcher
    sampler: Sampler
    batches: Batches
    quarantine: Quarantine
    bus: Bus
    settings: CrawlerSettings


def on_dispatch_due(_message: DispatchDue, *, crawler: Crawler) -> None:
    """Hand out what is due."""
    with traces.span("claim targets") as span:
        claims = crawler.dispatcher.dispatch()
        span.tell({"pressmark.batches": len(claims)})
    for claim in claims:
        log.info("batch_dispatched", batch_id=claim.batch_id, targets=len(claim.targets))
        told: traces.Attributes = {
            "pressmark.batch_id": claim.batch_id,
            "pressmark.targets": len(claim.targets),
        }
        with traces.span("dispatch batch", trace_id=claim.trace_id, attributes=told):
            crawler.bus.publish(FetchBatch(batch_id=claim.batch_id), trace_id=claim.trace_id)


def on_accept_links(message: AcceptLinks, *, crawler: Crawler) -> None:
    """Draw the consequences of a stored batch, and hand out what has become due by them."""
    with crawler.batches.alone_at("links", message.batch_id) as is_alone:
        batch = crawler.batches.stored(message.batch_id)
        if batch is not None and not batch.links_done and is_alone:
            crawler.intake.take_in(batch)
    on_dispatch_due(DispatchDue(), crawler=crawler)


def on_reap_leases(_message: ReapLeases, *, crawler: Crawler) -> None:
    """Take back what dead workers hold, and hand it out again."""
    lost = crawler.batches.reap()
    if lost:
        LEASES_LOST.inc(len(lost))
        log.warning("leases_lost", batches=len(lost))
        on_dispatch_due(DispatchDue(), crawler=crawler)


def on_reconcile_work(_message: ReconcileWork, *, crawler: Crawler) -> None:
    """Ring again for what nobody has taken up, as its bell may be lost; drop what was set aside and is done."""
    closed = crawler.quarantine.close_finished()
    if closed:
        log.info("quarantine_closed", messages=closed)
    overdue = crawler.batches.overdue(silence=crawler.settings.rering_after)
    for bells, make in (
        (overdue.fetch, FetchBatch),
        (overdue.links, AcceptLinks),
        (overdue.articles, NormalizeBatch),
    ):
        for batch_id, trace_id in bells:
            message: Message = make(batch_id=batch_id)
            crawler.bus.publish(message, trace_id=trace_id)
            RUNG_AGAIN.labels(message.name).inc()
            log.warning("bell_rung_again", message=message.name, batch_id=batch_id)


def on_sample_articles(_message: SampleArticles, *, crawler: Crawler) -> None:
    """Plan looks beside the plan, and hand out what is due by them."""
    if crawler.sampler.sample():
        on_dispatch_due(DispatchDue(), crawler=crawler)


def make_app(settings: ServiceSettings, crawling: CrawlerSettings) -> WorkerApp:
    """Return the crawler's worker application, with the schedule that beat keeps."""
    database = Database(settings.database_url.get_secret_value())
    broker = Broker(settings.broker_url.get_secret_value())
    crawler = make_crawler(database, Bus(settings), EvidenceStore(settings.evidence()), crawling)
    return make_worker(
        "crawler",
        [
            Subscription(DispatchDue, partial(on_dispatch_due, crawler=crawler)),
            Subscription(AcceptLinks, partial(on_accept_links, crawler=crawler)),
            Subscription(ReapLeases, partial(on_reap_leases, crawler=crawler)),
            Subscription(ReconcileWork, partial(on_reconcile_work, crawler=crawler)),
            Subscription(SampleArticles, partial(on_sample_articles, crawler=crawler)),
            Subscription(ShowCrawlerPulse, lambda _: broker.show_pulse("crawler")),
        ],
        settings=settings,
        process=settings,
        quarantine=Quarantine(database),
        ticks=_ticks(crawling),
    )


def make_crawler(database: Database, bus: Bus, evidence: EvidenceStore, settings: CrawlerSettings) -> Crawler:
    """Put the crawler's parts together."""
    batches, frontier, registry = Batches(database), Frontier(database), Registry(database)
    schedule = Schedule(database)
    intake = Intake(
        batches=batches,
        frontier=frontier,
        registry=registry,
        index=EvidenceIndex(database),
        evidence=evidence,
        settings=settings,
        robots=RobotsKeeper(frontier=frontier, settings=settings),
        planner=Planner(frontier=frontier, schedule=schedule, settings=settings),
    )
    return Crawler(
        intake=intake,
        dispatcher=Dispatcher(frontier=frontier, batches=batches, settings=settings, new_trace=new_trace),
        sampler=Sampler(
            registry=registry,
            schedule=schedule,
            prober=Prober(frontier=frontier, schedule=schedule),
            settings=settings,
            clock=SystemClock(),
        ),
        batches=batches,
        quarantine=Quarantine(database),
        bus=bus,
        settings=settings,
    )


def _ticks(settings: CrawlerSettings) -> list[Tick]:
    return [
        Tick(message=DispatchDue(), every=settings.dispatch_interval),
        Tick(message=ReapLeases(), every=settings.reap_interval),
        Tick(message=ReconcileWork(), every=settings.reconcile_interval),
        Tick(message=SampleArticles(), every=settings.sample_interval),
        Tick(message=CheckWatches(), every=settings.watch_interval),
        Tick(message=DeliverWebhooks(), every=settings.webhook_interval),
        Tick(message=RequestStamps(), every=settings.stamp_interval),
        Tick(message=ShowCrawlerPulse(), every=settings.pulse_interval),
        Tick(message=ShowFetcherPulse(), every=settings.pulse_interval),
        Tick(message=ShowNormalizerPulse(), every=settings.pulse_interval),
    ]
