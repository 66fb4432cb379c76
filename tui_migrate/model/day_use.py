"""What an account has read and written, by the hour."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HourUse:
    """Octets of one hour."""

    hour: int
    """Since the epoch."""
    read: int
    """From the source."""
    written: int
    """To the destination."""
