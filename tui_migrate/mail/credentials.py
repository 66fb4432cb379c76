"""Who logs in as whom, and what stands in the way."""

from __future__ import annotations

import re
from collections.abc import Callable

from tui_migrate.errors import AdminPasswordLost, PasswordLost
from tui_migrate.mail.sasl import BEARERS, best_bearer
from tui_migrate.model import Login, NetworkServer, Security

_BEARERS = " or ".join(BEARERS)


_GOOGLE = re.compile(r"(imap|pop|smtp)\.(gmail|googlemail)\.com")
_APP_PASSWORD = re.compile(r"[a-z]{4}(\s[a-z]{4}){3}")
"""An app password as Google shows it."""


def app_password(password: str, server: NetworkServer) -> str:
    """The password as this server takes it: Google shows app passwords with blanks that are no part of them."""
    if _GOOGLE.fullmatch(server.host.lower()) and _APP_PASSWORD.fullmatch(password.strip()):
        return "".join(password.split())
    return password


def credentials(login: Login, server: NetworkServer) -> tuple[str, str, str]:
    """Whom to become (empty: oneself), who logs in, and the password. Raises PasswordLost."""
    admin = login.admin
    if admin is None:
        return "", login.user, app_password(login.password.reveal(), server)
    try:
        password = admin.password.reveal()
    except PasswordLost as error:
        raise AdminPasswordLost(error.sentence) from error
    if admin.style == "authzid":
        return login.user, admin.user, password
    return "", login.user + admin.style.removeprefix("separator:") + admin.user, password


def obstacle(
    way: Login | NetworkServer, server: NetworkServer, offers: Callable[[str], bool], *, takes_passwords: bool
) -> str:
    """Why nobody can log in this way; empty when nothing stands in it. `offers`: whether the server offers a SASL
    mechanism, `takes_passwords`: whether it takes them without SASL."""
    authzid = way.admin is not None and way.admin.style == "authzid"
    if way.token is not None:
        return "" if best_bearer(offers) else f"{server.host} does not offer a login with a token ({_BEARERS})."
    if offers("PLAIN") or (takes_passwords and not authzid):
        return ""
    if authzid:
        return f"{server.host} does not offer SASL PLAIN, which an admin login of style authzid needs."
    if server.security is Security.NONE:
        return f"{server.host} takes no passwords without encryption: set security to tls or starttls."
    return f"{server.host} does not offer a login with a password."
