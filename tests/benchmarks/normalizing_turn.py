"""One turn of the benchmark `normalize`, in a process of its own: read every page with one extractor.

Run as a file, so that another interpreter can run it that has none of our packages. It reads from stdin a JSON
list of pages (`file`, `url`, `content_type`) and prints one JSON object: CPU and wall seconds spent in the
extractor, pages, paragraphs of text found, and the memory of the process in MB before and at its peak.
"""

import gzip
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Page = dict[str, str]
Reader = Callable[[bytes, Page], int]


def ours() -> Reader:
    """Read every field of a page as the worker's process does, which warms up before its first page."""
    from services.normalizer.extracting import extract  # noqa: PLC0415  (theirs runs without it)
    from services.normalizer.fields import ExtractionError, PageContext  # noqa: PLC0415  (as above)
    from services.normalizer.sandboxed import warm_up  # noqa: PLC0415  (as above)

    warm_up()

    def read(body: bytes, page: Page) -> int:
        context = PageContext(url=page["url"], content_type=page["content_type"])
        try:
            return len(extract(body, context).text)
        except ExtractionError:
            return 0

    return read


def trafilatura() -> Reader:
    """Read a page with trafilatura: text, metadata, and the language of the text.

    It has no detector of its own installed with it, so it is given the one that ours uses.
    """
    import pycld2  # noqa: PLC0415  (ours must not load what it measures against)
    from trafilatura import bare_extraction  # noqa: PLC0415  (as above)

    def read(body: bytes, page: Page) -> int:
        found: Any = bare_extraction(body, url=page["url"], with_metadata=True, include_comments=False)
        text = (found.text or "") if found is not None else ""
        if text:
            try:
                pycld2.detect(text[:3000].encode("utf-8", "ignore"), bestEffort=True)
            except pycld2.error:
                return len(text)
        return len(text)

    return read


READERS = {"ours": ours, "trafilatura": trafilatura}


def resident_mb() -> float:
    """Return the largest memory of this process until now, without its parent's before the exec."""
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def turn(reader: str, pages: list[Page], rounds: int) -> dict[str, float]:
    """Read the pages once untimed, so that nothing is loaded or compiled on the clock, then `rounds` times."""
    base = resident_mb()
    read = READERS[reader]()
    cpu = wall = 0.0
    characters = 0
    for number in range(rounds + 1):
        for page in pages:
            body = gzip.decompress(Path(page["file"]).read_bytes())
            before, started = time.process_time(), time.perf_counter()
            length = read(body, page)
            if number:
                cpu += time.process_time() - before
                wall += time.perf_counter() - started
                characters += length
    return {
        "pages": len(pages) * rounds,
        "cpu_seconds": cpu,
        "wall_seconds": wall,
        "characters": characters,
        "base_mb": base,
        "peak_mb": resident_mb(),
    }


if __name__ == "__main__":
    print(json.dumps(turn(sys.argv[1], json.load(sys.stdin), int(sys.argv[2]))))
