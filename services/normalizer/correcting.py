"""Corrects the history of an article after its captures were read again.

An edit is what a publisher did, never what our rules did. So the revisions of an article are always corrected
together, in place, and the edits between them are told anew only where both texts were read by the same rules.
What cannot be read again keeps its words and its edits.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from services.normalizer.article_case import Case
from services.normalizer.chronicle import Chronicle
from services.normalizer.rereading_report import Report, changed_fields
from services.normalizer.retelling import Address
from services.normalizer.ruled import rules_version
from services.normalizer.sightings import Sighting
from services.normalizer.wording import identifies, normal_title
from shared.ledger.corrections import Corrections, LocatedCapture, StoredRevision
from shared.ledger.history import HistoryRecords
from shared.sources import SourceFile

__all__ = ["Corrector"]


@dataclass(slots=True, kw_only=True)
class Corrector:
    """Corrects articles of one source within one transaction.

    Attributes:
        readings: What captures show, where they have been read already.
        read: Reads one that has not.
    """

    records: HistoryRecords
    source: SourceFile
    read: Callable[[LocatedCapture], Sighting | None]
    readings: Mapping[int, Sighting | None] = field(default_factory=dict)
    report: Report = field(default_factory=Report)

    @property
    def _ledger(self) -> Corrections:
        return Corrections(self.records)

    def is_one_of_its_own(self, article_id: str) -> bool:
        """Whether an article was not made one with another meanwhile."""
        return self._ledger.stands(article_id)

    def correct(self, article_id: str) -> None:
        """Correct an article: its revisions, its addresses, its edits, and which articles it is one with."""
        case = self._open(article_id)
        self.report.count("articles")
        changed = self._replace(case)
        self._release(case)
        if changed or case.holds_unknown_text():
            for url in case.urls():
                address = Address(
                    records=self.records, ledger=self._ledger, report=self.report, case=case, url=url
                )
                address.retell()
            self._refresh(case)
        if changed:
            self._join(case)

    def _open(self, article_id: str) -> Case:
        looks = self._ledger.captures([article_id])
        shown: dict[int, Sighting | None] = {}
        for located in looks:
            capture_id = located.capture.capture_id
            known = capture_id in self.readings
            shown[capture_id] = self.readings[capture_id] if known else self.read(located)
        revisions = {one.revision_id: one for one in self._ledger.revisions(article_id)}
        self.report.count("captures", len(looks))
        return Case(
            article_id=article_id,
            rules=rules_version(self.source.article),
            looks=[(one.capture.url, one.capture.capture_id) for one in looks],
            shown=shown,
            revisions=revisions,
            current=self.records.article(article_id).revision_id,
        )

    def _replace(self, case: Case) -> bool:
        """Put the new readings in the place of the old; return whether any says something else."""
        changed = False
        for revision in list(case.revisions.values()):
            reading = case.shown.get(revision.capture_id)
            if reading is None:
                self.report.count("revisions_kept_unread")
                continue
            differing = changed_fields(revision, reading)
            complete = revision.fields.keys() >= reading.fields.keys()
            if not differing and revision.rules == case.rules and complete:
                continue
            self._ledger.replace(revision.revision_id, reading.as_revision(), keep=bool(differing))
            case.take(revision, reading)
            if differing:
                changed = True
                self._tell_correction(revision, reading, sorted(differing))
                self.report.tell_fields(revision.url, differing)
        return changed

    def _tell_correction(self, revision: StoredRevision, reading: Sighting, names: list[str]) -> None:
        self.report.count("revisions_corrected")
        self.records.add_event(
            "revision_corrected",
            at=revision.seen_at,
            article_id=revision.article_id,
            capture_id=revision.capture_id,
            data={
                "url": revision.url,
                "number": revision.number,
                "fields": names,
                "rules_before": revision.rules,
                "rules": reading.fields["rules"],
            },
        )

    def _release(self, case: Case) -> None:
        """Let go of addresses that were added because they showed the same text, and by the present rules do not.

        Rules that read the same box on every page make one article of many; better rules must undo that. An
        address with a revision of its own has a history here and stays.
        """
        told_here = {revision.url for revision in case.revisions.values()}
        if not case.is_read_by_present_rules():
            return
        for url in sorted(self._ledger.joined_by_text(case.article_id) - told_here):
            shown = case.shown_at(url)
            own = {one.identity_digest for one in case.revisions.values()}
            texts = {one.text_digest for one in case.revisions.values()}
            if not shown or any(one.identity_digest in own or one.text_digest in texts for one in shown):
                continue
            looks = self._ledger.forget_url(url, case.article_id)
            if looks is None:
                continue
            case.looks = [look for look in case.looks if look[0] != url]
            self.report.count("addresses_released")
            self.records.add_event(
                "alias_withdrawn",
                at=shown[0].seen_at,
                article_id=case.article_id,
                capture_id=shown[0].capture_id,
                data={"url": url, "by": "rules", "rules": case.rules},
            )
            chronicle = Chronicle(self.records, self.source)
            for sighting in shown:
                chronicle.see(sighting)
            self._ledger.restore_looks(url, looks)

    def _refresh(self, case: Case) -> None:
        """Let the article say what its current revision says."""
        current = case.revisions.get(case.current)
        reading = None if current is None else case.shown.get(current.capture_id)
        if current is not None and reading is not None:
            self._ledger.make_current(case.article_id, current.revision_id, reading.as_revision())

    def _join(self, case: Case) -> None:
        """Make one of this article and another that by the present rules is the same text of the same day."""
        for revision in case.revisions.values():
            reading = case.shown.get(revision.capture_id)
            if reading is None or not identifies(reading.body):
                continue
            twin = self.records.article_of_identity(reading.identity_digest, besides=case.article_id)
            if (
                twin is None
                or twin.rules != case.rules
                or normal_title(twin.title) != normal_title(reading.title)
            ):
                continue
            articles = (self.records.article(case.article_id), self.records.article(twin.article_id))
            winner, loser = sorted(articles, key=lambda one: (one.first_seen_at, one.article_id))
            if self.records.are_told_apart(loser.article_id, winner.article_id):
                continue
            self.records.merge(loser.article_id, winner.article_id)
            self.report.count("articles_merged")
            self.records.add_event(
                "articles_merged",
                at=reading.seen_at,
                article_id=winner.article_id,
                capture_id=reading.capture_id,
                data={"merged": loser.article_id, "by": "rules", "rules": case.rules},
            )
            return
