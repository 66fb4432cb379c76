"""An IMAP server that says exactly what a test wants said: it can refuse, stall, cut and lie."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from tests.servers.imap_lexer import Lexer, Line
from tests.servers.ports import HOST


class Cut:
    """In the place of a chunk: end the connection."""


@dataclass(frozen=True)
class Stall:
    """In the place of a chunk: say nothing until `until` is set, or the server stops."""

    until: threading.Event


Chunk = bytes | Cut | Stall


class Rule:
    """What is answered to a command. `TAG` in a chunk becomes the command's tag."""

    def __init__(self, command: str, *chunks: Chunk, times: int | None = None) -> None:
        self.command = re.compile(command.encode(), re.IGNORECASE)
        """Matches the whole line without its tag and without literals."""
        self.chunks = chunks
        self.left = times
        """How often the rule still answers; None: always."""


_ALWAYS = (
    Rule(r"(AUTHENTICATE|LOGIN|NOOP|UNSELECT).*", b"TAG OK done\r\n"),
    Rule(r"LOGOUT", b"* BYE see you\r\nTAG OK done\r\n", Cut()),
)


class ScriptedServer:
    """Answers each command by the first rule that matches it and has not been used up. Use it as a context manager.

    Logins are accepted by themselves. A command that no rule matches is answered BAD and noted in `unexpected`.
    """

    host = HOST

    def __init__(
        self, rules: Sequence[Rule], capabilities: str = "IMAP4rev1 AUTH=PLAIN SASL-IR", *, greeting: bytes = b""
    ) -> None:
        self.commands: list[bytes] = []
        """Every command of every connection without tag, literals and line ends; of logins the name alone."""
        self.unexpected: list[bytes] = []
        told = f"* CAPABILITY {capabilities}\r\nTAG OK done\r\n".encode()
        self._rules = [*rules, Rule("CAPABILITY", told), *_ALWAYS]
        self._greeting = greeting or f"* OK [CAPABILITY {capabilities}] ready\r\n".encode()
        self._listener = socket.create_server((HOST, 0))
        self.port: int = self._listener.getsockname()[1]
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, name=f"scripted-{self.port}")]
        self._stopping = threading.Event()

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        self._listener.close()
        for each in self._sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads[1:]:
            thread.join()

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._sockets.append(client)
            thread = threading.Thread(target=self._serve, args=(client,), name=f"scripted-{self.port}-client")
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        """One connection until either side ends it."""
        with contextlib.suppress(OSError), client:
            client.sendall(self._greeting)
            lexer = Lexer()
            command = b""
            while data := client.recv(1 << 16):
                for token in lexer.feed(data):
                    if not isinstance(token, Line):
                        continue
                    command += token.data.rstrip(b"\r\n")
                    if token.synchronising:
                        client.sendall(b"+ go\r\n")
                    if token.literal is None:
                        self._answer(client, *command.partition(b" ")[::2])
                        command = b""

    def _answer(self, client: socket.socket, tag: bytes, command: bytes) -> None:
        secret = command.upper().startswith((b"AUTHENTICATE", b"LOGIN"))
        self.commands.append(command.split(b" ")[0] if secret else command)
        for chunk in self._chunks(command):
            if isinstance(chunk, Cut):
                client.shutdown(socket.SHUT_RDWR)
                raise ConnectionResetError
            if isinstance(chunk, Stall):
                while not (chunk.until.wait(0.05) or self._stopping.is_set()):
                    pass
            else:
                client.sendall(chunk.replace(b"TAG", tag))

    def _chunks(self, command: bytes) -> Sequence[Chunk]:
        for rule in self._rules:
            if rule.left != 0 and rule.command.fullmatch(command):
                rule.left = rule.left and rule.left - 1
                return rule.chunks
        self.unexpected.append(command)
        return (b"TAG BAD not in the script\r\n",)
