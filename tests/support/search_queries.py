"""The hand-written queries of readers in seven languages, with the documents that answer each."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from tests.support.catalogue_factory import Text

__all__ = ["Asked", "asked", "documents"]

_FILE = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A query and the names of all documents that answer it."""

    language: str
    query: str
    answers: frozenset[str]


def documents() -> dict[str, Text]:
    """Return the documents by name."""
    return {
        name: Text(title=one["title"], body=one["body"], language=one["language"])
        for name, one in _FILE["documents"].items()
    }


def asked() -> list[Asked]:
    """Return the queries in the order of the file."""
    return [
        Asked(language=language, query=query, answers=frozenset(names.split()))
        for language, pairs in _FILE["queries"].items()
        for query, names in pairs
    ]
