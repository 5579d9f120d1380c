"""Watching for names: what has happened since the last pass, held against every watch."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog

from services.normalizer.watch_statistics import (
    LEVEL,
    hypergeometric_tail,
    level_of_look,
    none_among_the_last,
)
from shared.ledger.watch_pass import WatchPass
from shared.ledger.watch_records import Departure, NewAlarm, News, RemovalTable, SilenceCounts, Watch
from shared.ledger.watches import Watches

__all__ = ["check_watches"]

log = structlog.get_logger(__name__)

_MOST_PASSES = 20
_REMOVALS_WINDOW = timedelta(days=30)
_SILENCE_WINDOW = timedelta(days=365)
_LEAST_REMOVED = 2
_LEAST_HOLDERS = 5
"""A rate of its own has what was said at least so often."""
_KNOWN_FROM = 20
"""Articles of a source that must have been read before a first appearance is news."""
_LOOK_EVERY = 20
"""Articles found between two looks for silence, at least; then each time as many again as half of those since."""
_MOST_BLIND = 0.1
"""The part of the days since the last mention on which we may have been blind, for a silence to be told."""


def check_watches(watches: Watches) -> int:
    """Hold what has happened against every watch, and return how many alarms were raised.

    Raises:
        TryAgainError: the ledger does not answer.
    """
    raised = 0
    for _ in range(_MOST_PASSES):
        with watches.passing() as one:
            news = one.take_news()
            raised += sum(_check(one, watch, news) for watch in one.watches())
        if news.is_last:
            break
    return raised


def _check(one: WatchPass, watch: Watch, news: News) -> int:
    if watch.filled_at is None:
        one.fill(watch)
        alarms = _departures(one, watch, None)
        removed_in = one.sources_of(watch, None)
    elif news.articles:
        found_in = [source for source in news.found if _is_of(watch, source)]
        unknown_in = one.sources_without(watch, found_in)
        new_in = one.note(watch, news.articles)
        alarms = _departures(one, watch, news)
        alarms += sum(
            _first_seen(one, watch, source, articles)
            for source, articles in unknown_in.items()
            if source in new_in
        )
        alarms += sum(_silence(one, watch, source, news) for source in found_in if source not in unknown_in)
        removed_in = one.sources_of(watch, news.removed) if news.removed else []
    else:
        return 0
    if news.now is not None:
        alarms += sum(_vanishing(one, watch, source, now=news.now) for source in removed_in)
    return alarms


def _is_of(watch: Watch, source_id: str) -> bool:
    return not watch.source_ids or source_id in watch.source_ids


def _departures(one: WatchPass, watch: Watch, news: News | None) -> int:
    found = one.departures(watch, None if news is None else news.articles)
    return sum(_departure(one, watch, departure) for departure in found)


def _departure(one: WatchPass, watch: Watch, departure: Departure) -> bool:
    proof = {
        "edits": [departure.edit_id],
        "articles": [departure.article_id],
        "revisions": [departure.from_revision, departure.to_revision],
        "captures": [departure.from_capture, departure.to_capture],
        "url": departure.url,
    }
    if one.is_known_departure(watch, departure, proof):
        return False
    return _raise(
        one,
        watch,
        NewAlarm(
            kind="name_left",
            source_id=departure.source_id,
            article_id=departure.article_id,
            at=departure.held_until,
            occasion=f"{departure.article_id} {departure.held_from.isoformat()}",
            proof=proof,
            capture_id=departure.to_capture,
            held_from=departure.held_from,
            held_until=departure.held_until,
        ),
    )


def _first_seen(one: WatchPass, watch: Watch, source_id: str, articles: int) -> bool:
    first = one.first_mention(watch, source_id)
    if first is None or articles < _KNOWN_FROM:
        return False
    return _raise(
        one,
        watch,
        NewAlarm(
            kind="first_seen",
            source_id=source_id,
            article_id=first["article_id"],
            at=first["seen_at"],
            occasion=source_id,
            proof={
                "articles": [first["article_id"]],
                "revisions": [first["revision_id"]],
                "captures": [first["capture_id"]],
            },
            capture_id=first["capture_id"],
            statistics={"articles_read": articles},
        ),
    )


def _vanishing(one: WatchPass, watch: Watch, source_id: str, *, now: datetime) -> bool:
    looks, last_alarm = one.looks(watch, source_id, "vanishing")
    since = max(now - _REMOVALS_WINDOW, last_alarm or now - _REMOVALS_WINDOW)
    table = one.removals(watch, source_id, since=since)
    if table.holders_removed < _LEAST_REMOVED:
        return False
    one.count_look(watch, source_id, "vanishing")
    p_value = hypergeometric_tail(
        table.articles, table.holders, table.removed, at_least=table.holders_removed
    )
    if p_value > level_of_look(looks + 1):
        return False
    one.begin_anew(watch, source_id, "vanishing", since=now)
    captures = one.removal_captures(table.removed_holders)
    return _raise(
        one,
        watch,
        NewAlarm(
            kind="vanishing",
            source_id=source_id,
            article_id=None,
            at=now,
            occasion=f"{source_id} {since.isoformat() if last_alarm else 'first'}",
            proof={"articles": list(table.removed_holders), "captures": captures},
            capture_id=captures[0] if captures else None,
            statistics=_vanishing_statistics(table, p_value, look=looks + 1, since=since),
        ),
    )


def _vanishing_statistics(
    table: RemovalTable, p_value: float, *, look: int, since: datetime
) -> dict[str, Any]:
    return {
        "test": "Fisher's exact test, one-sided (hypergeometric tail)",
        "since": since,
        "holders": table.holders,
        "holders_removed": table.holders_removed,
        "others": table.articles - table.holders,
        "others_removed": table.removed - table.holders_removed,
        **_level(p_value, look),
    }


def _silence(one: WatchPass, watch: Watch, source_id: str, news: News) -> bool:
    unlooked = one.count_found(watch, source_id, news.found[source_id])
    if unlooked < _LOOK_EVERY:
        return False
    counts = one.silence(watch, source_id, window=_SILENCE_WINDOW)
    if counts is None or counts.holders < _LEAST_HOLDERS or unlooked < counts.after // 2:
        return False
    if counts.after < _LOOK_EVERY:
        return False
    last = (news.now or counts.first_seen_at).date()
    days = one.days(source_id, min(counts.first_seen_at.date(), last), last)
    blind = sum(day.verdict in ("blind", "partly_blind") for day in days)
    if blind > _MOST_BLIND * len(days):
        return False
    looks, _ = one.looks(watch, source_id, "silence")
    one.count_look(watch, source_id, "silence")
    p_value = none_among_the_last(counts.upto + counts.after, counts.holders, counts.after)
    if p_value > level_of_look(looks + 1):
        return False
    statistics = _silence_statistics(counts, p_value, look=looks + 1)
    statistics |= {"days": len(days), "blind_days": blind}
    return _raise(
        one,
        watch,
        NewAlarm(
            kind="fell_silent",
            source_id=source_id,
            article_id=counts.article_id,
            at=news.now or counts.first_seen_at,
            occasion=f"{source_id} {counts.article_id}",
            proof={"articles": [counts.article_id]},
            statistics=statistics,
        ),
    )


def _silence_statistics(counts: SilenceCounts, p_value: float, *, look: int) -> dict[str, Any]:
    return {
        "test": "exact chance of no mention among the last articles, given the source's own rate",
        "last_mention": counts.article_id,
        "last_published": counts.published_at,
        "articles_since": counts.after,
        "articles_before": counts.upto,
        "mentions_before": counts.holders,
        **_level(p_value, look),
    }


def _level(p_value: float, look: int) -> dict[str, Any]:
    return {
        "p_value": p_value,
        "look": look,
        "level_of_look": level_of_look(look),
        "correction": f"level {LEVEL} / (look * (look + 1)), which adds up to {LEVEL} over all looks",
    }


def _raise(one: WatchPass, watch: Watch, alarm: NewAlarm) -> bool:
    raised = one.raise_alarm(watch, alarm)
    if raised:
        figures: Mapping[str, Any] = alarm.statistics or {}
        log.info(
            "alarm_raised",
            watch=watch.watch_id,
            kind=alarm.kind,
            source_id=alarm.source_id,
            article_id=alarm.article_id,
            p_value=figures.get("p_value"),
        )
    return raised
