"""Settings by their declared types: read from a plan or a form with every mistake noted, and spelled for both."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from ipaddress import ip_address
from typing import Any

from tui_migrate.config.folders import names, spelled
from tui_migrate.config.table import SettingsTable, invisible_character, nearest
from tui_migrate.config.values import (
    read_blackout,
    read_day,
    read_moment,
    read_size,
    spell_blackout,
    spell_moment,
    spell_moment_anywhere,
    spell_size,
)
from tui_migrate.model import Blackout, declared
from tui_migrate.model.declared import Declaration, without_passwords
from tui_migrate.notices.address import is_address
from tui_migrate.notices.template import mistakes

FOLDER_MARKS = ",\n"
"""Between folders in a field of a form."""
PROXY_LOGIN = "proxy_login"
"""The table with the login at a proxy, inside of that of the server behind it."""
_NUMBER = re.compile("[0-9]{1,9}")
_PROXY = re.compile(r"(socks5|http)://([^\s/@:?#\[\]]+|\[[0-9A-Fa-f:.]+\]):([0-9]{1,5})")


# From a plan's table, or one that a form makes


def read_settings(table: SettingsTable, settings: Iterable[Declaration]) -> dict[str, Any]:
    """The values of settings by the names of their fields. Passwords are left out: they are read where it is known
    whose they are."""
    return {each.name: _read(table, each) for each in without_passwords(settings)}


def _read(table: SettingsTable, setting: Declaration) -> Any:
    key, default = setting.key, setting.default
    match setting.type:
        case declared.Text(required=required, pattern=pattern, rule=rule):
            text = table.text(key, default or "", required=required)
            if pattern and (text or (default and not required)) and not re.fullmatch(pattern, text):
                table.wrong(key, rule)
            return text
        case declared.User():
            return _user(table, key)
        case declared.Host():
            return _host(table, key, required=setting.required)
        case declared.Proxy():
            return _proxy(table, key)
        case declared.Number(lowest=lowest, highest=highest):
            return table.number(key, default, lowest=lowest, highest=highest)
        case declared.Size():
            return table.parsed(key, read_size, default)
        case declared.OneOf(words=words):
            return _choice(table, key, words, default)
        case declared.Flag():
            return table.flag(key)
        case declared.FolderNames():
            return table.texts(key)
        case declared.Day():
            return table.parsed(key, read_day, default)
        case declared.Instant():
            return table.parsed(key, read_moment, default)
        case declared.Folder():
            return _folder(table, key)
        case declared.Certificates():
            return _certificates(table, key)
        case declared.Program():
            return _command(table, key, required=setting.required)
        case declared.Blackouts():
            return tuple(_blackouts(table, key))
        case declared.Address(required=required):
            return _address(table, key, required=required)
        case declared.Template(lines=lines):
            text = _lines(table, key, default) if lines else table.text(key, default, required=True)
            if said := mistakes(text):
                table.wrong(key, said)
            return text
    raise TypeError(f"{setting.key} is a {setting.type}, which nobody reads.")


def _choice(table: SettingsTable, key: str, words: Iterable[str], default: str) -> str:
    """The one of these words that stands under a key."""
    known = list(words)
    wanted = table.text(key, default)
    if wanted in known:
        return known[known.index(wanted)]
    said = list(filter(None, known))
    listed = " or ".join(filter(None, [", ".join(said[:-1]), said[-1]]))
    table.wrong(key, f"must be {listed}{nearest(wanted, known)}")
    return default


def _user(table: SettingsTable, key: str) -> str:
    text = table.text(key, required=True)
    if code := invisible_character(text):
        table.wrong(key, f"has an invisible character in it ({code})")
    return text


def _host(table: SettingsTable, key: str, *, required: bool) -> str:
    text = table.text(key, required=required)
    # One colon is a port; an IPv6 address has two or more.
    if re.search(r"[\s/@\[\]]", text) or (":" in text and not _is_ip_address(text)):
        table.wrong(key, "must be a host name or an address alone; the port has a place of its own")
    return text


def _proxy(table: SettingsTable, key: str) -> str:
    text = table.text(key).removesuffix("/")
    found = _PROXY.fullmatch(text)
    if "@" in text:
        where = f"a table of its own, [{table.dotted(PROXY_LOGIN)}]" if table.file_name else "the fields below"
        table.wrong(key, f"must hold no user and no password: these have their place in {where}")
    elif text and (not found or not 0 < int(found[3]) < 1 << 16):
        table.wrong(key, "must be socks5://host:port or http://host:port; a proxy is asked without TLS")
    else:
        return text
    return ""


def _is_ip_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _folder(table: SettingsTable, key: str) -> str:
    told = table.text(key, required=not table.file_name)
    path = os.path.normpath(table.folder / told)
    if (told or table.file_name) and not os.path.isdir(path):  # noqa: PTH112  normpath is not Path's
        table.wrong(key, f"{path} is no folder")
    return path


def _certificates(table: SettingsTable, key: str) -> str:
    found = table.file(key)
    if found is None:
        return ""
    path, pem = found
    if b"-----BEGIN CERTIFICATE-----" not in pem:
        table.wrong(key, f"{path} holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)")
    return str(path)


def _command(table: SettingsTable, key: str, *, required: bool) -> str:
    import shlex

    command = table.text(key, required=required)
    try:
        words = shlex.split(command)
    except ValueError:
        words = []
    if command and not words:
        table.wrong(key, "has quotation marks that do not match")
    elif command and "{user}" in words[0]:
        table.wrong(key, "must begin with a program: a user's name cannot be one")
    return command


def _blackouts(table: SettingsTable, key: str) -> Iterator[Blackout]:
    """The blackouts under a key. Each wrong line is noted with its number."""
    for number, text in enumerate(table.texts(key), 1):
        try:
            yield read_blackout(text)
        except ValueError as error:
            table.wrong(key, f"number {number} {error}")


def _address(table: SettingsTable, key: str, *, required: bool) -> str:
    text = table.text(key, required=required)
    if text and not is_address(text):
        table.wrong(key, "must be one mail address, such as helpdesk@example.com")
    return text


def _lines(table: SettingsTable, key: str, default: str) -> str:
    """The text of several lines under a key."""
    value = table.values.get(key, default)
    if not isinstance(value, str):
        table.wrong(key, 'must be text in quotation marks, three of them (""") around several lines')
    elif not value.strip():
        table.wrong(key, "must not be empty")
    elif any(unicodedata.category(char) == "Cc" and char not in "\n\r\t" for char in value):
        table.wrong(key, "must hold no control characters")
    else:
        return value.replace("\r\n", "\n")
    return default


