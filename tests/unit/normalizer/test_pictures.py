"""Another picture is told from the same one under another address, and told alone."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.normalizer.chronicle import Chronicle
from services.normalizer.edits import compare
from services.normalizer.extracting import extract
from services.normalizer.fields import PageContext, Picture
from services.normalizer.pictures import picture_changes, picture_name, pictures_of, scheme_of
from tests.support.edit_versions import version
from tests.support.records import RecordsInMemory, sighting, source, text, unchanged

_TEXT = "The bridge was opened."
NAMES = st.from_regex(r"[a-z]{4,9}-[0-9]{5,7}", fullmatch=True)
HOSTS = st.sampled_from(
    ["http://outlet.example", "https://cdn1.outlet.example", "https://i0.wp.com/outlet.example"]
)
FOLDERS = st.sampled_from(
    ["/photo", "/2013/12", "/wp-content/uploads/2013/12", "/w_640,h_360", "/300x200/x", ""]
)
SIZES = st.sampled_from(["", "-300x200", "-1024x768", "@2x", "_640x", "-scaled", "-scaled-300x200", "_w640"])
ENDINGS = st.sampled_from([".jpg", ".jpeg", ".JPG", ".webp", ".jpg.webp", ".avif"])
QUERIES = st.sampled_from(["", "?v=7", "?w=640&h=360&fit=crop", "?ts=1386547200#a", "?auto=format"])


@st.composite
def addresses(draw: st.DrawFn, name: str) -> str:
    """One of the many addresses that a content network gives to one picture."""
    plain = draw(HOSTS) + draw(FOLDERS) + f"/{name}" + draw(SIZES) + draw(ENDINGS) + draw(QUERIES)
    if draw(st.booleans()):
        quoted = plain.replace(":", "%3A").replace("/", "%2F").replace("?", "%3F").replace("&", "%26")
        return f"https://outlet.example/_next/image?url={quoted.replace('#', '%23')}&w=640&q=75"
    return plain


def picture(url: str, caption: str | None = None) -> Picture:
    return Picture(url=url, caption=caption, alternative=None)


def shown(*urls: str, caption: str | None = None) -> list[dict[str, str | None]]:
    """Pictures as a look notes them."""
    return [{"url": url, "caption": caption, "alternative": None} for url in urls]


@given(data=st.data(), names=st.lists(NAMES, max_size=4, unique=True))
def test_the_same_pictures_under_other_addresses_are_no_change(data: st.DataObject, names: list[str]) -> None:
    before, after = ([picture(data.draw(addresses(name))) for name in names] for _ in range(2))

    assert picture_changes(before, data.draw(st.permutations(after))) == ()


@given(
    data=st.data(),
    kept=st.lists(NAMES, max_size=3, unique=True),
    gone=st.lists(NAMES, max_size=2, unique=True),
    come=st.lists(NAMES, max_size=2, unique=True),
)
def test_each_picture_that_went_or_came_is_named_and_read_backwards_it_is_the_opposite(
    data: st.DataObject, kept: list[str], gone: list[str], come: list[str]
) -> None:
    gone = [one for one in gone if one not in kept]
    come = [one for one in come if one not in kept + gone]
    before = [picture(data.draw(addresses(name))) for name in kept + gone]
    after = [picture(data.draw(addresses(name))) for name in come + kept]

    found = picture_changes(before, after)

    assert {one.name for one in found if not one.is_new} == set(gone)
    assert {one.name for one in found if one.is_new} == set(come)
    back = picture_changes(after, before)
    assert {(one.name, one.is_new) for one in back} == {(one.name, not one.is_new) for one in found}


@given(url=st.text(max_size=80), other=st.text(max_size=80))
def test_any_address_has_a_name_and_is_the_same_as_itself(url: str, other: str) -> None:
    assert picture_name(url) == picture_name(url)
    assert picture_changes([picture(url), picture(other)], [picture(other), picture(url)]) == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://a.example/get.php?id=7&w=90", "http://b.example/get.php?w=300&id=7"),
        ("http://a.example/PIC0059823/300x200/image.jpg", "http://a.example/PIC0059823/600x400/image.webp"),
        (
            "http://a.example/photo/Crowd-1386547200123.jpg?itok=aa",
            "http://a.example/photo/Crowd-1386547200123.jpg",
        ),
    ],
)
def test_addresses_of_one_picture(one: str, other: str) -> None:
    assert picture_name(one) == picture_name(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://a.example/get.php?id=7", "http://a.example/get.php?id=8"),
        ("http://a.example/PIC0059823/image.jpg", "http://a.example/PIC0059824/image.jpg"),
        ("http://a.example/p/PYH2013120901.jpg", "http://a.example/p/PYH2013120902.jpg"),
    ],
)
def test_two_pictures(one: str, other: str) -> None:
    assert picture_name(one) != picture_name(other)
    assert len(picture_changes([picture(one)], [picture(other)])) == 2


def test_a_name_made_of_the_file_itself_counts_only_with_other_words_beside_it() -> None:
    old = "http://cdn.example/9f86d081884c7d659a2feaa0c55ad015.jpg"
    new = "http://cdn.example/60303ae22b998861bce3b28f33eec1be.webp"

    assert picture_changes([picture(old, "The  crowd.")], [picture(new, "The crowd.")]) == ()
    assert picture_changes([picture(old)], []) == ()
    assert len(picture_changes([picture(old, "The crowd.")], [picture(new, "The depot.")])) == 2
    assert picture_changes([picture(old, "The crowd.")], [picture(old, "The depot.")]) == ()


def test_where_pictures_were_not_noted_nothing_is_said_of_them() -> None:
    crowd = (picture("http://a.example/crowd.jpg"),)

    assert compare(version(_TEXT, pictures=None), version(_TEXT, pictures=crowd)) is None
    assert compare(version(_TEXT, pictures=crowd), version(_TEXT, pictures=None)) is None
    assert compare(version(_TEXT, pictures=()), version(_TEXT, pictures=crowd)) is not None


def test_names_of_one_scheme_are_told_from_a_new_scheme() -> None:
    assert scheme_of("pyh2013120901") == scheme_of("pyh7")
    assert scheme_of("district-5") != scheme_of("5_district_photo")


# -- in the history -----------------------------------------------------------------------------------------------


def seen(records: RecordsInMemory, *looks: tuple[str, float, list[dict[str, str | None]]]) -> list[str]:
    chronicle = Chronicle(records, source())
    return [
        chronicle.see(sighting(path, text(), hours=hours, pictures=pictures))
        for path, hours, pictures in looks
    ]


def test_a_picture_alone_is_an_edit_of_class_image_with_both_sides() -> None:
    records = RecordsInMemory()

    outcomes = seen(
        records,
        ("/1", 0, shown("http://a.example/crowd.jpg", caption="The crowd.")),
        ("/1", 1, shown("http://cdn.a.example/x/crowd-300x200.webp?v=3", caption="The crowd.")),
        ("/1", 2, shown("http://a.example/depot.jpg", caption="The depot.")),
    )

    assert outcomes == ["found", "unchanged", "revised"]
    ((_, edit),) = records.edits
    assert (edit.classes, edit.words_changed, edit.silent) == (["image"], 0, True)
    assert [(one["op"], one["from"], one["to"]) for one in edit.changes] == [
        ("picture", "The crowd. (http://cdn.a.example/x/crowd-300x200.webp?v=3)", ""),
        ("picture", "", "The depot. (http://a.example/depot.jpg)"),
    ]
    assert records.kinds() == ["article_found", "article_edited"]


def test_two_addresses_with_other_crops_of_a_picture_are_no_edit_and_one_that_lags_tells_nothing_twice() -> (
    None
):
    records = RecordsInMemory()

    outcomes = seen(
        records,
        ("/1", 0, shown("http://a.example/crowd.jpg")),
        ("/mobile/1", 0.1, shown("http://a.example/for-phones-77.jpg")),
        ("/1", 1, shown("http://a.example/crowd.jpg")),
        ("/mobile/1", 1.1, shown("http://a.example/for-phones-77.jpg")),
        ("/1", 2, shown("http://a.example/depot.jpg")),
        ("/mobile/1", 2.1, shown("http://a.example/depot.jpg")),
    )

    assert outcomes == ["found", "alias", "unchanged", "unchanged", "revised", "unchanged"]
    assert len(records.edits) == 1


def test_a_look_that_brought_nothing_new_forgets_no_picture() -> None:
    records = RecordsInMemory()
    seen(records, ("/1", 0, shown("http://a.example/crowd.jpg")))

    Chronicle(records, source()).see_unchanged(unchanged("/1", hours=1))

    assert seen(records, ("/1", 2, shown("http://a.example/depot.jpg"))) == ["revised"]


def test_words_and_a_picture_that_change_together_are_one_edit() -> None:
    records = RecordsInMemory()
    chronicle = Chronicle(records, source())
    chronicle.see(sighting("/1", text(), pictures=shown("http://a.example/crowd.jpg")))

    changed = text("bridge", ("forty", "fifty"))
    chronicle.see(sighting("/1", changed, hours=1, pictures=shown("http://a.example/depot.jpg")))

    ((_, edit),) = records.edits
    assert edit.classes == ["number_or_date", "image"]
    assert [one["op"] for one in edit.changes] == ["replace", "picture", "picture"]


def test_a_late_look_with_another_picture_comes_in_where_its_time_is() -> None:
    """In whatever order three looks are read, two edits of the picture are told."""
    crowd, depot = shown("http://a.example/crowd.jpg"), shown("http://a.example/depot.jpg")
    looks = [("/1", 0.0, crowd), ("/1", 1.0, depot), ("/1", 2.0, crowd)]
    for order in ((0, 1, 2), (2, 0, 1), (0, 2, 1)):
        records = RecordsInMemory()
        seen(records, *(looks[number] for number in order))
        told = sorted((edit.seen_at, tuple(edit.classes)) for _, edit in records.edits)
        assert [classes for _, classes in told] == [("image",), ("image",)], order


@pytest.mark.parametrize("articles", [5, 6])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("banner-2013", "banner-2014"),
        ("district-{}", "{}_district_wide"),
    ],
)
def test_what_more_than_five_articles_change_alike_is_the_templates(
    articles: int, old: str, new: str
) -> None:
    """A picture of the house that stands in every article, or all pictures called by another scheme."""
    records = RecordsInMemory()
    chronicle = Chronicle(records, source())
    for hours, name in ((0, old), (24, new)):
        for number in range(articles):
            look = sighting(
                f"/{number}", text(f"bridge {number}"), hours=hours + number / 100, title=f"No. {number}"
            )
            pictures = shown(f"http://a.example/{name.format(number)}.jpg")
            chronicle.see(replace(look, fields={**look.fields, "pictures": pictures}))

    own = [edit for _, edit in records.edits if edit.template_id is None]
    assert len(own) == (articles if articles == 5 else 0)
    assert records.kinds().count("template_changed") == (0 if articles == 5 else 1)


def test_pictures_that_many_articles_swap_each_for_its_own_are_edits() -> None:
    records = RecordsInMemory()
    chronicle = Chronicle(records, source())
    for hours, name in ((0, "PYH20131209{:02}"), (24, "PYH20131210{:02}")):
        for number in range(8):
            look = sighting(
                f"/{number}", text(f"bridge {number}"), hours=hours + number / 100, title=f"No. {number}"
            )
            pictures = shown(f"http://a.example/{name.format(number)}.jpg")
            chronicle.see(replace(look, fields={**look.fields, "pictures": pictures}))

    assert [edit.classes for _, edit in records.edits] == [["image"]] * 8
    assert "template_changed" not in records.kinds()


def test_pictures_of_a_page_are_those_of_its_text_and_the_one_it_is_shared_with() -> None:
    paragraphs = "".join(f"<p>{one}</p>" for one in text())
    page = f"""<html><head><meta property="og:image" content="http://herald.example/share/crowd-99.png"></head><body>
<article><h1>Bridge opens</h1><figure><img src="/photo/crowd-300x200.jpg" alt="A crowd">
<figcaption>The crowd on Saturday.</figcaption></figure>{paragraphs}</article></body></html>"""
    context = PageContext(url="http://herald.example/1", content_type="text/html")

    found = pictures_of(extract(page.encode(), context))

    assert [picture_name(one.url) for one in found] == ["crowd", "crowd-99"]
    assert found[0].caption == "The crowd on Saturday."
