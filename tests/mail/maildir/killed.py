"""`tui-migrate run` on Maildirs and on mailboxes in memory, in a process that is killed with `-9` at the n-th system
call with which it changes something on the disk: before it, or right behind it."""

from __future__ import annotations

import itertools
import os
import pickle
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.doubles.memory import memory_kinds
from tests.doubles.moving import QUICK
from tests.doubles.places import PLACES
from tests.engine.support import migrate

CALLS = ("mkdir", "write", "pwrite", "utime", "fchmod", "fsync", "rename", "ftruncate", "unlink")


def main(places: Path, nth: int, plan: Path, data: Path) -> None:
    """Run until then, or to the end. `places`: a file with the mailboxes in memory."""
    number = itertools.count(1)

    def counting(call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **keys: Any) -> Any:
            if (now := next(number)) == nth and nth % 2:
                os.kill(os.getpid(), signal.SIGKILL)
            try:
                return call(*arguments, **keys)
            finally:
                if now == nth:
                    os.kill(os.getpid(), signal.SIGKILL)

        return counted

    with memory_kinds():
        PLACES.update(pickle.loads(places.read_bytes()))
        for name in CALLS:
            setattr(os, name, counting(getattr(os, name)))
        sys.exit(migrate(plan, data, QUICK).code)
