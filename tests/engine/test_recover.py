"""What is there already is not copied again: after another tool, a lost journal, changed UIDVALIDITYs."""

from __future__ import annotations

import imaplib
import re
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.conftest import DovecotFactory
from tests.crash.support import differences
from tests.engine.support import Ended, migrate, new_uidvalidity, plain, write_plan
from tests.servers.dovecot import Dovecot
from tests.servers.imap_lexer import Line, Piece
from tests.servers.imap_session import ImapProxy, Session
from tests.servers.loopback_proxy import Link
from tests.servers.maildir import MailItem, counted, read_maildir, write_maildir
from tests.servers.proxies import CapabilityProxy, CutLiteral, CutReply, CuttingProxy
from tests.support.sample_mail import plain as plain_mail
from tui_migrate.cli import main
from tui_migrate.engine import process
from tui_migrate.model import AccountState, Counts
from tui_migrate.service import open_service
from tui_migrate.timing import Timing

ITEMS = plain_mail(60, 3, size=500)
TWIN = replace(ITEMS[0], flags=frozenset())
ALL = [*ITEMS, TWIN, TWIN, TWIN]
"""In INBOX and two folders; three of INBOX are equal."""
FOREIGN = [replace(item, content=b"Subject: foreign\r\n" + item.content) for item in plain_mail(6, 3, size=400, seed=5)]


class Move:
    """A mailbox with mail, the one that it goes to, and what of it has arrived."""

    def __init__(self, server: Dovecot, user: str, folder: Path, items: list[MailItem]) -> None:
        self.user, self.copy = user, f"{user}copy"
        self.source = server.add_user(self.user, "secret")
        self.destination = server.add_user(self.copy, "secret")
        write_maildir(self.source, "/", items)
        self.server, self.folder = server, folder
        self.source_port = self.destination_port = server.port

    def run(self, data: str = "data", copy: str = "") -> Ended:
        """The whole program once. `data` names the store, `copy` another destination user than the usual one."""
        keys = plain(self.source_port), plain(self.destination_port)
        plan = write_plan(self.folder, *keys, [(self.user, copy or self.copy)])
        return migrate(plan, self.folder / data, Timing(settle=0.2, late=0.2))

    def assert_there(self, items: list[MailItem], root: Path | None = None) -> None:
        """These messages are at the destination, each once, and no other."""
        assert differences(read_maildir(root or self.destination, "/"), counted(items)) == ([], [])


@pytest.fixture
def move(dovecot_factory: DovecotFactory, unique_user: Callable[[], str], tmp_path: Path) -> Move:
    return Move(dovecot_factory(), unique_user(), tmp_path, ALL)


def flag(move: Move, item: MailItem) -> MailItem:
    r"""Set `\Flagged` on a message at the source. Returns: what it is now."""
    (message_id,) = re.findall(rb"Message-ID: (\S+)", item.content)
    with imaplib.IMAP4("127.0.0.1", move.server.port) as client:
        client.login(move.user, "secret")
        client.select(f'"{item.folder}"')
        (found,) = client.uid("SEARCH", "HEADER", "Message-ID", message_id.decode())[1]
        client.uid("STORE", found.decode(), "+FLAGS", "(\\Flagged)")
    return replace(item, flags=item.flags | {"\\Flagged"})


def store(move: Move, items: list[MailItem], replaced: str = "") -> None:
    """Store messages at the destination as another tool would, in a folder that is deleted and made anew first."""
    with imaplib.IMAP4("127.0.0.1", move.server.port) as client:
        client.login(move.copy, "secret")
        if replaced:
            client.delete(f'"{replaced}"')
        for name in sorted({item.folder for item in items} - {"INBOX"}):
            client.create(f'"{name}"')
        for item in items:
            flags = f"({' '.join(sorted(item.flags))})"
            client.append(f'"{item.folder}"', flags, imaplib.Time2Internaldate(item.instant), item.content)


def test_without_its_journal_a_complete_move_is_recognised(move: Move) -> None:
    assert move.run().counts.copied == len(ALL)
    shutil.rmtree(move.folder / "data")
    ended = move.run()
    assert (ended.code, ended.counts.copied, ended.counts.there, ended.counts.listed) == (0, 0, len(ALL), len(ALL))
    move.assert_there(ALL)


def test_only_the_rest_is_copied_of_what_another_tool_has_begun(move: Move) -> None:
    begun = [*ITEMS[::2], TWIN, *FOREIGN]  # ITEMS[0] among them: two of the four equal ones
    store(move, begun)
    ended = move.run()
    there = len(ITEMS[::2]) + 1
    assert (ended.code, ended.counts.there, ended.counts.copied) == (0, there, len(ALL) - there), ended
    move.assert_there([*ALL, *FOREIGN])


