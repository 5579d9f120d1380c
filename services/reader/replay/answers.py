"""The headers of replay: an allow-list of what a stored page may say, and the policy that keeps it still."""

import re

__all__ = ["SAFE_TYPES", "is_page", "is_style", "policy", "replay_headers", "safe_type"]

_CHARSET = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9_:.\-]{1,40})", re.IGNORECASE)
_MARKUP = frozenset({"text/html", "application/xhtml+xml"})
SAFE_TYPES = frozenset(
    {
        "image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp", "image/x-icon",
        "image/vnd.microsoft.icon", "text/plain", "text/css", "audio/mpeg", "audio/ogg", "audio/wav", "video/mp4",
        "video/webm", "video/ogg", "font/woff", "font/woff2", "font/ttf", "font/otf",
    }
)  # fmt: skip
"""What is shown as it is. Everything else, SVG, XML and PDF too, is offered as a file."""


def is_page(content_type: str | None) -> bool:
    """Tell whether a stored answer is a page."""
    return _plain(content_type) in _MARKUP


def is_style(content_type: str | None) -> bool:
    """Tell whether a stored answer is a style sheet."""
    return _plain(content_type) == "text/css"


def safe_type(content_type: str | None) -> str | None:
    """Return the type under which a stored answer is shown, or None when it is only offered as a file."""
    plain = _plain(content_type)
    if plain in _MARKUP:
        plain = "text/html"
    elif plain not in SAFE_TYPES:
        return None
    charset = _CHARSET.search(content_type or "") if plain.startswith("text/") else None
    return f"{plain}; charset={charset[1].lower()}" if charset else plain


def policy(reader_url: str) -> str:
    """Return the Content-Security-Policy of every answer."""
    return (
        "sandbox; default-src 'none'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
        "font-src 'self' data:; media-src 'self'; form-action 'none'; base-uri 'none'; "
        f"frame-ancestors {reader_url}"
    )


def replay_headers(reader_url: str) -> dict[str, str]:
    """Return the headers of every answer.

    Pictures are asked for by pages in a sandbox, whose origin is nobody's: any other policy than `cross-origin`
    would keep them from those. There is nothing here that is not public.
    """
    return {
        "content-security-policy": policy(reader_url),
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-resource-policy": "cross-origin",
        "x-robots-tag": "noindex",
        "x-dns-prefetch-control": "off",
        "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    }


def _plain(content_type: str | None) -> str:
    return (content_type or "").partition(";")[0].strip().lower()
