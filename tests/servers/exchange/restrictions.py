"""Restrictions of FindItem: which items a search finds."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from tests.servers.exchange.items import ExchangeItem
from tests.servers.exchange.properties import field_text, item_value
from tests.servers.exchange.shapes import extended_of
from tests.servers.exchange.words import Refusal, T, local, truth


def meets(item: ExchangeItem, test: Element) -> bool:
    """True when an item is as this element wants it. Raises Refusal for what is not known here."""
    match local(test):
        case "And":
            return all(meets(item, each) for each in test)
        case "Or":
            return any(meets(item, each) for each in test)
        case "Not":
            return not meets(item, test[0])
        case "Exists":
            return _value(item, test[0]) != ""
        case "Contains":
            wanted = (test.find(f"{T}Constant") or test[1]).get("Value", "")
            value, mode = _value(item, test[0]), test.get("ContainmentMode", "Substring")
            if test.get("ContainmentComparison", "Exact") != "Exact":
                wanted, value = wanted.lower(), value.lower()
            return (
                value == wanted
                if mode == "FullString"
                else value.startswith(wanted)
                if mode == "Prefixed"
                else wanted in value
            )
    return _compared(local(test), _value(item, test[0]), test[1][0].get("Value", ""))


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


def _value(item: ExchangeItem, uri: Element) -> str:
    if local(uri) == "ExtendedFieldURI":
        value = item_value(item, extended_of(uri).key)
        return truth(value) if isinstance(value, bool) else "" if value is None else str(value)
    text = field_text(item, uri.get("FieldURI", ""))
    if text is None:
        raise Refusal("ErrorUnsupportedPathForQuery")
    return text
