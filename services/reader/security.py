"""Headers that keep stored text from doing anything in a reader's browser, on every response."""

from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["SECURITY_HEADERS", "SecurityHeaders", "security_headers"]

SECURITY_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
"""Pages run no script, load nothing from elsewhere, send forms nowhere else and stand in no frame."""


def security_headers(frame_source: str) -> dict[str, str]:
    """Return the headers of pages that show stored pages in a frame.

    Args:
        frame_source: The one origin that a frame may show, now and after every click in it; empty for none.
    """
    if not frame_source:
        return SECURITY_HEADERS
    policy = SECURITY_HEADERS["content-security-policy"]
    return {**SECURITY_HEADERS, "content-security-policy": f"{policy}; frame-src {frame_source}"}


class SecurityHeaders:
    """Stands around the whole application, so that error pages have the headers too."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str]) -> None:
        self._app = app
        self._encoded = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request and add the headers to the response."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *self._encoded]
            await send(message)

        await self._app(scope, receive, send_with_headers)
