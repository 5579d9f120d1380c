"""The source that single pages of an unknown site are kept under."""

from hypothesis import given
from hypothesis import strategies as st

from services.admin.single_pages import source_for

LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?", fullmatch=True)
HOST = st.lists(LABEL, min_size=2, max_size=5).map(lambda labels: ".".join([*labels, "example"]))


def test_a_reader_sees_the_host_as_the_name() -> None:
    source = source_for("http://www.herald.example:8080/news/1?page=2")

    assert source.name == "www.herald.example"
    assert source.home == "http://www.herald.example:8080/"


def test_sites_that_differ_in_a_mark_or_a_port_have_sources_of_their_own() -> None:
    sites = ("a-b.example", "a.b.example", "a.b.example:8080", "a--b.example")

    assert len({source_for(f"http://{site}/news").id for site in sites}) == len(sites)


@given(HOST, HOST)
def test_every_site_has_one_source(one: str, other: str) -> None:
    ids = {source_for(f"http://{host}/news/{number}").id for number, host in enumerate((one, one, other))}

    assert len(ids) == len({one, other})
