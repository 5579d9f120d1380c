"""Records of somebody else become captures and articles, once each, and stay as their makers wrote them."""

import json
import os
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.admin.actions import Actions
from services.admin.exports import Exports, Selection
from services.admin.import_plan import ImportCounts
from services.admin.imported_verification import ImportedVerification
from services.admin.imports import ImportFileError
from services.admin.record_imports import ImportRequest, RecordImport
from services.normalizer.app import Normalizer, on_normalize_batch
from services.normalizer.extracting import extract
from shared.clock import SystemClock
from shared.errors import TryAgainError
from shared.evidence import EvidenceStore
from shared.ledger import Database
from shared.ledger.batches import Batches
from shared.ledger.catalogue import Catalogue
from shared.ledger.evidence_index import EvidenceIndex
from shared.ledger.frontier import Frontier
from shared.ledger.history import History
from shared.ledger.imports import Imports
from shared.ledger.migrate import migrate
from shared.ledger.registry import Registry
from shared.ledger.schedule import Schedule
from shared.ledger.status import Status
from shared.messages import Message, NormalizeBatch
from shared.warc_reading import parse_record, read_members, read_records
from tests.support.archive import NewServers
from tests.support.foreign_files import SITE, Look, by_warcio, by_wget, in_one_stream, look

CORPUS = Path(os.environ.get("PRESSMARK_CORPUS", "../shared/corpus")) / "gold" / "oracles"
SOURCE = f"""id = "herald"
name = "Quay Herald"
language = "en"
home = "{SITE}/"

[[lists]]
url = "{SITE}/list"
kind = "listing"

[links]
accept = ['/news/\\d+$']
"""


@dataclass(slots=True)
class Bells:
    """Stands where the bus is, and keeps what was rung."""

    rung: list[Message] = field(default_factory=list)

    def publish(self, message: Message, **_: object) -> None:
        self.rung.append(message)


@dataclass(slots=True, kw_only=True)
class Place:
    """An archive without processes: a ledger, a bucket, and what works on them."""

    database: Database
    evidence: EvidenceStore
    bells: Bells = field(default_factory=Bells)

    def add_source(self, text: str = SOURCE) -> None:
        Actions(
            registry=Registry(self.database),
            frontier=Frontier(self.database),
            schedule=Schedule(self.database),
            bus=self.bells,  # type: ignore[arg-type]
        ).add_source(text)

    def importer(self, evidence: EvidenceStore | None = None) -> RecordImport:
        return RecordImport(
            imports=Imports(self.database),
            evidence=evidence or self.evidence,
            bus=self.bells,  # type: ignore[arg-type]
            clock=SystemClock(),
            software="pressmark/test",
        )

    def take(self, path: Path, *, source: str = SOURCE, **options: Any) -> ImportCounts:  # noqa: ANN401
        counts = self.importer().run(request(path, source=source, **options), progress=lambda _: None)
        self.normalize()
        return counts

    def normalize(self) -> None:
        normalizer = Normalizer(
            batches=Batches(self.database),
            history=History(self.database),
            registry=Registry(self.database),
            index=EvidenceIndex(self.database),
            evidence=self.evidence,
            extract_page=extract,
        )
        for message in self.bells.rung:
            if isinstance(message, NormalizeBatch):
                on_normalize_batch(message, normalizer=normalizer)
        self.bells.rung.clear()

    def articles(self) -> list[dict[str, Any]]:
        """Every article with its wordings, but for what differs from archive to archive."""
        catalogue = Catalogue(self.database)
        found = []
        for one in catalogue.every_article(source_id="herald"):
            article = catalogue.article(one.article_id)
            assert article is not None
            wordings = [(each.seen_at, each.title, tuple(each.body)) for each in article.revisions]
            found.append({"id": one.article_id, "urls": sorted(one.urls), "revisions": wordings})
        return sorted(found, key=lambda each: each["id"])

    def rows(self, statement: str) -> list[dict[str, Any]]:
        with self.database.transaction() as transaction:
            return transaction.rows(statement)  # type: ignore[arg-type]

    def findings(self) -> list[str]:
        verification = ImportedVerification(
            imports=Imports(self.database), index=EvidenceIndex(self.database), evidence=self.evidence
        )
        return [one.kind.value for one in verification.findings()]


def request(path: Path, *, source: str = SOURCE, **options: Any) -> ImportRequest:  # noqa: ANN401
    from shared.sources import load_source  # noqa: PLC0415  (kept beside its one use)

    return ImportRequest(path=path, source=load_source(source), imported_by="an operator", **options)


