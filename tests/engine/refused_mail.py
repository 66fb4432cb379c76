"""Mail of which a fussy destination refuses one message."""

from __future__ import annotations

import random
from collections.abc import Mapping

from tests.servers.dovecot import DovecotOptions
from tests.servers.maildir import MailItem
from tests.support import sample_mail

FUSSY = DovecotOptions(quota_storage="100M", max_mail_size="20K")
"""Answers NO to a message of more than 20 KB."""
CULPRIT = 7


def messages(count: int, size: int = 2000, *, big: Mapping[int, int] = {}, folder: str = "INBOX") -> list[MailItem]:
    """`count` messages; `big` gives some of them another size by their number."""
    draw = random.Random(count)
    instants = range(1_400_000_000, 1_400_000_000 + count)
    return [
        MailItem(
            folder,
            sample_mail.message(draw, number, instant, big.get(number, size)),
            frozenset({"\\Seen", "$Label1"}),
            instant,
        )
        for number, instant in enumerate(instants)
    ]
