"""Which addresses may be asked."""

import socket
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.fetcher.gate import Gate
from services.fetcher.outcomes import FetchFailure
from tests.support.fetching import words

# Every form is what a resolver or a literal can give for an address that is not for us.
FORBIDDEN = words(
    """
0.0.0.0 0.0.0.1 0.255.255.255 10.0.0.0 10.0.0.1 10.1.2.3 10.255.255.255 100.64.0.0 100.64.0.1 100.100.100.200
100.127.255.255 127.0.0.0 127.0.0.1 127.0.0.53 127.1.1.1 127.255.255.254 127.255.255.255 168.63.129.16
169.254.0.0 169.254.0.1 169.254.169.123 169.254.169.254 169.254.170.2 169.254.255.255 172.16.0.0 172.16.0.1
172.17.0.1 172.20.10.1 172.31.255.255 192.0.0.0 192.0.0.1 192.0.0.8 192.0.0.9 192.0.0.10 192.0.0.170 192.0.0.192
192.0.2.0 192.0.2.1 192.0.2.255 192.31.196.1 192.52.193.1 192.88.99.0 192.88.99.1 192.88.99.2 192.88.99.255
192.168.0.0 192.168.0.1 192.168.1.1 192.168.100.1 192.168.255.255 192.175.48.1 198.18.0.0 198.18.0.1
198.19.255.255 198.51.100.0 198.51.100.7 198.51.100.255 203.0.113.0 203.0.113.9 203.0.113.255 224.0.0.0 224.0.0.1
224.0.0.251 224.0.1.1 232.1.1.1 233.252.0.1 239.255.255.250 239.255.255.255 240.0.0.0 240.0.0.1 250.1.2.3
255.255.255.254 255.255.255.255
:: ::1 ::2 ::7f00:1 ::127.0.0.1 ::10.0.0.1 ::169.254.169.254 ::8.8.8.8 ::ffff:0:127.0.0.1 ::ffff:0:0
::ffff:127.0.0.1 ::ffff:7f00:1 ::ffff:10.0.0.1 ::ffff:192.168.1.1 ::ffff:169.254.169.254 ::ffff:a9fe:a9fe
::ffff:0.0.0.0 ::ffff:100.64.0.1 ::ffff:224.0.0.1 ::ffff:93.184.216.34 0:0:0:0:0:ffff:127.0.0.1
0000:0000:0000:0000:0000:0000:0000:0001 64:ff9b::7f00:1 64:ff9b::127.0.0.1 64:ff9b::10.0.0.1 64:ff9b::a9fe:a9fe
64:ff9b::8.8.8.8 64:ff9b:1::1 64:ff9b:1::a9fe:a9fe 64:ff9b:1:ffff:ffff:ffff:ffff:ffff 100::1 100::ffff:ffff
100:0:0:1::1 200::1 400::1 1000::1 1fff:ffff::1 2001:: 2001::1 2001:0:7f00:1::1
2001:0:4136:e378:8000:63bf:80ff:fffe
2001:1::1 2001:1::2 2001:2::1 2001:3::1 2001:4:112::1 2001:5::1 2001:10::1 2001:1f:ffff::1 2001:20::1 2001:30::1
2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff 2001:db8::1 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff 2002:: 2002:7f00:1::
2002:7f00:1::1 2002:a00:1::1 2002:a9fe:a9fe::1 2002:c0a8:101::1 2002:808:808::1 2002:ffff:ffff::1 2620:4f:8000::1
3ffe::1 3ffe:ffff::1 3fff::1 3fff:fff:ffff::1 4000::1 5f00::1 5f00:ffff::1 6000::1 8000::1 a000::1 c000::1 e000::1
f000::1 f800::1 fc00::1 fcff::1 fd00::1 fd00:ec2::254 fd12:3456:789a::1 fdff:ffff::1 fe00::1 fe80::1 fe80::1%lo
fe80::1%25eth0 fe80::a9fe:a9fe febf::1 fec0::1 feff::1 ff00::1 ff01::1 ff02::1 ff02::fb ff02::1:2 ff05::2 ff0e::1
ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff localhost not-an-address 2130706433 0x7f.1
"""
)

