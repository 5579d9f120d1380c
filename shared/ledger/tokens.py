"""Tokens: who may use the API, and for what. Only digests are kept; a token is shown once, when it is made."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from shared.errors import NotFoundError
from shared.ledger.database import Database

__all__ = ["Token", "TokenScope", "Tokens"]

_FORM = re.compile(r"pressmark_(?P<id>[0-9a-f]{12})_[A-Za-z0-9_-]{43}", re.ASCII)


class TokenScope(StrEnum):
    """What the bearer of a token may do. Each scope includes those before it."""

    READ = "read"
    OPERATE = "operate"
    ADMIN = "admin"

    def includes(self, needed: "TokenScope") -> bool:
        """Whether a bearer of this scope may do what needs another."""
        order = tuple(TokenScope)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token as it may be shown."""

    token_id: str
    name: str
    scope: TokenScope
    made_by: str
    made_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None

    @property
    def actor(self) -> str:
        """Return how its bearer is called in jobs and in the audit."""
        return f"token:{self.token_id}"

    def as_json(self) -> dict[str, Any]:
        """Return it as programs read it."""
        return {
            "id": self.token_id,
            "name": self.name,
            "scope": str(self.scope),
            "made_by": self.made_by,
            "made_at": self.made_at,
            "last_used_at": self.last_used_at,
            "revoked_at": self.revoked_at,
        }


class Tokens:
    """Makes, checks and revokes tokens."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def make(self, name: str, scope: TokenScope, *, by: str) -> tuple[Token, str]:
        """Make a token and return it with its secret form, which is kept nowhere.

        The secret has 256 random bits, so a plain digest cannot be searched and needs no salt.
        """
        token_id = secrets.token_hex(6)
        secret = f"pressmark_{token_id}_{secrets.token_urlsafe(32)}"
        arguments = {"id": token_id, "name": name, "scope": str(scope), "digest": _digest(secret), "by": by}
        with self._database.transaction() as transaction:
            row = transaction.row(_MAKE, arguments)
        assert row is not None
        return _token(row), secret

    def check(self, secret: str) -> Token | None:
        """Return the token that was shown, or None when it is unknown or revoked.

        The ledger is asked each time, so a token that is revoked opens nothing from then on.

        Raises:
            TryAgainError: the ledger does not answer.
        """
        form = _FORM.fullmatch(secret)
        if form is None:
            return None
        with self._database.transaction() as transaction:
            row = transaction.row(_CHECK, {"id": form["id"]})
            if row is None or not hmac.compare_digest(row.pop("digest"), _digest(secret)):
                return None
            if row.pop("is_use_to_note"):
                transaction.run(_NOTE_USE, {"id": form["id"]})
        return _token(row)

    def revoke(self, token_id: str) -> Token:
        """Let a token open nothing from now on.

        Raises:
            NotFoundError: there is no such token.
        """
        with self._database.transaction() as transaction:
            row = transaction.row(_REVOKE, {"id": token_id})
        if row is None:
            raise NotFoundError(
                f"there is no token {token_id!r}; 'pressmark tokens list' shows those there are"
            )
        return _token(row)

    def get(self, token_id: str) -> Token:
        """Return a token.

        Raises:
            NotFoundError: there is no such token.
        """
        for token in self.all():
            if token.token_id == token_id:
                return token
        raise NotFoundError(f"there is no token {token_id!r}; 'pressmark tokens list' shows those there are")

    def all(self) -> list[Token]:
        """Return all tokens, revoked ones too, the newest first."""
        with self._database.transaction() as transaction:
            return [_token(row) for row in transaction.rows(_ALL)]


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _token(row: dict[str, Any]) -> Token:
    return Token(**row | {"scope": TokenScope(row["scope"])})


_MAKE = """
insert into tokens (token_id, name, scope, digest, made_by)
values (%(id)s, %(name)s, %(scope)s, %(digest)s, %(by)s)
returning token_id, name, scope, made_by, made_at, last_used_at, revoked_at
"""

# Each use is noted once a minute, or a busy token would rewrite its row for every request.
_CHECK = """
select token_id, name, scope, made_by, made_at, last_used_at, revoked_at, digest,
       coalesce(last_used_at < now() - interval '1 minute', true) as is_use_to_note
from tokens where token_id = %(id)s and revoked_at is null
"""

_NOTE_USE = "update tokens set last_used_at = now() where token_id = %(id)s"

_REVOKE = """
update tokens set revoked_at = coalesce(revoked_at, now()) where token_id = %(id)s
returning token_id, name, scope, made_by, made_at, last_used_at, revoked_at
"""

_ALL = """
select token_id, name, scope, made_by, made_at, last_used_at, revoked_at
from tokens order by made_at desc, token_id
"""
