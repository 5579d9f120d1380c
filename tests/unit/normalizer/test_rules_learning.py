"""Rules by example: selectors that are right, and that will hold."""

from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from services.normalizer.fields import PageContext
from services.normalizer.rule_examples import Example, ExamplesError, read_examples
from services.normalizer.rules_learning import LearntPage, Lesson, Proposal, learn
from services.normalizer.selectors import selectors_of
from shared.sources import ArticleRules

SUBJECTS = ("bridge", "mill", "depot", "lighthouse", "library")


def page(number: int, *, subject: str) -> bytes:
    return f"""<html><head><title>{subject} | Harbour Wire</title></head><body>
<div class="css-1x9f2k"><h2 class="top">Harbour Wire</h2><h3 class="story-head">The {subject} opens</h3>
<div class="meta css-9a"><span class="printed">Printed 24.12.2026</span>
<span class="issued">{number + 1}. March 2026</span></div>
<div class="story-text" id="story-{number}"><div class="share">Send this page of ours to all of your friends</div>
<p>Tarnholt -- The {subject} of the lower harbour was opened again on Monday after a long winter of repairs.</p>
<p>A crowd of people from both banks walked over to the {subject}, and a band played until the rain set in.</p>
<div class="promo"><p>Read also what the council of the old town has decided about the tram lines.</p></div>
</div><a class="first-print" href="http://other.example/{subject}">Original</a></div>
<div class="more"><h3>Other news of the town</h3></div></body></html>""".encode()


def example(number: int) -> Example:
    subject = SUBJECTS[number]
    return Example(
        url=f"http://harbour.example/{number}",
        title=f"The {subject} opens",
        date=f"2026-03-{number + 1:02}",
        body_begins=f"Tarnholt -- The {subject}",
        body_ends="until the rain set in.",
        original_url=f"http://other.example/{subject}",
    )


def learnt(number: int) -> LearntPage:
    context = PageContext(url=f"http://harbour.example/{number}", language="en")
    return LearntPage.of(page(number, subject=SUBJECTS[number]), context)


def proposal() -> Proposal:
    lessons = [Lesson(learnt=learnt(number), example=example(number)) for number in range(3)]
    return learn(lessons, [learnt(number) for number in range(5)], ArticleRules(end_mark="-0-"))


def test_every_field_is_learnt_from_three_pages() -> None:
    found = proposal()

    assert found.missed == []
    assert set(found.right.values()) == {(3, 3)}
    assert found.rules.title == "h3.story-head"
    assert found.rules.date == "span.issued"
    assert found.rules.body == "div.story-text"
    assert found.rules.original_url == "a.first-print"
    assert sorted(found.rules.exclude) == ["div.promo", "div.share"]
    assert found.rules.end_mark == "-0-"


def test_rules_are_tried_on_pages_that_nobody_gave_answers_for() -> None:
    tried = proposal().sample

    assert {name: entry["found"] for name, entry in tried.items()} == dict.fromkeys(
        ("title", "date", "body", "original_url"), 5
    )


def test_a_field_that_stands_nowhere_is_missed_and_not_made_up() -> None:
    wrong = example(0).model_copy(update={"title": "A headline that is nowhere"})

    found = learn([Lesson(learnt=learnt(0), example=wrong)], [], ArticleRules())

    assert found.missed == ["title"]
    assert found.rules.title is None


@pytest.mark.parametrize(
    "attributes",
    ['class="css-1x9f2k"', 'class="sc-bdVaJa"', 'id="story-4711"', 'class="Title__xKqPz"', 'class="col12"'],
)
def test_names_that_a_build_or_a_database_made_are_no_selectors(attributes: str) -> None:
    node = LexborHTMLParser(f"<body><p {attributes}>Text</p></body>").css_first("p")
    assert node is not None

    assert list(selectors_of(node)) == []


def test_no_selector_names_an_element_by_its_place() -> None:
    node = LexborHTMLParser("<main class='news'><div><p class='lead'>Text</p></div></main>").css_first("p")
    assert node is not None

    found = list(selectors_of(node))

    assert "p.lead" in found
    assert "main.news p.lead" in found
    assert not any("nth" in one or ">" in one for one in found)


def test_examples_are_read_from_each_form(tmp_path: Path) -> None:
    forms = {
        "a.toml": '[[pages]]\nurl = "http://a.example/1"\ntitle = "One"\ndate = 2026-03-09\n',
        "a.json": '[{"url": "http://a.example/1", "title": "One", "date": "2026-03-09"}]',
        "a.csv": "url,title,date,body_begins\nhttp://a.example/1,One,2026-03-09,\n",
    }
    for name, text in forms.items():
        (tmp_path / name).write_text(text)

        assert read_examples(tmp_path / name) == [
            Example(url="http://a.example/1", title="One", date="2026-03-09")
        ]


@pytest.mark.parametrize(
    "text", ["[[pages]]\ntitle = 'a'", "[[pages]]\nurl = 'a'\ntitel = 'b'", "pages = 3", "", "["]
)
def test_wrong_examples_are_refused_with_their_place(tmp_path: Path, text: str) -> None:
    path = tmp_path / "examples.toml"
    path.write_text(text)

    with pytest.raises(ExamplesError, match=r"examples\.toml"):
        read_examples(path)


def untitled(number: int) -> LearntPage:
    """Return a page that has its headline in its title only, before a name that it says nowhere else."""
    subject = SUBJECTS[number]
    markup = page(number, subject=subject).decode()
    markup = markup.replace(f'<h3 class="story-head">The {subject} opens</h3>', "")
    markup = markup.replace(f"{subject} | Harbour Wire", f"The {subject} opens - Tidings of the North")
    context = PageContext(url=f"http://harbour.example/{number}", language="en")
    return LearntPage.of(markup.encode(), context)


def test_the_ending_that_the_titles_of_a_source_share_is_learnt_where_no_element_holds_the_headline() -> None:
    pages = [untitled(number) for number in range(5)]
    lessons = [Lesson(learnt=pages[number], example=example(number)) for number in range(3)]

    found = learn(lessons, pages, ArticleRules())

    assert found.rules.title is None
    assert found.rules.title_tails == (" - Tidings of the North",)
    assert found.right["title_tails"] == (3, 3)
    assert "title" not in found.missed
    assert found.sample["title"]["found"] == 5
    assert [one.read(found.rules).title for one in pages] == [f"The {subject} opens" for subject in SUBJECTS]
