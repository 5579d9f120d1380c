"""What is offered to the frontier: URLs in canonical form, with their host, key and kind."""

from collections.abc import Iterable, Iterator

from shared.ledger.frontier import Candidate, TargetKind
from shared.sources import RobotsChoice, SourceFile
from shared.urls import canonical_url, host_key, url_key

__all__ = ["candidate", "candidates_of_lists", "obeys_robots", "with_robots"]


def candidate(  # noqa: PLR0913  (one URL and all that is known about it)
    url: str,
    kind: TargetKind,
    *,
    via: str | None = None,
    hops: int = 0,
    title: str | None = None,
    date: str | None = None,
    excluded: str | None = None,
) -> Candidate:
    """Return a URL as the frontier takes it.

    Raises:
        BadUrlError: it is no URL that could be asked for.
    """
    canonical = canonical_url(url)
    return Candidate(
        url=canonical,
        url_key=url_key(canonical),
        host=host_key(canonical),
        kind=kind,
        via=via,
        hops=hops,
        title=title,
        date=date,
        excluded=excluded,
    )


def candidates_of_lists(source: SourceFile) -> list[Candidate]:
    """Return the lists of a source."""
    return [candidate(rule.url, TargetKind(rule.kind.value)) for rule in source.lists]


def with_robots(candidates: Iterable[Candidate], source: SourceFile) -> Iterator[Candidate]:
    """Yield the robots.txt of every host before the first candidate there, unless the source ignores it."""
    hosts: set[str] = set()
    for offered in candidates:
        if offered.host not in hosts and obeys_robots(source):
            hosts.add(offered.host)
            yield candidate(f"{offered.host}/robots.txt", TargetKind.ROBOTS)
        yield offered


def obeys_robots(source: SourceFile) -> bool:
    """Whether robots.txt counts for this source."""
    return source.politeness.robots is RobotsChoice.OBEY
