"""The page of one capture: what was stored, in a frame from another origin, under a banner of ours outside it."""

from fastapi import APIRouter, Request, Response

from services.reader.asking import base_of, number_of
from services.reader.errors import NoSuchPageError
from services.reader.memento import memento_address, original_links
from services.reader.rendering import Renderer
from services.reader.settings import ReaderSettings
from services.reader.wording import link, moment, shown
from shared.ledger.captured_urls import CapturedUrls, Memento
from shared.urls import BadUrlError, canonical_url

__all__ = ["CapturePages"]


class CapturePages:
    """Serves the pages of captures."""

    def __init__(self, captures: CapturedUrls, *, settings: ReaderSettings, render: Renderer) -> None:
        self._captures = captures
        self._settings = settings
        self._render = render

    def router(self) -> APIRouter:
        """Return the address of a capture's page."""
        router = APIRouter()
        router.add_api_route("/capture/{number}", self.capture, methods=["GET", "HEAD"], response_model=None)
        return router

    def capture(self, request: Request, number: str) -> Response:
        """One stored page as it was."""
        memento = self._captures.by_id(number_of(number))
        if memento is None:
            raise NoSuchPageError("No page was stored under this number.")
        replay = self._settings.replay_url
        base = base_of(request, self._settings.public_url)
        response = self._render.page(
            request,
            "capture.html",
            url=_in_ascii(memento.url),
            link=link(memento.url),
            time=moment(memento.fetched_at),
            datetime=memento.fetched_at.isoformat(),
            digest=memento.payload_digest,
            remarks=_remarks(memento),
            frame=memento_address(replay, memento) if replay else None,
            timemap=f"/timemap/link/{memento.url}",
        )
        response.headers["link"] = ", ".join(original_links(memento.url, base))
        return response


def _in_ascii(url: str) -> str:
    """Return a URL whose host can be taken for no other: in punycode, as it was asked for."""
    try:
        return canonical_url(url)
    except BadUrlError:
        return shown(url).encode("ascii", "backslashreplace").decode()


def _remarks(memento: Memento) -> list[str]:
    """Return what a reader must know before the page is believed."""
    remarks = []
    if memento.status not in (200, 304):
        remarks.append(f"The host answered {memento.status}.")
    if memento.truncated or memento.original_truncated:
        reason = shown(memento.truncated or memento.original_truncated or "")
        remarks.append(f"The answer was cut short ({reason}): what is missing was never received.")
    if memento.is_confirmation:
        remarks.append("The host said that nothing had changed since the look whose bytes are shown.")
    elif memento.revisit_of is not None:
        remarks.append("The bytes are those of an earlier look; they came again, the same.")
    if memento.url.startswith("http://"):
        remarks.append("It came over http, which nobody vouches for on the way.")
    return remarks
