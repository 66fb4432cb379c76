"""Debian's own Dovecot, in five layouts."""

from __future__ import annotations

from pathlib import Path

from tests.matrix.server import PASSWORD, Ground, Ports
from tests.servers.dovecot import Dovecot as OneDovecot
from tests.servers.dovecot import DovecotOptions


class Dovecot:
    """One server with these users."""

    def __init__(
        self, name: str, ground: Ground, *, separator: str = "/", prefix: str = "", storage: str = "maildir"
    ) -> None:
        self.name = name
        self.ports = Ports(0, 0, 0)
        self._users = ground.users
        self._server = OneDovecot(
            DovecotOptions(
                certificate=ground.certificate,
                pop3=True,
                separator=separator,
                prefix=prefix,
                storage=storage,
                root=ground.folder,
            )
        )

    def start(self) -> None:
        """Start. Raises: RuntimeError."""
        self._server.start()
        self.ports = Ports(self._server.port, self._server.tls_port, self._server.pop3_port)
        for user in self._users:
            self._server.add_user(user, PASSWORD)

    def stop(self) -> None:
        """End it."""
        self._server.close()

    def maildir(self, user: str) -> Path | None:
        """The user's own, where it is one."""
        return self._server.maildir(user) if self._server.options.storage == "maildir" else None
