"""An IMAP client that says exactly the bytes that a test wants said, which imaplib does not."""

from __future__ import annotations

import socket
from typing import Self


class RawClient:
    """Connects and logs in; closes as a context manager. Raises: TimeoutError after 20 silent seconds."""

    def __init__(self, port: int, user: str, password: str = "secret") -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self._file = self._socket.makefile("rb")
        self._file.readline()
        self.say(f"L LOGIN {user} {password}\r\n".encode())
        self.until(b"L OK")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._file.close()
        self._socket.close()

    def say(self, data: bytes) -> None:
        """Send these bytes."""
        self._socket.sendall(data)

    def until(self, beginning: bytes) -> bytes:
        """Read up to the first line that begins so. Returns: that line, or nothing when the connection ended before."""
        line = b" "
        while line and not line.startswith(beginning):
            line = self._file.readline()
        return line

    def rest(self) -> bytes:
        """Everything until the other side ends the connection."""
        try:
            return self._file.read()
        except ConnectionResetError:
            return b""
