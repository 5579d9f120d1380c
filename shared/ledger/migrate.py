"""Brings a ledger to the newest form: each SQL file of `migrations/` once, in the order of its number.

Run as a program it migrates the ledger that the settings name: `python -m shared.ledger.migrate`.
"""

from collections.abc import Iterable
from importlib.resources import files

from shared.ledger.database import Database, Transaction
from shared.ledger.watcher import admit_watcher

__all__ = ["apply_missing", "known_migrations", "migrate"]

_ONE_AT_A_TIME = "select pg_advisory_xact_lock(7233810401)"  # any number, the same in every process
_JOURNAL = """
create table if not exists migrations (
    name text primary key,
    applied_at timestamptz not null default now()
)
"""


def migrate(database: Database) -> list[str]:
    """Apply what is missing, all in one transaction, and return the names of what was applied.

    Safe to call from several processes at once: the second waits and finds nothing to do.

    Raises:
        TryAgainError: the database does not answer.
    """
    with database.transaction() as transaction:
        return apply_missing(transaction, known_migrations())


def known_migrations() -> list[str]:
    """Return the names of all migrations of this version, in their order."""
    folder = files("shared.ledger").joinpath("migrations")
    return sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))


def apply_missing(transaction: Transaction, names: Iterable[str]) -> list[str]:
    """Apply those of these migrations that are missing and return their names."""
    folder = files("shared.ledger").joinpath("migrations")
    transaction.rows(_ONE_AT_A_TIME)
    transaction.run(_JOURNAL)
    applied = {row["name"] for row in transaction.rows("select name from migrations")}
    missing = [name for name in names if name not in applied]
    for name in missing:
        transaction.run_script(folder.joinpath(name).read_text(encoding="utf-8"))
        transaction.run("insert into migrations (name) values (%(name)s)", {"name": name})
    return missing


def _main() -> None:
    from shared.settings import LedgerSettings, load  # noqa: PLC0415  (only the program reads settings)

    settings = load(LedgerSettings)
    database = Database(settings.database_url.get_secret_value())
    applied = migrate(database)
    if settings.watcher_password.get_secret_value():
        admit_watcher(database, settings.watcher_password)
    print("\n".join(applied) or "nothing to apply")  # noqa: T201  (a program's answer)


if __name__ == "__main__":
    _main()
