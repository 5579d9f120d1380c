"""From bytes to text, in the order that archived pages need.

A byte order mark, then the 7-bit ISO-2022 encodings (which strict UTF-8 would accept as garbage), then strict
UTF-8 before any label, because archives re-save pages as UTF-8 and leave a stale `<meta charset>` in them; then
the label of the HTTP header, the label of the page, and at last a detector. Only labels of the WHATWG Encoding
Standard count: Python knows codecs, such as `utf-7` or `idna`, that no browser would apply to a page.

Two labels are not believed, because they lie: one whose encoding cannot be that of the bytes, and a server's
`iso-8859-1` (what servers say of files they know nothing about) for bytes that are whole characters of another
encoding, as the page says itself or as the detector finds.
"""

import codecs
import re
from dataclasses import dataclass

from services.normalizer.optional import optional_module

_DETECTOR = optional_module("chardetng_py")
_META_BYTES = 4096
_MOSTLY_UTF8_RATIO = 200
_DETECTOR_BYTES = 65_536
_ENOUGH_FOREIGN = 40
"""Bytes outside ASCII from which on the detector is believed against a server's default label."""
_BROKEN_SHARE = 50
"""A label is not believed when more than one in so many characters outside ASCII is none."""
_DEFAULT_LABELS = frozenset({"iso-8859-1", "latin1"})
_WESTERN = frozenset({"cp1252", "iso8859_15", "mac_roman"})

