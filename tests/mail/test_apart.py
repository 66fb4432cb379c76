"""Mailboxes of files are read by processes of their own, which may die without anybody else, and never outlive us."""

from __future__ import annotations

import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.crash.support import wait_for
from tests.doubles.deadly import DEADLY, STUCK, UNLISTED, DeadlyServer, deadly_kind
from tests.doubles.moving import QUICK
from tests.engine.support import migrate, run_here, write_plan
from tests.servers.maildir import read_maildir
from tui_migrate.errors import Disconnected, ReaderEnded
from tui_migrate.mail.connect import open_source
from tui_migrate.mail.files.pipe import Pipe
from tui_migrate.mail.files.readers import READERS
from tui_migrate.mail.message import SPOOL_ABOVE
from tui_migrate.mail.protocols import MailSource, Read
from tui_migrate.model import Login, Secret
from tui_migrate.model.kinds.mbox import MboxServer


class Meter:
    """A valve that lets so many octets through at once, and notes them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.seen: list[int] = []

    def piece(self, most: int) -> int:
        return min(most, self._most)

    def passed(self, octets: int) -> None:
        self.seen.append(octets)

    def spared(self, octets: int) -> None:
        pass

    def release(self) -> None:
        pass


NOBODY = Login("u", Secret(""))
MAIL = b"Subject: %d\r\n\r\nHello.\r\n"


@pytest.fixture(autouse=True)
def _deadly() -> Iterator[None]:
    with deadly_kind():
        yield


def write(folder: Path, messages: int, deadly: int = 0) -> Path:
    folder.mkdir()
    for number in range(1, messages + 1):
        (folder / f"{number:03}").write_bytes(DEADLY if number == deadly else MAIL % number)
    return folder


def opened(folder: Path) -> MailSource:
    return open_source(DeadlyServer(folder=str(folder.parent), path=folder.name), NOBODY, folder.parent)


def subjects(source: MailSource) -> Iterator[bytes]:
    for step in source.read(source.tree().folders, lambda listing: listing.messages):
        if isinstance(step, Read):
            with closing(step.message.content) as content:
                yield content.head()


def told(source: MailSource) -> dict[str, str]:
    """By the archive, of its process."""
    return dict(source.remarks())


def runs(process: int) -> bool:
    """A process that has ended and is not buried counts for none."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_message_that_ends_its_reader_is_known_and_the_next_reader_goes_on(tmp_path: Path) -> None:
    folder = write(tmp_path / "box", 5, deadly=4)
    with closing(opened(folder)) as source:
        with pytest.raises(ReaderEnded):
            list(subjects(source))
        assert source.died_at() == (b"INBOX", 4)
        (folder / "004").write_bytes(MAIL % 4)
        assert [*subjects(source)] == [b"Subject: %d\r" % number for number in range(1, 6)]


def test_it_costs_the_account_that_message_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "u", 30, deadly=17)
    source = {"protocol": "deadly", "folder": str(tmp_path)}
    destination = {"protocol": "maildir", "folder": str(tmp_path / "new")}
    (tmp_path / "new").mkdir()
    plan = write_plan(tmp_path, source, destination, [{"Source": "u", "Destination": "u"}])
    migrate(plan, tmp_path / "data", QUICK)
    told = capsys.readouterr().out
    assert "29 copied + 0 brought earlier + 0 already there + 0 excluded + 0 gone + 1 failed" in told
    said = run_here("failures", "--data-dir", tmp_path / "data").stdout
    assert "Reading ended each time at this message" in said
    assert not {"server", "connection"} & {*said.lower().replace(".", " ").split()}
    arrived = read_maildir(tmp_path / "new" / "u", "/")
    wanted = {MAIL % number for number in range(1, 31)} - {MAIL % 17}
    assert sorted(each.content for each in arrived.elements()) == sorted(wanted)


