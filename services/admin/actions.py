"""The actions of an operator: each changes the ledger first and rings the bell after."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from services.admin.imports import ImportedUrl
from services.admin.single_pages import source_for
from shared.bus import Bus
from shared.candidates import candidate, candidates_of_lists, obeys_robots, with_robots
from shared.errors import NotFoundError, SettingsError
from shared.ledger import Database
from shared.ledger.frontier import Candidate, Frontier, TargetKind
from shared.ledger.registry import Registry, SourceRow
from shared.ledger.schedule import Schedule
from shared.messages import DispatchDue
from shared.sources import SourceFile, dump_source, load_source, private_hosts
from shared.urls import canonical_url, same_site, url_key

__all__ = ["Actions", "Ordered"]

_IMPORTED_AT_ONCE = 5000
_LISTS = (TargetKind.LISTING, TargetKind.FEED, TargetKind.SITEMAP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """What an action has ordered: how many targets are due now, of which sources."""

    targets: int
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Actions:
    """What can be ordered."""

    registry: Registry
    frontier: Frontier
    schedule: Schedule
    bus: Bus
    private_networks: Sequence[IPv4Network | IPv6Network] = ()

    @classmethod
    def over(
        cls, database: Database, bus: Bus, private_networks: Sequence[IPv4Network | IPv6Network]
    ) -> "Actions":
        """Return the actions over one ledger."""
        return cls(
            registry=Registry(database),
            frontier=Frontier(database),
            schedule=Schedule(database),
            bus=bus,
            private_networks=private_networks,
        )

    def add_source(self, text: str, *, name: str = "source file") -> SourceFile:
        """Add a source by its file, or replace the file of one that is there. Its lists are looked at soon.

        Raises:
            SourceFileError: the file is wrong; the text says where and what would be right.
            SettingsError: it names private addresses that the operator has not opened.
        """
        source = self.checked_source(text, name=name)
        self._register(source, text)
        self.schedule.revive_lists(source.id, [rule.url for rule in source.lists])
        self._accept(source, candidates_of_lists(source))
        self.bus.publish(DispatchDue(), urgent=True)
        return source

    def checked_source(self, text: str, *, name: str = "source file") -> SourceFile:
        """Read a source file as `add_source` would, and change nothing.

        Raises:
            SourceFileError, SettingsError: as for `add_source`.
        """
        source = load_source(text, name=name)
        refused = private_hosts(source, tuple(self.private_networks))
        if refused:
            raise SettingsError(
                f"{name}: {', '.join(refused)} is private or loopback. If this is meant, name its network in "
                "PRESSMARK_PRIVATE_NETWORKS (such as 127.0.0.0/8) before 'pressmark up' and here."
            )
        return source

    def change_source(self, text: str) -> SourceFile:
        """Replace the file of a source whose lists stay as they are.

        Raises:
            SourceFileError: the file is wrong.
        """
        source = load_source(text)
        self._register(source, text)
        self.bus.publish(DispatchDue(), urgent=True)
        return source

    def restore_source(self, text: str, *, is_removed: bool = False) -> SourceFile:
        """Put a source back into a ledger that was lost. Nothing of it is asked for yet; see `resume_lists`.

        Raises:
            SourceFileError: the file is wrong.
        """
        source = load_source(text)
        self._register(source, text)
        if is_removed:
            self.registry.remove(source.id)
        return source

    def resume_lists(self) -> None:
        """Accept the lists of every source that is watched, as far as they are new, and look at what is due."""
        for row in self.registry.all():
            source = load_source(row.definition)
            self._accept(source, candidates_of_lists(source))
        self.bus.publish(DispatchDue(), urgent=True)

    def definition(self, source_id: str) -> str:
        """Return the text of the file of a source that is watched.

        Raises:
            NotFoundError: there is no such source, or it was removed.
        """
        return self._active(source_id).definition

    def remove_source(self, source_id: str) -> None:
        """Stop asking a source; everything archived of it stays.

        Raises:
            NotFoundError: there is no such source.
        """
        self.registry.remove(source_id)

    def crawl(self, source_id: str) -> Ordered:
        """Look at all lists of a source now.

        Raises:
            NotFoundError: there is no such source.
        """
        source = self._active(source_id)
        due = self.frontier.make_due(source.source_id, _LISTS)
        self.bus.publish(DispatchDue(), urgent=True)
        return Ordered(targets=due, sources=(source_id,))

    def recheck(self, source_or_url: str) -> Ordered:
        """Look at the known articles of a source again now, or at one URL.

        Raises:
            NotFoundError: there is no such source, or the URL was never accepted.
        """
        if "://" in source_or_url:
            return self._recheck_url(source_or_url)
        source = self._active(source_or_url)
        due = self.frontier.make_due(source.source_id, [TargetKind.ARTICLE])
        self.bus.publish(DispatchDue(), urgent=True)
        return Ordered(targets=due, sources=(source_or_url,))

    def archive(self, urls: Sequence[str]) -> Ordered:
        """Archive single pages now, each under the source whose site it is on, or else under one of its own.

        Raises:
            BadUrlError: a URL is none that could be asked for.
            SettingsError: a URL names a private address that the operator has not opened.
        """
        known = [load_source(row.definition) for row in self.registry.all()]
        sources: dict[str, None] = {}
        wanted = list(dict.fromkeys(canonical_url(url) for url in urls))
        for url in wanted:
            if self.frontier.make_url_due(url_key(url)):
                sources[self.frontier.source_of(url_key(url))] = None
                continue
            source = next((one for one in known if same_site(url, one.home)), None)
            if source is None:
                source = self._add_single_pages(url)
                known.append(source)
            self._accept(source, [candidate(url, TargetKind.ARTICLE)])
            sources[source.id] = None
        self.bus.publish(DispatchDue(), urgent=True)
        return Ordered(targets=len(wanted), sources=tuple(sources))

    def import_urls(self, source_id: str, urls: Sequence[ImportedUrl]) -> Ordered:
        """Archive the pages of a list under a source, those that are new there; robots.txt holds as ever.

        Raises:
            NotFoundError: there is no such source.
        """
        source = load_source(self._active(source_id).definition)
        accepted = 0
        for at in range(0, len(urls), _IMPORTED_AT_ONCE):
            part = urls[at : at + _IMPORTED_AT_ONCE]
            pages = [candidate(one.url, TargetKind.ARTICLE, title=one.title, date=one.date) for one in part]
            accepted += self._accept(source, pages, via="import")
        self.bus.publish(DispatchDue(), urgent=True)
        return Ordered(targets=accepted, sources=(source.id,))

    def source(self, source_id: str) -> SourceFile:
        """Return the file of a source that is watched.

        Raises:
            NotFoundError: there is no such source, or it was removed.
        """
        return load_source(self._active(source_id).definition)

    def _recheck_url(self, url: str) -> Ordered:
        key = url_key(canonical_url(url))
        if not self.frontier.make_url_due(key):
            raise NotFoundError(f"{url} was never archived; 'pressmark archive {url}' does that")
        self.bus.publish(DispatchDue(), urgent=True)
        return Ordered(targets=1, sources=(self.frontier.source_of(key),))

    def _active(self, source_id: str) -> SourceRow:
        row = self.registry.get(source_id)
        if row.removed_at is not None:
            raise NotFoundError(f"source {source_id!r} was removed; add its file again to ask it again")
        return row

    def _add_single_pages(self, url: str) -> SourceFile:
        source = source_for(url)
        if private_hosts(source, tuple(self.private_networks)):
            raise SettingsError(
                f"{url} is private or loopback. If this is meant, name its network in PRESSMARK_PRIVATE_NETWORKS."
            )
        self._register(source, dump_source(source))
        return source

    def _register(self, source: SourceFile, text: str) -> None:
        self.registry.put(
            SourceRow(
                source_id=source.id,
                name=source.name,
                language=source.language,
                home=source.home,
                definition=text,
                robots_reason="" if obeys_robots(source) else source.politeness.robots_reason,
                proxy=source.politeness.proxy or "",
                editions=(source.article.key and source.article.key.editions) or "",
            ),
            obeys_robots=obeys_robots(source),
            delay=source.politeness.delay,
            concurrency=source.politeness.concurrency,
        )

    def _accept(self, source: SourceFile, candidates: Iterable[Candidate], *, via: str | None = None) -> int:
        return self.frontier.accept(
            source.id,
            list(with_robots(candidates, source)),
            delay=source.politeness.delay,
            concurrency=source.politeness.concurrency,
            via=via,
        )
