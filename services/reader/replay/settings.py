"""What an operator may change about the replay. Environment variables with the prefix PRESSMARK_REPLAY_."""

from pydantic import ByteSize, Field
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

    download_bytes: ByteSize = ByteSize(2 * 1024**3)
    """Largest file of evidence that is given out, in bytes. The commands of the operator know no limit."""

    downloads: int = Field(default=16, ge=1)
    """Files of evidence that are sent at once; more are asked to come again."""

    downloads_prepared: int = Field(default=2, ge=1)
    """Files that are made ready at once: before the first byte, all their records are read and checked."""

    download_stall_seconds: float = Field(default=60, gt=0)
    """How long a reader may leave a quarter of a megabyte untaken before the transfer is broken off."""

    connections: int = Field(default=8, ge=1)
    """Connections to the ledger that one process may hold."""
