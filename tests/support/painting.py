"""Screens are painted when all is at rest, and not each time that a widget has changed: a sixth of what a dashboard
costs was painting what nobody could see. One in a real terminal is a process of its own, and paints as ever.
"""

from __future__ import annotations

from rich.console import RenderableType
from textual._compositor import Compositor
from textual.app import App
from textual.command import CommandPalette
from textual.screen import Screen

_paint = Compositor.render_update


def paint_at_rest() -> None:
    """From now on, in this process; whoever drives a dashboard has it painted by `paint`."""
    Compositor.render_update = _paint_later  # type: ignore[assignment,method-assign]


def paint(app: App[object]) -> bool:
    """Paint what has changed. Returns: whether there was anything."""
    compositor = app.screen._compositor
    changed = bool(compositor._dirty_regions)
    if changed:
        _paint(compositor, screen_stack=app._background_screens)
    return changed


def _paint_later(
    compositor: Compositor,
    full: bool = False,
    screen_stack: list[Screen[object]] | None = None,
    simplify: bool = False,
) -> RenderableType | None:
    """A picture is wanted whole, and now; and the palette counts the lines of its options by painting them."""
    if full or isinstance(compositor.root, CommandPalette):
        return _paint(compositor, full, screen_stack, simplify)
    return None