@pytest.fixture
def new_place(new_servers: NewServers) -> Iterator[Callable[[], Place]]:
    """Makes an empty archive that watches the source, at each call."""
    databases: list[Database] = []

    def make() -> Place:
        servers = new_servers()
        database = Database(servers.database_url, max_connections=2)
        databases.append(database)
        migrate(database)
        place = Place(database=database, evidence=servers.evidence())
        place.evidence.ensure_bucket()
        place.add_source()
        return place

    yield make
    for database in databases:
        database.close()


@pytest.fixture
def place(new_place: Callable[[], Place]) -> Place:
    return new_place()


def written(folder: Path, data: bytes, name: str = "theirs.warc.gz") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


LOOKS = [look(f"/news/{number}") for number in range(6)]


def test_records_become_articles_with_their_own_dates_and_lie_in_the_store_byte_for_byte(
    place: Place, tmp_path: Path
) -> None:
    theirs = by_warcio([*LOOKS, look("/imprint")])
    path = written(tmp_path, theirs)

    counts = place.take(path)

    assert (counts.captures, counts.out_of_scope, counts.damaged, counts.recompressed) == (6, 1, 0, 0)
    assert [len(one["revisions"]) for one in place.articles()] == [1] * 6
    assert {one["revisions"][0][0] for one in place.articles()} == {LOOKS[0].at}
    members = {theirs[offset : offset + length] for offset, length, _ in read_members(theirs)}
    captures = place.rows("select warc_key, warc_offset, warc_length from captures")
    for row in captures:
        stored = place.evidence.get_range(
            row["warc_key"], offset=row["warc_offset"], length=row["warc_length"]
        )
        assert stored in members
    [key] = {row["warc_key"] for row in captures}
    first, second, *rest = read_records(place.evidence.get(key))
    assert b"importedFrom: theirs.warc.gz" in first.block
    assert b"importedBy: an operator" in first.block
    assert b"operator: them" in second.block
    assert sorted(record.type for record in rest) == ["request"] * 6 + ["response"] * 6
    index = place.evidence.get(key.removesuffix(".warc.gz") + ".cdxj").splitlines()
    assert len(index) == 6
    assert index[0].startswith(b"example,herald)/news/0 20190504120007 ")
    assert place.findings() == []
    assert Status(place.database).standing().is_conserved


def test_importing_a_file_again_adds_nothing_and_a_dry_run_changes_nothing(
    place: Place, tmp_path: Path
) -> None:
    path = written(tmp_path, by_warcio(LOOKS))

    told = place.importer().dry_run(request(path), progress=lambda _: None)
    assert (told.captures, told.known) == (6, 0)
    assert place.rows("select capture_id from captures") == []
    assert Imports(place.database).all() == []

    place.take(path)
    before = place.rows("select count(*) from captures, (select count(*) from targets) as t")
    again = place.take(written(tmp_path, path.read_bytes(), name="copy.warc.gz"))

    assert (again.captures, again.known, again.objects) == (0, 6, 0)
    assert place.rows("select count(*) from captures, (select count(*) from targets) as t") == before
    assert len(Imports(place.database).all()) == 1


@pytest.mark.parametrize(
    ("make", "is_recompressed"),
    [
        (by_wget, False),
        (in_one_stream, True),
        (lambda looks: by_warcio(looks, is_gzip=False), True),
    ],
    ids=["wget", "one gzip stream", "uncompressed"],
)
def test_every_shape_gives_the_same_articles(
    place: Place, tmp_path: Path, make: Callable[[list[Look]], bytes], *, is_recompressed: bool
) -> None:
    counts = place.take(written(tmp_path, make(LOOKS)))

    assert counts.captures == 6
    assert counts.recompressed == (6 if is_recompressed else 0)
    assert [one["urls"] for one in sorted(place.articles(), key=lambda one: one["urls"])] == [
        [one.url] for one in LOOKS
    ]
    assert {row["recompressed"] for row in place.rows("select recompressed from imported_objects")} == {
        is_recompressed
    }
    [key] = {row["warc_key"] for row in place.rows("select warc_key from captures")}
    told = next(read_records(place.evidence.get(key))).block
    assert (b"made of the exact bytes" in told) == is_recompressed
    assert place.findings() == []


