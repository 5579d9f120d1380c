"""An archive of one source whose rules change: looks are taken and read by the real parts, in this process."""

from dataclasses import dataclass
from typing import Any

from services.normalizer.app import Normalizer
from services.normalizer.extracting import extract
from services.normalizer.fields import Extraction, PageContext
from services.normalizer.renormalizing import Renormalization
from services.normalizer.rereading_report import Report
from services.normalizer.sandbox import ExtractPage
from shared.ledger.batches import Batches
from shared.ledger.corrections import Rereadings, Scope
from shared.ledger.evidence_index import EvidenceIndex
from shared.ledger.history import History
from shared.ledger.registry import Registry, SourceRow
from shared.sources import SourceFile, load_source
from tests.support.ledger import NO_DELAY
from tests.support.raw_server import page, source_of
from tests.support.stored_evidence import StoredEvidence

SOURCE = "harbour"


def extracted(body: bytes, context: PageContext, /) -> Extraction:
    return extract(body, context)


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesArchive:
    """One source, read by whatever rules it is given last."""

    stored: StoredEvidence
    extract_page: ExtractPage = extracted

    def source(self, rules: str) -> SourceFile:
        return load_source(source_of(self.stored.server, SOURCE) + f"[article]\n{rules}\n")

    def follow(self, rules: str) -> SourceFile:
        """Let the source have these rules from now on."""
        source = self.source(rules)
        row = SourceRow(
            source_id=SOURCE,
            name=source.name,
            language="en",
            home=source.home,
            definition=source_of(self.stored.server, SOURCE) + f"[article]\n{rules}\n",
        )
        Registry(self.stored.database).put(row, obeys_robots=False, delay=NO_DELAY, concurrency=2)
        return source

    def look(self, pages: dict[str, bytes], rules: str) -> None:
        """Serve pages, look at each of them, and read them by some rules."""
        urls = [
            self.stored.server.url(path, page(body, b"Content-Type: text/html"))
            for path, body in pages.items()
        ]
        self.stored.look(urls, source=SOURCE)
        self.follow(rules)
        self.normalize()

    def normalize(self) -> None:
        """Read every batch of which nothing was read yet."""
        self.stored.run(
            "update batches set articles_done_at = null where exists (select from captures"
            " where captures.batch_id = batches.batch_id and article_outcome is null)"
        )
        batches = Batches(self.stored.database)
        normalizer = Normalizer(
            batches=batches,
            history=History(self.stored.database),
            registry=Registry(self.stored.database),
            index=EvidenceIndex(self.stored.database),
            evidence=self.stored.evidence,
            extract_page=self.extract_page,
        )
        waiting = "select batch_id from batches where articles_done_at is null order by stored_at"
        for row in self.stored.rows(waiting):
            batch = batches.stored(row["batch_id"])
            assert batch is not None
            normalizer.normalize(batch)

    def renormalize(self, rules: str, *, preview: bool = False, **changes: object) -> Report:
        values: dict[str, Any] = {
            "history": History(self.stored.database),
            "rereadings": Rereadings(self.stored.database),
            "evidence": self.stored.evidence,
            "extract_page": extracted,
            "source": self.follow(rules),
            "scope": Scope(),
            "is_preview": preview,
        }
        return Renormalization(**(values | changes)).run()

    def everything(self) -> list[Any]:
        """All that history says, for comparing."""
        tables = ("articles", "article_urls", "revisions", "edits", "events", "revision_readings")
        return [self.stored.rows(f"select * from {table} order by 1") for table in tables]

    def kinds(self) -> list[str]:
        return [row["kind"] for row in self.stored.rows("select kind from events order by event_id")]

    def standing(self) -> list[dict[str, Any]]:
        return self.stored.rows(
            "select number, title, body, fields ->> 'rules' as rules from revisions"
            " where folded_into is null order by revision_id"
        )
