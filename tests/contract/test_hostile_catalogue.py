"""The catalogue of hostile inputs by number, and the test that holds each: none goes without being missed."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]

SERVERS = (
    "faults/test_hostile_servers.py::test_a_hostile_answer_ends_in_one_state_with_its_reason_and_its_bytes"
)
MIXED = "faults/test_hostile_mixed.py::test_hostile_answers_among_500_good_pages_spoil_none_of_them"
NAMES = "faults/test_hostile_names.py::test_a_look_at_a_name_with_a_fault_ends_with_its_reason"
IN_URLS = "faults/test_hostile_addresses.py::test_no_form_of_a_forbidden_address_in_a_url_is_asked"
TRAPS = "faults/test_hostile_addresses.py::test_a_redirect_trap_is_a_chain_of_captures_that_ends"
REBINDING = (
    "faults/test_hostile_addresses.py::test_a_name_that_changes_its_answer_between_two_looks_gains_nothing"
)
CLIENT = "integration/fetcher/test_client.py::test_"
LISTS = "faults/test_hostile_lists.py::test_"
ROBOTS = "unit/crawler/test_robots.py::test_"
CANONICAL = "unit/shared/test_urls_canonical.py::test_"
FIELDS = "unit/normalizer/test_hostile_fields.py::test_"
PAGES = "unit/normalizer/test_hostile_pages.py::test_"
BODIES = "unit/shared/test_http_message.py::test_"

HELD = {
    # Network, DNS, TLS
    1: CLIENT + "a_host_that_is_not_there_and_a_name_that_is_not_known_fail_as_such",
    2: CLIENT + "a_server_that_never_answers_is_given_up_after_the_first_byte_limit",
    3: CLIENT + "a_head_that_drips_is_stopped_by_the_clock",
    4: CLIENT + "a_body_that_drips_is_stopped_by_the_clock_and_kept",
    5: SERVERS,
    6: CLIENT + "a_body_that_breaks_off_is_kept_and_marked",
    7: NAMES,
    8: "faults/test_hostile_names.py::test_a_name_that_no_name_server_could_know_is_refused",
    9: "faults/test_hostile_names.py::test_a_host_that_answers_at_its_other_address_only_is_found",
    10: "faults/test_hostile_servers.py::test_a_bad_certificate_ends_the_look_unless_the_operator_accepts_it",
    11: "faults/test_hostile_tls.py::test_more_certificates_than_anybody_needs_end_the_handshake",
    12: CLIENT + "the_request_is_kept_as_the_server_saw_it",
    13: CLIENT + "there_are_never_more_connections_than_the_process_may_have",
    14: CLIENT + "a_proxy_of_the_environment_is_not_used",
    # HTTP framing and headers
    **dict.fromkeys(range(16, 37), SERVERS),
    37: "unit/fetcher/test_heads.py::test_a_wait_is_read_and_kept_between_a_second_and_a_day",
    # Redirects
    **dict.fromkeys(range(39, 43), TRAPS),
    43: "faults/test_hostile_addresses.py::test_no_form_of_a_forbidden_address_in_a_redirect_is_asked",
    44: CLIENT + "cookies_are_never_sent_back",
    45: CLIENT + "a_redirect_is_not_followed",
    46: "faults/test_hostile_addresses.py::test_no_form_of_a_forbidden_address_in_a_list_is_asked",
    # Forms of addresses
    **dict.fromkeys(range(47, 56), IN_URLS),
    56: REBINDING,
    57: REBINDING,
    58: "unit/fetcher/test_gate.py::test_a_port_where_no_pages_are_served_is_refused",
    59: "faults/test_hostile_addresses.py::test_our_own_parts_are_not_asked_though_loopback_is_opened",
    60: "unit/fetcher/test_gate.py::test_a_url_that_could_be_read_two_ways_or_leads_elsewhere_is_refused",
    # Compression and size
    **dict.fromkeys(range(62, 67), SERVERS),
    67: CLIENT + "an_endless_body_is_cut",
    68: BODIES + "several_gzip_members_are_one_body_and_garbage_behind_them_is_passed_over",
    70: MIXED,
    # robots.txt, sitemaps, feeds
    78: ROBOTS + "patterns_made_to_backtrack_are_matched_in_linear_time",
    79: LISTS + "no_document_reads_a_file_or_calls_out",
    80: LISTS + "no_document_binds_the_parser_or_grows",
    81: LISTS + "no_document_binds_the_parser_or_grows",
    82: LISTS + "no_document_binds_the_parser_or_grows",
    83: "unit/crawler/test_sitemaps.py::test_no_more_than_50_000_urls_are_read",
    84: LISTS + "entries_are_told_apart_by_their_address_whatever_their_guid_says",
    85: LISTS + "no_json_upsets_the_reading",
    # Pages
    86: PAGES + "a_page_made_to_be_slow_is_read_soon_and_keeps_its_text",
    87: PAGES + "deep_nesting_is_flattened_without_losing_the_text_inside",
    88: PAGES + "a_page_made_to_be_slow_is_read_soon_and_keeps_its_text",
    89: PAGES + "a_page_made_to_be_slow_is_read_soon_and_keeps_its_text",
    90: FIELDS + "a_canonical_address_on_another_site_is_noted_and_not_believed",
    91: FIELDS + "the_same_title_is_taken_every_time_from_titles_that_disagree",
    92: FIELDS + "a_date_that_cannot_be_is_no_date",
    93: FIELDS + "what_an_element_says_is_hidden_is_no_text",
    94: PAGES + "a_page_that_shows_something_in_place_of_its_text_has_no_text",
    95: PAGES + "what_is_no_page_is_refused_with_a_reason",
    96: "contract/test_own_patterns.py::test_no_pattern_of_ours_is_slow_on_any_text",
    97: "unit/normalizer/test_same_everywhere.py::test_a_page_gives_the_same_bytes_elsewhere",
    # URLs and crawl space
    98: LISTS + "a_link_that_is_none_of_the_site_gives_nothing",
    99: CANONICAL + "canonical_of_canonical_is_the_same",
    100: CANONICAL + "the_longest_url_is_kept_and_one_byte_more_is_refused",
    101: CANONICAL + "a_url_that_is_never_asked_for_is_refused_with_its_reason",
    102: "unit/crawler/test_traps.py::test_a_trap_is_told_by_its_kind",
    103: LISTS + "good_links_after_bad_ones_are_found",
    104: CLIENT + "cookies_are_never_sent_back",
    # Evidence and its store
    105: "unit/fetcher/test_warc.py::test_no_control_character_of_a_url_reaches_a_header_of_a_response",
    106: "unit/fetcher/test_warc.py::test_whatever_was_on_the_wire_reads_back_byte_for_byte_in_three_readers",
    107: "integration/fetcher/test_evidence_store.py::test_any_other_key_is_refused",
}
OTHERWISE = {
    15: "deadlines are moments of time.monotonic(), which no change of the clock moves",
    38: "a Refresh field or element is content: it is kept, and nobody follows it",
    61: "no browser fetches anything",
    69: "the fetcher stores bytes and opens none; the normalizer reads HTML only",
    108: "no name of a file in an export comes from outside",
    109: "objects carry no metadata of their own",
    110: "every statement takes its values as parameters, and NUL is taken out before",
    111: "identity is SHA-256; SHA-1 only stands beside it",
}
CATALOGUE = {*range(1, 71), *range(78, 112)}


def test_every_number_of_the_catalogue_is_held_or_says_why_not() -> None:
    assert not HELD.keys() & OTHERWISE.keys()
    assert HELD.keys() | OTHERWISE.keys() == CATALOGUE


@pytest.mark.parametrize("place", sorted(set(HELD.values())))
def test_the_test_that_holds_a_number_is_there(place: str) -> None:
    path, _, name = place.partition("::")

    assert re.search(rf"^def {name}\(", (TESTS / path).read_text(encoding="utf-8"), re.MULTILINE)
