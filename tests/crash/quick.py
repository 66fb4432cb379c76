"""`tui-migrate` in a process that is forked from one that has imported it: a start costs no second, a kill is real."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from tests.crash.waits import QUICK
from tests.support.eager import begin_lanes_at_once
from tui_migrate.cli import foreground, main
from tui_migrate.engine import main as engine


def run(
    arguments: Sequence[str],
    timing: Mapping[str, float],
    environment: Mapping[str, str],
    out: str,
    err: str,
    *,
    eager: bool,
) -> None:
    """Never returns. `out`, `err`: the files that it writes to; `eager`: lanes begin as soon as there is anything to do
    for them."""
    for stream, name in ((sys.stdout, out), (sys.stderr, err)):
        handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(handle, stream.fileno())
        os.close(handle)
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    os.environ.clear()
    os.environ.update(environment)
    if eager:
        begin_lanes_at_once()
    waits = replace(QUICK, **timing)  # type: ignore[arg-type]
    foreground.carry_out = partial(foreground.carry_out, timing=waits)
    engine.run_engine = partial(engine.run_engine, timing=waits)
    main(list(arguments), prog_name="tui-migrate")
