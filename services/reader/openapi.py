"""The description of these pages for programs: OpenAPI 3.1, made of what is there, so that nothing is missing."""

import re
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

from services.reader.cdx_forms import FIELDS, FORMS
from services.reader.feeds import FEED_NAMES
from services.reader.formats import CITATIONS, FEEDS, FORMATS, JSON

__all__ = ["describe"]

_Schema = dict[str, Any]
_VARIABLE = re.compile(r"\{(\w+)(?::path)?\}")
_SUFFIXES = {one.suffix: one for one in (JSON, *FORMATS, *CITATIONS, *FEEDS)}
_URL = "https://outlet.example/article/1"
_INSTANT = {"type": "string", "pattern": "^[0-9]{4,14}$"}
_COUNT = {"type": "integer", "minimum": 1, "maximum": 999_999_999}
_WHOLE = {"type": "integer", "minimum": 0, "maximum": 999_999_999}
_LIST = "The next page begins there; answers name it as `next`."

_ANY: dict[str, tuple[str, _Schema, str | int | bool]] = {
    "source_id": ("A source.", {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,62}$"}, "kcna-en"),
    "article_id": ("An article.", {"type": "string", "pattern": "^[A-Za-z0-9_.:-]{1,200}$"}, "0f3a9c"),
    "number": ("The number of a revision, an edit or a capture.", _COUNT, 1),
    "day": ("A day of UTC.", {"type": "string", "format": "date"}, "2013-12-14"),
    "month": ("A month of UTC.", {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$"}, "2013-12"),
    "name": ("A name.", {"type": "string", "minLength": 1}, "all"),
    "url": ("The whole URL of a page, its query included.", {"type": "string", "minLength": 1}, _URL),
    "lang": ("Only in this language (BCP 47).", {"type": "string", "pattern": "^[A-Za-z]{2,8}$"}, "ko"),
    "before": (
        _LIST,
        {"type": "string", "pattern": "^-?[0-9]{1,18}\\.[A-Za-z0-9_.:-]{1,200}$"},
        "1773057600000000.a",
    ),
    "source": ("Only of this source.", {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,62}$"}, "kcna-en"),
    "class": ("Only edits of this class.", {"type": "string", "pattern": "^[a-z_]{1,40}$"}, "name"),
    "silent": ("Only edits that the page owned up to, or did not.", {"enum": ["true", "false"]}, "true"),
    "since": ("Only from this day on.", {"type": "string", "format": "date"}, "2013-12-01"),
    "watch": ("Only what a watch noticed.", {"type": "string", "pattern": "^[a-z2-7]{8}$"}, "abcd2345"),
    "q": ("What is searched for; see the README.", {"type": "string", "maxLength": 400}, "평양"),
    "sort": ("The order of what is found.", {"enum": ["date", "relevance"]}, "date"),
    "start": ("How many of the most relevant were on earlier pages.", {**_WHOLE, "maximum": 10_000}, 20),
    "counts": ("Count by source, language and year, too.", {"enum": ["1", "yes"]}, "1"),
}
_CDX: dict[str, tuple[str, _Schema, str | int | bool]] = {
    "matchType": ("How many URLs are meant.", {"enum": ["exact", "prefix", "host", "domain"]}, "exact"),
    "from": ("Only from this time on.", _INSTANT, "2013"),
    "to": ("Only up to this time.", _INSTANT, "20131231"),
    "closest": ("By the distance from this time.", _INSTANT, "20131214"),
    "limit": ("At most so many lines.", _COUNT, 100),
    "filter": (
        "[!][=|~]field:text; may be given again.",
        {"type": "string", "maxLength": 300},
        "=status:200",
    ),
    "output": ("The form of a line.", {"enum": list(FORMS)}, "json"),
    "fl": ("The fields, by commas.", {"type": "string"}, ",".join(FIELDS[:3])),
    "page": ("One page of the lines, from 0.", {**_WHOLE, "maximum": 5000}, 0),
    "pageSize": ("Lines on a page.", {**_COUNT, "maximum": 3000}, 3000),
    "showNumPages": ("Only how many pages there are.", {"enum": ["true", "false"]}, "false"),
}
_LEDGER = ("source", "lang", "class", "silent", "since", "watch", "before")
_QUERIES: dict[str, tuple[str, ...]] = {
    "/": ("lang", "before"),
    "/latest": ("lang", "before"),
    "/source/{source_id}": ("lang", "before"),
    "/day/{day}": ("source", "lang", "before"),
    "/days": ("source",),
    "/days/{month}": ("source",),
    "/edits": _LEDGER,
    "/removals": _LEDGER,
    "/search": ("q", "before", "sort", "start", "counts"),
    "/feeds/{name}": ("source", "lang", "watch"),
}
_PAGES_OF = {
    "/": "The latest articles",
    "/latest": "All articles by date",
    "/sources": "The sources",
    "/source/{source_id}": "The articles of a source",
    "/day/{day}": "The articles of a day",
    "/days": "The calendar of the newest month",
    "/days/{month}": "The calendar of a month",
    "/article/{article_id}": "One article with its evidence",
    "/article/{article_id}/revision/{number}": "One article as it was worded once",
    "/article/{article_id}/edit/{number}": "One edit, both wordings side by side",
    "/edits": "What was reworded",
    "/removals": "What was taken down",
    "/search": "Search in every language",
    "/watches": "What is watched for",
    "/watches/{name}": "The alarms of a watch",
    "/coverage": "What could be seen of every source",
    "/coverage/{source_id}": "What could be seen of a source",
    "/feeds/{name}": "What happens",
    "/capture/{number}": "One stored page",
    "/timegate/{url}": "The TimeGate of Memento (RFC 7089)",
    "/timemap/link/{url}": "The TimeMap of Memento as links",
    "/timemap/json/{url}": "The TimeMap of Memento as JSON",
    "/cdx": "The CDX server",
    "/about": "What this archive promises",
    "/sitemap": "The site maps",
    "/sitemap/{day}": "The site map of a day",
}
_OWN_TYPES = {
    "/cdx": tuple(FORMS.values()),
    "/timemap/link/{url}": ("application/link-format; charset=utf-8",),
    "/timemap/json/{url}": ("application/json",),
}


def describe(paths: Iterable[str], *, base: str) -> _Schema:
    """Return the description of what is served under these paths.

    Args:
        paths: As the routes have them.
        base: The address of these pages, without a slash at its end.
    """
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Pressmark",
            "version": version("pressmark"),
            "description": "What news outlets published, and what became of it. All can be read, nothing sent.",
        },
        "servers": [{"url": base or "/"}],
        "paths": {_VARIABLE.sub(r"{\1}", path): {"get": _operation(path)} for path in sorted(set(paths))},
    }


def _operation(path: str) -> _Schema:
    path = _VARIABLE.sub(r"{\1}", path)
    stem, suffix = _stem(path)
    form = _SUFFIXES.get(suffix)
    summary = _PAGES_OF.get(stem, path)
    answers = _answers(stem, form.media_type if form else _plain_type(suffix))
    return {
        "operationId": re.sub(r"\W+", "_", path).strip("_") or "latest_page",
        "summary": f"{summary}, as {form.name}" if form else summary,
        "parameters": [*(_in_path(stem, name) for name in _VARIABLE.findall(path)), *_in_query(stem, suffix)],
        "responses": answers,
    }


def _stem(path: str) -> tuple[str, str]:
    """Split the suffix of a form off a path, the longest that is one."""
    for suffix in sorted((*_SUFFIXES, ".xml", ".txt"), key=len, reverse=True):
        if path.endswith(suffix):
            return path.removesuffix(suffix), suffix
    return path, ""


def _plain_type(suffix: str) -> str:
    return {".xml": "application/xml", ".txt": "text/plain; charset=utf-8"}.get(
        suffix, "text/html; charset=utf-8"
    )


def _in_path(stem: str, name: str) -> _Schema:
    words, schema, example = _ANY[name]
    if stem.startswith("/feeds/"):
        schema = {"enum": list(FEED_NAMES)}
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": words,
        "schema": schema,
        "example": example,
    }


def _in_query(stem: str, suffix: str) -> list[_Schema]:
    if stem == "/cdx":
        url = {"name": "url", "in": "query", "required": True, "description": "A URL, or `example.com/*`.",
               "schema": {"type": "string", "minLength": 1}, "example": _URL}  # fmt: skip
        return [url, *(_query(name, *told) for name, told in _CDX.items())]
    names = _QUERIES.get(stem, ())
    if stem == "/search" and suffix not in ("", ".json"):
        names = ("q", "before")
    if stem.startswith("/timegate"):
        words = "The time that is wanted; without it the last capture."
        example = "Sat, 14 Dec 2013 12:00:00 GMT"
        return [{"name": "Accept-Datetime", "in": "header", "description": words,
                 "schema": {"type": "string"}, "example": example}]  # fmt: skip
    return [_query(name, *_ANY[name]) for name in names]


def _query(name: str, words: str, schema: _Schema, example: str | float) -> _Schema:
    return {"name": name, "in": "query", "description": words, "schema": schema, "example": example}


def _answers(stem: str, media_type: str) -> _Schema:
    types = _OWN_TYPES.get(stem, (media_type,))
    good = {"description": "As asked.", "content": {one.partition(";")[0]: {} for one in types}}
    found = (
        {"302": {"description": "The capture that is closest."}}
        if stem.startswith("/timegate")
        else {"200": good}
    )
    if not stem.startswith("/timegate"):
        found["304"] = {"description": "As before (RFC 9110 §13.1.2)."}
    return {
        **found,
        "400": {"description": "The address cannot mean anything; the text says what would be right."},
        "404": {"description": "Nothing is kept under this address."},
        "503": {"description": "The catalogue does not answer just now; Retry-After says when to ask again."},
    }
