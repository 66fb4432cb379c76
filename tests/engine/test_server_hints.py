"""A server that asks for patience gets it: shown until when, said once, and no message pays for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import DovecotFactory
from tests.engine.support import migrate, plain, write_plan
from tests.servers.maildir import MailItem, counted, read_maildir, write_maildir
from tests.support.nasty_mail import FIRST_OF_JULY
from tests.support.rewriting_proxy import RewritingProxy
from tui_migrate.engine import supervisor
from tui_migrate.engine.outcome import Outcome, record_end
from tui_migrate.engine.turns.retry import Decision, decide
from tui_migrate.errors import MailError
from tui_migrate.service import open_service
from tui_migrate.timing import Timing

MAIL = [
    MailItem(folder, b"Subject: %d\r\n\r\nx\r\n" % number, frozenset(), FIRST_OF_JULY + number)
    for folder in ("INBOX", "Work")
    for number in range(5)
]
BACKOFF = b"Request is throttled. Suggested Backoff Time: 92415 milliseconds"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (b"NO [THROTTLED] slowly", "The server asks to try again later."),
        (b"NO [UNAVAILABLE] the disk is away", "The server asks to try again later."),
        (b"NO " + BACKOFF, "The server asks for a pause of 92 s."),
        (b"BAD " + BACKOFF, "The server asks for a pause of 92 s."),
        (b"NO [INUSE] being repaired", "The server asks to try again later."),
    ],
)
def test_it_waits_as_long_as_the_server_says_and_goes_on(
    dovecot_factory: DovecotFactory,
    unique_user: Callable[[], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: bytes,
    sentence: str,
) -> None:
    server, user = dovecot_factory(), unique_user()
    write_maildir(server.add_user(user, "secret"), "/", MAIL)
    there = server.add_user(f"new-{user}", "secret")
    waits: list[float | None] = []

    def soon(error: MailError, tries: int, fruitless: float, worked_before: bool, timing: Timing) -> Decision:
        decision = decide(error, tries, fruitless, worked_before, timing)
        waits.append(decision.wait)
        return replace(decision, wait=1.0)

    def refuse(line: bytes, answered: bytes | None) -> bytes:
        if answered == b"EXAMINE" and len(waits) < 2:
            return line.split(b" ")[0] + b" " + words + b"\r\n"
        return line

    monkeypatch.setattr(supervisor, "decide", soon)
    with RewritingProxy(server.port, server_line=refuse) as proxy:
        keys = plain(proxy.port), plain(server.port)
        ended = migrate(write_plan(tmp_path, *keys, [(user, f"new-{user}")]), tmp_path / "data")
    assert (ended.code, ended.failures) == (0, []), ended
    assert counted(read_maildir(there, "/").elements()) == counted(MAIL)
    assert waits[:2] == ([92.415, 92.415] if b"Backoff" in words else [5.0, 10.0])
    with closing(open_service(tmp_path / "data")) as service:
        told = [event.what for event in service.logs.events() if "throttled" in event.what]
    assert told == [f"{user}: throttled. {sentence}"], "once, not for every try"


def test_until_when_it_waits_is_said_where_the_state_is(
    dovecot_factory: DovecotFactory, unique_user: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, user = dovecot_factory(), unique_user()
    write_maildir(server.add_user(user, "secret"), "/", MAIL)
    server.add_user(f"new-{user}", "secret")
    details: list[str] = []

    def refuse(line: bytes, answered: bytes | None) -> bytes:
        if answered == b"EXAMINE" and not details:
            return line.split(b" ")[0] + b" NO Suggested Backoff Time: 1000 milliseconds\r\n"
        return line

    def note(connection: object, work: object, outcome: Outcome, additions: object) -> bool:
        details.append(f"{outcome.state} {outcome.detail}")
        return record_end(connection, work, outcome, additions)  # type: ignore[arg-type]

    monkeypatch.setattr(supervisor, "record_end", note)
    with RewritingProxy(server.port, server_line=refuse) as proxy:
        keys = plain(proxy.port), plain(server.port)
        assert migrate(write_plan(tmp_path, *keys, [(user, f"new-{user}")]), tmp_path / "data").code == 0
    assert re.fullmatch(r"throttled until (\S+ )?\d\d:\d\d \S+: The server asks for a pause of 1 s\.", details[0])
