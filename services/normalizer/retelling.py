"""Tells again what one address of an article showed, look by look, after its looks were read again."""

from dataclasses import dataclass, replace

from services.normalizer.article_case import Case
from services.normalizer.chronicle import version_of
from services.normalizer.edit_classes import EditClass
from services.normalizer.edits import Edit, Version, compare
from services.normalizer.rereading_report import Report
from services.normalizer.sightings import Sighting
from services.normalizer.template_changes import new_edit, tell_edit
from services.normalizer.wording import normal_title
from shared.ledger.corrections import Corrections, StoredEdit, StoredRevision
from shared.ledger.history import HistoryRecords, RevisionText

__all__ = ["Address"]


@dataclass(slots=True, kw_only=True)
class Address:
    """Tells again what one address showed, look by look."""

    records: HistoryRecords
    ledger: Corrections
    report: Report
    case: Case
    url: str
    before: StoredRevision | None = None
    title: str = ""

    def retell(self) -> None:
        """Follow the looks in their order, then note what the last one showed."""
        last: Sighting | None = None
        for capture_id in [capture for url, capture in self.case.looks if url == self.url]:
            own = self.case.of_capture(capture_id)
            reading = self.case.shown[capture_id]
            last = reading or last
            if own is not None:
                self._follow_own(own)
            elif reading is not None:
                self._follow(reading)
        if self.before is not None and last is not None and self.before.rules == self.case.rules:
            self.ledger.correct_url(self.url, self.before, title=last.title, text_digest=last.text_digest)

    def _follow_own(self, own: StoredRevision) -> None:
        told = self.ledger.edit_into(own.revision_id)
        before, title = self.before, self.title
        if before is None and told is not None:
            before = self.case.revisions.get(told.from_revision)
            title = before.title if before is not None else ""
        if before is not None and self._are_comparable(before, own):
            edit = _compared(version_of(_text(before), title=title), version_of(_text(own)), told)
            if edit is None:
                self._fold(own, before, told)
                own = before
            elif told is not None:
                self._tell_again(edit, before, own, told)
        self.before, self.title = own, own.title

    def _follow(self, reading: Sighting) -> None:
        """Follow a look that was no revision: it shows what is known, or words that were not told before."""
        known = self.case.with_text(reading.text_digest)
        before = self.before
        if before is None:
            self.before, self.title = known, reading.title
            return
        if known is not None and normal_title(reading.title) in {
            normal_title(self.title),
            normal_title(known.title),
        }:
            self.before = before if before.text_digest == reading.text_digest else known
            self.title = reading.title
            return
        if before.rules != self.case.rules:
            return
        edit = _compared(version_of(_text(before), title=self.title), reading.version, None)
        if edit is not None:
            self.before, self.title = self._add(edit, before, reading), reading.title

    def _are_comparable(self, before: StoredRevision, own: StoredRevision) -> bool:
        return before.rules == own.rules == self.case.rules and before.revision_id != own.revision_id

    def _fold(self, own: StoredRevision, into: StoredRevision, told: StoredEdit | None) -> None:
        case = self.case
        self.ledger.fold(own.revision_id, into=into.revision_id)
        del case.revisions[own.revision_id]
        if case.current == own.revision_id:
            case.current = into.revision_id
        self.report.count("revisions_folded")
        if told is None:
            return
        self.report.count("edits_withdrawn")
        self.records.add_event(
            "edit_withdrawn",
            at=own.seen_at,
            article_id=case.article_id,
            capture_id=own.capture_id,
            data={
                "url": own.url,
                "number": own.number,
                "classes": list(told.classes),
                "words_changed": told.words_changed,
                "rules": case.rules,
                "why": "by the present rules both looks show the same words",
            },
        )

    def _tell_again(self, edit: Edit, before: StoredRevision, own: StoredRevision, told: StoredEdit) -> None:
        fresh = new_edit(edit, _text(before), _text(own), self.url)
        if list(told.changes) == list(fresh.changes) and told.from_revision == fresh.from_revision:
            return
        tell_edit(self.records, self.case.article_id, fresh, capture_id=own.capture_id)
        self.report.count("edits_corrected")
        self.records.add_event(
            "edit_corrected",
            at=own.seen_at,
            article_id=self.case.article_id,
            capture_id=own.capture_id,
            data={
                "url": own.url,
                "classes": list(fresh.classes),
                "words_changed": fresh.words_changed,
                "words_changed_before": told.words_changed,
                "rules": self.case.rules,
            },
        )

    def _add(self, edit: Edit, before: StoredRevision, reading: Sighting) -> StoredRevision:
        """Add a revision that earlier rules did not see: the publisher changed what they left out."""
        case = self.case
        newest = max(revision.seen_at for revision in case.revisions.values())
        is_current = reading.seen_at > newest
        fresh = reading.as_revision()
        revision_id = self.records.add_revision(case.article_id, fresh, is_current=is_current)
        after = self.records.revision(revision_id)
        told = new_edit(edit, _text(before), after, self.url)
        tell_edit(self.records, case.article_id, told, capture_id=reading.capture_id)
        self.report.count("edits_found")
        self.records.add_event(
            "revision_found_late",
            at=reading.seen_at,
            article_id=case.article_id,
            capture_id=reading.capture_id,
            data={"url": self.url, "by": "rules", "rules": case.rules},
        )
        added = next(one for one in self.ledger.revisions(case.article_id) if one.revision_id == revision_id)
        case.revisions[revision_id] = added
        if is_current:
            case.current = revision_id
        return added


def _compared(before: Version, after: Version, told: StoredEdit | None) -> Edit | None:
    """Compare pictures only where a change of them was told: what was known before may be of another address."""
    if told is None or EditClass.IMAGE not in told.classes:
        after = replace(after, pictures=None)
    return compare(before, after)


def _text(revision: StoredRevision) -> RevisionText:
    modified, image, published = (revision.fields.get(name) for name in ("modified", "image", "published"))
    pictures = revision.fields.get("pictures")
    return RevisionText(
        revision_id=revision.revision_id,
        article_id=revision.article_id,
        title=revision.title,
        body=revision.body,
        text_digest=revision.text_digest,
        modified=None if modified is None else str(modified),
        seen_at=revision.seen_at,
        rules=revision.rules,
        image=None if image is None else str(image),
        pictures=pictures if isinstance(pictures, list) else None,
        published=None if published is None else str(published),
        capture_id=revision.capture_id,
    )
