"""The outlet on loopback: in a thread of this process, or as a program with a control address."""

from __future__ import annotations

import hmac
import json
import secrets
import signal
import threading
from types import FrameType, TracebackType
from typing import Annotated, Final, Self

import typer

from services.standalone.outlet.loopback import LoopbackSite, Request, Response, Visit
from services.standalone.outlet.model import Outlet

CONTROL_PATH: Final = "/__day"
TOKEN_HEADER: Final = "x-outlet-token"  # noqa: S105 - a header's name


class OutletServer:
    """Serves an outlet on 127.0.0.1 from a thread until closed; it starts at day 1.

    With a `control_token`, `POST /__day` with the token in `X-Outlet-Token` and the day as body sets the
    day: 204, 403 for another token, 400 for no such day. Without one the address does not exist.
    """

    def __init__(self, outlet: Outlet, *, port: int = 0, control_token: str | None = None) -> None:
        self.outlet = outlet
        self._day = 1
        self._token = control_token
        self._site = LoopbackSite(self._answer, port=port)

    @property
    def url(self) -> str:
        """Base address without a slash at its end."""
        return self._site.url

    @property
    def day(self) -> int:
        """The day being served."""
        return self._day

    @property
    def visits(self) -> tuple[Visit, ...]:
        """The request log."""
        return self._site.visits

    def set_day(self, day: int) -> None:
        """Serve the pages of a day from now on.

        Raises:
            ValueError: The outlet has no such day.
        """
        self.outlet.truth(day)
        self._day = day

    def close(self) -> None:
        """Stop listening and end every connection."""
        self._site.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _answer(self, request: Request) -> Response:
        if request.method == "POST":
            return self._control(request)
        return self.outlet.respond(request.target, day=self._day, headers=request.headers)

    def _control(self, request: Request) -> Response:
        if self._token is None or request.target != CONTROL_PATH:
            return Response(status=404)
        if not hmac.compare_digest(self._token.encode(), request.headers.get(TOKEN_HEADER, "").encode()):
            return Response(status=403)
        try:
            self.set_day(int(request.body))
        except ValueError as error:
            return Response(status=400, headers=(("Content-Type", "text/plain"),), body=str(error).encode())
        return Response(status=204)


def serve(outlet: Outlet, *, port: int = 0, control_token: str | None = None) -> OutletServer:
    """Serve an outlet on loopback; the caller closes what is returned."""
    return OutletServer(outlet, port=port, control_token=control_token)


def main(
    *,
    port: Annotated[int, typer.Option(help="TCP port on 127.0.0.1; 0 takes a free one.")] = 0,
    day: Annotated[int, typer.Option(help="The simulated day to begin with.")] = 1,
    seed: Annotated[int, typer.Option(help="Equal seeds give equal pages.")] = 1,
) -> None:
    """Serve the fictional outlet until interrupted; the first line printed tells address and token."""
    token = secrets.token_urlsafe(16)
    stopped = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopped.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    with serve(Outlet(seed=seed), port=port, control_token=token) as server:
        server.set_day(day)
        typer.echo(json.dumps({"url": server.url, "control": CONTROL_PATH, "token": token}))
        stopped.wait()
