"""An outlet that says "not found" with status 200: its own notice is learnt, and a removal is told as one."""

from collections.abc import Sequence
from datetime import timedelta

from services.normalizer.app import Normalizer, on_normalize_batch
from services.normalizer.extracting import extract
from services.normalizer.fields import Extraction, PageContext
from shared.candidates import candidate
from shared.ledger.batches import Batches
from shared.ledger.evidence_index import EvidenceIndex
from shared.ledger.frontier import ClaimLimits, Frontier, TargetKind
from shared.ledger.history import History
from shared.ledger.registry import Registry, SourceRow
from shared.messages import NormalizeBatch
from tests.support.ledger import NO_DELAY
from tests.support.raw_server import page
from tests.support.stored_evidence import StoredEvidence

NOTICE = (
    "We could not find what you were looking for. It may have been moved, renamed, or it may never have been.",
    "Try the menu above, use the search field, or begin at the front page, where our newest stories stand.",
    "Readers who believe that a link on our own pages is wrong are asked to write to the desk and to name it.",
    "The desk answers within two working days. Subscribers may ring the number that is printed on their bill.",
)


def html(title: str, paragraphs: Sequence[str]) -> bytes:
    text = "".join(f"<p>{one}</p>" for one in paragraphs)
    article = f"<article><h1>{title}</h1>{text}</article>"
    markup = f"<html><head><title>{title}</title></head><body>{article}</body></html>"
    return page(markup.encode(), b"Content-Type: text/html")


def story(subject: str) -> bytes:
    return html(
        f"The {subject} opens",
        (
            f"The new {subject} by the harbour opened to the public on Saturday after three years of work on it.",
            f"Some forty people were present at the {subject}, among them the workers of the depot.",
            f"A band played on the steps of the {subject} until the rain set in and everybody went home at last.",
        ),
    )


def read(stored: StoredEvidence, urls: dict[str, TargetKind]) -> list[str]:
    """Look at these addresses, read what came, and return what each look was, by address."""
    frontier, batches = Frontier(stored.database), Batches(stored.database)
    offered = [candidate(url, kind) for url, kind in urls.items()]
    frontier.accept("harbour", offered, delay=NO_DELAY, concurrency=2)
    frontier.make_due("harbour", list(set(urls.values())))
    claim = frontier.claim(limits=ClaimLimits(), trace_id="t")
    assert claim is not None
    batch = batches.open(claim.batch_id, lease=timedelta(seconds=30))
    assert batch is not None
    stored.snapshots.take(batch)
    frontier.plan_looks([(target.target_id, None) for target in batch.targets])
    batches.links_done(batch.batch_id)
    normalizer = Normalizer(
        batches=batches,
        history=History(stored.database),
        registry=Registry(stored.database),
        index=EvidenceIndex(stored.database),
        evidence=stored.evidence,
        extract_page=extracted,
    )
    on_normalize_batch(NormalizeBatch(batch_id=batch.batch_id), normalizer=normalizer)
    found = stored.rows(
        "select url, article_outcome from captures where batch_id = %(batch)s", batch=batch.batch_id
    )
    outcomes = {row["url"]: row["article_outcome"] for row in found}
    return [outcomes[url] for url in urls]


def extracted(body: bytes, context: PageContext, /) -> Extraction:
    return extract(body, context)


def test_a_long_notice_with_status_200_is_known_by_the_address_that_never_was(stored: StoredEvidence) -> None:
    server, article, probe = stored.server, TargetKind.ARTICLE, TargetKind.PROBE
    stays = server.url("/news/depot", story("depot"))
    goes = server.url("/news/bridge", story("bridge"))
    never = server.url("/news/no-such-page", html("Herald", NOTICE))
    definition = (
        f'id = "harbour"\nname = "Harbour"\nlanguage = "en"\nhome = "{server.url("/", html("Home", NOTICE))}"\n'
        f'[[lists]]\nurl = "{stays}"\nkind = "listing"\nevery = "1h"\n'
    )
    row = SourceRow(source_id="harbour", name="Harbour", language="en", home="", definition=definition)
    Registry(stored.database).put(row, obeys_robots=False, delay=NO_DELAY, concurrency=2)

    first = read(stored, {stays: article, goes: article, never: probe})
    server.url("/news/bridge", html("Herald", NOTICE))
    second = read(stored, {stays: article, goes: article})

    assert first == ["found", "found", "probe"]
    assert second == ["unchanged", "missing"]
    states = stored.rows("select title, state from articles order by title")
    assert [(row["title"], row["state"]) for row in states] == [
        ("The bridge opens", "SUSPECT"),
        ("The depot opens", "LIVE"),
    ]
    assert stored.rows("select 1 from edits") == []
