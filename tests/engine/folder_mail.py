"""Mail that says which folder it was in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from tests.servers.maildir import MailItem
from tests.support.nasty_mail import FIRST_OF_JULY


def item(folder: str, number: int = 0) -> MailItem:
    content = f"Subject: in {folder}, {number}\r\n\r\nhello\r\n".encode()
    return MailItem(folder, content, frozenset({"\\Seen"}), FIRST_OF_JULY + number)


def moved(items: Iterable[MailItem], places: Mapping[str, str]) -> list[MailItem]:
    return [replace(each, folder=places.get(each.folder, each.folder)) for each in items]
