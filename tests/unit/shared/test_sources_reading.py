"""Source files: what they may say, and how their mistakes are told."""

from contextlib import suppress
from datetime import timedelta
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from shared.sources import (
    Duration,
    KeyPart,
    ListKind,
    RobotsChoice,
    SourceFile,
    SourceFileError,
    dump_source,
    load_source,
    private_hosts,
)

FULL = r"""
id = "kcna-en"
name = "KCNA (En)"
language = "en"
home = "http://www.kcna.example/en/"
timezone = "Asia/Pyongyang"

[[lists]]
url = "http://www.kcna.example/en/"
kind = "listing"
every = "15m"

[[lists]]
url = "http://www.kcna.example/feed"
kind = "feed"
every = "1h"

[links]
accept = ['/en/article/q/[0-9a-f]+\.kcmsf$']
reject = [
  '/print/',  # a [comment] with "brackets"
  '/share/',
]
follow = ['/en/category/']
from_articles = true
[[links.attributes]]
attribute = "onclick"
pattern = "showArticle\\('(\\d+)'\\)"
template = "/article?id={1}"

[article]
title = "h1.article-title"
exclude = [".share"]
date_order = "dmy"
date_format = "%Y.%m.%d."
end_mark = "-0-"
[article.key]
from = "query"
pattern = '(\d{4}-\d{2}-\d{2}-[A-Z]?\d{3})'

[politeness]
delay = "0s"
concurrency = 2
robots = "ignore"
robots_reason = "The archive was asked for by a court."

[recheck]
after = ["1h", "6h"]
then_every = "30d"

[removal]
misses = 4
over = "36h"
"""

SHORT = """
id = "a"
name = "A"
language = "en"
home = "http://a.example/"
[[lists]]
url = "http://a.example/"
kind = "listing"
"""


def told(text: str) -> str:
    with pytest.raises(SourceFileError) as caught:
        load_source(text, name="kcna-en.toml")
    return str(caught.value)


def test_a_full_source_file_is_read_into_values() -> None:
    source = load_source(FULL)

    assert source.lists[1].kind is ListKind.FEED
    assert source.lists[0].every == timedelta(minutes=15)
    assert source.links.reject == ("/print/", "/share/")
    assert source.links.attributes[0].template == "/article?id={1}"
    assert source.article.key is not None
    assert source.article.key.taken_from is KeyPart.QUERY
    assert source.politeness.delay == timedelta(0)
    assert source.politeness.robots is RobotsChoice.IGNORE
    assert source.recheck.after == (timedelta(hours=1), timedelta(hours=6))
    assert source.removal.over == timedelta(hours=36)


def test_five_keys_are_enough() -> None:
    source = load_source(SHORT)

    assert source.politeness.robots is RobotsChoice.OBEY
    assert source.recheck.then_every == timedelta(days=365)
    assert source.timezone == "UTC"


@pytest.mark.parametrize("text", [FULL, SHORT])
def test_a_written_source_reads_back_as_the_same(text: str) -> None:
    source = load_source(text)

    assert load_source(dump_source(source)) == source


def test_patterns_are_written_in_single_quotes() -> None:
    assert r"accept = ['/en/article/q/[0-9a-f]+\.kcmsf$']" in dump_source(load_source(FULL))


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        (
            'every = "1h"',
            'every = "1 hour"',
            'line 16: lists[1].every: found "1 hour"; write a duration such as "30s", "15m", "6h" or "2d"',
        ),
        (
            'kind = "feed"',
            'kind = "rss"',
            'line 15: lists[1].kind: found "rss"; write one of "listing", "feed" or "sitemap"',
        ),
        ("timezone =", "timezome =", "did you mean timezone?"),
        ('from = "query"', 'form = "query"', "line 38: article.key.form"),
        ("[article.key]", "[article.kye]", "there is no such key; did you mean key?"),
        ("'/share/',", "'(',", 'line 22: links.reject[1]: found "("; write a valid regular expression'),
        ('"h1.article-title"', '"h1["', 'line 32: article.title: found "h1["; write a CSS selector'),
        ('id = "kcna-en"', "", "line 1: id: this key is needed; add id"),
        ('id = "kcna-en"', 'id = "KCNA"', "write 1 to 63 small letters"),
        ('language = "en"', 'language = "en-GB"', "write the primary language tag"),
        ("Asia/Pyongyang", "Asia/Pyongyan", 'such as "Asia/Pyongyang"'),
        ('home = "http', 'home = "gopher', "home: found"),
        (
            "http://www.kcna.example/feed",
            "http://u:p@kcna.example/",
            "a plain http or https address (credentials)",
        ),
        ("http://www.kcna.example/feed", "http://www.kcna.example/en/#x", "stands twice"),
        ("concurrency = 2", 'concurrency = "2"', 'politeness.concurrency: found "2"; write a whole number'),
        ("concurrency = 2", "concurrency = 0", "write a number from 1 on"),
        ("from_articles = true", 'from_articles = "yes"', "write true or false without quotes"),
        ('"The archive was asked for by a court."', '""', "needs robots_reason"),
        ('["1h", "6h"]', '["6h", "1h"]', "write durations that grow"),
        ("{1}", "{2}", "the template may name {0}, {1}"),
        ("misses = 4", "misses = four", "line 52, column 10:"),
        ('end_mark = "-0-"', 'end_mark = "', "line 36"),
        ('delay = "0s"', 'delay = "2d"', 'write a duration of at most "1d"'),
    ],
)
def test_a_mistake_is_told_with_its_place_and_its_remedy(right: str, wrong: str, message: str) -> None:
    assert right in FULL

    assert message in told(FULL.replace(right, wrong, 1))


