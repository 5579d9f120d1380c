"""Evidence to take away: the WARC of a capture, the WARC, the WACZ and the proof pack of an article.

They are composed of the records in the store (decision 56). All records are read and checked before the first
byte is sent, and held against what was read then while they are sent.
"""

import hashlib
import re
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version

import structlog
from fastapi import APIRouter, Request, Response

from services.reader.asking import article_id_of, number_of
from services.reader.errors import BadAddressError
from services.reader.replay.problems import ProblemError, problem_of
from services.reader.replay.settings import ReplaySettings
from services.reader.replay.transfers import Download, Slots, answer_with
from shared.composed_files import ComposedFile
from shared.errors import NotFoundError, PressmarkError
from shared.exporting import Exports, Selection
from shared.exporting.proof_packs import ProofPacks
from shared.ledger.captured_urls import CapturedUrls
from shared.ledger.evidence_index import WantedCapture
from shared.ledger.log_book import LogBook
from shared.log_store import LogStore, published_key
from shared.media_types import WACZ_TYPE, WARC_TYPE

__all__ = ["EvidenceFiles"]

log = structlog.get_logger(__name__)

_GET = ["GET", "HEAD"]
_REMEMBERED_FILES = 32
_REMEMBERED_RECORDS = 100_000
"""Of all remembered files together; some 0.3 kB each."""
_WAITING, _PATIENCE_SECONDS = 6, 5.0
"""Who may wait until others' files are ready: each holds a thread that replay needs, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """A kind of file."""

    suffix: str
    media_type: str
    command: str
    """What makes one of any size on the archive's own machine."""


_WARC = _Form(suffix=".warc.gz", media_type=WARC_TYPE, command="pressmark export warc --article")
_WACZ = _Form(suffix=".wacz", media_type=WACZ_TYPE, command="pressmark export wacz --article")
_PROOF = _Form(suffix=".proof.zip", media_type="application/zip", command="pressmark proof")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Composed:
    """A file that is ready to be sent."""

    file: ComposedFile
    sha256: str
    records: int


