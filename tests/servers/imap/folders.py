"""Commands on folders (RFC 3501 section 6.3; RFC 2342, RFC 5258, RFC 5819, RFC 6154, RFC 8474, RFC 9208)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.servers.imap.session import ImapConversation, Replies
from tests.servers.imap.syntax import ImapCommand, Refusal, Token, argument, quoted, text_of, words_of
from tests.servers.mailbox import Folder
from tests.servers.maildir import INBOX


class Folders(ImapConversation):
    """NAMESPACE, LIST, LSUB, STATUS, SELECT and the like, CREATE, DELETE, SUBSCRIBE, GETQUOTAROOT."""

    def do_namespace(self, command: ImapCommand) -> Replies:
        if not self.has("NAMESPACE"):
            raise Refusal("BAD unknown command")
        yield f"* NAMESPACE {self.logged_in().namespaces}\r\n".encode("latin-1")
        yield self.ok(command)

    # Listing

    def do_list(self, command: ImapCommand) -> Replies:
        arguments = command.arguments()
        selects = words_of(arguments.pop(0)) if isinstance(argument(arguments, 0), list) else []
        returns = argument(arguments, 3)
        wanted = returns if isinstance(returns, list) else []
        if (selects or len(arguments) > 2) and not self.has("LIST-EXTENDED"):
            raise Refusal("BAD LIST is not extended here")
        if not words_of(argument(arguments, 1))[0]:
            yield b'* LIST (\\Noselect) %b ""\r\n' % self._delimiter()
        for folder in self.listed(text_of(argument(arguments, 0)), words_of(argument(arguments, 1))):
            subscribed = folder.name in self.logged_in().subscriptions
            if "SUBSCRIBED" in selects and not subscribed:
                continue
            told = subscribed and ("SUBSCRIBED" in selects or b"SUBSCRIBED" in wanted)
            yield self.list_line(folder, [*self.attributes(folder), *(["\\Subscribed"] if told else [])])
            if b"STATUS" in wanted and folder.can_be_opened:
                yield self.status_line(folder, wanted[wanted.index(b"STATUS") + 1])
        yield self.ok(command)

    def do_lsub(self, command: ImapCommand) -> Replies:
        mailbox = self.logged_in()
        patterns = words_of(argument(command.arguments(), 1))
        for name in sorted(mailbox.subscriptions):
            if _fits(name, patterns, mailbox.delimiter):
                yield self.list_line(mailbox.find(name) or Folder(mailbox, name, ["\\Noselect"]), [], "LSUB")
        yield self.ok(command)

    def listed(self, reference: str, patterns: list[str]) -> Iterator[Folder]:
        """The folders that LIST tells of."""
        mailbox = self.logged_in()
        for folder in list(mailbox.folders.values()):
            if _fits(folder.name, [reference + pattern for pattern in patterns], mailbox.delimiter):
                yield folder

    def attributes(self, folder: Folder) -> list[str]:
        """What LIST tells of a folder besides its name."""
        delimiter = folder.mailbox.delimiter
        children = any(name.startswith(folder.name + delimiter) for name in folder.mailbox.folders if delimiter)
        return ["\\HasChildren" if children else "\\HasNoChildren", *folder.attributes]

    def list_line(self, folder: Folder, attributes: list[str], word: str = "LIST") -> bytes:
        """One row."""
        told = " ".join(attributes).encode("latin-1")
        return b"* %b (%b) %b %b\r\n" % (word.encode(), told, self._delimiter(), quoted(folder.name))

    def _delimiter(self) -> bytes:
        return quoted(self.logged_in().delimiter) if self.logged_in().delimiter else b"NIL"

    # One folder

    def do_status(self, command: ImapCommand) -> Replies:
        arguments = command.arguments()
        name = text_of(argument(arguments, 0))
        yield self.status_line(self.find(name), argument(arguments, 1), name)
        yield self.ok(command)

    def status_line(self, folder: Folder, items: Token | None, name: str = "") -> bytes:
        """The numbers that were asked for, and that there are; under the name that the client said."""
        numbers = self.numbers_of(folder)
        told = [f"{item} {numbers[item]}" for each in words_of(items) if (item := each.upper()) in numbers]
        return b"* STATUS %b (%b)\r\n" % (quoted(name or folder.name), " ".join(told).encode())

    def numbers_of(self, folder: Folder) -> dict[str, int | str]:
        """What STATUS can tell."""
        messages = folder.messages
        return {
            "MESSAGES": len(messages),
            "RECENT": 0,
            "UNSEEN": sum("\\Seen" not in message.flags for message in messages),
            "UIDNEXT": folder.uidnext,
            "UIDVALIDITY": folder.uidvalidity,
            "SIZE": sum(len(message.octets) for message in messages),
            "HIGHESTMODSEQ": folder.highest_modseq,
            "MAILBOXID": f"({folder.mailbox_id})",
        }

    def do_select(self, command: ImapCommand) -> Replies:
        return self._open(command, read_only=False)

    def do_examine(self, command: ImapCommand) -> Replies:
        return self._open(command, read_only=True)

    def _open(self, command: ImapCommand, *, read_only: bool) -> Replies:
        self.folder = None
        folder = self.find(text_of(argument(command.arguments(), 0)))
        self.folder, self.read_only, self.numbers = folder, read_only, list(folder.messages)
        for line in self.select_lines(folder):
            yield line.encode("latin-1") + b"\r\n"
        yield self.ok(command, "[READ-ONLY] opened" if read_only else "[READ-WRITE] opened")

    def select_lines(self, folder: Folder) -> Iterator[str]:
        """What is told of a folder that is opened."""
        used = {flag for message in folder.messages for flag in message.flags}
        flags = sorted({each for each in folder.permanent_flags if each != "\\*"} | used)
        yield f"* FLAGS ({' '.join(flags)})"
        yield f"* {len(folder.messages)} EXISTS"
        yield "* 0 RECENT"
        permanent = "" if self.read_only else " ".join(folder.permanent_flags)
        yield f"* OK [PERMANENTFLAGS ({permanent})] these stay"
        yield f"* OK [UIDVALIDITY {folder.uidvalidity}] ok"
        yield f"* OK [UIDNEXT {folder.uidnext}] ok"
        if self.has("CONDSTORE"):
            yield f"* OK [HIGHESTMODSEQ {folder.highest_modseq}] ok"
        if self.has("OBJECTID"):
            yield f"* OK [MAILBOXID ({folder.mailbox_id})] ok"

    def do_unselect(self, command: ImapCommand) -> Replies:
        self.selected()
        self.folder = None
        yield self.ok(command)

    def do_close(self, command: ImapCommand) -> Replies:
        folder = self.selected()
        if not self.read_only:
            folder.remove(*(message.uid for message in folder.messages if "\\Deleted" in message.flags))
        self.folder = None
        yield self.ok(command)

    def do_create(self, command: ImapCommand) -> Replies:
        arguments = command.arguments()
        mailbox = self.logged_in()
        name = self.understood(text_of(argument(arguments, 0)))
        name = name.removesuffix(mailbox.delimiter) if mailbox.delimiter else name
        parameters = argument(arguments, 1)
        uses = words_of(parameters[1]) if isinstance(parameters, list) and parameters[:1] == [b"USE"] else []
        if mailbox.find(name) is not None:
            raise Refusal("NO [ALREADYEXISTS] it is there already")
        folder = self.create(name, uses)
        yield self.ok(command, f"[MAILBOXID ({folder.mailbox_id})] made" if self.has("OBJECTID") else "made")

    def create(self, name: str, attributes: list[str]) -> Folder:
        """A new folder with this name on the wire. Raises: Refusal for a name that the server does not take."""
        if not name:
            raise Refusal("NO [CANNOT] a name has letters")
        return self.logged_in().add_named(name, *attributes, subscribed=False)

    def do_delete(self, command: ImapCommand) -> Replies:
        folder = self.find(text_of(argument(command.arguments(), 0)))
        if folder.name == INBOX:
            raise Refusal("NO [CANNOT] INBOX stays")
        del folder.mailbox.folders[folder.name]
        yield self.ok(command)

    def do_subscribe(self, command: ImapCommand) -> Replies:
        self.logged_in().subscriptions.add(self.understood(text_of(argument(command.arguments(), 0))))
        yield self.ok(command)

    def do_unsubscribe(self, command: ImapCommand) -> Replies:
        self.logged_in().subscriptions.discard(self.understood(text_of(argument(command.arguments(), 0))))
        yield self.ok(command)

    def do_getquotaroot(self, command: ImapCommand) -> Replies:
        if not self.has("QUOTA"):
            raise Refusal("BAD unknown command")
        folder = self.find(text_of(argument(command.arguments(), 0)))
        yield b"* QUOTAROOT %b %b\r\n" % (quoted(folder.name), quoted("user"))
        if (quota := folder.mailbox.quota) is not None:
            yield b"* QUOTA %b (STORAGE %d %d)\r\n" % (quoted("user"), folder.mailbox.kibibytes(), quota)
        yield self.ok(command)


def _fits(name: str, patterns: list[str], delimiter: str) -> bool:
    """RFC 3501 section 6.3.8: `*` is anything, `%` anything within a level."""
    level = f"[^{re.escape(delimiter)}]*" if delimiter else ".*"
    for pattern in patterns:
        expression = re.escape(pattern).replace(r"\*", ".*").replace("%", level)
        if re.fullmatch(expression, name, re.DOTALL | (re.IGNORECASE if name == INBOX else 0)):
            return True
    return False
