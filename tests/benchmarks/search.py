"""Prints what the search costs: `python -m tests.benchmarks.search [--articles N] [--at URL]`.

A PostgreSQL of its own, from the wheel and with the settings of production, holds so many made-up articles in six
languages. The indexes are built as a restored archive builds them, after its rows. Then a reader process answers
four readers at once, who ask for one to three words each, for articles and for the list of the latest.
"""

import argparse
import json
import os
import random
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from subprocess import Popen
from urllib.parse import quote

import psycopg

from services.standalone.ports import choose_ports
from shared.ledger import Database
from shared.ledger.migrate import migrate
from shared.search_tokens import search_vector_text
from tests.benchmarks.answers import Askers, Costs, ask_in_turn
from tests.benchmarks.frontier import durable_postgres
from tests.support.catalogue_factory import CatalogueFactory, Text
from tests.support.synthetic_articles import LANGUAGES, SyntheticArticle, synthetic_article

READERS = 4
IN_ONE_COPY = 500

INDEXES = """
select indexname, indexdef from pg_indexes
where indexname in ('revisions_search', 'revisions_title_search')
"""
SIZES = """
select pg_table_size('revisions')::bigint as revisions, pg_relation_size('revisions_search')::bigint as words,
       pg_relation_size('revisions_title_search')::bigint as titles,
       (select avg(length(body::text)) from (select body from revisions limit 2000) as sample)::bigint as letters
"""
COPIES = {
    "articles": """copy articles (article_id, source_id, key, state, state_since, url, title, published,
        published_precision, published_at, language, first_seen_at, last_seen_at, revisions) from stdin""",
    "article_urls": """copy article_urls (url, article_id, source_id, target_id, first_seen_at, last_seen_at,
        revision_id, title, text_digest) from stdin""",
    "revisions": """copy revisions (article_id, number, capture_id, url, seen_at, title, body, text_digest,
        identity_digest, fields, search) from stdin""",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=200_000)
    parser.add_argument("--questions", type=int, default=600, help="of each kind")
    parser.add_argument("--data", type=Path, help="a folder that keeps the ledger, and may hold it already")
    parser.add_argument("--at", help="the URL of a ledger that an earlier run has filled")
    parser.add_argument("--hold", action="store_true", help="keep the ledger until Enter is pressed")
    wanted = parser.parse_args()
    if wanted.at:
        measure(wanted.at, wanted.articles, wanted.questions)
        return
    with durable_postgres(wanted.data) as url:
        if not is_filled(url):
            fill(url, wanted.articles)
        measure(url, wanted.articles, wanted.questions)
        if wanted.hold:
            print(url, flush=True)
            sys.stdin.readline()


def is_filled(url: str) -> bool:
    """Return whether an earlier run has left its articles here."""
    with psycopg.connect(url) as connection:
        row = connection.execute("select to_regclass('revisions') is not null").fetchone()
        return row == (True,)


def fill(url: str, articles: int) -> None:
    """Put the articles into an empty ledger and build its indexes, and print what that took."""
    database = Database(url, max_connections=2)
    migrate(database)
    target, capture = sources_with_a_capture(database)
    database.close()
    made = tokens = copied = 0.0
    with (
        psycopg.connect(url) as connection,
        ProcessPoolExecutor(max_workers=2, mp_context=get_context("spawn")) as workers,
    ):
        indexes = connection.execute(INDEXES).fetchall()
        for name, _ in indexes:
            connection.execute(f'drop index "{name}"')
        starts = range(0, articles, IN_ONE_COPY)
        rows = partial(rows_of, of=articles, target=target, capture=capture)
        for part in workers.map(rows, starts):
            made, tokens = made + part.making, tokens + part.tokenizing
            started = time.perf_counter()
            for table, lines in part.lines.items():
                with connection.cursor().copy(COPIES[table]) as copy:
                    copy.write("".join(lines))
            copied += time.perf_counter() - started
        connection.execute(
            "update articles a set revision_id = r.revision_id from revisions r where r.article_id = a.article_id"
            " and a.revision_id is null"
        )
        connection.commit()
        print(
            f"made {articles:,} articles: {made:.0f} s; their words: {tokens:.0f} s of one core", flush=True
        )
        print(f"written to the ledger: {copied:.0f} s", flush=True)
        connection.execute("set maintenance_work_mem = '512MB'")
        for name, definition in indexes:
            started = time.perf_counter()
            connection.execute(definition)
            print(f"index {name}: {time.perf_counter() - started:.0f} s", flush=True)
        connection.commit()
        connection.autocommit = True
        connection.execute("vacuum analyze")
        print_sizes(connection)


