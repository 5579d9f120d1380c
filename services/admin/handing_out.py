"""Hands out the files of exports over HTTP, to programs and to people alike."""

from fastapi import Response
from fastapi.responses import StreamingResponse

from services.admin.kept_exports import KeptExports

__all__ = ["handed_out"]


def handed_out(exports: KeptExports, name: str) -> Response:
    """Return the bytes of an export, piece by piece.

    Raises:
        NotFoundError: there is none of this name.
    """
    found = exports.find(name)
    headers = {
        "content-length": str(found.size),
        "content-disposition": f'attachment; filename="{found.name}"',
    }
    return StreamingResponse(exports.pieces(found), media_type=found.media_type, headers=headers)
