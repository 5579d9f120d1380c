"""Pages that are far from every limit skip the guards; no page near one does."""

import pytest

from services.normalizer.prechecks import is_plain

PLAIN = b"<html><head><title>a</title></head><body>" + b"<p class='b'>word</p>" * 50 + b"</body></html>"


def test_an_ordinary_page_is_plain() -> None:
    assert is_plain(PLAIN)


def test_a_long_script_and_a_stray_quote_in_it_make_no_page_suspect() -> None:
    assert is_plain(PLAIN + b'<script>if (a<b) s = "don\'t <div";' + b"x" * 100_000 + b"</script><p>end</p>")


@pytest.mark.parametrize("quote", [b"'", b'"'])
def test_a_long_value_makes_no_page_suspect(quote: bytes) -> None:
    assert is_plain(
        PLAIN + b"<div class=a data-page=" + quote + b"[1, 2] > <b " * 4_000 + quote + b" hidden>text</div>"
    )


def test_a_quote_too_many_makes_no_page_suspect() -> None:
    assert is_plain(
        PLAIN + b"<p class=\"a\"\">it's</p><a href=/?a=b&c='d>don't</a><p a=\"'>'\">word</p>" * 200
    )


def test_many_pictures_line_breaks_and_comments_leave_nothing_open() -> None:
    assert is_plain(PLAIN + b"<br><IMG src='a'><br/><!-- a --><input>" * 1_000)
    assert not is_plain(PLAIN + b"<br><brr>" * 1_500)


@pytest.mark.parametrize(
    "bomb",
    [
        b"<div" + b" a" * 20_000 + b">",
        b"<div" + b' a="<b>"' * 20_000 + b">",
        b"<div" + b' a="b"' * 20_000 + b">",
        b"<div a=b'" + b" a" * 20_000 + b"'>",
        b'<div a" ' + b" a" * 20_000 + b'">',
        b'<div a=b="' + b" a" * 20_000 + b'">',
        b'<div ="' + b" a" * 20_000 + b'">',
        b'<div a="b"c=d="' + b" a" * 20_000 + b'">',
        b'<div a=b\x0bc="' + b" a" * 20_000 + b'">',
        b'<div a" b=">"' + b" a" * 20_000 + b">",
        b'<div a=b=" c=">"' + b" a" * 20_000 + b">",
        b'<div =" c=">"' + b" a" * 20_000 + b">",
        b'<div a="b"" c=">"' + b" a" * 20_000 + b">",
        b'<div a=b\x0bc=" d=">"' + b" a" * 20_000 + b">",
        b"<!--><div" + b" a" * 20_000 + b">",
        b"<!-- a --!><div" + b" a" * 20_000 + b">",
        b"<!--<script>--><div" + b" a=1" * 20_000 + b">",
        b"<title><script></title><div" + b" a=1" * 20_000 + b">",
        b"<div>" * 2_000,
        b"<i>" * 40_000,
    ],
    ids=[
        "names",
        "marks in values",
        "values",
        "a quote inside a value",
        "a quote in a name",
        "a quote after two equals signs",
        "a quote after no name",
        "a quote after no space",
        "a quote after a vertical tab",
        "after a quote in a name, a mark in a value",
        "after a quote in a bare value, a mark in a value",
        "after a quote in a name that begins by an equals sign, a mark in a value",
        "after a third quote, a mark in a value",
        "after a quote behind a vertical tab, a mark in a value",
        "after an empty comment",
        "after a comment with another end",
        "after a comment",
        "after a title",
        "depth",
        "tags",
    ],
)
def test_a_bomb_is_never_plain(bomb: bytes) -> None:
    assert not is_plain(PLAIN + bomb)


def test_a_page_without_tags_is_left_to_the_guards() -> None:
    assert not is_plain(b"a plain text")
