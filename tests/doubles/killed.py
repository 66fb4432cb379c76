"""`python -m tests.doubles.killed PLACES MOMENT NTH PLAN DATA` is `tui-migrate run PLAN --data-dir DATA` on mailboxes
that lie in a file, killed with `-9` when this moment has come so many times. Its last breath puts them back as they are
then."""

from __future__ import annotations

import os
import pickle
import signal
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.doubles.memory import memory_kinds
from tests.doubles.moving import QUICK
from tests.doubles.places import PLACES, Fault, Moment
from tests.engine.support import migrate


def main(file: Path, moment: Moment, nth: int, plan: Path, data: Path) -> None:
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
        migrate(plan, data, QUICK)


if __name__ == "__main__":
    arguments: list[Any] = sys.argv[1:]
    main(Path(arguments[0]), Moment(arguments[1]), int(arguments[2]), Path(arguments[3]), Path(arguments[4]))
