"""A POP3 server with a mailbox that a test gives it, and with every oddity that a test wants it to have."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Mapping, Sequence
from typing import Self

from tests.servers.ports import HOST
from tests.servers.scripted import Chunk, Cut, Stall

USUAL = ("TOP", "UIDL", "USER", "SASL PLAIN", "RESP-CODES", "PIPELINING")


def stuffed(message: bytes) -> bytes:
    """A message as it is sent: dots doubled, a line end at its end, and the dot that ends it."""
    lines = (b"\r\n" + message).replace(b"\r\n.", b"\r\n..")[2:]
    if lines and not lines.endswith(b"\r\n"):
        lines += b"\r\n"
    return lines + b".\r\n"


class ScriptedPop:
    """Hands out `messages`. What is in `replies` is answered in the place of the usual, by command (`RETR 2`) or by its
    word (`UIDL`); of a list each once, and then the usual. Logins are accepted by themselves. Use it as a context
    manager; everything may be changed between sessions.
    """

    host = HOST

    def __init__(
        self,
        messages: Sequence[bytes],
        *,
        capabilities: Sequence[str] = USUAL,
        uidls: Sequence[str] | None = None,
        replies: Mapping[str, Chunk | list[Chunk]] | None = None,
        greeting: bytes = b"+OK ready\r\n",
    ) -> None:
        self.messages = list(messages)
        self.uidls = list(uidls) if uidls is not None else [f"u{number}" for number in range(1, len(messages) + 1)]
        self.capabilities = tuple(capabilities)
        self.replies: dict[str, Chunk | list[Chunk]] = dict(replies or {})
        self.commands: list[str] = []
        """Of all sessions, without what logs in."""
        self.ahead: list[str] = []
        """Commands that came while the answer to another one was open."""
        self.most_open = 0
        """Sessions that were open at once."""
        self._open = 0
        self._greeting = greeting
        self._listener = socket.create_server((HOST, 0))
        self.port: int = self._listener.getsockname()[1]
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, name=f"pop-{self.port}")]
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

    def said(self, word: str) -> list[str]:
        """The commands that begin with this word."""
        return [command for command in self.commands if command.split()[0] == word]

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._sockets.append(client)
            thread = threading.Thread(target=self._serve, args=(client,), name=f"pop-{self.port}-client")
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        self._open += 1
        self.most_open = max(self.most_open, self._open)
        try:
            with contextlib.suppress(OSError), client:
                client.sendall(self._greeting)
                self._converse(client)
        finally:
            self._open -= 1

    def _converse(self, client: socket.socket) -> None:
        buffer = b""
        token_next = False
        while data := client.recv(1 << 16):
            buffer += data
            while b"\n" in buffer:
                raw, buffer = buffer.split(b"\n", 1)
                command = raw.decode("latin-1").rstrip("\r")
                if token_next:
                    token_next = False
                    self._send(client, self._scripted("AUTH") or b"+OK in\r\n")
                    continue
                word = command.split(" ")[0].upper()
                self.commands.append(word if word in ("USER", "PASS", "AUTH") else command)
                if buffer:
                    self.ahead.append(buffer.split(b"\r\n")[0].decode("latin-1"))
                token_next = word == "AUTH"
                self._send(client, b"+ \r\n" if token_next else self._answer(command, word))
                if word == "QUIT":
                    client.shutdown(socket.SHUT_RDWR)
                    return

    def _send(self, client: socket.socket, chunk: Chunk) -> None:
        if isinstance(chunk, Cut):
            client.shutdown(socket.SHUT_RDWR)
            raise ConnectionResetError
        if isinstance(chunk, Stall):
            while not (chunk.until.wait(0.05) or self._stopping.is_set()):
                pass
            return
        before, cut, _ = chunk.partition(b"<cut>")
        client.sendall(before)
        if cut:
            client.shutdown(socket.SHUT_RDWR)
            raise ConnectionResetError

    def _answer(self, command: str, word: str) -> Chunk:
        if (scripted := self._scripted(command) or self._scripted(word)) is not None:
            return scripted
        number = int(command.split(" ")[1]) if word in ("RETR", "TOP") else 0
        match word:
            case "CAPA":
                lines = "".join(f"{each}\r\n" for each in self.capabilities)
                return f"+OK\r\n{lines}.\r\n".encode() if lines else b"-ERR what?\r\n"
            case "STAT":
                return b"+OK %d %d\r\n" % (len(self.messages), sum(map(len, self.messages)))
            case "LIST":
                return self._lines([str(len(message)) for message in self.messages])
            case "UIDL":
                return self._lines(self.uidls) if self.uidls else b"-ERR not here\r\n"
            case "RETR":
                return b"+OK\r\n" + stuffed(self.messages[number - 1])
            case "TOP":
                if "TOP" not in self.capabilities:
                    return b"-ERR not here\r\n"
                return b"+OK\r\n" + stuffed(self.messages[number - 1].partition(b"\r\n\r\n")[0] + b"\r\n\r\n")
            case _:
                return b"+OK\r\n"

    def _scripted(self, key: str) -> Chunk | None:
        found = self.replies.get(key)
        if isinstance(found, list):
            return found.pop(0) if found else None
        return found

    @staticmethod
    def _lines(texts: Sequence[str]) -> bytes:
        numbered = "".join(f"{number} {text}\r\n" for number, text in enumerate(texts, 1))
        return f"+OK\r\n{numbered}.\r\n".encode()
