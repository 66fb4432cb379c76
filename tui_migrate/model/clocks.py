"""What several clocks told at one instant."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Moment:
    """One point in time, by several clocks. Seconds."""

    boot: str
    """Which start of the machine; empty where that is not known."""
    up: float
    """Since that start."""
    wall: float
    """Of the epoch, as the clock on the wall tells."""
    steady: float
    """Of the epoch, by a clock that nobody sets."""
