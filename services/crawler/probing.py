"""Probes: every host of a source is asked, once a day, for a page that never was.

Many sites say "not found" with status 200, or lead every lost visitor to one page. What a host shows at an address
that cannot exist is its own notice of an error; an article's address that shows the same has lost its article. The
idea is that of Bar-Yossef et al., "Sic transit gloria telae" (2004).
"""

import hashlib
from dataclasses import dataclass
from urllib.parse import urlsplit

import structlog

from shared.candidates import candidate, with_robots
from shared.ledger.frontier import Frontier, TargetKind
from shared.ledger.schedule import Schedule
from shared.sources import SourceFile

__all__ = ["Prober", "missing_page"]

log = structlog.get_logger(__name__)

_LONGEST_SUFFIX = 6
"""Letters after the last dot of a path that are taken for the kind of a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prober:
    """What it takes to have hosts asked for a page that never was."""

    frontier: Frontier
    schedule: Schedule

    def probe(self, source: SourceFile) -> int:
        """Accept a probe for each host of a source that has articles and no probe yet; return how many.

        Raises:
            TryAgainError: the ledger does not answer.
        """
        pages = [missing_page(url) for url in self.schedule.unprobed(source.id)]
        if not pages:
            return 0
        offered = [candidate(page, TargetKind.PROBE) for page in pages]
        accepted = self.frontier.accept(
            source.id,
            list(with_robots(offered, source)),
            delay=source.politeness.delay,
            concurrency=source.politeness.concurrency,
        )
        log.info("probes_accepted", source_id=source.id, hosts=len(pages))
        return accepted


def missing_page(url: str) -> str:
    """Return an address beside an article's that no page ever had, of the same form: always the same one."""
    parts = urlsplit(url)
    name = f"no-such-page-{hashlib.sha256(parts.netloc.encode()).hexdigest()[:12]}"
    if parts.query:
        before, equals, _ = parts.query.rpartition("=")
        return parts._replace(query=f"{before}{equals}{name}", fragment="").geturl()
    path = parts.path.rstrip("/")
    folder, _, last = path.rpartition("/")
    suffix = last.rpartition(".")[2] if "." in last.strip(".") else ""
    if suffix and len(suffix) <= _LONGEST_SUFFIX:
        name = f"{name}.{suffix}"
    slash = "/" if parts.path.endswith("/") else ""
    return parts._replace(path=f"{folder}/{name}{slash}", fragment="").geturl()
