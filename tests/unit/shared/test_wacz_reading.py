"""Nothing in a package of somebody else is believed before it was checked."""

import hashlib
import json
import zipfile
from pathlib import Path

import pytest

from shared import wacz_reading
from shared.wacz_reading import WaczError, WaczFile

WARC = b"WARC/1.1\r\n" * 40


def package(
    folder: Path,
    *,
    more: dict[str, bytes] | None = None,
    stored: bytes = WARC,
    description: dict[str, object] | None = None,
    digest: str | None = None,
    compression: int = zipfile.ZIP_STORED,
) -> Path:
    """A package whose description tells of WARC, whatever is stored in its place."""
    resource = {
        "name": "data.warc.gz",
        "path": "archive/data.warc.gz",
        "hash": f"sha256:{hashlib.sha256(WARC).hexdigest()}",
        "bytes": len(WARC),
    }
    described = json.dumps(
        {"profile": "data-package", "wacz_version": "1.1.1", "resources": [resource]} | (description or {})
    ).encode()
    hashed = digest or f"sha256:{hashlib.sha256(described).hexdigest()}"
    entries = {
        "archive/data.warc.gz": stored,
        "datapackage.json": described,
        "datapackage-digest.json": json.dumps({"path": "datapackage.json", "hash": hashed}).encode(),
        **(more or {}),
    }
    path = folder / "theirs.wacz"
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, data in entries.items():
            file.writestr(name, data)
    return path


def test_a_sound_package_gives_its_warcs(tmp_path: Path) -> None:
    wacz = WaczFile(package(tmp_path))
    [warc] = wacz.warcs

    wacz.extract(warc, tmp_path / "out")

    assert (tmp_path / "out").read_bytes() == WARC
    wacz.close()


@pytest.mark.parametrize("stored", [WARC[:-1], WARC[:-1] + b"X", WARC + b"X", b""])
def test_a_warc_that_is_not_what_the_description_says_is_refused(tmp_path: Path, stored: bytes) -> None:
    wacz = WaczFile(package(tmp_path, stored=stored))

    with pytest.raises(WaczError, match="changed or damaged"):
        wacz.extract(wacz.warcs[0], tmp_path / "out")


@pytest.mark.parametrize(
    "name", ["../../etc/cron.d/x", "/etc/passwd", "archive/../../x.warc.gz", "a\\..\\x.warc", "C:/x.warc"]
)
def test_a_name_that_leads_out_of_the_package_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(WaczError, match="leads out"):
        WaczFile(package(tmp_path, more={name: b"x"}))


def test_a_package_that_unpacks_beyond_reason_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wacz_reading, "_LEAST_LIMIT", 100_000)
    path = package(tmp_path, more={"archive/bomb.warc": b"\0" * 50_000_000}, compression=zipfile.ZIP_DEFLATED)

    with pytest.raises(WaczError, match="unpacks to more"):
        WaczFile(path)


def test_a_size_that_the_directory_understates_ends_the_unpacking(tmp_path: Path) -> None:
    wacz = WaczFile(package(tmp_path, stored=WARC * 2000, compression=zipfile.ZIP_DEFLATED))

    with pytest.raises(WaczError, match="changed or damaged"):
        wacz.extract(wacz.warcs[0], tmp_path / "out")
    assert (tmp_path / "out").stat().st_size <= 1024 * 1024


def test_a_description_with_another_digest_than_stated_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WaczError, match=r"datapackage-digest\.json states"):
        WaczFile(package(tmp_path, digest=f"sha256:{'0' * 64}"))


@pytest.mark.parametrize(
    ("description", "told"),
    [
        ({"wacz_version": ""}, "wacz_version"),
        ({"resources": []}, "not listed"),
        ({"resources": "x"}, "not listed"),
        ({"resources": [{"path": "archive/data.warc.gz", "bytes": 1, "hash": "crc:1"}]}, "should be sha256"),
        ({"resources": [{"path": "archive/data.warc.gz", "hash": "sha256:00"}]}, "how many bytes"),
    ],
)
def test_a_description_that_proves_nothing_is_refused(
    tmp_path: Path, description: dict[str, object], told: str
) -> None:
    with pytest.raises(WaczError, match=told):
        WaczFile(package(tmp_path, description=description))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_stands_twice_is_refused(tmp_path: Path) -> None:
    path = package(tmp_path)
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("archive/data.warc.gz", b"another")

    with pytest.raises(WaczError, match="twice"):
        WaczFile(path)


@pytest.mark.parametrize("cut", [0, 10, 200, -30])
def test_a_cut_or_empty_file_is_refused(tmp_path: Path, cut: int) -> None:
    data = package(tmp_path).read_bytes()[:cut]
    path = tmp_path / "cut.wacz"
    path.write_bytes(data)

    with pytest.raises(WaczError):
        WaczFile(path)


def test_no_flipped_byte_goes_unseen_or_raises_anything_else(tmp_path: Path) -> None:
    data = package(tmp_path).read_bytes()
    path = tmp_path / "flipped.wacz"
    for at in range(0, len(data), 3):
        flipped = bytearray(data)
        flipped[at] ^= 0x41
        path.write_bytes(flipped)
        try:
            wacz = WaczFile(path)
            for warc in wacz.warcs:
                wacz.extract(warc, tmp_path / "out")
            wacz.close()
        except WaczError:
            continue
        assert (tmp_path / "out").read_bytes() == WARC


def test_a_file_that_is_no_zip_is_refused() -> None:
    with pytest.raises(WaczError, match="no WACZ"):
        WaczFile(Path(__file__))
