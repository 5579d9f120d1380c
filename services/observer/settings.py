"""What an operator may change about the observer. Environment variables with the prefix PRESSMARK_OBSERVER_."""

from datetime import timedelta
from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import PressmarkSettings

__all__ = ["ObserverSettings"]


class ObserverSettings(PressmarkSettings):
    """Where the figures are shown, and how old they may be."""

    model_config = SettingsConfigDict(env_prefix="PRESSMARK_OBSERVER_")

    host: str = "127.0.0.1"
    """The address to listen on. Loopback by default: figures name sources and their troubles."""

    port: int = Field(default=9464, ge=0, le=65535)
    """The TCP port on which `/metrics` and `/healthz` are answered."""

    every: timedelta = Field(default=timedelta(seconds=10), gt=timedelta(0))
    """Least time between two readings of the figures that are cheap."""

    sums_every: timedelta = Field(default=timedelta(seconds=60), gt=timedelta(0))
    """Least time between two readings of those for which whole tables are read."""

    places: dict[str, Path] = Field(default_factory=dict)
    """Directories whose free space is told, by the name it is told under, as JSON: `{"data": "/var/lib/x"}`."""
