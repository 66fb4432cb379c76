"""Mail put into a mailbox of Graph's double, and what must arrive of one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from tests.servers.graph.mailbox import ROOT, GraphMailbox
from tests.servers.maildir import INBOX, MailItem, counted, crlf

NO_MAIL = ("IPM.Appointment", "IPM.Contact")
_ANSWERED, _FORWARDED = (102, 103), 104


def fill(box: GraphMailbox, items: Iterable[MailItem]) -> None:
    """Put mail into a mailbox, as far as Graph can tell of it."""
    made = {INBOX: box.known("inbox"), "": ROOT}

    def folder(name: str) -> str:
        if name not in made:
            above, _, last = name.rpartition("/")
            made[name] = box.make(last, folder(above))
        return made[name]

    for each in items:
        flags = each.flags
        box.add(
            folder(each.folder),
            crlf(each.content),
            each.instant,
            read="\\Seen" in flags,
            flagged="\\Flagged" in flags,
            draft="\\Draft" in flags,
            verb=_ANSWERED[0] if "\\Answered" in flags else 0,
            categories=tuple(sorted(flag for flag in flags if flag.isalpha())),
        )


def expected(box: GraphMailbox) -> Counter[MailItem]:
    """What arrives of a mailbox, as a user sees it."""

    def path(folder: str) -> str:
        found = box.folders[folder]
        if found.known_as == "inbox":
            return INBOX
        return found.name if found.parent == ROOT else f"{path(found.parent)}/{found.name}"

    items = []
    for each in box.items.values():
        if box.folders[each.folder].hidden or each.item_class.startswith(NO_MAIL):
            continue
        marks = {"\\Seen": each.read, "\\Flagged": each.flagged, "\\Draft": each.draft}
        marks |= {"\\Answered": each.verb in _ANSWERED, "$Forwarded": each.verb == _FORWARDED}
        flags = {flag for flag, holds in marks.items() if holds} | {
            re.sub(r"[^\w]|[^\x00-\x7f]", "_", name) for name in each.categories
        }
        items.append(MailItem(path(each.folder), each.mime, frozenset(flags), each.received))
    return counted(items)
