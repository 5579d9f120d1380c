"""Small rules about text."""

import re

from hypothesis import given
from hypothesis import strategies as st

from services.normalizer.text import letters_of


@given(st.text(st.one_of(st.characters(), st.sampled_from("aZ9 _-.,'’“”«»éßЖ한漢\u0307İ\ud800"))))
def test_letters_are_what_is_left_without_marks_spaces_and_case(text: str) -> None:
    assert letters_of(text) == re.sub(r"[\W_]+", "", text).casefold()


def test_texts_that_differ_in_quotes_and_case_have_the_same_letters() -> None:
    assert letters_of("“It’s” THE end_of-it…") == letters_of('"It\'s" the end of it') == "itstheendofit"
