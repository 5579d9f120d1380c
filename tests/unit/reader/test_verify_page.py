"""The commands of the page on checking: those about a record are run as they stand there, on one that we write."""

import gzip
import re
import subprocess
from html import unescape
from importlib.resources import files
from pathlib import Path

import pytest

from services.fetcher.warc import WarcSpool, digest_of
from shared.proof import check_proof
from shared.warc_reading import read_records
from tests.support.fetching import INFO, NOON, fetched

_BLOCK = re.compile(r"<pre[^>]*><code>(.*?)</code></pre>", re.DOTALL)
_TEMPLATE = Path(str(files("services.reader"))) / "templates" / "verify.html"
COMMANDS = [unescape(text) for text in _BLOCK.findall(_TEMPLATE.read_text(encoding="utf-8"))]


@pytest.mark.parametrize(
    "body", [b"<p>news</p>", b"\r\n\r\nblank lines\r\n\r\n", "소식\n".encode() * 500, b"\x00\xff"]
)
def test_common_tools_find_the_digests_that_a_page_shows(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "object.warc.gz"
    with WarcSpool(path, INFO, now=NOON) as spool:
        spool.record(fetched(body))
    data = path.read_bytes()
    record = next(one for one in read_records(data) if one.type == "response")
    stored = data[record.offset : record.offset + record.length]
    (tmp_path / "record.warc.gz").write_bytes(stored)
    (commands,) = [one for one in COMMANDS if "openssl dgst" in one]

    done = subprocess.run(
        ["bash", "-euc", commands], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    block, payload = (f"sha256:{line.rpartition(' ')[2]}" for line in done.stdout.splitlines())
    assert f"WARC-Block-Digest: {block}".encode() in gzip.decompress(stored)
    assert payload == digest_of(body)


def test_the_program_of_a_pack_is_called_as_it_wants_to_be() -> None:
    calls = [line for text in COMMANDS for line in text.splitlines() if "check_proof.py" in line]
    told = str(check_proof.__doc__)

    assert len(calls) == 5
    for option in {word for line in calls for word in line.split() if word.startswith("--")}:
        assert option in told
