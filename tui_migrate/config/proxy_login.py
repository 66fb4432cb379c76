"""The login at a proxy as a plan or a form describes it, beside whatever server is reached by that proxy."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tui_migrate.config.table import SettingsTable
from tui_migrate.config.typed import PROXY_LOGIN, read_settings, spell_settings, texts, typed
from tui_migrate.model import NetworkServer, NoticeSettings, ProxyLogin, Secret
from tui_migrate.model.declared import settings, without_passwords

USER, PASSWORD = f"{PROXY_LOGIN}.user", f"{PROXY_LOGIN}.password"
"""Fields of a form."""
_SETTINGS = settings(ProxyLogin)


def read_proxy_login(
    table: SettingsTable,
    proxy: str,
    given: Callable[[SettingsTable], Secret | None],
    before: NetworkServer | NoticeSettings | None,
) -> ProxyLogin | None:
    """The login at this proxy that the table of a server describes. `given`: the password that is named or typed in its
    table, None where there is none: then it is the one that is stored `before`, for the same proxy and user alone."""
    if PROXY_LOGIN not in table.values:
        return None
    inner = table.table(PROXY_LOGIN, *(each.plan_key for each in _SETTINGS))
    user = read_settings(inner, _SETTINGS)["user"]
    if not proxy and not table.values.get("proxy"):
        table.wrong(PROXY_LOGIN, "must be left out where there is no proxy")
    password = given(inner)
    stored = before.proxy_login if before else None
    if password is None and before and stored and (before.proxy, stored.user) == (proxy, user):
        password = stored.password
    if password is None and proxy:
        key = "password_file" if table.file_name else "password"
        inner.wrong(key, "is missing; a stored password stays with the proxy and user that it was given for")
    return ProxyLogin(user, password or Secret(""))


def proxy_login_keys(of: NetworkServer | NoticeSettings) -> dict[str, object]:
    """The part of a plan's table that `read_proxy_login` reads back; without the password."""
    return {PROXY_LOGIN: spell_settings(_SETTINGS, of.proxy_login)} if of.proxy_login else {}


# In a form


def typed_proxy_login(said: Mapping[str, str], before: str, password: Secret | None) -> dict[str, object]:
    """What a plan's table would hold in the place of these fields, which are called so behind `before`."""
    if not said[f"{before}proxy"].strip() or not (said[before + USER].strip() or password):
        return {}
    shown = without_passwords(_SETTINGS)
    return {PROXY_LOGIN: {each.key: typed(each, said[f"{before}{PROXY_LOGIN}.{each.key}"]) for each in shown}}


def proxy_login_texts(of: object) -> dict[str, str]:
    """The texts of these fields in a form, without the password."""
    found = texts(_SETTINGS, getattr(of, PROXY_LOGIN, None))
    return {f"{PROXY_LOGIN}.{key}": text for key, text in found.items()}
