"""Looking at an outlet for `pressmark source add https://…`: the crawler's detection over the fetcher's client."""

import time
from collections.abc import Callable

from services.admin.proposals import Proposal
from services.crawler.detection import Detected, detect
from services.crawler.links import ListPage
from services.normalizer.manifests import FetchedPage
from services.pressmark.extraction import PageNotFetchedError, fetch_page
from shared.ledger.frontier import TargetKind
from shared.sources import dump_source
from shared.urls import BadUrlError, canonical_url, host_key

__all__ = ["proposal_of", "propose_source"]

PAUSE_SECONDS = 1.0
"""Between two requests; a detection asks for some twenty pages of one outlet."""


def propose_source(address: str) -> Proposal:
    """Look at an outlet and return the source file that would archive it.

    Raises:
        PageNotFetchedError: there is no home page at the address, or robots.txt keeps it to itself.
    """
    return proposal_of(address, fetch=fetch_page, pause=lambda: time.sleep(PAUSE_SECONDS))


def proposal_of(address: str, *, fetch: Callable[[str], FetchedPage], pause: Callable[[], None]) -> Proposal:
    """Do what `propose_source` does, with the given way to fetch a page and to wait between two."""
    try:
        home = canonical_url(address)
    except BadUrlError as error:
        raise PageNotFetchedError(
            f"{address} is no address that could be asked for: {error.reason}"
        ) from None
    failures: dict[str, str] = {}

    def ask(url: str) -> ListPage | None:
        if url != canonical_url(f"{host_key(home)}/robots.txt"):
            pause()
        try:
            page = fetch(url)
        except (PageNotFetchedError, BadUrlError) as error:
            failures[url] = str(error)
            return None
        return ListPage(url=page.url, kind=TargetKind.LISTING, content_type=page.content_type, body=page.body)

    found = detect(home, ask=ask)
    if found is None:
        why = failures.get(home, "its robots.txt disallows the home page")
        raise PageNotFetchedError(f"nothing can be proposed for {home}: {why}")
    return _proposal(found)


def _proposal(found: Detected) -> Proposal:
    source = found.source
    return Proposal(
        source_id=source.id,
        text=_commented(found),
        sample=tuple({"url": link.url, "title": link.title, "date": link.date} for link in found.sample),
        articles=found.articles,
        lists=tuple((rule.kind.value, rule.url) for rule in source.lists),
    )


def _commented(found: Detected) -> str:
    """Return the source file with what an operator should check before adding it."""
    sample = "".join(f"#   {link.url}\n" for link in found.sample)
    return (
        f"# Found by looking at {found.source.home}; {len(found.asked)} pages were asked for.\n"
        f"# Check id, name, language and timezone, which lists are wanted, and what [links] accepts.\n"
        f"# It would archive {found.articles} articles now, such as:\n{sample}\n{dump_source(found.source)}"
    )
