"""The mail that is sent, in its MIME form (RFC 5322, RFC 2045)."""

from __future__ import annotations

from collections.abc import Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid

from tui_migrate.model import NoticeKind, NoticeSettings
from tui_migrate.notices.summary import SUMMARY_SUBJECT, SUMMARY_TEXT
from tui_migrate.notices.template import fill


def words(settings: NoticeSettings, kind: NoticeKind, values: Mapping[str, str]) -> tuple[str, str]:
    """Subject and text of a notice."""
    subject, text = (SUMMARY_SUBJECT, SUMMARY_TEXT) if kind is NoticeKind.SUMMARY else (settings.subject, settings.text)
    return " ".join(fill(subject, values).split()), fill(text, values)


def message(settings: NoticeSettings, recipient: str, written: tuple[str, str], at: float) -> EmailMessage:
    """A mail with this subject and text. `at`: its date, epoch seconds."""
    subject, text = written
    mail = EmailMessage(policy=SMTP)
    mail["From"] = _mailbox(settings.sender, settings.sender_name)
    mail["To"] = _mailbox(recipient)
    mail["Subject"] = subject
    mail["Date"] = formatdate(at, localtime=True)
    mail["Message-ID"] = make_msgid(domain=settings.sender.rpartition("@")[2])
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office reply comes back
    mail.set_content(text, cte="quoted-printable")  # no server has to offer 8BITMIME
    return mail


def _mailbox(address: str, name: str = "") -> Address:
    user, _, domain = address.rpartition("@")
    return Address(name, user, domain)