def test_older_files_extend_the_history_of_an_article_backwards(place: Place, tmp_path: Path) -> None:
    wordings = {
        2024: "opened to all on Sunday",
        2015: "will open next year",
        2019: "opened to walkers on Saturday",
    }
    for year, words in wordings.items():
        data = by_warcio([look("/news/1", year=year, words=words)])
        place.take(written(tmp_path, data, name=f"{year}.warc.gz"))

    [article] = place.articles()

    assert [seen.year for seen, _, _ in article["revisions"]] == [2015, 2019, 2024]
    [summary] = Catalogue(place.database).every_article(source_id="herald")
    assert summary.first_seen_at.year == 2015
    found = Catalogue(place.database).article(summary.article_id)
    assert found is not None
    assert found.current is not None
    assert "Sunday" in found.current.body[0]
    edits = sorted(Catalogue(place.database).every_edit(source_id="herald"), key=lambda edit: edit.seen_at)
    assert [edit.seen_at.year for edit in edits] == [2019, 2024]


def test_many_looks_at_one_page_in_one_file_are_all_kept_and_edits_told(place: Place, tmp_path: Path) -> None:
    looks = [look("/news/1", year=year, words=f"was seen by {year} people") for year in range(2010, 2016)]

    counts = place.take(written(tmp_path, by_warcio(reversed(looks))))

    assert counts.captures == 6
    [article] = place.articles()
    assert [seen.year for seen, _, _ in article["revisions"]] == list(range(2010, 2016))
    assert len(list(Catalogue(place.database).every_edit(source_id="herald"))) == 5


def test_a_revisit_repeats_a_record_of_its_file_or_of_an_earlier_import_or_is_left_out_with_a_reason(
    place: Place, tmp_path: Path
) -> None:
    first, other = look("/news/1"), look("/news/2")
    later = datetime(2020, 1, 1, tzinfo=UTC)
    place.take(written(tmp_path, by_warcio([first], repeats=[(first, later)]), name="1.warc.gz"))

    counts = place.take(
        written(
            tmp_path,
            by_warcio([], repeats=[(first, later + timedelta(days=1)), (other, later)]),
            name="2.warc.gz",
        )
    )

    assert (counts.captures, counts.unresolved) == (1, 1)
    rows = place.rows("select capture_id, revisit_of, payload_digest from captures order by capture_id")
    assert [row["revisit_of"] for row in rows] == [None, rows[0]["capture_id"], rows[0]["capture_id"]]
    assert len({row["payload_digest"] for row in rows}) == 1
    [rejected] = [
        one
        for run in Imports(place.database).all()
        for one in Imports(place.database).rejections(str(run["import_id"]))
    ]
    assert "neither in the file nor in the archive" in str(rejected["reason"])
    [article] = place.articles()
    assert article["urls"] == [first.url]


