"""As much of DER (ITU-T X.690) as time stamps need: values with their tags, read and written."""

from collections.abc import Iterator
from dataclasses import dataclass

from shared.proof.merkle import ProofError

__all__ = [
    "INTEGER",
    "NULL",
    "OBJECT",
    "OCTETS",
    "SEQUENCE",
    "SET",
    "Value",
    "encoded",
    "number",
    "only",
    "values",
]

INTEGER, OCTETS, NULL, OBJECT, SEQUENCE, SET = 0x02, 0x04, 0x05, 0x06, 0x30, 0x31
_LONGEST_LENGTH = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One value: its tag, what it holds, and all its bytes."""

    tag: int
    content: bytes
    whole: bytes

    def inner(self) -> list["Value"]:
        """Return the values that it holds."""
        return list(values(self.content))

    def as_number(self) -> int:
        """Return it as an integer."""
        return int.from_bytes(self.content, "big", signed=True)


def values(data: bytes) -> Iterator[Value]:
    """Yield the values that stand one after the other.

    Raises:
        ProofError: They end in the midst of one, or have a form that DER forbids.
    """
    at = 0
    while at < len(data):
        begin, length, at = at, _length(data, at + 1), at + 2
        if length >= 0x80:
            size = length & 0x7F
            if not 0 < size <= _LONGEST_LENGTH or at + size > len(data):
                raise ProofError(f"the time stamp is damaged: a length at byte {begin} is none of DER")
            length, at = int.from_bytes(data[at : at + size], "big"), at + size
        if data[begin] & 0x1F == 0x1F or at + length > len(data):
            raise ProofError(f"the time stamp is damaged at byte {begin}")
        yield Value(tag=data[begin], content=data[at : at + length], whole=data[begin : at + length])
        at += length


def _length(data: bytes, at: int) -> int:
    if at >= len(data):
        raise ProofError("the time stamp is cut off")
    return data[at]


def only(data: bytes, tag: int) -> Value:
    """Return the one value that stands there and has this tag.

    Raises:
        ProofError: There is none, another, or more.
    """
    found = list(values(data))
    if len(found) != 1 or found[0].tag != tag:
        raise ProofError("the time stamp is damaged: another kind of value stands where one was due")
    return found[0]


def encoded(tag: int, *parts: bytes) -> bytes:
    """Return a value of these parts."""
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def number(value: int) -> bytes:
    """Return a number that is not negative as a DER integer."""
    return encoded(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))