def sources_with_a_capture(database: Database) -> tuple[int, int]:
    """Register the sources; return a target and a capture that all made-up articles share."""
    factory = CatalogueFactory(database)
    for language in LANGUAGES:
        for number in (1, 2, 3):
            factory.source(f"{language}-{number}", f"Outlet {number} ({language})", language)
    factory.article("en-1", Text(title="First", body=["First."]))
    return factory.capture("en-1", "http://en-1.example/shared", at=synthetic_article(0, of=1).published_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    lines: dict[str, list[str]]
    making: float
    tokenizing: float


def rows_of(start: int, *, of: int, target: int, capture: int) -> Part:
    """Return the rows of some articles as COPY reads them."""
    lines: dict[str, list[str]] = {table: [] for table in COPIES}
    making = tokenizing = 0.0
    for number in range(start, min(start + IN_ONE_COPY, of)):
        began = time.perf_counter()
        article = synthetic_article(number, of=of)
        said = time.perf_counter()
        vector = search_vector_text(article.title, article.body)
        tokenizing += time.perf_counter() - said
        making += said - began
        add_rows(lines, article, vector, number=number, target=target, capture=capture)
    return Part(lines=lines, making=making, tokenizing=tokenizing)


def add_rows(
    lines: dict[str, list[str]],
    article: SyntheticArticle,
    vector: str,
    *,
    number: int,
    target: int,
    capture: int,
) -> None:
    at, article_id = article.published_at.isoformat(), f"made-{number:07d}"
    url = f"http://{article.source_id}.example/{number}"
    state = "GONE" if number % 50 == 7 else "LIVE"
    revisions = 2 if number % 33 == 5 else 1
    source = article.source_id
    lines["articles"].append(
        _line(
            article_id,
            source,
            url,
            state,
            at,
            url,
            article.title,
            at,
            "minute",
            at,
            article.language,
            at,
            at,
            revisions,
        )
    )
    lines["article_urls"].append(_line(url, article_id, source, target, at, at, 1, article.title, "sha256:0"))
    body = json.dumps(article.body, ensure_ascii=False)
    for version in range(1, revisions + 1):
        digest = f"sha256:{number:064d}"
        lines["revisions"].append(
            _line(article_id, version, capture, url, at, article.title, body, digest, digest, "{}", vector)
        )


def _line(*values: object) -> str:
    return "\t".join(str(value).replace("\\", "\\\\") for value in values) + "\n"


def print_sizes(connection: "psycopg.Connection[tuple[object, ...]]") -> None:
    row = connection.execute(SIZES).fetchone()
    assert row is not None
    revisions, words, titles, letters = (int(str(value)) for value in row)
    print(f"rows of revisions with their texts: {revisions / 1e6:,.0f} MB")
    print(f"index of words: {words / 1e6:,.0f} MB; of titles: {titles / 1e6:,.0f} MB")
    print(f"mean text: {letters:,} characters", flush=True)


def measure(url: str, articles: int, questions: int) -> None:
    """Print how long four readers at once wait for answers of one reader process, and what an answer costs."""
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
    with (
        psycopg.connect(url) as session,
        reader_process(url) as (port, server),
        Askers.started(READERS) as askers,
    ):
        costs = Costs(server, session.info.backend_pid)
        for name, paths in kinds_of_paths(articles, questions).items():
            ask = partial(askers.ask, port=port, costs=costs)
            ask(name, paths=paths[: READERS * 4], readers=READERS)
            print(ask(name, paths=paths, readers=READERS), flush=True)
            print(ask(f"{name}, one reader", paths=paths[: len(paths) // 2], readers=1), flush=True)
    print(f"load of the machine: {os.getloadavg()[0]:.1f}", flush=True)


def kinds_of_paths(articles: int, questions: int) -> dict[str, list[str]]:
    """Return what is asked, by kind."""
    chance = random.Random("questions")
    kinds = {
        f"search, {name}": [
            f"/search?q={quote(query)}" for query in take(queries(chance, articles, words), questions)
        ]
        for name, words in (("one word", 1), ("two words", 2), ("three words", 3), ("a phrase of two", -2))
    }
    some = [chance.randrange(articles) for _ in range(questions)]
    kinds["article page"] = [f"/article/made-{number:07d}" for number in some]
    kinds["latest page"] = ["/"] * questions
    return kinds


def queries(chance: random.Random, articles: int, words: int) -> Iterator[str]:
    """Yield words that stand together in some article, as frequent as they are there; a phrase if negative."""
    while True:
        article = synthetic_article(chance.randrange(articles), of=articles)
        if article.language in ("zh", "ja"):
            text = article.body[0]
            start, length = chance.randrange(len(text) - 12), chance.randint(2, 4)
            chosen = [text[start + place * 4 : start + place * 4 + length] for place in range(abs(words))]
            yield '"' + "".join(chosen) + '"' if words < 0 else " ".join(chosen)
            continue
        said = article.body[0].replace(".", "").split()
        start = chance.randrange(max(1, len(said) - abs(words)))
        if words < 0:
            yield f'"{" ".join(said[start : start - words])}"'
        else:
            yield " ".join(chance.choices(said, k=words))


def take(values: Iterator[str], count: int) -> list[str]:
    return [next(values) for _ in range(count)]


@contextmanager
def reader_process(url: str) -> Iterator[tuple[int, int]]:
    """Run the public pages over a ledger; yield their port and the id of their process."""
    port = choose_ports(("reader",), configured={}, remembered={})["reader"]
    env = {
        **os.environ,
        "PRESSMARK_DATABASE_URL": url,
        "PRESSMARK_READER_PORT": str(port),
        "PRESSMARK_LOG_LEVEL": "warning",
    }
    with Popen([sys.executable, "-m", "services.reader.server"], env=env) as child:
        try:
            _wait_for(port)
            yield port, child.pid
        finally:
            child.terminate()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            ask_in_turn(port, ["/healthz"])
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


if __name__ == "__main__":
    main()
