"""What each alert is about, brought about in a real archive, and mended again."""

import shutil
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import psycopg
import redis

from services.standalone.interpreter import module_argv
from shared.ledger.webhooks import Webhooks, new_secret
from tests.support.servers import s3_client
from tests.support.watched_ground import SOURCE_ID, Watched

Press = Callable[[], object]
"""Done twice a second while a cause lasts and after it is mended: what makes the trouble, or its end, noticed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Something that goes wrong."""

    name: str
    alerts: tuple[str, ...]
    by: Callable[[Watched], AbstractContextManager[Press]]
    """Brings it about, and mends it when the context ends."""
    ready: Callable[[Watched], object] = lambda _watched: None
    """Done before, so that nothing of it fires yet."""
    seconds: float = 90
    """How long firing, and clearing, may take on a busy machine."""


def nothing() -> None:
    """Press nothing: the archive notices by itself."""


@contextmanager
def killed_worker(watched: Watched) -> Iterator[Press]:
    """The normalizer is killed while pages come in. Its waiting batch is made 15 minutes older by hand."""
    watched.archive.kill("normalizer")
    watched.outlet.pages += 2
    unread = "select from batches where state = 'stored' and articles_done_at is null"
    watched.archive.wait_until(lambda: bool(watched.archive.rows(unread)), seconds=30)
    watched.change_ledger(
        "update batches set stored_at = stored_at - interval '15 minutes' where articles_done_at is null"
    )
    yield nothing
    watched.start("normalizer")


@contextmanager
def changed_evidence(watched: Watched) -> Iterator[Press]:
    """A byte of a stored WARC object is changed in the store; it is restored from a copy."""
    (row,) = watched.archive.rows(
        "select warc_key from batches where warc_bytes > 0 order by stored_at limit 1"
    )
    kept = watched.archive.evidence.get(row["warc_key"])
    middle = len(kept) // 2
    put_by_hand(watched, row["warc_key"], kept[:middle] + bytes([kept[middle] ^ 1]) + kept[middle + 1 :])
    yield nothing
    put_by_hand(watched, row["warc_key"], kept)


def put_by_hand(watched: Watched, key: str, data: bytes) -> None:
    """Write an object past our own store, which would refuse another content under a key."""
    store = watched.archive.servers.store
    client = s3_client(store)
    client.put_object(Bucket=store.bucket, Key=key, Body=data)
    client.close()


@contextmanager
def forgetful_broker(watched: Watched) -> Iterator[Press]:
    """The broker is told to keep no append-only file."""
    with redis.Redis.from_url(watched.ground.broker.url) as client:
        client.config_set("appendonly", "no")
        yield nothing
        client.config_set("appendonly", "yes")


@contextmanager
def killed_clock(watched: Watched) -> Iterator[Press]:
    """Beat, which sends every tick, is killed."""
    watched.archive.kill("beat")
    yield nothing
    watched.start("beat")


@contextmanager
def stalled_broker(watched: Watched) -> Iterator[Press]:
    """Valkey is killed; it starts again on its data, and workers that ended with it are started again."""
    watched.ground.broker.kill()
    yield nothing
    watched.ground.broker.start()
    watched.revive()


@contextmanager
def refused_store(watched: Watched) -> Iterator[Press]:
    """The object store refuses every connection while list pages are to be stored."""
    watched.ground.store_proxy.break_down()
    yield nothing
    watched.ground.store_proxy.heal()


@contextmanager
def absent_ledger(watched: Watched) -> Iterator[Press]:
    """PostgreSQL refuses every connection while services work and readers read."""
    watched.ledger_proxy.break_down()
    yield lambda: read_page(watched)
    watched.ledger_proxy.heal()
    watched.revive()