PUBLIC = words(
    """
1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 93.184.216.34 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.1
169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 175.45.176.71 191.255.255.255 192.0.1.1 192.88.98.255
192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 203.0.112.255 203.0.114.0 223.255.255.255
2000::1 2001:200::1 2001:4860:4860::8888 2003::1 2400:cb00::1 2606:2800:220:1:248:1893:25c8:1946 2a00:1450::1
3ffd::1
"""
)

# How an address can be written in a URL: the resolver reads all of them, so the check comes after it.
SPELLINGS_OF_OURSELVES = words(
    """
127.0.0.1 127.1 127.0.1 0 0.0.0.0 2130706433 0x7f000001 0x7f.1 0x7f.0.0.1 0177.0.0.1 0177.1 017700000001
2852039166 0xa9fea9fe 0xa9.0xfe.0xa9.0xfe 0251.0376.0251.0376 169.254.43518 10.1 012.1 0xa.1 192.168.257 3232235777
localhost
"""
)


def test_the_table_of_forbidden_forms_is_long() -> None:
    assert len(set(FORBIDDEN)) >= 150


@pytest.mark.parametrize("address", FORBIDDEN)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert Gate().refusal(address, 80) is FetchFailure.PRIVATE_ADDRESS


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_open(address: str) -> None:
    assert Gate().refusal(address, 443) is None


@pytest.mark.parametrize("spelling", SPELLINGS_OF_OURSELVES)
def test_whatever_the_resolver_makes_of_a_spelling_is_refused(spelling: str) -> None:
    resolved = {info[4][0] for info in socket.getaddrinfo(spelling, 80, type=socket.SOCK_STREAM)}

    refusals = {Gate().refusal(str(address), 80) for address in resolved}

    assert refusals == {FetchFailure.PRIVATE_ADDRESS}


@pytest.mark.parametrize("port", [0, 22, 25, 81, 2375, 5432, 6379, 7999, 9000, 9200, 11211, 65535])
def test_a_port_where_no_pages_are_served_is_refused(port: int) -> None:
    assert Gate().refusal("93.184.216.34", port) is FetchFailure.PORT


@pytest.mark.parametrize("port", [80, 443, 8000, 8080, 8443, 8999])
def test_a_port_where_pages_are_served_is_open(port: int) -> None:
    assert Gate().refusal("93.184.216.34", port) is None


def test_an_opened_network_may_be_asked_on_any_port_and_no_other_network_is_opened_with_it() -> None:
    gate = Gate([ip_network("127.0.0.0/8"), ip_network("fd00::/8")])

    assert gate.refusal("127.0.0.1", 40123) is None
    assert gate.refusal("fd00::7", 5000) is None
    assert gate.refusal("10.0.0.1", 80) is FetchFailure.PRIVATE_ADDRESS
    assert gate.refusal("::ffff:127.0.0.1", 80) is FetchFailure.PRIVATE_ADDRESS
    assert gate.refusal("93.184.216.34", 40123) is FetchFailure.PORT


