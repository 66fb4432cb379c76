"""How much lies in folders, and how much more a mailbox takes: STATUS=SIZE (RFC 8438), QUOTA (RFC 9208) and APPENDLIMIT
(RFC 7889). All of it is asked for where the server announces it, and believed only where it answers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from tui_migrate.mail.imap.fetch import parse_list
from tui_migrate.mail.imap.names import quote
from tui_migrate.mail.imap.session import Session
from tui_migrate.mail.imap.wire import Reply
from tui_migrate.mail.protocols import Capacity

_UNIT = 1024
"""Bytes of STORAGE (RFC 9208 section 5.1)."""
_UNSENDABLE = re.compile(rb"[\r\n\0]")
_SIZE = re.compile(rb"\bSIZE (\d+)", re.I)
_APPENDLIMIT = re.compile(rb"\bAPPENDLIMIT (\d+)", re.I)


def folder_sizes(session: Session, folders: Sequence[bytes]) -> dict[bytes, int]:
    """Bytes by folder; folders of which the server does not tell are left out. Raises MailError."""
    if not session.has("STATUS=SIZE"):
        return {}
    folders = [folder for folder in folders if not _UNSENDABLE.search(folder)]
    results = session.wire.run_all([b"STATUS " + quote(folder) + b" (SIZE)" for folder in folders])
    found = ((folder, _number(_SIZE, untagged)) for folder, (_, untagged) in zip(folders, results, strict=True))
    return {folder: size for folder, size in found if size is not None}


def capacity(session: Session) -> Capacity:
    """How much INBOX, and with it the mailbox, may still take. Raises MailError."""
    free, words = _free(session) if session.has("QUOTA") else (None, "")
    return Capacity(free, _largest(session), words)


def _free(session: Session) -> tuple[int | None, str]:
    """Bytes of the quota root that has the least left, and the server's words: of that root, or of its refusal. None:
    no root sets a limit."""
    final, untagged = session.wire.run(b"GETQUOTAROOT INBOX")
    if not final.ok:
        return None, final.words
    roots = [root for reply in untagged if (root := _root(reply))]
    limited = [(max(0, limit - used) * _UNIT, words) for used, limit, words in roots if limit]
    if limited:
        return min(limited)
    return None, roots[0][2] if roots else ""


def _root(reply: Reply) -> tuple[int, int, str] | None:
    """STORAGE that is used, its limit, and both in words, of an untagged QUOTA; None when the reply is another one, or
    says nothing of STORAGE. Several servers tell an unlimited mailbox by a limit of 0."""
    first = reply.parts[0]
    if not isinstance(first, bytes) or first[:8].upper() != b"* QUOTA ":
        return None
    resources = next((each for each in parse_list(reply.parts)[3:4] if isinstance(each, list)), [])
    for name, used, limit in zip(resources[::3], resources[1::3], resources[2::3], strict=False):
        told = isinstance(used, bytes) and used.isdigit() and isinstance(limit, bytes) and limit.isdigit()
        if isinstance(name, bytes) and name.upper() == b"STORAGE" and told:
            return int(used), int(limit), f"QUOTA STORAGE {int(used)} of {int(limit)} KiB"
    return None


def told_limit(capabilities: Iterable[str]) -> int | None:
    """Octets of the largest message that is taken for any folder (RFC 7889 section 2); None: not told here."""
    numbers = (each.removeprefix("APPENDLIMIT=") for each in capabilities if each.startswith("APPENDLIMIT="))
    return next((int(text) for text in numbers if text.isdigit()), None)


def _largest(session: Session) -> int | None:
    """Octets of the largest message that is taken: for all folders, where the capability has a number; else for INBOX
    (RFC 7889 section 2)."""
    if (told := told_limit(session.capabilities)) is not None:
        return told
    if not session.has("APPENDLIMIT"):
        return None
    _, untagged = session.wire.run(b"STATUS INBOX (APPENDLIMIT)")
    return _number(_APPENDLIMIT, untagged)


def _number(pattern: re.Pattern[bytes], untagged: Sequence[Reply]) -> int | None:
    """What an untagged STATUS says behind the name of the folder."""
    for reply in untagged:
        first, last = reply.parts[0], reply.parts[-1]
        if isinstance(first, bytes) and first[:9].upper() == b"* STATUS " and isinstance(last, bytes):
            found = pattern.search(last[last.rfind(b"(") :])
            return int(found[1]) if found else None
    return None
