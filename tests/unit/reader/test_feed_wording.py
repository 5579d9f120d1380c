"""How an article came back is said in words."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.reader.feed_wording import entry_text, entry_title
from services.reader.words import ENGLISH
from shared.ledger.telling import Told


def returned(**data: Any) -> Told:  # noqa: ANN401  (whatever stands in an event)
    return Told(
        event_id=1,
        at=datetime(2026, 3, 9, 12, 0, tzinfo=UTC),
        kind="article_returned",
        source_id="herald",
        source_name="Herald",
        language="en",
        article_id="a",
        title="Bridge opens",
        url="http://herald.example/a",
        state="RETURNED",
        published="2026-03-09",
        data={"was": "GONE", **data},
        changes=(),
        edit_id=None,
        capture=None,
    )


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"changed": False, "classes": []}, "Compared with how it last stood: the same words"),
        (
            {"changed": True, "classes": ["name", "wording"]},
            "Compared with how it last stood: changed (name, wording)",
        ),
        ({"changed": True}, "Compared with how it last stood: changed"),
    ],
)
def test_a_return_is_compared_with_what_stood_last(data: dict[str, object], said: str) -> None:
    assert said in entry_text(returned(**data), ENGLISH).splitlines()
    assert entry_title(returned(**data), ENGLISH) == "Returned: Bridge opens"


def test_a_return_that_an_older_version_saw_is_compared_with_nothing() -> None:
    assert "Compared" not in entry_text(returned(), ENGLISH)
