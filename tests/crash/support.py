"""The program as a child process that is killed, and a middleman that says when."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.engine import support
from tests.servers.loopback_proxy import Link, Proxy
from tests.servers.maildir import MailItem
from tui_migrate.timing import USUAL

KILLED = -signal.SIGKILL
PROGRAM = "tests.crash.quick"
"""What is run as a process."""
SETTLE = "SETTLE"
"""The variable that tells it how long the destination must have been quiet (see `Timing`)."""


def run_cli(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """`tui-migrate ARGUMENTS` as a child process. Raises: TimeoutExpired when it hangs."""
    return support.run_cli(*arguments, program=PROGRAM)


class Child:
    """`tui-migrate ARGUMENTS` as a process of its own; what is left of it at the end of the context is killed.

    `settle`: how long the destination must have been quiet (see `Timing`)."""

    def __init__(self, *arguments: str | Path, settle: float = USUAL.settle) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", PROGRAM, *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1", SETTLE: str(settle)},
        )
        self.out = self.err = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.returncode is None:
            self.kill()
            self.wait()

    def kill(self) -> None:
        """`kill -9`, from any thread."""
        self.process.kill()

    def wait(self, timeout: float = 300.0) -> int:
        """The exit code, `KILLED` after a kill; `out` and `err` are set. Raises: TimeoutExpired when it hangs."""
        self.out, self.err = self.process.communicate(timeout=timeout)
        return self.process.returncode


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


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Everything, until the sending side ends."""
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()
    if not writer.is_closing():
        writer.write_eof()


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
