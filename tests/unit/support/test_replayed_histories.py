import datetime as dt
import html
import re
from collections.abc import Mapping

import pytest

from services.standalone.outlet.loopback import Request, Response
from shared.sources import load_source
from tests.support.publishers import KcnaPublisher, MadeUpHistory, ReplayPublisher, Seen, kcna_versions_path

DAY = dt.date(2025, 3, 1)
KCNA_PATH = kcna_versions_path()


@pytest.fixture(scope="module", params=["made-up", "kcna"])
def publisher(request: pytest.FixtureRequest) -> ReplayPublisher:
    if request.param == "made-up":
        return MadeUpHistory()
    if KCNA_PATH is None:
        pytest.skip("the corpus is not there")
    return KcnaPublisher(KCNA_PATH)


def get(publisher: ReplayPublisher, path: str) -> Response:
    return publisher.respond(Request(method="GET", target=path, headers={}))


def article_links(page: Response) -> set[str]:
    content = page.body.decode().split("<main>")[1]
    return set(re.findall(r'href="([^"]+)"', content))


def list_links(publisher: ReplayPublisher) -> list[str]:
    return re.findall(r'href="(/en/category/[^"]+)"', get(publisher, "/").body.decode())


def shown_text(page: Response) -> str:
    """The lines of an article page without mark-up."""
    body = page.body.decode().split('<div class="content-wrapper">')[1].split("</div>")[0]
    lines = re.findall(r"<p>(.*?)</p>", body, flags=re.DOTALL)
    return "\n".join(html.unescape(re.sub(r"<[^>]+>", "", line)) for line in lines)


def body_on(bodies: Mapping[str, tuple[tuple[dt.date, str], ...]], path: str, look: dt.date) -> str:
    return [body for since, body in bodies[path] if since <= look][-1]


def test_every_address_stands_in_a_list_at_some_look(publisher: ReplayPublisher) -> None:
    listed: set[str] = set()
    for look in publisher.looks:
        publisher.set_look(look)
        for path in list_links(publisher):
            listed |= article_links(get(publisher, path))

    assert listed == set(publisher.truth.bodies)


def test_an_article_page_shows_the_body_of_its_look(publisher: ReplayPublisher) -> None:
    for look in (publisher.looks[0], publisher.looks[5], publisher.looks[-1]):
        publisher.set_look(look)
        for path, versions in publisher.truth.bodies.items():
            page = get(publisher, path)
            if versions[0][0] > look:
                assert page.status == 404
                continue
            lines = [line for line in body_on(publisher.truth.bodies, path, look).split("\n") if line.strip()]
            assert shown_text(page) == "\n".join(lines)


def test_a_rewrite_is_seen_at_its_day_at_every_alias(publisher: ReplayPublisher) -> None:
    for rewrite in publisher.truth.rewrites:
        before = publisher.looks[publisher.looks.index(rewrite.day) - 1]
        for path in (rewrite.path, *rewrite.also_at):
            publisher.set_look(before)
            old = shown_text(get(publisher, path))
            publisher.set_look(rewrite.day)
            new = shown_text(get(publisher, path))
            assert old != new
        assert rewrite.removed or rewrite.added


def test_leaders_names_have_tags_and_no_space_around_them(publisher: ReplayPublisher) -> None:
    publisher.set_look(publisher.looks[-1])
    pages = [get(publisher, path).body.decode() for path in publisher.truth.bodies]

    assert any(
        re.search(r'[a-z]<nobr><span class="fSpecCs">[^<]+</span></nobr>[a-z]', page) for page in pages
    )


def test_lists_show_dates_in_brackets_and_newest_first(publisher: ReplayPublisher) -> None:
    publisher.set_look(publisher.looks[-1])
    page = get(publisher, list_links(publisher)[0]).body.decode().split("<main>")[1]

    dates = [tuple(map(int, found)) for found in re.findall(r"\[(\d+)\.(\d+)\.(\d+)\.\]", page)]

    assert dates
    assert dates == sorted(dates, reverse=True)


def test_the_source_file_accepts_articles_and_follows_lists(publisher: ReplayPublisher) -> None:
    source = load_source(publisher.source_text("http://127.0.0.1:8000"))

    for path in publisher.truth.bodies:
        assert any(re.search(pattern, f"http://127.0.0.1:8000{path}") for pattern in source.links.accept)
    for path in list_links(publisher):
        assert any(re.search(pattern, f"http://127.0.0.1:8000{path}") for pattern in source.links.follow)


@pytest.mark.skipif(KCNA_PATH is None, reason="the corpus is not there")
def test_the_real_history_has_eleven_rewritten_addresses() -> None:
    assert KCNA_PATH is not None
    publisher = KcnaPublisher(KCNA_PATH)

    assert len(publisher.looks) == 58
    assert len(publisher.truth.bodies) == 1174
    assert len(publisher.truth.rewrites) == 11


def test_the_made_up_history_has_the_shape_of_a_real_one() -> None:
    truth = MadeUpHistory().truth

    assert truth.articles == 60
    assert len(truth.aliases) == 31
    assert len(truth.rewrites) == 5
    assert MadeUpHistory().truth == truth
    assert MadeUpHistory(seed=2).truth != truth


def seen(path: str, body: str, *, first: int, last: int) -> Seen:
    return Seen(
        first_seen=DAY + dt.timedelta(days=first),
        last_seen=DAY + dt.timedelta(days=last),
        path=path,
        section="News",
        headline="A headline",
        date=DAY,
        body=body,
    )


def test_a_version_that_was_not_seen_any_more_gives_way_to_the_former_one() -> None:
    versions = [
        seen("/a", "old text", first=0, last=2),
        seen("/a", "slip", first=1, last=1),
        seen("/b", "old  text", first=0, last=2),
        seen("/c", "other", first=2, last=2),
    ]
    publisher = ReplayPublisher(versions, source_id="x", name="X", leaders=("Nobody",))

    assert [body for _, body in publisher.truth.bodies["/b"]] == ["old  text", "slip", "old  text"]
    assert publisher.truth.rewrites[0].also_at == ("/b",)
    assert publisher.truth.rewrites[0].undone_on == DAY + dt.timedelta(days=2)
    assert publisher.truth.aliases == (("/a", "/b"),)


def test_a_day_without_a_look_is_refused() -> None:
    with pytest.raises(ValueError, match="take one of `looks`"):
        MadeUpHistory().set_look(dt.date(1999, 1, 1))
