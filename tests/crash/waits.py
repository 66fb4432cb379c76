"""What is waited by the programs that are killed, and by those that go on after them."""

from __future__ import annotations

from dataclasses import replace

from tui_migrate.timing import USUAL

QUICK = replace(USUAL, late=0.5, tick=0.1, poll=0.1)
"""For servers that do nothing late: what is in doubt waits a moment."""
QUIET = 0.3
"""Seconds of quiet (see `Timing.settle`) that are enough for a server that ends its sessions before the program is
started again, and so for one in memory."""
