"""Names and addresses of people, from properties to header fields (RFC 5322 section 3.4)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tui_migrate.mail.mapi import tags
from tui_migrate.mail.mapi.item import Properties
from tui_migrate.mail.mapi.words import encoded_words, one_line

_SMTP = re.compile(r"[!#-'*+\--9=?A-Z^-~]{1,128}@[!#-'*+\--9=?A-Z\[\]^-~]{1,255}")
_ATOMS = re.compile(r"[!#-'*+\-/-9=?A-Z^-~]+(?: [!#-'*+\-/-9=?A-Z^-~]+)*")
_QUOTABLE = re.compile(r"[ -~]{1,200}")
_NO_NAME = re.compile(r"[^A-Za-z0-9_-]+")
_LOCAL_PART = 64


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A person."""

    name: str
    address: str
    """That mail could be sent to, or one under `.invalid` (RFC 2606)."""

    def written(self) -> bytes:
        """As it stands in a field."""
        address = self.address.encode("ascii")
        return b"%b <%b>" % (phrase(self.name), address) if self.name else address


def phrase(name: str) -> bytes:
    """A display name, one line or several."""
    if "=?" not in name:
        if _ATOMS.fullmatch(name) and len(name) < 200:
            return name.encode("ascii")
        if _QUOTABLE.fullmatch(name):
            return b'"%b"' % name.replace("\\", "\\\\").replace('"', '\\"').encode("ascii")
    return encoded_words(name, 20)


def mailbox(name: str, smtp: str, kind: str, address: str) -> Mailbox | None:
    """The person whom these properties tell of: the SMTP address where there is one, else `address`, which is of
    `kind`. Addresses of Exchange and others become one under `.invalid`. None when all of them are empty."""
    name, address = one_line(name), one_line(address)
    for candidate in (one_line(smtp), address):
        if _SMTP.fullmatch(candidate):
            return Mailbox("" if name == candidate else name, candidate)
    known = one_line(smtp) or address
    if not known and not name:
        return None
    last = re.split(r"/cn=", known or name, flags=re.IGNORECASE)[-1]
    local = _NO_NAME.sub("-", last).strip("-").lower()[:_LOCAL_PART] or "unknown"
    domain = "exchange.invalid" if kind.upper() == "EX" or known.startswith("/") else "unknown.invalid"
    return Mailbox(name or known, f"{local}@{domain}")


def author(properties: Properties) -> Mailbox | None:
    """Whom a message is from."""
    return mailbox(
        tags.text(properties, tags.FROM_NAME),
        tags.text(properties, tags.FROM_SMTP),
        tags.text(properties, tags.FROM_TYPE),
        tags.text(properties, tags.FROM_ADDRESS),
    )


def sender(properties: Properties) -> Mailbox | None:
    """Who sent it."""
    return mailbox(
        tags.text(properties, tags.SENDER_NAME),
        tags.text(properties, tags.SENDER_SMTP),
        tags.text(properties, tags.SENDER_TYPE),
        tags.text(properties, tags.SENDER_ADDRESS),
    )


def recipient(properties: Properties) -> Mailbox | None:
    """A row of the table of recipients."""
    return mailbox(
        tags.text(properties, tags.DISPLAY_NAME) or tags.text(properties, tags.RECIPIENT_NAME),
        tags.text(properties, tags.SMTP_ADDRESS),
        tags.text(properties, tags.ADDRESS_TYPE),
        tags.text(properties, tags.EMAIL_ADDRESS),
    )
