"""Sample mail for the demo: the same at every start, and of every kind that a migration has to get right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from random import Random

REFUSED_ATTACHMENT = "invoice.exe"
"""The destination refuses a message that carries a file of this name."""

# Archive is no folder of its own, only the parent of two: servers show such a name as \Noselect.
FOLDERS = ("INBOX", "Sent", "Drafts", "Archive/2019", "Archive/2020", "Projects", "Projects/Privé", "日本", "Empty")
_SHARES = (30, 22, 2, 16, 14, 8, 5, 3, 0)
"""Percentage of an account's messages that lie in each folder."""

_SUBJECTS = (
    "Minutes of Monday's meeting",
    "Offer for the new roof",
    "Réunion reportée à jeudi",
    "Verlof in de zomer",
    "会議の資料",
    "Lunch?",
    "Backup report: 0 errors",
    "Your parcel is on its way",
)
_PEOPLE = ("Noor Visser", "Zoë Lefèvre", "Tomás Ruiz", "佐藤 健", "Ingrid Dahl", "Build server")
_LINES = (
    "Thanks, I will look at it this week and come back to you.",
    "The numbers of last month are in the attachment.",
    "Daar ben ik het mee eens, zullen we dinsdag even bellen?",
    "Ci-joint la version corrigée, merci de la relire avant vendredi.",
    "From here on the second phase begins.",
)
_FLAGS = ("\\Seen", "\\Seen", "\\Seen \\Answered", "\\Seen $Forwarded", "\\Flagged", "project-x", "")
_ZONES = (timezone(timedelta(hours=1)), timezone(timedelta(hours=9)), timezone(timedelta(hours=-5)), UTC)
_FIRST_DAY = datetime(2017, 3, 1, 8, tzinfo=UTC)
_DAYS = 7 * 365


@dataclass(frozen=True, slots=True)
class SampleMessage:
    """One message and where it lies."""

    folder: str
    flags: tuple[str, ...]
    when: datetime
    """INTERNALDATE."""
    data: bytes


def sample_mail(user: str, count: int, *, refused: bool = False) -> Iterator[SampleMessage]:
    """About `count` messages of one mailbox, folder after folder, oldest first.

    With `refused`, one message in the middle of INBOX carries `REFUSED_ATTACHMENT`.
    """
    rng = Random(user)
    for folder, share in zip(FOLDERS, _SHARES, strict=True):
        in_folder = count * share // 100
        for number in range(in_folder):
            when = _FIRST_DAY + timedelta(days=_DAYS * number / in_folder, seconds=rng.randrange(36_000))
            when = when.replace(microsecond=0).astimezone(rng.choice(_ZONES))
            message = _message(rng, user, f"{folder}.{number}", when)
            if refused and folder == "INBOX" and number == in_folder // 2:
                _make_refused(message)
            flags = "\\Draft" if folder == "Drafts" else rng.choice(_FLAGS)
            yield SampleMessage(folder, tuple(flags.split()), when, message.as_bytes(policy=SMTP))


def _message(rng: Random, user: str, key: str, when: datetime) -> EmailMessage:
    message = EmailMessage()
    message["Date"] = format_datetime(when)
    message["From"] = f"{rng.choice(_PEOPLE)} <sender{rng.randrange(90)}@example.org>"
    message["To"] = user
    message["Subject"] = rng.choice(_SUBJECTS)
    if rng.random() > 0.05:  # as in real mailboxes, some messages have no Message-ID
        message["Message-ID"] = f"<{rng.getrandbits(64):016x}.{when:%Y%m%d}@example.org>"
    message.set_content("\n\n".join(rng.choices(_LINES, k=rng.randrange(1, 30))) + "\n")
    if rng.random() < 0.08:
        data = rng.randbytes(rng.choice((5_000, 40_000, 200_000)))
        message.add_attachment(data, maintype="application", subtype="pdf", filename="rapport-été.pdf")
    return message


def _make_refused(message: EmailMessage) -> None:
    del message["Subject"]
    message["Subject"] = "Invoice 2020-117, please open at once"
    message.add_attachment(b"MZ", maintype="application", subtype="octet-stream", filename=REFUSED_ATTACHMENT)
