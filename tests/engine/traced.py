"""A migration whose secrets and subjects must be found nowhere."""

from __future__ import annotations

import base64

from tests.servers.mailbox import Mailbox
from tui_migrate.timing import Timing

QUICK = Timing(tick=0.02, save=0.02, poll=0.02, settle=0.01, late=0.01, longest_wait=0.05, throttle_first=0.05)
PASSWORD = 'Kiwi-3f"9\\wörd'
SUBJECTS = [f"Gehaltsliste-{number}-ßecret" for number in range(1, 7)]
BODIES = [f"Vertraulich-{number}-ünter-uns" for number in range(1, 7)]
PRIVATE = [PASSWORD, *SUBJECTS, *BODIES]


def filled(size: int = 0) -> Mailbox:
    """A mailbox whose mail nobody else may read. The last message has so many octets more."""
    box = Mailbox(password=PASSWORD)
    for number, (subject, body) in enumerate(zip(SUBJECTS, BODIES, strict=True)):
        more = f"{body}\r\n" * (size // len(body)) if number == len(BODIES) - 1 else ""
        encoded = base64.b64encode(body.encode()).decode()
        text = f"Subject: {subject}\r\nMessage-ID: <{number}@old>\r\n\r\nT1 NOOP {body}\r\n{encoded}\r\n{more}"
        box.folder("INBOX").add(text.encode(), ["\\Seen", "$Label"])
    return box
