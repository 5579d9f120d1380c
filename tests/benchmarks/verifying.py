"""How fast `pressmark verify` reads a sealed object, and in what memory: `python -m tests.benchmarks.verifying`.

The object is made of many batches of 200 pages of 16 KB by the fetcher's own writer. The store is the file system,
so the figure is that of reading, inflating, hashing, comparing and indexing.
"""

import random
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from services.admin.verification import Verification
from services.fetcher.warc import WarcSpool
from shared.cdxj import cdxj_key
from shared.clock import SystemClock
from shared.evidence import EvidenceMissingError
from shared.ledger.evidence_index import IndexedCapture
from tests.faults.test_verification_of_damage import KEY, HeldIndex, HeldStore, capture_of
from tests.support.fetching import INFO, NOON, fetched, target
from tests.support.memory import forget_peak, peak_bytes

PAGES = 200
PAGE_BYTES = 16_000


class FolderStore(HeldStore):
    """Objects in a folder, handed out as links."""

    def __init__(self, folder: Path) -> None:
        super().__init__({})
        self._folder = folder

    def download(self, key: str, path: Path) -> str:
        stored = self._folder / key.replace("/", "_")
        if not stored.exists():
            raise EvidenceMissingError(key)
        path.symlink_to(stored)
        return ""

    def put(self, key: str, data: Path, *, content_type: str) -> None:
        (self._folder / key.replace("/", "_")).write_bytes(data.read_bytes())


def make_object(path: Path, *, least: int) -> list[IndexedCapture]:
    """Write a sealed object of at least so many bytes, and return its captures."""
    dice, captures = random.Random(1), list[IndexedCapture]()
    words = [dice.randbytes(4).hex().encode() for _ in range(5000)]
    part = path.with_name("part")
    with path.open("wb") as sealed:
        while sealed.tell() < least:
            start = sealed.tell()
            with WarcSpool(part, INFO, now=NOON) as spool:
                for _ in range(PAGES):
                    body = b" ".join(dice.choices(words, k=PAGE_BYTES // 9))
                    number = len(captures) + 1
                    written = spool.record(fetched(body, target=target(f"http://a.example/news/{number}")))
                    captures.append(replace(capture_of(number, written), warc_offset=start + written.offset))
            sealed.write(part.read_bytes())
            part.unlink()
    return captures


def main() -> None:
    """Make an object of so many MB (200 unless told) and verify it twice: the first time writes the index."""
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory(prefix="pressmark-") as name:
        folder = Path(name)
        path = folder / KEY.replace("/", "_")
        captures = make_object(path, least=megabytes * 1_000_000)
        size = path.stat().st_size
        for mend in (True, False):
            base = forget_peak()
            verification = Verification(
                index=HeldIndex(captures, size, sealed=True),  # type: ignore[arg-type]
                evidence=FolderStore(folder),  # type: ignore[arg-type]
                clock=SystemClock(),
                mend_indexes=mend,
            )
            began = time.process_time()
            found = list(verification.findings())
            seconds = time.process_time() - began
            risen = (peak_bytes() - base) / 2**20
            index = (folder / cdxj_key(KEY).replace("/", "_")).stat().st_size
            print(
                f"{size / 1e6:.0f} MB, {verification.verified.records} records, index {index / 1e6:.1f} MB: "
                f"{size / 1e6 / seconds:.1f} MB and {len(captures) / seconds:.0f} captures a CPU-second, "
                f"peak +{risen:.1f} MiB, {len(found)} findings"
            )


if __name__ == "__main__":
    main()
