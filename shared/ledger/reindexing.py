"""Makes the words of every revision anew where an older version of the rules made them."""

from collections.abc import Callable
from dataclasses import dataclass

from shared.ledger.database import Database
from shared.search_tokens import TOKENIZER, search_vector_text

__all__ = ["IndexStanding", "Reindexing"]

_IN_ONE_GO = 200
_CURRENT = "'{tokenizer}' & '@y':*"

_STANDING = """
select count(*) as revisions, count(*) filter (where not search @@ %(current)s::tsquery) as outdated from revisions
"""
_OUTDATED = """
select revision_id, title, body from revisions
where revision_id > %(after)s and not search @@ %(current)s::tsquery
order by revision_id limit %(limit)s for update
"""
# The trigger of the table adds the marks.
_RENEW = "update revisions set search = %(search)s::tsvector where revision_id = %(revision_id)s"
_ALL_MARKED = """
update search_index set is_marked = true
where not exists (select from revisions where not search @@ '''@y'':*'::tsquery)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexStanding:
    """How many revisions the index holds, and of how many it has the words of older rules."""

    revisions: int
    outdated: int


class Reindexing:
    """Renews the index of words in short transactions, while everything else goes on.

    What is renewed says so itself, so a run that was ended goes on where it was, and two at once do no harm.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._current = _CURRENT.format(tokenizer=TOKENIZER)

    def standing(self) -> IndexStanding:
        """Count. It reads every vector: seconds for each hundred thousand."""
        with self._database.transaction() as transaction:
            row = transaction.row(_STANDING, {"current": self._current})
        assert row is not None
        return IndexStanding(**row)

    def run(self, *, progress: Callable[[int], None]) -> int:
        """Renew what is outdated and return how many revisions that were; `progress` is told of each part."""
        renewed, after = 0, 0
        while True:
            with self._database.transaction() as transaction:
                arguments = {"after": after, "current": self._current, "limit": _IN_ONE_GO}
                rows = transaction.rows(_OUTDATED, arguments)
                words = [
                    {
                        "revision_id": row["revision_id"],
                        "search": search_vector_text(row["title"], row["body"]),
                    }
                    for row in rows
                ]
                transaction.run_many(_RENEW, words)
                if not rows:
                    transaction.run(_ALL_MARKED)
                    return renewed
            after = rows[-1]["revision_id"]
            renewed += len(rows)
            progress(len(rows))
