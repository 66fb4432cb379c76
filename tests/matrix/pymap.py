"""pymap, the one of these servers that comes from PyPI: the extra `demo` brings it, whose servers are pymap too.

Its mail is in memory: its Maildirs answer `[SERVERBUG] Unhandled server error` to all that follows an odd folder name.
`python -m tests.matrix.pymap PORT USER ...` is the server's own process.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Sequence

from proxyprotocol.reader import ProxyProtocolReader
from pymap.backend.dict import Login
from pymap.backend.dict.filter import FilterSet
from pymap.backend.dict.mailbox import MailboxSet
from pymap.imap import IMAPServer
from pymap.user import UserMetadata

from tests.matrix.jail import wait_for
from tests.matrix.server import PASSWORD, Ground, Ports
from tui_migrate.demo.servers import HOST, config


class Pymap:
    """One server with these users."""

    def __init__(self, name: str, ground: Ground) -> None:
        self.name = name
        self.ports = Ports.free()
        self._users = ground.users
        self._log = ground.folder / "log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start. Raises: RuntimeError."""
        command = [sys.executable, "-m", "tests.matrix.pymap", str(self.ports.imap), *self._users]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_for([self.ports.imap], self._process, self._log)

    def stop(self) -> None:
        """End it."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def maildir(self, user: str) -> None:
        """It has none."""


async def _serve(port: int, users: Sequence[str]) -> None:
    settings = config(port)
    login = Login(settings)
    for user in users:
        login.users_dict[user] = UserMetadata(settings, user, password=PASSWORD)
        settings.set_cache[user] = (MailboxSet(), FilterSet())
    connected = ProxyProtocolReader(settings.proxy_protocol).get_callback(IMAPServer(login, settings))
    server = await asyncio.start_server(connected, HOST, port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), sys.argv[2:]))
