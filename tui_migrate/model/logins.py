"""Who logs in to a mailbox, and with what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from tui_migrate.model.declared import Password, Section, Text, User, declares, setting
from tui_migrate.model.grants import Grants
from tui_migrate.model.secret import Secret
from tui_migrate.model.tokens import TokenLogin


class LoginKind(StrEnum):
    """With what mailboxes log in."""

    OWN = "own"
    ADMIN = "admin"
    TOKEN = "token"
    NONE = "none"


@declares
class AdminLogin:
    """One login for all mailboxes of a server.

    `style` is `authzid` (SASL PLAIN with an authorization identity, RFC 4616) or `separator:X`, which logs in as
    `mailboxXadmin` (Dovecot's master users, X is usually `*`).
    """

    user: str = setting(
        User(),
        "Admin user",
        "Who logs in to every mailbox in place of its user.",
        section=Section.LOGIN,
        kw_only=False,
    )
    password: Secret = setting(
        Password(),
        "Admin password",
        "The admin's password. A plan names a file, chmod 600, that has it in its first line.",
        section=Section.LOGIN,
        kw_only=False,
    )
    style: str = setting(
        Text(
            pattern=r"authzid|separator:[^\w\s]",
            rule="must be authzid, or separator: and one sign that is no letter, as in separator:*",
        ),
        "Admin style",
        "How the admin names the mailbox: authzid (SASL PLAIN), or separator:* for mailbox*admin (Dovecot).",
        section=Section.LOGIN,
        default="authzid",
        hint="authzid, or such as separator:*",
        kw_only=False,
    )


@declares
class ProxyLogin:
    """Who logs in to a proxy before it leads on. Proxies are told both in the clear (RFC 1929, RFC 7617)."""

    user: str = setting(
        User(),
        "Proxy user",
        "Who logs in to the proxy. Empty: it asks for no login.",
        section=Section.WAY,
        hint="none; the proxy asks for no login",
        kw_only=False,
    )
    password: Secret = setting(
        Password(),
        "Proxy password",
        "Its password, told in the clear. A plan names a file, chmod 600, that has it in its first line.",
        section=Section.WAY,
        kw_only=False,
    )


class LoginTable(NamedTuple):
    """Where a login for all mailboxes of a server stands."""

    field: str
    """Of a `Server`."""
    key: str
    """The table of a plan, inside of the server's."""
    type: type[AdminLogin] | type[TokenLogin]
    """Its fields are what the table says."""


LOGINS: Mapping[LoginKind, LoginTable] = {
    LoginKind.ADMIN: LoginTable("admin", "admin", AdminLogin),
    LoginKind.TOKEN: LoginTable("token", "oauth", TokenLogin),
}


@dataclass(frozen=True, slots=True)
class Login:
    """Who logs in to a mailbox."""

    user: str
    """The mailbox."""
    password: Secret
    admin: AdminLogin | None = None
    """Logs in instead of the mailbox's own password."""
    token: TokenLogin | None = None
    """Gives a token instead of the mailbox's own password."""
    grants: Grants | None = field(default=None, repr=False, compare=False)
    """Where the refresh token is found with which somebody has allowed it."""
    path: str = ""
    """Where its files lie, inside of the server's folder; empty: as the server's pattern says."""
