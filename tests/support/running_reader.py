"""The reader and the replay server over stored evidence, each on a port of its own, as they run in an archive."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
import uvicorn
from starlette.types import ASGIApp

from services.reader.app import create_app
from services.reader.replay.app import create_app as create_replay
from services.reader.replay.settings import ReplaySettings
from services.reader.settings import ReaderSettings
from shared.ledger.captured_urls import CapturedUrls
from shared.ledger.catalogue import Catalogue
from tests.support.stored_evidence import StoredEvidence


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningReader:
    reader_url: str
    replay_url: str


@contextmanager
def served(app: ASGIApp, listening: socket.socket) -> Iterator[None]:
    """Serve an application on a socket that listens already."""
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", server_header=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(10)


def listening_socket() -> tuple[socket.socket, str]:
    """Return a socket on a free port of loopback, and the address of what will be served there."""
    listening = socket.create_server(("127.0.0.1", 0))
    return listening, f"http://127.0.0.1:{listening.getsockname()[1]}"


@contextmanager
def running_reader(stored: StoredEvidence, *, cache_seconds: int = 0) -> Iterator[RunningReader]:
    reader_socket, reader_url = listening_socket()
    replay_socket, replay_url = listening_socket()
    reader = create_app(
        Catalogue(stored.database),
        settings=ReaderSettings(replay_url=replay_url, public_url=reader_url, cache_seconds=cache_seconds),
    )
    replay = create_replay(
        CapturedUrls(stored.database),
        stored.evidence,
        stored.index,
        settings=ReplaySettings(reader_url=reader_url),
    )
    with served(reader, reader_socket), served(replay, replay_socket):
        yield RunningReader(reader_url=reader_url, replay_url=replay_url)


@pytest.fixture
def reading(stored: StoredEvidence) -> Iterator[RunningReader]:
    """The servers over the evidence of `stored`."""
    with running_reader(stored) as running:
        yield running
