"""Time stamps by others (RFC 3161): that a checkpoint was there at a time, said by an authority and not by us.

What is stamped is the SHA-256 of the signed checkpoint, byte for byte as it stands in the store. A stamp is
believed here only when all of it holds: what it is about, that it answers our request, the authority's signature,
and that its certificate is one for time stamps and leads to those that the operator trusts.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.x509.oid import ExtendedKeyUsageOID

from shared.proof import der
from shared.proof.merkle import ProofError

__all__ = ["REQUEST_TYPE", "TimeStamp", "check_response", "is_for_stamps", "read_authorities", "request_for"]

REQUEST_TYPE = "application/timestamp-query"
"""The media type of a request (RFC 3161 section 3.4)."""

_SHA256 = bytes.fromhex("608648016503040201")
_HASHES: dict[bytes, type[HashAlgorithm]] = {
    _SHA256: SHA256,
    bytes.fromhex("608648016503040202"): SHA384,
    bytes.fromhex("608648016503040203"): SHA512,
    bytes.fromhex("2b0e03021a"): SHA1,
}
_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
_TST_INFO = bytes.fromhex("2a864886f70d0109100104")
_MESSAGE_DIGEST = bytes.fromhex("2a864886f70d010904")
_CONTENT_TYPE = bytes.fromhex("2a864886f70d010903")
_SIGNING_CERTIFICATE = {
    bytes.fromhex("2a864886f70d010910020c"): SHA1,
    bytes.fromhex("2a864886f70d010910022f"): SHA256,
}
_FIRST = 0xA0
_KEY_ID = 0x80
_GENERALIZED_TIME = 0x18
_MOST_STEPS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeStamp:
    """What an authority says."""

    at: datetime
    """When the stamped data was there at the latest."""
    authority: str
    """The name in the authority's certificate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Token:
    """A signed statement, taken apart."""

    info: bytes
    certificates: list[x509.Certificate]
    signer: der.Value
    """Which certificate signed."""
    digest_algorithm: bytes
    attributes: bytes
    signature: bytes


def request_for(data: bytes, *, nonce: int) -> bytes:
    """Return the request for a stamp of data (RFC 3161 section 2.4.1); the certificate is asked for, too."""
    algorithm = der.encoded(der.SEQUENCE, der.encoded(der.OBJECT, _SHA256), der.encoded(der.NULL))
    imprint = der.encoded(der.SEQUENCE, algorithm, der.encoded(der.OCTETS, hashlib.sha256(data).digest()))
    return der.encoded(der.SEQUENCE, der.number(1), imprint, der.number(nonce), b"\x01\x01\xff")


def read_authorities(pem: bytes) -> list[x509.Certificate]:
    """Return the certificates of a PEM file: those that are trusted, and those between.

    Raises:
        ProofError: It holds none.
    """
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        raise ProofError(f"the authority's certificates cannot be read: {error}") from None


def check_response(
    response: bytes, data: bytes, *, trusted: Sequence[x509.Certificate], nonce: int | None = None
) -> TimeStamp:
    """Return what the answer of an authority says of data.

    Args:
        response: The answer (TimeStampResp).
        data: What was to be stamped.
        trusted: Certificates that a chain may end at (those that signed themselves) or pass through.
        nonce: The number of the request; None when the answer is an old one.

    Raises:
        ProofError: The authority refused, or anything of the stamp does not hold.
    """
    try:
        return _checked(_token_of(response), data, trusted, nonce)
    except (ValueError, IndexError, TypeError, StopIteration, UnsupportedAlgorithm) as error:
        # What no reader of certificates can make sense of was damaged, or made by nobody's rules.
        raise ProofError(f"the answer of the authority cannot be read: {error}") from None
    except (x509.InvalidVersion, x509.ExtensionNotFound, x509.DuplicateExtension) as error:
        raise ProofError(f"a certificate of the authority cannot be read: {error}") from None


def _checked(token: _Token, data: bytes, trusted: Sequence[x509.Certificate], nonce: int | None) -> TimeStamp:
    statement = der.only(token.info, der.SEQUENCE).inner()
    at = _stated_time(statement)
    _check_imprint(statement, data, nonce)
    signer = _signer(token, trusted)
    _check_signature(token, signer)
    _check_chain(signer, [*trusted, *token.certificates], trusted, at)
    return TimeStamp(at=at, authority=signer.subject.rfc4514_string())


def _token_of(response: bytes) -> _Token:
    status, *rest = der.only(response, der.SEQUENCE).inner()
    granted = status.inner()[0].as_number()
    if granted not in (0, 1) or not rest:
        raise ProofError(f"the authority refused to stamp (status {granted})")
    kind, content = rest[0].inner()
    _version, _algorithms, encapsulated, *sets = der.only(content.content, der.SEQUENCE).inner()
    info_kind, info = encapsulated.inner()
    if (kind.content, info_kind.content) != (_SIGNED_DATA, _TST_INFO):
        raise ProofError("the answer of the authority is no time stamp")
    held = [one for each in sets if each.tag == _FIRST for one in each.inner()]
    (signer,) = sets[-1].inner()
    _, identity, algorithm, attributes, _, signature, *_ = signer.inner()
    return _Token(
        info=der.only(info.content, der.OCTETS).content,
        certificates=[x509.load_der_x509_certificate(one.whole) for one in held if one.tag == der.SEQUENCE],
        signer=identity,
        digest_algorithm=algorithm.inner()[0].content,
        attributes=_tagged(attributes, _FIRST).content,
        signature=_tagged(signature, der.OCTETS).content,
    )


