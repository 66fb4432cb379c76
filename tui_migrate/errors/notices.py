"""What becomes of mails to users."""

from __future__ import annotations

from tui_migrate.errors.base import MailError
from tui_migrate.model import Scope


class NoticeRefused(MailError):
    """The SMTP server does not take a notice: the recipient, the sender, or the text (5yz, RFC 5321 section 4.2.1)."""

    kind = "mail to user refused"
    scope = Scope.MESSAGE


class NoticeDelayed(NoticeRefused):
    """The SMTP server does not take a notice now (4yz)."""

    kind = "mail to user delayed"
    retry = True


class NoticeInDoubt(MailError):
    """The whole notice was sent, and the connection ended before the server's answer."""

    kind = "mail to user in doubt"
    scope = Scope.MESSAGE
