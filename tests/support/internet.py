"""An internet of one test: names of hosts lead to servers on loopback, with certificates for those names."""

from __future__ import annotations

import socket
import ssl
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import pytest
import trustme

from tests.servers.loopback_server import LoopbackServer
from tests.servers.names import NameServer
from tests.servers.ports import HOST
from tui_migrate.mail.discovery.names import SERVER_VARIABLE


class Internet:
    """Whoever dials a name and a port comes to the server that stands there; other names are not known. The
    certificates are trusted as if the system knew their CA. Nothing leaves loopback."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.dns = NameServer()
        self.dialled: list[tuple[str, int]] = []
        self._there: dict[tuple[str, int], int] = {}
        self._ca = trustme.CA()
        self._running = ExitStack()
        trusted = folder / "internet.pem"
        self._ca.cert_pem.write_to_path(trusted)
        patch.setenv("SSL_CERT_FILE", str(trusted))
        patch.setenv(SERVER_VARIABLE, self.dns.where)
        dial = socket.create_connection

        def create_connection(address: tuple[str, int], *rest: Any, **named: Any) -> socket.socket:
            host, port = address
            if host == HOST:
                return dial(address, *rest, **named)
            self.dialled.append((host, port))
            if (host, port) in self._there:
                return dial((HOST, self._there[host, port]), *rest, **named)
            if any(host == known for known, _ in self._there):
                raise ConnectionRefusedError(111, "Connection refused")
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        patch.setattr(socket, "create_connection", create_connection)

    def __enter__(self) -> Self:
        self._running.enter_context(self.dns)
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    def context(self, *names: str) -> ssl.SSLContext:
        """For a server of these names."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._ca.issue_cert(*names).configure_cert(context)
        return context

    def put(self, host: str, port: int, server: LoopbackServer | int) -> None:
        """Let this server, or what listens on this port of loopback, be there."""
        if isinstance(server, LoopbackServer):
            self._running.enter_context(server)
            server = server.port
        self._there[host, port] = server
