"""Fuzzes extraction with coverage as its guide: `python -m tests.fuzzing.extraction [-max_total_time=600]`.

Needs atheris (`pip install atheris`), which is no dependency of the project. What follows the command goes to
libFuzzer. The run ends at the first input that raises anything but a refusal, or that breaks what
`tests.support.extraction_checks` holds against every result; the input is written to `crash-…`.
"""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["services.normalizer"]):
    from services.normalizer.fields import PageContext
    from tests.support.extraction_checks import checked_extraction
    from tests.unit.normalizer.model_page import model_page

URLS = (None, "https://paper.example/2021/10/16/a", "http://[", "x", "https://www.site.kp/a?b=1")
TYPES = (
    None,
    "text/html; charset=euc-kr",
    "text/html; charset=utf-7",
    "application/json",
    "text/html;charset=gbk",
)
SEEDS = (
    b"<html lang=ko><body><article><h1>T</h1><p>" + b"words of an article. " * 20 + b"</p></article>",
    b'<script type="application/ld+json">{"@graph":[{"@type":"NewsArticle","headline":"A"}]}</script><p>x',
    b'<script type="application/ld+json">{"@type":"Article","author":[{"name":"J. Doe"}],"articleBody":"A\\nB"}',
    b'<meta property="og:title" content="A | B"><meta name=date content="2021-13-45"><time>1.2.2021</time>',
    b"<body><table><tr><td>a<br><br>b<ul><li>c</li></ul><blockquote>d</blockquote><h2>e</h2><figcaption>f",
    b"By Jane Doe Date: 03/04/2021 More From X Juche 113.1.1 <a href='//[x'>l</a><base href='http://[::1'>",
    "조선중앙통신 2024년 10월 1일 <p>평양</p> 1 октября 2021 г. كتب في ١٢ أكتوبر".encode(),
)


def read_one(data: bytes) -> None:
    """Read one page: the first byte chooses what is known about it."""
    if not data:
        return
    known = PageContext(url=URLS[data[0] % len(URLS)], content_type=TYPES[data[0] // len(URLS) % len(TYPES)])
    checked_extraction(data[1:], known)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="pressmark-fuzz-") as folder:
        for number, seed in enumerate((*SEEDS, model_page())):
            (Path(folder) / f"seed-{number}").write_bytes(b"\x01" + seed)
        chosen = sys.argv[1:] or ["-max_total_time=600"]
        atheris.Setup([sys.argv[0], folder, "-max_len=8192", "-timeout=20", *chosen], read_one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
