"""What an operator may change about fetching. Environment variables with the prefix PRESSMARK_FETCHER_."""

from datetime import timedelta

from pydantic import ByteSize, Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from shared.settings import PressmarkSettings
from shared.sources.proxies import PROXY_NAME, is_proxy_address


class FetcherSettings(PressmarkSettings):
    """The limits of one fetcher process. Every time is wall-clock time, every size is bytes on the wire."""

    model_config = SettingsConfigDict(env_prefix="PRESSMARK_FETCHER_")

    user_agent: str = Field(default="pressmark/0.1", pattern=r"^[\x21-\x7e][\x20-\x7e]{0,250}$")
    """What we call ourselves. Name a page or an address where an outlet can reach you."""

    accept: str = Field(
        default="text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", pattern=r"^[\x20-\x7e]+$"
    )
    """The Accept field of every request."""

    accept_language: str = Field(default="", pattern=r"^[\x20-\x7e]*$")
    """The Accept-Language field of every request; empty sends none, so that
    a host answers as it does by default."""

    own_endpoints: str = ""
    """More addresses of our own that must never be asked, as `host:port` separated by commas: what
    stands before the pages, or what else the operator runs beside. Broker, ledger, evidence store and
    pages are known."""

    operator: str = ""
    """Who runs this archive, as every WARC says it."""

    connect_timeout: timedelta = Field(default=timedelta(seconds=10), gt=timedelta(0))
    """Longest wait for the name, the connection and the TLS handshake together."""

    first_byte_timeout: timedelta = Field(default=timedelta(seconds=20), gt=timedelta(0))
    """Longest wait, from the start of the look, for the first byte of the answer."""

    fetch_timeout: timedelta = Field(default=timedelta(seconds=60), gt=timedelta(0))
    """Longest time for one look from start to end. A body cut by it is kept and marked `time`."""

    lease: timedelta = Field(default=timedelta(seconds=30), gt=timedelta(seconds=2))
    """How long a batch belongs to its worker without a sign of life; it gives one three times in that time.
    A dead worker's batch waits so long before it is handed out again."""

    batch_time: timedelta = Field(default=timedelta(seconds=60), gt=timedelta(0))
    """A batch begins no new look after this time; what it has not begun goes back to waiting."""

    batch_bytes: ByteSize = Field(default=ByteSize(64 * 1024**2), gt=0)
    """A batch begins no new look after this many body bytes, so that one WARC object stays of a size
    to handle. After twice as many, bodies over 1 MiB that are still coming are cut and marked `length`."""

    max_head_bytes: ByteSize = Field(default=ByteSize(64 * 1024), gt=0)
    """Longest head of a response, all its lines together."""

    max_head_fields: int = Field(default=200, gt=0)
    """Most header fields of a response."""

    max_body_bytes: ByteSize = Field(default=ByteSize(25 * 1024**2), gt=0, le=100 * 1024**2)
    """Longest body, before decoding. A longer one is kept up to here and marked `length`. It is fetched,
    written and checked in pieces; what reads its record later holds two to three times its size in memory."""

    max_held_bytes: ByteSize = Field(default=ByteSize(32 * 1024**2), gt=0)
    """Body bytes of all running looks together that are held in memory. Above it, bodies go
    to unnamed files in the temporary directory, as every body over 1 MiB does."""

    max_connections: int = Field(default=300, gt=0, le=4000)
    """Connections of one process, all hosts together."""

    keep_connection: timedelta = Field(default=timedelta(seconds=60), gt=timedelta(0))
    """How long an idle connection is kept for the next request to its host."""

    accept_bad_certificates: bool = False
    """Whether a look whose certificate fails is made again without the check. The WARC says that it was;
    nothing secret is ever sent. Off, because a reader must be able to trust where a page came from; an
    operator may find an outlet with an expired certificate worth its evidence all the same."""

    webhook_timeout: timedelta = Field(default=timedelta(seconds=10), gt=timedelta(0))
    """Longest time for telling one webhook one thing, from the name to the end of its answer."""

    webhook_round: int = Field(default=64, ge=1, le=1000)
    """Deliveries to webhooks that one round takes on; the next round has the rest."""

    webhook_patience: timedelta = Field(default=timedelta(days=3), gt=timedelta(0))
    """How long a delivery is tried again before it is given up as dead. `pressmark webhook replay` revives it."""

    proxies: SecretStr = SecretStr("")
    """Names for proxies that want user and password, as `name=http://user:password@host:port`, separated by
    blanks. A source file says the name. What is written here is never logged or kept."""

    @field_validator("proxies")
    @classmethod
    def _proxies_are_named_addresses(cls, proxies: SecretStr) -> SecretStr:
        for number, part in enumerate(proxies.get_secret_value().split(), start=1):
            name, _, address = part.partition("=")
            if not PROXY_NAME.fullmatch(name) or not is_proxy_address(address, with_credentials=True):
                raise ValueError(f"part {number} is not name=http://user:password@host:port")
        return proxies

    def proxy_url(self, proxy: str) -> str | None:
        """Return the address that a source's proxy stands for, or None where it stands for none."""
        named = dict(part.split("=", 1) for part in self.proxies.get_secret_value().split())
        return named.get(proxy, proxy if is_proxy_address(proxy, with_credentials=False) else None)


class ReaderAddress(PressmarkSettings):
    """Where the pages are served, as the reader is told: one address more that is never fetched."""

    model_config = SettingsConfigDict(env_prefix="PRESSMARK_READER_")

    host: str = "127.0.0.1"
    """The address the reader listens on."""

    port: int = Field(default=8480, ge=0, le=65535)
    """The TCP port the reader listens on."""


class AdminAddress(PressmarkSettings):
    """Where the operators' API listens, as it is told: one address more that is never fetched."""

    model_config = SettingsConfigDict(env_prefix="PRESSMARK_ADMIN_")

    host: str = "127.0.0.1"
    """The address the operators' API listens on."""

    port: int = Field(default=8481, ge=0, le=65535)
    """The TCP port the operators' API listens on."""
