"""What the source's own rules say: CSS selectors that an operator wrote for one outlet, trusted above all else."""

import hashlib

from selectolax.lexbor import LexborNode

from services.normalizer.addresses import absolute_url
from services.normalizer.blocks import read_flow
from services.normalizer.body import Body, body_of_rule
from services.normalizer.dates import read_date
from services.normalizer.fields import Provenance
from services.normalizer.page import Page, select
from services.normalizer.shown_dates import FoundDate
from services.normalizer.text import block_text, cut
from shared.sources import ArticleRules

_MAX_CLIMB = 200

READER = 2
"""Counts the changes of the extraction itself that move what many pages give."""


def rules_version(rules: ArticleRules | None) -> str:
    """Return what an article was read by: the reader's number, and a digest of the source's own rules.

    Equal rules have equal versions, whatever order or comments their file had.
    """
    stated = ArticleRules() if rules is None else rules
    digest = hashlib.sha256(stated.model_dump_json(exclude_defaults=True).encode()).hexdigest()
    return f"{READER}-{digest[:12]}"


def ruled_title(page: Page, rules: ArticleRules | None) -> Provenance | None:
    """Return the headline that the rule names; None without a rule or when it finds no text."""
    if rules is None or not rules.title:
        return None
    for node in select(page, rules.title):
        text = " ".join(block.text for block in read_flow(node).blocks)
        if text:
            return Provenance(value=text, raw=cut(text), method="rule")
    return None


def ruled_dates(page: Page, rules: ArticleRules | None, language: str | None) -> list[FoundDate]:
    """Return the dates of the elements that the rule names, in page order."""
    if rules is None or not rules.date:
        return []
    found = []
    for node in select(page, rules.date):
        attributes = node.attributes
        for raw in (
            block_text(node.text(separator=" ")),
            attributes.get("datetime"),
            attributes.get("content"),
        ):
            if not raw:
                continue
            reading = read_date(raw, order=rules.date_order, date_format=rules.date_format, language=language)
            if reading is not None:
                found.append(FoundDate(reading=reading, raw=cut(raw, 120), method="rule"))
                break
    return found


def ruled_body(page: Page, rules: ArticleRules | None, title: str | None) -> Body | None:
    """Return the text of the elements that the rule names; None without a rule or when they hold none."""
    if rules is None or not rules.body:
        return None
    nodes = select(page, rules.body)
    chosen = frozenset(node.mem_id for node in nodes)
    excluded = excluded_nodes(page, rules)
    outer = [node for node in nodes if not _stands_in(node, chosen)]
    blocks = [block for node in outer for block in read_flow(node, excluded=excluded).blocks]
    body = body_of_rule(blocks, title=title, end_mark=rules.end_mark)
    return body if body.paragraphs else None


def ruled_original(page: Page, rules: ArticleRules | None) -> Provenance | None:
    """Return the address of the original that the rule names."""
    if rules is None or not rules.original_url:
        return None
    for node in select(page, rules.original_url):
        raw = node.attributes.get("href")
        url = absolute_url(page.base, raw)
        if raw and url:
            return Provenance(value=url, raw=cut(raw), method="rule")
    return None


def excluded_nodes(page: Page, rules: ArticleRules | None) -> frozenset[int]:
    """Return the `mem_id` of every element that the rule keeps out of the text."""
    if rules is None:
        return frozenset()
    return frozenset(node.mem_id for selector in rules.exclude for node in select(page, selector))


def _stands_in(node: LexborNode, chosen: frozenset[int]) -> bool:
    parent = node.parent
    for _ in range(_MAX_CLIMB):
        if parent is None:
            return False
        if parent.mem_id in chosen:
            return True
        parent = parent.parent
    return False
