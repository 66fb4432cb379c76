"""`tui-migrate run` on mailboxes that lie in a file, in a process that is killed with `-9` when a moment has come so
many times. Its last breath puts them back as they are then."""

from __future__ import annotations

import os
import pickle
import signal
from contextlib import ExitStack
from pathlib import Path

from tests.doubles.memory import memory_kinds
from tests.doubles.places import PLACES, Fault, Moment
from tests.engine.support import migrate
from tui_migrate.timing import Timing


def main(file: Path, moment: Moment, nth: int, plan: Path, data: Path, timing: Timing) -> None:
    """Run until then, or to the end."""

    def die() -> None:
        with ExitStack() as stack:
            for place in PLACES.values():
                stack.enter_context(place.lock)
            file.write_bytes(pickle.dumps(PLACES))
            os.kill(os.getpid(), signal.SIGKILL)

    with memory_kinds():
        PLACES.update(pickle.loads(file.read_bytes()))
        for place in PLACES.values():
            place.faults.append(Fault(moment, die, nth))
        migrate(plan, data, timing)
