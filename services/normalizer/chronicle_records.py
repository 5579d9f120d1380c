"""What the chronicle reads and writes of a source's history: tables in the ledger, dictionaries in a test."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from shared.ledger.history import ArticleHead, KnownUrl, NewRevision, RevisionText
from shared.ledger.host_states import HostNotice
from shared.ledger.templates import NewEdit, ToldEdit

__all__ = ["Records"]


class Records(Protocol):
    """The history of one source, as far as it is read and written here."""

    source_id: str

    def url(self, url: str) -> KnownUrl | None:
        """Return an address that is known as an article's."""

    def urls(self, article_id: str) -> list[KnownUrl]:
        """Return all addresses of an article."""

    def article(self, article_id: str) -> ArticleHead:
        """Return an article as it stands now."""

    def article_of_key(self, key: str) -> str | None:
        """Return the article that has a key."""

    def article_of_identity(self, identity_digest: str, *, besides: str | None = None) -> RevisionText | None:
        """Return the oldest revision with the same text and day, of another article than `besides`."""

    def revision(self, revision_id: int) -> RevisionText:
        """Return what a revision said."""

    def revision_with_text(self, article_id: str, text_digest: str) -> RevisionText | None:
        """Return the newest revision of an article that has this text."""

    def revision_beside(self, article_id: str, url: str, *, at: datetime, later: bool) -> RevisionText | None:
        """Return the revision that an address showed next before a time, or next after it."""

    def tells(self, article_id: str, before: str, after: str, *, besides_url: str | None = None) -> bool:
        """Whether an edit of the article, at another address than this, leads from one text digest to another."""

    def date_back(self, revision_id: int, *, seen_at: datetime, capture_id: int) -> None:
        """Note that a revision stood at its address earlier than was known, and which capture shows it."""

    def repeat_revision(self, revision_id: int, *, url: str, seen_at: datetime) -> int | None:
        """Add what a revision said once more, as what an address showed again at a look. None if there is no look.

        What was current at the address or of the article stays so, as the repeated revision.
        """

    def see_earlier(self, url: str, *, seen_at: datetime) -> None:
        """Note that an address showed its article before it was first seen by us."""

    def add_article(self, article_id: str, key: str, revision: NewRevision) -> int:
        """Add an article with its first revision."""

    def add_revision(self, article_id: str, revision: NewRevision, *, is_current: bool = True) -> int:
        """Add a revision."""

    def see_url(self, known: KnownUrl, *, target_id: int, seen_at: datetime) -> None:
        """Note that an address shows the article."""

    def miss_url(self, url: str, *, seen_at: datetime, missing_as: str, capture_id: int) -> None:
        """Count a look at which an address did not show its article."""

    def set_state(self, article_id: str, state: str, *, since: datetime) -> None:
        """Move an article to another state."""

    def add_edit(self, article_id: str, edit: NewEdit) -> None:
        """Record how a revision differs from the one before."""

    def templates_of(self, deltas: Sequence[str]) -> dict[str, int]:
        """Return those of the deltas that are known as the template's, each with the change that made it."""

    def edits_with(self, deltas: Sequence[str]) -> list[ToldEdit]:
        """Return the edits that hold any of these deltas, the earliest seen first."""

    def template_near(self, earliest: datetime, latest: datetime) -> int | None:
        """Return the change of the template that was first seen between two times."""

    def add_template(self, first_seen_at: datetime) -> int:
        """Add a change of the template."""

    def add_template_delta(self, template_id: int, delta: str, *, was: str, became: str) -> None:
        """Note that a delta is the template's."""

    def add_event(
        self,
        kind: str,
        *,
        at: datetime,
        article_id: str | None,
        capture_id: int | None,
        data: dict[str, object] | None = None,
    ) -> None:
        """Append what happened."""

    def host_answers(self, host: str, *, besides: int, at: datetime, within: timedelta) -> bool:
        """Whether another target of this host gave a good answer around this time."""

    def host_shows_articles(self, host: str, *, besides: int, at: datetime, within: timedelta) -> bool:
        """Whether another page of this host was known to show its own article around this time."""

    def host_notice(self, host: str) -> HostNotice | None:
        """Return what a host shows where there is no page, if its status does not say so."""

    def are_told_apart(self, first: str, second: str) -> bool:
        """Whether an operator has said of these two that they are not one."""

    def merge(self, loser: str, winner: str) -> None:
        """Make two articles one."""
