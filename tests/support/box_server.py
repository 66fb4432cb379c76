"""An IMAP server with folders that a test gives it, whose answers a test may bend one by one: it can be made to lie."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.servers.scripted import Chunk, Rule, ScriptedServer
from tui_migrate.uidset import parse_uids

OK = b"TAG OK done\r\n"
BASE = "IMAP4rev1 AUTH=PLAIN SASL-IR"


@dataclass(frozen=True)
class Item:
    """A message as it lies there."""

    uid: int
    octets: bytes
    flags: str = "\\Seen"
    date: str = "13-Sep-2020 12:26:40 +0000"

    @property
    def header(self) -> bytes:
        return self.octets.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"


class BoxServer(ScriptedServer):
    """Reads alone: nothing can be stored. `rules` come before what it would say by itself. One connection at a time."""

    def __init__(
        self, folders: Mapping[str, Sequence[Item]], *rules: Rule, capabilities: str = BASE, permanent: str = "\\*"
    ) -> None:
        super().__init__(rules, capabilities)
        self.folders = {name: list(items) for name, items in folders.items()}
        self._permanent = permanent
        self._selected: list[Item] = []

    def row(self, number: int, item: Item) -> Sequence[bytes]:
        """What is said of a message when it is listed; to be overridden."""
        size = len(item.octets)
        text = f'UID {item.uid} FLAGS ({item.flags}) INTERNALDATE "{item.date}" RFC822.SIZE {size}'
        return [f"* {number} FETCH ({text})\r\n".encode()]

    def searched(self) -> Sequence[int]:
        """What SEARCH finds in the folder that is open."""
        return [item.uid for item in self._selected]

    def _chunks(self, command: bytes) -> Sequence[Chunk]:
        for rule in self._rules:
            if rule.left != 0 and rule.command.fullmatch(command):
                self._open(command)
                rule.left = rule.left and rule.left - 1
                return rule.chunks
        answer = self._answered(command)
        if answer is None:
            return super()._chunks(command)
        return (answer + OK,)

    def _open(self, command: bytes) -> None:
        found = re.fullmatch(rb'(?:SELECT|EXAMINE) "(.*)"', command, re.I)
        if found and found[1].decode() in self.folders:
            self._selected = self.folders[found[1].decode()]

    def _answered(self, command: bytes) -> bytes | None:
        word, _, rest = command.decode().partition(" ")
        match word.upper():
            case "LIST" | "LSUB":
                names = [name for name in self.folders if '"%"' not in rest or "/" not in name]
                return b"".join(f'* {word} (\\HasNoChildren) "/" "{name}"\r\n'.encode() for name in names)
            case "STATUS":
                name = rest.split('"')[1]
                numbers = f"MESSAGES {len(self.folders[name])} UIDNEXT 900 UIDVALIDITY 7"
                return f'* STATUS "{name}" ({numbers})\r\n'.encode() if name in self.folders else None
            case "SELECT" | "EXAMINE":
                if rest.strip('"') not in self.folders:
                    return None
                self._open(command)
                told = f"* {len(self._selected)} EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n"
                return f"{told}* OK [PERMANENTFLAGS (\\Seen {self._permanent})] ok\r\n".encode()
            case "UID" if rest.upper().startswith("SEARCH"):
                return f"* SEARCH {' '.join(map(str, self.searched()))}\r\n".encode()
            case "UID":
                return b"".join(self._fetched(*rest.split(" ", 2)[1:]))
        return None

    def _fetched(self, uids: str, items: str) -> list[bytes]:
        wanted = parse_uids(uids.replace("*", "100000"))
        rows = [(number, item) for number, item in enumerate(self._selected, 1) if item.uid in wanted]
        if "BODY" not in items:
            return [line for number, item in rows for line in self.row(number, item)]
        what = "BODY[HEADER]" if "HEADER" in items else "BODY[]"
        texts = [(number, item, item.header if "HEADER" in items else item.octets) for number, item in rows]
        return [
            b"* %d FETCH (UID %d %s {%d}\r\n%s)\r\n" % (number, item.uid, what.encode(), len(text), text)
            for number, item, text in texts
        ]
