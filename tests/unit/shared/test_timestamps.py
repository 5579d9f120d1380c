"""Time stamps of an authority: what openssl makes is accepted, and nothing that was changed or is another's."""

from pathlib import Path

import pytest
from cryptography.x509 import Certificate
from hypothesis import given
from hypothesis import strategies as st

from shared.proof import ProofError, der
from shared.proof.timestamps import check_response, is_for_stamps, read_authorities, request_for
from tests.support.stamp_authority import Authority, openssl

DATA = b"archive.example/log\n4711\nroot\n"
NONCE = 0x7F00_1234_5678_9ABC


@pytest.fixture(scope="module", params=["rsa:2048", "ec"])
def authority(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(folder=tmp_path_factory.mktemp("tsa") / "harbour", key=request.param).make()


@pytest.fixture(scope="module")
def response(authority: Authority) -> bytes:
    return authority.stamp(request_for(DATA, nonce=NONCE))


def trusted(authority: Authority) -> list[Certificate]:
    return read_authorities(authority.certificates.read_bytes())


def test_a_stamp_is_read_as_openssl_reads_it(authority: Authority, response: bytes, tmp_path: Path) -> None:
    stamp = check_response(response, DATA, trusted=trusted(authority), nonce=NONCE)

    (tmp_path / "stamp.tsr").write_bytes(response)
    shown = openssl("ts", "-reply", "-in", tmp_path / "stamp.tsr", "-text").decode()
    assert stamp.at.strftime("Time stamp: %b %e %H:%M:%S %Y GMT") in shown
    assert stamp.authority == "CN=harbour stamper"


def test_openssl_reads_our_request(tmp_path: Path) -> None:
    (tmp_path / "request").write_bytes(request_for(DATA, nonce=NONCE))

    shown = openssl("ts", "-query", "-in", tmp_path / "request", "-text").decode()

    assert "Hash Algorithm: sha256" in shown
    assert "Nonce: 0x7F00123456789ABC" in shown
    assert "Certificate required: yes" in shown


def test_a_stamp_of_other_data_or_for_another_request_is_refused(
    authority: Authority, response: bytes
) -> None:
    with pytest.raises(ProofError, match="imprint"):
        check_response(response, DATA + b".", trusted=trusted(authority), nonce=NONCE)
    with pytest.raises(ProofError, match="another request"):
        check_response(response, DATA, trusted=trusted(authority), nonce=NONCE + 1)
    check_response(response, DATA, trusted=trusted(authority))


def test_a_stamp_of_an_authority_that_is_not_trusted_is_refused(
    authority: Authority, response: bytes, tmp_path: Path
) -> None:
    """Even one whose certificates bear the same names."""
    other = Authority(folder=tmp_path / "harbour").make()

    with pytest.raises(ProofError, match="does not lead to"):
        check_response(response, DATA, trusted=trusted(other), nonce=NONCE)
    with pytest.raises(ProofError, match="does not lead to"):
        check_response(response, DATA, trusted=[], nonce=NONCE)


def test_only_a_root_of_the_operators_file_ends_a_chain(authority: Authority, response: bytes) -> None:
    between = read_authorities((authority.folder / "between.pem").read_bytes())

    check_response(response, DATA, trusted=[*between, *trusted(authority)], nonce=NONCE)
    with pytest.raises(ProofError, match="does not lead to"):
        check_response(response, DATA, trusted=between, nonce=NONCE)


@pytest.mark.parametrize(
    ("purpose", "is_for_it"),
    [
        ("critical,timeStamping", True),
        ("timeStamping", False),
        ("critical,timeStamping,serverAuth", False),
        ("critical,serverAuth", False),
    ],
)
def test_only_a_certificate_for_time_stamps_and_nothing_else_may_stamp(
    tmp_path: Path, purpose: str, *, is_for_it: bool
) -> None:
    made = Authority(folder=tmp_path / "harbour", purpose=purpose, key="ec").make()

    (certificate,) = read_authorities((made.folder / "stamper.pem").read_bytes())

    assert is_for_stamps(certificate) is is_for_it


def test_what_the_authority_refused_is_told_with_its_status() -> None:
    refused = der.encoded(der.SEQUENCE, der.encoded(der.SEQUENCE, der.number(2)))

    with pytest.raises(ProofError, match=r"refused to stamp \(status 2\)"):
        check_response(refused, DATA, trusted=[])


@given(data=st.data())
def test_a_changed_byte_never_changes_what_a_stamp_says(
    authority: Authority, response: bytes, data: st.DataObject
) -> None:
    """What no signature covers, such as a certificate that is not needed, may change: it says nothing."""
    at = data.draw(st.integers(0, len(response) - 1))
    changed = bytearray(response)
    changed[at] ^= data.draw(st.integers(1, 255))
    true = check_response(response, DATA, trusted=trusted(authority), nonce=NONCE)

    try:
        said = check_response(bytes(changed), DATA, trusted=trusted(authority), nonce=NONCE)
    except ProofError:
        return
    assert said == true


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_in_words(data: bytes) -> None:
    with pytest.raises(ProofError):
        check_response(data, DATA, trusted=[])


@given(st.integers(0, 2**80), st.binary(max_size=70_000))
def test_what_is_written_is_read_again(value: int, content: bytes) -> None:
    written = der.encoded(der.SEQUENCE, der.number(value), der.encoded(der.OCTETS, content))

    first, second = der.only(written, der.SEQUENCE).inner()

    assert (first.as_number(), second.content) == (value, content)
