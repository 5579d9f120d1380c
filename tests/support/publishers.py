"""The publishers of the test suite: a real outlet's history, and a made-up one of the same shape."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from tests.support.made_up_history import made_up_versions
from tests.support.replay import ReplayPublisher, ReplayTruth, Rewrite, Seen
from tests.support.site_server import SiteServer

__all__ = [
    "KcnaPublisher",
    "MadeUpHistory",
    "ReplayPublisher",
    "ReplayTruth",
    "Rewrite",
    "Seen",
    "SiteServer",
    "corpus_folder",
    "kcna_versions_path",
]

LEADERS: Final = ("Kim Jong Un", "Kim Jong Il", "Kim Jong Suk", "Kim Il Sung")


def corpus_folder() -> Path:
    """Where the test corpus is, if it is: `PRESSMARK_CORPUS`, else beside the project."""
    beside = Path(__file__).parents[3] / "shared" / "corpus"
    return Path(os.environ.get("PRESSMARK_CORPUS", beside))


def kcna_versions_path() -> Path | None:
    """The history that `KcnaPublisher` replays, or None when the corpus is not there."""
    path = corpus_folder() / "kcna" / "versions.jsonl.gz"
    return path if path.is_file() else None


class KcnaPublisher(ReplayPublisher):
    """Two months of a real outlet as 58 daily looks saw them: 1,174 addresses, 11 of them rewritten."""

    def __init__(self, versions_path: Path) -> None:
        super().__init__(_read(versions_path), source_id="kcna-en", name="KCNA (En)", leaders=LEADERS)


class MadeUpHistory(ReplayPublisher):
    """A small history of the same shape that needs no corpus: 60 articles, 10 looks, 5 rewrites."""

    def __init__(self, seed: int = 1) -> None:
        versions, leader = made_up_versions(seed)
        super().__init__(versions, source_id="made-up-en", name="Made-up Outlet (En)", leaders=(leader,))


def _read(versions_path: Path) -> Iterator[Seen]:
    """Yield the versions with a body; entries that stood in a list only cannot be served."""
    with gzip.open(versions_path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if row["body"]:
                yield Seen(
                    first_seen=dt.date.fromisoformat(row["first_seen"]),
                    last_seen=dt.date.fromisoformat(row["last_seen"]),
                    path=urlsplit(row["url"]).path,
                    section=row["section"],
                    headline=row["headline"],
                    date=dt.date.fromisoformat(row["date"]),
                    body=row["body"],
                )
