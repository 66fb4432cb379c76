"""What somebody has allowed by signing in: refresh tokens, sealed, and each used by one at a time.

Whoever refreshes a grant holds it, across all processes of the store; the hold of one that was killed ends by itself.
Its provider may give out a new refresh token and forget the old one, so the new one is committed before anything is
done with what came along with it.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select, update

from tui_migrate.errors import Disconnected, SignInNeeded
from tui_migrate.model import Login, Migration, Secret, Server, Side
from tui_migrate.model.grants import Grant
from tui_migrate.store.database import Database
from tui_migrate.store.schema import grant
from tui_migrate.store.vault import Vault
from tui_migrate.timing import uptime

MAIL = "mail"
"""The side of mail to users."""
HOLD_SECONDS = 90.0
"""So long a grant may be held: a refresh takes up to three requests, of 20 s at most, and the store may be busy."""
_LOOK_AGAIN_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A grant, as it may be shown."""

    owner: str
    """Whose mailbox; empty: an admin's, for all."""
    at: float
    """When somebody signed in; epoch seconds."""
    ended: str
    """Why the provider takes it no longer; empty: it does."""


@dataclass(frozen=True, slots=True)
class StoredGrants:
    """The grants of one side of a migration. `bond`: for what they were given."""

    database: Database
    vault: Vault
    migration_id: int
    side: str
    bond: tuple[str, ...]
    clock: Callable[[], float] = field(default=uptime, repr=False)
    pause: Callable[[float], None] = field(default=time.sleep, repr=False)

    def owner(self, user: str) -> str:
        """Whose grant opens this mailbox: the user's own; else the admin's, whose name here is empty."""
        with self.database.read() as connection:
            rows = connection.execute(select(grant).where(*self._mine, grant.c.owner.in_([user, ""]))).all()
        found = {row.owner: row.secret is not None for row in rows}
        own, admins = found.get(user), found.get("")
        return "" if not own and (admins or (own is None and admins is not None)) else user

    def put(self, owner: str, refresh_token: Secret) -> None:
        """Keep what somebody has allowed now, in the place of what was allowed before. On disk when it returns. Raises
        NotFound when the migration is gone."""
        with self.database.write() as connection:
            before = self._row(connection, owner)
            connection.execute(delete(grant).where(*self._mine, grant.c.owner == owner))
            values = {"migration_id": self.migration_id, "side": self.side, "owner": owner}
            values |= {"generation": before.generation + 1 if before else 0, "signed_in_at": time.time()}
            connection.execute(insert(grant).values(**values, secret=self._sealed(owner, refresh_token)))

    def listing(self) -> list[SignedIn]:
        """Who has signed in."""
        with self.database.read() as connection:
            rows = connection.execute(select(grant).where(*self._mine).order_by(grant.c.owner)).all()
        return [SignedIn(row.owner, row.signed_in_at, row.ended) for row in rows]

    @contextmanager
    def hold(self, owner: str) -> Iterator[Grant]:
        """See `Grants.hold`."""
        holder, until = secrets.token_hex(16), self.clock() + HOLD_SECONDS
        while (held := self._take(owner, holder)) is None:
            if self.clock() > until:
                raise Disconnected(f"The sign-in for {owner or 'all mailboxes'} is in use elsewhere for too long.")
            self.pause(_LOOK_AGAIN_SECONDS)
        try:
            yield held
        finally:
            with self.database.write() as connection:
                connection.execute(update(grant).where(*self._mine, grant.c.holder == holder).values(holder=""))

    def _take(self, owner: str, holder: str) -> _Held | None:
        """The grant, held by us; None while others hold it. Raises SignInNeeded."""
        who = owner or "all mailboxes"
        with self.database.write() as connection:
            row = self._row(connection, owner)
            if row is None:
                raise SignInNeeded(f"Nobody has signed in for {who}.")
            if row.secret is None:
                raise SignInNeeded(f"The sign-in for {who} has ended.", server_words=row.ended)
            now = self.clock()
            # One from before a restart of the machine may seem to end in days.
            if row.holder and now < row.held_until <= now + HOLD_SECONDS:
                return None
            secret = self.vault.open(row.secret, self._bond(owner))
            if secret.is_lost:
                raise SignInNeeded(f"The sign-in for {who} was for another app or server, or its key is gone.")
            held = {"holder": holder, "held_until": now + HOLD_SECONDS}
            connection.execute(update(grant).where(grant.c.id == row.id).values(held))
        return _Held(self, owner, holder, row.id, secret)

    def _row(self, connection: Connection, owner: str) -> Row[tuple[object, ...]] | None:
        return connection.execute(select(grant).where(*self._mine, grant.c.owner == owner)).one_or_none()

    @property
    def _mine(self) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        return grant.c.migration_id == self.migration_id, grant.c.side == self.side

    def _bond(self, owner: str) -> tuple[str, ...]:
        return ("grant", *self.bond, owner)

    def _sealed(self, owner: str, refresh_token: Secret) -> bytes:
        return self.vault.seal(refresh_token, self._bond(owner))


@dataclass(frozen=True, slots=True)
class _Held:
    """A grant that we hold."""

    grants: StoredGrants
    owner: str
    holder: str
    id: int
    refresh_token: Secret

    def renew(self, refresh_token: Secret) -> None:
        """Raises Disconnected where somebody has signed in anew meanwhile, or has taken it from us: theirs counts."""
        self._change(secret=self.grants._sealed(self.owner, refresh_token), generation=grant.c.generation + 1)

    def end(self, why: str) -> None:
        """See `Grant.end`."""
        self._change(secret=None, ended=why)

    def _change(self, **values: object) -> None:
        with self.grants.database.write() as connection:
            mine = (grant.c.id == self.id, grant.c.holder == self.holder)
            changed = connection.execute(update(grant).where(*mine).values(values)).rowcount
        if not changed:
            raise Disconnected(f"The sign-in for {self.owner or 'all mailboxes'} has become another one meanwhile.")


def of(server: Server, side: Side | str, migration_id: int, database: Database, vault: Vault) -> StoredGrants | None:
    """The grants of this side; None where nobody has to sign in."""
    if server.token is None or not server.token.by_person:
        return None
    return StoredGrants(database, vault, migration_id, side, (*server.bond, *server.token.bond))


def lent(logins: tuple[Login, Login], migration: Migration, database: Database, vault: Vault) -> tuple[Login, Login]:
    """The logins of both sides, with the grants that they need."""
    source, destination = (of(migration.server(side), side, migration.id, database, vault) for side in Side)
    return replace(logins[0], grants=source), replace(logins[1], grants=destination)
