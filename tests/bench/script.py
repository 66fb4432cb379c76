"""The least that moving a mailbox can cost in this language: everything pipelined, nothing journaled, checked or shown.

    python -m tests.bench.script HOST SOURCE_USER SOURCE_PORT DESTINATION_USER DESTINATION_PORT PASSWORD_FILE [CA_FILE]

One connection to either side. It fits two Dovecots with LITERAL+ and MULTIAPPEND and mail that nobody changes
meanwhile, and gives up at the first answer that it does not expect.
"""

from __future__ import annotations

import queue
import re
import socket
import ssl
import sys
import threading
from pathlib import Path

GROUP_MESSAGES, GROUP_OCTETS = 200, 2 << 20
_BUFFER = 1 << 20
_MESSAGE = re.compile(rb'\* \d+ FETCH \(UID \d+ FLAGS \(([^)]*)\) INTERNALDATE ("[^"]+") BODY\[\] \{(\d+)\}\r\n')
_FOLDER = re.compile(rb'\* LIST \([^)]*\) (?:NIL|"[^"]*") (.+)\r\n')


class Connection:
    """A socket with a user logged in."""

    def __init__(self, host: str, port: int, user: str, password: str, ca_file: str | None) -> None:
        self.socket = socket.create_connection((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if ca_file:
            self.socket = ssl.create_default_context(cafile=ca_file).wrap_socket(self.socket, server_hostname=host)
        self.lines = self.socket.makefile("rb", _BUFFER)
        self.lines.readline()
        self.send(b'login LOGIN "%s" "%s"\r\n' % (user.encode(), password.encode()))
        self.until(b"login")

    def send(self, data: bytes) -> None:
        """All of it."""
        self.socket.sendall(data)

    def until(self, tag: bytes) -> list[bytes]:
        """The lines before this command's OK."""
        found = []
        while not (line := self.lines.readline()).startswith(tag + b" "):
            if not line:
                sys.exit("the connection ended")
            found.append(line)
        if not line.startswith(tag + b" OK"):
            sys.exit(line.decode(errors="replace"))
        return found


def main() -> None:
    """Move the mailbox of the arguments."""
    host, source_user, source_port, destination_user, destination_port, password_file, *ca_file = sys.argv[1:]
    login = (Path(password_file).read_text().strip(), ca_file[0] if ca_file else None)
    source = Connection(host, int(source_port), source_user, *login)
    destination = Connection(host, int(destination_port), destination_user, *login)
    source.send(b'list LIST "" "*"\r\n')
    names = [match[1] for line in source.until(b"list") if (match := _FOLDER.match(line))]
    source.send(
        b"".join(b"e EXAMINE %s\r\nf UID FETCH 1:* (FLAGS INTERNALDATE BODY.PEEK[])\r\n" % name for name in names)
    )
    destination.send(b"".join(b"c CREATE %s\r\n" % name for name in names if name != b"INBOX"))
    groups: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
    reader = threading.Thread(target=_read, args=(source, names, groups), daemon=True)
    reader.start()
    sent = 0
    while group := groups.get():
        destination.send(group)
        sent += 1
    for name in names:
        if name != b"INBOX":
            destination.until(b"c")
    for _ in range(sent):
        destination.until(b"a")


def _read(source: Connection, names: list[bytes], groups: queue.SimpleQueue[bytes | None]) -> None:
    for name in names:
        source.until(b"e")
        parts, messages, octets = [b"a APPEND ", name], 0, 0
        while match := _MESSAGE.match(line := source.lines.readline()):
            flags, date, size = match.groups()
            parts += (b" (", flags.replace(b"\\Recent", b"").strip(), b") ", date, b" {", size, b"+}\r\n")
            parts.append(source.lines.read(int(size)))
            source.lines.readline()
            messages, octets = messages + 1, octets + int(size)
            if messages == GROUP_MESSAGES or octets >= GROUP_OCTETS:
                groups.put(b"".join([*parts, b"\r\n"]))
                parts, messages, octets = [b"a APPEND ", name], 0, 0
        if not line.startswith(b"f OK"):
            sys.exit(line.decode(errors="replace"))
        if messages:
            groups.put(b"".join([*parts, b"\r\n"]))
    groups.put(None)


if __name__ == "__main__":
    main()
