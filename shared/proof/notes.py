"""Signed checkpoints: what the log held, under a key, as C2SP tlog-checkpoint and signed-note lay it down."""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shared.errors import SettingsError
from shared.proof.merkle import HASH_BYTES, ProofError

_ED25519 = b"\x01"
_NAME = re.compile(r"[^\s+]+")
_SIGNATURE = re.compile(r"— (\S+) ([A-Za-z0-9+/=]+)")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_KEY_ID_BYTES = 4
_PRIVATE_PREFIX = "PRIVATE+KEY+"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What a log held at one moment."""

    origin: str
    """Which log: the name of its key."""
    size: int
    """Records in the log."""
    root: bytes
    """Root of its Merkle tree, 32 bytes."""

    def text(self) -> str:
        """Return the lines that are signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifierKey:
    """The public half of a log's key."""

    name: str
    public: bytes
    """The Ed25519 public key, 32 bytes."""

    @property
    def key_id(self) -> bytes:
        """The four bytes that tell keys of one name apart (signed-note, *key IDs*)."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:_KEY_ID_BYTES]

    def __str__(self) -> str:
        material = base64.b64encode(_ED25519 + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{material}"

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """Read a key as `str` writes it: `name+id+base64`.

        Raises:
            ProofError: It is no such key, or its id is another's.
        """
        name, _, rest = text.strip().partition("+")
        key_id, _, material = rest.partition("+")
        data = _decoded(material, "the verifier key")
        if not _NAME.fullmatch(name) or data[:1] != _ED25519 or len(data) != 1 + HASH_BYTES:
            raise ProofError("this is no Ed25519 verifier key of the form name+id+base64")
        key = cls(name=name, public=data[1:])
        if key.key_id.hex() != key_id:
            raise ProofError(f"the verifier key of {name!r} has the id of another key")
        return key


class LogKey:
    """The private key of a log."""

    def __init__(self, name: str, private: Ed25519PrivateKey) -> None:
        if not _NAME.fullmatch(name):
            raise SettingsError(f"{name!r} cannot name a log: use a name without blanks and '+'")
        self._private = private
        self.verifier = VerifierKey(name=name, public=private.public_key().public_bytes_raw())

    @classmethod
    def generate(cls, name: str) -> "LogKey":
        """Return a new key."""
        return cls(name, Ed25519PrivateKey.generate())

    @classmethod
    def parse(cls, text: str) -> "LogKey":
        """Read a key as `secret` writes it: `PRIVATE+KEY+name+id+base64`.

        Raises:
            SettingsError: It is no such key.
        """
        body = text.strip().removeprefix(_PRIVATE_PREFIX)
        name, _, rest = body.partition("+")
        key_id, _, material = rest.partition("+")
        try:
            data = _decoded(material, "the log key")
            key = cls(name, Ed25519PrivateKey.from_private_bytes(data[1:]))
        except (ProofError, ValueError):
            raise SettingsError(
                "the log key is damaged; restore it from a copy, or make a new log with a new key"
            ) from None
        if data[:1] != _ED25519 or key.verifier.key_id.hex() != key_id:
            raise SettingsError("the log key and its id do not belong together; restore it from a copy")
        return key

    def secret(self) -> str:
        """Return the key as text for a file that only its owner may read."""
        material = base64.b64encode(_ED25519 + self._private.private_bytes_raw()).decode()
        return f"{_PRIVATE_PREFIX}{self.verifier.name}+{self.verifier.key_id.hex()}+{material}"

    def sign(self, checkpoint: Checkpoint) -> str:
        """Return a checkpoint as a signed note."""
        text = checkpoint.text()
        signature = self.verifier.key_id + self._private.sign(text.encode())
        return f"{text}\n— {self.verifier.name} {base64.b64encode(signature).decode()}\n"


def open_checkpoint(note: str, key: VerifierKey) -> Checkpoint:
    """Return a checkpoint whose signature by this key holds. Lines of other signers are passed over.

    Raises:
        ProofError: It is no checkpoint of this log, or the signature is missing or wrong.
    """
    text, blank, signatures = note.rpartition("\n\n")
    if not blank:
        raise ProofError("this is no signed checkpoint: there is no blank line before the signatures")
    text += "\n"
    if not any(_is_signed(line, text, key) for line in signatures.splitlines()):
        raise ProofError(f"the checkpoint is not signed by the key {key.name}+{key.key_id.hex()}")
    return _parsed(text, key)


def _is_signed(line: str, text: str, key: VerifierKey) -> bool:
    match = _SIGNATURE.fullmatch(line)
    if match is None or match[1] != key.name:
        return False
    data = _decoded(match[2], "a signature")
    if data[:_KEY_ID_BYTES] != key.key_id:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(data[_KEY_ID_BYTES:], text.encode())
    except InvalidSignature:
        raise ProofError(f"the signature by {key.name} is wrong: the checkpoint was altered") from None
    return True


def _parsed(text: str, key: VerifierKey) -> Checkpoint:
    lines = text.splitlines()
    if len(lines) < 3 or not _SIZE.fullmatch(lines[1]):
        raise ProofError("the checkpoint does not hold a name, a size and a root in three lines")
    root = _decoded(lines[2], "the root")
    if lines[0] != key.name or len(root) != HASH_BYTES:
        raise ProofError(f"the checkpoint is one of the log {lines[0]!r}, not of {key.name!r}")
    return Checkpoint(origin=lines[0], size=int(lines[1]), root=root)


def _decoded(text: str, what: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ProofError(f"{what} is not base64") from None
