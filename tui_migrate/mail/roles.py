"""Special uses of folders."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What a folder is for (RFC 6154), whatever its name and language."""

    SENT = "Sent"
    DRAFTS = "Drafts"
    TRASH = "Trash"
    JUNK = "Junk"
    ARCHIVE = "Archive"
    ALL = "All"
    FLAGGED = "Flagged"
    IMPORTANT = "Important"
