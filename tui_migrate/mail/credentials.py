"""Who logs in as whom, and what stands in the way."""

from __future__ import annotations

from collections.abc import Callable

from tui_migrate.errors import AdminPasswordLost, PasswordLost
from tui_migrate.mail.sasl import BEARERS, best_bearer
from tui_migrate.model import Login, NetworkServer, Security

_BEARERS = " or ".join(BEARERS)


def credentials(login: Login) -> tuple[str, str, str]:
    """Whom to become (empty: oneself), who logs in, and the password. Raises PasswordLost."""
    admin = login.admin
    if admin is None:
        return "", login.user, login.password.reveal()
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
