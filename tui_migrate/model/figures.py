"""Sizes and rates as an admin reads them, the same on screens, in tables, reports and notices. Pure.

Numbers are cut, not rounded, so that nothing looks finished before it is.
"""

from __future__ import annotations

UNKNOWN = "–"
RATE_WINDOW = "10 s"
"""What the rates of accounts that are being copied are averages of."""


def size(octets: float) -> str:
    """Bytes in decimal units, at most six cells: 512 B, 1.2 kB, 34 MB."""
    if octets < 1000:
        return f"{int(octets)} B"
    return three_digits(int(octets), (" kB", " MB", " GB", " TB", " PB"), places=2)


def rate(octets: float) -> str:
    """Bytes per second."""
    return f"{size(octets)}/s" if octets > 0 else UNKNOWN


def message_rate(number: float) -> str:
    """Messages per second; tenths are for slow ones."""
    return f"{number:,.1f} messages/s" if number < 100 else f"{int(number):,} messages/s"


def three_digits(number: int, units: tuple[str, ...], *, places: int = 3) -> str:
    """A `number` of at least 1000 with a unit, cut and not rounded, with a decimal where `places` digits leave room."""
    power = min((len(str(number)) - 1) // 3, len(units))
    whole, rest = divmod(number, 1000**power)
    decimal = f".{rest * 10 // 1000**power}" if len(str(whole)) < places else ""
    return f"{whole}{decimal}{units[power - 1]}"
