"""The dashboard as a process of its own in a real terminal: `Terminal` looks at it from outside, `main` is inside."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

PATIENCE_SECONDS = 120.0
FROZEN = "frozen"
"""A file beside the store: the event loop stands still from now on."""


class Terminal:
    """A pseudo-terminal of 80x24 with the dashboard in it."""

    def __init__(self, data_dir: Path, *options: str) -> None:
        self.frozen = data_dir / FROZEN
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.before = termios.tcgetattr(slave)
        environ = {**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8", "SSH_TTY": os.ttyname(slave)}
        command = [sys.executable, "-m", "tests.ui.terminal", str(data_dir), *options]
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True, env=environ
        )
        self._slave: int | None = slave
        self.output = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.process.kill()
        self.process.wait()
        self.close()

    def until(self, so: Callable[[], bool]) -> None:
        """Read what the dashboard writes until it is so."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not so():
            assert time.monotonic() < end, self.output[-2000:]
            if select.select([self.master], [], [], 0.05)[0]:
                self.output += os.read(self.master, 65536)

    def shows(self, text: str) -> None:
        """Read until this has been painted."""
        self.until(lambda: text.encode() in self.output)

    def press(self, key: str) -> None:
        """Press a key."""
        os.write(self.master, key.encode())

    def type(self, *texts: str, until: str) -> None:
        """Type these, keys and words, and read until the screen answers with something that it did not say before."""
        self.output = b""
        for text in texts:
            self.press(text)
        self.shows(until)

    def stall(self) -> None:
        """From now on the line takes no more output: whoever writes waits, as on an SSH connection that has stalled."""
        assert self._slave is not None
        termios.tcflow(self._slave, termios.TCOOFF)

    def mode(self) -> list[Any]:
        """The terminal's settings now."""
        assert self._slave is not None
        return termios.tcgetattr(self._slave)

    def close(self) -> None:
        """The window is shut."""
        if self._slave is not None:
            os.close(self._slave)
            os.close(self.master)
            self._slave = None


def main(data_dir: Path, *options: str) -> int:
    """The dashboard, in the terminal that is on stdin; `--freeze`: its loop stands still; `--deaf`: no SIGHUP comes;
    `--program`: from the command line on, with real engines."""
    if "--program" in options:
        from tui_migrate.cli import main as program

        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        program(["--data-dir", str(data_dir)])
    from tui_migrate.ui.environment import prepare_environment

    prepare_environment()
    from tests.ui import office
    from tui_migrate.ui.app import run
    from tui_migrate.ui.screens import migrations

    if "--deaf" not in options:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # so that closing it is a SIGHUP, as for a shell
    if "--freeze" in options:

        def stand_still(self: migrations.MigrationsScreen, seen: migrations._Seen) -> None:
            (data_dir / FROZEN).touch()
            time.sleep(3600)

        migrations.MigrationsScreen.show = stand_still  # type: ignore[method-assign]
    return run(office.open_service(data_dir))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:]))
