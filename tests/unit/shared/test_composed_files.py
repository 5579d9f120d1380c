"""Composed files read the same from every place, and their zip files are read by Python's own reader."""

import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.composed_files import ChangedError, ComposedFile, Literal, LocalFile, Run, StoredRuns
from shared.crc32 import combined_crc32
from shared.stored_zip import ZipEntry, stored_zip

records = st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=6)


class Objects:
    """A store in memory."""

    def __init__(self) -> None:
        self.objects: dict[str, bytearray] = {}

    def run(self, key: str, members: list[bytes]) -> Run:
        self.objects[key] = bytearray(b"before" + b"".join(members) + b"behind")
        return Run(
            key=key,
            offset=6,
            lengths=tuple(map(len, members)),
            digests=tuple(hashlib.sha256(one).digest() for one in members),
        )

    def read(self, key: str, offset: int, length: int) -> bytes:
        return bytes(self.objects[key][offset : offset + length])


@settings(deadline=None)
@given(st.binary(), st.binary())
def test_the_crc_of_two_strings_comes_of_that_of_each(one: bytes, two: bytes) -> None:
    assert combined_crc32(zlib.crc32(one), zlib.crc32(two), len(two)) == zlib.crc32(one + two)


@settings(deadline=None)
@given(st.lists(records, min_size=1, max_size=4), st.binary(max_size=20), st.data())
def test_any_range_of_a_composed_file_is_that_of_its_bytes(
    runs: list[list[bytes]], literal: bytes, data: st.DataObject
) -> None:
    store, whole = Objects(), b"".join(b"".join(members) for members in runs)
    stored = StoredRuns(
        [store.run(str(number), members) for number, members in enumerate(runs)],
        crc=zlib.crc32(whole),
        read=store.read,
    )
    file = ComposedFile([Literal(literal), stored, Literal(literal)])
    begin = data.draw(st.integers(0, file.size))
    end = data.draw(st.integers(begin, file.size))

    expected = literal + whole + literal
    assert b"".join(file.pieces(begin, end)) == expected[begin:end]
    assert (file.size, file.crc) == (len(expected), zlib.crc32(expected))


@settings(deadline=None)
@given(records, st.data())
def test_a_record_that_changed_is_never_given_out_whole(members: list[bytes], data: st.DataObject) -> None:
    store = Objects()
    runs = StoredRuns([store.run("key", members)], crc=0, read=store.read)
    edges = [sum(map(len, members[:number])) for number in range(len(members) + 1)]
    at = data.draw(st.integers(0, runs.size - 1))
    store.objects["key"][6 + at] ^= 1

    with pytest.raises(ChangedError, match="changed"):
        list(runs.pieces(0, runs.size))
    for begin, end in pairwise(edges):
        if begin <= at < end:
            with pytest.raises(ChangedError):
                list(runs.pieces(begin, end))
        else:
            assert list(runs.pieces(begin, end))


def test_a_file_that_became_shorter_is_found(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    part = LocalFile(path=path, size=6, crc=0)

    assert b"".join(part.pieces(1, 4)) == b"234"
    with pytest.raises(ChangedError, match="shorter"):
        list(part.pieces(0, 6))


@settings(deadline=None)
@given(st.dictionaries(st.text("abc/.", min_size=1, max_size=9), st.binary(max_size=60), max_size=5))
def test_a_zip_file_is_read_by_pythons_reader_and_so_is_one_in_it(files: dict[str, bytes]) -> None:
    inner = stored_zip(
        [ZipEntry(name=name, part=Literal(data)) for name, data in files.items()],
        at=datetime(2026, 3, 9, 13, 30, 8, tzinfo=UTC),
    )
    outer = stored_zip([ZipEntry(name="inner.zip", part=inner), ZipEntry(name="x", part=Literal(b"y"))])
    data = b"".join(outer.pieces(0, outer.size))

    with zipfile.ZipFile(io.BytesIO(data)) as package:
        assert package.testzip() is None
        assert package.namelist() == ["inner.zip", "x"]
        with zipfile.ZipFile(io.BytesIO(package.read("inner.zip"))) as held:
            assert {name: held.read(name) for name in held.namelist()} == files
            assert all(one.date_time == (2026, 3, 9, 13, 30, 8) for one in held.infolist())


@dataclass(frozen=True, slots=True)
class Zeros:
    """So many bytes of zero."""

    size: int
    crc: int = 0

    def pieces(self, begin: int, end: int) -> Iterator[bytes]:
        for at in range(begin, end, 2**20):
            yield bytes(min(2**20, end - at))


def test_a_zip_file_of_more_than_four_gigabytes_has_the_fields_for_it(tmp_path: Path) -> None:
    large = Zeros(5 * 2**30)
    file = stored_zip([ZipEntry(name="large", part=large), ZipEntry(name="behind", part=Literal(b"found"))])
    path, tail = tmp_path / "large.zip", 1000
    with path.open("wb") as sparse:
        for begin, end in ((0, tail), (file.size - tail, file.size)):
            sparse.seek(begin)
            sparse.writelines(file.pieces(begin, end))

    with zipfile.ZipFile(path) as package:
        assert package.read("behind") == b"found"
        assert package.getinfo("large").file_size == large.size
        with package.open("large") as opened:
            assert opened.read(10) == bytes(10)
