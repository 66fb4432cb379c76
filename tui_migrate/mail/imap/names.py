"""Folder names: what stands on the wire, and what an admin reads.

The wire's octets are kept for every command. They are decoded into components for mapping and display only, and encoded
only for folders that are created.
"""

from __future__ import annotations

from imapclient import imap_utf7

from tui_migrate.mail.protocols import Role

SPECIAL_USE = {f"\\{role.value}".lower(): role for role in Role}
"""RFC 6154."""


def decode(raw: bytes) -> str:
    """Modified UTF-7 (RFC 3501 section 5.1.3) as text; names that break its rules are shown as they are."""
    try:
        text = raw.decode("ascii")
    except UnicodeDecodeError:
        try:
            return raw.decode("utf-8")  # servers that store 8-bit names
        except UnicodeDecodeError:
            return raw.decode("latin-1")
    try:
        decoded = str(imap_utf7.decode(raw))
        return decoded if encode(decoded) == raw else text
    except (UnicodeError, ValueError, IndexError):
        return text


def encode(text: str) -> bytes:
    """Text as modified UTF-7."""
    return bytes(imap_utf7.encode(text))


def path_of(raw: bytes, delimiter: str, prefix: str) -> tuple[str, ...]:
    """The components of a name below the personal namespace's prefix; INBOX, in whatever case, is ("INBOX",)."""
    if raw.upper() == b"INBOX":
        return ("INBOX",)
    if prefix and raw.startswith(encode(prefix)):
        raw = raw[len(encode(prefix)) :]
    if not delimiter:
        return (decode(raw),)
    parts = [decode(part) for part in raw.split(delimiter.encode())]
    if parts[0].upper() == "INBOX" and len(parts) > 1:
        parts[0] = "INBOX"
    return tuple(parts)


def quote(raw: bytes) -> bytes:
    """A name as a quoted string (RFC 3501 section 9). Raises ValueError for octets that no command line may carry."""
    if b"\r" in raw or b"\n" in raw or b"\0" in raw:
        raise ValueError("the folder's name holds a line end or NUL")
    return b'"' + raw.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
