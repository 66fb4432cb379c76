"""Commands on the messages of the selected folder (RFC 3501 section 6.4; RFC 4315, RFC 4731, RFC 7162)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.servers.imap.session import ImapConversation, Replies
from tests.servers.imap.syntax import (
    ImapCommand,
    NumberSet,
    Refusal,
    Token,
    argument,
    format_set,
    literal,
    text_of,
    words_of,
)
from tests.servers.mailbox import StoredMessage

Numbered = tuple[int, StoredMessage]
"""A message with its sequence number."""

_BODY = re.compile(r"(BODY(?:\.PEEK)?)\[([^\]]*)\](?:<(\d+)\.(\d+)>)?", re.IGNORECASE)
_FIELDS = re.compile(r"HEADER\.FIELDS \(([^)]*)\)", re.IGNORECASE)


class Messages(ImapConversation):
    """FETCH, SEARCH, STORE, COPY, EXPUNGE, by number and by UID."""

    def do_fetch(self, command: ImapCommand) -> Replies:
        return self._fetch(command, by_uid=False)

    def do_uid_fetch(self, command: ImapCommand) -> Replies:
        return self._fetch(command, by_uid=True)

    def _fetch(self, command: ImapCommand, *, by_uid: bool) -> Replies:
        arguments = command.arguments()
        items = words_of(argument(arguments, 1))
        modifiers = words_of(argument(arguments, 2) or [])
        since = 0
        if "CHANGEDSINCE" in modifiers:
            if not self.has("CONDSTORE"):
                raise Refusal("BAD CONDSTORE was not offered")
            since, items = int(modifiers[modifiers.index("CHANGEDSINCE") + 1]), [*items, "MODSEQ"]
        if by_uid and "UID" not in items:
            items = ["UID", *items]
        there = set(self.selected().messages)
        for number, message in self.picked(text_of(argument(arguments, 0)), by_uid=by_uid):
            # What another session has expunged is not told of, and the command is OK all the same.
            if message.modseq > since and message in there:
                yield self.fetch_reply(number, message, items)
        yield self.ok(command)

    def fetch_reply(self, number: int, message: StoredMessage, items: list[str]) -> bytes:
        """One message, in the items' order."""
        told: dict[str, bytes] = {}
        for item in items:
            name, value = self.fetch_item(message, item)
            told[name] = value
        for fault in self.faults:
            fault.fetched(message, told)
        return b"* %d FETCH (%b)\r\n" % (number, b" ".join(name.encode() + b" " + told[name] for name in told))

    def fetch_item(self, message: StoredMessage, item: str) -> tuple[str, bytes]:
        """The name and the value that answer an item. Raises: Refusal."""
        match item.upper():
            case "UID" as name:
                return name, b"%d" % message.uid
            case "FLAGS" as name:
                return name, f"({' '.join(sorted(message.flags))})".encode("latin-1")
            case "INTERNALDATE" as name:
                return name, f'"{message.date}"'.encode("latin-1")
            case "RFC822.SIZE" as name:
                return name, b"%d" % len(message.octets)
            case "MODSEQ" as name:
                return name, b"(%d)" % message.modseq
            case "RFC822" as name:
                return name, literal(message.octets)
        found = _BODY.fullmatch(item)
        if found is None:
            raise Refusal(f"BAD unknown item {item}")
        peek, section, start, size = found.groups()
        if peek.upper() == "BODY" and not self.read_only:
            message.flags |= {"\\Seen"}
        octets = _section(message.octets, section)
        if start is None:
            return f"BODY[{section}]", literal(octets)
        return f"BODY[{section}]<{start}>", literal(octets[int(start) : int(start) + int(size)])

    def picked(self, text: str, *, by_uid: bool) -> Iterator[Numbered]:
        """The messages that a set names, of those that the client knows. Raises: Refusal."""
        self.selected()
        largest = len(self.numbers) if not by_uid else max((each.uid for each in self.numbers), default=0)
        wanted = NumberSet(text, largest)
        for number, message in enumerate(list(self.numbers), 1):
            if (message.uid if by_uid else number) in wanted:
                yield number, message

    # Searching

    def do_search(self, command: ImapCommand) -> Replies:
        return self._search(command, by_uid=False)

    def do_uid_search(self, command: ImapCommand) -> Replies:
        return self._search(command, by_uid=True)

    def _search(self, command: ImapCommand, *, by_uid: bool) -> Replies:
        self.selected()
        arguments = command.arguments()
        options: list[str] | None = None
        if text_of(argument(arguments, 0)).upper() == "RETURN":
            if not self.has("ESEARCH"):
                raise Refusal("BAD ESEARCH was not offered")
            options = [each.upper() for each in words_of(argument(arguments, 1))] or ["ALL"]
            arguments = arguments[2:]
        found = list(enumerate(self.numbers, 1))
        keys = iter(arguments)
        for key in keys:
            found = list(self._matching(found, text_of(key).upper(), keys))
        numbers = [message.uid if by_uid else number for number, message in found]
        if options is None:
            yield " ".join(["* SEARCH", *map(str, numbers)]).encode() + b"\r\n"
        else:
            yield _esearch(command, options, numbers, by_uid=by_uid)
        yield self.ok(command)

    def _matching(self, found: list[Numbered], key: str, more: Iterator[Token]) -> Iterator[Numbered]:
        """Those that a key leaves. Raises: Refusal."""
        if key == "ALL":
            yield from found
        elif key == "UID":
            wanted = NumberSet(text_of(next(more, None)), max((each.uid for each in self.numbers), default=0))
            yield from (each for each in found if each[1].uid in wanted)
        elif key == "HEADER":
            name, value = (text_of(next(more, None)).encode("latin-1").lower() for _ in range(2))
            field = re.compile(rb"^%b:[^\r]*%b" % (re.escape(name), re.escape(value)), re.MULTILINE)
            yield from (each for each in found if field.search(_section(each[1].octets, "HEADER").lower()))
        elif key in ("DELETED", "UNDELETED", "SEEN", "UNSEEN"):
            flag = "\\" + key.removeprefix("UN").capitalize()
            yield from (each for each in found if (flag in each[1].flags) is not key.startswith("UN"))
        else:
            wanted = NumberSet(key, len(self.numbers))
            yield from (each for each in found if each[0] in wanted)

    # Changing

    def do_store(self, command: ImapCommand) -> Replies:
        return self._store(command, by_uid=False)

    def do_uid_store(self, command: ImapCommand) -> Replies:
        return self._store(command, by_uid=True)

    def _store(self, command: ImapCommand, *, by_uid: bool) -> Replies:
        arguments = command.arguments()
        if self.read_only:
            raise Refusal("NO [READ-ONLY] opened with EXAMINE")
        how = text_of(argument(arguments, 1)).upper()
        flags = {flag for each in arguments[2:] for flag in words_of(each)}
        folder = self.selected()
        for number, message in self.picked(text_of(argument(arguments, 0)), by_uid=by_uid):
            kept = message.flags if how[0] in "+-" else frozenset()
            folder.change_flags(message, kept - flags if how[0] == "-" else kept | flags)
            if not how.endswith(".SILENT"):
                yield self.fetch_reply(number, message, ["UID", "FLAGS"] if by_uid else ["FLAGS"])
        yield self.ok(command)

    def do_expunge(self, command: ImapCommand) -> Replies:
        folder = self.selected()
        if self.read_only:
            raise Refusal("NO [READ-ONLY] opened with EXAMINE")
        folder.remove(*(message.uid for message in folder.messages if "\\Deleted" in message.flags))
        yield self.ok(command)

    def do_copy(self, command: ImapCommand) -> Replies:
        return self._copy(command, by_uid=False)

    def do_uid_copy(self, command: ImapCommand) -> Replies:
        return self._copy(command, by_uid=True)

    def _copy(self, command: ImapCommand, *, by_uid: bool) -> Replies:
        arguments = command.arguments()
        target = self.find(text_of(argument(arguments, 1)))
        source, copies = list[int](), list[int]()
        for _, message in self.picked(text_of(argument(arguments, 0)), by_uid=by_uid):
            source.append(message.uid)
            copies.append(target.add(message.octets, message.flags, message.date).uid)
        code = f"[COPYUID {target.uidvalidity} {format_set(source)} {format_set(copies)}] "
        yield self.ok(command, (code if copies and self.has("UIDPLUS") else "") + "copied")