def test_damaged_records_are_named_and_left_out_and_the_others_taken(place: Place, tmp_path: Path) -> None:
    data = bytearray(by_warcio(LOOKS))
    members = list(read_members(bytes(data)))
    responses = [
        (offset, length)
        for offset, length, content in members
        if parse_record(content, offset=offset, length=length).type == "response"
    ]
    offset, length = responses[2]
    data[offset + length // 2] ^= 0xFF
    forged = by_warcio([replace(LOOKS[0], path="/news/77")], is_gzip=False).replace(
        b"opened to", b"closed to"
    )

    counts = place.take(written(tmp_path, bytes(data)))
    others = place.take(written(tmp_path, forged, name="forged.warc"))

    assert (counts.captures, counts.damaged) == (5, 1)
    assert (others.captures, others.damaged) == (0, 1)
    reasons = [
        (one["record_offset"], str(one["reason"]))
        for run in Imports(place.database).all()
        for one in Imports(place.database).rejections(str(run["import_id"]))
    ]
    assert any("digest" in reason for _, reason in reasons)
    assert any(at == offset and "corrupt" in reason for at, reason in reasons)


class StoreThatDies(EvidenceStore):
    """Ends the work at one of its writes, as a kill does."""

    def __init__(self, store: EvidenceStore, *, at: int) -> None:
        super().__init__(store._settings)
        self.left = at

    def put(self, key: str, data: bytes | Path, *, content_type: str) -> None:
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        super().put(key, data, content_type=content_type)


def test_an_import_that_was_ended_anywhere_is_finished_by_running_it_again(
    place: Place, tmp_path: Path
) -> None:
    looks = [look(f"/news/{number}", year=year) for number in range(3) for year in (2011, 2012, 2013)]
    path = written(tmp_path, by_warcio(looks))

    for at in (0, 1, 2, 1, 2):
        dying = place.importer(StoreThatDies(place.evidence, at=at))
        with pytest.raises(KeyboardInterrupt):
            dying.run(request(path), progress=lambda _: None)
    place.take(path)

    assert place.rows("select count(*) as captures, count(distinct record_id) as records from captures") == [
        {"captures": 9, "records": 9}
    ]
    assert len(place.articles()) == 3
    assert set(place.findings()) <= {"orphan_object"}
    assert Status(place.database).standing().is_conserved


def test_a_ledger_that_gets_the_same_records_from_two_runs_keeps_one(place: Place, tmp_path: Path) -> None:
    path = written(tmp_path, by_warcio(LOOKS))
    second = place.importer()
    imports = second.imports
    known = imports.known
    # The other run records everything between the look-up and the record of this one.
    imports.known = lambda keys: (known(keys), place.take(path))[0]  # type: ignore[method-assign]

    with pytest.raises(TryAgainError, match="another run"):
        second.run(request(path), progress=lambda _: None)

    assert place.rows("select count(*) as captures from captures") == [{"captures": 6}]


def test_a_package_of_one_archive_gives_the_same_articles_in_another(
    new_place: Callable[[], Place], tmp_path: Path
) -> None:
    one, other = new_place(), new_place()
    looks = [
        look(f"/news/{number}", year=year, words=f"in {year}") for number in range(4) for year in (2018, 2020)
    ]
    repeats = [(looks[1], datetime(2021, 1, 1, tzinfo=UTC))]
    one.take(written(tmp_path, by_warcio(looks, repeats=repeats)))
    package = tmp_path / "herald.wacz"
    exports = Exports(index=EvidenceIndex(one.database), evidence=one.evidence)
    exported = exports.wacz(Selection(source_id="herald"), package, software="pressmark/test")

    counts = other.take(package)

    assert counts.captures == exported.captures == 9
    assert other.articles() == one.articles()
    assert len(other.articles()) == 4
    assert other.findings() == []


def test_a_changed_object_is_found(place: Place, tmp_path: Path) -> None:
    place.take(written(tmp_path, by_warcio(LOOKS)))
    [key] = {row["warc_key"] for row in place.rows("select warc_key from captures")}
    data = bytearray(place.evidence.get(key))
    data[len(data) // 2] ^= 1
    place.evidence.put(key, bytes(data), content_type="application/warc")

    assert "object_invalid" in place.findings()

    place.evidence.delete(key)
    assert place.findings() == ["object_missing"]


def test_all_takes_pages_that_the_rules_would_not(place: Place, tmp_path: Path) -> None:
    picture = look("/p.png", headers=(("Content-Type", "image/png"),))
    path = written(tmp_path, by_warcio([look("/imprint"), look("/news/1"), picture]))

    counts = place.take(path, takes_all=True)

    assert (counts.captures, counts.out_of_scope) == (2, 1)


def test_an_imported_page_is_looked_at_by_ourselves_later_or_now_as_the_operator_says(
    place: Place, tmp_path: Path
) -> None:
    place.take(written(tmp_path, by_warcio([look("/news/1")]), name="1.warc.gz"))
    place.take(written(tmp_path, by_warcio([look("/news/2")]), name="2.warc.gz"), looks_now=True)

    rows = place.rows(
        "select url, state, due_at <= now() as is_due from targets where kind = 'article' order by url"
    )
    assert [(row["state"], row["is_due"]) for row in rows] == [("archived", False), ("archived", True)]


@pytest.mark.skipif(not CORPUS.is_dir(), reason="there is no corpus here")
def test_files_of_other_programs_are_read_or_refused_by_name(
    new_place: Callable[[], Place], tmp_path: Path
) -> None:
    place = new_place()
    refused = []
    seen = 0
    for line in (CORPUS / "warc" / "INDEX.jsonl").read_text(encoding="utf-8").splitlines():
        told = json.loads(line)
        path = CORPUS / told["file"].removeprefix("oracles/")
        try:
            counts = place.importer().dry_run(request(path, takes_all=True), progress=lambda _: None)
        except ImportFileError:
            refused.append(path.name)
            continue
        seen += 1
        looks = sum(told["types"].get(name, 0) for name in ("response", "revisit"))
        found = counts.captures + counts.known + counts.out_of_scope + counts.unresolved + counts.damaged
        assert found >= looks, (path.name, asdict(counts))
        if told["check"]["warcio_check_rc"] == 0:
            assert counts.damaged == 0, path.name
    assert sorted(refused) == [
        "bad.arc",
        "example-space-in-url.arc",
        "example-wrong-chunks.warc.gz",
        "example.arc",
        "example.arc.gz",
    ]
    assert seen == 12


@pytest.mark.skipif(not CORPUS.is_dir(), reason="there is no corpus here")
def test_a_package_of_another_program_is_read(place: Place) -> None:
    path = CORPUS / "wacz" / "valid_example_2.wacz"
    with zipfile.ZipFile(path) as package:
        assert any(name.startswith("archive/") for name in package.namelist())

    counts = place.take(path, takes_all=True)

    assert counts.damaged == 0
    assert counts.captures >= 1
