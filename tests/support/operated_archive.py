"""Articles with their evidence for an archive that is operated, and what the orders about them need to name."""

from datetime import timedelta

from services.admin.tools import Tools
from shared.ledger.merging import Merging
from shared.ledger.schedules import NewSchedule, Schedules
from tests.support.rules_archive import RulesArchive
from tests.support.stored_evidence import storing_evidence

__all__ = ["grow_articles"]

ARTICLES = 4


def grow_articles(kit: Tools) -> dict[str, str]:
    """Archive and read some articles, merge two of them, and return what may be named in an order."""
    with storing_evidence(kit.database, kit.desk.parts.evidence) as stored:
        archive = RulesArchive(stored=stored)
        archive.look({f"/news/{number}": _story(number) for number in range(ARTICLES)}, 'body = "div.text"')
        rows = stored.rows("select article_id from articles order by url")
    first, second, third, fourth = (str(row["article_id"]) for row in rows)
    merging = Merging(kit.database)
    merging.merge(third, fourth, by="command:me", reason="one story")
    (merge,) = merging.merges(third)
    wanted = NewSchedule(action="evidence.verify", arguments={}, every=timedelta(days=30), first=None)
    return {
        "schedule": str(Schedules(kit.database).add(wanted, by="command:me").schedule_id),
        "first": first,
        "second": second,
        "merge": str(merge.merge_id),
        "file": kit.actions.definition("harbour").replace("div.text", "body"),
    }


def _story(number: int) -> bytes:
    return f"""<html><body><h1>Report {number} of the harbour</h1><time datetime="2026-03-09">9 March</time>
<div class="text"><p>Ship number {number} of the northern line came in on Monday with grain and timber.</p>
<p>Its crew of {number + 10} was welcomed on the quay by families, and by a band of the old town.</p></div>
</body></html>""".encode()
