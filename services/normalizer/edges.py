"""Where the text of an article begins and ends inside its container."""

import re
from collections.abc import Sequence

from services.normalizer.blocks import Block
from services.normalizer.datelines import read_dateline
from services.normalizer.dates import folded, written_dates
from services.normalizer.text import letters_of
from services.normalizer.vocabulary import is_related_heading

_END_MARKS = ("-0-", "(끝)", "(끝).", "(完)")
_HEAD_SHARE = 0.15
_MAX_HEAD = 8
_TAIL_SHARE = 0.85
_LIST_SHARE = 0.7
_LIST_REACH = 30
_LIST_LINKS = 3
_FACT_CHARS = 200
_FACT_REST = 24
_MAX_FACTS = 6
_DIGIT = re.compile(r"\d")
_DATELINE_CHARS = 110
_SENTENCE = re.compile(r"(?<![^\W\d_])(?:[^\W\d_]++\s++){4}.*[\w)]\.$")
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
    dispatch = next((position for position, i in enumerate(kept[:_MAX_HEAD]) if _is_dispatch(blocks[i])), 0)
    # A caption above the only dateline is no text; a page of several dispatches has headlines between them.
    if (
        dispatch
        and _is_light(blocks, kept, dispatch)
        and not any(_is_dispatch(blocks[i]) for i in kept[dispatch + 1 :])
    ):
        kept = kept[dispatch:]
    facts = 0
    while facts < min(_MAX_FACTS, len(kept) - 1) and is_fact_line(blocks[kept[facts]].text):
        facts += 1
    return kept[facts:]


def until_end(
    blocks: Sequence[Block], kept: list[int], end_mark: str | None, *, trusted: bool = False
) -> list[int]:
    """Cut what follows the outlet's end mark, or a heading that announces other articles near the end.

    Args:
        blocks: The page.
        kept: The blocks of the text so far.
        end_mark: What the outlet prints after the last sentence; without it, the marks of news agencies.
        trusted: The blocks agree with the text that the page gives to machines, so only the mark counts.
    """
    marks = (end_mark,) if end_mark else _END_MARKS
    marked = [position for position, i in enumerate(kept) if blocks[i].text.rstrip(" |").endswith(marks)]
    if marked:
        return kept[: marked[-1] + 1]
    if trusted:
        return kept
    if not any(is_related_heading(blocks[i].text) for i in kept):
        return kept
    total = sum(blocks[i].weight for i in kept)
    before = 0.0
    for position, i in enumerate(kept):
        # `Read also` stands in the middle of many articles: what follows must be little, or a list of links.
        share = before / total if total else 0.0
        if (
            share > _LIST_SHARE
            and is_related_heading(blocks[i].text)
            and (share > _TAIL_SHARE or _opens_list(blocks, i))
        ):
            return kept[:position]
        before += blocks[i].weight
    return kept


def _opens_list(blocks: Sequence[Block], heading: int) -> bool:
    following = blocks[heading + 1 : heading + 1 + _LIST_REACH]
    return sum(block.link_share > 0.8 for block in following) >= _LIST_LINKS


def is_complete(blocks: Sequence[Block], kept: list[int]) -> bool:
    """Tell whether the text is whole: an agency's dateline at its start, or an end mark at its end."""
    return _is_dispatch(blocks[kept[0]]) or blocks[kept[-1]].text.endswith(_END_MARKS)


def is_labelled_fact(text: str) -> bool:
    """Tell whether a line gives the date under a name, such as `Date: 16/10/2021 | Source: Naenara (En)`."""
    return bool(_FACT_LABEL.match(text)) and is_fact_line(text)


def is_fact_line(text: str) -> bool:
    """Tell whether a line holds a date and hardly anything else: `Date: 16/10/2021 | Source: Naenara (En)`."""
    if len(text) > _FACT_CHARS or not _DIGIT.search(text):
        return False
    dates = written_dates(text)
    if not dates:
        return False
    if _FACT_LABEL.match(text):
        return True
    if _SENTENCE.search(text):
        return False
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


def _is_dispatch(block: Block) -> bool:
    if not _DIGIT.search(block.text, 0, _DATELINE_CHARS):
        return False
    dateline = read_dateline(block.text)
    return dateline is not None and dateline.strict


def _is_light(blocks: Sequence[Block], kept: list[int], count: int) -> bool:
    """Tell whether the first blocks are a small part of the text."""
    head = sum(blocks[i].weight for i in kept[:count])
    return head <= _HEAD_SHARE * sum(blocks[i].weight for i in kept)
