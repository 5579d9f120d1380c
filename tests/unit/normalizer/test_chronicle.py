"""Identity, edits and removals: what looks at addresses mean for the articles under them."""

from services.normalizer.chronicle import Chronicle
from services.normalizer.sightings import Elsewhere, Wordless
from shared.ledger.host_states import HostNotice
from shared.sources import SourceFile
from tests.support.records import HOST, SITE, RecordsInMemory, miss, sighting, source, text, unchanged

KEYED = """
[article.key]
from = "query"
pattern = '(\\d{4}-\\d{2}-\\d{2}-\\d{3})'
"""
OTHER = (
    "The keeper of the north light went home for good on Wednesday, after thirty-one winters of trimming lamps.",
    "Nobody will follow him: from Monday a machine minds the flame, and the stairs stay locked.",
)
LONG_NOTICE = (
    "We could not find what you were looking for. It may have been moved, renamed, or it may never have been.",
    "Try the menu above, use the search field, or begin at the front page, where our newest stories stand.",
    "Readers who believe that a link on our own pages is wrong are asked to write to the desk and to name it.",
    "The desk answers within two working days. Subscribers may ring the number that is printed on their bill.",
    "The archive of the printed paper from 1898 to 1994 is kept by the city library and can be read there.",
)
REWORDED = text("bridge", ("forty people", "fifty people"))


def chronicle(rules: SourceFile | None = None) -> tuple[Chronicle, RecordsInMemory]:
    records = RecordsInMemory()
    return Chronicle(records, rules or source()), records


class TestIdentity:
    def test_two_addresses_with_one_key_are_one_article(self) -> None:
        history, records = chronicle(source(KEYED))

        first = history.see(sighting("/a?id=2026-03-09-001", text()))
        second = history.see(sighting("/b?id=2026-03-09-001", text(), hours=1))

        assert (first, second) == ("found", "alias")
        assert len(records.articles) == len(records.revisions) == 1
        assert len(records.known) == 2

    def test_equal_keys_hold_though_the_text_was_rewritten_meanwhile_and_that_is_an_edit(self) -> None:
        history, records = chronicle(source(KEYED))
        history.see(sighting("/a?id=2026-03-09-001", text()))

        assert history.see(sighting("/b?id=2026-03-09-001", REWORDED, hours=1)) == "revised"

        assert len(records.articles) == 1
        [(_, edit)] = records.edits
        assert [(change["from"], change["to"]) for change in edit.changes] == [("forty", "fifty")]

    def test_an_address_without_the_key_is_known_by_itself(self) -> None:
        history, records = chronicle(source(KEYED))

        history.see(sighting("/about", text()))

        assert [stored.key for stored in records.articles.values()] == [f"url:{SITE}/about"]

    def test_two_addresses_with_one_canonical_address_are_one_article(self) -> None:
        history, records = chronicle()
        canonical = f"{SITE}/story"
        history.see(sighting("/story", text()))

        # A word more here, so that the text alone would not tell.
        shown = sighting("/print/story", REWORDED, hours=1, canonical_url=canonical)

        assert history.see(shown) == "revised"
        assert len(records.articles) == 1

    def test_one_canonical_address_on_every_page_makes_no_one_article_of_them(self) -> None:
        history, records = chronicle()
        canonical = f"{SITE}/app"

        for number, subject in enumerate(("bridge", "tram depot", "lighthouse")):
            page = sighting(f"/{number}", text(subject), hours=number, title=subject, canonical_url=canonical)
            assert history.see(page) == "found"

        assert len(records.articles) == 3

    def test_a_canonical_address_that_is_the_front_page_or_another_site_counts_for_nothing(self) -> None:
        history, records = chronicle()

        history.see(sighting("/a", text("bridge"), canonical_url=f"{SITE}/"))
        history.see(sighting("/b", text("depot"), hours=1, canonical_url="http://other.example/story"))

        assert {stored.key for stored in records.articles.values()} == {f"url:{SITE}/a", f"url:{SITE}/b"}

    def test_equal_text_of_one_day_is_one_article_and_no_edit(self) -> None:
        history, records = chronicle()
        history.see(sighting("/home/a", text()))

        assert history.see(sighting("/world/a", text(), hours=1, title="Another heading")) == "alias"

        assert len(records.articles) == len(records.revisions) == 1
        assert records.edits == []
        assert records.kinds() == ["article_found", "alias_added"]

    def test_equal_text_of_another_day_is_another_article(self) -> None:
        history, records = chronicle()
        history.see(sighting("/weather/1", text(), day="2026-03-09"))

        assert history.see(sighting("/weather/2", text(), day="2026-03-10", hours=24)) == "found"
        assert len(records.articles) == 2

    def test_texts_of_a_few_words_are_equal_by_chance(self) -> None:
        history, records = chronicle()
        history.see(sighting("/photo/1", ("Photo of the day.",)))

        assert history.see(sighting("/photo/2", ("Photo of the day.",), hours=1)) == "found"
        assert len(records.articles) == 2