def test_a_mailbox_that_is_as_it_was_is_not_listed_in_the_next_pass(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write(tmp_path / "u", 3)
    (tmp_path / "new").mkdir()
    ends = {"protocol": "deadly", "folder": str(tmp_path)}, {"protocol": "maildir", "folder": str(tmp_path / "new")}
    plan = write_plan(tmp_path, *ends, [{"Source": "u", "Destination": "u"}])
    migrate(plan, tmp_path / "data", QUICK)
    (folder / UNLISTED).touch()
    migrate(plan, tmp_path / "data", QUICK)
    assert "0 copied + 3 brought earlier" in capsys.readouterr().out
    (folder / "004").write_bytes(MAIL % 4)
    migrate(plan, tmp_path / "data", QUICK)
    assert "There is something in the way." in run_here("failures", "--data-dir", tmp_path / "data").stdout
    (folder / UNLISTED).unlink()
    migrate(plan, tmp_path / "data", QUICK)
    assert "1 copied + 3 brought earlier" in capsys.readouterr().out


def test_what_was_left_in_the_midst_is_begun_anew(tmp_path: Path) -> None:
    with closing(opened(write(tmp_path / "box", 50))) as source:
        assert next(subjects(source)) == b"Subject: 1\r"
        assert len([*subjects(source)]) == 50


def test_who_waits_for_a_reader_that_is_stuck_is_let_go(tmp_path: Path) -> None:
    folder = write(tmp_path / "box", 2)
    with closing(opened(folder)) as source:
        process = int(told(source)["process"])
        (folder / STUCK).touch()
        aborting = threading.Thread(target=source.abort)
        aborting.start()
        with pytest.raises(Disconnected) as raised:
            source.tree()
        aborting.join()
        assert not isinstance(raised.value, ReaderEnded)
        wait_for(lambda: not runs(process))


@pytest.mark.parametrize(("most", "times"), [(1 << 20, 1), (10, 40)])
def test_octets_pass_a_limit_in_pieces_and_all_else_together(tmp_path: Path, most: int, times: int) -> None:
    valve = Meter(most)
    with closing(opened(write(tmp_path / "box", 40))) as source:
        source.through(valve)
        assert len([*subjects(source)]) == 40
    assert sum(valve.seen) == sum(len(MAIL % number) for number in range(1, 41))
    assert len([each for each in valve.seen if each]) == times


def test_what_forks_readers_is_there_before_the_first_mailbox_is_opened(tmp_path: Path) -> None:
    READERS.end()
    READERS.get_ready("tests.doubles.deadly")
    there = {each.name for each in Path("/proc").glob("[0-9]*")}
    with closing(opened(write(tmp_path / "box", 1))) as source:
        assert told(source)["parent"] in there


def test_a_message_above_a_megabyte_comes_through_a_file(tmp_path: Path) -> None:
    mail = b"From: a@b.example\nSubject: large\n\n" + b"0123456789abcde\n" * (SPOOL_ABOVE // 16 + 1)
    (tmp_path / "large").write_bytes(b"From a@b.example Thu Jul 31 19:41:49 2008\n" + mail)
    with closing(open_source(MboxServer(folder=str(tmp_path), path="large"), NOBODY, tmp_path)) as source:
        read, *_ = source.read(source.tree().folders, lambda listing: listing.messages)
        assert isinstance(read, Read)
        with closing(read.message.content) as content:
            assert content.octets is None
            assert b"".join(content.chunks()) == mail.replace(b"\n", b"\r\n")
            assert content.length == len(mail) + mail.count(b"\n")


def test_no_reader_outlives_an_engine_that_is_killed(tmp_path: Path) -> None:
    folder = write(tmp_path / "box", 2)
    program = (
        "import signal; from pathlib import Path; from tests.mail.test_apart import deadly_kind, opened, told\n"
        f"with deadly_kind(): source = opened(Path({str(folder)!r})); print(told(source)['process'], flush=True)\n"
        f"Path({str(folder / STUCK)!r}).touch(); source.tree()"
    )
    root = Path(__file__).parents[2]
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=root, text=True) as engine:
        assert engine.stdout is not None
        process = int(engine.stdout.readline())
        forker = int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
        wait_for((folder / STUCK).exists)
        engine.kill()
    wait_for(lambda: not runs(process) and not runs(forker))


def test_a_process_that_forks_readers_may_be_ended(tmp_path: Path) -> None:
    folder = write(tmp_path / "box", 2)
    with closing(opened(folder)) as source:
        process = int(told(source)["process"])
        forker = int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
        os.kill(forker, signal.SIGKILL)
        wait_for(lambda: not runs(forker))
        assert len([*subjects(source)]) == 2
        with closing(opened(folder)) as other:
            assert len([*subjects(other)]) == 2


def test_readers_see_nothing_of_our_environment_that_may_be_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    READERS.end()
    monkeypatch.setenv("MAIL_PASSWORD", "geheim")
    with closing(opened(write(tmp_path / "box", 1))) as source:
        assert "geheim" not in told(source).values()


@pytest.mark.parametrize("value", [os.getcwd, subprocess.Popen, Path("/")])
def test_a_reader_can_hand_us_nothing_but_values_of_ours(value: object) -> None:
    ours, theirs = socket.socketpair()
    with closing(Pipe(ours, wary=True)) as engine, closing(Pipe(theirs)) as reader:
        reader.send(value)
        with pytest.raises(pickle.UnpicklingError):
            engine.receive()
