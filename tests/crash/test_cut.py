"""Cut between what the server has done and what we hear of it, with and without our death at that instant."""

from __future__ import annotations

import imaplib
import signal
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import DovecotFactory
from tests.crash.support import KILLED, Child, SlowLine, differences, open_windows, run_here, wait_for
from tests.engine.support import migrate, plain, write_plan
from tests.servers.dovecot import Dovecot, DovecotOptions
from tests.servers.maildir import MailItem, counted, read_maildir, write_maildir
from tests.servers.proxies import CapabilityProxy, CutLiteral, CutReply, CuttingProxy, DelayProxy
from tests.support.sample_mail import plain as plain_mail
from tests.support.sample_mail import without_keywords
from tui_migrate.engine import main, process
from tui_migrate.engine.copying.budget import Budget
from tui_migrate.service import open_service
from tui_migrate.timing import Timing

LIMIT = 20_000
MESSAGES = 150
"""Three windows."""


@pytest.fixture(scope="module")
def server(dovecot_factory: DovecotFactory) -> Dovecot:
    """Refuses what is larger than `LIMIT`, and every group that holds such a message."""
    return dovecot_factory(DovecotOptions(quota_storage="1G", max_mail_size=f"{LIMIT}B"))


QUICK = Timing(settle=0.2, late=0.2)
"""Against a server that does nothing late."""


class Box:
    """A mailbox of small messages, and the mailbox that it goes to."""

    def __init__(self, server: Dovecot, user: str, items: list[MailItem]) -> None:
        self.user, self.copy, self.items = user, f"{user}copy", items
        write_maildir(server.add_user(self.user, "secret"), "/", items)
        self._destination = server.add_user(self.copy, "secret")

    def plan(self, folder: Path, source_port: int, destination_port: int) -> Path:
        return write_plan(folder, plain(source_port), plain(destination_port), [(self.user, self.copy)])

    def assert_exact(self) -> None:
        """All that may be stored is there once, and nothing else."""
        want = counted(item for item in self.items if len(item.content) <= LIMIT)
        assert differences(read_maildir(self._destination, "/"), want) == ([], [])


@pytest.fixture
def box(server: Dovecot, unique_user: Callable[[], str]) -> Box:
    return Box(server, unique_user(), plain_mail(MESSAGES, 1, size=600))


def with_a_refused_one(server: Dovecot, user: str) -> Box:
    """The first window holds a message that is refused and two whose twins, with another flag, are in the next: these
    arrive before the first window's messages do one by one."""
    items = [replace(item, flags=frozenset()) for item in plain_mail(MESSAGES, 1, size=600)]
    items[25] = plain_mail(1, 1, size=LIMIT + 1000, seed=9)[0]
    items[60:60] = [replace(items[0], flags=frozenset({"\\Seen"})), replace(items[30], flags=frozenset({"\\Answered"}))]
    return Box(server, user, items)


@pytest.mark.parametrize("nth", [1, 2])
def test_killed_between_execution_and_reply(server: Dovecot, box: Box, tmp_path: Path, nth: int) -> None:
    with CuttingProxy(server.port, CutReply(nth=nth), on_cut=lambda: child.kill()) as proxy:
        plan = box.plan(tmp_path, server.port, proxy.port)
        with Child("run", plan, "--data-dir", tmp_path / "data") as child:
            assert child.wait() == KILLED, child.out + child.err
        again = run_here("run", plan, "--data-dir", tmp_path / "data")
    assert again.returncode == 0, again.stdout + again.stderr
    assert f"{MESSAGES} listed = {MESSAGES} copied + 0 brought earlier + 0 already there" in again.stdout
    box.assert_exact()


@pytest.mark.parametrize(
    "rule",
    [CutReply(nth=1), CutReply(nth=5), CutReply(nth=30), CutLiteral(300, nth=MESSAGES + 2 + 10)],
    ids=["the group's refusal", "first single", "a later single", "within the tenth single"],
)
def test_killed_while_a_refused_group_goes_one_by_one(
    server: Dovecot, unique_user: Callable[[], str], tmp_path: Path, rule: CutReply | CutLiteral
) -> None:
    box = with_a_refused_one(server, unique_user())
    # The line is so long that all windows are on it when the first one is answered.
    with DelayProxy(server.port, 0.05) as far, CuttingProxy(far.port, rule, on_cut=lambda: child.kill()) as proxy:
        plan = box.plan(tmp_path, server.port, proxy.port)
        with Child("run", plan, "--data-dir", tmp_path / "data") as child:
            assert child.wait() == KILLED, child.out + child.err
        again = run_here("run", plan, "--data-dir", tmp_path / "data")
    assert again.returncode == 1, again.stdout + again.stderr
    listed = len(box.items)
    assert (
        f"{listed} listed = {listed - 1} copied + 0 brought earlier + 0 already there + 0 excluded + 0 gone + 1 failed"
        in again.stdout
    )
    box.assert_exact()