def test_every_mistake_of_a_file_is_told_at_once() -> None:
    text = told(FULL.replace('kind = "feed"', 'kind = "x"').replace("misses = 4", "misses = -1"))

    assert len(text.splitlines()) == 2
    assert all(line.startswith("kcna-en.toml, line ") for line in text.splitlines())


def test_a_file_saved_with_a_byte_order_mark_and_crlf_is_read_alike() -> None:
    assert load_source("\ufeff" + FULL.replace("\n", "\r\n")) == load_source(FULL)


@given(st.integers(min_value=0, max_value=10**9).map(lambda count: timedelta(milliseconds=count)))
def test_a_duration_reads_back_as_it_was_written(length: timedelta) -> None:
    durations = TypeAdapter(Duration)

    assert durations.validate_python(durations.dump_python(length, mode="json")) == length


@given(st.text(max_size=200))
def test_no_text_raises_anything_but_a_source_file_error(text: str) -> None:
    for candidate in (text, FULL.replace('"15m"', text), SHORT + text):
        with suppress(SourceFileError):
            load_source(candidate)


def with_home(home: str) -> SourceFile:
    return load_source(SHORT.replace('home = "http://a.example/"', f'home = "{home}"'))


@pytest.mark.parametrize(
    "home",
    [
        "http://127.0.0.1/",
        "http://localhost:8000/",
        "http://news.localhost/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://127。0。0。1/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://169.254.169.254/",
        "http://10.1.2.3/",
        "http://100.64.0.1/",
        "http://224.0.0.1/",
        "http://0/",
    ],
)
def test_a_private_address_in_any_notation_is_named(home: str) -> None:
    assert len(private_hosts(with_home(home), ())) == 1


def test_private_addresses_that_the_operator_allows_and_public_ones_are_not_named() -> None:
    loopback = (ip_network("127.0.0.0/8"),)

    assert private_hosts(with_home("http://127.0.0.1:8000/"), loopback) == []
    assert private_hosts(with_home("http://localhost/"), loopback) == []
    assert private_hosts(with_home("http://10.0.0.1/"), loopback) == ["10.0.0.1"]
    assert private_hosts(with_home("http://93.184.216.34/"), ()) == []
    assert private_hosts(with_home("http://www.kcna.kp/"), ()) == []


PROXIED = """id = "far"
name = "Far"
language = "en"
home = "http://far.example/"
[[lists]]
url = "http://far.example/"
kind = "listing"
[politeness]
proxy = {proxy}
"""


@pytest.mark.parametrize(
    "proxy",
    ["http://proxy.example:3128", "https://proxy.example:443/", "socks5h://[::1]:1080", "oslo", "oslo-2"],
)
def test_a_proxy_is_an_address_or_a_name(proxy: str) -> None:
    source = load_source(PROXIED.format(proxy=f'"{proxy}"'))

    assert source.politeness.proxy == proxy
    assert load_source(dump_source(source)) == source


@pytest.mark.parametrize(
    "proxy",
    [
        "", "Oslo", "proxy.example:3128", "http://proxy.example", "http://proxy.example:0", "http://p.example:65536",
        "socks5://p.example:1080", "socks4a://p.example:1080", "ftp://p.example:21", "http://p.example:80/path",
        "http://p example:80", "http://p.example:80\\r\\nX: y", "$PROXY",
    ],
)  # fmt: skip
def test_what_is_no_proxy_is_refused_with_what_would_be_right(proxy: str) -> None:
    with pytest.raises(SourceFileError, match=r'politeness\.proxy: .*"http://host:port"') as told:
        load_source(PROXIED.format(proxy=f'"{proxy}"'))

    assert told.value.line == 9


def test_a_password_in_a_source_file_is_refused_without_being_repeated() -> None:
    with pytest.raises(SourceFileError, match="PRESSMARK_FETCHER_PROXIES") as told:
        load_source(PROXIED.format(proxy='"http://us:s3cret@proxy.example:3128"'))

    assert "s3cret" not in str(told.value)
