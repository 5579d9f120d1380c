"""An account of the ledger for those who only watch it: figures of the server, and no row of the archive."""

from pydantic import SecretStr

from shared.ledger.database import Database

__all__ = ["WATCHER", "admit_watcher"]

WATCHER = "pressmark_watcher"

# A role takes no parameters: the server itself makes the statement, with the password quoted.
_STATEMENT = """
select format(
    case when exists (select from pg_roles where rolname = %(role)s)
        then 'alter role %%I with login password %%L'
        else 'create role %%I with login in role pg_monitor connection limit 4 password %%L'
    end, %(role)s::text, %(password)s::text) as statement
"""


def admit_watcher(database: Database, password: SecretStr) -> None:
    """Make the account `pressmark_watcher`, or give it another password.

    It is a member of `pg_monitor` (PostgreSQL 18, section 21.5): it reads statistics and settings of the server.

    Raises:
        TryAgainError: the database does not answer.
    """
    values = {"role": WATCHER, "password": password.get_secret_value()}
    with database.transaction() as transaction:
        (found,) = transaction.rows(_STATEMENT, values)
        transaction.run_script(found["statement"])
