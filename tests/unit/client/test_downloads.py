"""A downloaded file is there whole and as its digests say, or it is not there."""

import asyncio
import base64
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.client import (
    Archive,
    ArchiveAwayError,
    ArchiveError,
    AsyncArchive,
    BadQuestionError,
    NotKeptError,
    UnexpectedAnswerError,
)
from shared.composed_files import Literal
from shared.stored_zip import ZipEntry, stored_zip
from shared.wacz import Package, wacz_of

WARC = b"records of an article" * 9


def whole(file: object) -> bytes:
    return b"".join(file.pieces(0, file.size))  # type: ignore[attr-defined]


PACKAGE = wacz_of(
    Package(
        title="Article a",
        created=datetime(2026, 3, 9, tzinfo=UTC),
        software="test",
        warc=Literal(WARC),
        warc_sha256=hashlib.sha256(WARC).hexdigest(),
        index=b"",
        pages=(),
    )
).file
WACZ = whole(PACKAGE)
PACK = whole(
    stored_zip(
        [ZipEntry(name="proof.json", part=Literal(b"{}")), ZipEntry(name="article.wacz", part=PACKAGE)]
    )
)


def answering(*answers: httpx.Response) -> httpx.MockTransport:
    left = list(answers)
    return httpx.MockTransport(lambda _request: left.pop(0))


def archive(*answers: httpx.Response, waits: Callable[[float], None] = lambda _: None) -> Archive:
    return Archive("https://archive.example", transport=answering(*answers), sleep=waits)


def moved() -> httpx.Response:
    return httpx.Response(302, headers={"location": "https://replay.archive.example/evidence/article/a.wacz"})


def warc(data: bytes) -> httpx.Response:
    digest = base64.b64encode(hashlib.sha256(WARC).digest()).decode()
    return httpx.Response(200, content=data, headers={"repr-digest": f"sha-256=:{digest}:"})


def test_a_file_is_followed_to_where_it_is_and_checked(tmp_path: Path) -> None:
    target = tmp_path / "a.wacz"

    done = archive(moved(), httpx.Response(200, content=WACZ)).download_evidence("a", target)

    assert target.read_bytes() == WACZ
    assert (done.path, done.bytes) == (target, len(WACZ))
    assert done.sha256 == hashlib.sha256(WACZ).hexdigest()
    assert list(tmp_path.iterdir()) == [target]


def test_the_other_client_does_the_same(tmp_path: Path) -> None:
    async def fetched() -> None:
        async with AsyncArchive(
            "https://archive.example", transport=answering(moved(), httpx.Response(200, content=PACK))
        ) as client:
            await client.download_evidence("a", tmp_path / "a.zip", form="proof")

    asyncio.run(fetched())
    assert (tmp_path / "a.zip").read_bytes() == PACK


@pytest.mark.parametrize("form", ["warc", "wacz", "proof"])
def test_no_byte_of_what_matters_can_be_another(form: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp(form)
    data = {"warc": WARC, "wacz": WACZ, "proof": PACK}[form]
    first = data.index(WARC)

    @settings(deadline=None, max_examples=40)
    @given(st.integers(first, first + len(WARC) - 1), st.integers(1, 255))
    def other(at: int, change: int) -> None:
        changed = bytearray(data)
        changed[at] ^= change
        answer = warc(bytes(changed)) if form == "warc" else httpx.Response(200, content=bytes(changed))
        with pytest.raises(UnexpectedAnswerError, match="not what the archive says"):
            archive(answer).download_evidence("a", folder / "file", form=form)  # type: ignore[arg-type]
        assert list(folder.iterdir()) == []

    other()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadQuestionError),
        (404, NotKeptError),
        (410, NotKeptError),
        (413, NotKeptError),
        (500, UnexpectedAnswerError),
    ],
)
def test_a_refusal_has_the_sentence_of_the_archive(
    status: int, kind: type[ArchiveError], tmp_path: Path
) -> None:
    answer = httpx.Response(status, json={"status": status, "detail": "too large; run pressmark export"})

    with pytest.raises(kind, match="run pressmark export"):
        archive(moved(), answer).download_evidence("a", tmp_path / "a.wacz")
    assert list(tmp_path.iterdir()) == []


def test_a_busy_archive_is_asked_again_as_it_says(tmp_path: Path) -> None:
    waits: list[float] = []
    busy = httpx.Response(503, json={"detail": "busy"}, headers={"retry-after": "7"})

    archive(busy, httpx.Response(200, content=WACZ), waits=waits.append).download_evidence(
        "a", tmp_path / "a.wacz"
    )
    with pytest.raises(ArchiveAwayError, match="busy"):
        archive(busy, busy, busy, busy).download_evidence("a", tmp_path / "b.wacz")

    assert waits == [7]
    assert [one.name for one in tmp_path.iterdir()] == ["a.wacz"]


def test_an_address_of_another_host_and_an_unknown_form_are_not_asked_for(tmp_path: Path) -> None:
    with pytest.raises(UnexpectedAnswerError, match="elsewhere"):
        archive().download("https://evil.example/a.wacz", tmp_path / "a")
    with pytest.raises(BadQuestionError, match="warc, wacz, proof"):
        archive().download_evidence("a", tmp_path / "a", form="pdf")  # type: ignore[arg-type]