def _section(octets: bytes, section: str) -> bytes:
    """A part of a message (RFC 3501 section 6.4.5). Raises: Refusal."""
    header, empty_line, body = octets.partition(b"\r\n\r\n")
    header += empty_line
    if not section:
        return octets
    if section.upper() == "HEADER":
        return header
    if section.upper() == "TEXT":
        return body
    if fields := _FIELDS.fullmatch(section):
        names = {name.lower().encode() for name in fields[1].split()}
        lines = re.findall(rb"[^\r\n]+\r?\n(?:[ \t][^\r\n]*\r?\n)*", header)
        return b"".join(line for line in lines if line.split(b":")[0].lower() in names) + b"\r\n"
    raise Refusal(f"BAD unknown section {section}")


def _esearch(command: ImapCommand, options: list[str], numbers: list[int], *, by_uid: bool) -> bytes:
    """RFC 4731."""
    told = [f'* ESEARCH (TAG "{command.tag.decode()}")', *(["UID"] if by_uid else [])]
    for option in options:
        if option == "COUNT":
            told.append(f"COUNT {len(numbers)}")
        elif option in ("MIN", "MAX") and numbers:
            told.append(f"{option} {min(numbers) if option == 'MIN' else max(numbers)}")
        elif option == "ALL" and numbers:
            told.append(f"ALL {format_set(numbers)}")
    return " ".join(told).encode() + b"\r\n"
