"""The object store that holds the evidence, over S3. The one module that knows boto3.

S3 servers differ in conditional writes, tags, user metadata and their own checksums, so nothing here rests on
them: a key is written by one lease only, and what was written is read back and compared by SHA-256.
"""

import contextlib
import hashlib
import os
import re
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from shared.errors import PressmarkError, RejectError, SettingsError, TryAgainError
from shared.metrics import OBJECT_STORE_SECONDS
from shared.settings import EvidenceSettings

_KEY = re.compile(r"[a-z0-9_.-]{1,200}(/[a-z0-9_.-]{1,200})*")
MAX_KEY_BYTES = 900
_READ_PIECE = 1024 * 1024
_NOT_FOUND = frozenset({"NoSuchKey", "404", "NotFound"})
_DENIED = frozenset(
    {
        "403",
        "AccessDenied",
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "NoSuchBucket",
        "InvalidBucketName",
    }
)
_OWNED = frozenset({"BucketAlreadyOwnedByYou", "BucketAlreadyExists"})


class EvidenceMissingError(RejectError):
    """An object the ledger points at is not in the store. Restore it from a copy, or run the fixity check."""

    def __init__(self, key: str) -> None:
        super().__init__(f"there is no object {key!r} in the evidence store")
        self.key = key


class EvidenceKeyError(PressmarkError):
    """A key was to be used that our key policy does not allow: a fault of the caller."""


def check_key(key: str) -> str:
    """Return a key that keeps the policy: `[a-z0-9/_.-]`, no empty or dotted segment, segments up to 200 bytes.

    Raises:
        EvidenceKeyError: It does not.
    """
    dotted = any(segment in (".", "..") for segment in key.split("/"))
    if dotted or len(key) > MAX_KEY_BYTES or not _KEY.fullmatch(key):
        raise EvidenceKeyError(
            f"{key[:80]!r} is no evidence key: build keys from dates, digests and ids only"
        )
    return key


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedObject:
    """An object as a listing of the bucket tells of it."""

    key: str
    bytes: int
    modified_at: datetime


class EvidenceStore:
    """One bucket. The client inside is made on first use in each process, so a store survives a fork."""

    def __init__(self, settings: EvidenceSettings) -> None:
        self._settings = settings
        self._clients: dict[int, Any] = {}

    @property
    def _client(self) -> Any:  # noqa: ANN401 -- boto3 builds its classes at run time and ships no types
        client = self._clients.get(os.getpid())
        if client is None:
            client = self._clients[os.getpid()] = _new_client(self._settings)
        return client

    def ensure_bucket(self) -> None:
        """Make the bucket unless it is there.

        Raises:
            TryAgainError: The store did not answer.
            SettingsError: It refused our credentials.
        """
        bucket = self._settings.bucket
        with _translated(bucket, "ensure_bucket"):
            try:
                self._client.head_bucket(Bucket=bucket)
            except ClientError as error:
                if _code(error) not in _NOT_FOUND | {"NoSuchBucket"}:
                    raise
                self._create_bucket()

    def _create_bucket(self) -> None:
        place = {}
        if self._settings.endpoint is None and self._settings.region != "us-east-1":
            place = {"CreateBucketConfiguration": {"LocationConstraint": self._settings.region}}
        try:
            self._client.create_bucket(Bucket=self._settings.bucket, **place)
        except ClientError as error:
            # Two processes may start at once.
            if _code(error) not in _OWNED:
                raise

    def put(self, key: str, data: bytes | Path, *, content_type: str) -> None:
        """Store an object and prove that it can be read back as it is.

        Args:
            key: Where to; see `check_key`.
            data: The bytes, or a file that holds them.
            content_type: The media type the store gives out with it.

        Raises:
            TryAgainError: The store did not answer, or gave back other bytes.
            SettingsError: It refused our credentials or has no such bucket.
        """
        check_key(key)
        with _translated(key, "put"):
            if isinstance(data, Path):
                with data.open("rb") as file:
                    expected = hashlib.file_digest(file, "sha256").digest()
                    file.seek(0)
                    self._put_body(key, file, content_type)
            else:
                expected = hashlib.sha256(data).digest()
                self._put_body(key, data, content_type)
            stored = self._stored_digest(key)
        if stored != expected:
            raise TryAgainError(f"the evidence store gave back other bytes than were written to {key!r}")

    def _put_body(self, key: str, body: object, content_type: str) -> None:
        self._client.put_object(Bucket=self._settings.bucket, Key=key, Body=body, ContentType=content_type)

    def _stored_digest(self, key: str) -> bytes:
        digest = hashlib.sha256()
        body = self._client.get_object(Bucket=self._settings.bucket, Key=key)["Body"]
        with contextlib.closing(body):
            for piece in body.iter_chunks(_READ_PIECE):
                digest.update(piece)
        return digest.digest()

    def get(self, key: str) -> bytes:
        """Return a whole object.

        Raises:
            EvidenceMissingError: There is none.
            TryAgainError: The store did not answer.
        """
        return self._read(key, {})

    def download(self, key: str, path: Path) -> str:
        """Write a whole object to a file, piece by piece, and return its SHA-256 in hexadecimal.

        Raises:
            EvidenceMissingError: There is none.
            TryAgainError: The store did not answer.
        """
        check_key(key)
        digest = hashlib.sha256()
        with _translated(key, "get"), path.open("wb") as file:
            body = self._client.get_object(Bucket=self._settings.bucket, Key=key)["Body"]
            with contextlib.closing(body):
                for piece in body.iter_chunks(_READ_PIECE):
                    digest.update(piece)
                    file.write(piece)
        return digest.hexdigest()

    def get_range(self, key: str, *, offset: int, length: int) -> bytes:
        """Return `length` bytes of an object from `offset` on.

        Raises:
            EvidenceMissingError: There is no such object.
            RejectError: The object ends before the range does.
            TryAgainError: The store did not answer.
        """
        if offset < 0 or length < 1:
            raise RejectError(f"{length} bytes from {offset} are no range of {key!r}")
        data = self._read(key, {"Range": f"bytes={offset}-{offset + length - 1}"})
        if len(data) != length:
            raise RejectError(f"{key!r} has {len(data)} bytes from {offset} on where {length} should be")
        return data

    def _read(self, key: str, options: dict[str, str]) -> bytes:
        check_key(key)
        with _translated(key, "get"):
            body = self._client.get_object(Bucket=self._settings.bucket, Key=key, **options)["Body"]
            with contextlib.closing(body):
                return bytes(body.read())

    def size(self, key: str) -> int | None:
        """Return the bytes of an object, or None when there is none."""
        check_key(key)
        try:
            with _translated(key, "head"):
                return int(self._client.head_object(Bucket=self._settings.bucket, Key=key)["ContentLength"])
        except EvidenceMissingError:
            return None

    def modified_at(self, key: str) -> datetime | None:
        """Return when an object was written, or None when there is none."""
        check_key(key)
        try:
            with _translated(key, "head"):
                head = self._client.head_object(Bucket=self._settings.bucket, Key=key)
                modified: datetime = head["LastModified"]
                return modified
        except EvidenceMissingError:
            return None

    def delete(self, key: str) -> None:
        """Remove an object. Only what has been copied and read back elsewhere may go; see compaction.

        Raises:
            TryAgainError: The store did not answer.
        """
        check_key(key)
        with _translated(key, "delete"):
            self._client.delete_object(Bucket=self._settings.bucket, Key=key)

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin with a prefix, in the order of their bytes."""
        for listed in self.listed(prefix):
            yield listed.key

    def listed(self, prefix: str) -> Iterator["ListedObject"]:
        """Yield the objects whose keys begin with a prefix, in the order of their keys' bytes."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._settings.bucket, Prefix=prefix
        )
        with _translated(prefix, None):
            for page in pages:
                for item in page.get("Contents", ()):
                    yield ListedObject(key=item["Key"], bytes=item["Size"], modified_at=item["LastModified"])

    def self_test(self) -> None:
        """Write, read and delete a probe, as at the start of every service.

        Raises:
            TryAgainError: The store did not answer or gave back other bytes.
            SettingsError: It refused our credentials or has no such bucket.
        """
        token = secrets.token_hex(8)
        key = f"probe/{token}"
        self.put(key, token.encode("ascii"), content_type="text/plain")
        if self.get_range(key, offset=4, length=8) != token[4:12].encode("ascii"):
            raise TryAgainError("the evidence store answers a range with other bytes than were asked for")
        with _translated(key, "delete"):
            self._client.delete_object(Bucket=self._settings.bucket, Key=key)


