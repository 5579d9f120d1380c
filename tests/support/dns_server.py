"""A name server on loopback that answers each name with the fault its first label asks for (RFC 1035)."""

import contextlib
import socket
import struct
import threading
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

HOSTILE = "127.77.0.1"
A, CNAME, AAAA = 1, 5, 28
NXDOMAIN, SERVFAIL, REFUSED = 3, 2, 5
CODES = {"nxdomain": NXDOMAIN, "servfail": SERVFAIL, "refused": REFUSED, "empty": 0}
FORBIDDEN = {
    "loopback": ["127.0.0.1"],
    "private": ["10.0.0.1"],
    "metadata": ["169.254.169.254"],
    "zero": ["0.0.0.0"],
    "mixed": ["127.0.0.1", HOSTILE],
    "six": ["::1"],
    "mapped": ["::ffff:127.0.0.1"],
    "nat64": ["64:ff9b::7f00:1"],
}
CROWD = [f"127.77.1.{number}" for number in range(1, 251)]


class NameServer:
    """Answers over UDP and, where a message is too long for that, over TCP."""

    def __init__(self, address: str) -> None:
        self.asked: Counter[str] = Counter()
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind((address, 53))
        self._tcp = socket.create_server((address, 53))
        for serve in (self._serve_udp, self._serve_tcp):
            threading.Thread(target=serve, daemon=True).start()

    def _serve_udp(self) -> None:
        while True:
            message, peer = self._udp.recvfrom(4096)
            answer = self._answer(message)
            if answer is not None:
                long = len(answer) > 512
                cut = answer[:2] + bytes([answer[2] | 2]) + answer[3:12]  # TC, and no records
                self._udp.sendto(_without_records(cut, message) if long else answer, peer)

    def _serve_tcp(self) -> None:
        while True:
            connection, _ = self._tcp.accept()
            with connection, contextlib.suppress(OSError):
                length = struct.unpack(">H", connection.recv(2, socket.MSG_WAITALL))[0]
                answer = self._answer(connection.recv(length, socket.MSG_WAITALL))
                if answer is not None:
                    connection.sendall(struct.pack(">H", len(answer)) + answer)

    def _answer(self, message: bytes) -> bytes | None:
        name, kind = _question(message)
        fault = name.partition(".")[0]
        self.asked[f"{name} {kind}"] += 1
        if fault == "silent":
            return None
        if fault == "garbage":
            return message[:2] + b"\xff" * 40
        if fault == "forged":
            return bytes([message[0] ^ 255]) + _answer_to(message, [(name, A, HOSTILE)])[1:]
        return _answer_to(message, _records(fault, name, kind), code=CODES.get(fault, 0))


Record = tuple[str, int, str]
"""The name it is about, its type and its value."""


def _records(fault: str, name: str, kind: int) -> list[Record]:
    if fault in CODES:
        return []
    if fault.startswith("circle"):
        return [(name, CNAME, "circle2.example"), ("circle2.example", CNAME, name)]
    if fault.startswith("chain"):
        names = [name, *(f"c{number}.example" for number in range(int(fault.removeprefix("chain"))))]
        links = [(one, CNAME, other) for one, other in pairwise(names)]
        return [*links, *_records("", names[-1], kind)]
    found = FORBIDDEN.get(fault, CROWD if fault == "crowd" else [HOSTILE])
    return [(name, kind, address) for address in found if kind == (AAAA if ":" in address else A)]


def _answer_to(message: bytes, records: Sequence[Record], code: int = 0) -> bytes:
    end = message.index(b"\0", 12) + 5
    head = message[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, len(records), 0, 0)
    return head + message[12:end] + b"".join(_record(*record) for record in records)


def _record(name: str, kind: int, value: str) -> bytes:
    """Write a record that is to be kept for no time at all."""
    if kind == CNAME:
        data = _written(value)
    else:
        data = socket.inet_pton(socket.AF_INET if kind == A else socket.AF_INET6, value)
    return _written(name) + struct.pack(">HHIH", kind, 1, 0, len(data)) + data


def _written(name: str) -> bytes:
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def _question(message: bytes) -> tuple[str, int]:
    labels, at = [], 12
    while message[at]:
        labels.append(message[at + 1 : at + 1 + message[at]].decode("ascii").lower())
        at += 1 + message[at]
    return ".".join(labels), struct.unpack(">H", message[at + 1 : at + 3])[0]


def _without_records(head: bytes, message: bytes) -> bytes:
    end = message.index(b"\0", 12) + 5
    return head[:4] + struct.pack(">HHHH", 1, 0, 0, 0) + message[12:end]
