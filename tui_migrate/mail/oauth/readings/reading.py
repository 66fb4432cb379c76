"""One line of the tables."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reading:
    """What something means to an admin."""

    sentence: str
    """What is so."""
    advice: str
    """What is to be done, and where."""
    passes: bool = False
    """True when asking again may help, with nothing done."""
