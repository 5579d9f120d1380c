"""What an address may show in its article's place: the host's notice of an error, or another article."""

from collections.abc import Sequence

from services.normalizer.chronicle_records import Records
from services.normalizer.sightings import Elsewhere, Miss, Sighting, Wordless
from services.normalizer.wording import identifies, normal_title, text_digest, words
from shared.ledger.history import RevisionText
from shared.ledger.host_states import HostNotice

__all__ = ["StandIns", "shown_instead"]

_LONGEST_NOTICE = 400
"""Characters. Longer pages are taken for a notice only where the host shows them at an address that never was."""
_RUN = 4
"""Words (characters, where a script has no spaces) in a row that two texts must share to be alike there."""
_MOST_SHARED = 0.15
"""Unrelated stories of one outlet share its standing phrases: names, titles, places."""
_ALIKE = 0.8
"""A notice may hold the address that was asked for, or the time."""

_LOOKS_AT_A_SURE_NOTICE = 2
"""Days in a row on which a host showed the same where there is no page, before it counts at unknown addresses."""


class StandIns:
    """Tells an article from what stands in its place, by the history of its source."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def behind(self, before: RevisionText, sighting: Sighting) -> Miss | None:
        """Return a look as a miss, if the page is not the article that stood there before.

        Another article is taken for one if it is known from elsewhere, or dated of another day, and if neither its
        title nor its text has a part of what stood there: a text written anew under its old title is an edit.
        """
        if before.text_digest == sighting.text_digest:
            return None
        if self._shows_notice(sighting, least_looks=1) or _looks_like_notice(before, sighting):
            return sighting.as_miss("error_page")
        if not _is_another_story(before, sighting):
            return None
        twin = self._twin(sighting, besides=before.article_id)
        if twin is not None and _same_title(twin.title, sighting.title):
            return sighting.as_miss("replaced", shown_article=twin.article_id)
        return sighting.as_miss("replaced") if _is_of_another_day(before, sighting) else None

    def surely_shows_notice(self, sighting: Sighting) -> bool:
        """Tell whether an address that is not known shows its host's notice, and no new article."""
        return self._shows_notice(sighting, least_looks=_LOOKS_AT_A_SURE_NOTICE)

    def is_way_out(self, look: Elsewhere) -> bool:
        """Tell whether a look was led where its host leads from addresses that never were."""
        notice = self._records.host_notice(look.miss.host)
        return notice is not None and notice.redirect_to == look.to

    def is_wordless_notice(self, look: Wordless) -> bool:
        """Tell whether a page without text is what its host shows at addresses that never were."""
        notice = self._records.host_notice(look.miss.host)
        return notice is not None and _is_notice(notice, title=look.title, body=())

    def _shows_notice(self, sighting: Sighting, *, least_looks: int) -> bool:
        notice = self._records.host_notice(sighting.host)
        if notice is None or notice.looks < least_looks:
            return False
        return _is_notice(notice, title=sighting.title, body=sighting.body)

    def _twin(self, sighting: Sighting, *, besides: str) -> RevisionText | None:
        if not identifies(sighting.body):
            return None
        return self._records.article_of_identity(sighting.identity_digest, besides=besides)


def shown_instead(miss: Miss) -> dict[str, object]:
    """Return what stands in an article's place, where it is another, as its events tell it."""
    if miss.missing_as != "replaced":
        return {}
    return {"shown_title": miss.shown_title, "shown_article": miss.shown_article}


def _is_notice(notice: HostNotice, *, title: str, body: Sequence[str]) -> bool:
    """Tell whether a page is what its host shows at an address that never was."""
    if notice.redirect_to is not None:
        return False
    if not notice.body or not body:
        return not notice.body and not body and bool(title) and _same_title(notice.title, title)
    if text_digest(notice.body) == text_digest(body):
        return True
    return _same_title(notice.title, title) and _shared(body, notice.body) >= _ALIKE


def _looks_like_notice(before: RevisionText, sighting: Sighting) -> bool:
    """Tell whether a long article has become a short notice that shares next to nothing with it."""
    shown = " ".join(sighting.body)
    told = " ".join(before.body)
    if len(shown) > _LONGEST_NOTICE or len(shown) * 3 > len(told):
        return False
    new, old = set(words(shown)), set(words(told))
    return len(new & old) * 5 < len(new)


def _is_another_story(before: RevisionText, sighting: Sighting) -> bool:
    """Tell whether neither the title nor the text is that of before, not even in part."""
    if _shared((sighting.title,), (before.title,)) > 0 or _same_title(before.title, sighting.title):
        return False
    return _shared(sighting.body, before.body) <= _MOST_SHARED


def _is_of_another_day(before: RevisionText, sighting: Sighting) -> bool:
    """Tell whether both are dated, and not of one day."""
    days = [
        date[:10]
        for date in (before.published, sighting.published)
        if date and len(date) >= len("2013-12-01")
    ]
    return len(days) == 2 and days[0] != days[1]


def _same_title(one: str, other: str) -> bool:
    """Tell whether two titles are one as a reader sees them."""
    return normal_title(one) == normal_title(other)


def _shared(new: Sequence[str], old: Sequence[str]) -> float:
    """Return how much of the runs of words of a text stands in another, from 0 to 1."""
    runs, known = _runs(new), _runs(old)
    return len(runs & known) / len(runs) if runs else 0.0


def _runs(paragraphs: Sequence[str]) -> set[tuple[str, ...]]:
    told = [word.casefold() for word in words(" ".join(paragraphs))]
    return (
        {tuple(told[place : place + _RUN]) for place in range(max(1, len(told) - _RUN + 1))}
        if told
        else set()
    )
