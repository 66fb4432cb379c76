"""What Textual must find in the environment: it reads its settings once, while it is imported.

This module imports nothing of Textual, so the command line can call it first.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, MutableMapping

OVER_SSH = {"TEXTUAL_FPS": "15", "TEXTUAL_ANIMATIONS": "none", "TEXTUAL_SMOOTH_SCROLL": "0"}
"""A remote line pays for every frame; nobody reads more than fifteen in a second."""

FEW_COLOURS = {"TEXTUAL_THEME": "ansi-dark"}
"""The terminal's own sixteen colours. The others, rounded to sixteen, become unreadable."""


def has_terminal() -> bool:
    """True when there is a keyboard to read from and a screen to draw on: Textual takes stdin and stderr for them."""
    return all(stream is not None and stream.isatty() for stream in (sys.__stdin__, sys.__stderr__))


def prepare_environment(environ: MutableMapping[str, str] = os.environ) -> None:
    """Fill in what suits this terminal and line, before Textual is imported. What the admin has set stays."""
    settings: dict[str, str] = {}
    if "SSH_CONNECTION" in environ or "SSH_TTY" in environ:
        settings |= OVER_SSH
    if "NO_COLOR" in environ or not _has_256_colours(environ):
        settings |= FEW_COLOURS
    for name, value in settings.items():
        environ.setdefault(name, value)


def is_ascii_only(environ: Mapping[str, str] = os.environ) -> bool:
    """True when the admin's locale is not a UTF-8 one, so that glyphs would arrive as rubbish.

    Python replaces the C locale with LC_CTYPE=C.UTF-8 in its own environment (PEP 538), which says nothing of the
    terminal: that one alone is not believed.
    """
    coerced = environ.get("LC_CTYPE") == "C.UTF-8" and not environ.get("LC_ALL")
    names = ("LANG",) if coerced else ("LC_ALL", "LC_CTYPE", "LANG")
    locale = next(filter(None, map(environ.get, names)), "")
    return "utf8" not in locale.lower().replace("-", "")


def _has_256_colours(environ: Mapping[str, str]) -> bool:
    if environ.get("COLORTERM", "").strip().lower() in ("truecolor", "24bit"):
        return True
    return environ.get("TERM", "").endswith(("256color", "kitty", "direct"))
