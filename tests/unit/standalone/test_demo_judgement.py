import io
from dataclasses import replace

from rich.console import Console

from services.standalone.demo import (
    ArchiveSummary,
    DemoSummary,
    FoundAbsence,
    FoundArticle,
    FoundEdit,
    judge,
    judge_classes,
)
from services.standalone.demo_report import print_report
from services.standalone.outlet.model import Outlet
from services.standalone.outlet.truth import Truth

BASE = "http://127.0.0.1:9"
TRUTH = Outlet().truth(14)


def perfect(truth: Truth = TRUTH) -> ArchiveSummary:
    """The account of an archive that missed nothing."""
    gone = {one.article_id for one in truth.removals} - {one.article_id for one in truth.returns}
    return ArchiveSummary(
        articles=tuple(
            FoundArticle(
                title=one.title,
                source_id=f"harbour-{one.edition}",
                urls=tuple(BASE + path for path in one.paths),
            )
            for one in truth.articles
        ),
        edits=tuple(
            FoundEdit(
                url=BASE + edit.paths[-1],
                classes=("wording", edit.edit_class.value),
                silent=edit.silent,
                title_from="A title",
                title_to="A title",
                changes=((" … ".join(edit.removed), " … ".join(edit.added)),),
            )
            for edit in truth.edits
        ),
        removals=tuple(
            FoundAbsence(url=BASE + one.paths[0], title="gone")
            for one in truth.removals
            if one.article_id in gone
        ),
        returns=tuple(FoundAbsence(url=BASE + one.paths[0], title="back") for one in truth.returns),
    )


def test_an_archive_that_tells_the_truth_is_correct() -> None:
    assert judge(perfect(), TRUTH, visited=["/en/", TRUTH.paths[0]]) == ()


def test_equal_words_left_in_a_change_do_not_make_it_wrong() -> None:
    found = perfect()
    edit = found.edits[0]
    before, after = edit.changes[0]
    wider = replace(edit, changes=((f"by the {before} chief", f"by the {after} chief"),))

    assert judge(replace(found, edits=(wider, *found.edits[1:])), TRUTH, visited=[]) == ()


def test_other_words_are_no_account_of_the_edit() -> None:
    found = perfect()
    wrong = replace(found.edits[0], changes=(("Deputy", ""),))

    differences = judge(replace(found, edits=(wrong, *found.edits[1:])), TRUTH, visited=[])

    assert len(differences) == 2
    assert "was not told" in differences[0]
    assert "never happened, or twice" in differences[1]


def test_an_edit_told_twice_is_a_difference() -> None:
    found = perfect()

    assert len(judge(replace(found, edits=(*found.edits, found.edits[0])), TRUTH, visited=[])) == 1


def test_an_edit_wrongly_called_silent_is_a_difference() -> None:
    found = perfect()
    wrong = replace(found.edits[0], silent=not found.edits[0].silent)

    assert len(judge(replace(found, edits=(wrong, *found.edits[1:])), TRUTH, visited=[])) == 1


def test_another_class_is_noted_and_no_difference() -> None:
    found = perfect()
    other = replace(found, edits=(replace(found.edits[0], classes=("title",)), *found.edits[1:]))

    assert judge(other, TRUTH, visited=[]) == ()
    assert judge_classes(found, TRUTH) == ()
    assert len(judge_classes(other, TRUTH)) == 1


def test_an_article_in_two_pieces_is_missed_and_made_up() -> None:
    found = perfect()
    whole = next(one for one in found.articles if len(one.urls) == 2)
    pieces = tuple(replace(whole, urls=(url,)) for url in whole.urls)
    others = tuple(one for one in found.articles if one is not whole)

    assert len(judge(replace(found, articles=(*others, *pieces)), TRUTH, visited=[])) == 3


def test_missed_and_made_up_absences_are_differences() -> None:
    found = perfect()
    made_up = FoundAbsence(url=BASE + TRUTH.paths[0], title="still there")

    differences = judge(replace(found, removals=(made_up,), returns=()), TRUTH, visited=[])

    assert len(differences) == 3


def test_what_is_away_for_less_than_three_looks_may_be_told_or_not() -> None:
    truth = Outlet().truth(7)
    fresh = next(one for one in truth.removals if one.day == 6)
    silent = replace(perfect(truth), removals=())
    told = replace(silent, removals=(FoundAbsence(url=BASE + fresh.paths[0], title="gone"),))

    assert judge(silent, truth, visited=[]) == ()
    assert judge(told, truth, visited=[]) == ()


def test_asking_for_a_barred_page_is_a_difference() -> None:
    assert len(judge(perfect(), TRUTH, visited=[TRUTH.disallowed[0]])) == 1


def test_what_changed_while_an_article_was_away_may_be_told_as_an_edit() -> None:
    found = perfect()
    (back,) = TRUTH.returns
    told = replace(
        found.edits[0],
        url=BASE + back.paths[0],
        changes=(("".join(back.removed), "".join(back.added)),),
    )

    assert judge(replace(found, edits=(*found.edits, told)), TRUTH, visited=[]) == ()


def test_the_report_strikes_what_went_and_shows_what_came() -> None:
    found = perfect()
    summary = DemoSummary(
        found=found,
        truth=TRUTH,
        differences=(),
        classed_otherwise=(),
        requests=900,
        unchanged_answers=40,
        seconds=12.0,
    )
    console = Console(width=100, file=io.StringIO(), force_terminal=True, color_system="standard")

    with console.capture() as printed:
        print_report(summary, console)

    text = printed.get()
    assert "\x1b[9;31m3,870" in text
    assert "\x1b[32m4,520" in text
    assert "Everything that happened was found" in text


def test_the_summary_as_a_dict_says_what_was_expected_and_found() -> None:
    summary = DemoSummary(
        found=perfect(),
        truth=TRUTH,
        differences=("x",),
        classed_otherwise=(),
        requests=9,
        unchanged_answers=4,
        seconds=1.234,
    )

    told = summary.as_dict()

    assert told["correct"] is False
    assert told["expected"] == {
        "articles": 80,
        "merged_addresses": len(TRUTH.paths) - 80,
        "edits": len(TRUTH.edits),
        "removals": 1,
        "returns": 1,
    }
    assert told["seconds"] == 1.23
