"""What both clients need to ask over HTTP: where, for how long, and how often again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from services.client.errors import ArchiveAwayError, BadQuestionError, UnexpectedAnswerError
from services.client.questions import answer_of, retry_seconds

__all__ = ["Asking", "away", "read"]

_AGAIN = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How an archive is asked."""

    base_url: str
    timeout_seconds: float
    """For each phase of an exchange: connecting, sending, and every wait for more of the answer."""
    attempts: int

    def __post_init__(self) -> None:
        """Refuse an address that cannot be one.

        Raises:
            BadQuestionError: it is not http or https.
        """
        if httpx.URL(self.base_url).scheme not in ("http", "https"):
            raise BadQuestionError(f"an archive has an http or https address, not {self.base_url!r}")

    def options(self) -> dict[str, Any]:
        """Return what an HTTP client is made with: redirects are not followed, an archive sends none."""
        return {
            "base_url": self.base_url,
            "timeout": self.timeout_seconds,
            "headers": {"accept": "application/json", "user-agent": "pressmark-client"},
        }

    def pause(self, response: httpx.Response, attempt: int) -> float | None:
        """Return the seconds after which to ask again; None when this answer is the last."""
        if response.status_code not in _AGAIN or attempt + 1 >= self.attempts:
            return None
        return retry_seconds(response.headers.get("retry-after"), attempt)


def read(response: httpx.Response) -> Mapping[str, Any]:
    """Return the object that an answer holds.

    Raises:
        ArchiveError: it holds none; the kind of error says why.
    """
    try:
        body = response.json()
    except ValueError:
        body = None
    if body is None and response.status_code == 200:
        raise UnexpectedAnswerError(f"{response.url} is no list of an archive: it gave no JSON")
    return answer_of(response.status_code, body)


def away(error: httpx.TransportError, base_url: str) -> ArchiveAwayError:
    """Return our error for a connection that failed."""
    return ArchiveAwayError(f"{base_url} does not answer ({type(error).__name__}); is it running?")
