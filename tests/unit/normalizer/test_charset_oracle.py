"""Real files in legacy encodings against their true text. Needs the test corpus; without it nothing is claimed."""

import gzip
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from services.normalizer.charsets import codec_for_label, decode

CORPUS = Path(os.environ.get("PRESSMARK_CORPUS", Path(__file__).parents[4] / "shared" / "corpus")) / "gold"
INDEX = CORPUS / "oracles" / "charset" / "INDEX.jsonl"

pytestmark = pytest.mark.skipif(not INDEX.exists(), reason="the corpus is not here")


def cases() -> list[dict[str, Any]]:
    return [json.loads(line) for line in INDEX.read_text(encoding="utf-8").splitlines()]


def is_true(case: dict[str, Any], content_type: str | None = None) -> bool:
    text = decode(gzip.decompress((CORPUS / case["file"]).read_bytes()), content_type).text
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    return digest in {case["utf8_sha256"], case.get("utf8_sha256_whatwg")}


def test_of_a_hundred_files_without_a_header_ninety_eight_are_read_true() -> None:
    wrong = [case["file"] for case in cases() if not is_true(case)]

    assert len(wrong) <= len(cases()) * 0.02, wrong


def test_a_true_label_of_the_server_is_followed() -> None:
    told = [case for case in cases() if codec_for_label(case["encoding"])]
    wrong = [case["file"] for case in told if not is_true(case, f"text/html; charset={case['encoding']}")]

    assert len(wrong) <= len(told) * 0.03, wrong


@pytest.mark.parametrize("label", ["iso-8859-1", "utf-8", "utf-7", "no-such-label"])
def test_a_label_that_lies_costs_few_files(label: str) -> None:
    wrong = [case["file"] for case in cases() if not is_true(case, f"text/html; charset={label}")]

    assert len(wrong) <= len(cases()) * 0.05, wrong
