"""Processes that read mailboxes of files: one for each that is open.

What strangers have written is read where there are no secrets and no journal, on a processor of its own. A start of
Python for each would cost a small mailbox more than to read it, and to fork an engine with its threads is not safe: so
the first one starts a process that has all loaded and does nothing but fork. All of them end with the engine, however
it ends."""

from __future__ import annotations

import atexit
import contextlib
import os
import socket
import subprocess
import sys
import threading

from tui_migrate.errors import ReaderEnded

_PASSED_ON = ("LANG", "LC_", "LD_", "PYTHON", "TMPDIR", "TZ")
"""Of the environment: there may be secrets in the rest."""
_PATIENCE_SECONDS = 5.0


class Readers:
    """What forks. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def begin(self, module: str, place: int) -> socket.socket:
        """A socket with a reader at its other end. `module`: of its kind of mailbox. `place`: the descriptor of a file
        into which it says where it is. Raises ReaderEnded where no process can be started."""
        ours, theirs = socket.socketpair()
        try:
            with theirs, self._lock:
                try:
                    self._fork(module, [theirs.fileno(), place])
                except BrokenPipeError:  # somebody has ended it
                    self.end()
                    self._fork(module, [theirs.fileno(), place])
        except OSError as error:
            ours.close()
            raise ReaderEnded("No process can be started to read files.", server_words=str(error.strerror)) from error
        return ours

    def get_ready(self, module: str) -> None:
        """Start what forks, so that the first mailbox of this kind need not wait for it."""
        with self._lock, contextlib.suppress(OSError):  # whoever begins a reader is told
            self._start(module)

    def end(self) -> None:
        """End it. Readers end when their sockets are closed."""
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):  # a process that was forked may hold a socket
                self._process.wait(_PATIENCE_SECONDS)
            self._process = None

    def _fork(self, module: str, descriptors: list[int]) -> None:
        socket.send_fds(self._start(module), [b"."], descriptors)

    def _start(self, module: str) -> socket.socket:
        if self._control is None:
            self._control, theirs = socket.socketpair()
            with theirs:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "tui_migrate.mail.files.reader", module],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    cwd="/",
                    env=_environment(),
                    start_new_session=True,  # who stops the engine at a terminal stops no reader before it
                )
        return self._control


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name.startswith(_PASSED_ON)}
    return kept | {"PYTHONPATH": os.pathsep.join(filter(None, map(os.path.abspath, sys.path)))}


READERS = Readers()
atexit.register(READERS.end)
