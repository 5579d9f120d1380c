"""Joins the fetcher's messages to its domain. The only place where its parts are put together."""

from functools import partial
from importlib.metadata import version

import structlog

from services.fetcher.client import HttpClient
from services.fetcher.gate import Gate
from services.fetcher.own_endpoints import Endpoint, OwnEndpoints, endpoints_in
from services.fetcher.posting import Poster
from services.fetcher.settings import AdminAddress, FetcherSettings, ReaderAddress
from services.fetcher.snapshots import Snapshots
from services.fetcher.stamps import StampRequester
from services.fetcher.webhooks import WebhookSender
from shared.bus import Broker, Bus, Subscription, WorkerApp, make_worker
from shared.clock import SystemClock
from shared.evidence import EvidenceStore
from shared.ledger import Database
from shared.ledger.batches import Batches, StaleLeaseError
from shared.ledger.quarantine import Quarantine
from shared.ledger.stamps import Stamps
from shared.ledger.webhooks import Webhooks
from shared.messages import (
    AcceptLinks,
    DeliverWebhooks,
    DispatchDue,
    FetchBatch,
    NormalizeBatch,
    RequestStamps,
    ShowFetcherPulse,
)
from shared.settings import ServiceSettings, load

log = structlog.get_logger(__name__)


def on_fetch_batch(message: FetchBatch, *, snapshots: Snapshots, bus: Bus) -> None:
    """Fetch a batch, unless another delivery of its bell has taken it already, and announce what came."""
    batch = snapshots.batches.open(message.batch_id, lease=snapshots.settings.lease)
    if batch is None:
        log.info("bell_repeated", batch_id=message.batch_id)
        return
    try:
        # The hosts are free by now: others may ask them while this worker stores what came.
        captures = snapshots.take(batch, on_fetched=lambda: _ring_for_more(bus))
    except StaleLeaseError as error:
        # Another batch has the targets by now; what this one stored is an orphan and counts for nothing.
        log.warning("lease_lost", batch_id=batch.batch_id, error=str(error))
        return
    log.info("batch_stored", batch_id=batch.batch_id, targets=len(batch.targets), captures=captures)
    bus.publish(AcceptLinks(batch_id=batch.batch_id))
    bus.publish(NormalizeBatch(batch_id=batch.batch_id))


def on_deliver_webhooks(_message: DeliverWebhooks, *, sender: WebhookSender) -> None:
    """Tell the webhooks what is due."""
    sender.deliver()


def on_request_stamps(_message: RequestStamps, *, requester: StampRequester) -> None:
    """Ask for the time stamps that are due."""
    requester.request()


def _ring_for_more(bus: Bus) -> None:
    bus.publish(DispatchDue(), urgent=True)


def make_app(settings: ServiceSettings, fetcher: FetcherSettings) -> WorkerApp:
    """Return the fetcher's worker application."""
    database = Database(settings.database_url.get_secret_value())
    bus = Bus(settings)
    broker = Broker(settings.broker_url.get_secret_value())
    gate = Gate(settings.private_networks, own=own_endpoints(settings, fetcher))
    poster = Poster(gate, user_agent=fetcher.user_agent, timeout=fetcher.webhook_timeout)
    sender = WebhookSender(webhooks=Webhooks(database), poster=poster, settings=fetcher, clock=SystemClock())
    requester = StampRequester(
        stamps=Stamps(database), poster=poster, timeout=fetcher.webhook_timeout, clock=SystemClock()
    )
    snapshots = Snapshots(
        batches=Batches(database),
        evidence=EvidenceStore(settings.evidence()),
        client=HttpClient(fetcher, gate),
        settings=fetcher,
        clock=SystemClock(),
        software=f"pressmark/{version('pressmark')}",
    )
    return make_worker(
        "fetcher",
        [
            Subscription(FetchBatch, partial(on_fetch_batch, snapshots=snapshots, bus=bus)),
            Subscription(DeliverWebhooks, partial(on_deliver_webhooks, sender=sender)),
            Subscription(RequestStamps, partial(on_request_stamps, requester=requester)),
            Subscription(ShowFetcherPulse, lambda _: broker.show_pulse("fetcher")),
        ],
        settings=settings,
        process=settings,
        quarantine=Quarantine(database),
    )


def own_endpoints(settings: ServiceSettings, fetcher: FetcherSettings) -> OwnEndpoints:
    """Return where our own parts listen, which no look may ever reach."""
    endpoints = []
    for told in (load(ReaderAddress), load(AdminAddress)):
        # A wildcard address means every address of this machine, of which loopback is the one always there.
        host = "127.0.0.1" if told.host in ("0.0.0.0", "::", "") else told.host  # noqa: S104 - compared only
        endpoints += [Endpoint(host=host, port=told.port)] if told.port else []
    urls = [settings.broker_url.get_secret_value(), settings.database_url.get_secret_value()]
    urls += [url for url in (settings.s3_endpoint, settings.otel_endpoint) if url]
    urls += [part.strip() for part in fetcher.own_endpoints.split(",") if part.strip()]
    return OwnEndpoints([*endpoints, *(endpoint for url in urls for endpoint in endpoints_in(url))])
