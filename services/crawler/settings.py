"""What an operator may change about crawling. Environment variables with the prefix PRESSMARK_CRAWLER_."""

from datetime import timedelta

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import PressmarkSettings

_SECOND = timedelta(seconds=1)


class CrawlerSettings(PressmarkSettings):
    """How much is taken on at a time. Times are seconds or ISO 8601 durations in the environment."""

    model_config = SettingsConfigDict(env_prefix="PRESSMARK_CRAWLER_")

    agent_token: str = Field(default="Pressmark", pattern=r"^[A-Za-z_-]{1,64}$")
    """The product token that robots.txt files address us by (RFC 9309 §2.2.1). It must stand in the
    user agent that the fetcher sends."""

    dispatch_interval: timedelta = Field(default=_SECOND, ge=_SECOND)
    """Time between two looks for due targets, beside those after every finished batch."""

    reap_interval: timedelta = Field(default=timedelta(seconds=5), ge=_SECOND)
    """Time between two searches for leases that ran out, whose targets go back to waiting."""

    reconcile_interval: timedelta = Field(default=timedelta(seconds=5), ge=_SECOND)
    """Time between two searches for work in the ledger that has no message, which is rung for again."""

    max_outstanding_batches: int = Field(default=8, ge=1, le=10_000)
    """Batches handed out and not yet fetched, however many fetchers there are."""

    max_untaken_batches: int = Field(default=2, ge=1, le=10_000)
    """Batches handed out that no fetcher has taken. More only age in the queue: what becomes due meanwhile would
    make batches of few hosts, and a fetcher is as long at one host as at three hundred."""

    max_batch_targets: int = Field(default=200, ge=1, le=1000)
    """Most targets of a batch of few hosts, so that its WARC object stays of a size to handle."""

    max_host_targets: int = Field(default=5, ge=1, le=1000)
    """Targets that each host of a batch may have however many hosts there are. A batch of 300 hosts holds up to
    1500: many hosts and few targets of each keep a fetcher busy while each host waits its delay."""

    max_batch_hosts: int = Field(default=300, ge=1, le=1000)
    """Most hosts of one batch: each costs the fetcher a connection."""

    max_host_time: timedelta = Field(default=timedelta(seconds=20), ge=_SECOND)
    """Longest time that the delays of one host may add up to within a batch."""

    rering_after: timedelta = Field(default=timedelta(seconds=15), ge=_SECOND)
    """How long work may stand in the ledger before it is rung for again, since its message may be lost."""

    pulse_interval: timedelta = Field(default=timedelta(seconds=5), ge=_SECOND)
    """Time between two proofs that every service takes messages."""

    robots_fresh: timedelta = Field(default=timedelta(hours=24), ge=_SECOND, le=timedelta(hours=24))
    """How long a robots.txt counts (RFC 9309 §2.4 allows at most a day)."""

    robots_retry: timedelta = Field(default=timedelta(minutes=15), ge=_SECOND)
    """Time until a robots.txt that could not be read is asked for again. Its host waits so long."""

    sample_interval: timedelta = Field(default=timedelta(hours=1), ge=_SECOND)
    """Time between two searches for sources whose random sample of the day is not planned, and for edits."""

    watch_interval: timedelta = Field(default=timedelta(seconds=15), ge=_SECOND)
    """Time between two passes over what has happened for the names that are watched."""

    webhook_interval: timedelta = Field(default=timedelta(seconds=5), ge=_SECOND)
    """Time between two rounds of telling webhooks what has happened."""

    stamp_interval: timedelta = Field(default=timedelta(seconds=30), ge=_SECOND)
    """Time between two rounds of asking time stamp authorities for what upkeep has planned."""

    daily_sample: int = Field(default=60, ge=0, le=10_000)
    """Known articles of each source that are looked at on any day beside the plan, chosen at random."""

    max_redirects: int = Field(default=10, ge=0, le=50)
    """Most redirects followed from one URL. The next is excluded."""

    max_list_depth: int = Field(default=200, ge=1, le=30_000)
    """Most links from a list of the source file to a listing page. Sites that make up a new page for each link
    come to an end here; the next is excluded. An archive of more pages, each named by the last, needs more."""

    max_sitemap_depth: int = Field(default=3, ge=1, le=10)
    """Most sitemap indexes above a sitemap, so that indexes that name each other come to an end."""
