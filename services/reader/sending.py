"""Long answers: sent while they are made, with an entity tag where they are short enough to have one first."""

import hashlib
import itertools
from collections.abc import Iterator
from tempfile import SpooledTemporaryFile

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from services.reader.rendering import tagged

__all__ = ["send_file", "send_parts"]

_KNOWN_FIRST = 1_000_000
"""An answer up to this length is made before it is sent, so that it has a length, a tag, and a right status."""
_PART = 65_536


def send_parts(request: Request, parts: Iterator[bytes], *, headers: dict[str, str]) -> Response:
    """Return an answer made of parts. The first of them are made now: what fails at once has its own status."""
    begun: list[bytes] = []
    size = 0
    for part in parts:
        begun.append(part)
        size += len(part)
        if size > _KNOWN_FIRST:
            return StreamingResponse(itertools.chain(begun, parts), headers=headers)
    return tagged(request, Response(b"".join(begun), headers=headers), cache=headers["cache-control"])


def send_file(request: Request, file: SpooledTemporaryFile[bytes], *, headers: dict[str, str]) -> Response:
    """Return an answer from an open file, which is closed when it was sent; its tag is of all its bytes."""
    digest = hashlib.blake2b(digest_size=12)
    length = 0
    while part := file.read(_PART):
        digest.update(part)
        length += len(part)
    tag = f'"{digest.hexdigest()}"'
    headers = {**headers, "etag": tag}
    known = request.headers.get("if-none-match", "")
    if tag in (one.strip().removeprefix("W/") for one in known.split(",")):
        file.close()
        return Response(status_code=304, headers=headers)
    file.seek(0)
    return StreamingResponse(_parts_of(file), headers={**headers, "content-length": str(length)})


def _parts_of(file: SpooledTemporaryFile[bytes]) -> Iterator[bytes]:
    with file:
        while part := file.read(_PART):
            yield part
