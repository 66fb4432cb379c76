"""Names and addresses of people, from properties to header fields (RFC 5322 section 3.4)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from tui_migrate.mail.mapi import tags
from tui_migrate.mail.mapi.item import Properties
from tui_migrate.mail.mapi.words import encoded_words, one_line

_SMTP = re.compile(r"[!#-'*+\--9=?A-Z^-~]{1,128}@[!#-'*+\--9=?A-Z\[\]^-~]{1,255}")
_ATOMS = re.compile(r"[!#-'*+\-/-9=?A-Z^-~]+(?: [!#-'*+\-/-9=?A-Z^-~]+)*")
_QUOTABLE = re.compile(r"[ -~]{1,200}")
_NO_NAME = re.compile(r"[^A-Za-z0-9_-]+")
_LOCAL_PART = 64
_USUAL = 500
"""Characters of what is told of a person; longer ones are not kept."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A person."""

    name: str
    address: str
    """That mail could be sent to, or one under `.invalid` (RFC 2606)."""

    @property
    def invalid(self) -> bool:
        """True when no SMTP address of the person is known."""
        return self.address.endswith(".invalid")

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
    usual = len(name) + len(smtp) + len(kind) + len(address) < _USUAL
    return (_known if usual else _mailbox)(name, smtp, kind, address)


def _mailbox(name: str, smtp: str, kind: str, address: str) -> Mailbox | None:
    name, address = one_line(name), one_line(address)
    for candidate in (one_line(smtp), address):
        if _SMTP.fullmatch(candidate):
            # Outlook puts a name in quotes that is an address.
            return Mailbox("" if name.strip("'").lower() == candidate.lower() else name, candidate)
    known = one_line(smtp) or address
    if not known and not name:
        return None
    last = re.split(r"/cn=", known or name, flags=re.IGNORECASE)[-1]
    local = _NO_NAME.sub("-", last).strip("-").lower()[:_LOCAL_PART] or "unknown"
    domain = "exchange.invalid" if kind.upper() == "EX" or known.startswith("/") else "unknown.invalid"
    return Mailbox(name or known, f"{local}@{domain}")


_known = lru_cache(maxsize=1024)(_mailbox)
"""The same people write again and again."""


def authors(properties: Properties) -> tuple[Mailbox | None, Mailbox | None]:
    """Whom a message is from, and who sent it if that is somebody else."""
    by = mailbox(
        tags.text(properties, tags.FROM_NAME),
        tags.text(properties, tags.FROM_SMTP),
        tags.text(properties, tags.FROM_TYPE),
        tags.text(properties, tags.FROM_ADDRESS),
    )
    through = mailbox(
        tags.text(properties, tags.SENDER_NAME),
        tags.text(properties, tags.SENDER_SMTP),
        tags.text(properties, tags.SENDER_TYPE),
        tags.text(properties, tags.SENDER_ADDRESS),
    )
    if by is None or through is None:
        return by or through, None
    if by.address.lower() == through.address.lower():
        return by, None
    if by.name == through.name and (by.invalid or through.invalid):
        return (through if by.invalid else by), None
    return by, through


def recipient(properties: Properties) -> Mailbox | None:
    """A row of the table of recipients."""
    return mailbox(
        tags.text(properties, tags.DISPLAY_NAME) or tags.text(properties, tags.RECIPIENT_NAME),
        tags.text(properties, tags.SMTP_ADDRESS),
        tags.text(properties, tags.ADDRESS_TYPE),
        tags.text(properties, tags.EMAIL_ADDRESS),
    )
