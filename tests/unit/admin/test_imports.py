"""Lists of addresses that somebody else made."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.admin.imports import ImportedUrl, ImportFileError, read_urls


def test_a_list_has_an_address_a_line_and_each_counts_once() -> None:
    listed = read_urls(b"# mine\nhttp://a.example/1\n\nHTTP://A.example/1#x\nnonsense\nhttp://a.example/2\n")

    assert [one.url for one in listed.urls] == ["http://a.example/1", "http://a.example/2"]
    assert listed.repeated == 1
    assert [line for line, _ in listed.bad_lines] == [5]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("name", ["url", "Link", "LOC"])
def test_a_csv_gives_addresses_titles_and_dates(delimiter: str, name: str) -> None:
    rows = [["Title", name, "date"], ['"One, two; three"', "http://a.example/1", "2021-10-16"], ["", "", ""]]
    text = "\r\n".join(delimiter.join(row) for row in rows)

    listed = read_urls(b"\xef\xbb\xbf" + text.encode())

    assert listed.urls == (ImportedUrl(url="http://a.example/1", title="One, two; three", date="2021-10-16"),)


@pytest.mark.parametrize("data", [b"", b"url\n", b"no address here", b"\x89PNG\x00\x00"])
def test_what_holds_no_address_is_refused_with_what_would_be_right(data: bytes) -> None:
    with pytest.raises(ImportFileError, match="URL"):
        read_urls(data)


@given(st.binary(max_size=300))
def test_no_file_raises_anything_else(data: bytes) -> None:
    try:
        listed = read_urls(data)
    except ImportFileError:
        return
    assert listed.urls
