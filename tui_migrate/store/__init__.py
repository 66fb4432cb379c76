"""What is remembered: the only place with SQL. It knows no protocol.

Its modules are loaded when one of them is first asked for something, by whatever thread: most stand on SQLAlchemy,
which takes longer to load than all else that a start needs, and who only looks (`looks`) asks none of them."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Any


class _Later(ModuleType):
    """Stands for a module in those that import it from here."""

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self.__name__), name)


def __getattr__(name: str) -> ModuleType:
    """Called for what is not loaded yet."""
    if name.startswith("_"):
        raise AttributeError(name)
    return _Later(f"{__name__}.{name}")
