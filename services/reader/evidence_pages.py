"""Where evidence is taken away: under the addresses of what it is evidence of, given out by the replay server.

This server has no keys of the store (decision 56). It leads there, as a TimeGate leads to a stored page.
"""

from functools import partial
from urllib.parse import quote

from fastapi import APIRouter, Response

from services.reader.asking import article_id_of, number_of
from services.reader.errors import NoSuchPageError
from services.reader.formats import Format
from services.reader.settings import ReaderSettings
from shared.ledger.captured_urls import CapturedUrls
from shared.ledger.catalogue import Catalogue
from shared.media_types import WACZ_TYPE, WARC_TYPE

__all__ = ["EVIDENCE", "EvidencePages", "evidence_of_article", "evidence_of_capture"]

_GET = ["GET", "HEAD"]
EVIDENCE = (
    Format(suffix=".warc.gz", name="WARC", media_type=WARC_TYPE),
    Format(suffix=".wacz", name="WACZ", media_type=WACZ_TYPE),
    Format(suffix=".proof.zip", name="PROOF", media_type="application/zip"),
)
"""Of an article; a capture has the first alone."""
_WARC, _WACZ, _PROOF = EVIDENCE


class EvidencePages:
    """Leads to the files of evidence."""

    def __init__(self, catalogue: Catalogue, captures: CapturedUrls, *, settings: ReaderSettings) -> None:
        self._catalogue = catalogue
        self._captures = captures
        self._settings = settings

    def router(self) -> APIRouter:
        """Return the addresses of the files."""
        router = APIRouter()
        router.add_api_route("/capture/{number}.warc.gz", self.capture, methods=_GET, response_model=None)
        for form in EVIDENCE:
            path, answer = f"/article/{{article_id}}{form.suffix}", partial(self.article, form=form)
            router.add_api_route(path, answer, methods=_GET, response_model=None)
        return router

    def capture(self, number: str) -> Response:
        """Lead to the records of one capture."""
        capture_id = number_of(number)
        if self._captures.by_id(capture_id) is None:
            raise NoSuchPageError("No page was stored under this number.")
        return self._led(f"capture/{capture_id}.warc.gz")

    def article(self, article_id: str, *, form: Format) -> Response:
        """Lead to the records of an article, the WACZ file, or the proof pack."""
        article = self._catalogue.survivor(article_id_of(article_id))
        if article is None:
            raise NoSuchPageError("No article is kept under this address. Search for its title instead.")
        return self._led(f"article/{quote(article)}{form.suffix}")

    def _led(self, path: str) -> Response:
        if not self._settings.replay_url:
            raise NoSuchPageError(
                "This archive gives out no files of evidence. Its operator can, with 'pressmark export'."
            )
        headers = {
            "location": f"{self._settings.replay_url}/evidence/{path}",
            "cache-control": f"public, max-age={self._settings.cache_seconds}",
        }
        return Response(status_code=302, headers=headers)


def evidence_of_article(article_id: str, *, settings: ReaderSettings) -> dict[str, str]:
    """Return the addresses of an article's files by what they are; none where none are given out."""
    names = {"warc": _WARC, "wacz": _WACZ, "proof": _PROOF}
    if not settings.replay_url:
        return {}
    return {name: f"/article/{article_id}{form.suffix}" for name, form in names.items()}


def evidence_of_capture(capture_id: int, *, settings: ReaderSettings) -> str | None:
    """Return the address of a capture's WARC; None where none is given out."""
    return f"/capture/{capture_id}{_WARC.suffix}" if settings.replay_url else None
