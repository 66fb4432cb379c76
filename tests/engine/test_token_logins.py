"""A whole migration with tokens in the place of passwords, and no token anywhere but on the wire."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import DovecotFactory
from tests.engine.support import Keys, migrate, plain, run_here, write_plan
from tests.servers.dovecot import Dovecot, DovecotOptions
from tests.servers.maildir import MailItem, counted, read_maildir, write_maildir
from tests.support.tokens import KEY, TokenOffice, token
from tui_migrate.engine import supervisor
from tui_migrate.engine.turns import retry
from tui_migrate.engine.turns.retry import Decision
from tui_migrate.errors import MailError
from tui_migrate.model import AccountState
from tui_migrate.timing import Timing

ITEMS = [MailItem("INBOX", b"Subject: one\r\n\r\none\r\n", frozenset(), 1_234_567_890)]


@pytest.fixture(scope="module")
def dovecot(dovecot_factory: DovecotFactory) -> Dovecot:
    return dovecot_factory(DovecotOptions(token_key=KEY, pop3=True))


@pytest.fixture
def office(tmp_path: Path) -> TokenOffice:
    return TokenOffice(tmp_path / "tokens")


@pytest.fixture
def user(dovecot: Dovecot, office: TokenOffice, unique_user: Callable[[], str]) -> str:
    """With mail, and an empty mailbox to move it to; tokens for both."""
    name = unique_user()
    write_maildir(dovecot.add_user(name, "never used"), "/", ITEMS)
    dovecot.add_user(f"{name}new", "never used")
    for each in (name, f"{name}new"):
        office.grant(each, token(each), "3600")
    return name


def write(tmp_path: Path, source: Keys, destination: Keys, user: str) -> Path:
    """Its account list has no column for passwords."""
    return write_plan(tmp_path, source, destination, [{"Source": user, "Destination": f"{user}new"}])


@pytest.mark.parametrize("protocol", ["imap", "pop"])
def test_mail_moves_with_tokens_alone(
    dovecot: Dovecot, office: TokenOffice, user: str, tmp_path: Path, protocol: str
) -> None:
    oauth = {"token_command": office.command}
    port = dovecot.port if protocol == "imap" else dovecot.pop3_port
    plan = write(tmp_path, plain(port, protocol=protocol, oauth=oauth), plain(dovecot.port, oauth=oauth), user)
    ended = run_here("run", plan, "--data-dir", tmp_path / "data")
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stdout
    moved = read_maildir(dovecot.maildir(f"{user}new"), "/")
    assert {(item.folder, item.content) for item in moved} == {(item.folder, item.content) for item in ITEMS}
    assert protocol == "pop" or moved == counted(ITEMS)
    assert sorted(office.calls) == [user, f"{user}new"]
    granted = [(office.folder / f"{each}.token").read_bytes().split()[0] for each in (user, f"{user}new")]
    signatures = [each.rpartition(b".")[2] for each in granted]
    for path in (tmp_path / "data").rglob("*"):
        if path.is_file():
            assert not any(signature in path.read_bytes() for signature in signatures), path


def test_a_command_that_fails_for_a_moment_is_run_again(
    dovecot: Dovecot, office: TokenOffice, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    granted = (office.folder / f"{user}.token").read_text()
    (office.folder / f"{user}.token").unlink()

    def mend(error: MailError, tries: int, fruitless: float, worked_before: bool, timing: Timing) -> Decision:
        decision = retry.decide(error, tries, fruitless, worked_before, timing)
        said.append(f"{error.kind}: {error.server_words}")
        office.grant(user, granted)
        assert decision.wait
        return Decision(decision.state, 0.0)

    monkeypatch.setattr(supervisor, "decide", mend)
    oauth = {"token_command": office.command}
    ended = migrate(
        write(tmp_path, plain(dovecot.port, oauth=oauth), plain(dovecot.port, oauth=oauth), user), tmp_path / "data"
    )
    assert (ended.code, ended.failures) == (0, []), ended
    (words,) = said
    assert words.startswith("no token: ")
    assert words.endswith("No such file or directory")


def test_a_command_that_cannot_be_run_fails_its_accounts_and_says_why(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    oauth = {"token_command": "no-such-command {user}"}
    plan = write(tmp_path, plain(dovecot.port, oauth=oauth), plain(dovecot.port, oauth=oauth), user)
    ended = migrate(plan, tmp_path / "data")
    (account,), (failure,) = ended.accounts, ended.failures
    assert (ended.code, account.state) == (1, AccountState.FAILED)
    assert failure.kind == "no token"
    assert failure.sentence == "The token command no-such-command cannot be run: No such file or directory."
    assert "Run the token command by hand" in failure.advice
