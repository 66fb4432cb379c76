"""Middlemen between the program and a real server: far away, with fewer capabilities, or cutting at the worst instant.

As a program, `python -m tests.servers.proxies --target PORT --delay-ms N [--octets-a-second N]` runs a `DelayProxy`, so
that it does not share an interpreter with what is measured. It prints `listening on PORT` and ends with its standard
input. `delay_process` starts one and stops it.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.delay_proxy import DelayProxy
from tests.servers.imap_lexer import Line, Piece
from tests.servers.imap_session import ImapProxy, Session
from tests.servers.loopback_proxy import Link

__all__ = ["CapabilityProxy", "CutLiteral", "CutReply", "CuttingProxy", "DelayProxy", "delay_process"]

_CAPABILITIES = re.compile(rb"(\A\S+ (?:OK|PREAUTH) \[CAPABILITY |\A\* CAPABILITY )([^\]\r\n]*)", re.IGNORECASE)
_UID_CODE = re.compile(rb" \[(?:APPENDUID|COPYUID) [^\]]*\]", re.IGNORECASE)
_LITERAL_MINUS_LIMIT = 4096
"""Bytes of a non-synchronising literal that LITERAL- allows (RFC 7888 section 5)."""


class CapabilityProxy(ImapProxy):
    """A server with other capabilities than it has, which also behaves accordingly.

    Without UIDPLUS it gives no APPENDUID. Without LITERAL+ it allows no non-synchronising literal, with LITERAL- added
    one of up to 4096 bytes. Without MULTIAPPEND it takes one message an APPEND. A client that does more than is
    announced is answered BAD and cut off, and noted in `violations`.
    """

    def __init__(
        self, target_port: int, remove: Collection[str] = (), add: Collection[str] = (), *, port: int = 0
    ) -> None:
        super().__init__(target_port, port=port)
        self.removed = frozenset(name.upper() for name in remove)
        self.added = frozenset(name.upper() for name in add)
        self.violations: list[str] = []

    def session(self, link: Link) -> Session:
        return FewerCapabilities(link, self)

    @property
    def literal_limit(self) -> int | None:
        """Bytes that a non-synchronising literal may have; None: any number."""
        if not {"LITERAL+", "LITERAL-"} & self.removed:
            return None
        return _LITERAL_MINUS_LIMIT if "LITERAL-" in self.added else 0

    def rewrite(self, capabilities: bytes) -> bytes:
        """The list with what is removed left out and what is added at its end."""
        kept = [name for name in capabilities.split() if name.decode().upper() not in self.removed]
        return b" ".join([*kept, *(name.encode() for name in sorted(self.added))])


class FewerCapabilities(Session):
    """One connection to a server with other capabilities than it has."""

    def __init__(self, link: Link, proxy: CapabilityProxy) -> None:
        super().__init__(link, proxy.commands)
        self._proxy = proxy
        self._messages_allowed = 0

    def from_client(self, token: Line | Piece) -> None:
        if isinstance(token, Line) and (reason := self._violation(token)):
            self._proxy.violations.append(reason)
            self.link.client.write(self.tag + b" BAD " + reason.encode() + b"\r\n")
            self.link.close()
            return
        super().from_client(token)

    def from_server(self, token: Line | Piece, answered: bytes | None) -> None:
        data = token.data
        if isinstance(token, Line) and token.starts:
            data = _CAPABILITIES.sub(lambda found: found[1] + self._proxy.rewrite(found[2]), data)
            if answered is not None and "UIDPLUS" in self._proxy.removed:
                data = _UID_CODE.sub(b"", data)
        self.link.client.write(data)

    def _violation(self, line: Line) -> str:
        if line.literal is None:
            return ""
        limit = self._proxy.literal_limit
        if limit is not None and not line.synchronising and line.literal > limit:
            return f"a non-synchronising literal of {line.literal} bytes was not offered"
        if line.starts:
            # A mailbox name may be a literal too, and comes before the message.
            names = re.match(rb"\S+ APPEND \{", line.data, re.IGNORECASE) is not None
            self._messages_allowed = 2 if names else 1
        self._messages_allowed -= 1
        if self.command == b"APPEND" and self._messages_allowed < 0 and "MULTIAPPEND" in self._proxy.removed:
            return "a second message in one APPEND was not offered"
        return ""


@dataclass(frozen=True)
class CutReply:
    """Cut when the nth tagged reply to `command` comes: the server has done it, the client never hears of it."""

    command: bytes = b"APPEND"
    nth: int = 1


@dataclass(frozen=True)
class CutLiteral:
    """Cut when `after` bytes of the nth non-empty literal of the client's APPENDs have gone to the server."""

    after: int
    nth: int = 1


