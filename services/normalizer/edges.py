"""Where the text of an article begins and ends inside its container."""

import re
from collections.abc import Sequence

from services.normalizer.blocks import Block
from services.normalizer.dates import folded, written_dates
from services.normalizer.text import letters_of
from services.normalizer.vocabulary import is_related_heading

_END_MARKS = ("-0-", "(끝)", "(끝).", "(完)")
_HEAD_SHARE = 0.15
_MAX_HEAD = 8
_TAIL_SHARE = 0.6
_FACT_CHARS = 200
_FACT_REST = 24
_MAX_FACTS = 6
_FACT_LABEL = re.compile(
    r"^\W*(?:date|published|posted|publication date|datum|fecha|data|дата|등록|입력"
    r"|发布(?:时间|日期)|公開日)\s*[:：]",
    re.IGNORECASE,
)


def without_head(blocks: Sequence[Block], kept: list[int], title: str | None) -> list[int]:
    """Cut what stands above the headline, and the lines that only say when and where the article was published."""
    kept = _below_headline(blocks, kept, letters_of(title or ""))
    labelled = [position for position, i in enumerate(kept[:_MAX_HEAD]) if is_labelled_fact(blocks[i].text)]
    if labelled and _is_light(blocks, kept, labelled[-1]):
        kept = kept[labelled[-1] :]
    facts = 0
    while facts < min(_MAX_FACTS, len(kept) - 1) and is_fact_line(blocks[kept[facts]].text):
        facts += 1
    return kept[facts:]


def until_end(blocks: Sequence[Block], kept: list[int], end_mark: str | None) -> list[int]:
    """Cut what follows the outlet's end mark, or a heading that announces other articles near the end."""
    marks = (end_mark,) if end_mark else _END_MARKS
    marked = [position for position, i in enumerate(kept) if blocks[i].text.rstrip(" |").endswith(marks)]
    if marked:
        return kept[: marked[-1] + 1]
    total = sum(blocks[i].weight for i in kept)
    before = 0.0
    for position, i in enumerate(kept):
        # What follows must be the small part: `Read also` stands in the middle of many articles.
        if before > _TAIL_SHARE * total and is_related_heading(blocks[i].text):
            return kept[:position]
        before += blocks[i].weight
    return kept


def is_labelled_fact(text: str) -> bool:
    """Tell whether a line gives the date under a name, such as `Date: 16/10/2021 | Source: Naenara (En)`."""
    return bool(_FACT_LABEL.match(text)) and is_fact_line(text)


def is_fact_line(text: str) -> bool:
    """Tell whether a line holds a date and hardly anything else: `Date: 16/10/2021 | Source: Naenara (En)`."""
    if len(text) > _FACT_CHARS:
        return False
    dates = written_dates(text)
    if not dates:
        return False
    if _FACT_LABEL.match(text):
        return True
    line = folded(text)
    inside = sum(character.isalpha() for date in dates for character in line[date.start : date.end])
    return sum(map(str.isalpha, line)) - inside <= _FACT_REST


def _below_headline(blocks: Sequence[Block], kept: list[int], title: str) -> list[int]:
    if not kept:
        return kept
    span = range(kept[0], kept[min(_MAX_HEAD, len(kept) - 1)])
    headline = next((i for i in span if title and blocks[i].letters == title), None)
    if headline is None and sum(block.tag == "h1" for block in blocks) == 1:
        headline = next((i for i in span if blocks[i].tag == "h1"), None)
    if headline is None:
        return kept
    above = sum(1 for i in kept if i < headline)
    return kept[above:] if above and _is_light(blocks, kept, above) else kept


def _is_light(blocks: Sequence[Block], kept: list[int], count: int) -> bool:
    """Tell whether the first blocks are a small part of the text."""
    head = sum(blocks[i].weight for i in kept[:count])
    return head <= _HEAD_SHARE * sum(blocks[i].weight for i in kept)