def _tagged(value: der.Value, tag: int) -> der.Value:
    if value.tag != tag:
        raise ProofError("the time stamp is damaged: another kind of value stands where one was due")
    return value


def _stated_time(statement: Sequence[der.Value]) -> datetime:
    try:
        text = _tagged(statement[4], _GENERALIZED_TIME).content.decode("ascii")
        return datetime.strptime(text.rstrip("Z").partition(".")[0], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except (ValueError, IndexError):
        raise ProofError("the time stamp states no time") from None


def _check_imprint(statement: Sequence[der.Value], data: bytes, nonce: int | None) -> None:
    try:
        algorithm, digest = statement[2].inner()
        is_ours = algorithm.inner()[0].content == _SHA256 and digest.content == hashlib.sha256(data).digest()
    except (ValueError, IndexError):
        is_ours = False
    if not is_ours:
        raise ProofError("the time stamp is about other data: its imprint is not that of the checkpoint")
    answered = [one.as_number() for one in statement[5:] if one.tag == der.INTEGER]
    if nonce is not None and answered != [nonce]:
        raise ProofError("the time stamp answers another request: its number is not the one that was sent")


def _signer(token: _Token, trusted: Sequence[x509.Certificate]) -> x509.Certificate:
    identity = token.signer
    for one in (*token.certificates, *trusted):
        if identity.tag == _KEY_ID:
            known = one.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
            if known == identity.content:
                return one
            continue
        issuer, serial = identity.inner()
        if one.issuer.public_bytes() == issuer.whole and one.serial_number == serial.as_number():
            return one
    raise ProofError("the certificate that signed the time stamp is neither in it nor among the authority's")


def _check_signature(token: _Token, signer: x509.Certificate) -> None:
    """Check that the certificate signed the statement, and says in what it signed that it is the one."""
    hash_type = _HASHES.get(token.digest_algorithm)
    if hash_type is None or hash_type is SHA1:
        raise ProofError("the time stamp is signed over a digest that is not accepted")
    attributes = {}
    for one in der.values(token.attributes):
        kind, held = one.inner()
        attributes[kind.content] = held.inner()[0]
    stated = attributes.get(_MESSAGE_DIGEST)
    if stated is None or stated.content != _digest(hash_type(), token.info):
        raise ProofError("the time stamp was altered: its signature is over another statement")
    if _CONTENT_TYPE not in attributes or attributes[_CONTENT_TYPE].content != _TST_INFO:
        raise ProofError("the signature of the time stamp is over something else than a time stamp")
    _check_named(attributes, signer)
    _check_key(signer, token, hash_type())


def _digest(algorithm: HashAlgorithm, data: bytes) -> bytes:
    return hashlib.new(algorithm.name, data).digest()


def _check_named(attributes: dict[bytes, der.Value], signer: x509.Certificate) -> None:
    for kind, default in _SIGNING_CERTIFICATE.items():
        if kind in attributes:
            first = attributes[kind].inner()[0].inner()[0].inner()
            algorithm = _HASHES.get(first[0].inner()[0].content) if first[0].tag == der.SEQUENCE else default
            digest = next(one.content for one in first if one.tag == der.OCTETS)
            if algorithm is not None and signer.fingerprint(algorithm()) == digest:
                return
    raise ProofError("the time stamp does not name the certificate that it is said to be signed with")


def _check_key(signer: x509.Certificate, token: _Token, algorithm: HashAlgorithm) -> None:
    # The attributes are signed as a SET, and stand in the token under another tag (RFC 5652 section 5.4).
    signed, key = der.encoded(der.SET, token.attributes), signer.public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(token.signature, signed, padding.PKCS1v15(), algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(token.signature, signed, ec.ECDSA(algorithm))
        else:
            raise ProofError("the time stamp is signed with a kind of key that is not known here")
    except InvalidSignature:
        raise ProofError("the signature of the time stamp is wrong") from None


def _check_chain(
    signer: x509.Certificate,
    known: Sequence[x509.Certificate],
    trusted: Sequence[x509.Certificate],
    at: datetime,
) -> None:
    """Check that the certificate is for time stamps, was valid then, and leads to one that is trusted."""
    if not is_for_stamps(signer):
        raise ProofError("the certificate that signed the time stamp is none for time stamps")
    reached = signer
    for _ in range(_MOST_STEPS):
        if not reached.not_valid_before_utc <= at <= reached.not_valid_after_utc:
            raise ProofError(f"the certificate of {reached.subject.rfc4514_string()} was not valid then")
        if reached in trusted and reached.issuer == reached.subject:
            return
        issuer = next((one for one in known if _has_issued(one, reached)), None)
        if issuer is None or issuer == reached:
            break
        reached = issuer
    raise ProofError(
        f"the certificate of {signer.subject.rfc4514_string()} does not lead to any that the operator trusts"
    )


def is_for_stamps(certificate: x509.Certificate) -> bool:
    """Tell whether a certificate is for time stamps and nothing else (RFC 3161 section 2.3)."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except (x509.ExtensionNotFound, ValueError):
        return False
    return found.critical and list(found.value) == [ExtendedKeyUsageOID.TIME_STAMPING]


def _has_issued(issuer: x509.Certificate, issued: x509.Certificate) -> bool:
    try:
        if not issuer.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return False
        issued.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm, x509.ExtensionNotFound):
        return False
    return True
