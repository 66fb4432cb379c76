"""An IMAP server that nobody gets past: what it says before and at the login is the test's.

`tests.servers.scripted` is for what comes after the login.
"""

from __future__ import annotations

from collections.abc import Mapping

from tests.servers.loopback_server import LoopbackServer, Peer

CAPABILITIES = b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] ready\r\n"
"""A greeting to begin with."""


class Doorman(LoopbackServer):
    """Greets every connection, then answers each line by its command's name. Use it as a context manager.

    In an answer, `TAG` stands for the command's tag and `LINE` for the whole line. A command without an answer is
    answered OK; a line of one word, such as a SASL response, is answered by the one for `+`. An empty greeting is
    silence, and after BYE the connection ends.
    """

    def __init__(self, greeting: bytes = CAPABILITIES, answers: Mapping[str, bytes] | None = None) -> None:
        super().__init__()
        self.greeting = greeting
        self.answers = {"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\nTAG OK done\r\n", **(answers or {})}
        self.lines: list[bytes] = []
        """Everything that was heard, without line ends."""

    def converse(self, peer: Peer) -> None:
        peer.write(self.greeting)
        while not self.greeting.startswith(b"* BYE") and (heard := peer.readline()):
            line = heard.rstrip(b"\r\n")
            self.lines.append(line)
            tag, _, rest = line.partition(b" ")
            name = rest.split(b" ")[0].decode("ascii", "replace").upper() or "+"
            answer = self.answers.get(name, b"TAG OK done\r\n")
            peer.write(answer.replace(b"TAG", tag).replace(b"LINE", line))