@pytest.mark.parametrize(
    "url",
    [
        "http://outlet.example/",
        "https://outlet.example",
        "http://outlet.example:8080/a/b?c=d&e=%20f#g",
        "http://under_score.example/",
        "http://93.184.216.34/",
        "http://[2606:2800:220:1:248:1893:25c8:1946]/x",
        "HTTP://OUTLET.EXAMPLE/",
        "http://xn--9n2bp8q.example/?q=a@b",
        "http://outlet.example/a{b}|c^`d~'(!*)",
    ],
)
def test_an_ordinary_url_is_open(url: str) -> None:
    assert Gate().url_refusal(url) is None


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("file:///etc/passwd", FetchFailure.SCHEME),
        ("FILE:///etc/passwd", FetchFailure.SCHEME),
        ("gopher://127.0.0.1:6379/_FLUSHALL", FetchFailure.SCHEME),
        ("ftp://outlet.example/", FetchFailure.SCHEME),
        ("dict://outlet.example/", FetchFailure.SCHEME),
        ("javascript:alert(1)", FetchFailure.SCHEME),
        ("view-source:http://outlet.example/", FetchFailure.SCHEME),
        ("data:text/html,x", FetchFailure.SCHEME),
        ("//outlet.example/", FetchFailure.SCHEME),
        ("outlet.example", FetchFailure.SCHEME),
        ("http:/outlet.example/", FetchFailure.SCHEME),
        ("http:outlet.example/", FetchFailure.SCHEME),
        ("", FetchFailure.BAD_URL),
        (" http://outlet.example/", FetchFailure.BAD_URL),
        ("http://outlet.example/ ", FetchFailure.BAD_URL),
        ("http://outlet.example/a b", FetchFailure.BAD_URL),
        ("http://outlet.example/\r\nX-Evil: 1", FetchFailure.BAD_URL),
        ("http://outlet.example/\n", FetchFailure.BAD_URL),
        ("http://127.0.0.1\t/", FetchFailure.BAD_URL),
        ("http://outlet.example/\x00", FetchFailure.BAD_URL),
        ("http://outlet.example/\x7f", FetchFailure.BAD_URL),
        ("http://127.0.0.1:80\\@outlet.example/", FetchFailure.BAD_URL),
        ("http://outlet.example\\@127.0.0.1/", FetchFailure.BAD_URL),
        ("http://[::1]:80@outlet.example/", FetchFailure.BAD_URL),
        ("http://user:secret@outlet.example/", FetchFailure.BAD_URL),
        ("http://@outlet.example/", FetchFailure.BAD_URL),
        ("http://127。0。0。1/", FetchFailure.BAD_URL),
        ("http://①②⑦.⓪.⓪.①/", FetchFailure.BAD_URL),
        ("http://loc\u00adalhost/", FetchFailure.BAD_URL),
        ("http://조선.example/", FetchFailure.BAD_URL),
        ("http://loca\u0131host/", FetchFailure.BAD_URL),
        ("http://\u017ftate.example/\u212a", FetchFailure.BAD_URL),
        ("http://outlet.example/조선", FetchFailure.BAD_URL),
        ("http:///path", FetchFailure.BAD_URL),
        ("http://?query", FetchFailure.BAD_URL),
        ("http://:80/", FetchFailure.BAD_URL),
        ("http://outlet.example:/", FetchFailure.BAD_URL),
        ("http://outlet.example:x/", FetchFailure.BAD_URL),
        ("http://outlet.example:99999/", FetchFailure.BAD_URL),
        ("http://outlet.example:-1/", FetchFailure.BAD_URL),
        ("http://outlet.example./", FetchFailure.BAD_URL),
        ("http://.example/", FetchFailure.BAD_URL),
        ("http://a..b/", FetchFailure.BAD_URL),
        ("http://127.0.0.1%00.example/", FetchFailure.BAD_URL),
        ("http://127.0.0.1%2f@outlet.example/", FetchFailure.BAD_URL),
        ("http://[::1%25lo]/", FetchFailure.BAD_URL),
        ("http://[::1/", FetchFailure.BAD_URL),
        ("http://[v1.x]/", FetchFailure.BAD_URL),
        ("http://" + "a" * 64 + ".example/", FetchFailure.BAD_URL),
        ("http://" + "a." * 127 + "aa/", FetchFailure.BAD_URL),
        ("http://outlet.example/" + "a" * 8192, FetchFailure.BAD_URL),
        ("http://outlet.example:22/", FetchFailure.PORT),
        ("http://outlet.example:6379/", FetchFailure.PORT),
        ("http://outlet.example:0/", FetchFailure.PORT),
    ],
)
def test_a_url_that_could_be_read_two_ways_or_leads_elsewhere_is_refused(
    url: str, reason: FetchFailure
) -> None:
    assert Gate().url_refusal(url) is reason


@given(st.text(max_size=60).map(lambda tail: "http://" + tail) | st.text(max_size=60))
def test_no_text_upsets_the_check_and_what_passes_holds_no_control_character(text: str) -> None:
    refusal = Gate().url_refusal(text)

    assert refusal is not None or (text.isascii() and text.isprintable() and " " not in text)


@given(st.ip_addresses(v=4))
def test_a_mapped_or_translated_form_of_any_address_is_refused(address: object) -> None:
    octets = bytes(int(part) for part in str(address).split("."))
    forms = [
        f"::ffff:{address}",
        f"64:ff9b::{address}",
        f"::{address}",
        f"2002:{octets.hex()[:4]}:{octets.hex()[4:]}::1",
    ]

    assert {Gate().refusal(form, 80) for form in forms} == {FetchFailure.PRIVATE_ADDRESS}
