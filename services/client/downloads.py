"""Files of evidence as they come to a disk: whole and checked, or not at all."""

import base64
import contextlib
import hashlib
import json
import re
import secrets
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

import httpx

from services.client.errors import (
    ArchiveAwayError,
    ArchiveError,
    BadQuestionError,
    NotKeptError,
    UnexpectedAnswerError,
)

__all__ = ["Downloaded", "EvidenceForm", "Receiving", "receiving", "refusal"]

EvidenceForm = Literal["warc", "wacz", "proof"]
_DIGEST = re.compile(r"sha-256=:([A-Za-z0-9+/=]{44}):")
_PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Downloaded:
    """A file that came, and was found to be what the archive says it is."""

    path: Path
    bytes: int
    sha256: str
    """Of the whole file, in hexadecimal."""


class Receiving:
    """A file that is coming, beside the one that it will be."""

    def __init__(self, target: Path, path: Path, file: IO[bytes]) -> None:
        self._target = target
        self._path = path
        self._file = file
        self._digest = hashlib.sha256()
        self._bytes = 0

    def add(self, piece: bytes) -> None:
        """Take the next bytes."""
        self._file.write(piece)
        self._digest.update(piece)
        self._bytes += len(piece)

    def checked(self, response: httpx.Response) -> Downloaded:
        """Hold what came against the digests that the archive, or the file itself, states; put it in its place.

        Raises:
            UnexpectedAnswerError: They do not fit.
        """
        self._file.flush()
        sha256 = self._digest.hexdigest()
        stated = _DIGEST.search(response.headers.get("repr-digest", ""))
        is_other = stated is not None and base64.b64decode(stated[1]).hex() != sha256
        if is_other or (stated is None and not _is_sound_package(self._path)):
            raise UnexpectedAnswerError(f"what came from {response.url} is not what the archive says it is")
        self._path.replace(self._target)
        return Downloaded(path=self._target, bytes=self._bytes, sha256=sha256)


@contextlib.contextmanager
def receiving(target: Path) -> Iterator[Receiving]:
    """Give a new file beside the target; nothing is left of it unless it was checked."""
    path = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        with path.open("xb") as file:
            yield Receiving(target, path, file)
    finally:
        path.unlink(missing_ok=True)


def refusal(response: httpx.Response) -> ArchiveError:
    """Return our error for an answer that is no file; its body has been read."""
    try:
        told = response.json()
        said = str(told.get("detail") or told.get("error"))
    except (ValueError, AttributeError):
        said = f"the answer was {response.status_code}"
    if response.status_code in (404, 410, 413):
        return NotKeptError(said)
    if response.status_code == 400:
        return BadQuestionError(said)
    if response.status_code == 429 or response.status_code > 500:
        return ArchiveAwayError(said)
    return UnexpectedAnswerError(said)


def _is_sound_package(path: Path) -> bool:
    """Tell whether a WACZ file, or one in a proof pack, holds what its description says, byte for byte."""
    try:
        with zipfile.ZipFile(path) as package:
            if "article.wacz" not in package.namelist():
                return _is_as_described(package)
            # Stored without compression, so it is read where it lies; the rest has the check sums of the zip.
            with package.open("article.wacz") as inner, zipfile.ZipFile(inner) as wacz:
                return _is_as_described(wacz) and package.testzip() is None
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, EOFError):
        return False


def _is_as_described(wacz: zipfile.ZipFile) -> bool:
    described = wacz.read("datapackage.json")
    digest = json.loads(wacz.read("datapackage-digest.json"))
    if digest["hash"] != f"sha256:{hashlib.sha256(described).hexdigest()}":
        return False
    resources = {one["path"]: one for one in json.loads(described)["resources"]}
    held = set(wacz.namelist()) - {"datapackage.json", "datapackage-digest.json"}
    return held == set(resources) and all(
        one["hash"] == f"sha256:{_sha256_in(wacz, path)}" for path, one in resources.items()
    )


def _sha256_in(package: zipfile.ZipFile, path: str) -> str:
    digest = hashlib.sha256()
    with package.open(path) as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
