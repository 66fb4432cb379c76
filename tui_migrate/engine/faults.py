"""What nobody foresaw: it ends one account, is told to the admin as that, and leaves its traceback in a file."""

from __future__ import annotations

import logging
import os
import traceback
from io import TextIOWrapper
from pathlib import Path

from tui_migrate.errors import InternalFault

FILE = "faults.log"


def report(folder: Path, account_id: int, fault: BaseException) -> InternalFault:
    """The error that ends this account. Where in the program it arose is written into a private file of `folder`:
    types and lines of code, and nothing of what was worked on, which might be mail or a password."""
    path = folder / FILE
    what = f"An internal fault ({type(fault).__name__}) ended this account."
    sentence = f"{what} Where it arose stands in {path}."
    handler = _PrivateFile(path, encoding="utf-8", delay=True)
    try:
        handler.setFormatter(logging.Formatter("%(asctime)s %(threadName)s %(message)s"))
        text = f"account {account_id}\n{_lines(fault)}"
        handler.emit(logging.LogRecord("tui_migrate", logging.ERROR, "", 0, text, None, None))
    except OSError as error:
        sentence = (
            f"An internal fault ({type(fault).__name__}) ended this account. {path} takes no lines: {error.strerror}."
        )
    finally:
        handler.close()
    return InternalFault(sentence)


class _PrivateFile(logging.FileHandler):
    """Ours alone, and no link to another's."""

    def _open(self) -> TextIOWrapper:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        return os.fdopen(os.open(self.baseFilename, flags, 0o600), "a", encoding="utf-8")

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name for it
        raise


def _lines(fault: BaseException) -> str:
    """The traceback without the words of the exceptions."""
    chain: list[str] = []
    seen: BaseException | None = fault
    while seen is not None and len(chain) < 10:
        chain.append("".join(traceback.format_tb(seen.__traceback__)) + type(seen).__name__)
        seen = seen.__cause__ or seen.__context__
    return "\nafter\n".join(chain)
