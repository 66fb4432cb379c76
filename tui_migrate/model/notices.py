"""The mail that a user gets when the account is done: its usual text, and what has become of each notice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

PLACEHOLDERS: Mapping[str, str] = {
    "source": "the user at the old server",
    "destination": "the user at the new server",
    "server": "the host name of the new server",
    "title": "what the migration is called",
    "listed": "messages in the old mailbox",
    "arrived": "messages in the new mailbox: copied, brought and there",
    "moved": "messages copied, over all passes",
    "copied": "messages copied by the last pass",
    "brought": "messages brought by the passes before it",
    "there": "messages that were in the new mailbox already",
    "excluded": "messages left out on purpose",
    "bytes": "the size of what was copied, over all passes",
    "started": "when the first pass began",
    "finished": "when the last pass ended",
}
"""What stands for an account's numbers in subject and text, with what each is."""

DEFAULT_SUBJECT = "Your mailbox has moved"
DEFAULT_TEXT = """\
Hello,

your mailbox {source} has been copied to its new place.

    Your new mailbox:    {destination} on {server}
    Messages in it:      {arrived}
    Copied:              {bytes}
    Finished:            {finished}

From now on, please read your mail there. Nothing was deleted or changed in your old mailbox.

You need not answer this message.
"""


class NoticeKind(StrEnum):
    """What a notice is."""

    DONE = "done"
    """To a user: the account is done."""
    SUMMARY = "summary"
    """To the admin: all accounts have ended."""


class NoticeState(StrEnum):
    """What has become of a notice, as the admin reads it."""

    HELD = "held"
    DUE = "due"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    IN_DOUBT = "may have been sent"
    """The engine or the connection ended before the server's answer: sent again only when the admin says so."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One mail, as stored."""

    id: int
    migration_id: int
    account_id: int | None
    """None for a summary."""
    kind: NoticeKind
    recipient: str
    state: NoticeState
    attempts: int
    last_error: str
    """Why it is not sent, with the server's words; empty when there is nothing to say."""
    at: float
    """When its state changed last; epoch seconds."""
    due_at: float
    """When it is tried next, where it is due; epoch seconds."""
    values: Mapping[str, str]
    """The account's numbers when it was done, by placeholder."""
