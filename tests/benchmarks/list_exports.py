"""Prints in what memory a long list is exported: `python -m tests.benchmarks.list_exports [--articles N]`.

A PostgreSQL of its own holds so many made-up articles of 1,650 characters, a tenth of them of one source. A reader
process writes both lists in every form, the short one first; what it held at most is the kernel's account of it.
"""

import argparse
import http.client
import time
from pathlib import Path

import psycopg

from shared.ledger import Database
from shared.ledger.migrate import migrate
from tests.benchmarks.frontier import durable_postgres
from tests.benchmarks.search import reader_process
from tests.support.catalogue_factory import CatalogueFactory, Text
from tests.support.memory import forget_peak, peak_bytes

FORMS = ("jsonl", "csv", "parquet", "bib", "ris", "csl.json")
MADE = (
    """insert into articles (article_id, source_id, key, state, state_since, url, title, published,
           published_precision, published_at, language, first_seen_at, last_seen_at, revisions)
       select 'made-' || n, case when n %% 10 = 0 then 'small' else 'large' end, 'key' || n, 'LIVE', now(),
              'http://outlet.example/' || n, 'Title ' || n || ' ' || md5(n::text), '2013-12-14', 'day',
              timestamptz '2013-01-01' + n * interval '1 minute', 'en', now(), now(), 1
       from generate_series(1, %(count)s) as n""",
    """insert into revisions (article_id, number, capture_id, url, seen_at, title, body, text_digest,
           identity_digest, fields, search)
       select article_id, 1, (select min(capture_id) from captures), url, now(), title,
              jsonb_build_array(repeat(md5(article_id) || ' ', 50)), 'x', 'x', '{}', ''
       from articles where revision_id is null""",
    """insert into article_urls (url, article_id, source_id, target_id, first_seen_at, last_seen_at,
           revision_id, title, text_digest)
       select url, article_id, source_id, (select min(target_id) from targets), now(), now(), 1, title, 'x'
       from articles where revision_id is null""",
    """update articles a set revision_id = r.revision_id from revisions r
       where r.article_id = a.article_id and a.revision_id is null""",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=200_000)
    wanted = parser.parse_args()
    with durable_postgres() as url:
        fill(url, wanted.articles)
        with reader_process(url) as port:
            process = reader_of(port)
            for form in FORMS:
                for path in (f"/source/small.{form}", f"/latest.{form}"):
                    print(told(port, path, process), flush=True)


def fill(url: str, articles: int) -> None:
    database = Database(url, max_connections=2)
    migrate(database)
    factory = CatalogueFactory(database)
    for source in ("small", "large"):
        factory.source(source, source, "en")
    factory.article("large", Text(title="First", body=["First."]))
    database.close()
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in MADE:
            connection.execute(statement, {"count": articles})
        connection.execute("vacuum analyze")


def reader_of(port: int) -> Path:
    """Return the folder in /proc of the reader process, whose address is in its environment."""
    wanted = f"PRESSMARK_READER_PORT={port}".encode()
    for folder in Path("/proc").iterdir():
        try:
            if wanted in (folder / "environ").read_bytes().split(b"\0"):
                return folder
        except OSError:
            continue
    raise SystemExit("the reader process is gone")


def told(port: int, path: str, process: Path) -> str:
    held = forget_peak(process)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    started = time.perf_counter()
    connection.request("GET", path)
    answer = connection.getresponse()
    size = 0
    while piece := answer.read(2**16):
        size += len(piece)
    took = time.perf_counter() - started
    connection.close()
    above = (peak_bytes(process) - held) / 1e6
    return (
        f"{path:28s} {size / 1e6:8.1f} MB in {took:6.1f} s, memory {held / 1e6:6.1f} MB and {above:6.1f} more"
    )


if __name__ == "__main__":
    main()
