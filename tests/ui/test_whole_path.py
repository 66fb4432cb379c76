"""What an admin does from beginning to end, on real servers and with a real engine: by Pilot, and typed in a terminal
whose line drops in the middle."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import DovecotFactory
from tests.crash.support import SlowLine, differences, wait_for
from tests.engine.support import PASSWORD, plain, run_cli, write_plan
from tests.servers.dovecot import Dovecot, DovecotOptions
from tests.servers.maildir import INBOX, MailItem, counted, read_maildir, write_maildir
from tests.servers.proxies import CapabilityProxy
from tests.support.sample_mail import plain as plain_mail
from tests.ui.dashboard import dashboard, line, press, screen, shows
from tests.ui.terminal import PATIENCE_SECONDS, Terminal
from tui_migrate.config.plan import load_plan
from tui_migrate.service import Service, open_service

TAB, RIGHT, ENTER, ESCAPE = "\t", "\x1b[C", "\r", "\x1b"
SAVE, CLEAR = "\x13", "\x15"
BIG = MailItem(INBOX, b"Subject: the big one\r\n\r\n" + 500 * (b"x" * 70 + b"\r\n"), frozenset(), 1_000_000_000)
MAIL = [*plain_mail(60, 3, size=1000), BIG]


class Move:
    """A mailbox with mail, and one that takes all of it but the biggest message."""

    def __init__(self, source: Dovecot, destination: Dovecot, user: str) -> None:
        self.source, self.destination, self.user = source, destination, user
        write_maildir(source.add_user(user, PASSWORD), "/", MAIL)
        destination.add_user(user, PASSWORD)

    def make_room(self) -> None:
        """The administrator of the destination lets big messages in."""
        self.destination.stop()
        self.destination.options = replace(self.destination.options, max_mail_size=None)
        self.destination.start()

    def arrived(self) -> Counter[MailItem]:
        """What is at the destination, read from its disk."""
        return read_maildir(self.destination.maildir(self.user), "/")

    def assert_exact(self) -> None:
        """Everything has arrived, once."""
        assert differences(self.arrived(), counted(MAIL)) == ([], [])


@pytest.fixture(autouse=True)
def afternoon() -> None:
    """Time goes on here."""


@pytest.fixture
def move(dovecot_factory: DovecotFactory, unique_user: Callable[[], str]) -> Move:
    options = DovecotOptions(quota_storage="100M", max_mail_size="20K")
    return Move(dovecot_factory(), dovecot_factory(options, fresh=True), unique_user())


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """Where the store is to be; no engine is left behind."""
    yield tmp_path / "data"
    run_cli("stop", "--data-dir", tmp_path / "data")


@pytest.fixture
def service(data: Path) -> Iterator[Service]:
    with closing(open_service(data)) as opened:
        yield opened


async def test_from_a_plan_to_done_by_way_of_a_failure(move: Move, service: Service, tmp_path: Path) -> None:
    plan = write_plan(tmp_path, plain(move.source.port), plain(move.destination.port), [move.user], title="Head office")
    service.plans.save(load_plan(plan))
    async with dashboard(service) as pilot:
        assert "□ not started" in line(pilot, "▸ Head office")
        await press(pilot, "s")
        await shows(pilot, "▲ failures")
        await press(pilot, "f")
        await shows(pilot, "message refused")
        await press(pilot, "enter", "enter")
        await shows(pilot, "the big one")
        assert move.user in screen(pilot)
        assert "NO" in line(pilot, "The server said")
        move.make_room()
        await press(pilot, "r")
        await press(pilot, "escape", "escape", "escape")
        await shows(pilot, "✔ done")
        assert "61/61" in line(pilot, "▸ Head office")
    assert service.failures.listing() == []
    move.assert_exact()


def test_all_of_it_typed_in_a_terminal_whose_line_drops(move: Move, data: Path, tmp_path: Path) -> None:
    accounts = tmp_path / "accounts.csv"
    accounts.write_text(f"Source,Password,Destination\n{move.user},{PASSWORD},{move.user}\n")
    with slow_line(move.destination.port) as slow:
        with Terminal(data, "--program") as terminal:
            terminal.shows("No migrations yet")
            make_migration(terminal, move.source.port, slow.port)
            import_accounts(terminal, accounts)
            terminal.type(ESCAPE, until=move.user)
            terminal.type("S", until="Head office: started")
            assert slow.full.wait(PATIENCE_SECONDS)
            terminal.shows("▶ copying")
            terminal.close()
            assert terminal.process.wait(PATIENCE_SECONDS) == 128 + signal.SIGHUP
        assert 0 < sum(move.arrived().values()) < len(MAIL)
        with Terminal(data, "--program") as terminal:
            terminal.shows("▶ copying")
            slow.drain.set()
            terminal.shows("▲ failures")
            terminal.type("f", until="message refused")
            terminal.type(ENTER, until="the big one")
            terminal.type(ENTER, until="In answer to")
            with closing(open_service(data)) as service:
                wait_for(lambda: not service.engine.status().running)
            move.make_room()
            terminal.type("r", until="This is no longer open")
            terminal.type(ESCAPE, until="What it means")
            terminal.type(ESCAPE, until="0 open failures")
            terminal.type(ESCAPE, until="✔ done")
            terminal.press("q")
            terminal.until(lambda: terminal.process.poll() is not None)
    move.assert_exact()


@contextmanager
def slow_line(port: int) -> Iterator[SlowLine]:
    """Takes no more, from the middle of the mailbox on, until it is drained. One message an APPEND."""
    with CapabilityProxy(port, {"MULTIAPPEND"}) as one_by_one, SlowLine(one_by_one.port, 20_000) as line:
        try:
            yield line
        finally:
            line.drain.set()


def make_migration(terminal: Terminal, source_port: int, destination_port: int) -> None:
    """By the form: title and hosts are typed, no encryption is chosen, and the ports are other ones than usual."""
    terminal.type("n", until="993")
    terminal.press("Head office")
    for port in (source_port, destination_port):
        for keys in (TAB, TAB, "127.0.0.1", TAB, RIGHT, RIGHT, TAB, CLEAR, str(port), *[TAB] * 15):
            terminal.press(keys)
    terminal.type(SAVE, until="Head office: saved")


def import_accounts(terminal: Terminal, file: Path) -> None:
    """From a list; each is proven at both servers before it is stored."""
    terminal.type("i", until="CSV file")
    terminal.type(str(file), ENTER, until="1 row")
    terminal.type("v", until="stored")
