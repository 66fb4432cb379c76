"""APPEND (RFC 3501 section 6.3.11), of one message or of several (RFC 3502), with its UIDs (RFC 4315)."""

from __future__ import annotations

import re

from tests.servers.imap.session import ImapConversation, Replies
from tests.servers.imap.syntax import ImapCommand, Literal, Refusal, Token, format_set, text_of, words_of
from tests.servers.mailbox import DATE, SYSTEM_FLAGS, Folder, StoredMessage

_DATE = re.compile(r"[ \d]\d-(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)-\d{4} \d\d:\d\d:\d\d [+-]\d{4}")
_KEYWORD = re.compile(r"[^\s(){%*\"\\\]]+")
_UNKEPT = 0
"""In the place of a UID: the message was taken and is not there."""


class Appends(ImapConversation):
    """All messages of a command are stored, or none."""

    def do_append(self, command: ImapCommand) -> Replies:
        name, *rest = command.arguments()
        folder = self.logged_in().find(self.understood(text_of(name)))
        if folder is None or not folder.can_be_opened:
            raise Refusal("NO [TRYCREATE] no such mailbox")
        messages = self._messages(rest)
        if len(messages) > 1 and not self.has("MULTIAPPEND"):
            raise Refusal("BAD a second message was not offered")
        self.admit(folder, messages)
        uids = [self.store(folder, message) for message in messages]
        code = f"[APPENDUID {folder.uidvalidity} {format_set(uids)}] "
        yield self.ok(command, (code if self.has("UIDPLUS") and _UNKEPT not in uids else "") + "stored")

    def admit(self, folder: Folder, messages: list[StoredMessage]) -> None:
        """Raises: Refusal when these are too many, or too large."""
        for capability in self.capabilities:
            limit = capability.removeprefix("APPENDLIMIT=")
            if limit.isdigit() and any(len(message.octets) > int(limit) for message in messages):
                raise Refusal("NO [TOOBIG] larger than APPENDLIMIT (RFC 7889)")
        quota = folder.mailbox.quota
        new = sum(len(message.octets) for message in messages)
        if quota is not None and folder.mailbox.kibibytes(new) > quota:
            raise Refusal("NO [OVERQUOTA] the mailbox is full")

    def store(self, folder: Folder, message: StoredMessage) -> int:
        """Keep a message. Returns: its UID, or _UNKEPT."""
        kept = [fault.stored(self, folder, message) for fault in self.faults]
        if not all(kept):
            return _UNKEPT
        may_stay = message.flags if "\\*" in folder.permanent_flags else message.flags & {*folder.permanent_flags}
        return folder.add(message.octets, may_stay, message.date).uid

    def _messages(self, rest: list[Token]) -> list[StoredMessage]:
        """Flags, dates and octets. Raises: Refusal."""
        messages = []
        while rest:
            flags = words_of(rest.pop(0)) if isinstance(rest[0], list) else []
            if bad := [flag for flag in flags if flag not in SYSTEM_FLAGS and not _KEYWORD.fullmatch(flag)]:
                raise Refusal(f"BAD no flag: {bad[0]}")
            date = DATE if not rest or isinstance(rest[0], Literal) else text_of(rest.pop(0))
            if not _DATE.fullmatch(date):
                raise Refusal("BAD no date")
            if not rest or not isinstance(octets := rest.pop(0), Literal):
                raise Refusal("BAD a message comes as a literal")
            messages.append(StoredMessage(0, bytes(octets), frozenset(flags), date))
        if not messages:
            raise Refusal("BAD no message")
        return messages
