"""Brings a ledger to the newest form: each SQL file of `migrations/` once, in the order of its number.

Run as a program it migrates the ledger that the settings name: `python -m shared.ledger.migrate`.
"""

from importlib.resources import files

from shared.ledger.database import Database
from shared.ledger.watcher import admit_watcher

__all__ = ["migrate"]

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
    scripts = sorted(
        (
            entry
            for entry in files("shared.ledger").joinpath("migrations").iterdir()
            if entry.name.endswith(".sql")
        ),
        key=lambda entry: entry.name,
    )
    with database.transaction() as transaction:
        transaction.rows(_ONE_AT_A_TIME)
        transaction.run(_JOURNAL)
        applied = {row["name"] for row in transaction.rows("select name from migrations")}
        missing = [script for script in scripts if script.name not in applied]
        for script in missing:
            transaction.run_script(script.read_text(encoding="utf-8"))
            transaction.run("insert into migrations (name) values (%(name)s)", {"name": script.name})
    return [script.name for script in missing]


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
