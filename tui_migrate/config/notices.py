"""Mail to users as a plan or a form describes it: one place that says what is right, for both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from tui_migrate.config.table import SettingsTable
from tui_migrate.config.typed import read_settings, spell_settings, typed
from tui_migrate.config.typed import texts as setting_texts
from tui_migrate.errors import BadInput, Problem
from tui_migrate.model import NoticeSettings, Secret
from tui_migrate.model.declared import settings

NOTICE_KEYS = tuple(each.plan_key for each in settings(NoticeSettings))
WHEN, OFF = "when", "off"
"""The form's field that says whether mail is held, and if there is any."""


def read_notices(table: SettingsTable, own: NoticeSettings | None, password: Secret | None, key: str) -> NoticeSettings:
    """The settings of mail to users in this table. Without a `password` that stands at `key`, it is the one that `own`
    has, for the same server and user alone: a plan comes from anywhere, and must not lead a password to another
    server."""
    found = NoticeSettings(**read_settings(table, settings(NoticeSettings)))
    user = found.user
    found = replace(found, password=password if user else None)
    if not user and password:
        table.wrong("user", "must not be empty beside a password")
    if not user or password:
        return found
    if own is None or own.password is None or not own.is_at(found):
        table.wrong(key, "is missing; a stored password stays with the server and user that it was given for")
        return found
    return replace(found, password=own.password)


def notice_keys(own: NoticeSettings, password_file: str = "") -> dict[str, object]:
    """The table of a plan that `read_notices` reads back as these settings; without the password."""
    keys = spell_settings(settings(NoticeSettings), own)
    return {**keys, "password_file": password_file} if password_file else keys


def read_notice_form(
    texts: Mapping[str, str], typed_in: Secret | None, own: NoticeSettings | None
) -> NoticeSettings | None:
    """The settings of mail to users that the fields of a form describe; None: no mail. A password that is not typed is
    the one that `own` has, for the same server and user alone. Raises: BadInput with every mistake; its places are
    names of fields."""
    if texts[WHEN] == OFF:
        return None
    problems: list[Problem] = []
    said = {**texts, "hold": texts[WHEN]}
    values = {each.key: typed(each, said[each.key]) for each in settings(NoticeSettings) if each.key in said}
    found = read_notices(SettingsTable(Path.cwd(), "", "", values, problems), own, typed_in, "password")
    if problems:
        raise BadInput(problems)
    return found


def write_notice_form(own: NoticeSettings | None) -> dict[str, str]:
    """The texts of all fields of the form for mail to users, without the password."""
    shown = {**setting_texts(settings(NoticeSettings), own or NoticeSettings("", ""))}
    hold = shown.pop("hold")
    return {WHEN: hold if own else OFF, **shown}
