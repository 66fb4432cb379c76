"""Reports that mail arrived, did not, or was read (MS-OXCMAIL section 2.1.3.6): what they say is in properties."""

from __future__ import annotations

from tui_migrate.mail.mapi import tags
from tui_migrate.mail.mapi.addresses import Mailbox, authors, recipient
from tui_migrate.mail.mapi.item import Item, Properties
from tui_migrate.mail.mapi.parts import Leaf, Multipart, Part, text_part
from tui_migrate.mail.mapi.words import fold, one_line

_ACTIONS = {"ndr": "failed", "dr": "delivered"}
_SPECIAL_ACTIONS = {"delayed": "delayed", "relayed": "relayed", "expanded": "expanded"}
"""By the part of the class before the last."""
_DISPOSITIONS = {"ipnrn": "displayed", "ipnnrn": "deleted"}
_STATUS = {"failed": "5.0.0", "delayed": "4.0.0"}
_ADDRESSES = 1000
"""Recipients that a report speaks of at most."""


def report(item: Item, text: Part | None, others: list[Part]) -> Part | None:
    """An item that is a report as `multipart/report` (RFC 6522): text for people, what programs read, and the message
    that it is about, where that is attached. None when it is no report. Raises MessageDamaged."""
    names = tags.text(item.properties, tags.MESSAGE_CLASS).lower().split(".")
    if names[0] != "report" or len(names) < 2:
        return None
    action = _ACTIONS.get(names[-1])
    if action:
        action = _SPECIAL_ACTIONS.get(names[-2], action)
        lines, told = _delivery(item, action)
        kind = b"delivery-status"
    elif action := _DISPOSITIONS.get(names[-1]):
        lines, told = _disposition(item, action)
        kind = b"disposition-notification"
    else:
        return None
    content = b"\r\n".join(b"" if not line else _field(line) for line in lines)
    status = Leaf(b"Content-Type: message/%b\r\n" % kind, content + b"\r\n")
    text = text or text_part(b"plain", b"utf-8", "\r\n".join([*told, ""]).encode("utf-8", "replace"))
    return Multipart(b"report;\r\n report-type=%b" % kind, [text, status, *others])


def _delivery(item: Item, action: str) -> tuple[list[str], list[str]]:
    """Fields of RFC 3464, and the same for people."""
    reporter = tags.text(item.properties, tags.REPORTING_MTA) or "unknown.invalid"
    lines, told = [f"Reporting-MTA: dns; {reporter}"], []
    for row in item.recipients[:_ADDRESSES]:
        who = recipient(row)
        if who is None:
            continue
        more = tags.text(row, tags.SUPPLEMENTARY_INFO)
        lines += ["", f"Final-Recipient: rfc822; {who.address}", f"Action: {action}", f"Status: {_status(row, action)}"]
        if remote := tags.text(row, tags.REMOTE_MTA):
            lines.append(f"Remote-MTA: dns; {remote}")
        if more:
            lines.append(f"X-Supplementary-Info: {more}")
        told.append(f"{action}: {_person(who)} {more}".rstrip())
    return lines, told


def _status(row: Properties, action: str) -> str:
    code = str(tags.number(row, tags.NDR_STATUS) or "")
    if len(code) == 3 and code[0] in "245":
        return ".".join(code)
    return _STATUS.get(action, "2.0.0")


def _disposition(item: Item, action: str) -> tuple[list[str], list[str]]:
    """Fields of RFC 8098, and the same for people."""
    who = authors(item.properties)[0] or Mailbox("", "unknown@unknown.invalid")
    lines = [f"Final-Recipient: rfc822; {who.address}"]
    if original := tags.text(item.properties, tags.ORIGINAL_MESSAGE_ID):
        lines.append(f"Original-Message-ID: {original}")
    lines.append(f"Disposition: manual-action/MDN-sent-manually; {action}")
    return lines, [f"{action}: {_person(who)}"]


def _person(who: Mailbox) -> str:
    return f"{who.name} <{who.address}>" if who.name else who.address


def _field(line: str) -> bytes:
    return fold(one_line(line).encode("ascii", "replace"))
