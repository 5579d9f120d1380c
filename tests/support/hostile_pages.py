"""Pages made to keep a reader busy, to fill its memory, or to lead it astray: each with a name for its test."""

from tests.unit.normalizer.model_page import PARAGRAPHS

__all__ = ["HEAVY_PAGES", "PROSE"]

PROSE = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)


def _attributes(count: int, form: str) -> str:
    return "<div " + " ".join(form.format(number) for number in range(count)) + ">"


_AFTER_THE_TEXT = {
    "json_ld_depth": '<script type="application/ld+json">' + "[" * 100_000 + "</script>",
    "json_ld_object_depth": '<script type="application/ld+json">' + '{"a":' * 100_000 + "</script>",
    "json_ld_numbers": '<script type="application/ld+json">{"@type":"Article","datePublished":'
    + "9" * 500_000
    + ',"headline":NaN,"headline":1}</script>',
    "json_ld_string": '<script type="application/ld+json">{"@type":"Article","articleBody":"'
    + "word " * 2_000_000
    + '"}</script>',
    "json_ld_many": '<script type="application/ld+json">{"@type":"Article"}</script>' * 20_000,
    "attributes": _attributes(160_000, "a{}=1"),
    "attributes_quoted": _attributes(160_000, 'a{}=">"'),
    "attributes_same": _attributes(160_000, "a"),
    "nested_div": "<div>" * 100_000,
    "nested_div_closed": "<div>" * 100_000 + "</div>" * 100_000,
    "nested_tables": "<table><tr><td>" * 20_000,
    "nested_bold": "<b>" * 100_000,
    "nested_links": "<a href=/x>" * 100_000,
    "nested_lists": "<ul><li>" * 50_000,
    "nested_svg": "<svg><g>" * 50_000,
    "nested_template": "<template>" * 50_000,
    "misnested": "<b><i></b></i>" * 40_000,
    "less_than_signs": "<" * 1_000_000,
    "comments": "<!--" * 200_000,
    "unclosed_attribute": '<a b="' * 100_000,
    "entities": "&amp;&#x10FFFF;&nosuch;" * 100_000,
    "line_breaks": "<br>" * 400_000,
    "links": "<a href=/a/b?c=d>x</a> " * 200_000,
    "link_paragraphs": "<p><a href=/a>title of a story</a></p>" * 100_000,
    "meta_titles": '<meta property="og:title" content="x">' * 200_000,
    "title": "<title>" + "long " * 1_000_000 + "</title>",
    "headings": "<h1>a headline</h1>" * 100_000,
    "digits": "<p>" + "1" * 500_000 + "</p>",
    "dates": "<p>" + "12/11/2020 " * 100_000 + "</p>",
    "times": "<time datetime=2020-01-01>now</time>" * 100_000,
    "one_line": "<p>" + "a" * 5_000_000 + "</p>",
    "combining_marks": "<p>a" + "\u0301" * 1_000_000 + "</p>",
    "spaces": "<p>" + " " * 5_000_000 + "x</p>",
    "classes": '<div class="' + "a " * 2_500_000 + '">',
    "cells": "<table>" + "<tr><td>a</td><td>b</td></tr>" * 100_000 + "</table>",
    "wide": "<p>" + "\U0001f600" * 2_000_000 + "</p>",
    "paragraphs": "<p>One more sentence of an endless page, with words in it.</p>" * 150_000,
    "repeated": "<p>The same line.</p>" * 200_000,
    "bylines": "<p>By Jane Doe</p>" * 100_000,
    "quotes": "<p>" + "\"'" * 1_000_000 + "</p>",
    "dots": "<p>" + ". " * 2_000_000 + "</p>",
}

HEAVY_PAGES: dict[str, bytes] = {
    name: f"<html><body><h1>A Headline of Words</h1>{PROSE}{hostile}</body></html>".encode()
    for name, hostile in _AFTER_THE_TEXT.items()
}
HEAVY_PAGES |= {
    f"{name}_first": f"<html><body>{_AFTER_THE_TEXT[name]}{PROSE}".encode()
    for name in ("line_breaks", "links", "digits")
}