class TestEdits:
    def test_an_edit_is_told_once_though_other_addresses_catch_up_later(self) -> None:
        history, records = chronicle()
        history.see(sighting("/home/a", text()))
        history.see(sighting("/world/a", text(), hours=1))

        outcomes = [
            history.see(sighting("/home/a", REWORDED, hours=2)),
            history.see(sighting("/world/a", text(), hours=3)),
            history.see(sighting("/world/a", REWORDED, hours=4)),
            history.see(sighting("/home/a", REWORDED, hours=5)),
        ]

        assert outcomes == ["revised", "unchanged", "unchanged", "unchanged"]
        assert len(records.edits) == 1
        assert records.kinds().count("article_edited") == 1

    def test_two_addresses_that_go_on_showing_different_wordings_give_nothing_new(self) -> None:
        history, records = chronicle()
        history.see(sighting("/home/a", text()))
        history.see(sighting("/world/a", text(), hours=1))
        history.see(sighting("/home/a", REWORDED, hours=2))
        before = len(records.edits), len(records.revisions), records.kinds()

        for hour in range(3, 9):
            assert history.see(sighting("/world/a", text(), hours=hour)) == "unchanged"
            assert history.see(sighting("/home/a", REWORDED, hours=hour + 0.5)) == "unchanged"

        assert (len(records.edits), len(records.revisions), records.kinds()) == before

    def test_a_wording_that_comes_back_at_the_same_address_is_an_edit_of_its_own(self) -> None:
        history, records = chronicle()
        for hour, body in enumerate((text(), REWORDED, text())):
            history.see(sighting("/a", body, hours=hour))

        assert [[change["to"] for change in edit.changes] for _, edit in records.edits] == [
            ["fifty"],
            ["forty"],
        ]

    def test_a_title_may_change_alone(self) -> None:
        history, records = chronicle()
        history.see(sighting("/a", text()))

        assert history.see(sighting("/a", text(), hours=1, title="Bridge opens at last")) == "revised"

        [(_, edit)] = records.edits
        assert "title" in edit.classes
        [article] = records.articles.values()
        assert article.title == "Bridge opens at last"

    def test_a_page_set_anew_without_another_word_is_no_edit(self) -> None:
        history, records = chronicle()
        history.see(sighting("/a", text()))

        assert history.see(sighting("/a", (" ".join(text()),), hours=1)) == "unchanged"
        assert records.edits == []

    def test_an_edit_is_silent_unless_the_page_says_that_it_was_modified(self) -> None:
        history, records = chronicle()
        history.see(sighting("/a", text(), modified="2026-03-09T08:00:00Z"))
        history.see(sighting("/a", REWORDED, hours=1, modified="2026-03-09T08:00:00Z"))
        history.see(sighting("/a", text(), hours=2, modified="2026-03-09T10:00:00Z"))

        assert [edit.silent for _, edit in records.edits] == [True, False]

    def test_an_article_first_met_under_the_new_wording_is_merged_when_the_edit_is_seen(self) -> None:
        history, records = chronicle()
        history.see(sighting("/home/a", text()))
        assert history.see(sighting("/world/a", REWORDED, hours=1)) == "found"

        assert history.see(sighting("/home/a", REWORDED, hours=2)) == "revised"

        assert len(records.living()) == 1
        assert {known.article_id for known in records.known.values()} == set(records.living())
        assert records.kinds()[-2:] == ["article_edited", "articles_merged"]

    def test_an_article_under_suspicion_is_live_when_it_is_merged_with_one_just_seen(self) -> None:
        history, records = chronicle()
        history.see(sighting("/world/a", REWORDED))
        history.see(sighting("/home/a", text(), hours=1))
        history.miss(miss("/world/a", hours=2))

        history.see(sighting("/home/a", REWORDED, hours=3))

        assert state_of(records) == "LIVE"

    def test_articles_of_different_titles_are_not_merged_though_their_texts_became_equal(self) -> None:
        history, records = chronicle()
        history.see(sighting("/a", text("bridge"), title="Bridge opens"))
        history.see(sighting("/b", text("depot"), hours=1, title="Depot opens"))

        history.see(sighting("/a", text("depot"), hours=2, title="Bridge opens"))

        assert len(records.living()) == 2
        assert "articles_merged" not in records.kinds()

    def test_a_capture_read_after_a_later_one_is_kept_and_changes_nothing_current(self) -> None:
        history, records = chronicle()
        history.see(sighting("/a", text()))
        history.see(sighting("/a", REWORDED, hours=4))
        between = text("bridge", ("forty people", "sixty people"))

        assert history.see(sighting("/a", between, hours=2)) == "late"

        [name] = records.articles
        assert records.article(name).text_digest == sighting("/a", REWORDED).text_digest
        assert len(records.revisions) == 3
        assert sorted((edit.from_revision, edit.to_revision) for _, edit in records.edits) == [(1, 3), (3, 2)]
        assert records.kinds()[-1] == "revision_found_late"

    def test_a_capture_older_than_all_that_is_known_extends_the_history_backwards(self) -> None:
        history, records = chronicle()
        history.see(sighting("/a", text(), hours=5))
        oldest = text("bridge", ("forty people", "sixty people"))
        older = text("bridge", ("forty people", "fifty people"))

        assert history.see(sighting("/a", oldest, hours=-9000)) == "late"
        assert history.see(sighting("/a", older, hours=-4000)) == "late"

        [stored] = records.articles.values()
        assert stored.revision_id == 1
        assert stored.first_seen_at == sighting("/a", oldest, hours=-9000).seen_at
        assert sorted((edit.from_revision, edit.to_revision) for _, edit in records.edits) == [(2, 3), (3, 1)]

    def test_an_older_capture_at_another_address_neither_becomes_current_nor_brings_anything_back(
        self,
    ) -> None:
        history, records = chronicle(
            source('[removal]\nmisses = 1\nover = "0s"\n\n[article.key]\nfrom = "path"\npattern = "([0-9]+)"')
        )
        history.see(sighting("/news/7", text()))
        history.miss(miss("/news/7", hours=2))
        state = state_of(records)

        history.see(sighting("/old/7", REWORDED, hours=-100))
        history.see(sighting("/older/7", text(), hours=-200))

        [stored] = records.articles.values()
        assert stored.revision_id == 1
        assert state_of(records) == state != "LIVE"

    def test_the_same_sighting_again_changes_nothing(self) -> None:
        history, records = chronicle()
        looks = [
            sighting("/a", text()),
            sighting("/b", text(), hours=1),
            sighting("/a", REWORDED, hours=2),
            sighting("/b", REWORDED, hours=3),
        ]
        for look in looks:
            history.see(look)
        before = records.told()

        for look in (*looks, *reversed(looks)):
            assert history.see(look) == "unchanged"

        assert records.told() == before


