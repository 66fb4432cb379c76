"""Restrictions of FindItem and FindFolder: what a search finds."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree.ElementTree import Element

from tests.servers.exchange.items import ExchangeItem, Value
from tests.servers.exchange.mailbox import ExchangeFolder
from tests.servers.exchange.properties import field_text, folder_value, item_value
from tests.servers.exchange.shapes import extended_of
from tests.servers.exchange.words import Refusal, T, local, truth

Read = Callable[[Element], str]
"""Tells what a property is, which an element names; empty: there is none."""


def item_meets(item: ExchangeItem, test: Element) -> bool:
    """True when an item is as this element wants it. Raises Refusal for what is not known here."""

    def read(uri: Element) -> str:
        if local(uri) == "ExtendedFieldURI":
            return _text(item_value(item, extended_of(uri).key))
        if (text := field_text(item, uri.get("FieldURI", ""))) is None:
            raise Refusal("ErrorUnsupportedPathForQuery")
        return text

    return _meets(read, test)


def folder_meets(folder: ExchangeFolder, test: Element) -> bool:
    """The same of a folder."""

    def read(uri: Element) -> str:
        if local(uri) == "ExtendedFieldURI":
            return _text(folder_value(folder, extended_of(uri).key))
        if uri.get("FieldURI") not in ("folder:DisplayName", "folder:FolderClass"):
            raise Refusal("ErrorUnsupportedPathForQuery")
        return folder.name if uri.get("FieldURI") == "folder:DisplayName" else folder.folder_class

    return _meets(read, test)


def _meets(read: Read, test: Element) -> bool:
    match local(test):
        case "And":
            return all(_meets(read, each) for each in test)
        case "Or":
            return any(_meets(read, each) for each in test)
        case "Not":
            return not _meets(read, test[0])
        case "Exists":
            return read(test[0]) != ""
        case "Contains":
            return _contains(read(test[0]), test)
    return _compared(local(test), read(test[0]), test[1][0].get("Value", ""))


def _contains(value: str, test: Element) -> bool:
    wanted = next(test.iter(f"{T}Constant")).get("Value", "")
    if test.get("ContainmentComparison", "Exact") != "Exact":
        wanted, value = wanted.lower(), value.lower()
    match test.get("ContainmentMode", "Substring"):
        case "FullString":
            return value == wanted
        case "Prefixed":
            return value.startswith(wanted)
    return wanted in value


def _compared(name: str, value: str, wanted: str) -> bool:
    if value.isdigit() and wanted.isdigit():
        value, wanted = value.zfill(20), wanted.zfill(20)
    match name:
        case "IsEqualTo":
            return value == wanted
        case "IsNotEqualTo":
            return value != wanted
        case "IsGreaterThan":
            return value > wanted
        case "IsGreaterThanOrEqualTo":
            return value >= wanted
        case "IsLessThan":
            return value < wanted
        case "IsLessThanOrEqualTo":
            return value <= wanted
    raise Refusal("ErrorInvalidRestriction", "The restriction is invalid.")


def _text(value: Value | None) -> str:
    return truth(value) if isinstance(value, bool) else "" if value is None else str(value)
