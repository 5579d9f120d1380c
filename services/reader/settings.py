"""What an operator may change about the public pages. Environment variables with the prefix PRESSMARK_READER_."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import PressmarkSettings


class ReaderSettings(PressmarkSettings):
    """Where the pages are served, and how much stands on one."""

    model_config = SettingsConfigDict(env_prefix="PRESSMARK_READER_")

    host: str = "127.0.0.1"
    """The address to listen on. Loopback by default: publishing the pages is a decision, not an accident."""

    port: int = Field(default=8480, ge=0, le=65535)
    """The TCP port to listen on."""

    articles_on_page: int = Field(default=30, ge=1, le=200)
    """Articles on one page of a list."""

    results_on_page: int = Field(default=20, ge=1, le=100)
    """Articles on one page of search results."""

    entries_on_page: int = Field(default=25, ge=1, le=100)
    """Entries on one page of the ledgers of edits and removals."""

    feed_entries: int = Field(default=50, ge=1, le=500)
    """Events in a feed, the newest."""

    public_url: str = Field(default="", pattern=r"^(https?://[!-~]+)?$")
    """The address at which readers reach these pages, for the links in feeds. Empty: as each request names it."""

    replay_url: str = Field(default="", pattern=r"^(https?://[!-:<-~]*[!-.0-:<-~])?$")
    """The address of the replay server as readers reach it, without a slash at its end. Empty: no replay."""

    related_articles: int = Field(default=12, ge=0, le=50)
    """Articles of the same source under an article."""

    cache_seconds: int = Field(default=30, ge=0)
    """How long a browser or a proxy may show a page without asking again, and how old counts may be."""

    connections: int = Field(default=8, ge=1)
    """Connections to the ledger that one process may hold."""

    def items_of(self, path: str) -> int:
        """Return how many items stand on one page of the list at a path."""
        ledgers = {"/search": self.results_on_page, "/edits": self.entries_on_page}
        return {**ledgers, "/removals": self.entries_on_page}.get(path, self.articles_on_page)
