"""Why a file of evidence is not given out: for programs as RFC 9457 has it, for people as a sentence."""

from fastapi import Request, Response

from shared.encoding import dump_json
from shared.errors import PressmarkError, TryAgainError
from shared.evidence import EvidenceMissingError
from shared.exporting.proof_packs import NotLoggedYetError

__all__ = ["ProblemError", "problem_answer", "problem_of"]

_TITLES = {
    400: ("bad-request", "The address cannot mean anything"),
    404: ("not-found", "There is no such file"),
    410: ("record-lost", "A record is not in the store any more"),
    413: ("too-large", "The file is larger than is given out"),
    416: ("outside-of-file", "The range lies outside of the file"),
    500: ("evidence-damaged", "A stored record is damaged"),
    503: ("try-later", "It cannot be given out just now"),
}
_RETRY_SECONDS = 10
_LOG_SECONDS = 600
"""The archive signs its log so often, unless its operator says otherwise."""


class ProblemError(PressmarkError):
    """Ends a request with an answer that says why."""

    def __init__(
        self, status: int, detail: str, *, retry_seconds: int = _RETRY_SECONDS, size: int | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.headers = {"cache-control": "no-store"}
        if status == 503:
            self.headers["retry-after"] = str(retry_seconds)
        if size is not None:
            self.headers["content-range"] = f"bytes */{size}"


def problem_of(error: PressmarkError) -> ProblemError:
    """Return what a reader is told of an error of the store, of the log or of what is stored."""
    if isinstance(error, ProblemError):
        return error
    if isinstance(error, NotLoggedYetError):
        detail = "Some of these records are under no signed checkpoint yet. One is signed every few minutes."
        return ProblemError(503, detail, retry_seconds=_LOG_SECONDS)
    if isinstance(error, TryAgainError):
        return ProblemError(503, "The archive does not answer just now. Try again in a moment.")
    if isinstance(error, EvidenceMissingError):
        detail = (
            "A record of this is not in the store any more. The archive's verification tells its operator."
        )
        return ProblemError(410, detail)
    detail = (
        "A record of this is not as it was stored, so the file is not given out. "
        "The archive's verification tells its operator."
    )
    return ProblemError(500, detail)


def problem_answer(request: Request, problem: ProblemError) -> Response:
    """Return the answer: a sentence for who asks for pages, else a problem for programs."""
    if "text/html" in request.headers.get("accept", ""):
        media_type = "text/plain; charset=utf-8"
        return Response(f"{problem}\n", problem.status, headers=problem.headers, media_type=media_type)
    name, title = _TITLES[problem.status]
    body = dump_json(
        {
            "type": f"urn:pressmark:problem:{name}",
            "title": title,
            "status": problem.status,
            "detail": str(problem),
        }
    )
    return Response(body, problem.status, headers=problem.headers, media_type="application/problem+json")
