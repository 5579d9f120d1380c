"""Whether the hosts of a source are in order, and how the ledger knows."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.ledger.database import Transaction
from shared.ledger.frontier import LIST_KINDS

__all__ = ["HostRecords", "HostState", "LooksAtHost"]

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


class HostRecords:
    """What the history of one source holds of its hosts, within one transaction."""

    _transaction: Transaction
    _silences: dict[str, tuple[datetime, datetime]]
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
