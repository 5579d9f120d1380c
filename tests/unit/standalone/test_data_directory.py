import os
import socket
import stat
from pathlib import Path

import pytest

from services.standalone.data import DataDirectory, default_data_path
from services.standalone.errors import DataDirectoryError, StackRunningError
from services.standalone.ports import choose_ports, is_free


@pytest.fixture
def data(tmp_path: Path) -> DataDirectory:
    data = DataDirectory(tmp_path / "data")
    data.create()
    return data


def test_only_one_lock_is_given_and_the_refusal_names_its_holder(data: DataDirectory) -> None:
    with data.lock():
        with pytest.raises(StackRunningError) as refusal:
            DataDirectory(data.path).lock()
        assert data.is_locked()

    assert refusal.value.pid == os.getpid()
    assert not data.is_locked()


def test_passwords_are_made_once_and_differ(data: DataDirectory) -> None:
    made = data.secrets()

    assert DataDirectory(data.path).secrets() == made
    assert len(set(made.model_dump().values())) == 5
    assert stat.S_IMODE((data.path / "secrets.json").stat().st_mode) == 0o600


def test_a_directory_that_cannot_be_made_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(DataDirectoryError, match=r"file/data cannot be made .* --data DIR"):
        DataDirectory(tmp_path / "file" / "data").create()


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"PRESSMARK_DATA": "/archive", "XDG_DATA_HOME": "/xdg"}, "/archive"),
        ({"XDG_DATA_HOME": "/xdg", "HOME": "/home/reader"}, "/xdg/pressmark"),
        ({"HOME": "/home/reader"}, "/home/reader/.local/share/pressmark"),
    ],
)
def test_the_data_directory_is_where_the_environment_says(
    environment: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PRESSMARK_DATA", "XDG_DATA_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert default_data_path() == Path(expected)


def test_remembered_ports_are_kept_while_they_are_free(data: DataDirectory) -> None:
    first = choose_ports(("reader", "s3"), configured={}, remembered={})
    data.remember_ports(first)

    again = choose_ports(("reader", "s3"), configured={}, remembered=data.remembered_ports())

    assert again == first
    assert len(set(first.values())) == 2


def test_a_remembered_port_that_somebody_took_is_chosen_anew() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        chosen = choose_ports(("reader",), configured={}, remembered={"reader": port})

    assert chosen["reader"] != port


def test_a_port_that_was_asked_for_is_used_or_refused_but_never_replaced() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert not is_free(port)
        with pytest.raises(OSError, match=f"port {port}, asked for by reader, is taken"):
            choose_ports(("reader",), configured={"reader": port}, remembered={})

    assert choose_ports(("reader",), configured={"reader": port}, remembered={}) == {"reader": port}
