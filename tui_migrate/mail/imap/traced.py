"""What a trace may show of IMAP: commands and replies by their names, never a login, a literal or a quoted body."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tui_migrate.errors import unquoted
from tui_migrate.mail.trace import length, shown

_COMMAND = re.compile(rb"(T\d{1,9}|[A-P]{4}\d+) ((?:UID )?[A-Z]+)((?: [^\r\n]*)?)\r\n", re.S)
"""With a tag of ours or of imaplib's."""
_LITERAL = re.compile(rb"\{(\d+)(\+?)\}\r\n\Z")
_SHOWN = frozenset(
    [
        "CAPABILITY",
        "NOOP",
        "LOGOUT",
        "STARTTLS",
        "COMPRESS",
        "SELECT",
        "EXAMINE",
        "CLOSE",
        "UNSELECT",
        "CREATE",
        "SUBSCRIBE",
        "LIST",
        "LSUB",
        "XLIST",
        "STATUS",
        "NAMESPACE",
        "ENABLE",
        "ID",
        "FETCH",
        "STORE",
        "APPEND",
        "GETQUOTA",
        "GETQUOTAROOT",
        "SEARCH",
    ]
)
_MORE_APPENDED = re.compile(rb' \([^()"\r\n]*\)(?: "[\d A-Za-z:+-]{1,40}")? \{\d+\+?\}\r\n')
"""A second message of one APPEND (RFC 3502), before its literal."""
_STRING = re.compile(rb'"(?:[^"\\\r\n]|\\.)*"')
_STATUS = re.compile(rb"(?:\*|T\d+|[A-P]{4}\d+) (?:OK|NO|BAD|BYE|PREAUTH)\b", re.I)
_TAG = re.compile(rb"(T\d+|[A-P]{4}\d+) ")
_DATA = re.compile(
    rb"\* (?:\d+ (?:EXISTS|RECENT|EXPUNGE)|(?:CAPABILITY|LIST|LSUB|XLIST|STATUS|E?SEARCH|FLAGS|NAMESPACE|ENABLED|ID"
    rb"|QUOTA|QUOTAROOT|VANISHED))(?=[ \r\n])",
    re.I,
)
_FETCH = re.compile(rb"\* +\d+ +FETCH +\(", re.I)
_ITEM = re.compile(
    rb"(?P<known>[ ()]|UID \d+|RFC822\.SIZE \d+|MODSEQ \(\d+\)|FLAGS \([^()\"\r\n]*\)"
    rb"|INTERNALDATE (?:\"[\d A-Za-z:+-]{0,40}\"|NIL)|BODY\[[A-Z0-9. ()-]{0,60}\](?:<\d+>)?"
    rb"|RFC822(?:\.HEADER|\.TEXT)?(?= )|NIL(?=[ )])|~?\{\d+\+?\})"
    rb"|\"(?:[^\"\\\r\n]|\\.)*\"|[^ ()\"]+|.",
    re.I | re.S,
)
"""One of a FETCH reply: known to hold no mail, or anything else."""


class ImapRules:
    """What of one connection may be shown."""

    def __init__(self) -> None:
        self._in_step = False
        """False until a command begins where something that is sent begins: the trace may be switched on while a
        literal is on its way."""
        self._size = self._left = 0
        """Of a literal that is being sent, and what is still to come of it."""
        self._asked = 0
        """Octets of a literal that waits for the server's `+`."""
        self._tag = b""
        """Of the last command."""
        self._verb = ""
        """Of the command whose next line is still to come, behind a literal."""
        self._about_messages: set[bytes] = set()
        """Tags of commands in whose refusals a server may quote a subject."""
        self._login = b""
        """Tag of the login that is under way."""
        self._fetching = False
        """True when more of a FETCH reply comes behind a literal."""

    def sent(self, data: bytes) -> Iterator[str]:
        if not self._in_step and not _COMMAND.match(data):
            yield length(data)
            return
        self._in_step = True
        at = 0
        while at < len(data):
            if self._left:
                taken = min(self._left, len(data) - at)
                at, self._left = at + taken, self._left - taken
                if not self._left:
                    yield length(self._size)
                continue
            end = data.find(b"\n", at) + 1 or len(data)
            line, at = data[at:end], end
            if (text := self._line(line)) is not None:
                yield text

    def _line(self, line: bytes) -> str | None:
        verb, self._verb, self._asked = self._verb, "", 0
        if self._login:
            self._expect_literal(line, "LOGIN")
            return length(line)
        if verb == "APPEND" and line == b"\r\n":
            return None
        if verb == "APPEND" and _MORE_APPENDED.fullmatch(line):
            self._expect_literal(line, verb)
            return shown(line)
        return self._command(line)

    def _command(self, line: bytes) -> str:
        found = _COMMAND.fullmatch(line)
        if found is None:
            return length(line)
        tag, name, rest = found.groups()
        if tag[:1] == b"T" and self._tag[:1] == b"T" and int(tag[1:]) <= int(self._tag[1:]):
            return length(line)  # no command of ours: tags only rise
        self._tag = tag
        verb = name.decode().removeprefix("UID ")
        if verb in ("APPEND", "FETCH"):
            self._about_messages.add(tag)
        start = f"{tag.decode()} {name.decode()}"
        if verb in ("LOGIN", "AUTHENTICATE"):
            self._login = tag
            self._expect_literal(line, verb)
            mechanism, _, secret = rest.strip().partition(b" ")
            if verb == "LOGIN" or not re.fullmatch(rb"[A-Z0-9-]{1,20}", mechanism):
                return f"{start} {length(rest.strip())}"
            return f"{start} {mechanism.decode()}" + (f" {length(secret)}" if secret else "")
        if verb not in _SHOWN:
            return length(line)
        self._expect_literal(line, verb)
        if verb == "SEARCH":
            rest = _STRING.sub(lambda string: length(string[0]).encode(), rest)
        return start + shown(rest)

    def _expect_literal(self, line: bytes, verb: str) -> None:
        literal = _LITERAL.search(line)
        if literal is None:
            return
        self._verb = verb
        if literal[2]:
            self._size = self._left = int(literal[1])
        else:
            self._asked = int(literal[1])

    def heard(self, line: bytes) -> str | None:
        fetched, self._fetching = self._fetching, False
        if fetched or _FETCH.match(line):
            return self._fetched(line)
        if _DATA.match(line):
            return shown(line)
        if line.startswith(b"+"):
            if self._asked:
                self._size = self._left = self._asked
                self._asked = 0
            return f"+ {length(line[1:].strip())}" if self._login else shown(line)
        if _STATUS.match(line):
            tag = _TAG.match(line)
            if tag and tag[1] == self._login:
                self._login = b""
            if tag and tag[1] == self._tag:
                self._asked = 0
            if tag and tag[1] in self._about_messages:
                self._about_messages.remove(tag[1])
                return unquoted(shown(line))
            return shown(line)
        return length(line) if line.strip() else None

    def octets(self, number: int) -> str:
        return length(number)

    def _fetched(self, line: bytes) -> str:
        self._fetching = _LITERAL.search(line) is not None
        start = _FETCH.match(line)
        at = start.end() if start else 0
        pieces, hidden = [shown(line[:at])], 0
        for found in _ITEM.finditer(line.rstrip(b"\r\n"), at):
            if found["known"] is None:
                hidden += len(found[0])
                continue
            if hidden:
                pieces.append(length(hidden))
                hidden = 0
            pieces.append(shown(found[0]))
        return "".join(pieces) + (length(hidden) if hidden else "")