def read_page(watched: Watched) -> int:
    """Ask for the first page of the archive as a reader does; return the status."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{watched.ports['pages']}/", timeout=10) as answer:
            answer.read()
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


@contextmanager
def slow_ledger(watched: Watched) -> Iterator[Press]:
    """Somebody holds a lock on the articles for two seconds, again and again, while readers read."""
    locked = True

    def press() -> None:
        if not locked:
            read_page(watched)
            return
        with psycopg.connect(watched.archive.servers.database_url) as connection:
            connection.execute("lock table articles in access exclusive mode")
            reading = threading.Thread(target=read_page, args=(watched,))
            reading.start()
            time.sleep(2)
            connection.rollback()
            reading.join()

    yield press
    locked = False


@contextmanager
def failing_outlet(watched: Watched) -> Iterator[Press]:
    """Every host of the outlet answers 503 while its articles are to be looked at again.

    A host is out when nothing of it answered for an hour: what it answered before is made two hours older by hand.
    """
    for site in watched.outlet.sites:
        site.fail(".", 503)
    time.sleep(2)  # Looks that had begun come to their end.
    watched.change_ledger(
        "update captures set fetched_at = fetched_at - interval '2 hours' where status < 400"
    )
    yield looking_again(watched)
    for site in watched.outlet.sites:
        site.heal()


@contextmanager
def unreadable_new_source(watched: Watched) -> Iterator[Press]:
    """A source is added whose one list answers 503 from the first look on; then it answers."""
    site = watched.outlet.sites[-1]
    site.fail("^/other", 503)
    text = watched.outlet.source_text().replace(f'"{SOURCE_ID}"', '"other"')
    first = watched.outlet.sites[0].url
    watched.archive.kit.actions.add_source(text.replace(f"{first}/list", f"{site.url}/other"))
    yield lambda: watched.archive.kit.actions.crawl("other")
    site.heal()


@contextmanager
def busy_outlet(watched: Watched) -> Iterator[Press]:
    """Every host of the outlet answers 429 while its articles are to be looked at again."""
    for site in watched.outlet.sites:
        site.fail(".", 429)
    yield looking_again(watched)
    for site in watched.outlet.sites:
        site.heal()


def looking_again(watched: Watched) -> Press:
    """Order a look at everything of the source, as `pressmark recheck` and `pressmark crawl` do."""

    def press() -> None:
        watched.archive.kit.actions.recheck(SOURCE_ID)
        watched.archive.kit.actions.crawl(SOURCE_ID)
        # The hosts rest after each bad answer, in the end for hours; an hour of waiting is taken away by hand.
        watched.change_ledger("update hosts set next_request_at = now() where next_request_at > now()")

    return press


@contextmanager
def silent_outlet(watched: Watched) -> Iterator[Press]:
    """The outlet has published something, and then publishes nothing; then it publishes again."""
    yield nothing
    publish_two(watched)


def publish_two(watched: Watched) -> None:
    watched.outlet.pages += 2


@contextmanager
def endless_outlet(watched: Watched) -> Iterator[Press]:
    """The list suddenly names 200 more addresses that look like articles; then no more."""
    watched.outlet.pages += 200
    yield nothing


@contextmanager
def changed_layout(watched: Watched) -> Iterator[Press]:
    """New articles are of a layout without title, date and text; it is taken back, and they are read again."""
    watched.outlet.is_empty = True
    watched.outlet.pages += 40
    yield nothing
    watched.outlet.is_empty = False
    watched.outlet.pages += 80
    watched.archive.kit.actions.recheck(SOURCE_ID)


@contextmanager
def missing_evidence(watched: Watched) -> Iterator[Press]:
    """An object is taken away before the normalizer reads it; it is put back and the message sent again."""
    watched.archive.kill("normalizer")
    watched.outlet.pages += 1
    # An old page that did not change is not read again: it must be the new one.
    unread = f"""select distinct batches.warc_key from batches join captures using (batch_id)
        where captures.url like '%%/news/{watched.outlet.pages - 1}' and articles_done_at is null"""
    rows = watched.archive.rows
    watched.archive.wait_until(lambda: bool(rows(unread)), seconds=30)
    kept = {row["warc_key"]: watched.archive.evidence.get(row["warc_key"]) for row in rows(unread)}
    for key in kept:
        watched.archive.evidence.delete(key)
    watched.start("normalizer")
    yield nothing
    for key, data in kept.items():
        put_by_hand(watched, key, data)
    command(watched, "quarantine", "retry", "--all")


def command(watched: Watched, *words: str) -> None:
    """Run a command of `pressmark` against the archive, as the runbook tells."""
    argv = module_argv("services.pressmark", *words)
    subprocess.run(argv, env=dict(watched.archive.environment), check=True, capture_output=True, timeout=60)


@contextmanager
def rolled_back_log(watched: Watched) -> Iterator[Press]:
    """The signed log in the store is rolled back, so that nothing more is signed; it is restored from a copy.

    What is stored meanwhile is made two hours older by hand.
    """
    evidence = watched.archive.evidence
    kept = {key: evidence.get(key) for key in evidence.keys("log/")}
    for key in kept:
        evidence.delete(key)

    def older() -> None:
        watched.change_ledger("""update batches set stored_at = stored_at - interval '2 hours'
            where warc_bytes > 0 and stored_at > now() - interval '1 hour'
              and not exists (select from log_objects where object_key = batches.warc_key)""")

    lasts = True
    yield lambda: older() if lasts else None
    lasts = False
    for key, data in kept.items():
        put_by_hand(watched, key, data)


def back_up(watched: Watched) -> None:
    """Make a backup as an operator does."""
    command(watched, "backup", str(watched.folder / "backup"))


@contextmanager
def old_backup(watched: Watched) -> Iterator[Press]:
    """The last backup is three days old: its row is set back by hand. A backup is made."""
    watched.change_ledger("""update upkeep
        set outcome = outcome || jsonb_build_object('good_at', now() - interval '3 days') where job = 'backup'""")
    yield nothing
    back_up(watched)


@contextmanager
def silent_receiver(watched: Watched) -> Iterator[Press]:
    """The receiver of a webhook answers 503; then it answers. Its deliveries are made two hours older by hand."""
    receiver = watched.receiver
    receiver.fail(".", 503)
    webhooks = Webhooks(watched.archive.kit.database)
    webhook = webhooks.add(f"{receiver.url}/", new_secret(), kinds=(), source_ids=())
    watched.outlet.pages += 1
    waiting = "select from webhook_deliveries where state = 'waiting'"
    watched.archive.wait_until(lambda: bool(watched.archive.rows(waiting)), seconds=30)
    watched.change_ledger("update webhook_deliveries set planned_at = planned_at - interval '2 hours'")
    yield nothing
    receiver.heal()
    # The next attempt is minutes away by now; it is brought forward by hand.
    watched.change_ledger("update webhook_deliveries set due_at = now() where state = 'waiting'")
    watched.change_ledger("update webhooks set rests_until = now()")
    watched.archive.wait_until(lambda: not watched.archive.rows(waiting), seconds=60)
    webhooks.remove(webhook)


@contextmanager
def overdue_targets(watched: Watched) -> Iterator[Press]:
    """No fetcher works, a batch waits for one, and what comes after it has been due for seven hours.

    The rows are set back by hand. What the waiting batch holds is not due but handed out, so it comes first.
    """
    watched.archive.kill("fetcher")
    overdue = """update targets set due_at = now() - interval '7 hours'
        where state = 'archived' and kind = 'article' and mod(target_id, 2) = %(half)s"""
    watched.change_ledger(overdue, half=0)
    handed_out = "select from targets where state = 'leased' and kind = 'article'"
    watched.archive.wait_until(lambda: bool(watched.archive.rows(handed_out)), seconds=30)
    watched.change_ledger(overdue, half=1)
    yield nothing
    watched.start("fetcher")


@contextmanager
def dying_fetchers(watched: Watched) -> Iterator[Press]:
    """Fetchers are frozen with work in hand, longer than their leases last, and go on, and are frozen again."""
    names = ("fetcher", "fetcher-2", "fetcher-3")
    watched.start("fetcher-2")
    watched.start("fetcher-3")
    for site in watched.outlet.sites:
        site.slow("/news/", 3)
    again = looking_again(watched)
    lasts = True

    def press() -> None:
        if not lasts:
            return
        again()
        deadline = time.monotonic() + 4
        held = "select from batches where state = 'fetching'"
        while len(watched.archive.rows(held)) < len(names) and time.monotonic() < deadline:
            time.sleep(0.1)
        for name in names:
            watched.archive.freeze(name)
        time.sleep(5.5)
        for name in names:
            watched.archive.thaw(name)

    yield press
    lasts = False
    for site in watched.outlet.sites:
        site.heal()
    watched.archive.kill("fetcher-2")
    watched.archive.kill("fetcher-3")


@contextmanager
def full_place(watched: Watched) -> Iterator[Press]:
    """A file grows on a disk of 32 MB until 2 % of it are free; then it is removed."""
    folder = watched.folder / "disk"
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(folder)], check=True)
    filling = folder / "filling"
    filling.write_bytes(bytes(24 << 20))

    def grow() -> None:
        if filling.exists() and shutil.disk_usage(folder).free > 700_000:
            with filling.open("ab") as file:
                file.write(bytes(400_000))

    try:
        yield grow
        filling.unlink()
    finally:
        watched.at_end.append(("umount", "--lazy", str(folder)))


@contextmanager
def changed_rows(watched: Watched) -> Iterator[Press]:
    """The count of what was accepted is changed by hand, and put right by hand."""
    watched.change_ledger("insert into acceptances (source_id, accepted) values ('by hand', 1)")
    yield nothing
    watched.change_ledger("delete from acceptances where source_id = 'by hand'")


CAUSES = (
    Cause(
        name="a worker is killed",
        alerts=(
            "PressmarkWorkerIdle",
            "PressmarkTargetDown",
            "PressmarkQueueOld",
            "PressmarkUnreadBatches",
        ),
        by=killed_worker,
    ),
    Cause(name="the evidence changes", alerts=("PressmarkFixityWrong",), by=changed_evidence),
    Cause(name="the broker keeps no log", alerts=("PressmarkBrokerForgets",), by=forgetful_broker),
    Cause(
        name="the clock is killed",
        alerts=("PressmarkSchedulerStalled", "PressmarkWorkerIdle"),
        by=killed_clock,
    ),
    Cause(name="the broker is killed", alerts=("PressmarkPartDown",), by=stalled_broker),
    Cause(
        name="the object store refuses",
        alerts=("PressmarkObjectStoreErrors", "PressmarkPartDown"),
        by=refused_store,
    ),
    Cause(
        name="the ledger is away",
        alerts=("PressmarkLedgerErrors", "PressmarkReaderErrors", "PressmarkPartDown"),
        by=absent_ledger,
    ),
    Cause(name="the ledger is slow", alerts=("PressmarkReaderSlow",), by=slow_ledger),
    Cause(name="rows are changed by hand", alerts=("PressmarkBooksDoNotClose",), by=changed_rows),
    Cause(
        name="a disk fills up", alerts=("PressmarkDiskFillingUp", "PressmarkDiskNearlyFull"), by=full_place
    ),
    Cause(
        name="the log is rolled back",
        alerts=("PressmarkUpkeepFailed", "PressmarkLogNotSigned"),
        by=rolled_back_log,
    ),
    Cause(name="no backup is made", alerts=("PressmarkBackupOld",), by=old_backup, ready=back_up),
    Cause(name="evidence is missing", alerts=("PressmarkQuarantine",), by=missing_evidence),
    Cause(name="a receiver fails", alerts=("PressmarkWebhooksStuck",), by=silent_receiver),
    Cause(name="no fetcher works", alerts=("PressmarkTargetsOverdue",), by=overdue_targets),
    Cause(name="nothing is published", alerts=("PressmarkNoArticles",), by=silent_outlet, ready=publish_two),
    Cause(name="a list is endless", alerts=("PressmarkSourceRunaway",), by=endless_outlet),
    Cause(
        name="the layout changes",
        alerts=("PressmarkExtractionIncomplete", "PressmarkLayoutChanged"),
        by=changed_layout,
    ),
    Cause(
        name="the outlet is down",
        alerts=(
            "PressmarkFetchErrorsFast",
            "PressmarkFetchErrorsSlow",
            "PressmarkHostOut",
            "PressmarkSourceStale",
        ),
        by=failing_outlet,
    ),
    Cause(name="a new list fails", alerts=("PressmarkSourceStale",), by=unreadable_new_source),
    Cause(name="the outlet is busy", alerts=("PressmarkRateLimited",), by=busy_outlet),
    Cause(name="fetchers fall silent", alerts=("PressmarkLeasesLost",), by=dying_fetchers),
)
