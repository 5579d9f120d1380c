"""Identity and history: what a look at an address means for the article that stands under it.

A URL is not an article. One is known by its source's key rule, else by its canonical address, else by
equal text and day. An edit is told per address: an address that still shows what it showed before says
nothing new, even when another address of the same article has moved on.
"""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from services.normalizer.chronicle_records import Records
from services.normalizer.edits import Version, compare
from services.normalizer.late_looks import LateLooks, version_of
from services.normalizer.pictures import picture_changes, pictures_from
from services.normalizer.sightings import Elsewhere, Miss, Sighting, Unchanged, Wordless
from services.normalizer.stand_ins import StandIns, shown_instead
from services.normalizer.template_changes import announce_edit, new_edit, tell_edit
from services.normalizer.wording import identifies, normal_title
from shared.ledger.history import KnownUrl, RevisionText
from shared.sources import SourceFile, article_key
from shared.urls import is_home, same_site

__all__ = ["Chronicle", "Records", "article_id_of", "new_edit", "version_of"]

_GONE_STATES = ("GONE", "SOFT404", "REDIRECTED", "REPLACED")
_STATE_OF_MISS = {
    "not_found": "GONE",
    "redirected_home": "REDIRECTED",
    "error_page": "SOFT404",
    "replaced": "REPLACED",
}
_SHOWN_INSTEAD = ("error_page", "replaced")
_CANARY_WINDOW = timedelta(hours=1)


def article_id_of(source_id: str, key: str) -> str:
    """Return the id of an article: 13 letters and digits that depend on its source and key only."""
    digest = hashlib.sha256(f"{source_id}\n{key}".encode()).digest()
    return base64.b32encode(digest[:8]).decode().rstrip("=").lower()


