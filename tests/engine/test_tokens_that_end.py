"""Tokens that end in the middle of a copy: each is renewed, nothing is lost or stored twice, and nobody storms in."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.engine.support import encrypted, migrate, write_plan
from tests.servers.certificates import Certificates
from tests.servers.faults.fault import Fault
from tests.servers.imap.server import ImapDouble
from tests.servers.loopback_server import Chunk, Cut
from tests.servers.mailbox import Folder, Mailbox, StoredMessage
from tests.servers.session import Command, Proceed, Session
from tests.support.providers import ANNA, Place
from tui_migrate.mail.token import TOKENS
from tui_migrate.timing import Timing, uptime

MESSAGES, ENDS, LANES = 2000, 3, 2
LIFETIME = 3600
QUICK = Timing(settle=0.01, late=0.01, tick=0.01, save=0.02, poll=0.02, longest_wait=0.05)


class Office(Fault):
    """Ends the connection of each session whose token has ended, as Exchange does; after so many messages that were
    stored, the clock of the authorization server goes on by a token's life."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.refused = 0
        self.stored_so_far = 0
        self._of_thread = threading.local()

    def opens(self, user: str, token: str) -> bool:
        """Let in who has a good token, and remember it for this connection, which has a thread of its own."""
        self._of_thread.token = token
        good = self.place.server.opens(user, token)
        self.refused += not good
        return good

    def asked(self, session: Session, command: Command) -> Sequence[Chunk | Proceed] | None:
        token = getattr(self._of_thread, "token", "")
        if session.mailbox is None or not token or self.place.server.opens(ANNA, token):
            return None
        return [b"* BYE Session invalidated - AccessTokenExpired\r\n", Cut()]

    def stored(self, session: Session, folder: Folder, message: StoredMessage) -> bool:
        self.stored_so_far += 1
        if self.stored_so_far % (MESSAGES // (ENDS + 1)) == 0 and self.stored_so_far < MESSAGES:
            self.place.server.books.ahead += LIFETIME + 1
        return True


@pytest.fixture
def at(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    place = Place("custom", certificates, monkeypatch)
    place.server.books.lifetimes.access = LIFETIME
    with place.server:
        yield place


@pytest.mark.parametrize("known", [True, False], ids=["as was said", "before it was said"])
def test_a_token_ends_while_mail_is_copied(
    at: Place, certificates: Certificates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    """`known`: our clock goes on with the provider's, so that the end of a token is foreseen."""
    if known:
        monkeypatch.setattr(TOKENS, "_clock", lambda: uptime() + at.server.books.ahead)
    office = Office(at)
    old, new = Mailbox(ANNA), Mailbox(ANNA)
    for number in range(MESSAGES):
        old.folders["INBOX"].add(
            f"Message-ID: <{number}@old.example>\r\nSubject: {number}\r\n\r\n{number}\r\n".encode()
        )
    (tmp_path / "app.secret").touch(0o600)
    (tmp_path / "app.secret").write_text("word")
    oauth = {"provider": "custom", "client_id": "app", "secret_file": "app.secret", "scope": "mail"}
    oauth["token_url"] = at.server.url("/token")
    with ExitStack() as stack:
        ends = [stack.enter_context(ImapDouble([box], [office], tls=certificates.good.context())) for box in (old, new)]
        for each in ends:
            each.opens = office.opens
        keys = [encrypted(each.port, at.ca, oauth=oauth, account_connections=LANES) for each in ends]
        rows = [{"Source": ANNA, "Destination": ANNA}]
        ended = migrate(write_plan(tmp_path, keys[0], keys[1], rows), tmp_path / "data", QUICK)
    assert (ended.code, ended.failures, ended.counts.copied) == (0, [], MESSAGES), ended
    assert sorted(each.octets for each in new.folders["INBOX"].messages) == sorted(
        each.octets for each in old.folders["INBOX"].messages
    )
    tokens, logins = len(at.server.forms()), sum(each.logins for each in ends)
    assert tokens == ENDS + 1, "one for all, and one for each that has ended"
    assert logins <= 2 * LANES * (ENDS + 1)
    assert office.refused <= (0 if known else 2 * LANES * ENDS)
