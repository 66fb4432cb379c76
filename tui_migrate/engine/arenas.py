"""The memory that the C library keeps for threads."""

from __future__ import annotations

import contextlib
from functools import cache

_ARENA_MAX = -8
"""M_ARENA_MAX of glibc's malloc.h."""
_ARENAS = 2


@cache
def share_arenas() -> None:
    """Have all threads take memory from a few arenas from now on. glibc gives nearly every thread one of its own, and
    what was freed in one is of no use to the others: with sixteen accounts that was a sixth of all memory. Python lets
    one thread work at a time anyway. A system without that setting stays as it is."""
    import ctypes  # not at the start: a single account has no use for it

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, _ARENAS)