class TestRemovals:
    def test_a_page_is_gone_after_enough_misses_over_enough_time(self) -> None:
        history, records = chronicle()
        history.see(sighting("/a", text()))

        states = []
        for hours in (10, 20, 30, 57, 58):
            assert history.miss(miss("/a", hours=hours)) == "missing"
            states.append(state_of(records))

        assert states == ["SUSPECT", "SUSPECT", "SUSPECT", "SUSPECT", "GONE"]
        assert records.kinds() == ["article_found", "article_suspect", "article_removed"]

    def test_much_time_with_few_misses_is_not_enough(self) -> None:
        history, records = chronicle()
        history.see(sighting("/a", text()))

        history.miss(miss("/a", hours=1))
        history.miss(miss("/a", hours=500))
        assert state_of(records) == "SUSPECT"

        history.miss(miss("/a", hours=501))
        assert state_of(records) == "GONE"

    def test_a_host_that_answers_for_nothing_says_nothing_about_its_articles(self) -> None:
        history, records = chronicle()
        history.see(sighting("/a", text()))
        before = records.told()
        records.hosts_down.add(sighting("/a", text()).host)

        for hours in (1, 100, 200, 300):
            assert history.miss(miss("/a", hours=hours)) == "outage"

        assert records.told() == before

    def test_an_article_that_is_missing_at_one_of_two_addresses_is_not_suspected(self) -> None:
        history, records = chronicle()
        history.see(sighting("/a", text()))
        history.see(sighting("/b", text(), hours=1))

        for hours in (2, 100, 200, 300):
            assert history.miss(miss("/a", hours=hours)) == "missing_at_one_address"
        assert state_of(records) == "LIVE"

        for hours in (301, 302, 349):
            assert history.miss(miss("/b", hours=hours)) == "missing"
        assert state_of(records) == "GONE"

    def test_the_time_of_a_removal_counts_from_when_no_address_had_it(self) -> None:
        history, records = chronicle()
        history.see(sighting("/a", text()))
        history.see(sighting("/b", text(), hours=1))
        for hours in (2, 100, 200):
            history.miss(miss("/a", hours=hours))

        for hours in (201, 202, 203):
            history.miss(miss("/b", hours=hours))

        assert state_of(records) == "SUSPECT"

    def test_a_sighting_ends_a_suspicion_without_a_word(self) -> None:
        history, records = chronicle()
        history.see(sighting("/a", text()))
        history.miss(miss("/a", hours=1))

        history.see_unchanged(unchanged("/a", hours=2))

        assert state_of(records) == "LIVE"
        assert records.known[f"{SITE}/a"].misses == 0
        assert records.kinds() == ["article_found", "article_suspect"]

    def test_an_article_that_was_gone_and_stands_again_has_returned(self) -> None:
        history, records = chronicle()
        removed(history)

        history.see(sighting("/a", text(), hours=100))

        assert state_of(records) == "RETURNED"
        assert records.kinds()[-1] == "article_returned"
        assert records.edits == []
        assert records.events[-1].data == {
            "was": "GONE",
            "last_live_revision": 1,
            "changed": False,
            "classes": [],
        }

    def test_an_article_that_returns_in_other_words_is_an_edit_too(self) -> None:
        history, records = chronicle()
        removed(history)

        assert history.see(sighting("/a", REWORDED, hours=100)) == "revised"

        assert state_of(records) == "RETURNED"
        assert records.kinds()[-2:] == ["article_returned", "article_edited"]
        returned, edited = records.events[-2:]
        assert (returned.data["last_live_revision"], returned.data["changed"]) == (1, True)
        assert returned.data["classes"] == sorted(edited.data["classes"])

    def test_an_article_that_returns_as_the_server_says_unchanged_is_as_it_last_stood(self) -> None:
        history, records = chronicle()
        removed(history)

        history.see_unchanged(unchanged("/a", hours=100))

        assert records.events[-1].data["changed"] is False

    def test_an_article_that_returns_at_a_new_address_has_returned(self) -> None:
        history, records = chronicle()
        removed(history)

        assert history.see(sighting("/new", text(), hours=100)) == "alias"
        assert state_of(records) == "RETURNED"

    def test_a_redirect_home_is_told_as_such(self) -> None:
        history, records = chronicle()
        removed(history, missing_as="redirected_home")

        assert state_of(records) == "REDIRECTED"

    def test_an_error_page_with_status_200_counts_as_a_miss_and_gives_no_revision(self) -> None:
        history, records = chronicle()
        history.see(sighting("/a", text()))
        notice = ("Sorry, this page could not be found.",)

        outcomes = [history.see(sighting("/a", notice, hours=hours, title="Error")) for hours in (1, 30, 60)]

        assert outcomes == ["missing"] * 3
        assert state_of(records) == "SOFT404"
        assert len(records.revisions) == 1

    def test_another_article_at_the_address_for_days_has_replaced_it(self) -> None:
        history, records = chronicle()
        history.see(sighting("/a", text()))

        outcomes = [
            history.see(
                sighting("/a", OTHER, hours=hours, title="Lighthouse keeper retires", day="2026-03-11")
            )
            for hours in (48, 80, 110)
        ]

        assert outcomes == ["missing"] * 3
        assert state_of(records) == "REPLACED"
        assert records.edits == []
        assert records.events[-1].data["shown_title"] == "Lighthouse keeper retires"

    def test_an_article_that_is_known_elsewhere_replaces_another_though_both_are_of_one_day(self) -> None:
        history, records = chronicle()
        history.see(sighting("/a", text()))
        history.see(sighting("/b", OTHER, hours=1, title="Lighthouse keeper retires"))
        [keeper] = [name for name, stored in records.articles.items() if stored.title.startswith("Light")]

        history.see(sighting("/a", OTHER, hours=2, title="Lighthouse keeper retires"))

        assert len(records.living()) == 2, (
            "two stories are not merged because one stands in the other's place"
        )
        assert records.events[-1].kind == "article_suspect"
        assert records.events[-1].data["shown_article"] == keeper

    def test_a_text_written_anew_under_its_title_or_on_its_day_is_an_edit(self) -> None:
        for page in (
            sighting("/a", OTHER, hours=1, day="2026-03-11"),
            sighting("/a", OTHER, hours=1, title="Lighthouse keeper retires"),
        ):
            history, records = chronicle()
            history.see(sighting("/a", text()))

            assert history.see(page) == "revised"
            assert len(records.edits) == 1

    def test_an_article_that_stands_again_where_another_stood_has_returned(self) -> None:
        history, records = chronicle()
        history.see(sighting("/a", text()))
        for hours in (48, 80, 110):
            history.see(
                sighting("/a", OTHER, hours=hours, title="Lighthouse keeper retires", day="2026-03-11")
            )

        history.see(sighting("/a", text(), hours=150))

        assert state_of(records) == "RETURNED"
        assert records.events[-1].data["was"] == "REPLACED"

    def test_a_late_look_at_what_stood_in_its_place_is_no_revision(self) -> None:
        history, records = chronicle()
        history.see(sighting("/a", text()))
        history.see(sighting("/a", text(), hours=100))

        late = sighting("/a", OTHER, hours=48, title="Lighthouse keeper retires", day="2026-03-11")

        assert history.see(late) == "missing"
        assert records.edits == []
        assert len(records.revisions) == 1

    def test_a_host_under_repair_that_shows_one_page_everywhere_replaces_nothing(self) -> None:
        history, records = chronicle()
        history.see(sighting("/a", text()))
        records.hosts_down.add(HOST)

        page = sighting("/a", OTHER, hours=48, title="Lighthouse keeper retires", day="2026-03-11")

        assert history.see(page) == "outage"
        assert state_of(records) == "LIVE"

    def test_a_miss_of_an_address_that_never_showed_an_article_is_nothing(self) -> None:
        history, records = chronicle()

        assert history.miss(miss("/never", hours=1)) == "no_article"
        assert records.events == []

    def test_a_sighting_read_after_later_misses_brings_nothing_back(self) -> None:
        history, records = chronicle()
        history.see(sighting("/a", text()))
        for hours in (10, 30, 60):
            history.miss(miss("/a", hours=hours))

        history.see(sighting("/a", text(), hours=5))
        history.see_unchanged(unchanged("/a", hours=6))
        history.see(sighting("/a", REWORDED, hours=7))

        assert state_of(records) == "GONE"
        assert "article_returned" not in records.kinds()


