"""The sources that come with Pressmark load, and take the addresses that were really seen."""

from pathlib import Path

import pytest

from services.crawler.links import FoundLink, LinkOrigin, LinkRuling, RawLink
from shared.ledger.frontier import TargetKind
from shared.sources import SourceFile, article_key, load_source

FOLDER = Path(__file__).parents[2] / "deploy" / "sources"
FILES = sorted(FOLDER.glob("*.toml"))

SEEN = {
    "kcna-kp-en": [
        "http://www.kcna.kp/en/article/detail/0123456789abcdef0123456789abcdef",
        "http://kcna.kp/en/article/q/6a4ae9a744af8ecdfa6678c5f1eda29c.kcmsf",
    ],
    "rodong-ko": ["http://www.rodong.rep.kp/ko/index.php?MTJAMjAyNS0xMC0xMC0wMTNAM0AxQEAwQA=="],
    "kcna-co-jp-en": ["http://kcna.co.jp/item/2014/201403/news30/20140330-05ee.html"],
    "vok-en": ["http://www.vok.rep.kp/index.php/revo_de/getDetail/ien250625008/en"],
    "minju-ko": [
        "http://www.minju.rep.kp/Home/index/disp/123/ko",
        "http://www.minju.rep.kp/home/Index/disp/123/ko",
    ],
    "kcnawatch-en": ["https://kcnawatch.org/newstream/1750885366-40110545/some-headline/"],
}
NEVER = {
    "kcnawatch-en": ["https://kcnawatch.org/free-member-form/", "https://kcnawatch.org/newstream/"],
    "kcna-kp-en": ["http://www.kcna.kp/en/gallery/detail/0123456789abcdef0123456789abcdef"],
}
KEYS = {
    "rodong-ko": (
        "http://www.rodong.rep.kp/ko/index.php?MTJAMjAyNS0xMC0xMC0wMTNAM0AxQEAwQA==",
        "2025-10-10-013",
    ),
    "kcnawatch-en": (
        "https://kcnawatch.org/newstream/1750885366-40110545/some-headline/",
        "1750885366-40110545",
    ),
    "kcna-co-jp-en": ("http://kcna.co.jp/item/2014/201403/news30/20140330-05ee.html", "20140330-05"),
}


def source_of(name: str) -> SourceFile:
    return load_source((FOLDER / f"{name}.toml").read_text(encoding="utf-8"), name=name)


def taken(name: str, url: str) -> TargetKind | None:
    source = source_of(name)
    link = RawLink(href=url, base=source.home, origin=LinkOrigin.ANCHOR)
    found = LinkRuling(source).judge(link, page_url=source.home)
    return found.kind if isinstance(found, FoundLink) else None


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_source_of_the_pack_loads_is_named_by_its_id_and_says_what_was_seen(file: Path) -> None:
    text = file.read_text(encoding="utf-8")

    assert load_source(text, name=file.name).id == file.stem
    assert text.startswith("# ")
    assert "Seen" in text


def test_the_pack_is_there() -> None:
    assert len(FILES) >= 12


@pytest.mark.parametrize(("name", "url"), [(name, url) for name, urls in SEEN.items() for url in urls])
def test_an_address_of_an_article_that_was_seen_is_taken(name: str, url: str) -> None:
    assert taken(name, url) is TargetKind.ARTICLE


@pytest.mark.parametrize(("name", "url"), [(name, url) for name, urls in NEVER.items() for url in urls])
def test_what_is_no_article_is_not_taken(name: str, url: str) -> None:
    assert taken(name, url) is not TargetKind.ARTICLE


@pytest.mark.parametrize("name", KEYS)
def test_identity_is_read_from_the_address(name: str) -> None:
    url, key = KEYS[name]
    rules = source_of(name).article.key

    assert rules is not None
    assert article_key(rules, url) == key
