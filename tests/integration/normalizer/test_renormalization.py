"""Reading stored captures again: what a publisher did stays told, and what our rules did is told no more."""

from dataclasses import replace

import pytest

from services.normalizer.fields import Extraction, ExtractionError, ExtractionFailure, PageContext
from services.normalizer.ruled import rules_version
from shared.errors import TryAgainError
from shared.ledger.corrections import Scope
from tests.support.rules_archive import RulesArchive, extracted
from tests.support.stored_evidence import StoredEvidence

WHOLE = 'body = "div.page"'
"""Takes the counter of readers for text."""
TEXT = 'body = "div.text"'
LEAD = 'body = "p.lead"'
NOTICE = 'body = "div.notice"'
NOTICE_TEXT = (
    "We and our partners store information on your device, such as cookies, to show this page to you, "
    "and to count its readers."
)


@pytest.fixture
def archive(stored: StoredEvidence) -> RulesArchive:
    return RulesArchive(stored=stored)


def story(name: str = "bridge", *, readers: int = 1, cost: str = "forty", title: str | None = None) -> bytes:
    return f"""<html><head><title>{title or name}</title></head><body><div class="page">
<h1>{title or f"The {name} is open again"}</h1><time datetime="2026-03-09">9 March 2026</time>
<div class="text"><p class="lead">The {name} of the lower harbour was opened again on Monday after a long winter
of repairs, and a crowd of people from both banks walked over it.</p>
<p>The works had cost {cost} thousand crowns, said the chair of the {name} committee to this paper.</p></div>
<div class="hits"><p>{readers} people of this town have read this page about the {name} so far today.</p></div>
<div class="notice"><p>{NOTICE_TEXT}</p></div></div></body></html>""".encode()


def test_an_edit_that_was_only_our_fault_goes_and_its_going_is_told(archive: RulesArchive) -> None:
    for readers in (1, 2, 3):
        archive.look({"/news/1": story(readers=readers)}, WHOLE)
    assert archive.kinds() == ["article_found", "article_edited", "article_edited"]

    report = archive.renormalize(TEXT)

    assert report.counts["edits_withdrawn"] == report.counts["revisions_folded"] == 2
    assert archive.stored.rows("select * from edits") == []
    assert [row["number"] for row in archive.standing()] == [1]
    assert archive.kinds()[3:] == ["revision_corrected"] * 3 + ["edit_withdrawn"] * 2
    [article] = archive.stored.rows("select revisions, revision_id from articles")
    [known] = archive.stored.rows("select revision_id from article_urls")
    assert (article["revisions"], article["revision_id"]) == (1, known["revision_id"])
    assert len(archive.stored.rows("select * from revision_readings")) == 3


def test_a_preview_says_what_a_run_would_do_and_does_nothing(archive: RulesArchive) -> None:
    for readers in (1, 2):
        archive.look({"/news/1": story(readers=readers), "/news/2": story("mill")}, WHOLE)
    before = archive.everything(), list(archive.stored.evidence.keys(""))

    preview = archive.renormalize(TEXT, preview=True)

    assert (archive.everything(), list(archive.stored.evidence.keys(""))) == before
    assert archive.stored.rows("select * from rereadings") == []
    assert preview.fields["body"]["changed"] == 3
    assert "people of this town" in preview.fields["body"]["examples"][0]["before"]
    assert preview.counts == archive.renormalize(TEXT).counts


def test_a_second_run_changes_nothing(archive: RulesArchive) -> None:
    for readers in (1, 2):
        archive.look({"/news/1": story(readers=readers)}, WHOLE)
    archive.renormalize(TEXT)
    before = archive.everything()

    report = archive.renormalize(TEXT)

    assert archive.everything() == before
    assert report.counts == {"articles": 1, "captures": 2}


def test_a_true_edit_stays_and_loses_what_was_our_fault(archive: RulesArchive) -> None:
    archive.look({"/news/1": story(readers=1)}, WHOLE)
    archive.look({"/news/1": story(readers=2, cost="fifty")}, WHOLE)

    archive.renormalize(TEXT)

    [edit] = archive.stored.rows("select changes from edits")
    assert [(change["from"], change["to"]) for change in edit["changes"]] == [("forty", "fifty")]
    assert archive.kinds()[-1] == "edit_corrected"


def test_an_edit_that_the_rules_did_not_see_is_found(archive: RulesArchive) -> None:
    for cost in ("forty", "fifty", "sixty"):
        archive.look({"/news/1": story(cost=cost)}, LEAD)
    assert archive.kinds() == ["article_found"]

    report = archive.renormalize(TEXT)

    edits = archive.stored.rows("select changes, seen_at from edits order by seen_at")
    told = [(change["from"], change["to"]) for edit in edits for change in edit["changes"]]
    assert told == [("forty", "fifty"), ("fifty", "sixty")]
    assert report.counts["edits_found"] == 2
    [article] = archive.stored.rows(
        "select revisions, body from articles join revisions using (article_id, revision_id)"
    )
    assert article["revisions"] == 3
    assert "sixty" in article["body"][1]


