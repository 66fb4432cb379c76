"""Mail to users as a plan or a form describes it: one place that says what is right, for both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from tui_migrate.config.proxy_login import (
    PASSWORD,
    proxy_login_keys,
    proxy_login_texts,
    read_proxy_login,
    typed_proxy_login,
)
from tui_migrate.config.table import SettingsTable
from tui_migrate.config.tokens import SECRET_FILE, read_token_login, secret_in, token_keys
from tui_migrate.config.typed import read_settings, spell_settings, typed
from tui_migrate.config.typed import texts as setting_texts
from tui_migrate.errors import BadInput, Problem
from tui_migrate.model import NoticeSettings, Secret, TokenLogin
from tui_migrate.model.declared import settings

NOTICE_KEYS = tuple(each.plan_key for each in settings(NoticeSettings))
TOKENS = "oauth"
"""The table of a login with tokens, inside of `[mail]`."""
WHEN, OFF = "when", "off"
"""The form's field that says whether mail is held, and if there is any."""


def read_notices(
    table: SettingsTable,
    own: NoticeSettings | None,
    password: Secret | None,
    proxy_password: Callable[[SettingsTable], Secret | None],
    key: str,
) -> NoticeSettings:
    """The settings of mail to users in this table. Without a `password` that stands at `key`, it is the one that `own`
    has, for the same server and user alone: a plan comes from anywhere, and must not lead a password to another
    server. `proxy_password`: see `read_proxy_login`."""
    found = NoticeSettings(**read_settings(table, settings(NoticeSettings)))
    found = replace(found, proxy_login=read_proxy_login(table, found.proxy, proxy_password, own))
    user = found.user
    found = replace(found, password=password if user else None)
    if TOKENS in table.values:
        return replace(found, password=None, token=_token(table, own, found, password))
    if not user and password:
        table.wrong("user", "must not be empty beside a password")
    if not user or password:
        return found
    if own is None or own.password is None or not own.is_at(found):
        table.wrong(key, "is missing; a stored password stays with the server and user that it was given for")
        return found
    return replace(found, password=own.password)


def _token(
    table: SettingsTable, own: NoticeSettings | None, found: NoticeSettings, password: Secret | None
) -> TokenLogin:
    """The login with tokens inside this table. Where no file is named, its secret is the one that `own` has for the
    same server and app."""
    if not found.user:
        table.wrong("user", f"must not be empty beside {TOKENS}: a token is for somebody")
    if password is not None:
        table.wrong(TOKENS, "cannot stand beside a password: one of them logs in")
    before = own.token if own is not None and own.is_at(found) else None

    def secret(inner: SettingsTable, login: TokenLogin) -> Secret | None:
        if before is not None and before.bond == login.bond and SECRET_FILE not in inner.values:
            return before.secret
        return secret_in(inner, login)

    return read_token_login(table.table(TOKENS, *(each.plan_key for each in settings(TokenLogin))), secret)


def notice_keys(own: NoticeSettings, password_file: str = "") -> dict[str, object]:
    """The table of a plan that `read_notices` reads back as these settings; without the password, or the secret, but
    with the file of it."""
    keys = {**spell_settings(settings(NoticeSettings), own), **proxy_login_keys(own)}
    if own.token is not None:
        return {**keys, TOKENS: token_keys(own.token, password_file)}
    return {**keys, "password_file": password_file} if password_file else keys


def read_notice_form(
    texts: Mapping[str, str], passwords: Mapping[str, Secret], own: NoticeSettings | None
) -> NoticeSettings | None:
    """The settings of mail to users that the fields of a form describe; None: no mail. `passwords`: those that were
    typed, by field; one that was not is the one that `own` has, for the same server and user alone. Raises: BadInput
    with every mistake; its places are names of fields."""
    if texts[WHEN] == OFF:
        return None
    problems: list[Problem] = []
    said = {**texts, "hold": texts[WHEN]}
    values = {each.key: typed(each, said[each.key]) for each in settings(NoticeSettings) if each.key in said}
    typed_in, at_proxy = passwords.get("password"), passwords.get(PASSWORD)
    values |= typed_proxy_login(said, "", at_proxy)
    table = SettingsTable(Path.cwd(), "", "", values, problems)
    if own is not None and own.token is not None and typed_in is None and texts["user"].strip():
        values[TOKENS] = token_keys(own.token)  # a plan has set it, and the form does not change it
    found = read_notices(table, own, typed_in, lambda _: at_proxy, "password")
    if problems:
        raise BadInput(problems)
    return found


def write_notice_form(own: NoticeSettings | None) -> dict[str, str]:
    """The texts of all fields of the form for mail to users, without the password."""
    shown = {**setting_texts(settings(NoticeSettings), own or NoticeSettings("", ""))}
    hold = shown.pop("hold")
    return {WHEN: hold if own else OFF, **shown, **proxy_login_texts(own)}
