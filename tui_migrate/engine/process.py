"""The engine as a process: one per store, by an OS lock; started in a session of its own; told to stop by a signal."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from tui_migrate.errors import LockHeld, StillRunning, StoreUnusable
from tui_migrate.ownership import open_own

STOP_SECONDS = 30.0
_PATIENCE_SECONDS = 0.2
"""Whoever asks for the holder has the lock for a moment: that is no engine."""

_OUTPUT = "engine.out"
"""In the folder of logs: what a background engine says to people, which is nothing while all is well."""
_LAST_BYTES = 4096


class Lock:
    """The right to be the engine of a store. The system gives it back when the process ends, however it ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def acquire(self) -> None:
        """Take the lock. Raises LockHeld with the holder's process id, StoreUnusable when there can be no lock file."""
        try:
            self._handle = open_own(self._path, os.O_RDWR | os.O_CREAT)
            self._lock(self._handle)
            os.ftruncate(self._handle, 0)
            os.write(self._handle, str(os.getpid()).encode())
        except OSError as error:
            self.release()
            raise StoreUnusable(f"The lock {self._path} cannot be taken: {error.strerror}.") from error
        except LockHeld:
            self.release()
            raise

    def _lock(self, handle: int) -> None:
        until = time.monotonic() + _PATIENCE_SECONDS
        while not _try_lock(handle, fcntl.LOCK_EX):
            if time.monotonic() > until:
                raise LockHeld(f"An engine works on this store already (process {_pid_in(self._path) or 'unknown'}).")
            time.sleep(0.01)

    def release(self) -> None:
        """Give the lock back."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def holder(path: Path) -> int | None:
    """Process id of the running engine (0: not known yet); None when none runs."""
    try:
        handle = open_own(path, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        return None if _try_lock(handle, fcntl.LOCK_SH) else _pid_in(path) or 0
    finally:
        os.close(handle)


def held_since(path: Path) -> float:
    """When the present holder took the lock; epoch seconds, now when there is no lock file."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return time.time()


def last_words(log_dir: Path) -> tuple[str, float]:
    """The last line that a background engine of `spawn` wrote, and when (epoch seconds); empty and 0 for none."""
    path = log_dir / _OUTPUT
    try:
        with os.fdopen(open_own(path, os.O_RDONLY), "rb") as output:
            written = os.fstat(output.fileno())
            output.seek(max(0, written.st_size - _LAST_BYTES))
            lines = output.read().decode(errors="replace").splitlines()
    except FileNotFoundError:
        return "", 0.0
    return next((line.strip() for line in reversed(lines) if line.strip()), ""), written.st_mtime


def spawn(data_dir: Path, log_dir: Path) -> None:
    """Start the background engine in a session of its own, so that it outlives terminal and SSH connection."""
    engine = [sys.executable, "-m", "tui_migrate", "--data-dir", str(data_dir), "engine", "--until-idle"]
    with open(log_dir / _OUTPUT, "ab", opener=lambda path, flags: open_own(Path(path), flags)) as output:
        # The shell ends at once and makes the engine nobody's child: ours would stay behind as a zombie when it ends.
        subprocess.run(
            ["/bin/sh", "-c", '"$@" &', "sh", *engine],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            cwd="/",
            check=True,
        )


def terminate(path: Path) -> bool:
    """Ask the running engine to stop and wait until it has. False when none was running. Raises StillRunning."""
    pid = holder(path)
    if not pid:
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    end = time.monotonic() + STOP_SECONDS
    while holder(path) == pid:
        if time.monotonic() > end:
            raise StillRunning(f"The engine (process {pid}) is told to stop and finishes what is in flight.")
        time.sleep(0.05)
    return True


def _try_lock(handle: int, kind: int) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _pid_in(path: Path) -> int | None:
    text = path.read_text().strip()
    return int(text) if text.isdigit() else None
