"""What somebody has allowed once, by signing in: the refresh tokens of OAuth 2.0 (RFC 6749 section 6)."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from tui_migrate.model.secret import Secret


class Grant(Protocol):
    """A grant that nobody else uses meanwhile."""

    @property
    def refresh_token(self) -> Secret:
        """For the next access token."""

    def renew(self, refresh_token: Secret) -> None:
        """Keep this one in its place. On disk when it returns."""

    def end(self, why: str) -> None:
        """The provider says that it has ended: it is not tried again. `why`: in the provider's words."""


class Grants(Protocol):
    """Those of one side of a migration."""

    def owner(self, user: str) -> str:
        """Whose grant opens this mailbox: the user's own; else the admin's, whose name here is empty."""

    def hold(self, owner: str) -> AbstractContextManager[Grant]:
        """A grant while inside; others who want it wait, in whatever process. Raises SignInNeeded where there is none,
        and Disconnected where somebody holds it for too long."""
