"""Flags and keywords of an item, as IMAP has them (RFC 9051 section 2.3.2)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from tui_migrate.mail.mapi import tags
from tui_migrate.mail.mapi.item import Properties

_READ, _UNSENT = 0x01, 0x08
_FLAGGED = 2
_REPLIED, _REPLIED_ALL, _FORWARDED = 102, 103, 104
_ICON_REPLIED, _ICON_FORWARDED = 261, 262
_NO_ATOM = re.compile(r"[^!#$&'+,\-./0-9:;<=>?@A-Z\[^_`a-z|}~]")


def flags_of(properties: Properties, keywords: Sequence[str]) -> frozenset[str]:
    r"""The flags of an item with these categories. Of a category, each character that no keyword may hold becomes `_`.
    Raises MessageDamaged."""
    state = tags.number(properties, tags.MESSAGE_FLAGS) or 0
    verb = tags.number(properties, tags.LAST_VERB)
    icon = tags.number(properties, tags.ICON) if not verb else None
    found = _flags(state & (_READ | _UNSENT), tags.number(properties, tags.FLAG_STATUS) == _FLAGGED, verb, icon)
    if not keywords:
        return found
    return found.union(filter(None, (_NO_ATOM.sub("_", keyword.strip("\0 ")) for keyword in keywords)))


@lru_cache(maxsize=256)
def _flags(state: int, flagged: bool, verb: int | None, icon: int | None) -> frozenset[str]:
    found = {
        "\\Seen": state & _READ,
        "\\Draft": state & _UNSENT,
        "\\Flagged": flagged,
        "\\Answered": verb in (_REPLIED, _REPLIED_ALL) or icon == _ICON_REPLIED,
        "$Forwarded": verb == _FORWARDED or icon == _ICON_FORWARDED,
    }
    return frozenset(flag for flag, holds in found.items() if holds)
