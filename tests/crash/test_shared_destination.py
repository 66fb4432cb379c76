"""Several sources that fill one mailbox: what one has brought is never taken for what the other had on its way."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from tests.crash.rewriting import ONE_BY_ONE, Strike, there
from tests.crash.support import KILLED, Child, run_here
from tests.crash.waits import QUIET
from tests.engine.support import plain, write_plan
from tests.servers.imap.server import MODERN, ImapDouble
from tests.servers.mailbox import Folder, Mailbox, StoredMessage
from tests.servers.session import Session

SAME = 30
"""Messages that both hold, octet for octet."""


class StrikeAndDie(Strike):
    """What follows is in nobody's mailbox, until the server has `risen`."""

    risen = False

    def stored(self, session: Session, folder: Folder, message: StoredMessage) -> bool:
        return super().stored(session, folder, message) and (self.risen or self.count <= self.nth)


@pytest.mark.parametrize("capabilities", [ONE_BY_ONE, MODERN, "IMAP4rev1 LITERAL+"], ids=["one by one", "full", "bare"])
def test_killed_while_they_bring_the_same_mail(tmp_path: Path, capabilities: str) -> None:
    boxes, new = [Mailbox("a"), Mailbox("b")], Mailbox("both")
    strike = StrikeAndDie(nth=random.Random(capabilities).randrange(2, 2 * SAME))
    for box in boxes:
        for number in range(SAME):
            box.folder("INBOX").add(b"Subject: to all %d\r\n\r\ntext\r\n" % number, date="01-Jan-2024 10:00:00 +0000")
    want = Counter(message.octets for box in boxes for message in box.folder("INBOX").messages)
    with ImapDouble(boxes) as source, ImapDouble(new, [strike], capabilities=capabilities) as destination:
        rows = [{"Source": box.user, "Password": "secret", "Destination": "both"} for box in boxes]
        plan = write_plan(tmp_path, plain(source.port), plain(destination.port), rows)
        with Child("run", plan, "--data-dir", tmp_path / "data") as child:
            strike.strike = child.kill
            assert child.wait() == KILLED, child.out + child.err
        strike.risen = True
        again = run_here("run", plan, "--data-dir", tmp_path / "data", settle=QUIET)
    assert again.returncode == 0, again.stdout + again.stderr
    assert there(new) == want
