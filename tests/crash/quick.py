"""`python -m tests.crash.quick` is `tui-migrate` for servers that do nothing late: what is in doubt waits a moment."""

from __future__ import annotations

import os
from dataclasses import replace

from tui_migrate import timing

timing.USUAL = replace(timing.USUAL, late=0.5, settle=float(os.environ.get("SETTLE", timing.USUAL.settle)))

from tui_migrate.cli import main  # noqa: E402 - what it imports takes the usual timing with it

main()
