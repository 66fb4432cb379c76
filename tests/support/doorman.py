"""An IMAP server that nobody gets past: what it says before and at the login is the test's.

`tests.servers.scripted` is for what comes after the login.
"""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Self

CAPABILITIES = b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] ready\r\n"
"""A greeting to begin with."""


class Doorman:
    """Greets every connection, then answers each line by its command's name. Use it as a context manager.

    In an answer, `TAG` stands for the command's tag and `LINE` for the whole line. A command without an answer is
    answered OK; a line of one word, such as a SASL response, is answered by the one for `+`. An empty greeting is
    silence, and after BYE the connection ends.
    """

    def __init__(self, greeting: bytes = CAPABILITIES, answers: Mapping[str, bytes] | None = None) -> None:
        self.greeting = greeting
        self.answers = {"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\nTAG OK done\r\n", **(answers or {})}
        self.lines: list[bytes] = []
        """Everything that was heard, without line ends."""
        self.met = threading.Event()
        """Set when the first client has come."""
        self._server = _Server(("127.0.0.1", 0), _Connection)
        self._server.script = self
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    script: Doorman
    allow_reuse_address = True
    daemon_threads = True


class _Connection(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        script = self.server.script
        script.met.set()
        try:
            self.wfile.write(script.greeting)
            while not script.greeting.startswith(b"* BYE") and (heard := self.rfile.readline()):
                line = heard.rstrip(b"\r\n")
                script.lines.append(line)
                tag, _, rest = line.partition(b" ")
                name = rest.split(b" ")[0].decode("ascii", "replace").upper() or "+"
                answer = script.answers.get(name, b"TAG OK done\r\n")
                self.wfile.write(answer.replace(b"TAG", tag).replace(b"LINE", line))
        except ConnectionError:
            return  # the client has heard enough
