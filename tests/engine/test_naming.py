"""What the refusals of names teach, and names that are spelled otherwise for it: with real servers, and pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.engine.support import Ended, migrate, plain, write_plan
from tests.servers.faults.commands import RefuseCommand
from tests.servers.faults.fault import Fault
from tests.servers.faults.storage import NormaliseNames
from tests.servers.imap.server import ImapDouble
from tests.servers.mailbox import Mailbox
from tui_migrate.engine.choosing.mapping import Spelling, make_plan
from tui_migrate.engine.copying.naming import learn
from tui_migrate.errors import NameRefused
from tui_migrate.mail.protocols import ListedFolder, Tree
from tui_migrate.model import Lesson
from tui_migrate.service import open_service
from tui_migrate.service.mailboxes import Mailboxes


def tree(*names: str, delimiter: str = "/") -> Tree:
    return Tree(tuple(ListedFolder(name.encode(), tuple(name.split(delimiter))) for name in names), delimiter, "")


def names(plan_source: Tree, there: Tree, spelling: Spelling, kept: dict[bytes, bytes] | None = None) -> list[str]:
    return [each.name.decode() for each in make_plan(plan_source, there, (), kept, (), spelling).folders]


def refused(name: str, **how: object) -> dict[bytes, NameRefused]:
    return {name.encode(): NameRefused("no", **how)}  # type: ignore[arg-type]


def test_a_character_is_refused_when_no_name_with_it_was_taken() -> None:
    folders = make_plan(tree("a.b~c", "d.e", "plain"), tree(), ()).folders
    assert learn(folders, refused("a.b~c"), Spelling()).refused == "~"


def test_a_name_without_anything_unusual_teaches_nothing() -> None:
    assert learn(make_plan(tree("plain é"), tree(), ()).folders, refused("plain é"), Spelling()) == Spelling()


def test_what_lies_in_a_respelled_folder_goes_with_it_and_twins_are_told_apart() -> None:
    source = tree("a.b", "a.b/c", "a_b")
    assert sorted(names(source, tree(), Spelling("."))) == ["a_b", "a_b (2)", "a_b (2)/c"]


def test_a_folder_that_is_there_keeps_its_name_whatever_was_learned() -> None:
    assert names(tree("a.b"), tree("a.b"), Spelling(".")) == ["a.b"]
    assert names(tree("a.b"), tree("a.b"), Spelling("."), {b"a.b": b"a.b"}) == ["a.b"]
    assert names(tree("a.b"), tree(), Spelling("."), {b"a.b": b"a.b"}) == ["a_b"]


def test_a_name_that_is_another_folder_s_gets_a_number_and_one_that_was_changed_is_taken_as_it_is() -> None:
    spelling = Spelling(taken=frozenset({b"case"}), instead={b"long name": b"long"})
    assert sorted(names(tree("Case", "case", "long name"), tree(), spelling)) == ["Case", "case (2)", "long"]


@contextmanager
def between(folder: Path, names: Sequence[str], *faults: Fault) -> Iterator[tuple[Callable[[], Ended], Mailbox, Path]]:
    """A mailbox with a message in each of these folders, and one that has the faults: a run of the program, the
    destination, and the data folder."""
    old, new = Mailbox(), Mailbox()
    for name in names:
        (old.folder("INBOX") if name == "INBOX" else old.add_folder(name)).add(f"Subject: {name}\r\n\r\nx\r\n".encode())
    with ImapDouble(old) as source, ImapDouble(new, faults=faults) as destination:
        plan = write_plan(folder, plain(source.port), plain(destination.port), ["user"])
        yield lambda: migrate(plan, folder / "data"), new, folder / "data"


def subjects(mailbox: Mailbox) -> dict[str, list[str]]:
    """By folder."""
    found: dict[str, list[str]] = {name: [] for name in mailbox.folder_names()}
    for each in mailbox.contents().elements():
        found[each.folder].append(each.content.decode().splitlines()[0].removeprefix("Subject: "))
    return found


def told(data: Path) -> set[str]:
    with closing(open_service(data)) as service:
        return {each.what for each in service.passes.remarks()}


def test_folders_whose_names_the_destination_refuses_arrive_under_others_that_stay(tmp_path: Path) -> None:
    """A dot is what most servers refuse in names, when they refuse anything."""
    names = ("INBOX", "v1.2", "v1.2/deep.er", "v1_2", "plain")
    no_dots = RefuseCommand(r'CREATE "[^"]*\.', reply=b"NO [CANNOT] Invalid mailbox name")
    with between(tmp_path, names, no_dots) as (run, new, data):
        for copied in (5, 0):
            ended = run()
            assert (ended.code, ended.failures, ended.counts.copied) == (0, [], copied), ended
        assert subjects(new) == {
            "INBOX": ["INBOX"],
            "plain": ["plain"],
            "v1_2": ["v1_2"],
            "v1_2 (2)": ["v1.2"],
            "v1_2 (2)/deep_er": ["v1.2/deep.er"],
        }
        assert told(data) == {"v1.2 becomes v1_2 (2)", "v1.2/deep.er becomes v1_2 (2)/deep_er"}


def test_a_folder_whose_name_is_the_destination_s_own_gets_a_number(tmp_path: Path) -> None:
    names = ("INBOX", "Contacts", "Contacts/old", "plain")
    reserved = RefuseCommand(r'CREATE "Contacts(/|")', reply=b"NO Invalid mailbox name")
    with between(tmp_path, names, reserved) as (run, new, data):
        for copied in (4, 0):
            ended = run()
            assert (ended.code, ended.failures, ended.counts.copied) == (0, [], copied), ended
        assert subjects(new) == {
            "INBOX": ["INBOX"],
            "plain": ["plain"],
            "Contacts (2)": ["Contacts"],
            "Contacts (2)/old": ["Contacts/old"],
        }
        assert told(data) == {"Contacts becomes Contacts (2)"}


def test_the_name_of_a_folder_that_cannot_be_opened_is_its_own_all_the_same(tmp_path: Path) -> None:
    """The destination spells both names alike."""
    composed, decomposed = "Caf\u00e9", "Cafe\u0301"
    ill = RefuseCommand('SELECT "Caf&AOk-"', times=1, reply=b"NO [SERVERBUG] internal error")
    with between(tmp_path, (composed, decomposed), NormaliseNames("NFC"), ill) as (run, new, _):
        assert [each.folder for each in run().failures] == [composed]
        ended = run()
        assert (ended.code, ended.failures, ended.counts.copied) == (0, [], 1), ended
        assert subjects(new) == {"INBOX": [], composed: [composed], f"{composed} (2)": [decomposed]}


def test_what_held_a_folder_up_before_is_not_listed_beside_what_does_so_now(tmp_path: Path) -> None:
    not_made = RefuseCommand("CREATE", times=1, reply=b"NO [NOPERM] not for you")
    not_opened = RefuseCommand('SELECT "a"', nth=2, times=1, reply=b"NO [SERVERBUG] internal error")
    with between(tmp_path, ("a",), not_made, not_opened) as (run, _, _):
        assert [each.kind for each in run().failures] == ["folder not made"]
        assert [each.kind for each in run().failures] == ["command refused"]
        assert run().failures == []


def test_a_destination_that_makes_no_folder_is_not_asked_for_each_under_other_names(tmp_path: Path) -> None:
    with between(tmp_path, ("INBOX", "a", "b"), RefuseCommand("CREATE", reply=b"NO not for you")) as (run, new, _):
        ended = run()
        assert (ended.code, sorted(str(each.folder) for each in ended.failures)) == (1, ["a", "b"])
        assert subjects(new) == {"INBOX": ["INBOX"]}


def test_what_one_mailbox_has_taught_is_foreseen_for_the_next(tmp_path: Path) -> None:
    """By the mapping, and so by the check."""
    olds = [Mailbox(user) for user in ("ann", "bob")]
    for old in olds:
        old.add_folder("v1.2").add(b"Subject: x\r\n\r\nx\r\n")
    news = [Mailbox(user) for user in ("ann", "bob")]
    no_dots = RefuseCommand(r'CREATE "[^"]*\.', reply=b"NO [CANNOT] Invalid mailbox name")
    with ImapDouble(olds) as source, ImapDouble(news, faults=[no_dots]) as there:
        assert (
            migrate(write_plan(tmp_path, plain(source.port), plain(there.port), ["ann"]), tmp_path / "data").code == 0
        )
        migrate(write_plan(tmp_path, plain(source.port), plain(there.port), ["ann", "bob"]), tmp_path / "data")
        with closing(open_service(tmp_path / "data")) as service:
            destination = service.migrations.get(1).migration.destination
            (learned,) = Mailboxes(service.store).lessons(destination).learned
            bob = service.accounts.listing(1)[1]
            folders = service.folders.preview(bob.id, service.folders.trees(bob.id)).folders
            (target,) = (each.goes.target for each in folders if each.goes.target != "INBOX")
    assert (learned.lesson, learned.words, target) == (Lesson.NAMES, ".", "v1_2")
    asked = [command for command in there.commands if command.startswith(b"CREATE")]
    assert asked.count(b'CREATE "v1.2"') == 1, "bob's folder is made under the other name at once"


def test_a_name_that_stays_refused_is_that_folder_s_failure_and_names_what_was_asked(tmp_path: Path) -> None:
    refuse = RefuseCommand(r'CREATE "(a\.b|a_b)"', reply=b"NO no such names here")
    with between(tmp_path, ("INBOX", "a.b", "c"), refuse) as (run, new, _):
        ended = run()
    (failure,) = ended.failures
    assert (ended.code, failure.scope, failure.command) == (1, "folder", "CREATE a_b")
    assert (failure.server_words, bool(failure.advice)) == ("NO no such names here", True)
    assert subjects(new) == {"INBOX": ["INBOX"], "c": ["c"]}


@pytest.mark.parametrize(
    ("fault", "names"),
    [
        (NormaliseNames(form="NFC"), ("\u00c9valuation", "E\u0301valuation")),
        (NormaliseNames(fold_case=True), ("Work", "work", "WORK")),
        (
            NormaliseNames(max_length=30),
            ("a long name of a folder, the first", "a long name of a folder, the second"),
        ),
    ],
    ids=["NFC", "case", "length"],
)
def test_folders_that_the_destination_takes_for_one_never_become_one_in_silence(
    tmp_path: Path, fault: Fault, names: tuple[str, ...]
) -> None:
    with between(tmp_path, names, fault) as (run, new, data):
        ended = run()
        arrived = subjects(new)
        assert all(len(each) <= 1 for each in arrived.values()), arrived
        missing = {*names} - {each for found in arrived.values() for each in found}
        assert len(ended.failures) == len(missing), "what has no place of its own is named"
        assert ended.code == bool(missing)
        assert missing or told(data)
        again = run()
        assert (again.counts.copied, subjects(new)) == (0, arrived)
