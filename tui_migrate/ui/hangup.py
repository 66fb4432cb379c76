"""How the dashboard ends when its terminal goes: at once, whatever its event loop is doing.

A stalled SSH line blocks Textual's loop in a write; a closed terminal feeds its reader nothing for ever. So a thread of
its own waits for SIGHUP, SIGTERM or the end of the terminal. It asks the app to leave, and ends the process when that
takes too long. The engine is another process in another session and notices nothing; in the store, a transaction is
whole or not there.
"""

from __future__ import annotations

import os
import select
import signal
import termios
import threading
from collections.abc import Callable
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any, Self

DEADLINE_SECONDS = 2.0
LEAVE = b"\x1b[?2004l\x1b[?7h\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1004l"
"""Bracketed paste, line wrap, key protocol, alternate screen, cursor, focus reports: back to what a shell expects."""
_STDIN, _STDERR = 0, 2


class HangUp:
    """Inside it, a hang-up calls `leave` with the exit code, from a thread, and then does not wait for long."""

    def __init__(self, leave: Callable[[int], object]) -> None:
        self._leave = leave
        self._before: dict[int, Any] = {}
        self._terminal: list[Any] | None = None
        self._read, self._write = os.pipe()
        self._thread = threading.Thread(target=self._watch, name="hang-up", daemon=True)

    def __enter__(self) -> Self:
        with suppress(termios.error):  # not a terminal: then there is nothing to restore
            self._terminal = termios.tcgetattr(_STDIN)
        for number in (signal.SIGHUP, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._on_signal)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Left in peace. After a hang-up the deadline stays: threads of Textual may still hang on the terminal."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.write(self._write, b"\0")

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        """Only a write: the main thread may be anywhere, with any lock in its hands."""
        os.write(self._write, bytes([number]))

    def _watch(self) -> None:
        poll = select.poll()
        poll.register(self._read, select.POLLIN)
        poll.register(_STDIN, 0)  # reports nothing but its end
        ready = dict(poll.poll())
        number = os.read(self._read, 1)[0] if self._read in ready else int(signal.SIGHUP)
        if not number:
            return
        with suppress(RuntimeError):  # the loop is closed already
            self._leave(128 + number)
        threading.Event().wait(DEADLINE_SECONDS)
        self._restore_terminal()
        os._exit(128 + number)

    def _restore_terminal(self) -> None:
        """What Textual would have done. A write that would block is left out."""
        with suppress(OSError, termios.error):
            if self._terminal is not None:
                termios.tcsetattr(_STDIN, termios.TCSANOW, self._terminal)
            os.set_blocking(_STDERR, False)
            try:
                os.write(_STDERR, LEAVE)
            finally:
                os.set_blocking(_STDERR, True)  # the shell shares it
