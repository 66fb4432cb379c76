"""What an archive may say of itself and is believed."""

from __future__ import annotations

HARMLESS = 1 << 26
"""Octets to which anything may unpack."""
MOST = 250
"""Times. Text packs to a tenth, mail with attachments to a fiftieth at the most."""


def grows_too_much(packed: int, size: int) -> bool:
    """True where so few octets unpack to so many that it is a trap."""
    return size > HARMLESS and size > packed * MOST


def text(name: bytes) -> str:
    """For the admin: names are in no certain encoding."""
    try:
        return name.decode()
    except UnicodeDecodeError:
        return name.decode("latin-1")
