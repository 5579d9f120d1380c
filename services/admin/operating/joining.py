"""Actions that make two articles one, and two of one again."""

from typing import Annotated

from pydantic import Field

from services.admin.operating.action import Action, Outcome, Work, examples
from services.admin.operating.parts import Parts
from services.admin.operating.pausing import Reason
from shared.ledger.merging import Merge, Merging

__all__ = ["MergeArticles", "UnmergeArticles"]

ArticleId = Annotated[str, Field(min_length=1, max_length=200)]


class MergeArticles(Action):
    """Make two articles of a source one: the first stays, and what the second has goes to it. It can be undone."""

    model_config = examples({"article": "harbour-en-1", "other": "harbour-en-2", "reason": "one story"})
    name = "article.merge"

    article: ArticleId
    """The article that stays."""

    other: ArticleId
    """The one that becomes a part of it."""

    reason: Reason
    """Why, for those who come after you. It is kept."""

    def plan(self, parts: Parts, work: Work) -> Outcome:
        """Tell whether they can be one."""
        del work
        Merging(parts.database).check(self.article, self.other)
        return {"article": self.article, "merged": self.other}

    def run(self, parts: Parts, work: Work) -> Outcome:
        """Make them one."""
        Merging(parts.database).merge(self.article, self.other, by=work.actor, reason=self.reason)
        return {"article": self.article, "merged": self.other}


class UnmergeArticles(Action):
    """Make two articles of one again. What was seen since goes with the address it was seen at.

    The archive never merges this pair by itself again; an operator still can.
    """

    model_config = examples({"merge": 7, "reason": "two stories"})
    name = "article.unmerge"

    merge: Annotated[int, Field(ge=1, le=2**63 - 1)]
    """The number of the merge, as `pressmark merges` tells it."""

    reason: Reason
    """Why, for those who come after you. It is kept."""

    def plan(self, parts: Parts, work: Work) -> Outcome:
        """Tell which merge would be undone."""
        del work
        merging = Merging(parts.database)
        found = merging.one(self.merge)
        merging.check_undo(self.merge)
        return _told(found)

    def run(self, parts: Parts, work: Work) -> Outcome:
        """Undo it."""
        return _told(Merging(parts.database).unmerge(self.merge, by=work.actor, reason=self.reason))


def _told(merge: Merge) -> Outcome:
    return merge.as_json()
