"""What a lane gives back when it is told to end is taken by the first one, however late that is."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tui_migrate.engine.choosing.mapping import Mapped, Target
from tui_migrate.engine.copying.allowance import Allowance
from tui_migrate.engine.copying.folder_pair import FolderPair
from tui_migrate.engine.copying.folder_run import FolderRun
from tui_migrate.engine.copying.folder_walk import WalkState
from tui_migrate.engine.copying.lanes import Lanes
from tui_migrate.engine.copying.portions import Portions
from tui_migrate.errors import MailboxInUse, Throttled
from tui_migrate.mail.looking import FolderStatus
from tui_migrate.mail.protocols import Listed, ListedFolder, Listing, Opened
from tui_migrate.model import ImapServer, Selection
from tui_migrate.model.journal import FolderRecord, Marks
from tui_migrate.timing import USUAL

FOLDER = ListedFolder(b"a", ("a",), status=FolderStatus(10, 11, 1))


def folder_run() -> FolderRun:
    mapped = Mapped(FOLDER, Target(b"a", ("a",)), create=False, subscribe=False)
    record = FolderRecord(1, b"a", b"a", 1, None, "", None, 1, complete=False)
    return FolderRun(FolderPair(mapped, record, Opened(b"a", 1, 1, 0), Marks(1, 11, "", 10)), Selection())


class Ends(SimpleNamespace):
    def close(self) -> None:
        pass


@pytest.fixture
def lanes() -> Lanes:
    connector = SimpleNamespace(connect_lane=lambda runs: (Ends(), Ends()))
    migration = SimpleNamespace(selection=Selection(), source=ImapServer("imap.old.example"))
    account = SimpleNamespace(id=1, source_user="alice")
    result = SimpleNamespace(pace=SimpleNamespace(lanes=1), allowance=Allowance())
    work = SimpleNamespace(migration=migration, account=account, result=result)
    return Lanes(cast(Any, work), cast(Any, SimpleNamespace(timing=USUAL)), threading.Event(), cast(Any, connector))


def test_what_comes_back_when_the_first_lane_has_ended_is_not_left_lying(
    lanes: Lanes, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken, first_has_ended = threading.Event(), threading.Event()
    read: list[ListedFolder] = []

    class Script:
        """The first lane sees nothing left; the other one has it all, is told to end, and gives it back."""

        def __init__(self, queue: Portions, first: bool) -> None:
            self.queue, self.first = queue, first

        def run(self) -> None:
            if self.first and not first_has_ended.is_set():
                lanes.allow(2)
                assert taken.wait(120)
                first_has_ended.set()
            elif self.first:
                while portion := self.queue.take(largest=False):
                    read.append(portion)
            else:
                portion = self.queue.take(largest=True)
                assert portion is not None
                taken.set()
                assert first_has_ended.wait(120)
                lanes.allow(1)
                self.queue.put_back([portion])

    def lane(of: Lanes, source: object, destination: object, stopped: object, busy: object = None) -> Script:
        return Script(of._queue, busy is not None)

    monkeypatch.setattr(Lanes, "_lane", lane)
    lanes.copy([folder_run()], cast(Any, Ends()), cast(Any, Ends()))
    assert read == [FOLDER]


def ends_early(run: FolderRun, what: str) -> None:
    """What a lane leaves when it meets this while it is told to end, and says nothing more."""
    if what == "day's bytes":
        run.walk.end(WalkState.CUT)
    else:
        run.walk.end(WalkState.POSTPONED, MailboxInUse("In use."))


@pytest.mark.parametrize(("what", "error"), [("day's bytes", Throttled), ("in use", MailboxInUse)])
def test_what_waits_for_later_is_never_taken_for_done(
    lanes: Lanes, monkeypatch: pytest.MonkeyPatch, what: str, error: type[Exception]
) -> None:
    run = folder_run()

    class Script:
        def __init__(self, queue: Portions) -> None:
            self.queue = queue

        def run(self) -> None:
            self.queue.take(largest=False)
            ends_early(run, what)

    def lane(of: Lanes, *_: object) -> Script:
        return Script(of._queue)

    monkeypatch.setattr(Lanes, "_lane", lane)
    with pytest.raises(error):
        lanes.copy([run], cast(Any, Ends()), cast(Any, Ends()))


def listing(messages: int, exists: int) -> Listing:
    listed = [Listed(uid, frozenset(), b"", None, 1) for uid in range(1, messages + 1)]
    return Listing(FOLDER.name, 1, listed, True, exists)


def test_a_folder_that_must_be_walked_over_again_is_not_complete_before() -> None:
    run = folder_run()
    run.begin(2)
    for part in (listing(3, 10), listing(4, 10)):
        run.walk.take_listing(part)
        run.walk.end_portion()
    assert run.walk.state is WalkState.AGAIN
    assert not run.complete  # told to stop here, it is looked at as a whole in the next run
    run.begin(1)
    assert not run.complete  # nor here
    run.walk.take_listing(listing(10, 10))
    run.walk.end_portion()
    assert run.complete
