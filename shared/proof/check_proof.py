"""Checks a proof pack, or a whole log, without trusting who made it. Needs Python 3.11 and nothing else.

    python check_proof.py PACK.zip --key KEY [--known CHECKPOINT] [--authority CERTIFICATES]
    python check_proof.py --log FOLDER --key KEY [--known CHECKPOINT]

A pack proves that each record of its WACZ file was in the archive's log when the checkpoint was signed, and has
not changed by a byte since. It does not prove that what the publisher sent was true, nor when, beyond the
checkpoint. KEY is the archive's verifier key (name+id+base64). Take it from a place you trust, not from the pack.
CHECKPOINT is a signed checkpoint you kept from before: the log must then still begin with what it held.
CERTIFICATES is the PEM file of the authority that stamped the log: openssl then checks the stamp (RFC 3161).

Exit code 0: all holds. 1: something was altered, and each line says what. 2: the call itself is wrong.
"""

import argparse
import base64
import datetime as dt
import hashlib
import io
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from typing import Any

# What a signature is (RFC 8032 section 5.1, Ed25519) -----------------------------------------------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
BASE = (4 * pow(5, P - 2, P) % P).to_bytes(32, "little")


Point = tuple[int, int, int, int]


def add(one: Point, two: Point) -> Point:
    """Add two points in extended coordinates."""
    a, b = (one[1] - one[0]) * (two[1] - two[0]) % P, (one[1] + one[0]) * (two[1] + two[0]) % P
    c, d = 2 * one[3] * two[3] * D % P, 2 * one[2] * two[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(number: int, point: Point) -> Point:
    """Multiply a point."""
    product: Point = (0, 1, 1, 0)
    while number:
        if number & 1:
            product = add(product, point)
        point, number = add(point, point), number >> 1
    return product


def point_of(data: bytes) -> Point | None:
    """Decode a point, or return None when the 32 bytes are none."""
    y, sign = int.from_bytes(data, "little") & (1 << 255) - 1, data[31] >> 7
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def signature_holds(public: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether 64 bytes are the signature of a message by the key of these 32 bytes."""
    if len(signature) != 64 or len(public) != 32:
        return False
    base, key, commitment = point_of(BASE), point_of(public), point_of(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if base is None or key is None or commitment is None or scalar >= ORDER:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    left, right = times(scalar, base), add(commitment, times(challenge, key))
    return all((left[at] * right[2] - right[at] * left[2]) % P == 0 for at in (0, 1))


# What a checkpoint says (C2SP tlog-checkpoint and signed-note) -------------------------------------------------


class WrongError(Exception):
    """What does not hold, said in one sentence."""


def open_checkpoint(note: str, key_text: str) -> tuple[int, bytes]:
    """Return the size and the root of a checkpoint signed by this key."""
    name, key_id, material = key_text.strip().split("+", 2)
    public = base64.b64decode(material)[1:]
    if hashlib.sha256(f"{name}\n\x01".encode() + public).hexdigest()[:8] != key_id:
        raise WrongError(f"the key of {name} has the id of another key")
    text, _, signatures = note.rpartition("\n\n")
    lines = text.split("\n")
    if len(lines) < 3 or lines[0] != name:
        raise WrongError(f"the checkpoint is none of the log {name}")
    for line in signatures.splitlines():
        mark, signer, encoded = [*line.split(" "), "", ""][:3]
        data = base64.b64decode(encoded)
        if mark == "\u2014" and signer == name and data[:4].hex() == key_id:
            if not signature_holds(public, (text + "\n").encode(), data[4:]):
                raise WrongError("the signature of the checkpoint is wrong: it was altered")
            return int(lines[1]), base64.b64decode(lines[2])
    raise WrongError(f"no signature by the key {name}+{key_id}: the key was swapped, or it is another log")


# What a tree is (RFC 6962 section 2.1) -------------------------------------------------------------------------


def leaf_hash(entry: bytes) -> bytes:
    """Hash a record of the log."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees into one."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_from_leaf(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes | None:
    """Return the root that an audit path leads to (RFC 9162 section 2.1.3.2), None when it fits no such tree."""
    last, reached = size - 1, leaf
    for sibling in path:
        if not last:
            return None
        if index & 1 or index == last:
            reached = node_hash(sibling, reached)
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            reached = node_hash(reached, sibling)
        index, last = index >> 1, last >> 1
    return None if last else reached


def roots_from_steps(old: int, new: int, old_root: bytes, steps: list[bytes]) -> tuple[bytes, bytes] | None:
    """Return both roots that a consistency proof leads to (RFC 9162 section 2.1.4.2)."""
    path = [old_root, *steps] if old & (old - 1) == 0 else steps
    if not path:
        return None
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    first = second = path[0]
    for step in path[1:]:
        if not last:
            return None
        if place & 1 or place == last:
            first, second = node_hash(step, first), node_hash(step, second)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            second = node_hash(second, step)
        place, last = place >> 1, last >> 1
    return None if last else (first, second)


def root_of_leaves(hashes: list[bytes]) -> bytes:
    """Return the root over leaf hashes."""
    stack: list[bytes] = []
    for number, leaf in enumerate(hashes, start=1):
        stack.append(leaf)
        for _ in range((number & -number).bit_length() - 1):
            right = stack.pop()
            stack.append(node_hash(stack.pop(), right))
    reached = stack.pop() if stack else hashlib.sha256(b"").digest()
    while stack:
        reached = node_hash(stack.pop(), reached)
    return reached


def check_same_log(old: int, old_root: bytes, new: int, new_root: bytes) -> None:
    """Check what two checkpoints of one log show by themselves."""
    if old > new:
        raise WrongError(f"the log was rolled back: it had {old} records and has {new}")
    if old == new and old_root != new_root:
        raise WrongError(f"two different logs of {new} records were signed")


# A pack: the records of a WACZ, each with its place in the log -------------------------------------------------


def stored_file(package: bytes, name: str) -> bytes:
    """Return a file of a zip package as it lies there, whatever its checksum says: we have better ones."""
    with zipfile.ZipFile(io.BytesIO(package)) as files:
        info = files.getinfo(name)
    if info.compress_type != zipfile.ZIP_STORED:
        raise WrongError(f"{name} is compressed within the package, as no pack of ours is")
    head = package[info.header_offset : info.header_offset + 30]
    begin = (
        info.header_offset
        + 30
        + int.from_bytes(head[26:28], "little")
        + int.from_bytes(head[28:30], "little")
    )
    return package[begin : begin + info.file_size]


def check_pack(path: pathlib.Path, key: str, known: str | None) -> Iterator[str]:
    """Yield what does not hold in a pack; nothing when all holds."""
    pack = path.read_bytes()
    proof = json.loads(stored_file(pack, "proof.json"))
    warc = stored_file(stored_file(pack, "article.wacz"), "archive/data.warc.gz")
    size, root = open_checkpoint(stored_file(pack, "checkpoint").decode(), key)
    if known:
        yield from check_growth(proof["consistency"], open_checkpoint(known, key), size, root)
    end = 0
    for row in sorted(proof["records"], key=lambda row: row["offset"]):
        entry, begin = json.loads(row["entry"]), row["offset"]
        title = f"{entry['type']} {entry['record']} of {entry['url']}"
        if begin != end:
            yield f"the bytes {end} to {begin} of the WARC are in no row of the log: before {title}"
        end = begin + row["length"]
        if "sha256:" + hashlib.sha256(warc[begin:end]).hexdigest() != entry["digest"]:
            yield f"altered record: {title} has not the digest that was logged"
        steps = [bytes.fromhex(one) for one in row["path"]]
        leaf = leaf_hash(row["entry"].encode())
        if not 0 <= row["index"] < size or root_from_leaf(leaf, row["index"], size, steps) != root:
            yield f"altered row: {title} is not record {row['index']} of the signed log"
    if end != len(warc) or not end:
        yield f"the bytes {end} to {len(warc)} of the WARC are in no row of the log"


def check_growth(proofs: list[Any], known: tuple[int, bytes], size: int, root: bytes) -> Iterator[str]:
    """Yield what does not hold between a checkpoint that was kept and the one of the pack."""
    old, old_root = known
    check_same_log(old, old_root, size, root)
    steps = {proof["size"]: [bytes.fromhex(one) for one in proof["path"]] for proof in proofs}
    if 0 < old < size and old not in steps:
        raise WrongError(f"the pack has no proof from your checkpoint of {old} records: ask for one")
    if 0 < old < size and roots_from_steps(old, size, old_root, steps[old]) != (old_root, root):
        yield f"the log does not begin with the {old} records of the checkpoint you kept"


# A time stamp of an outside authority (RFC 3161), which openssl checks -------------------------------------------


def check_stamp(path: pathlib.Path, key: str, certificates: pathlib.Path) -> Iterator[str]:
    """Yield what does not hold of the time stamp of a pack; say when it is of where all holds."""
    pack = path.read_bytes()
    proof = json.loads(stored_file(pack, "proof.json"))
    try:
        note, stamp = stored_file(pack, "stamp.checkpoint"), stored_file(pack, "stamp.tsr")
    except KeyError:
        raise WrongError("the pack has no time stamp") from None
    size, root = open_checkpoint(stored_file(pack, "checkpoint").decode(), key)
    stamped = open_checkpoint(note.decode(), key)
    yield from check_growth(proof["consistency"], stamped, size, root)
    if any(row["index"] >= stamped[0] for row in proof["records"]):
        yield f"the time stamp covers {stamped[0]} records of the log, and not all of the pack"
    with tempfile.TemporaryDirectory() as name:
        files = [pathlib.Path(name, file) for file in ("checkpoint", "stamp.tsr")]
        for file, data in zip(files, (note, stamp), strict=True):
            file.write_bytes(data)
        told = openssl("-reply", "-in", str(files[1]), "-text")
        found = re.search(r"^Time stamp: (\w+ +\d+ [\d:]+)[.\d]* (\d+) GMT$", told, re.MULTILINE)
        if not found:
            raise WrongError("the time stamp is none")
        at = dt.datetime.strptime(" ".join(found.groups()) + "+0000", "%b %d %H:%M:%S %Y%z")
        options = ("-data", str(files[0]), "-CAfile", str(certificates), "-attime", str(int(at.timestamp())))
        if "Verification: OK" not in openssl("-verify", "-in", str(files[1]), *options):
            yield "the time stamp is not one of this checkpoint by this authority"
            return
    sys.stdout.write(f"STAMPED: the log held {stamped[0]} records by {at.isoformat()}\n")


def openssl(*words: str) -> str:
    """Return what `openssl ts` says."""
    try:
        argv = ["openssl", "ts", *words]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603
    except OSError:
        raise WrongError("the time stamp is not checked: there is no openssl on this machine") from None
    return done.stdout + done.stderr


# A whole log: entries, tiles and checkpoint agree (C2SP tlog-tiles) --------------------------------------------


def path_of(kind: str, index: int, width: int) -> str:
    """Return the name of a tile or bundle."""
    *high, last = f"{index:,}".replace(",", " ").split()
    groups = [*(f"x{int(group):03}" for group in high), f"{int(last):03}"]
    return "/".join(["tile", kind, *groups]) + (f".p/{width}" if width < 256 else "")


def entries_of(bundle: bytes, name: str) -> Iterator[bytes]:
    """Yield the records of a bundle."""
    at = 0
    while at < len(bundle):
        length = int.from_bytes(bundle[at : at + 2], "big")
        if not length or at + 2 + length > len(bundle):
            raise WrongError(f"{name} is damaged at byte {at}")
        yield bundle[at + 2 : at + 2 + length]
        at += 2 + length


def read_file(folder: pathlib.Path, name: str) -> bytes:
    """Read a file of the log."""
    try:
        return (folder / name).read_bytes()
    except OSError:
        raise WrongError(f"{name} is missing from the log") from None


def check_log(folder: pathlib.Path, key: str, known: str | None) -> Iterator[str]:
    """Yield what does not hold in a log; nothing when all holds."""
    size, root = open_checkpoint(read_file(folder, "checkpoint").decode(), key)
    hashes: list[bytes] = []
    for index in range(-(-size // 256)):
        width = min(256, size - index * 256)
        name = path_of("entries", index, width)
        rows = list(entries_of(read_file(folder, name), name))
        tile = read_file(folder, path_of("0", index, width))
        if len(rows) != width:
            yield f"{name} holds {len(rows)} rows where {width} should be: rows were dropped or inserted"
        for place, row in enumerate(rows):
            if leaf_hash(row) != tile[place * 32 : place * 32 + 32]:
                text = row[:200].decode("utf-8", "replace")
                yield f"altered row: {index * 256 + place} is not what the tree holds there: {text}"
        hashes += [leaf_hash(row) for row in rows]
    if root_of_leaves(hashes) != root:
        yield f"the rows do not lead to the root of the signed checkpoint of {size} records"
    if known:
        old, old_root = open_checkpoint(known, key)
        check_same_log(old, old_root, size, root)
        if root_of_leaves(hashes[:old]) != old_root:
            yield f"the log does not begin with the {old} records of the checkpoint you kept"


def main() -> int:
    """Read the arguments, check, and say what was found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pack", nargs="?", type=pathlib.Path, help="a proof pack (.zip)")
    parser.add_argument("--log", type=pathlib.Path, help="a folder that holds a copy of the log instead")
    parser.add_argument("--key", required=True, help="the archive's verifier key, or a file that holds it")
    parser.add_argument("--known", type=pathlib.Path, help="a checkpoint you kept from before")
    parser.add_argument(
        "--authority", type=pathlib.Path, help="certificates of the time stamp authority (PEM)"
    )
    arguments = parser.parse_args()
    if (arguments.pack is None) == (arguments.log is None):
        parser.error("name a pack or a log, one of them")
    if arguments.authority and arguments.pack is None:
        parser.error("a time stamp is checked with a pack")
    key = arguments.key if "+" in arguments.key else pathlib.Path(arguments.key).read_text()
    known = arguments.known.read_text() if arguments.known else None
    check = check_pack if arguments.log is None else check_log
    try:
        faults = list(check(arguments.pack or arguments.log, key, known))
        if arguments.authority:
            faults += check_stamp(arguments.pack, key, arguments.authority)
    except (WrongError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        faults = [str(error) or "the files are damaged"]
    for fault in faults:
        sys.stdout.write(f"FAULT {fault}\n")
    sys.stdout.write("NOT PROVED\n" if faults else "PROVED: every record is in the signed log, unaltered\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
