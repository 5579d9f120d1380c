"""The keys of captured URLs in the ledger are those of CDX indexes, and captures are found by them."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.ledger import Database
from shared.urls import BadUrlError, canonical_url, surt

PIECES = (
    "a", "Z", "9", "/", "//", ".", "..", "/../", "/./", "?", "&", "=", "&&", ";", "%", "%25", "%2525", "%41",
    "%2f", "%3F", "%00", "%e4%b8%80", "%E9", "%2532%2535", "%252541", "조선", "é", "'", '"', "(", ")", "~", "+",
    "sid=0123456789abcdef0123456789abcdef", "&sid=0123456789abcdef0123456789ABCDEF&x", "b=2&a=1", "a=&a", "@", ":",
    "(s(abcdefghijklmnopqrstuvwx))/page.aspx", "/(abcdefghijklmnopqrstuvwx)/page.ASPX", "cfid=1&cftoken=2",
    "ASPSESSIONIDABCDEFGH=ABCDEFGHIJKLMNOPQRSTUVWX", "|", "^", "{", "[", "!", "$", ",", "*", "`", "_", "-",
)  # fmt: skip
HOSTS = (
    "example.com", "www.example.com", "www2.Example.co.kr", "wwwx.example", "192.0.2.1", "[2001:db8::1]",
    "조선.kp", "example.com:8080", "example.com:443", "www.com", "www1.", "a",
)  # fmt: skip
urls = st.builds(
    lambda scheme, host, pieces: f"{scheme}://{host}/{''.join(pieces)}",
    st.sampled_from(("http", "https")),
    st.sampled_from(HOSTS),
    st.lists(st.sampled_from(PIECES), max_size=12),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(offered=st.lists(urls, min_size=20, max_size=60))
def test_the_ledger_makes_the_key_that_cdx_indexes_have(database: Database, offered: list[str]) -> None:
    canonical = []
    for url in offered:
        try:
            canonical.append(canonical_url(url))
        except BadUrlError:
            continue

    with database.transaction() as ledger:
        rows = ledger.rows(
            "select url, surt_of(url) as key from unnest(%(urls)s::text[]) as given(url)", {"urls": canonical}
        )

    assert {row["url"]: row["key"] for row in rows} == {url: surt(url) for url in canonical}