_META_LABEL = re.compile(rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([a-zA-Z0-9_:.\-]+)", re.IGNORECASE)
_XML_LABEL = re.compile(rb"^\s*<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([a-zA-Z0-9_:.\-]+)", re.IGNORECASE)
_FOREIGN = re.compile(rb"[\x80-\xff]")
_COMMON_HANGUL = frozenset("이다는을의에가를은고한하지로도")
_TWO_BYTES = frozenset({"cp949", "gb18030", "big5hkscs", "cp932", "euc_jp"})
_HEADER_LABEL = re.compile(r"charset\s*=\s*[\"']?([a-zA-Z0-9_:.\-]+)", re.IGNORECASE)

# WHATWG Encoding Standard §4.2: the Python codec for each encoding, and the labels that name it.
_LABELS: dict[str, str] = {
    "utf_8": "utf-8 utf8 unicode-1-1-utf-8 unicode11utf8 unicode20utf8 x-unicode20utf8",
    "cp866": "866 cp866 csibm866 ibm866",
    "iso8859_2": "iso-8859-2 iso8859-2 iso88592 latin2 l2 csisolatin2 iso-ir-101 iso_8859-2",
    "iso8859_3": "iso-8859-3 iso8859-3 iso88593 latin3 l3 csisolatin3 iso-ir-109 iso_8859-3",
    "iso8859_4": "iso-8859-4 iso8859-4 iso88594 latin4 l4 csisolatin4 iso-ir-110 iso_8859-4",
    "iso8859_5": "iso-8859-5 iso8859-5 iso88595 cyrillic csisolatincyrillic iso-ir-144 iso_8859-5",
    "iso8859_6": "iso-8859-6 iso8859-6 iso88596 arabic asmo-708 csisolatinarabic ecma-114 iso-ir-127 iso_8859-6",
    "iso8859_7": "iso-8859-7 iso8859-7 iso88597 greek greek8 csisolatingreek ecma-118 elot_928 iso_8859-7",
    "iso8859_8": "iso-8859-8 iso8859-8 iso88598 hebrew visual iso-8859-8-i logical csisolatinhebrew iso_8859-8",
    "iso8859_10": "iso-8859-10 iso8859-10 iso885910 latin6 l6 csisolatin6 iso-ir-157",
    "iso8859_13": "iso-8859-13 iso8859-13 iso885913",
    "iso8859_14": "iso-8859-14 iso8859-14 iso885914",
    "iso8859_15": "iso-8859-15 iso8859-15 iso885915 l9 csisolatin9 iso_8859-15",
    "iso8859_16": "iso-8859-16",
    "koi8_r": "koi8-r koi koi8 koi8_r cskoi8r",
    "koi8_u": "koi8-u koi8-ru",
    "mac_roman": "macintosh mac csmacintosh x-mac-roman",
    "cp874": "windows-874 dos-874 iso-8859-11 iso8859-11 iso885911 tis-620",
    "cp1250": "windows-1250 cp1250 x-cp1250",
    "cp1251": "windows-1251 cp1251 x-cp1251",
    "cp1252": "windows-1252 cp1252 x-cp1252 ascii us-ascii ansi_x3.4-1968 iso-8859-1 iso8859-1 iso88591 latin1 l1 "
    "cp819 ibm819 csisolatin1 iso-ir-100 iso_8859-1",
    "cp1253": "windows-1253 cp1253 x-cp1253",
    "cp1254": "windows-1254 cp1254 x-cp1254 iso-8859-9 iso8859-9 iso88599 latin5 l5 csisolatin5 iso_8859-9",
    "cp1255": "windows-1255 cp1255 x-cp1255",
    "cp1256": "windows-1256 cp1256 x-cp1256",
    "cp1257": "windows-1257 cp1257 x-cp1257",
    "cp1258": "windows-1258 cp1258 x-cp1258",
    "mac_cyrillic": "x-mac-cyrillic x-mac-ukrainian",
    "gb18030": "gbk gb2312 gb_2312 gb_2312-80 gb18030 chinese csgb2312 csiso58gb231280 x-gbk iso-ir-58",
    "big5hkscs": "big5 big5-hkscs cn-big5 csbig5 x-x-big5",
    "euc_jp": "euc-jp cseucpkdfmtjapanese x-euc-jp",
    "iso2022_jp": "iso-2022-jp csiso2022jp",
    "cp932": "shift_jis shift-jis sjis csshiftjis ms932 ms_kanji windows-31j x-sjis",
    "cp949": "euc-kr cseuckr csksc56011987 korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 windows-949",
    "utf_16_be": "utf-16be unicodefffe",
    "utf_16_le": "utf-16 utf-16le ucs-2 unicode iso-10646-ucs-2 csunicode unicodefeff",
}
_CODEC_OF = {label: codec for codec, labels in _LABELS.items() for label in labels.split()}
_MARKS = ((codecs.BOM_UTF8, "utf_8"), (codecs.BOM_UTF16_LE, "utf_16_le"), (codecs.BOM_UTF16_BE, "utf_16_be"))
# WHATWG Encoding sniffing, as for XML: mark-up in 16-bit units that lost its byte order mark.
_WIDE_STARTS = ((b"<\x00", "utf_16_le"), (b"\x00<", "utf_16_be"))
_ISO_2022 = ((b"\x1b$)C", "iso2022_kr"), (b"\x1b$", "iso2022_jp"), (b"\x1b(J", "iso2022_jp"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """Text, the Python codec that made it, and how that codec was chosen."""

    text: str
    codec: str
    method: str


def decode(body: bytes, content_type: str | None = None, *, domain: str | None = None) -> Decoded:
    """Decode a page. Never fails: what no encoding explains becomes U+FFFD.

    Args:
        body: The bytes as they were served, content coding undone.
        content_type: The `Content-Type` header.
        domain: Host of the page; its last label helps the detector.
    """
    for mark, codec in _MARKS:
        if body.startswith(mark):
            return Decoded(text=body[len(mark) :].decode(codec, "replace"), codec=codec, method="bom")
    for start, codec in _WIDE_STARTS:
        if body.startswith(start):
            return Decoded(text=body.decode(codec, "replace"), codec=codec, method="first_bytes")
    return _seven_bit(body) or _utf8(body) or _labelled(body, content_type, domain) or _detected(body, domain)


def codec_for_label(label: str) -> str | None:
    """Return the Python codec of a WHATWG label, or None when browsers do not know the label."""
    return _CODEC_OF.get(label.strip().lower())


def _seven_bit(body: bytes) -> Decoded | None:
    if b"\x1b" not in body:
        return None
    for escape, codec in _ISO_2022:
        if escape in body:
            try:
                return Decoded(text=body.decode(codec), codec=codec, method="escape_sequence")
            except UnicodeDecodeError:
                continue
    return None


def _utf8(body: bytes) -> Decoded | None:
    try:
        return Decoded(text=body.decode("utf-8"), codec="utf_8", method="strict_utf8")
    except UnicodeDecodeError as error:
        # A page cut in the middle of a character, or with a few foreign bytes, is still UTF-8.
        if error.start <= 2000 and len(body) - error.start >= 4:
            return None
    text = body.decode("utf-8", "replace")
    foreign = sum(1 for character in text if character > "\x7f")
    if text.count("\ufffd") * _MOSTLY_UTF8_RATIO <= foreign:
        return Decoded(text=text, codec="utf_8", method="mostly_utf8")
    return None


def _labelled(body: bytes, content_type: str | None, domain: str | None) -> Decoded | None:
    header = _HEADER_LABEL.search(content_type or "")
    head = body[:_META_BYTES]
    inner = _META_LABEL.search(head) or _XML_LABEL.search(head)
    labels = (
        (header[1] if header else "", "http_header"),
        (inner[1].decode("ascii", "replace") if inner else "", "meta"),
    )
    for label, method in labels:
        codec = codec_for_label(label)
        # Strict UTF-8 was tried, so the label is stale; a page that names UTF-16 in ASCII is not UTF-16.
        if codec is None or codec.startswith("utf_"):
            continue
        if method == "http_header" and label.lower() in _DEFAULT_LABELS and _is_not_western(body, domain):
            continue
        text = body.decode(codec, "replace")
        if _is_broken(text):
            continue
        return Decoded(text=text, codec=codec, method=method)
    return None


def _is_broken(text: str) -> bool:
    lost = text.count("\ufffd")
    return lost > 0 and lost * _BROKEN_SHARE > sum(1 for character in text if character > "\x7f")


def _is_not_western(body: bytes, domain: str | None) -> bool:
    """Tell whether the detector finds another encoding than the one that a server's default label names."""
    start = _first_foreign(body)
    if len(_FOREIGN.findall(body[start : start + _DETECTOR_BYTES])) < _ENOUGH_FOREIGN:
        return False
    found = _detected(body, domain)
    return found.codec not in _WESTERN and not _is_broken(found.text)


def _first_foreign(body: bytes) -> int:
    foreign = _FOREIGN.search(body)
    return max(0, foreign.start() - 64) if foreign else 0


def _korean_johab(body: bytes) -> Decoded | None:
    """Read a text as Johab when it is nearly all Hangul: no browser and no detector knows it."""
    try:
        text = body.decode("johab")
    except UnicodeDecodeError:
        return None
    foreign = [character for character in text if character > "\x7f"]
    hangul = sum(1 for character in foreign if "\uac00" <= character <= "\ud7a3")
    common = sum(1 for character in foreign if character in _COMMON_HANGUL)
    # The syllables of the commonest particles and endings are a tenth of any Korean text, by chance a hundredth.
    if hangul < _ENOUGH_FOREIGN or hangul * 4 < len(foreign) * 3 or common * 10 < hangul:
        return None
    return Decoded(text=text, codec="johab", method="detector")


def _detected(body: bytes, domain: str | None) -> Decoded:
    if _DETECTOR is None:
        return Decoded(text=body.decode("cp1252", "replace"), codec="cp1252", method="default")
    hint = (domain or "").rpartition(".")[2].lower().encode("ascii", "ignore")
    known = hint if hint.isalpha() and len(hint) == 2 else None
    start = _first_foreign(body)
    name = str(_DETECTOR.detect(body[start : start + _DETECTOR_BYTES], allow_utf8=False, tld=known))
    codec = codec_for_label(name) or "cp1252"
    if codec not in _TWO_BYTES and (johab := _korean_johab(body)) is not None:
        return johab
    return Decoded(text=body.decode(codec, "replace"), codec=codec, method="detector")