# To a plan's table


def spell_settings(settings: Iterable[Declaration], value: object) -> dict[str, object]:
    """The keys of a plan that are read back as the settings of this value; without passwords."""
    keys = {each.key: _spell(each, getattr(value, each.name)) for each in without_passwords(settings)}
    return {key: spelling for key, spelling in keys.items() if spelling is not None}


def _spell(setting: Declaration, value: Any) -> object:
    match setting.type:
        case declared.Size():
            return spell_size(value)
        case declared.OneOf():
            return str(value)
        case declared.FolderNames():
            return list(value)
        case declared.Instant():
            return spell_moment_anywhere(value) or None
        case declared.Blackouts():
            return list(map(spell_blackout, value))
    return value


# In a form


def typed(setting: Declaration, text: str) -> object:
    """What a plan would hold in the place of this text in a form."""
    match setting.type:
        case declared.Number():
            text = text.strip()
            return int(text or "0") if _NUMBER.fullmatch(text) or not text else text
        case declared.Flag(words=words):
            return [*words].index(text) == 1
        case declared.FolderNames():
            return names(text, FOLDER_MARKS)
        case declared.Blackouts():
            return [line for line in text.splitlines() if line.strip()]
        case declared.Certificates() | declared.Folder():
            return os.path.expanduser(text.strip())  # noqa: PTH111  Path's own fails without a home
        case declared.Template(lines=True):
            return text
    return text.strip()


def texts(settings: Iterable[Declaration], value: object | None) -> Mapping[str, str]:
    """The texts of a form for the settings of this value, by key; of none, the defaults. Without passwords."""
    return {each.key: _text(each, getattr(value, each.name, each.default)) for each in without_passwords(settings)}


def _text(setting: Declaration, value: Any) -> str:
    match setting.type:
        case declared.Number(none=True):
            return str(value or "")
        case declared.Size():
            return spell_size(value)
        case declared.Flag(words=words):
            return [*words][bool(value)]
        case declared.FolderNames():
            return "\n".join(spelled(each, FOLDER_MARKS) for each in value)
        case declared.Day():
            return value.isoformat() if isinstance(value, date) else ""
        case declared.Instant():
            return spell_moment(value)
        case declared.Blackouts():
            return "\n".join(map(spell_blackout, value))
    return "" if value is None else str(value)
