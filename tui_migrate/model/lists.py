"""How a list of accounts stands to the accounts that are stored."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import changed, by source user."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    same: tuple[str, ...]


class Novelty(StrEnum):
    """How an account of a list stands to the stored one of the same source user."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "unchanged"
