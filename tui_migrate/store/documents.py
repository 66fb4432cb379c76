"""Declared settings as a JSON document: what differs from the defaults, without secrets.

A setting that is new is not in older documents, and has its default there; no column has to be added for it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, time
from typing import Any

from tui_migrate.errors import StoreUnusable
from tui_migrate.model import Blackout, declared
from tui_migrate.model.declared import Declaration, without_passwords


def document(settings: Iterable[Declaration], value: object) -> dict[str, object]:
    """What differs from the defaults, by the names of the fields."""
    told = ((each, getattr(value, each.name)) for each in without_passwords(settings))
    return {each.name: _plain(said) for each, said in told if said != each.default}


def fields(settings: Iterable[Declaration], plain: dict[str, Any]) -> dict[str, Any]:
    """The values of the fields that a document speaks of. Raises StoreUnusable where one of them is none."""
    return {each.name: _read(each, plain[each.name]) for each in settings if each.name in plain}


def parsed(text: str) -> dict[str, Any]:
    """A document from its text. Raises StoreUnusable."""
    try:
        plain = json.loads(text)
    except ValueError:
        plain = None
    if not isinstance(plain, dict):
        raise StoreUnusable(
            "The store has settings that tui-migrate has not written and cannot read. Restore the store from a backup."
        )
    return plain


def written(plain: dict[str, object]) -> str:
    """A document as text: the same for the same settings."""
    return json.dumps(plain, sort_keys=True, ensure_ascii=False)


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_blackout(each) if isinstance(each, Blackout) else each for each in value]
    return value


def _read(setting: Declaration, plain: Any) -> Any:
    try:
        return _value(setting, plain)
    except (TypeError, ValueError) as error:
        raise StoreUnusable(
            f"The store has a value of {setting.key} that this program does not know. Restore the store from a backup."
        ) from error


def _value(setting: Declaration, plain: Any) -> Any:
    match setting.type:
        case declared.OneOf(words=words):
            known = list(words)
            return known[known.index(plain)]
        case declared.Day():
            return date.fromisoformat(plain)
        case declared.FolderNames():
            return tuple(plain)
        case declared.Blackouts():
            return tuple(_blackout_of(*each) for each in plain)
    return plain


def _blackout(blackout: Blackout) -> list[object]:
    return [sorted(blackout.weekdays), f"{blackout.begins:%H:%M}", f"{blackout.ends:%H:%M}", blackout.time_zone]


def _blackout_of(weekdays: list[int], begins: str, ends: str, time_zone: str) -> Blackout:
    return Blackout(frozenset(weekdays), time.fromisoformat(begins), time.fromisoformat(ends), time_zone)