class Chronicle:
    """Writes what looks show into the history of one source, within one transaction."""

    def __init__(
        self, records: Records, source: SourceFile, *, correct: Callable[[str], None] | None = None
    ) -> None:
        """Open a history. `correct` reads what is kept of an article again, by the present rules."""
        self._records = records
        self._source = source
        self._correct = correct
        self._late = LateLooks(records)
        self._stand_ins = StandIns(records)

    def see(self, sighting: Sighting) -> str:
        """Record a look that showed an article, and return what it was: a word for counting."""
        known = self._records.url(sighting.url)
        if known is not None and self._correct_older(known.article_id, known.revision_id, sighting):
            known = self._records.url(sighting.url)
        if known is not None:
            return self._see_again(known, sighting)
        if self._stand_ins.surely_shows_notice(sighting):
            return "error_page"
        key = self._key(sighting)
        article_id = self._records.article_of_key(key)
        if article_id is not None:
            self._correct_older(article_id, self._records.article(article_id).revision_id, sighting)
            return self._add_alias_by_key(article_id, sighting)
        twin = self._twin(sighting)
        if twin is not None:
            return self._add_alias(twin, sighting, by="text")
        return self._add_article(key, sighting)

    def see_unchanged(self, look: Unchanged) -> str:
        """Record a look at which the server sent what it had sent before."""
        known = self._records.url(look.url)
        if known is None:
            return "no_article"
        if _is_late(known, look.seen_at):
            return "unchanged"
        self._records.see_url(known, target_id=look.target_id, seen_at=look.seen_at)
        self._bring_back(known.article_id, at=look.seen_at, capture_id=look.capture_id)
        return "unchanged"

    def see_elsewhere(self, look: Elsewhere) -> str:
        """Record a look that was led to another address: a miss where its host leads all lost visitors."""
        return self.miss(look.miss) if self._stand_ins.is_way_out(look) else "redirected"

    def see_wordless(self, look: Wordless) -> str:
        """Record a look at a page without text: a miss where its host shows such a page to lost visitors."""
        return self.miss(look.miss) if self._stand_ins.is_wordless_notice(look) else "no_text"

    def miss(self, miss: Miss) -> str:
        """Record a look that did not find the article, if the host is in order.

        The article is under suspicion when it is missing at every address it has, and removed when that has
        been so for as many looks and as long as its source's rule says.
        """
        known = self._records.url(miss.url)
        if known is None or miss.seen_at <= known.last_seen_at:
            return "no_article"
        if not self._host_answers(miss):
            return "outage"
        self._records.miss_url(
            miss.url, seen_at=miss.seen_at, missing_as=miss.missing_as, capture_id=miss.capture_id
        )
        addresses = self._records.urls(known.article_id)
        if any(address.missing_since is None for address in addresses):
            return "missing_at_one_address"
        self._suspect_or_remove(addresses, miss)
        return "missing"

    def _host_answers(self, miss: Miss) -> bool:
        is_in_order = (
            self._records.host_shows_articles
            if miss.missing_as in _SHOWN_INSTEAD
            else self._records.host_answers
        )
        return is_in_order(miss.host, besides=miss.target_id, at=miss.seen_at, within=_CANARY_WINDOW)

    def _suspect_or_remove(self, addresses: list[KnownUrl], miss: Miss) -> None:
        article = self._records.article(addresses[0].article_id)
        if article.state in _GONE_STATES:
            return
        since = max(address.missing_since for address in addresses if address.missing_since is not None)
        looks = min(address.misses for address in addresses)
        if looks >= self._source.removal.misses and miss.seen_at - since >= self._source.removal.over:
            state, kind = _STATE_OF_MISS.get(miss.missing_as, "GONE"), "article_removed"
        elif article.state != "SUSPECT":
            state, kind = "SUSPECT", "article_suspect"
        else:
            return
        self._records.set_state(article.article_id, state, since=since)
        self._records.add_event(
            kind,
            at=miss.seen_at,
            article_id=article.article_id,
            capture_id=miss.capture_id,
            data={
                "state": state,
                "since": since.isoformat(),
                "looks": looks,
                "missing_as": miss.missing_as,
                **shown_instead(miss),
            },
        )

    def _bring_back(
        self, article_id: str, *, at: datetime, capture_id: int, shown: Version | None = None
    ) -> None:
        """End a suspicion or a removal.

        Args:
            article_id: The article.
            at: When it was seen.
            capture_id: What shows it.
            shown: What it says now; None where the server said that it is as before.
        """
        article = self._records.article(article_id)
        if article.state == "SUSPECT":
            self._records.set_state(article_id, "LIVE", since=at)
        elif article.state in _GONE_STATES:
            self._records.set_state(article_id, "RETURNED", since=at)
            self._records.add_event(
                "article_returned",
                at=at,
                article_id=article_id,
                capture_id=capture_id,
                data={"was": article.state, **self._compared(article.revision_id, shown)},
            )

    def _compared(self, last_live: int, shown: Version | None) -> dict[str, object]:
        """Tell how an article came back: word for word as it last stood, or changed while it was away."""
        before = replace(version_of(self._records.revision(last_live)), pictures=None)
        edit = None if shown is None else compare(before, shown)
        classes = [] if edit is None else [str(one) for one in (*edit.classes, *edit.title_classes)]
        return {
            "last_live_revision": last_live,
            "changed": edit is not None,
            "classes": sorted(set(classes)),
        }

    def _bring_back_as(self, article_id: str, sighting: Sighting) -> None:
        self._bring_back(
            article_id, at=sighting.seen_at, capture_id=sighting.capture_id, shown=sighting.version
        )

    def _key(self, sighting: Sighting) -> str:
        """Return the identity of a page: the rule of its source, else its canonical address, else its own."""
        rule = self._source.article.key
        ruled = None if rule is None else article_key(rule, sighting.url)
        if ruled is not None:
            return f"key:{ruled}"
        canonical = sighting.canonical_url
        if canonical is None or canonical == sighting.url or not same_site(canonical, sighting.url):
            return f"url:{sighting.url}"
        if is_home(canonical) or not self._is_plausible_canonical(canonical, sighting):
            return f"url:{sighting.url}"
        return f"url:{canonical}"

    def _is_plausible_canonical(self, canonical: str, sighting: Sighting) -> bool:
        """Some sites name one address as canonical on every page; then text and title disagree."""
        article_id = self._records.article_of_key(f"url:{canonical}")
        if article_id is None:
            return True
        article = self._records.article(article_id)
        return article.text_digest == sighting.text_digest or normal_title(article.title) == normal_title(
            sighting.title
        )

    def _twin(self, sighting: Sighting, *, besides: str | None = None) -> RevisionText | None:
        if not identifies(sighting.body):
            return None
        return self._records.article_of_identity(sighting.identity_digest, besides=besides)

    def _add_article(self, key: str, sighting: Sighting) -> str:
        article_id = article_id_of(self._records.source_id, key)
        revision_id = self._records.add_article(article_id, key, sighting.as_revision())
        self._see(sighting, article_id, revision_id)
        self._records.add_event(
            "article_found",
            at=sighting.seen_at,
            article_id=article_id,
            capture_id=sighting.capture_id,
            data={"url": sighting.url, "title": sighting.title},
        )
        return "found"

    def _add_alias_by_key(self, article_id: str, sighting: Sighting) -> str:
        shown = self._records.revision_with_text(article_id, sighting.text_digest)
        if shown is None and self._is_older(article_id, sighting):
            late = self._records.revision(self._late.add(article_id, sighting))
            return self._add_alias(late, sighting, by="key")
        if shown is None:
            # The same article by its key, with a text it never had: it was rewritten under a new address.
            current = self._records.revision(self._records.article(article_id).revision_id)
            self._add_alias(current, sighting, by="key")
            return self._revise(replace(version_of(current), pictures=None), sighting, before=current)
        return self._add_alias(shown, sighting, by="key")

    def _add_alias(self, shown: RevisionText, sighting: Sighting, *, by: str) -> str:
        self._see(sighting, shown.article_id, shown.revision_id)
        self._records.add_event(
            "alias_added",
            at=sighting.seen_at,
            article_id=shown.article_id,
            capture_id=sighting.capture_id,
            data={"url": sighting.url, "by": by},
        )
        if self._is_older(shown.article_id, sighting):
            return "alias"
        self._bring_back_as(shown.article_id, sighting)
        return "alias"

    def _is_older(self, article_id: str, sighting: Sighting) -> bool:
        """Whether another address of the article was looked at later: then this look says how it was before."""
        return any(
            _is_late(known, sighting.seen_at)
            for known in self._records.urls(article_id)
            if known.url != sighting.url
        )

    def _see_again(self, known: KnownUrl, sighting: Sighting) -> str:
        if _is_late(known, sighting.seen_at):
            return self._see_late(known, sighting)
        if known.text_digest == sighting.text_digest and normal_title(known.title) == normal_title(
            sighting.title
        ):
            return self._see_same_words(known, sighting)
        article = self._records.article(known.article_id)
        title_moved = normal_title(known.title) != normal_title(sighting.title)
        if article.text_digest == sighting.text_digest and (
            not title_moved or normal_title(article.title) == normal_title(sighting.title)
        ):
            # Another address showed this before; here the article has caught up with itself.
            return self._see_same(known, sighting, article.revision_id)
        before = self._records.revision(known.revision_id)
        missed = self._stand_ins.behind(before, sighting)
        if missed is not None:
            return self.miss(missed)
        self._bring_back_as(known.article_id, sighting)
        return self._revise(version_of(before, title=known.title, shown=known), sighting, before=before)

    def _see_late(self, known: KnownUrl, sighting: Sighting) -> str:
        before = self._records.revision_beside(
            known.article_id, sighting.url, at=sighting.seen_at, later=False
        )
        if before is not None and self._stand_ins.behind(before, sighting) is not None:
            return "missing"
        return self._late.see(known, sighting)

    def _correct_older(self, article_id: str, revision_id: int, sighting: Sighting) -> bool:
        """Have an article read again if it was read by other rules: what these changed is nobody's edit."""
        rules = sighting.fields.get("rules", "")
        if self._correct is None or self._records.revision(revision_id).rules == rules:
            return False
        self._correct(article_id)
        return True

    def _see_same(self, known: KnownUrl, sighting: Sighting, revision_id: int) -> str:
        self._see(sighting, known.article_id, revision_id)
        self._bring_back_as(known.article_id, sighting)
        return "unchanged"

    def _see_same_words(self, known: KnownUrl, sighting: Sighting) -> str:
        """Record a look at the words that stood there before: only the pictures may be others."""
        if not picture_changes(pictures_from(known.pictures), sighting.pictures):
            return self._see_same(known, sighting, known.revision_id)
        current = self._records.revision(self._records.article(known.article_id).revision_id)
        is_at_another = (
            current.text_digest == sighting.text_digest and current.revision_id != known.revision_id
        )
        if is_at_another and not picture_changes(pictures_from(current.pictures), sighting.pictures):
            # Another address showed these before; here the article has caught up with itself.
            return self._see_same(known, sighting, current.revision_id)
        before = self._records.revision(known.revision_id)
        self._bring_back_as(known.article_id, sighting)
        return self._revise(version_of(before, title=known.title, shown=known), sighting, before=before)

    def _revise(self, shown: Version, sighting: Sighting, *, before: RevisionText) -> str:
        """Add a revision if this address shows other words or pictures than before.

        Args:
            shown: What it showed before, called as it was called here.
            sighting: What it shows now.
            before: The revision that it showed before.
        """
        edit = compare(shown, sighting.version)
        if edit is None:
            self._see(sighting, before.article_id, before.revision_id)
            return "unchanged"
        # Asked for now, because the article itself has this text from the next line on.
        twin = self._twin(sighting)
        revision_id = self._records.add_revision(before.article_id, sighting.as_revision())
        self._see(sighting, before.article_id, revision_id)
        after = self._records.revision(revision_id)
        told = new_edit(edit, before, after, sighting.url)
        own = tell_edit(self._records, before.article_id, told, capture_id=sighting.capture_id)
        if own.template_id is None:
            announce_edit(self._records, own, article_id=before.article_id, capture_id=sighting.capture_id)
        is_reworded = before.text_digest != sighting.text_digest
        if is_reworded and twin is not None and twin.article_id != before.article_id:
            self._merge_same_story(before.article_id, twin, sighting)
        return "revised"

    def _merge_same_story(self, article_id: str, twin: RevisionText, sighting: Sighting) -> None:
        """Merge with an article that is this very text: the new wording was met first at a new address.

        The titles must agree too. Two stories may share a text by a mistake of the outlet; then each keeps
        its own history.
        """
        if normal_title(twin.title) != normal_title(sighting.title):
            return
        first, second = self._records.article(twin.article_id), self._records.article(article_id)
        winner, loser = sorted(
            (first, second), key=lambda article: (article.first_seen_at, article.article_id)
        )
        if self._records.are_told_apart(loser.article_id, winner.article_id):
            return
        self._records.merge(loser.article_id, winner.article_id)
        self._records.add_event(
            "articles_merged",
            at=sighting.seen_at,
            article_id=winner.article_id,
            capture_id=sighting.capture_id,
            data={"merged": loser.article_id},
        )
        self._bring_back_as(winner.article_id, sighting)

    def _see(self, sighting: Sighting, article_id: str, revision_id: int) -> None:
        shown = KnownUrl(
            url=sighting.url,
            article_id=article_id,
            revision_id=revision_id,
            title=sighting.title,
            text_digest=sighting.text_digest,
            last_seen_at=sighting.seen_at,
            misses=0,
            missing_since=None,
            missing_as=None,
            pictures=sighting.fields.get("pictures"),
        )
        self._records.see_url(shown, target_id=sighting.target_id, seen_at=sighting.seen_at)


def _is_late(known: KnownUrl, seen_at: datetime) -> bool:
    """Whether a later look at this address has been read already, one that showed the article or missed it."""
    return seen_at < max(known.last_seen_at, known.missing_since or known.last_seen_at)
