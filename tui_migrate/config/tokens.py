"""Tokens in the place of passwords as a plan or a form describes them: one place that says what is right, for both."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tui_migrate.config.table import SettingsTable
from tui_migrate.config.typed import read_settings, spell_settings
from tui_migrate.model import Secret
from tui_migrate.model.declared import settings
from tui_migrate.model.tokens import ROUTES, Provider, TokenLogin

_KEY, _CERTIFICATE = "PRIVATE KEY-----", "-----BEGIN CERTIFICATE-----"

SECRET_FILE = "secret_file"
"""The key of the file with a secret, in a plan and in a form."""
SecretOf = Callable[[SettingsTable, TokenLogin], Secret | None]
"""Gives the secret of a login, whose table it is handed; None where none was said."""


def read_token_login(table: SettingsTable, secret: SecretOf) -> TokenLogin:
    """The login with tokens that this table describes."""
    found = TokenLogin(**read_settings(table, settings(TokenLogin)))
    route = found.route
    if route is None:
        ways = " or ".join(each.sign_in for each in ROUTES[found.provider]) or "left out"
        table.wrong("sign_in", f"must be {ways} with {found.provider}")
        return found
    for each in settings(TokenLogin):
        if each.name not in route.says and table.values.get(each.plan_key, each.default) != each.default:
            table.wrong(each.plan_key, f"must be left out with {_who(found)}")
    if "secret" in route.says:
        found = replace(found, secret=secret(table, found))
    for each in settings(TokenLogin):
        key = each.plan_key
        if each.name in route.needs and not getattr(found, each.name) and not _is_wrong(table, key):
            table.wrong(key, "must not be empty" if key in table.values else "is missing")
    return found


def secret_in(table: SettingsTable, login: TokenLogin) -> Secret | None:
    """All of the file with the secret of a login, which must be its owner's alone; None where no file is named."""
    found = table.file(SECRET_FILE, private=True)
    if found is None:
        return None
    path, data = found
    try:
        text = data.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        table.wrong(SECRET_FILE, f"{path} is not UTF-8 text")
        return None
    if mistake := _mistake(login, text):
        table.wrong(SECRET_FILE, f"{path} {mistake}")
    return Secret(text)


def token_keys(login: TokenLogin, secret_file: str = "") -> dict[str, object]:
    """The table of a plan that `read_token_login` reads back as this login; without the secret."""
    declared = [each for each in login.settings() if getattr(login, each.name) != each.default]
    named = {SECRET_FILE: secret_file} if secret_file and login.secret is not None else {}
    return {**spell_settings(declared, login), **named}


def _is_wrong(table: SettingsTable, key: str) -> bool:
    """True where a mistake was noted there already."""
    return any(each.place.endswith(table.dotted(key)) for each in table.problems)


def _who(login: TokenLogin) -> str:
    return f"{login.provider}{f' and {login.route.sign_in}' if login.route and login.route.sign_in else ''}"


def _mistake(login: TokenLogin, text: str) -> str:
    """What is wrong with a secret, as the end of a sentence."""
    fields = _json(text)
    if login.provider is Provider.GOOGLE and not login.by_person:
        wanted = ("client_email", "private_key", "private_key_id", "token_uri")
        if fields.get("type") != "service_account" or not all(isinstance(fields.get(each), str) for each in wanted):
            return "is not the JSON file with a key of a service account, as Google gives it out"
        return ""
    if login.provider is Provider.MICROSOFT and (_KEY in text or _CERTIFICATE in text):
        return "" if _KEY in text and _CERTIFICATE in text else "must hold both: the key, and its certificate (PEM)"
    if not text:
        return "is empty"
    return "holds more than the one line of a client secret" if "\n" in text or text.startswith("{") else ""


def _json(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text) if text.startswith("{") else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
