"""Exports hold the very bytes that are stored, and other people's programs accept them."""

import gzip
import io
import json
import sys
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator

from services.admin.compaction import Compaction
from shared.clock import SystemClock
from shared.errors import NotFoundError
from shared.exporting import Exports, Selection
from shared.warc_reading import StoredRecord, read_members, read_records
from shared.warc_validation import validate_warc
from tests.support.peers import lines_of, run
from tests.support.stored_evidence import StoredEvidence

OF_HARBOUR = Selection(source_id="harbour")


def exports(stored: StoredEvidence) -> Exports:
    return Exports(index=stored.index, evidence=stored.evidence)


def members(stored: StoredEvidence) -> Iterator[bytes]:
    for key in stored.evidence.keys("warc/"):
        data = stored.evidence.get(key)
        for offset, length, _ in read_members(data):
            yield data[offset : offset + length]


def members_of(file: Path) -> list[bytes]:
    data = file.read_bytes()
    return [data[offset : offset + length] for offset, length, _ in read_members(data)]


def of_type(file: Path, *types: str) -> list[StoredRecord]:
    return [record for record in read_records(file.read_bytes()) if record.type in types]


def look_as(stored: StoredEvidence, urls: list[str], *, day: date) -> None:
    """Look at pages, and put the look on a day of the past."""
    known = {row["capture_id"] for row in stored.rows("select capture_id from captures")}
    stored.look(urls, per_batch=5)
    stored.run(
        "update captures set fetched_at = %(day)s + interval '13 hours' where not capture_id = any(%(known)s)",
        day=day,
        known=list(known),
    )


@pytest.fixture
def looked(stored: StoredEvidence) -> StoredEvidence:
    """Two looks at twelve pages, the second of which finds all but one as they were."""
    urls = stored.serve(12)
    look_as(stored, urls, day=date(2026, 3, 8))
    stored.server.answers["/news/0"] = stored.server.answers["/news/1"]
    look_as(stored, urls, day=date(2026, 3, 9))
    return stored


def test_the_warc_of_a_source_holds_every_record_of_it_byte_for_byte(
    looked: StoredEvidence, tmp_path: Path
) -> None:
    exported = exports(looked).warc(OF_HARBOUR, tmp_path / "all.warc.gz")

    assert exported.captures == 24
    assert sorted(members_of(tmp_path / "all.warc.gz")) == sorted(members(looked))
    assert validate_warc((tmp_path / "all.warc.gz").read_bytes(), sealed=True) == exported.records
    assert [path.name for path in tmp_path.iterdir()] == ["all.warc.gz"]


def test_the_warc_of_a_day_brings_the_records_its_revisits_repeat(
    looked: StoredEvidence, tmp_path: Path
) -> None:
    target = tmp_path / "day.warc.gz"

    exported = exports(looked).warc(Selection(source_id="harbour", day=date(2026, 3, 9)), target)

    assert (exported.captures, exported.originals) == (12, 11)
    referred = {record.header("WARC-Refers-To") for record in of_type(target, "revisit")}
    assert referred <= {record.record_id for record in of_type(target, "response")}
    assert len(referred) == 11
    assert validate_warc(target.read_bytes(), sealed=True) == exported.records


def test_an_export_is_the_same_after_compaction(looked: StoredEvidence, tmp_path: Path) -> None:
    day = Selection(source_id="harbour", day=date(2026, 3, 8))
    exports(looked).warc(day, tmp_path / "before.warc.gz")
    work = Compaction(index=looked.index, evidence=looked.evidence, clock=SystemClock())
    sizes = [looked.evidence.size(key) or 0 for key in looked.evidence.keys("warc/")]

    assert len(list(work.seal(size=sum(sizes), age=timedelta(0)))) == 1
    assert len(list(work.remove_superseded(grace=timedelta(0)))) == len(sizes)
    exports(looked).warc(day, tmp_path / "after.warc.gz")

    assert sorted(members_of(tmp_path / "after.warc.gz")) == sorted(members_of(tmp_path / "before.warc.gz"))
    assert validate_warc((tmp_path / "after.warc.gz").read_bytes(), sealed=True)


