"""The log of a real archive: a store and a ledger with captures, and the programs that judge its log."""

import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from services.admin.log_append import Appended, Appender
from services.admin.log_copy import copy_log
from services.admin.log_reading import LogFinding
from services.admin.log_rows import LogRows
from services.admin.log_verification import LogVerification
from shared.exporting import Exports
from shared.exporting.proof_packs import Packed, ProofPacks
from shared.ledger.log_book import LogBook
from shared.log_store import LogStore
from shared.proof import LogKey, check_proof
from tests.support.stored_evidence import StoredEvidence


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedArchive:
    """An archive with a log."""

    stored: StoredEvidence
    key: LogKey = field(default_factory=lambda: LogKey.generate("archive.example/log"))

    @property
    def log(self) -> LogStore:
        return LogStore(self.stored.evidence, self.key.verifier)

    @property
    def book(self) -> LogBook:
        return LogBook(self.stored.database)

    @property
    def rows(self) -> LogRows:
        return LogRows(index=self.stored.index, evidence=self.stored.evidence)

    def appender(self, **changes: object) -> Appender:
        values: dict[str, object] = {"log": self.log, "book": self.book, "rows": self.rows, "key": self.key}
        return Appender(**(values | changes))  # type: ignore[arg-type]

    def append(self, **changes: object) -> Appended:
        return self.appender(**changes).append()

    def findings(self) -> list[LogFinding]:
        return list(LogVerification(log=self.log, book=self.book, rows=self.rows).findings())

    def make_article(self, path: str) -> str:
        """Make an article of the page at this path of the server, and return its id."""
        article = str(uuid4())
        [row] = self.stored.rows(
            "select target_id, url, source_id from targets where url like %(path)s", path=f"%{path}"
        )
        values = {"id": article, "source": row["source_id"], "url": row["url"], "target": row["target_id"]}
        self.stored.run(
            """insert into articles (article_id, source_id, key, state_since, url, title, published_at,
                                     first_seen_at, last_seen_at)
               values (%(id)s, %(source)s, %(url)s, now(), %(url)s, 'A title', now(), now(), now())""",
            **values,
        )
        self.stored.run(
            """insert into article_urls (url, article_id, source_id, target_id, first_seen_at, last_seen_at,
                                         revision_id, title, text_digest)
               values (%(url)s, %(id)s, %(source)s, %(target)s, now(), now(), 0, 'A title', 'x')""",
            **values,
        )
        return article

    def pack(self, article: str, target: Path, *, since: str | None = None) -> Packed:
        exports = Exports(index=self.stored.index, evidence=self.stored.evidence)
        packs = ProofPacks(exports=exports, log=self.log, book=self.book)
        return packs.write(article, target, since=since, software="pressmark test")

    def copy(self, folder: Path) -> Path:
        copy_log(self.log, folder)
        return folder

    def judge(self, *arguments: object, key: LogKey | None = None) -> tuple[int, str]:
        """Run the verifier as a stranger does: one file, and an interpreter without anything of ours."""
        verifier = (key or self.key).verifier
        done = subprocess.run(
            [sys.executable, "-I", "-S", check_proof.__file__, *map(str, arguments), "--key", str(verifier)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr
