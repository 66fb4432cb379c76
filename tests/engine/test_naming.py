"""What the refusals of names teach, and names that are spelled otherwise for it: with real servers, and pure."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests.conftest import DovecotFactory
from tests.engine.support import migrate, plain, write_plan
from tests.servers.dovecot import DovecotOptions
from tests.servers.maildir import MailItem, read_maildir, write_maildir
from tui_migrate.engine.choosing.mapping import Spelling, make_plan
from tui_migrate.engine.copying.naming import learn
from tui_migrate.errors import NameRefused
from tui_migrate.mail.protocols import ListedFolder, Tree
from tui_migrate.service import open_service


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


def item(folder: str, number: int) -> MailItem:
    return MailItem(folder, b"Subject: %d\r\n\r\nx\r\n" % number, frozenset(), 1_500_000_000 + number)


def test_folders_whose_names_the_destination_refuses_arrive_under_others_that_stay(
    dovecot_factory: DovecotFactory, unique_user: Callable[[], str], tmp_path: Path
) -> None:
    """A Maildir with `/` between the parts of names takes no dot in one: the most common refusal."""
    old = dovecot_factory(DovecotOptions(layout="fs", separator="/"))
    new = dovecot_factory(DovecotOptions(layout="maildir++", separator="/"))
    user = unique_user()
    source = old.add_user(user, "secret")
    new.add_user(user, "secret")
    items = [item("INBOX", 1), item("v1.2", 2), item("v1.2/deep.er", 3), item("v1_2", 4), item("plain", 5)]
    write_maildir(source, "/", items, layout="fs")
    plan = write_plan(tmp_path, plain(old.port), plain(new.port), [user])
    for copied in (5, 0):
        ended = migrate(plan, tmp_path / "data")
        assert (ended.code, ended.failures, ended.counts.copied) == (0, [], copied), ended
    there = {each.folder: each.content for each in read_maildir(new.maildir(user), "/").elements()}
    assert set(there) == {"INBOX", "plain", "v1_2", "v1_2 (2)", "v1_2 (2)/deep_er"}
    assert there["v1_2"] == items[3].content
    with closing(open_service(tmp_path / "data")) as service:
        told = {each.what for each in service.remarks()}
    assert told == {"v1.2 becomes v1_2 (2)", "v1.2/deep.er becomes v1_2 (2)/deep_er"}