def test_other_readers_find_no_fault_with_an_exported_warc(looked: StoredEvidence, tmp_path: Path) -> None:
    target = tmp_path / "all.warc.gz"
    exported = exports(looked).warc(OF_HARBOUR, target)

    told = run([sys.executable, "-m", "warcio.cli", "check", "-v", str(target)])
    records = list(ArchiveIterator(io.BytesIO(target.read_bytes()), parse_http=False, verify_digests=True))

    assert "failed" not in told
    assert len(records) == exported.records


def test_a_wacz_is_valid_and_its_index_is_that_of_cdxj_indexer(
    looked: StoredEvidence, indexers: Path, tmp_path: Path
) -> None:
    target = tmp_path / "all.wacz"
    exports(looked).wacz(OF_HARBOUR, target, software="pressmark test")

    told = run([str(indexers / "wacz"), "validate", "-f", str(target)])

    assert "Valid" in told or "valid" in told
    assert "not" not in told.lower().replace("note", "")
    with zipfile.ZipFile(target) as file:
        assert {entry.compress_type for entry in file.infolist()} == {zipfile.ZIP_STORED}
        file.extract("archive/data.warc.gz", tmp_path)
        ours = lines_of(gzip.decompress(file.read("indexes/index.cdx.gz")).decode())
    theirs = lines_of(run([str(indexers / "cdxj-indexer"), str(tmp_path / "archive/data.warc.gz")]))
    assert {place: {**fields, "sha1": None} for place, fields in ours.items()} == {
        place: {**fields, "sha1": None} for place, fields in theirs.items()
    }


def test_a_wacz_says_what_it_holds(looked: StoredEvidence, tmp_path: Path) -> None:
    target = tmp_path / "day.wacz"
    exports(looked).wacz(
        Selection(source_id="harbour", day=date(2026, 3, 9)), target, software="pressmark test"
    )

    with zipfile.ZipFile(target) as file:
        package = json.loads(file.read("datapackage.json"))
        head, *pages = map(json.loads, file.read("pages/pages.jsonl").splitlines())
        secondary = file.read("indexes/index.idx").splitlines()
        compressed = file.read("indexes/index.cdx.gz")

    assert (package["profile"], package["wacz_version"]) == ("data-package", "1.1.1")
    assert package["title"] == "harbour, 2026-03-09"
    assert {resource["path"] for resource in package["resources"]} == {
        "archive/data.warc.gz",
        "indexes/index.cdx.gz",
        "indexes/index.idx",
        "pages/pages.jsonl",
    }
    assert head == {"format": "json-pages-1.0", "id": "pages", "title": "All Pages"}
    assert {page["ts"] for page in pages} == {"2026-03-09T13:00:00Z"}
    assert len(pages) == 12
    assert json.loads(secondary[0].split(b" ", 2)[2])["format"] == "cdxj-gzip-1.0"
    place = json.loads(secondary[1].split(b" ", 2)[2])
    block = gzip.decompress(compressed[place["offset"] : place["offset"] + place["length"]])
    assert block.startswith(secondary[1].partition(b" {")[0])


def test_the_same_evidence_makes_the_same_wacz(looked: StoredEvidence, tmp_path: Path) -> None:
    for name in ("one", "two"):
        exports(looked).wacz(OF_HARBOUR, tmp_path / name, software="pressmark test")

    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


@pytest.mark.parametrize("nothing", [Selection(article_id="none"), Selection(source_id="nobody")])
def test_an_export_of_nothing_says_so_and_leaves_no_file(
    looked: StoredEvidence, tmp_path: Path, nothing: Selection
) -> None:
    with pytest.raises(NotFoundError, match="there is no capture"):
        exports(looked).warc(nothing, tmp_path / "none.warc.gz")
    assert list(tmp_path.iterdir()) == []
