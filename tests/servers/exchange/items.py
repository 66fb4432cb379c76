"""What lies in a mailbox of Exchange: items with their octets and properties, and their attachments."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from enum import Enum, auto
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.servers.exchange.mailbox import ExchangeFolder

RECEIVED = datetime(2024, 1, 2, 9, 0, tzinfo=UTC)
"""Of an item for which nothing else is said."""
REPLIED, REPLIED_ALL, FORWARDED = 102, 103, 104
"""What property 0x1081 (PR_LAST_VERB_EXECUTED) tells."""

Value = str | int | bool | bytes | datetime | list[str]
"""Of an extended property."""


class Change(Enum):
    """What has become of an item at a point in time."""

    CONTENT = auto()
    READ = auto()
    """It was marked as read, or as unread, and nothing else."""


@dataclass(eq=False)
class Attachment:
    """A file beside an item, or within its MIME: GetAttachment gives it by itself."""

    name: str
    octets: bytes = field(repr=False)
    content_type: str = "application/octet-stream"
    id: str = ""
    """Given by the mailbox."""


@dataclass(eq=False)
class ExchangeItem:
    """One item. A test fills it in and hands it to a folder; what changes it afterwards goes by the folder, which notes
    when it was."""

    octets: bytes = field(default=b"", repr=False)
    """Its MIME."""
    item_class: str = "IPM.Note"
    received: datetime = RECEIVED
    read: bool = False
    flag: str = "NotFlagged"
    """`Flagged` or `Complete` otherwise."""
    verb: int | None = None
    """Property 0x1081."""
    draft: bool = False
    categories: list[str] = field(default_factory=list)
    properties: dict[str, Value] = field(default_factory=dict)
    """Extended ones: by tag (`0x001A`), `set:id` (`Common:34051`) or `set:name`. They win over what the other fields
    say."""
    attachments: list[Attachment] = field(default_factory=list)
    mime_error: str = ""
    """The response code with which its MIME is refused."""
    remade: Callable[[int], bytes] | None = None
    """Makes the MIME anew for each request, of which it is told the number: Exchange keeps none."""
    size: int | None = None
    """As Exchange believes it to be; None: what the MIME takes."""

    folder: ExchangeFolder = field(init=False, repr=False)
    id: str = field(default="", init=False)
    history: list[tuple[int, Change]] = field(default_factory=list, init=False, repr=False)
    """Points in time of its folder's mailbox. The first is that at which it came."""
    gone: bool = field(default=False, init=False)
    times_made: int = field(default=0, init=False)
    drawn: dict[object, bytes] = field(default_factory=dict, init=False, repr=False)
    """What has been answered, by the shape that was asked for."""
    _encoded: bytes | None = field(default=None, init=False, repr=False)
    _headers: EmailMessage | None = field(default=None, init=False, repr=False)

    @property
    def encoded(self) -> bytes:
        """The MIME in base64. It is kept, unless it is made anew."""
        if self.remade is not None:
            self.times_made += 1
            return b64encode(self.remade(self.times_made))
        if self._encoded is None:
            self._encoded = b64encode(self.octets)
        return self._encoded

    @property
    def headers(self) -> EmailMessage:
        """Of the MIME."""
        if self._headers is None:
            parsed = BytesHeaderParser(policy=policy.default).parsebytes(self.octets)
            assert isinstance(parsed, EmailMessage)
            self._headers = parsed
        return self._headers

    @property
    def number(self) -> int:
        """The point in time of its last change."""
        return self.history[-1][0]

    @property
    def change_key(self) -> str:
        """Another one after each change."""
        return "CQAAABYAAAA" + b64encode(self.number.to_bytes(15, "big")).decode()

    @property
    def element(self) -> str:
        """The name of its XML."""
        return _element(self.item_class)

    def forget(self) -> None:
        """What was kept of it, after a change."""
        self.drawn.clear()
        self._encoded = self._headers = None


@cache
def _element(item_class: str) -> str:
    for beginning, name in _ELEMENTS.items():
        if (item_class + ".").upper().startswith(beginning.upper() + "."):
            return name
    return "Message"


_ELEMENTS: Mapping[str, str] = {
    "IPM.Appointment": "CalendarItem",
    "IPM.Contact": "Contact",
    "IPM.DistList": "DistributionList",
    "IPM.Task": "Task",
    "IPM.Schedule.Meeting.Request": "MeetingRequest",
    "IPM.Schedule.Meeting.Resp": "MeetingResponse",
    "IPM.Schedule.Meeting.Canceled": "MeetingCancellation",
    "IPM.Post": "PostItem",
}
