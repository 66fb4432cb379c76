"""The program as a child process that is killed, and a middleman that says when."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sqlite3
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self
from unittest.mock import patch

from tests.crash.quick import run
from tests.crash.waits import QUICK
from tests.engine import support
from tests.servers.loopback_proxy import Link, Proxy
from tests.servers.maildir import MailItem
from tests.support.forks import FORKS
from tui_migrate.cli import foreground

KILLED = -signal.SIGKILL


def run_here(*arguments: str | Path, **timing: float) -> subprocess.CompletedProcess[str]:
    """`tui-migrate ARGUMENTS` in this process, with `QUICK` but for this `Timing`."""
    waits = replace(QUICK, **timing)  # type: ignore[arg-type]
    with patch.object(foreground, "carry_out", partial(foreground.carry_out, timing=waits)):
        return support.run_here(*arguments)


class Child:
    """`tui-migrate ARGUMENTS` as a process of its own; what is left of it at the end of the context is killed.

    `timing`: what is waited otherwise than `QUICK` says (see `Timing`); `eager`: lanes begin as soon as there is
    anything to do for them."""

    def __init__(self, *arguments: str | Path, eager: bool = False, **timing: float) -> None:
        self._told = tempfile.TemporaryDirectory(prefix="child-")
        self._files = [Path(self._told.name, name) for name in ("out", "err")]
        words, names = [*map(str, arguments)], [*map(str, self._files)]
        self._process = FORKS.Process(
            target=run, args=(words, timing, dict(os.environ), *names), kwargs={"eager": eager}
        )
        self._process.start()
        self.out = self.err = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.running:
            self.kill()
            self.wait()
        self._told.cleanup()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.exitcode is None

    def kill(self) -> None:
        """`kill -9`, from any thread."""
        self.signal(signal.SIGKILL)

    def signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def wait(self, timeout: float = 300.0) -> int:
        """The exit code, `KILLED` after a kill; `out` and `err` are set. Raises: TimeoutError when it hangs."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise TimeoutError
        self.out, self.err = (path.read_text() if path.exists() else "" for path in self._files)
        return self._process.exitcode


@dataclass(frozen=True)
class Wire:
    """When a `TripwireProxy` strikes."""

    octets: int
    """What the client may send until then."""
    strike: Callable[[], None]
    late: int = 0
    """Octets beyond it that reach the server all the same: they were on the line when the client died."""
    late_seconds: float = 0.0
    """How long they take."""


class TripwireProxy(Proxy):
    """Passes everything on until the client has sent so many octets, strikes once, and lets little more through."""

    wire: Wire | None = None
    """For the connections made from now on; None: everything passes."""

    async def relay(self, client: asyncio.StreamReader, server: asyncio.StreamReader, link: Link) -> None:
        await asyncio.gather(self._up(client, link.server, self.wire), pass_down(server, link))

    async def _up(self, client: asyncio.StreamReader, server: asyncio.StreamWriter, wire: Wire | None) -> None:
        left = wire.octets if wire else 0
        with contextlib.suppress(ConnectionError):
            while data := await client.read(1 << 16):
                if wire is not None and len(data) >= left:
                    server.write(data[:left])
                    wire.strike()
                    await asyncio.sleep(wire.late_seconds)
                    server.write(data[left : left + wire.late])
                    break
                left -= len(data)
                server.write(data)
                await server.drain()
        server.write_eof()


class SlowLine(Proxy):
    """Takes `octets` from one client, sets `full`, and takes nothing more from that one until `drain` is set.

    `drained` is set when the server has ended that session. Everybody else has a fast line.
    """

    def __init__(self, target_port: int, octets: int) -> None:
        super().__init__(target_port)
        self._octets = octets
        self.full, self.drain, self.drained = threading.Event(), threading.Event(), threading.Event()

    async def relay(self, client: asyncio.StreamReader, server: asyncio.StreamReader, link: Link) -> None:
        _, slow = await asyncio.gather(pass_down(server, link), self._up(client, link))
        if slow:
            self.drained.set()

    async def _up(self, client: asyncio.StreamReader, link: Link) -> bool:
        # The line itself holds little, so that what waits is in the sender's own buffer.
        link.client.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 15)
        taken, slow = 0, False
        with contextlib.suppress(ConnectionError):
            while data := await client.read(1 << 14):
                link.server.write(data)
                taken += len(data)
                if taken >= self._octets and not self.full.is_set():
                    slow = True
                    link.client.transport.pause_reading()  # type: ignore[attr-defined]
                    self.full.set()
                    await asyncio.to_thread(self.drain.wait)
                    link.client.transport.resume_reading()  # type: ignore[attr-defined]
        link.server.write_eof()
        return slow


async def pass_down(server: asyncio.StreamReader, link: Link) -> None:
    """All that the server says, until it has ended the session, whether or not the client still hears it."""
    while data := await server.read(1 << 16):
        if not link.client.transport.is_closing():
            link.client.write(data)
    if not link.client.transport.is_closing():
        link.client.write_eof()


def open_windows(data_dir: Path) -> int:
    """Windows in the store of which nobody knows whether they have arrived."""
    with contextlib.closing(sqlite3.connect(data_dir / "store.db")) as connection:
        return int(connection.execute("SELECT count(*) FROM window WHERE done = 0").fetchone()[0])


def wait_for(condition: Callable[[], bool], seconds: float = 120.0) -> None:
    """Return once it is true. Raises: TimeoutError."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.01)


def differences(have: Counter[MailItem], want: Counter[MailItem]) -> tuple[list[MailItem], list[MailItem]]:
    """Up to five lost and five surplus messages: an assert on thousands of messages prints them all."""
    return list((want - have).elements())[:5], list((have - want).elements())[:5]
