"""A mailbox that changes between two runs."""

from __future__ import annotations

import imaplib

from tests.servers.maildir import MailItem
from tests.support.nasty_mail import FIRST_OF_JULY


def item(folder: str, number: int, *flags: str) -> MailItem:
    return MailItem(folder, b"Subject: n%d.\r\n\r\n%d\r\n" % (number, number), frozenset(flags), FIRST_OF_JULY + number)


def uid_of(client: imaplib.IMAP4, number: int) -> str:
    uids: list[bytes] = client.uid("SEARCH", "SUBJECT", f'"n{number}."')[1]
    (uid,) = uids[0].split()
    return uid.decode()


def change(client: imaplib.IMAP4, folder: str, number: int, sign: str, *flags: str) -> None:
    """What a user does to one message with a mail program."""
    client.select(f'"{folder}"')
    assert client.uid("STORE", uid_of(client, number), f"{sign}FLAGS", f"({' '.join(flags)})")[0] == "OK"


def delete(client: imaplib.IMAP4, folder: str, number: int) -> None:
    change(client, folder, number, "+", "\\Deleted")
    client.expunge()
