"""What all servers of the matrix have in common."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tests.servers.certificates import Certificate
from tests.servers.ports import free_port

PASSWORD = "secret"
"""Of every mailbox."""


@dataclass(frozen=True)
class Ports:
    """Where a server listens on loopback."""

    imap: int
    """Plain, and with STARTTLS where the server has TLS."""
    imaps: int
    pop3: int

    @classmethod
    def free(cls) -> Ports:
        """Ports that nobody listens on."""
        return cls(free_port(), free_port(), free_port())


class Server(Protocol):
    """One server with its mailboxes, which are there from the start on."""

    name: str
    """In the table."""
    ports: Ports

    def start(self) -> None:
        """Return when it can be used. Raises: RuntimeError with its log."""

    def stop(self) -> None:
        """End all its processes, by their ids. Its mail goes with the folder it was given."""

    def maildir(self, user: str) -> Path | None:
        """The user's INBOX on disk, to put mail into that no client could; None: it is not a Maildir."""


@dataclass(frozen=True)
class Ground:
    """What a server is made with."""

    folder: Path
    """Its own, and empty."""
    packages: Sequence[Path]
    users: Sequence[str]
    certificate: Certificate

    def files(self) -> tuple[Path, Path]:
        """Chain and key in the server's folder, which the server may make its own."""
        chain, key = self.folder / "server.pem", self.folder / "server.key"
        shutil.copy(self.certificate.chain, chain)
        shutil.copy(self.certificate.key, key)
        return chain, key
