"""What a supervisor is told to run. It can be written down, so that another process can be that supervisor."""

from collections.abc import Mapping
from pathlib import Path
from signal import SIGTERM, Signals
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["OutsideParts", "Probes", "ServiceProcess", "StackPlan"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class ServiceProcess(_Frozen):
    """One process of our own."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,30}$")
    argv: tuple[str, ...]
    env: Mapping[str, str] = {}
    """Added to the settings that all services share."""
    ready: str = ""
    """`module:function` that takes a `readiness.Subject` and raises until the process is at work. Without one,
    a process that has lived for three seconds is ready."""
    stop_signal: Signals = SIGTERM
    grace_seconds: float = 5.0
    metrics: Literal["none", "own", "children"] = "none"
    """Whether it shows metrics on a port of its own, and whether children of it count, too."""


class Probes(_Frozen):
    """How the parts prove that they work, each `module:function` as in `ServiceProcess.ready`."""

    broker: str = "services.standalone.readiness:broker_works"
    database: str = "services.standalone.readiness:database_works"
    object_store: str = "services.standalone.readiness:object_store_works"


class OutsideParts(_Frozen):
    """Parts that run elsewhere and are not started. None means that ours is."""

    broker_url: str | None = None
    database_url: str | None = None
    s3_endpoint: str | None = None
    s3_access_key: str = ""
    s3_secret_key: str = ""


class StackPlan(_Frozen):
    """Everything a supervisor has to know."""

    data: Path
    services: tuple[ServiceProcess, ...] = ()
    migrate: tuple[str, ...] = ()
    """Run once before the services, when the parts work. Nothing is run when it is empty."""
    probes: Probes = Probes()
    outside: OutsideParts = OutsideParts()
    ports: Mapping[str, int] = {}
    """Ports that were asked for, by name: reader, replay, admin, valkey, postgres, s3."""
    s3_bucket: str = "pressmark"
    s3_region: str = "us-east-1"
    env: Mapping[str, str] = {}
    """Added to the environment of every service."""
    log_key_file: Path | None = None
    """The key that signs the log, where the operator has one; None for that of the data directory."""
    ready_seconds: float = 90
    health_seconds: float = 300
    """Pause between two rounds in which every service proves that it still works."""
    hung_seconds: float = 240
    """A service that proves nothing for so long is killed and started again. Longer than the longest task."""
    durable: bool = True
    """Off only in tests: PostgreSQL then does not wait for the disk."""
    lifeline: bool = False
    """Whether the end of standard input stops the stack, so that it never outlives who started it."""