@pytest.mark.parametrize("sides", [("source",), ("destination",), ("source", "destination")], ids="+".join)
def test_a_new_uidvalidity_copies_nothing_twice(move: Move, sides: tuple[str, ...]) -> None:
    move.run()
    for side in sides:
        new_uidvalidity(move.source if side == "source" else move.destination)
    late = replace(ITEMS[1], content=b"X: late\r\n" + ITEMS[1].content)
    write_maildir(move.source, "/", [late])
    ended = move.run()
    assert (ended.code, ended.counts) == (0, Counts(listed=len(ALL) + 1, copied=1, brought=len(ALL))), ended
    move.assert_there([*ALL, late])
    # It still knows which message is which: a flag goes to the right one.
    now = flag(move, ITEMS[2])
    assert move.run().code == 0
    move.assert_there([now if item == ITEMS[2] else item for item in [*ALL, late]])


@pytest.mark.parametrize("sides", [("source",), ("destination",), ("source", "destination")], ids="+".join)
def test_a_flag_that_changed_before_a_new_uidvalidity_is_carried_over(move: Move, sides: tuple[str, ...]) -> None:
    move.run()
    now = flag(move, ITEMS[2])
    for side in sides:
        new_uidvalidity(move.source if side == "source" else move.destination)
    assert move.run().code == 0
    move.assert_there([now if item == ITEMS[2] else item for item in ALL])


def test_after_a_new_uidvalidity_two_that_differ_in_the_body_are_told_apart(move: Move) -> None:
    """The one that was copied has come to stand behind one that was not."""
    copied = ITEMS[3]
    (file,) = [path for path in (move.source / "cur").iterdir() if path.read_bytes() == copied.content]
    assert move.run().code == 0
    file.rename(file.with_name(file.name.replace("1", "2", 1)))
    other = replace(copied, content=copied.content[:-4] + b"==\r\n")
    write_maildir(move.source, "/", [other])
    new_uidvalidity(move.source)
    assert move.run().counts.copied == 1
    move.assert_there([*ALL, other])


def test_a_folder_that_was_replaced_is_filled_again_by_the_admins_word_alone(
    move: Move, monkeypatch: pytest.MonkeyPatch
) -> None:
    move.run()
    kept = [item for item in ITEMS if item.folder == "Folder 01"][:3]
    store(move, kept, replaced="Folder 01")
    ended = move.run()
    in_folder = sum(item.folder == "Folder 01" for item in ALL)
    assert (ended.code, ended.counts.copied, ended.counts.failed) == (1, 0, in_folder), ended
    assert [(each.kind, each.folder) for each in ended.failures] == [("folder was replaced", "Folder 01")]
    assert ended.counts.pending == 0
    move.assert_there([*(item for item in ALL if item.folder != "Folder 01"), *kept])

    # However often it is run: its user may have deleted what is missing. The others go on.
    late = replace(ITEMS[0], content=b"X: late\r\n" + ITEMS[0].content)
    write_maildir(move.source, "/", [late])
    here = [late, *(item for item in ALL if item.folder != "Folder 01"), *kept]
    for number in range(2):
        ended = move.run()
        assert (ended.code, ended.counts.copied, len(ended.failures)) == (1, 1 - number, 1), ended
        assert "refill" in ended.failures[0].advice
        move.assert_there(here)

    monkeypatch.setattr(process, "spawn", lambda *_: None)
    command = ["--data-dir", str(move.folder / "data"), "refill", "Test", "--folder", "Folder 01"]
    assert CliRunner().invoke(main, command).output.startswith(f"{move.user}: Folder 01 is filled again.")
    with closing(open_service(move.folder / "data")) as service:
        (agreed,) = service.logs.events(text="agreed")
        assert (agreed.who, agreed.what) == (
            service.store.who,
            f"{move.user}: agreed that all is copied again that is missing in Folder 01",
        )
    again = move.run()
    assert (again.code, again.failures) == (0, []), again
    assert again.counts == Counts(len(ALL) + 1, in_folder - 3, there=3, brought=len(ALL) + 1 - in_folder)
    move.assert_there([late, *ALL])


def test_only_a_folder_that_was_replaced_can_be_filled_again(move: Move, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "spawn", lambda *_: None)
    move.run()
    command = ["--data-dir", str(move.folder / "data"), "refill", "Test"]
    assert CliRunner().invoke(main, command).output == "No folder was replaced.\n"
    refused = CliRunner().invoke(main, [*command, "--folder", "INBOX"])
    assert (refused.exit_code, refused.output) == (
        2,
        "Nothing was started. 1 to correct:\n  --folder: no folder INBOX was replaced\n",
    )
    assert move.run().counts.copied == 0