class EvidenceFiles:
    """Gives out files of evidence."""

    def __init__(
        self, captures: CapturedUrls, exports: Exports, book: LogBook, *, settings: ReplaySettings
    ) -> None:
        self._captures = captures
        self._exports = exports
        self._book = book
        self._settings = settings
        self._sending = Slots(settings.downloads)
        self._preparing = Slots(
            settings.downloads_prepared, waiting=_WAITING, patience_seconds=_PATIENCE_SECONDS
        )
        self._remembered = _Remembered()

    def router(self) -> APIRouter:
        """Return the addresses of the files."""
        router = APIRouter()
        for path, answer in (
            ("/evidence/capture/{number}.warc.gz", self.capture),
            ("/evidence/article/{article_id}.warc.gz", self.warc),
            ("/evidence/article/{article_id}.wacz", self.wacz),
            ("/evidence/article/{article_id}.proof.zip", self.proof),
        ):
            router.add_api_route(path, answer, methods=_GET, response_model=None)
        return router

    def capture(self, request: Request, number: str) -> Response:
        """The records of one capture, and of the one it repeats, as they are stored."""
        with _told():
            capture_id = number_of(number)
            if self._captures.by_id(capture_id) is None:
                raise ProblemError(404, "No page was stored under this number.")
            return self._answer(request, Selection(capture_id=capture_id), _WARC)

    def warc(self, request: Request, article_id: str) -> Response:
        """The records of all captures of an article."""
        return self._of_article(request, article_id, _WARC)

    def wacz(self, request: Request, article_id: str) -> Response:
        """The same with an index and the pages, for replay programs."""
        return self._of_article(request, article_id, _WACZ)

    def proof(self, request: Request, article_id: str) -> Response:
        """The same with what proves it by the signed log, and the program that checks it."""
        return self._of_article(request, article_id, _PROOF)

    def _of_article(self, request: Request, article_id: str, form: _Form) -> Response:
        with _told():
            return self._answer(request, Selection(article_id=article_id_of(article_id)), form)

    def _answer(self, request: Request, selection: Selection, form: _Form) -> Response:
        composed = self._composed(selection, form)
        name = re.sub(r"[^A-Za-z0-9.-]+", "-", selection.title.lower())
        download = Download(
            file=composed.file,
            name=f"pressmark-{name}{form.suffix}",
            media_type=form.media_type,
            tag=f'"{composed.sha256}"',
            sha256=composed.sha256 if form is _WARC else None,
        )
        return answer_with(
            request, download, slots=self._sending, stall_seconds=self._settings.download_stall_seconds
        )

    def _composed(self, selection: Selection, form: _Form) -> _Composed:
        """Return a file as it is now: the one that was made ready before, where nothing has changed since.

        Raises:
            ProblemError: There is none, or it is too large, or too many are made ready.
            PressmarkError: As the store, the ledger or the log says.
        """
        wanted = self._wanted(selection)
        self._check_size(sum(one.capture.warc_length for one in wanted), selection, form)
        packs = self._packs() if form is _PROOF else None
        newest = packs.newest() if packs else None
        made_of = _fingerprint(wanted, also=newest[1] if newest else "")
        known = self._remembered.get((form, selection), made_of)
        if known is not None:
            return known
        with self._preparing.one():
            if form is _WARC:
                made = self._exports.compose_warc(wanted)
            else:
                made = self._exports.compose_wacz(wanted, title=selection.title, software=_software())
            records = len(made.found.members)
            composed = _Composed(file=made.file, sha256=made.sha256, records=records)
            if packs is not None and newest is not None:
                pack = packs.compose(made, newest)
                composed = _Composed(file=pack.file, sha256=pack.sha256, records=records)
        self._check_size(composed.file.size, selection, form)
        self._remembered.put((form, selection), made_of, composed)
        return composed

    def _wanted(self, selection: Selection) -> list[WantedCapture]:
        try:
            return self._exports.wanted(selection)
        except NotFoundError:
            raise ProblemError(404, "No article with captures is kept under this address.") from None

    def _check_size(self, size: int, selection: Selection, form: _Form) -> None:
        if size <= self._settings.download_bytes:
            return
        most = self._settings.download_bytes
        detail = f"This file has at least {size:,} bytes, and {most:,} are given out at most."
        if selection.article_id is not None:
            detail += (
                f" The archive's operator makes it with '{form.command} {selection.article_id} -o FILE'."
            )
        raise ProblemError(413, detail)

    def _packs(self) -> ProofPacks:
        key = published_key(self._exports.evidence)
        if key is None:
            raise ProblemError(404, "Nothing of this archive is in a signed log, so there is no proof yet.")
        log_store = LogStore(self._exports.evidence, key)
        return ProofPacks(exports=self._exports, log=log_store, book=self._book)


class _Remembered:
    """The files that were asked for last: who goes on with a range does not have all records read again."""

    def __init__(self) -> None:
        self._files: OrderedDict[tuple[_Form, Selection], tuple[str, _Composed]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, name: tuple[_Form, Selection], made_of: str) -> _Composed | None:
        """Return a file, if it was made of the same."""
        with self._lock:
            found = self._files.get(name)
            if found is None or found[0] != made_of:
                return None
            self._files.move_to_end(name)
            return found[1]

    def put(self, name: tuple[_Form, Selection], made_of: str, composed: _Composed) -> None:
        """Remember a file, and forget those that were not asked for the longest where there are too many."""
        with self._lock:
            self._files[name] = (made_of, composed)
            self._files.move_to_end(name)
            records = sum(one.records for _, one in self._files.values())
            while self._files and (len(self._files) > _REMEMBERED_FILES or records > _REMEMBERED_RECORDS):
                _, (_, dropped) = self._files.popitem(last=False)
                records -= dropped.records


@contextmanager
def _told() -> Iterator[None]:
    """Turn our errors into what a reader is told."""
    try:
        yield
    except BadAddressError as error:
        raise ProblemError(400, str(error)) from error
    except PressmarkError as error:
        problem = problem_of(error)
        if problem is not error:
            log.warning("download_refused", status=problem.status, reason=str(error))
        raise problem from error


def _fingerprint(wanted: Sequence[WantedCapture], *, also: str) -> str:
    """Return what changes when anything changes that a file is made of."""
    digest = hashlib.sha256(also.encode())
    for one in wanted:
        capture = one.capture
        place = (capture.warc_key, capture.warc_offset, capture.warc_length)
        digest.update(repr((capture.capture_id, *place, capture.fetched_at, one.title)).encode())
    return digest.hexdigest()


def _software() -> str:
    return f"pressmark {version('pressmark')}"
