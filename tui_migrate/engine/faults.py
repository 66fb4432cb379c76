"""What nobody foresaw: it ends one account, is told to the admin as that, and leaves its traceback in the log."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping

from tui_migrate.engine.log import PrivateFile
from tui_migrate.errors import InternalFault

_LOG = logging.getLogger(__name__)


def report(log: PrivateFile, who: Mapping[str, str], fault: BaseException) -> InternalFault:
    """The error that ends this account. Where in the program it arose goes into the log: types and lines of code, and
    nothing of what was worked on, which might be mail or a password."""
    log.trouble = ""
    for line in ("an internal fault ended this account", *_lines(fault)):
        _LOG.error(line, extra=dict(who))
    what = f"An internal fault ({type(fault).__name__}) ended this account."
    if log.trouble:
        return InternalFault(f"{what} {log.baseFilename} cannot be written: {log.trouble}.")
    return InternalFault(f"{what} The place in the program is noted in {log.baseFilename}.")


def _lines(fault: BaseException) -> list[str]:
    """The traceback without the words of the exceptions."""
    chain: list[str] = []
    seen: BaseException | None = fault
    while seen is not None and len(chain) < 10:
        chain.append("".join(traceback.format_tb(seen.__traceback__)) + type(seen).__name__)
        seen = seen.__cause__ or seen.__context__
    return "\nafter\n".join(chain).splitlines()
