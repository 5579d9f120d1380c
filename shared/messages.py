"""Every message of the system: the whole contract between the services.

A message is named `<receiver>.<verb>_<noun>` and carries ids only; what it is about stands in the
ledger. So a message may be lost, doubled or delivered late: the ledger decides what it means then.
A field may be added with a default; none may change its meaning or go, because old messages must
parse after an upgrade.
"""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class Message(BaseModel):
    """What all messages share: frozen, and forgiving about fields of a newer version."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: ClassVar[str]

    @classmethod
    def receiver(cls) -> str:
        """Return the service whose queue this message goes to."""
        return cls.name.partition(".")[0]


class DispatchDue(Message):
    """Claim what is due and hand it to the fetchers. Sent by the scheduler and after every change."""

    name = "crawler.dispatch_due"


class AcceptLinks(Message):
    """A batch is stored: take the links out of its lists and accept them."""

    name = "crawler.accept_links"
    batch_id: str


class ReapLeases(Message):
    """Take back what a dead worker holds."""

    name = "crawler.reap_leases"


class ReconcileWork(Message):
    """Ring again for everything that stands in the ledger without a bell."""

    name = "crawler.reconcile_work"


class SampleArticles(Message):
    """Plan the day's random sample of known articles, and look sooner at what was rewritten."""

    name = "crawler.sample_articles"


class FetchBatch(Message):
    """Fetch the targets of a batch and store what came back."""

    name = "fetcher.fetch_batch"
    batch_id: str


class NormalizeBatch(Message):
    """A batch is stored: make articles, revisions and events of its captures."""

    name = "normalizer.normalize_batch"
    batch_id: str


class ReadAgain(Message):
    """An operator wants stored pages to be read again: do the next steps of that order."""

    name = "normalizer.read_again"
    order_id: str


class DeliverWebhooks(Message):
    """Tell the webhooks what has happened. Sent by the scheduler."""

    name = "fetcher.deliver_webhooks"


class RequestStamps(Message):
    """Ask time stamp authorities for what is planned. Sent by the scheduler."""

    name = "fetcher.request_stamps"


class CheckWatches(Message):
    """Hold what has happened against every watch. Sent by the scheduler."""

    name = "normalizer.check_watches"


class ShowCrawlerPulse(Message):
    """Prove that the crawler takes messages: work done, not a ping."""

    name = "crawler.show_pulse"


class ShowFetcherPulse(Message):
    """Prove that a fetcher takes messages."""

    name = "fetcher.show_pulse"


class ShowNormalizerPulse(Message):
    """Prove that a normalizer takes messages."""

    name = "normalizer.show_pulse"


ALL_MESSAGES: tuple[type[Message], ...] = (
    DispatchDue,
    AcceptLinks,
    ReapLeases,
    ReconcileWork,
    SampleArticles,
    FetchBatch,
    NormalizeBatch,
    ReadAgain,
    DeliverWebhooks,
    RequestStamps,
    CheckWatches,
    ShowCrawlerPulse,
    ShowFetcherPulse,
    ShowNormalizerPulse,
)

MESSAGES: dict[str, type[Message]] = {message.name: message for message in ALL_MESSAGES}
"""Every message by its name, as it travels."""