class CuttingProxy(ImapProxy):
    """Cuts one connection at the instant that `rule` names, once; later connections pass unhurt.

    `on_cut` is called before either side notices, in the proxy's thread. `cut` is set afterwards. Set `rule` again,
    with `cut` cleared, for another cut; counting goes over all connections and starts anew with each rule.
    """

    def __init__(
        self,
        target_port: int,
        rule: CutReply | CutLiteral | None,
        *,
        on_cut: Callable[[], None] | None = None,
        port: int = 0,
    ) -> None:
        super().__init__(target_port, port=port)
        self.on_cut = on_cut
        self.cut = threading.Event()
        self.rule = rule

    @property
    def rule(self) -> CutReply | CutLiteral | None:
        """What the next cut waits for; None: nothing is cut."""
        return self._rule

    @rule.setter
    def rule(self, rule: CutReply | CutLiteral | None) -> None:
        self._rule = rule
        self._left = rule.nth if rule else 0

    def session(self, link: Link) -> Session:
        return _Cuttable(link, self)

    def is_turn(self) -> bool:
        """Count one event of the rule's kind. Returns: True for the nth."""
        self._left -= 1
        return self._left == 0

    def fire(self, link: Link) -> None:
        """Cut this connection now, and no other."""
        self.rule = None
        if self.on_cut is not None:
            self.on_cut()
        link.cut()
        self.cut.set()


class _Cuttable(Session):
    def __init__(self, link: Link, proxy: CuttingProxy) -> None:
        super().__init__(link, proxy.commands)
        self._proxy = proxy
        self._until_cut: int | None = None

    def from_server(self, token: Line | Piece, answered: bytes | None) -> None:
        rule = self._proxy.rule
        if isinstance(rule, CutReply) and answered == rule.command and self._proxy.is_turn():
            self._proxy.fire(self.link)
        else:
            super().from_server(token, answered)

    def from_client(self, token: Line | Piece) -> None:
        rule = self._proxy.rule
        if not isinstance(rule, CutLiteral) or self.command != b"APPEND":
            super().from_client(token)
        elif isinstance(token, Line):
            super().from_client(token)
            if token.literal and self._proxy.is_turn():
                self._until_cut = rule.after
        elif self._until_cut is None:
            super().from_client(token)
        else:
            self.link.server.write(token.data[: self._until_cut])
            self._until_cut -= len(token.data)
            if self._until_cut <= 0 or token.last:
                self._proxy.fire(self.link)


@contextmanager
def delay_process(target_port: int, delay_seconds: float, octets_a_second: int = 0) -> Iterator[int]:
    """A `DelayProxy` in a process of its own while the context lasts. Yields: the port it listens on."""
    options = ["--target", str(target_port), "--delay-ms", str(delay_seconds * 1000)]
    options += ["--octets-a-second", str(octets_a_second)]
    with subprocess.Popen(
        [sys.executable, "-m", "tests.servers.proxies", *options],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline().split()[-1])
        # Leaving the context closes its standard input, which ends it.


def main() -> None:
    """Run a `DelayProxy` until standard input ends."""
    parser = argparse.ArgumentParser(description="Add a fixed delay to each direction of a loopback connection.")
    parser.add_argument("--listen", type=int, default=0, metavar="PORT", help="0 chooses a free port")
    parser.add_argument("--target", type=int, required=True, metavar="PORT")
    parser.add_argument("--delay-ms", type=float, required=True, help="in each direction: half of the round trip time")
    parser.add_argument("--octets-a-second", type=int, default=0, help="of all connections together; 0: no limit")
    options = parser.parse_args()
    line = {"octets_a_second": options.octets_a_second, "port": options.listen}
    with DelayProxy(options.target, options.delay_ms / 1000, **line) as proxy:
        print(f"listening on {proxy.port}", flush=True)
        sys.stdin.buffer.read()


if __name__ == "__main__":
    main()
