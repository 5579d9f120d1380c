"""What an operator may change about the replay. Environment variables with the prefix PRESSMARK_REPLAY_."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import PressmarkSettings


class ReplaySettings(PressmarkSettings):
    """Where stored pages are replayed, and who may show them in a frame."""

    model_config = SettingsConfigDict(env_prefix="PRESSMARK_REPLAY_")

    host: str = "127.0.0.1"
    """The address to listen on. Loopback by default, as for the pages."""

    port: int = Field(default=8482, ge=0, le=65535)
    """The TCP port to listen on. It must be another host or port than the reader's: that is the isolation."""

    reader_url: str = Field(default="http://127.0.0.1:8480", pattern=r"^https?://[!-:<-~]+$")
    """The address at which readers reach the pages: the only ones that may show a stored page in a frame."""

    max_page_bytes: int = Field(default=16 * 1024 * 1024, ge=1024)
    """Longest page or style sheet that is rewritten, in bytes; longer ones are offered as files."""

    connections: int = Field(default=8, ge=1)
    """Connections to the ledger that one process may hold."""
