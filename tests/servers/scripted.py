"""An IMAP server that says exactly what a test wants said, and has no mail: each command is answered by a rule.

`tests.servers.imap` is for what needs a mailbox behind it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from tests.servers.faults.fault import Fault
from tests.servers.imap.server import ImapDouble, ImapSession
from tests.servers.imap.session import Replies
from tests.servers.loopback_server import Chunk, Cut
from tests.servers.session import Command, Proceed, Session


class Rule(Fault):
    """What is answered to a command. `TAG` in a chunk becomes the command's tag."""

    def __init__(self, command: str, *chunks: Chunk, times: int | None = None) -> None:
        self.command = re.compile(command.encode(), re.IGNORECASE)
        """Matches the whole line without its tag and without literals."""
        self.chunks = chunks
        self.left = times
        """How often the rule still answers; None: always."""

    def asked(self, session: Session, command: Command) -> Sequence[Chunk | Proceed] | None:
        if self.left == 0 or not self.command.fullmatch(command.text):
            return None
        self.left = self.left and self.left - 1
        return self.chunks


_ALWAYS = (
    Rule(r"(AUTHENTICATE|LOGIN|NOOP|UNSELECT).*", b"TAG OK done\r\n"),
    Rule(r"LOGOUT", b"* BYE see you\r\nTAG OK done\r\n", Cut()),
)


class _Script(ImapSession):
    """What no rule answers is not answered well."""

    def may_come(self, size: int) -> bool:
        return True

    def carry_out(self, command: Command) -> Replies:
        self.server.unexpected.append(command.text)
        yield command.tag + b" BAD not in the script\r\n"


class ScriptedServer(ImapDouble):
    """Answers each command by the first rule that matches it and has not been used up. Use it as a context manager.

    Logins are accepted by themselves. A command that no rule matches is answered BAD and noted in `unexpected`.
    """

    def __init__(
        self, rules: Sequence[Rule], capabilities: str = "IMAP4rev1 AUTH=PLAIN SASL-IR", *, greeting: bytes = b""
    ) -> None:
        told = f"* CAPABILITY {capabilities}\r\nTAG OK done\r\n".encode()
        known = [*rules, Rule("CAPABILITY", told), *_ALWAYS]
        super().__init__([], known, capabilities=capabilities, session=_Script, greeting=greeting)
