"""The CRC-32 of two byte strings one after the other, from that of each (the way of zlib's `crc32_combine`)."""

from functools import cache

__all__ = ["combined_crc32"]

_POLYNOMIAL = 0xEDB88320


def combined_crc32(first: int, second: int, second_size: int) -> int:
    """Return the CRC-32 of two strings together.

    Args:
        first: That of the first one.
        second: That of the second one.
        second_size: Bytes of the second one.
    """
    power = 3  # Of bits; eight of them are a byte.
    while second_size:
        if second_size & 1:
            first = _applied(_zeros(power), first)
        second_size >>= 1
        power += 1
    return first ^ second


@cache
def _zeros(power: int) -> tuple[int, ...]:
    """Return what 2**power bits of zero do to a CRC, as a matrix over GF(2): one word for each bit."""
    if power == 0:
        return (_POLYNOMIAL, *(1 << bit for bit in range(31)))
    half = _zeros(power - 1)
    return tuple(_applied(half, word) for word in half)


def _applied(matrix: tuple[int, ...], vector: int) -> int:
    product, bit = 0, 0
    while vector:
        if vector & 1:
            product ^= matrix[bit]
        vector >>= 1
        bit += 1
    return product
