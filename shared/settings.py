"""What every service may be told from outside, each with its unit, its default and a sentence of why.

Settings come from the environment with the prefix `PRESSMARK_`, and from files in the directory that
`PRESSMARK_SECRETS` names (one file a setting: the way containers hand over secrets).
"""

import os
import re
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Literal, TypeVar

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from shared.errors import SettingsError

__all__ = [
    "BusSettings",
    "EvidenceSettings",
    "LedgerSettings",
    "LogSettings",
    "MetricsSettings",
    "NetworkSettings",
    "PressmarkSettings",
    "ProcessSettings",
    "ServiceSettings",
    "StoreSettings",
    "load",
]

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceSettings:
    """Where the store is and who we are there."""

    bucket: str
    access_key: str
    secret_key: str = field(repr=False)
    region: str = "us-east-1"
    endpoint: str | None = None
    """`http://host:port` of an S3 server; None for the cloud the region belongs to."""


_SECONDS = re.compile(r"\d{1,9}(\.\d{1,6})?", re.ASCII)


class PressmarkSettings(BaseSettings):
    """How every settings class reads its values."""

    model_config = SettingsConfigDict(
        env_prefix="PRESSMARK_",
        extra="ignore",
        frozen=True,
        secrets_dir=os.environ.get("PRESSMARK_SECRETS"),
        use_attribute_docstrings=True,
    )

    @field_validator("*", mode="before")
    @classmethod
    def _read_seconds(cls, value: object, info: ValidationInfo) -> object:
        """Read a time that is a plain number as seconds. Pydantic alone wants ISO 8601 (`PT5S`) in a string."""
        kind = cls.model_fields[info.field_name].annotation if info.field_name else None
        if kind is timedelta and isinstance(value, str) and _SECONDS.fullmatch(value):
            return float(value)
        return value


class LedgerSettings(PressmarkSettings):
    """Where the ledger is."""

    database_url: SecretStr
    """PostgreSQL, as `postgresql://user:password@host:port/database`."""

    watcher_password: SecretStr = SecretStr("")
    """Password of the account `pressmark_watcher`, which an exporter of metrics uses. Empty: none is made."""


class BusSettings(PressmarkSettings):
    """Where the broker is, and how patient the bus is."""

    broker_url: SecretStr
    """Valkey or Redis, as `redis://[:password@]host:port/0`."""

    max_deliveries: int = Field(default=5, ge=1)
    """Deliveries of one message before it goes to quarantine."""

    task_seconds: int = Field(default=180, ge=10)
    """Hard limit for one message in seconds: the process that works on it is killed then."""

    visibility_seconds: int = Field(default=600, ge=30)
    """Seconds after which the broker offers an unconfirmed message again. Must exceed `task_seconds`."""

    task_events: bool = False
    """Whether workers tell over the broker what they do, for a monitor of Celery such as Flower."""


class StoreSettings(PressmarkSettings):
    """Where the evidence is kept."""

    s3_endpoint: str | None = None
    """URL of an S3 server; unset means Amazon's own."""

    s3_bucket: str = "pressmark"
    """The bucket for everything that is kept. Created when it is missing."""

    s3_access_key: SecretStr = SecretStr("")
    """Access key of the bucket's owner."""

    s3_secret_key: SecretStr = SecretStr("")
    """Secret key of the bucket's owner."""

    s3_region: str = "us-east-1"
    """Region name, part of every signature."""

    def evidence(self) -> EvidenceSettings:
        """Return what the evidence store needs."""
        return EvidenceSettings(
            endpoint=self.s3_endpoint,
            bucket=self.s3_bucket,
            access_key=self.s3_access_key.get_secret_value(),
            secret_key=self.s3_secret_key.get_secret_value(),
            region=self.s3_region,
        )


class NetworkSettings(PressmarkSettings):
    """What the outside world may be asked."""

    private_networks: Annotated[tuple[Network, ...], NoDecode] = ()
    """Private or loopback networks that may be fetched though they are private, separated by commas."""

    @field_validator("private_networks", mode="before")
    @classmethod
    def _split_networks(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(ip_network(part.strip(), strict=False) for part in value.split(",") if part.strip())
        return value


class LogSettings(PressmarkSettings):
    """How much is said, and in which form."""

    log_format: Literal["json", "console"] = "json"
    """`json` for machines, `console` for people."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least severity that is written."""


class MetricsSettings(PressmarkSettings):
    """Where a process shows its metrics."""

    metrics_host: str = "127.0.0.1"
    """The address on which `/metrics` is answered. Loopback by default: metrics name sources and troubles."""

    metrics_port: int = Field(default=0, ge=0, le=65535)
    """The TCP port on which this process answers `/metrics`; 0: it does not."""


class ProcessSettings(LogSettings, MetricsSettings):
    """How a process lets itself be watched."""


class ServiceSettings(LedgerSettings, BusSettings, StoreSettings, NetworkSettings, ProcessSettings):
    """All that a worker of any service needs."""


Settings = TypeVar("Settings", bound=BaseSettings)


def load(kind: type[Settings]) -> Settings:
    """Read settings from the environment.

    Raises:
        SettingsError: a setting is missing or wrong; the text names each by its variable.
    """
    try:
        return kind()
    except ValidationError as error:
        raise SettingsError(_told(error, prefix=kind.model_config.get("env_prefix", ""))) from None


def _told(error: ValidationError, *, prefix: str) -> str:
    names = [f"{prefix}{'_'.join(str(part) for part in fault['loc']).upper()}" for fault in error.errors()]
    missing = [name for name, fault in zip(names, error.errors(), strict=True) if fault["type"] == "missing"]
    wrong = [
        f"{name}: {fault['msg']}"
        for name, fault in zip(names, error.errors(), strict=True)
        if fault["type"] != "missing"
    ]
    if missing:
        hint = "'pressmark up' starts an archive on this machine that all commands find"
        wrong.append(f"no archive runs here and {', '.join(missing)} is not set; {hint}")
    return "; ".join(wrong)
