"""Looks that are read after later ones: what they showed comes in where its time is.

A history must not depend on the order in which messages arrive. So a look that is read late is held against what
its address showed next before and next after it. It makes an earlier beginning of what is known, or it is a
revision that nobody knew, or it shows that a wording that seemed to have stood all the time was gone for a while.
"""

from collections.abc import Sequence

from services.normalizer.chronicle_records import Records
from services.normalizer.edits import Version, compare
from services.normalizer.pictures import picture_changes, pictures_from
from services.normalizer.sightings import Sighting
from services.normalizer.template_changes import announce_edit, new_edit, tell_edit
from services.normalizer.wording import normal_title
from shared.ledger.history import KnownUrl, RevisionText

__all__ = ["LateLooks", "version_of"]


class LateLooks:
    """Writes late looks into the history of one source, within one transaction."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def see(self, known: KnownUrl, sighting: Sighting) -> str:
        """Record a late look at an address that is known; what is current stays so."""
        self._records.see_earlier(sighting.url, seen_at=sighting.seen_at)
        before, after = self._beside(known.article_id, sighting)
        if before is not None and _shows(before, sighting):
            return "unchanged"
        if after is not None and _shows(after, sighting):
            self._records.date_back(
                after.revision_id, seen_at=sighting.seen_at, capture_id=sighting.capture_id
            )
            return "unchanged"
        following = known.text_digest if after is None else after.text_digest
        is_as_now = after is None and following == sighting.text_digest
        if is_as_now and not picture_changes(pictures_from(known.pictures), sighting.pictures):
            return "unchanged"
        if self._is_told(known.article_id, before, sighting, following):
            return "unchanged"
        self.add(known.article_id, sighting, known=known)
        return "late"

    def add(self, article_id: str, sighting: Sighting, *, known: KnownUrl | None = None) -> int:
        """Put a revision where its time is: between the one before it and the one after it.

        Args:
            article_id: The article.
            sighting: What showed the revision.
            known: What its address shows last, if that is known.
        """
        before, after = self._beside(article_id, sighting)
        revision_id = self._records.add_revision(article_id, sighting.as_revision(), is_current=False)
        own = self._records.revision(revision_id)
        if after is None and known is not None and known.missing_since is None:
            after = self._came_back(known)
        knew = before is not None and after is not None and self._tells(article_id, before, after)
        self._tell((before, own), sighting.url, is_news=True)
        self._tell((own, after), sighting.url, is_news=not knew)
        self._records.add_event(
            "revision_found_late",
            at=sighting.seen_at,
            article_id=article_id,
            capture_id=sighting.capture_id,
            data={"url": sighting.url},
        )
        return revision_id

    def _beside(self, article_id: str, sighting: Sighting) -> tuple[RevisionText | None, RevisionText | None]:
        before, after = (
            self._records.revision_beside(article_id, sighting.url, at=sighting.seen_at, later=later)
            for later in (False, True)
        )
        return before, after

    def _is_told(
        self, article_id: str, before: RevisionText | None, sighting: Sighting, following: str
    ) -> bool:
        """Whether the article has this text, and edits that lead to it and from it, from whatever address."""
        records, digest = self._records, sighting.text_digest
        if records.revision_with_text(article_id, digest) is None:
            return False
        came = before is None or records.tells(article_id, before.text_digest, digest)
        return came and records.tells(article_id, digest, following)

    def _came_back(self, known: KnownUrl) -> RevisionText | None:
        """Return what the address showed after the late look, as a revision of its own."""
        revision_id = self._records.repeat_revision(
            known.revision_id, url=known.url, seen_at=known.last_seen_at
        )
        return None if revision_id is None else self._records.revision(revision_id)

    def _tells(self, article_id: str, before: RevisionText, after: RevisionText) -> bool:
        return self._records.tells(article_id, before.text_digest, after.text_digest)

    def _is_told_elsewhere(self, before: RevisionText, after: RevisionText, url: str) -> bool:
        """Whether another address has shown this change: then this one has only caught up with it."""
        return self._records.tells(after.article_id, before.text_digest, after.text_digest, besides_url=url)

    def _tell(self, pair: Sequence[RevisionText | None], url: str, *, is_news: bool) -> None:
        """Tell how a revision differs from the one before it, in place of what was told while that was unknown."""
        before, after = pair
        if before is None or after is None:
            return
        if self._is_told_elsewhere(before, after, url):
            return
        edit = compare(version_of(before), version_of(after))
        if edit is None:
            return
        told = new_edit(edit, before, after, url)
        own = tell_edit(self._records, after.article_id, told, capture_id=after.capture_id)
        if is_news and own.template_id is None:
            announce_edit(self._records, own, article_id=after.article_id, capture_id=after.capture_id)


def version_of(revision: RevisionText, *, title: str | None = None, shown: KnownUrl | None = None) -> Version:
    """Return what of a revision is compared.

    Args:
        revision: What was said.
        title: What it was called at the address in question, if that differs.
        shown: What the address in question showed: its pictures may be others than those of the revision.
    """
    return Version(
        title=title or revision.title,
        paragraphs=revision.body,
        modified=revision.modified,
        image=revision.image,
        pictures=pictures_from(revision.pictures if shown is None else shown.pictures),
    )


def _shows(revision: RevisionText, sighting: Sighting) -> bool:
    return (
        revision.text_digest == sighting.text_digest
        and normal_title(revision.title) == normal_title(sighting.title)
        and not picture_changes(pictures_from(revision.pictures), sighting.pictures)
    )
