"""The named fields of WARC records and of the blocks that hold such fields. Nothing here is written yet."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import quote

from services.fetcher.outcomes import Fetched, NotFetched, PreviousCapture, Timings
from shared.errors import PressmarkError
from shared.http_message import head_oddities

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_URI_CHARACTERS = "!#$%&'()*+,/:;=?@[]~^`{|}"
_PLAIN_URI = re.compile(r"[!#-;=?-\[\]-~]*")
"""What `escaped` leaves as it is: printable ASCII without space, double quote, backslash and angle brackets."""

Field = tuple[str, str]


class WarcFieldError(PressmarkError):
    """A value with a control character was to become a WARC header field. Nothing was written."""


def warc_date(moment: datetime) -> str:
    """Write a time as WARC-Date with microseconds (WARC 1.1 §5.4)."""
    return f"{moment.astimezone(UTC).isoformat(timespec='microseconds')[:-6]}Z"


def exchange_fields(outcome: Fetched) -> list[Field]:
    """Say which address was asked, and which machine answered."""
    fields = [("WARC-Target-URI", outcome.target.url)]
    if outcome.ip:
        fields.append(("WARC-IP-Address", outcome.ip))
    return fields


def reference_fields(previous: PreviousCapture) -> list[Field]:
    """Say which record holds the payload that a revisit repeats (WARC 1.1 §5.11 to §5.13)."""
    return [
        ("WARC-Refers-To", previous.record_id),
        ("WARC-Refers-To-Target-URI", previous.url),
        ("WARC-Refers-To-Date", warc_date(previous.date)),
    ]


def story_fields(outcome: Fetched | NotFetched) -> list[Field]:
    """Say where a look came from and what is remarkable about it."""
    target = outcome.target
    fields = [("via", escaped(target.via))] if target.via else []
    # What only the ledger knows else: with these a ledger can be made anew of the evidence alone.
    told = (("source", target.source), ("kind", target.kind))
    found = (("foundTitle", target.found_title), ("foundDate", target.found_date))
    fields += [(name, value) for name, value in told if value]
    fields += [(name, quote(value, safe=" ")) for name, value in found if value]
    if target.proxy is not None:
        fields.append(("proxy", escaped(_without_secrets(target.proxy))))
    if target.hops is not None:
        fields.append(("hopsFromSeed", escaped(target.hops)))
    if target.robots != "obey":
        fields.append(("robots", escaped(target.robots, safe=" " + _URI_CHARACTERS)))
    if isinstance(outcome, NotFetched):
        fields.append(("fetchFailure", outcome.reason.value))
        fields.append(("fetchFailureDetail", escaped(outcome.detail, safe=" " + _URI_CHARACTERS)))
        if outcome.partial:
            fields.append(("partialReply", quote(outcome.partial)))
        return fields
    if outcome.interim_heads:
        fields.append(("interimHeads", str(outcome.interim_heads)))
    if oddities := head_oddities(outcome.raw_head):
        fields.append(("headOddities", ", ".join(oddities)))
    return fields + _tls_fields(outcome)


def _tls_fields(outcome: Fetched) -> list[Field]:
    """Say how the exchange was protected, in the words of the proposed WARC-Protocol and WARC-Cipher-Suite."""
    fields = []
    if outcome.tls_verified is not None:
        fields.append(("tlsVerified", "yes" if outcome.tls_verified else "no"))
    if outcome.tls is not None:
        story = (("protocol", outcome.tls.protocol), ("cipherSuite", outcome.tls.cipher_suite))
        fields += [field for field in (*story, ("tlsFault", outcome.tls.fault)) if field[1]]
    return fields


def _without_secrets(proxy: str) -> str:
    scheme, _, rest = proxy.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


def timing_fields(timings: Timings) -> list[Field]:
    """Say how long each phase of a look took, in whole milliseconds."""
    return [
        ("fetchTimeMs", str(round(timings.total * 1000))),
        ("dnsMs", str(round(timings.dns * 1000))),
        ("connectMs", str(round(timings.connect * 1000))),
        ("tlsMs", str(round(timings.tls * 1000))),
        ("firstByteMs", str(round(timings.first_byte * 1000))),
    ]


def escaped(text: str, safe: str = _URI_CHARACTERS) -> str:
    """Percent-encode what may not stand in a header; a canonical URL comes back as it is."""
    return text if _PLAIN_URI.fullmatch(text) else quote(text, safe=safe)


def field_lines(fields: Sequence[Field]) -> bytes:
    """Write named fields, one a line.

    Raises:
        WarcFieldError: A name or a value holds a control character, so it could end its line.
    """
    lines = [f"{name}: {value}" for name, value in fields]
    # No control character is printable, and this question is cheaper than a search.
    if not "".join(lines).isprintable() and any(_CONTROL.search(line) for line in lines):
        raise WarcFieldError("a WARC field may hold no control character; the gate must refuse such a URL")
    return ("\r\n".join(lines) + "\r\n").encode("utf-8")
