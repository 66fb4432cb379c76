"""SQL statements that are compiled once for all stores of a process: half of what a short run costs is compiling them.

The program opens one store in its life, and the tests open thousands.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.util import LRUCache

from tui_migrate.store import database

_COMPILED: LRUCache[Any, Any] = LRUCache(2000)
_DIALECTS: list[Any] = []
"""One, once there is one: what is compiled is known by it."""


def share_statements() -> None:
    """From now on, of this process and of those that it forks."""
    database.create_engine = _engine  # type: ignore[attr-defined]


def _engine(*arguments: Any, **options: Any) -> Any:
    made = create_engine(*arguments, **options)
    _DIALECTS.append(made.dialect)
    made.dialect = _DIALECTS[0]
    made._compiled_cache = _COMPILED
    return made
