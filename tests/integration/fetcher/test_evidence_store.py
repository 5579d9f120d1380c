"""The evidence store on a real S3 server."""

import os
import socket
from pathlib import Path

import pytest

from shared.errors import RejectError, SettingsError, TryAgainError
from shared.evidence import EvidenceKeyError, EvidenceMissingError, EvidenceStore, check_key
from shared.settings import EvidenceSettings
from tests.support.raw_server import page, running_raw_server
from tests.support.servers import ObjectStore


def settings_for(s3: ObjectStore, **changes: str) -> EvidenceSettings:
    values = {
        "endpoint": s3.endpoint,
        "bucket": "store-test",
        "access_key": s3.access_key,
        "secret_key": s3.secret_key,
        "region": s3.region,
    }
    return EvidenceSettings(**(values | changes))


@pytest.fixture(scope="module")
def store(s3: ObjectStore) -> EvidenceStore:
    made = EvidenceStore(settings_for(s3))
    made.ensure_bucket()
    return made


def test_making_the_bucket_twice_is_harmless(store: EvidenceStore) -> None:
    store.ensure_bucket()

    store.self_test()

    assert list(store.keys("probe/")) == []


def test_what_is_put_is_read_back_whole_and_in_parts(store: EvidenceStore) -> None:
    data = bytes(range(256)) * 1000

    store.put("warc/2026/a.warc.gz", data, content_type="application/warc")

    assert store.get("warc/2026/a.warc.gz") == data
    assert store.get_range("warc/2026/a.warc.gz", offset=255, length=3) == b"\xff\x00\x01"
    assert store.get_range("warc/2026/a.warc.gz", offset=len(data) - 1, length=1) == b"\xff"
    assert store.size("warc/2026/a.warc.gz") == len(data)


def test_a_file_is_put_without_being_read_into_memory_first(store: EvidenceStore, tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(os.urandom(3_000_000))

    store.put("warc/large", path, content_type="application/warc")

    assert store.get("warc/large") == path.read_bytes()


def test_putting_the_same_object_again_changes_nothing(store: EvidenceStore) -> None:
    for _ in range(2):
        store.put("articles/twice", b"same", content_type="application/json")

    assert store.get("articles/twice") == b"same"


def test_the_keys_under_a_prefix_are_listed_in_order(store: EvidenceStore) -> None:
    for name in ("b", "a", "c"):
        store.put(f"list/{name}", b"x", content_type="text/plain")

    assert list(store.keys("list/")) == ["list/a", "list/b", "list/c"]
    assert list(store.keys("nothing/")) == []


def test_an_object_that_is_not_there_is_missing_evidence(store: EvidenceStore) -> None:
    with pytest.raises(EvidenceMissingError, match="warc/never"):
        store.get("warc/never")
    with pytest.raises(EvidenceMissingError):
        store.get_range("warc/never", offset=0, length=1)
    assert store.size("warc/never") is None


def test_a_range_beyond_the_object_is_rejected(store: EvidenceStore) -> None:
    store.put("warc/short", b"12345", content_type="text/plain")

    for offset, length in ((3, 5), (5, 1), (-1, 2), (0, 0)):
        with pytest.raises(RejectError):
            store.get_range("warc/short", offset=offset, length=length)


def test_a_store_that_does_not_answer_is_tried_again_later(s3: ObjectStore) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    gone = EvidenceStore(settings_for(s3, endpoint=f"http://127.0.0.1:{port}"))

    with pytest.raises(TryAgainError):
        gone.self_test()
    with pytest.raises(TryAgainError):
        gone.ensure_bucket()


def test_a_store_that_is_out_of_order_is_tried_again_later(s3: ObjectStore) -> None:
    with running_raw_server() as broken:
        broken.url("/store-test/warc/x", b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\n\r\n")

        with pytest.raises(TryAgainError):
            EvidenceStore(settings_for(s3, endpoint=broken.origin)).get("warc/x")


def test_a_store_that_gives_back_other_bytes_is_caught(s3: ObjectStore) -> None:
    with running_raw_server() as liar:
        answers = iter([page(b""), page(b"other")])
        liar.url("/store-test/warc/x", lambda connection: connection.sendall(next(answers)))

        with pytest.raises(TryAgainError, match="other bytes"):
            EvidenceStore(settings_for(s3, endpoint=liar.origin)).put(
                "warc/x", b"", content_type="text/plain"
            )


@pytest.mark.parametrize("changes", [{"secret_key": "wrong"}, {"access_key": "nobody"}])
def test_wrong_credentials_are_a_fault_of_the_settings(changes: dict[str, str], s3: ObjectStore) -> None:
    with pytest.raises(SettingsError, match="PRESSMARK_S3"):
        EvidenceStore(settings_for(s3, **changes)).put("warc/x", b"x", content_type="text/plain")


def test_a_child_process_makes_its_own_client(store: EvidenceStore) -> None:
    store.put("warc/fork", b"here", content_type="text/plain")

    child = os.fork()
    if child == 0:
        os._exit(0 if store.get("warc/fork") == b"here" else 1)
    _, status = os.waitpid(child, 0)

    assert status == 0
    assert store.get("warc/fork") == b"here"


def test_a_secret_is_not_shown(s3: ObjectStore) -> None:
    assert s3.secret_key not in repr(settings_for(s3))


@pytest.mark.parametrize(
    "key", ["warc/2026/11/23/0c9d-1.warc.gz", "a", "a/b_c.d", "a" * 200, ("a" * 199 + "/") * 4 + "b"]
)
def test_a_key_of_dates_digests_and_ids_is_good(key: str) -> None:
    assert check_key(key) == key


@pytest.mark.parametrize(
    "key",
    ["", "/a", "a/", "a//b", "../a", "a/../b", "a/./b", "A", "é", "a b", "a?b", "a#b", "a%2e", "a\\b", "a\x00",
     "a\n", "a" * 201, ("a" * 100 + "/") * 9 + "a"],
)  # fmt: skip
def test_any_other_key_is_refused(key: str, store: EvidenceStore) -> None:
    with pytest.raises(EvidenceKeyError):
        store.put(key, b"x", content_type="text/plain")
