"""Lanes that begin as soon as there is something to do for them.

The engine gives none to an account that is done in a moment, or while the processor is what it waits for: on a busy
machine none would come to a test that is about them.
"""

from __future__ import annotations

from tui_migrate.engine.turns import sharing


def begin_lanes_at_once() -> None:
    """From now on, in this process."""
    setattr(sharing, "spare_for_another", all_that_is_left)  # noqa: B010 - a name of another module


def all_that_is_left(spare: int, rate: float | None, processor: float) -> int:
    """What is left to do is worth another lane, however fast it goes."""
    return spare