def test_new_rules_make_no_edits_at_the_next_look(archive: RulesArchive) -> None:
    archive.look({"/news/1": story(readers=1), "/news/2": story("mill")}, WHOLE)

    archive.look({"/news/1": story(readers=2), "/news/2": story("mill", cost="fifty")}, TEXT)

    [edit] = archive.stored.rows("select changes from edits")
    assert [(change["from"], change["to"]) for change in edit["changes"]] == [("forty", "fifty")]
    assert {row["rules"] for row in archive.standing()} == {rules_version(archive.source(TEXT).article)}


def test_articles_that_bad_rules_took_for_one_are_told_apart(archive: RulesArchive) -> None:
    pages = {f"/news/{number}": story(name) for number, name in enumerate(("bridge", "mill", "depot"))}
    archive.look(pages, NOTICE)
    assert len(archive.stored.rows("select * from articles")) == 1

    report = archive.renormalize(TEXT)

    assert report.counts["addresses_released"] == 2
    articles = archive.stored.rows("select title, url, first_seen_at from articles order by title")
    assert [row["title"].split()[1] for row in articles] == ["bridge", "depot", "mill"]
    assert archive.stored.rows("select * from edits") == []


def test_addresses_of_one_story_are_joined_when_better_rules_see_it(archive: RulesArchive) -> None:
    archive.look({"/news/1": story(readers=1), "/world/1": story(readers=7)}, WHOLE)
    assert len(archive.stored.rows("select * from articles where merged_into is null")) == 2

    report = archive.renormalize(TEXT)

    assert report.counts["articles_merged"] == 1
    assert len(archive.stored.rows("select * from articles where merged_into is null")) == 1


def test_a_page_that_gives_no_text_now_keeps_what_it_gave(archive: RulesArchive) -> None:
    archive.look({"/news/1": story()}, TEXT)
    before = archive.standing()

    def reads_nothing(body: bytes, context: PageContext, /) -> Extraction:
        found = extracted(b"<html><body></body></html>", context)
        assert not found.body
        return found

    report = archive.renormalize(WHOLE, extract_page=reads_nothing)

    assert archive.standing() == before
    assert report.counts["revisions_kept_unread"] == 1


def test_a_run_that_was_ended_goes_on_where_it_was(archive: RulesArchive) -> None:
    archive.look({f"/news/{number}": story(f"bridge {number}") for number in range(5)}, WHOLE)
    read: list[str | None] = []

    def ends_after_three(body: bytes, context: PageContext, /) -> Extraction:
        if len(read) == 3:
            raise TryAgainError("the machine was switched off")
        read.append(context.url)
        return extracted(body, context)

    with pytest.raises(TryAgainError):
        archive.renormalize(TEXT, extract_page=ends_after_three, articles_at_once=1)
    assert len({row["rules"] for row in archive.standing()}) == 2

    def goes_on(body: bytes, context: PageContext, /) -> Extraction:
        read.append(context.url)
        return extracted(body, context)

    report = archive.renormalize(TEXT, extract_page=goes_on, articles_at_once=1)

    assert len(read) == len(set(read)) == 5
    assert report.counts["revisions_corrected"] == 5
    assert len({row["rules"] for row in archive.standing()}) == 1


def test_only_articles_of_older_rules_are_read_when_that_is_wanted(archive: RulesArchive) -> None:
    archive.look({"/news/1": story()}, WHOLE)
    archive.look({"/news/2": story("mill")}, TEXT)

    report = archive.renormalize(TEXT, scope=Scope(older_rules=True))

    assert report.counts["articles"] == 1


def test_documents_of_a_new_reading_lie_beside_the_old_ones(archive: RulesArchive) -> None:
    archive.look({"/news/1": story()}, WHOLE)
    [first] = archive.stored.evidence.keys("articles/")
    before = archive.stored.evidence.get(first)

    archive.renormalize(TEXT)

    rules = rules_version(archive.source(TEXT).article)
    keys = list(archive.stored.evidence.keys("articles/"))
    assert archive.stored.evidence.get(first) == before
    assert [key.rpartition("/")[0] for key in keys if key != first] == [f"articles/reread/harbour/{rules}"]


def test_a_page_that_could_not_be_read_becomes_an_article(archive: RulesArchive) -> None:
    def gives_up(body: bytes, context: PageContext, /) -> Extraction:
        raise ExtractionError(ExtractionFailure.PARSE_TIMEOUT, "it took too long")

    replace(archive, extract_page=gives_up).look({"/news/1": story()}, TEXT)
    assert archive.stored.rows("select * from articles") == []

    report = archive.renormalize(TEXT)

    assert report.counts["unread_pages_now_found"] == 1
    [capture] = archive.stored.rows("select article_outcome from captures where kind = 'article'")
    assert capture["article_outcome"] == "found"