class TestNoticesOfHosts:
    """What a host shows at an address that never was tells its notices from articles, however long they are."""

    def test_a_long_notice_is_a_miss_where_the_host_shows_it_at_an_address_that_never_was(self) -> None:
        outcomes = []
        for notices in ({}, {HOST: HostNotice(title="Herald", body=LONG_NOTICE)}):
            history, records = chronicle()
            records.notices.update(notices)
            history.see(sighting("/a", text()))
            outcomes.append(history.see(sighting("/a", LONG_NOTICE, hours=1, title="Herald")))

        assert outcomes == ["revised", "missing"]

    def test_a_notice_that_names_the_address_is_the_same_notice(self) -> None:
        history, records = chronicle()
        records.notices[HOST] = HostNotice(
            title="Herald", body=(*LONG_NOTICE, "You asked for /no-such-page.")
        )
        history.see(sighting("/a", text()))

        shown = (*LONG_NOTICE, "You asked for /a.")

        assert history.see(sighting("/a", shown, hours=1, title="Herald")) == "missing"

    def test_a_new_address_that_shows_the_notice_is_no_article_once_the_notice_is_sure(self) -> None:
        for looks, outcome in ((1, "found"), (2, "error_page")):
            history, records = chronicle()
            records.notices[HOST] = HostNotice(title="Herald", body=LONG_NOTICE, looks=looks)

            assert history.see(sighting("/new", LONG_NOTICE, title="Herald")) == outcome

    def test_an_article_whose_own_text_is_what_the_host_shows_everywhere_stays_live(self) -> None:
        history, records = chronicle()
        history.see(sighting("/a", text()))
        records.notices[HOST] = HostNotice(title="Bridge opens", body=text(), looks=5)

        assert history.see(sighting("/a", text(), hours=1)) == "unchanged"
        assert state_of(records) == "LIVE"

    def test_an_address_that_leads_where_lost_visitors_are_led_has_lost_its_article(self) -> None:
        history, records = chronicle()
        records.notices[HOST] = HostNotice(title="", body=(), redirect_to=f"{SITE}/lost")
        history.see(sighting("/a", text()))
        look = miss("/a", hours=1, missing_as="error_page")

        assert history.see_elsewhere(Elsewhere(miss=look, to=f"{SITE}/a-new-address")) == "redirected"
        assert history.see_elsewhere(Elsewhere(miss=look, to=f"{SITE}/lost")) == "missing"

    def test_a_page_without_text_is_a_miss_if_lost_visitors_see_such_a_page(self) -> None:
        history, records = chronicle()
        history.see(sighting("/a", text()))
        look = Wordless(miss=miss("/a", hours=1, missing_as="error_page"), title="Herald: nothing here")

        assert history.see_wordless(look) == "no_text"
        records.notices[HOST] = HostNotice(title="Herald: nothing here", body=())
        assert history.see_wordless(look) == "missing"


def removed(history: Chronicle, *, missing_as: str = "not_found") -> None:
    history.see(sighting("/a", text()))
    for hours in (1, 30, 60):
        history.miss(miss("/a", hours=hours, missing_as=missing_as))


def state_of(records: RecordsInMemory) -> str:
    [article] = records.living().values()
    return article.state
