"""The engine's log: what it did and why, a line for each thing, with the time in UTC, a level, and who did it.

Who: `engine`, or the account and its lane, as the thread that writes is named. In none of it stands a secret, or the
subject, a header or the body of a mail: what is said of a mail is its folder, its UID and its size.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import time
from collections.abc import Iterator
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from tui_migrate import __version__
from tui_migrate.config.paths import log_file
from tui_migrate.errors import MailError, MigrateError, StoreUnusable, fit_to_share
from tui_migrate.model import Account
from tui_migrate.ownership import open_own
from tui_migrate.printable import harmless

_LOGGER = logging.getLogger("tui_migrate")
_OCTETS = 5 << 20
_OLDER = 4
"""Files that are kept of those that have become so large, with 1 to 4 behind their names."""


class PrivateFile(RotatingFileHandler):
    """A file of lines, for its owner alone (0600) and no link to another's. One that cannot be written stops no mail.
    Opening it raises StoreUnusable and OSError."""

    def __init__(self, path: Path, octets: int = _OCTETS, older: int = _OLDER) -> None:
        self.trouble = ""
        """Why the last line that failed could not be written; empty when none did."""
        self._over = False
        super().__init__(path, maxBytes=octets, backupCount=older, encoding="utf-8", errors="backslashreplace")

    def _open(self) -> TextIOWrapper:
        handle = open_own(Path(self.baseFilename), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        return os.fdopen(handle, "a", encoding=self.encoding, errors=self.errors)

    def write(self, line: str) -> None:
        """Write one line as it is; into a file that is closed, nothing."""
        with self.lock or contextlib.nullcontext():
            if not self._over:
                self.handle(logging.LogRecord("trace", logging.INFO, "", 0, line, None, None))

    def close(self) -> None:
        """Write nothing more: some thread may have a last line."""
        with self.lock or contextlib.nullcontext():
            self._over = True
            with contextlib.suppress(OSError):  # what a full disk has not taken is tried once more here
                super().close()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name for it
        """Called where an error would have left `emit`."""
        error = sys.exception()
        self.trouble = str((error.strerror if isinstance(error, OSError) else None) or error)


class _Lines(logging.Formatter):
    """One line for each record, whatever a server has put into it."""

    def __init__(self, form: str) -> None:
        super().__init__(f"%(asctime)s.%(msecs)03dZ {form}", "%Y-%m-%dT%H:%M:%S")
        self.converter = time.gmtime

    def format(self, record: logging.LogRecord) -> str:
        if not hasattr(record, "who"):
            name = str(record.threadName).removesuffix("_0")  # a pool of one thread
            record.who = name if name.startswith("account ") else "engine"
        return harmless(super().format(record).rstrip())


def stamped(form: str) -> logging.Formatter:
    """Lines of this form behind the time in UTC."""
    return _Lines(form)


@contextlib.contextmanager
def logging_to(folder: Path, *, debug: bool = False) -> Iterator[PrivateFile]:
    """All that is logged meanwhile goes into a file of this folder. Raises StoreUnusable."""
    path = log_file(folder)
    try:
        handler = PrivateFile(path)
    except OSError as error:
        raise StoreUnusable(f"The log {path} cannot be written: {error.strerror}.") from error
    handler.setFormatter(stamped("%(levelname)-7s [%(who)s] %(message)s"))
    before = _LOGGER.level
    _LOGGER.addHandler(handler)
    _LOGGER.setLevel(logging.DEBUG if debug else logging.INFO)
    try:
        _LOGGER.info("the engine begins: tui-migrate %s, Python %s, process %d", __version__, _python(), os.getpid())
        yield handler
        _LOGGER.info("the engine has ended")
    except BaseException as error:
        _LOGGER.critical("the engine has ended: %s", told(error))
        raise
    finally:
        _LOGGER.setLevel(before)
        _LOGGER.removeHandler(handler)
        handler.close()


def name_of(account: Account) -> str:
    """What the threads that work for an account are called, and its lines in the log."""
    return f"account {account.id} {account.source_user}"


def speaking_of(account: Account) -> dict[str, str]:
    """`extra` for a line about an account from a thread that works for all."""
    return {"who": name_of(account)}


def told(error: BaseException) -> str:
    """An error with all that it knows and others may know. Of an exception that is not ours, its type: its text may
    hold anything."""
    if not isinstance(error, MailError):
        return error.sentence if isinstance(error, MigrateError) else type(error).__name__
    parts = [f"{error.kind}: {error.sentence}"]
    parts += [f"server: {error.server}"] if error.server else []
    parts += [f"the server's words: {fit_to_share(error.server_words, error.command)}"] if error.server_words else []
    parts += [f"in answer to: {error.command}"] if error.command else []
    return "; ".join(parts)


def _python() -> str:
    return ".".join(map(str, sys.version_info[:3]))