@pytest.mark.parametrize(
    "missing",
    [
        pytest.param((), id="full"),
        pytest.param(("UIDPLUS", "MULTIAPPEND"), id="bare"),
        pytest.param(("UNSELECT", "LITERAL+"), id="old", marks=pytest.mark.nightly),
    ],
)
@pytest.mark.parametrize(
    "rule",
    [
        CutReply(nth=1),
        pytest.param(CutReply(nth=3), marks=pytest.mark.nightly),
        pytest.param(CutLiteral(300, nth=1), marks=pytest.mark.nightly),
        CutLiteral(300, nth=75),
        CutLiteral(600, nth=150),
    ],
    ids=repr,
)
def test_cut_at_the_destination_the_engine_goes_on_by_itself(
    server: Dovecot, box: Box, tmp_path: Path, rule: CutReply | CutLiteral, missing: tuple[str, ...]
) -> None:
    with CapabilityProxy(server.port, missing) as fewer, CuttingProxy(fewer.port, rule) as proxy:
        ended = migrate(box.plan(tmp_path, server.port, proxy.port), tmp_path / "data", QUICK)
        assert proxy.cut.is_set()
    assert (ended.code, ended.counts.listed, ended.counts.copied) == (0, MESSAGES, MESSAGES), ended
    box.assert_exact()


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_cut_at_the_source_the_engine_goes_on_by_itself(server: Dovecot, box: Box, tmp_path: Path, nth: int) -> None:
    with CuttingProxy(server.port, CutReply(b"UID FETCH", nth)) as proxy:
        ended = migrate(box.plan(tmp_path, proxy.port, server.port), tmp_path / "data", QUICK)
        assert proxy.cut.is_set()
    assert (ended.code, ended.counts.listed, ended.counts.copied) == (0, MESSAGES, MESSAGES), ended
    box.assert_exact()


def test_memory_that_a_dead_connection_held_is_free_again(
    server: Dovecot, unique_user: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut in the middle of a window that is partly refused, with room for a few messages only."""
    budget = Budget(100_000)
    monkeypatch.setattr(main, "Budget", lambda: budget)
    box = with_a_refused_one(server, unique_user())
    rule = CutReply(nth=30)  # the group's refusal, 25 messages one by one, the refused one, and a few more
    with DelayProxy(server.port, 0.02) as far, CuttingProxy(far.port, rule) as proxy:
        ended = migrate(box.plan(tmp_path, server.port, proxy.port), tmp_path / "data", QUICK)
        assert proxy.cut.is_set()
    assert (ended.code, ended.counts.failed, ended.counts.pending) == (1, 1, 0), ended
    box.assert_exact()
    assert budget.take(100_000, 0)
    assert not budget.take(1, 0)


def test_a_folder_that_is_replaced_while_it_is_filled_is_filled_again_on_request(
    server: Dovecot, unique_user: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody deletes it and makes it anew while messages are on their way."""
    folder = "Folder 01"
    box = Box(server, unique_user(), [replace(item, folder=folder) for item in plain_mail(300, 1, size=600)])
    data = tmp_path / "data"
    one_by_one = CapabilityProxy(server.port, {"MULTIAPPEND", "LITERAL+"})
    with one_by_one, SlowLine(one_by_one.port, 60_000) as line:
        plan = box.plan(tmp_path, server.port, line.port)
        with Child("run", plan, "--data-dir", data) as child, imaplib.IMAP4("127.0.0.1", server.port) as somebody:
            assert line.full.wait(120)
            somebody.login(box.copy, "secret")
            somebody.delete(f'"{folder}"')
            somebody.create(f'"{folder}"')
            line.drain.set()
            assert child.wait() == 1, child.out + child.err
        assert "folder was replaced" in run_here("failures", "--json", "--data-dir", data).stdout
        assert run_here("run", plan, "--data-dir", data).returncode == 1
        monkeypatch.setattr(process, "spawn", lambda *_: None)
        with closing(open_service(data)) as service:
            assert service.failures.refill([each.id for each in service.failures.listing()]) == 1
        again = run_here("run", plan, "--data-dir", data)
    assert again.returncode == 0, again.stdout + again.stderr
    box.assert_exact()


def test_a_server_that_hangs_up_after_every_login_is_given_time(server: Dovecot, box: Box, tmp_path: Path) -> None:
    def again() -> None:
        proxy.rule = CutReply(b"EXAMINE")

    with CuttingProxy(server.port, CutReply(b"EXAMINE"), on_cut=again) as proxy:
        with (
            Child("run", box.plan(tmp_path, proxy.port, server.port), "--data-dir", tmp_path / "data") as child,
            closing(open_service(tmp_path / "data")) as service,
        ):
            assert proxy.cut.wait(120)
            wait_for(lambda: "Tried again at" in service.accounts.listing(1)[0].detail)
            child.signal(signal.SIGTERM)
            assert child.wait() == 130, child.out + child.err
        assert sum(b"EXAMINE" in command for command in proxy.commands) <= 3
        proxy.rule = None
        assert migrate(box.plan(tmp_path, proxy.port, server.port), tmp_path / "data").code == 0
    box.assert_exact()


def test_what_a_killed_engine_had_not_sent_yet_does_not_arrive_after_it(
    server: Dovecot, unique_user: Callable[[], str], tmp_path: Path
) -> None:
    box = Box(server, unique_user(), without_keywords(plain_mail(200, 1, size=19_000)))
    data = tmp_path / "data"
    with SlowLine(server.port, 100_000) as line:
        plan = box.plan(tmp_path, server.port, line.port)
        with Child("run", plan, "--data-dir", data) as child:
            assert line.full.wait(120)
            wait_for(lambda: open_windows(data) == 200 / 50)  # all of it is read, and sent as far as buffers go
            child.kill()
            child.wait()
        again = run_here("run", plan, "--data-dir", data)
        assert again.returncode == 0, again.stdout + again.stderr
        line.drain.set()
        assert line.drained.wait(120)
    box.assert_exact()
