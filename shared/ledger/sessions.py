"""Sessions of the operators' pages: a cookie that stands for a token, so that the token itself is shown once."""

import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import Any

from shared.ledger.database import Database
from shared.ledger.tokens import Token, TokenScope

__all__ = ["LASTING", "Sessions", "form_token"]

LASTING = timedelta(hours=12)
"""How long a session lasts: a shift. Then the operator signs in again."""


class Sessions:
    """Opens, checks and closes sessions. The ledger keeps digests only and is asked at every request."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self, token: Token) -> str:
        """Open a session of a token that was checked, and return its secret, which is kept nowhere."""
        secret = secrets.token_urlsafe(32)
        arguments = {"digest": _digest(secret), "token": token.token_id, "lasting": LASTING}
        with self._database.transaction() as transaction:
            transaction.run("delete from sessions where ends_at <= now()", {})
            transaction.run(_OPEN, arguments)
        return secret

    def bearer(self, secret: str) -> Token | None:
        """Return the token of a session; None when it has ended, or its token was revoked.

        Raises:
            TryAgainError: the ledger does not answer.
        """
        with self._database.transaction() as transaction:
            row: dict[str, Any] | None = transaction.row(_BEARER, {"digest": _digest(secret)})
        return None if row is None else Token(**row | {"scope": TokenScope(row["scope"])})

    def close(self, secret: str) -> None:
        """End a session: its cookie opens nothing from now on."""
        with self._database.transaction() as transaction:
            transaction.run("delete from sessions where digest = %(digest)s", {"digest": _digest(secret)})


def form_token(secret: str) -> str:
    """Return what every form of this session carries; another site can neither read nor compute it."""
    return hmac.new(secret.encode(), b"pressmark form", hashlib.sha256).hexdigest()


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


_OPEN = """
insert into sessions (digest, token_id, ends_at)
values (%(digest)s, %(token)s, now() + %(lasting)s::interval)
"""

_BEARER = """
select token_id, name, scope, made_by, made_at, last_used_at, revoked_at
from sessions join tokens using (token_id)
where sessions.digest = %(digest)s and ends_at > now() and revoked_at is null
"""
