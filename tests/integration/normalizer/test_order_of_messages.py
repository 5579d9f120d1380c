"""What is told does not depend on how often and in which order the messages of a whole run are delivered."""

import random

import pytest

from shared.errors import RejectError
from tests.support.history_checks import looks_that_matter
from tests.support.kept_looks import KeptLooks, keep_looks
from tests.support.publishers import KcnaPublisher, MadeUpHistory, kcna_versions_path
from tests.support.stored_evidence import StoredEvidence


def twice_and_mixed(batches: tuple[str, ...], seed: int) -> list[str]:
    bells = [*batches, *batches]
    random.Random(seed).shuffle(bells)
    return bells


def assert_order_does_not_matter(kept: KeptLooks, *, seeds: range) -> None:
    kept.ring(kept.batches)
    told = kept.told()
    for seed in seeds:
        kept.forget()
        kept.ring(twice_and_mixed(kept.batches, seed))
        assert kept.told() == told


def test_bells_that_ring_twice_and_in_any_order_tell_the_same_history(stored: StoredEvidence) -> None:
    publisher = MadeUpHistory()
    kept = keep_looks(stored, publisher, publisher.looks, per_batch=20)

    assert_order_does_not_matter(kept, seeds=range(2))
    assert len(stored.rows("select * from edits")) == len(publisher.truth.rewrites)
    assert len(kept.batches) > len(publisher.looks)


def test_a_batch_whose_evidence_is_lost_holds_up_no_other_and_fails_at_its_own_bell(
    stored: StoredEvidence,
) -> None:
    publisher = MadeUpHistory()
    kept = keep_looks(stored, publisher, publisher.looks[:3], per_batch=20)
    broken = kept.batches[1]
    stored.run("update batches set warc_key = 'warc/none.warc.gz' where batch_id = %(batch)s", batch=broken)

    kept.ring(kept.batches[-1:])

    unread = stored.rows("select batch_id from batches where articles_done_at is null")
    assert [row["batch_id"] for row in unread] == [broken]
    with pytest.raises(RejectError):
        kept.ring([broken])


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_bells_of_a_real_outlet_tell_the_same_history_in_any_order(stored: StoredEvidence) -> None:
    path = kcna_versions_path()
    if path is None:
        pytest.skip("the corpus is not there; PRESSMARK_CORPUS names it")
    publisher = KcnaPublisher(path)
    kept = keep_looks(stored, publisher, looks_that_matter(publisher), per_batch=100)

    assert_order_does_not_matter(kept, seeds=range(1))
    assert len(stored.rows("select * from edits")) == 12
    edited = stored.rows("select distinct split_part(url, '/en/', 2) as path from edits")
    assert len(edited) == len(publisher.truth.rewrites)
