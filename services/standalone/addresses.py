"""The addresses of a stack: what `PRESSMARK_*` would say."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Endpoints"]


class Endpoints(BaseModel):
    """Addresses of the parts, passwords included: keep it in files of mode 600 and out of logs."""

    model_config = ConfigDict(frozen=True)

    broker_url: str = Field(repr=False)
    database_url: str = Field(repr=False)
    s3_endpoint: str
    s3_bucket: str
    s3_access_key: str = Field(repr=False)
    s3_secret_key: str = Field(repr=False)
    s3_region: str
    reader_url: str
    replay_url: str = ""
    """Where stored pages are replayed, another origin than the reader's; empty as for the observer."""

    observer_url: str = ""
    """Where the observer answers `/metrics`; empty for a stack that was started by an older version."""

    metrics: Mapping[str, str] = {}
    """Where each process answers `/metrics`, as `host:port` by its name."""

    admin_url: str = ""
    """Where operators' programs find the API."""

    private_networks: str = ""
    """Private networks that this stack may fetch from, as `PRESSMARK_PRIVATE_NETWORKS` said at its start."""

    own_endpoints: str = ""
    """Every `host:port` of the stack that no outlet may be taken for, separated by commas."""

    log_key_file: str = ""
    """File of the key that signs the archive's log."""

    def environment(self) -> dict[str, str]:
        """Return the settings of the services as environment variables."""
        opened = {"PRESSMARK_PRIVATE_NETWORKS": self.private_networks} if self.private_networks else {}
        signing = {"PRESSMARK_LOG_KEY_FILE": self.log_key_file} if self.log_key_file else {}
        closed = {"PRESSMARK_FETCHER_OWN_ENDPOINTS": self.own_endpoints} if self.own_endpoints else {}
        operating = {"PRESSMARK_ADMIN_PORT": _port(self.admin_url)} if self.admin_url else {}
        replaying = (
            {
                "PRESSMARK_READER_REPLAY_URL": self.replay_url,
                "PRESSMARK_REPLAY_PORT": _port(self.replay_url),
                "PRESSMARK_REPLAY_READER_URL": self.reader_url,
            }
            if self.replay_url
            else {}
        )
        return (
            opened
            | closed
            | replaying
            | signing
            | operating
            | {
                "PRESSMARK_BROKER_URL": self.broker_url,
                "PRESSMARK_DATABASE_URL": self.database_url,
                "PRESSMARK_S3_ENDPOINT": self.s3_endpoint,
                "PRESSMARK_S3_BUCKET": self.s3_bucket,
                "PRESSMARK_S3_ACCESS_KEY": self.s3_access_key,
                "PRESSMARK_S3_SECRET_KEY": self.s3_secret_key,
                "PRESSMARK_S3_REGION": self.s3_region,
                "PRESSMARK_READER_PORT": _port(self.reader_url),
                "PRESSMARK_OBSERVER_PORT": _port(self.observer_url) or "0",
            }
        )


def _port(url: str) -> str:
    return url.rpartition(":")[2].rstrip("/")
