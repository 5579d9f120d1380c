"""What an operator may change about the one-machine form."""

from pathlib import Path

from pydantic import Field, SecretStr

from services.standalone.plan import OutsideParts
from shared.errors import SettingsError
from shared.settings import PressmarkSettings

__all__ = ["StandaloneSettings"]


class StandaloneSettings(PressmarkSettings):
    """Parts that run elsewhere, fixed ports, and patience. Everything has a default."""

    broker_url: SecretStr | None = None
    """A Valkey or Redis that runs already; Valkey is not started then."""

    database_url: SecretStr | None = None
    """A PostgreSQL that runs already; ours is not started then."""

    s3_endpoint: str | None = None
    """An S3 server that runs already; SeaweedFS is not started then, and the keys must be given."""

    s3_access_key: SecretStr | None = None
    """Access key for an S3 server that runs already."""

    s3_secret_key: SecretStr | None = None
    """Secret key for an S3 server that runs already."""

    s3_bucket: str = "pressmark"
    """The bucket for everything that is kept."""

    s3_region: str = "us-east-1"
    """Region name, part of every S3 signature."""

    private_networks: str = ""
    """Private or loopback networks that may be fetched though they are private, separated by commas. Commands
    find the same list while the stack runs."""

    reader_port: int | None = Field(default=None, ge=1, le=65535)
    """Where the public pages are on 127.0.0.1; unset means a free port, chosen once for a data directory."""

    replay_port: int | None = Field(default=None, ge=1, le=65535)
    """Where stored pages are replayed on 127.0.0.1; unset as for `reader_port`."""

    admin_port: int | None = Field(default=None, ge=1, le=65535)
    """Port of the operators' API on 127.0.0.1; unset as for `reader_port`."""

    valkey_port: int | None = Field(default=None, ge=1, le=65535)
    """Port of Valkey; unset as for `reader_port`."""

    postgres_port: int | None = Field(default=None, ge=1, le=65535)
    """Port of PostgreSQL; unset as for `reader_port`."""

    s3_port: int | None = Field(default=None, ge=1, le=65535)
    """Port of the S3 gateway; unset as for `reader_port`."""

    log_key_file: Path | None = None
    """File of the key that signs the log; unset means the one that is made in the data directory."""

    ready_seconds: float = Field(default=90, gt=0)
    """From start to everything ready, in seconds; then the start has failed. A slow disk may need more."""

    def ports(self) -> dict[str, int]:
        """Return the ports that were asked for, by name."""
        asked = {
            "reader": self.reader_port,
            "replay": self.replay_port,
            "admin": self.admin_port,
            "valkey": self.valkey_port,
            "postgres": self.postgres_port,
            "s3": self.s3_port,
        }
        return {name: port for name, port in asked.items() if port is not None}

    def outside(self) -> OutsideParts:
        """Return which parts run elsewhere.

        Raises:
            SettingsError: an S3 server is named without its keys.
        """
        if self.s3_endpoint and not (self.s3_access_key and self.s3_secret_key):
            raise SettingsError(
                f"PRESSMARK_S3_ENDPOINT names {self.s3_endpoint}, which is not started here: set "
                "PRESSMARK_S3_ACCESS_KEY and PRESSMARK_S3_SECRET_KEY too, or unset it to run our own"
            )
        return OutsideParts(
            broker_url=_secret(self.broker_url),
            database_url=_secret(self.database_url),
            s3_endpoint=self.s3_endpoint,
            s3_access_key=_secret(self.s3_access_key) or "",
            s3_secret_key=_secret(self.s3_secret_key) or "",
        )


def _secret(value: SecretStr | None) -> str | None:
    return value.get_secret_value() if value else None
