"""The ledger: PostgreSQL holds what was accepted, who holds it, what came back and what it means.

One module of SQL per group of tables. Nothing outside this package writes SQL, and only
`shared.ledger.database` knows the driver.
"""

from shared.ledger.database import Database, self_test

__all__ = ["Database", "self_test"]
