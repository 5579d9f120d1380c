"""Whether the hosts of a source are in order, and how the ledger knows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.ledger.database import Transaction, as_json
from shared.ledger.frontier import LIST_KINDS

__all__ = ["HostNotice", "HostRecords", "HostState", "LooksAtHost"]

_NO_TARGET = 0
"""No target's number: they begin at one."""
_PAGES = ["article", *(str(kind) for kind in LIST_KINDS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class HostState:
    """How a host was found last."""

    is_out: bool
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LooksAtHost:
    """The looks at different pages of a host within some time."""

    good: int
    failed: int
    first_failed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostNotice:
    """What a host showed at an address that never was, with a status that says all is well."""

    title: str
    body: Sequence[str]
    """Its paragraphs; none where the source's rules find no text in it."""
    redirect_to: str | None = None
    looks: int = 1
    """In a row that showed the same."""


class HostRecords:
    """What the history of one source holds of its hosts, within one transaction."""

    _transaction: Transaction
    _silences: dict[str, tuple[datetime, datetime]]
    _notices: dict[str, HostNotice | None]
    source_id: str

    def host_state(self, host: str) -> HostState | None:
        """Return how a host was found last, or None if it was never out of order."""
        row = self._transaction.row(_STATE, {"source": self.source_id, "host": host})
        return None if row is None else HostState(**row)

    def set_host_state(self, host: str, state: HostState, *, capture_id: int) -> None:
        """Note how a host was found, and the capture that shows it."""
        arguments = {
            "source": self.source_id,
            "host": host,
            "is_out": state.is_out,
            "since": state.since,
            "capture": capture_id,
        }
        self._transaction.run(_SET_STATE, arguments)

    def host_notice(self, host: str) -> HostNotice | None:
        """Return what a host shows where there is no page; None if it says so by its status, or was not asked."""
        if host not in self._notices:
            row = self._transaction.row(_NOTICE, {"source": self.source_id, "host": host})
            self._notices[host] = None if row is None else HostNotice(**row)
        return self._notices[host]

    def set_host_notice(self, host: str, notice: HostNotice, *, at: datetime, capture_id: int) -> None:
        """Note what a host shows where there is no page, unless a later look is known."""
        arguments = {
            "source": self.source_id,
            "host": host,
            "title": notice.title,
            "body": as_json(list(notice.body)),
            "redirect_to": notice.redirect_to,
            "at": at,
            "capture": capture_id,
        }
        self._transaction.run(_SET_NOTICE, arguments)
        self._notices.pop(host, None)

    def forget_host_notice(self, host: str, *, at: datetime) -> None:
        """Note that a host says by its status where there is no page."""
        self._transaction.run(_FORGET_NOTICE, {"source": self.source_id, "host": host, "at": at})
        self._notices.pop(host, None)

    def looks_at_host(self, host: str, *, at: datetime, within: timedelta) -> LooksAtHost:
        """Count the pages of a host that gave a good answer around a time, and those that failed up to it."""
        arguments = {"host": host, "at": at, "within": within, "kinds": _PAGES}
        row = self._transaction.row(_LOOKS, arguments)
        assert row is not None
        return LooksAtHost(**row)

    def host_answers(self, host: str, *, besides: int, at: datetime, within: timedelta) -> bool:
        """Whether another target of this host gave a good answer around this time.

        A host that answers for nothing is out of order; then a missing page says nothing. Every page of a batch
        asks this of a host that is, and each time all looks of these hours are read: so a silence is found once,
        over a longer time than was asked for, and remembered for the rest of the transaction.
        """
        begin, end = self._silences.get(host, (at, at))
        if begin <= at - within and at + within <= end:
            return False
        arguments = {"host": host, "besides": besides, "at": at, "within": within, "kinds": _PAGES}
        if self._transaction.row(_ANSWERS, arguments) is not None:
            return True
        longer = 2 * within
        wider = arguments | {"besides": _NO_TARGET, "within": longer}
        if self._transaction.row(_ANSWERS, wider) is None:
            self._silences[host] = (at - longer, at + longer)
        return False

    def host_shows_articles(self, host: str, *, besides: int, at: datetime, within: timedelta) -> bool:
        """Whether another page of this host was known to show its own article around this time.

        Asked where a notice stands in place of an article with status 200: a host under repair may show it at
        every address. The same bytes as before, or an article that was read, are no such notice.
        """
        arguments = {"host": host, "besides": besides, "at": at, "within": within}
        return self._transaction.row(_SHOWS_ARTICLES, arguments) is not None


_STATE = "select is_out, since from host_states where source_id = %(source)s and host = %(host)s"

_SET_STATE = """
insert into host_states (source_id, host, is_out, since, capture_id)
values (%(source)s, %(host)s, %(is_out)s, %(since)s, %(capture)s)
on conflict (source_id, host) do update
set is_out = excluded.is_out, since = excluded.since, capture_id = excluded.capture_id
"""

_NOTICE = """
select title, body, redirect_to, looks from host_notices where source_id = %(source)s and host = %(host)s
"""

_SET_NOTICE = """
insert into host_notices (source_id, host, title, body, redirect_to, seen_at, capture_id)
values (%(source)s, %(host)s, %(title)s, %(body)s, %(redirect_to)s, %(at)s, %(capture)s)
on conflict (source_id, host) do update
set title = excluded.title, body = excluded.body, redirect_to = excluded.redirect_to, seen_at = excluded.seen_at,
    capture_id = excluded.capture_id,
    looks = case when (host_notices.title, host_notices.body, host_notices.redirect_to)
                 is not distinct from (excluded.title, excluded.body, excluded.redirect_to)
            then host_notices.looks + 1 else 1 end
where host_notices.seen_at < excluded.seen_at
"""

_FORGET_NOTICE = """
delete from host_notices where source_id = %(source)s and host = %(host)s and seen_at < %(at)s
"""

_OTHERS = """
from captures join targets using (target_id) join hosts using (host_id)
where hosts.host = %(host)s
  and captures.fetched_at between %(at)s - %(within)s::interval and %(at)s + %(within)s::interval
"""

_LOOKS = (
    """
select count(distinct target_id) filter (where is_good) as good,
       count(distinct target_id) filter (where not is_good and fetched_at <= %(at)s) as failed,
       min(fetched_at) filter (where not is_good and fetched_at <= %(at)s) as first_failed_at
from (select captures.target_id, captures.fetched_at, coalesce(captures.status in (200, 304), false) as is_good
"""
    + _OTHERS
    + " and captures.kind = any(%(kinds)s) and captures.redirect_to is null) looks"
)

_ANSWERS = (
    "select 1 as answered"
    + _OTHERS
    + """ and captures.target_id <> %(besides)s and captures.status in (200, 304)
  and captures.kind = any(%(kinds)s) limit 1"""
)

_SHOWS_ARTICLES = (
    "select 1 as answered"
    + _OTHERS
    + """ and captures.target_id <> %(besides)s and captures.kind = 'article'
  and (captures.status = 304 or captures.revisit_of is not null
       or captures.article_outcome in ('found', 'alias', 'unchanged', 'revised', 'late')) limit 1"""
)
