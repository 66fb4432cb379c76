"""Counting a POP mailbox: STAT, LIST and UIDL against each other, and against the messages that have a name."""

from __future__ import annotations

from collections.abc import Sequence, Set

from tui_migrate.errors import MailError
from tui_migrate.mail.census import ALL, Carries, Evidence, Headcount, MessageRow, Sighted, evidence
from tui_migrate.mail.field_dates import derive_date
from tui_migrate.mail.pop.maildrop import Maildrop
from tui_migrate.mail.pop.retrieval import headers, messages
from tui_migrate.mail.pop.session import PopSession


class PopCensus:
    """Asks through a session on which nothing else is under way. There is one folder, so its name is not looked at."""

    carries = Carries(flags=False, dates=False, last_line_end=False)

    def __init__(self, session: PopSession, maildrop: Maildrop) -> None:
        self._session = session
        self._maildrop = maildrop

    def unknown_folders(self, known: Set[bytes]) -> list[Sighted]:
        """None: POP has no folders."""
        return []

    def count(self, folders: Sequence[bytes]) -> dict[bytes, Headcount | MailError]:
        """Counts by STAT, and by the lines of LIST and UIDL."""
        stat = self._session.wire.run(b"STAT").text.split()
        numbers = {"STAT": int(stat[0])} if stat and stat[0].isdigit() else {}
        commands = [b"LIST", b"UIDL"]
        listed = self._session.wire.run_all(commands, ahead=self._session.ahead)
        numbers |= {
            command.decode(): sum(line[:1].isdigit() for line in lines)
            for command, (reply, lines) in zip(commands, listed, strict=True)
            if reply.ok
        }
        return dict.fromkeys(folders, Headcount(numbers))

    def rows(self, folder: bytes, spans: Sequence[range] = ALL) -> list[MessageRow]:
        """Lists by ordinal. Headers are read for it: nothing else tells when messages arrived."""
        numbers = self._maildrop.numbers
        listed = {numbers[each.uid]: each for each in self._maildrop.listed if any(each.uid in span for span in spans)}
        instants: dict[int, int] = {}
        for number, header in headers(self._session, sorted(listed)):
            if date := derive_date(header):
                instants[number] = date[1]
        rows = [MessageRow(each.uid, each.size or None, instants.get(number), None) for number, each in listed.items()]
        return sorted(rows, key=lambda row: row.uid)

    def evidence(self, folder: bytes, uids: Sequence[int], rebuilt: bool = False) -> dict[int, Evidence]:
        """Reads by RETR, by ordinal."""
        ordinals = {self._maildrop.numbers[uid]: uid for uid in uids if uid in self._maildrop.numbers}
        found = {}
        for number, content in messages(self._session, list(ordinals)):
            found[ordinals[number]] = evidence(content, rebuilt)
            content.close()
        return found