def test_a_source_folder_that_was_replaced_brings_nothing_twice(move: Move) -> None:
    """Most of its mail is other mail now; and what had vanished comes back once more."""
    move.run()
    folder = move.source / "Folder 01"
    aside = move.folder / "aside"
    shutil.move(folder, aside)
    kept = [item for item in ITEMS if item.folder == "Folder 01"][:3]
    others = [replace(item, folder="Folder 01", content=b"X: other\r\n" + item.content) for item in ITEMS[:15]]
    write_maildir(move.source, "/", [*kept, *others])
    (folder / "dovecot-uidlist").write_text("3 V4242 N1\n")
    ended = move.run()
    assert (ended.code, ended.counts.copied) == (0, len(others)), ended
    move.assert_there([*ALL, *others])
    with closing(open_service(move.folder / "data")) as service:
        (said,) = service.logs.events(text="was replaced")
    known = sum(item.folder == "Folder 01" for item in ALL)
    assert f"3 of its {known} known messages were found in it again" in said.what

    shutil.rmtree(folder)
    shutil.move(aside, folder)
    ended = move.run()
    assert (ended.code, ended.counts.copied) == (0, 0), ended
    move.assert_there([*ALL, *others])


def test_another_destination_mailbox_is_compared_anew(move: Move, unique_user: Callable[[], str]) -> None:
    move.run()
    other = unique_user()
    root = move.server.add_user(other, "secret")
    write_maildir(root, "/", ITEMS[:20])
    ended = move.run(copy=other)
    assert (ended.code, ended.counts.there, ended.counts.copied) == (0, 20, len(ALL) - 20), ended
    move.assert_there(ALL, root)
    back = move.run()
    assert (back.code, back.counts.there, back.counts.copied) == (0, len(ALL), 0), back
    move.assert_there(ALL)


def test_another_destination_server_is_compared_anew(move: Move, dovecot_factory: DovecotFactory) -> None:
    move.run()
    other = dovecot_factory(fresh=True)
    root = other.add_user(move.copy, "secret")
    move.destination_port = other.port
    ended = move.run()
    assert (ended.code, ended.counts.copied) == (0, len(ALL)), ended
    move.assert_there(ALL, root)
    move.assert_there(ALL)


def test_a_cut_and_a_new_uidvalidity_at_once_lose_no_twin(move: Move) -> None:
    """The first window has arrived, of the second only a part, and all messages are equal."""
    twins = [TWIN] * 100
    write_maildir(move.source, "/", twins)
    rule = CutLiteral(100, nth=70)
    one_by_one = CapabilityProxy(move.server.port, {"MULTIAPPEND", "LITERAL+"})
    with one_by_one, CuttingProxy(one_by_one.port, rule, on_cut=lambda: new_uidvalidity(move.destination)) as proxy:
        move.destination_port = proxy.port
        ended = move.run()
        assert proxy.cut.is_set()
    assert (ended.code, ended.counts.pending) == (0, 0), ended
    move.assert_there([*ALL, *twins])


def test_uids_that_nobody_told_are_learned_after_a_crash(move: Move) -> None:
    """Without UIDPLUS the UIDs are looked up at the end; what cuts that short must not cost later flag changes."""
    with (
        CapabilityProxy(move.server.port, {"UIDPLUS"}) as fewer,
        CuttingProxy(fewer.port, CutReply(b"EXAMINE")) as proxy,
    ):
        move.destination_port = proxy.port
        assert move.run().counts.copied == len(ALL)
        assert proxy.cut.is_set()
        now = flag(move, ITEMS[2])
        assert move.run().code == 0
    move.assert_there([now if item == ITEMS[2] else item for item in ALL])


class _NoSecondLook(Session):
    def from_client(self, token: Line | Piece) -> None:
        if isinstance(token, Line) and self.command == b"EXAMINE" and b"INBOX" in token.data:
            self.link.client.write(self.tag + b" NO not now\r\n")
        else:
            super().from_client(token)

    def from_server(self, token: Line | Piece, answered: bytes | None) -> None:
        data = re.sub(rb" UIDPLUS| \[APPENDUID [^\]]*\]", b"", token.data)
        self.link.client.write(data)


class NoSecondLook(ImapProxy):
    """A destination that tells no UIDs, and does not let us look for them in INBOX."""

    def session(self, link: Link) -> Session:
        return _NoSecondLook(link, self.commands)


def test_a_folder_whose_new_uids_cannot_be_learned_fails_alone(move: Move) -> None:
    with NoSecondLook(move.server.port) as proxy:
        move.destination_port = proxy.port
        ended = move.run()
    (failure,) = ended.failures
    assert (failure.folder, failure.server_words) == ("INBOX", "NO not now")
    assert (ended.counts.copied, ended.counts.listed) == (len(ALL), len(ALL)), ended
    assert ended.accounts[0].state is AccountState.DONE_WITH_FAILURES
    move.assert_there(ALL)