def _new_client(settings: EvidenceSettings) -> Any:  # noqa: ANN401 -- as _client
    config = Config(
        signature_version="s3v4",
        s3={"addressing_style": "path"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        connect_timeout=3,
        read_timeout=10,
        retries={"mode": "standard", "total_max_attempts": 2},
        max_pool_connections=16,
        # Put together anew for each request otherwise, a tenth of the time of a request.
        user_agent="pressmark",
    )
    session = boto3.session.Session(
        aws_access_key_id=settings.access_key,
        aws_secret_access_key=settings.secret_key,
        region_name=settings.region,
    )
    return session.client("s3", endpoint_url=settings.endpoint, config=config)


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


@contextlib.contextmanager
def _translated(key: str, operation: str | None) -> Iterator[None]:
    """Turn the errors of boto3 into ours, and time the operation. One without a name is not timed."""
    started, outcome = time.monotonic(), "refused"
    try:
        yield
        outcome = "done"
    except ClientError as error:
        own = _own_error(error, key)
        outcome = _outcome_of(own)
        raise own from error
    except BotoCoreError as error:
        outcome = "postponed"
        raise TryAgainError(
            f"the evidence store did not answer for {key!r} ({type(error).__name__})"
        ) from error
    finally:
        if operation is not None:
            OBJECT_STORE_SECONDS.labels(operation, outcome).observe(time.monotonic() - started)


def _outcome_of(error: PressmarkError) -> str:
    if isinstance(error, EvidenceMissingError):
        return "missing"
    return "postponed" if isinstance(error, TryAgainError) else "refused"


def _own_error(error: ClientError, key: str) -> PressmarkError:
    code = _code(error)
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in _DENIED or status == 403:
        return SettingsError(
            f"the evidence store refused us ({code}): check PRESSMARK_S3_BUCKET and the S3 keys"
        )
    if code in _NOT_FOUND or status == 404:
        return EvidenceMissingError(key)
    if status >= 500 or status in (408, 429) or code in ("SlowDown", "RequestTimeout"):
        return TryAgainError(f"the evidence store is out of order for {key!r} ({code or status})")
    return RejectError(f"the evidence store rejected {key!r} ({code or status})")
