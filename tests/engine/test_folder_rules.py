"""The admin's word on folders: sent elsewhere with what lies in them, left behind, taken along again, and never two in
one; first as names, then with real mail."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import DovecotFactory
from tests.engine.folder_mail import item, moved
from tests.engine.support import migrate, plain, write_plan
from tests.engine.trees import folder, guessed, names, paths, places, tree
from tests.servers.dovecot import Dovecot, DovecotOptions
from tests.servers.maildir import MailItem, counted, folder_names, read_maildir, write_maildir
from tui_migrate.config.plan import load_plan
from tui_migrate.engine.choosing.mapping import FolderPlan, make_plan
from tui_migrate.engine.choosing.preview import preview
from tui_migrate.mail.imap.names import encode
from tui_migrate.mail.protocols import ListedFolder, Role, Tree
from tui_migrate.model import Counts, FolderRule
from tui_migrate.service import Service, open_service
from tui_migrate.service.folders import FolderMapping, Trees

Targets = Mapping[str, str | None]


def plan_of(
    source: Tree,
    rules: Targets,
    destination: Tree | None = None,
    excluded: tuple[str, ...] = (),
    kept: Mapping[str, str] | None = None,
) -> FolderPlan:
    """The plan for folders with these rules; `kept` are names of earlier runs."""
    before = {encode(name): encode(place) for name, place in (kept or {}).items()}
    return make_plan(
        source, destination or tree(), excluded, before, [FolderRule(name, target) for name, target in rules.items()]
    )


def collisions(plan: FolderPlan) -> set[str]:
    return {mapped.source.display for mapped in plan.folders if mapped.target.collides}


def left(plan: FolderPlan) -> set[str]:
    return {each.display for each in plan.excluded}


def test_what_lies_in_a_folder_goes_with_it() -> None:
    plan = plan_of(tree("a", "a/b", "a/b/c", "ab"), {"a": "x/y", "a/b/c": "c"}, tree(delimiter="."))
    assert names(plan) == {"a": "x.y", "a/b": "x.y.b", "a/b/c": "c", "ab": "ab"}
    assert not collisions(plan)


def test_a_parent_without_mail_takes_along_what_lies_in_it() -> None:
    ghost = ListedFolder(b"[Gmail]", ("[Gmail]",), selectable=False)
    source = tree(ghost, "[Gmail]/a", "[Gmail]/b", "unlisted/c")
    assert names(plan_of(source, {"[Gmail]": "old", "unlisted": None})) == {"[Gmail]/a": "old/a", "[Gmail]/b": "old/b"}
    assert names(plan_of(source, {"unlisted": "d/e"}))["unlisted/c"] == "d/e/c"


def test_left_behind_with_what_lies_in_it_but_for_what_has_a_rule_of_its_own() -> None:
    plan = plan_of(tree("a", "a/b", "a/b/c", "a/d"), {"a": None, "a/b": "b"})
    assert names(plan) == {"a/b": "b", "a/b/c": "b/c"}
    assert left(plan) == {"a", "a/d"}


def test_the_last_of_several_rules_for_a_folder_holds() -> None:
    rules = [FolderRule("a", "all"), FolderRule("b", None), FolderRule("a", "mine", 7), FolderRule("b", "b", 7)]
    assert names(make_plan(tree("a", "b"), tree(), (), None, rules)) == {"a": "mine", "b": "b"}


@pytest.mark.parametrize(
    ("pattern", "rules", "expected"),
    [
        ("Junk", {"Junk": "Spam"}, {"Junk": "Spam", "Junk/a": "Spam/a", "Junk/a/b": "Spam/a/b"}),
        ("Junk", {"Junk/a": "a"}, {"Junk/a": "a", "Junk/a/b": "a/b"}),
        ("Junk/*", {"Junk/a": "a"}, {"Junk": "Junk", "Junk/a": "a", "Junk/a/b": "a/b"}),
        ("Junk/a", {"Junk": "Spam"}, {"Junk": "Spam"}),
        ("*/b", {"Junk": "Spam"}, {"Junk": "Spam", "Junk/a": "Spam/a"}),
        ("Junk", {"Junk": "Spam", "Junk/a": None}, {"Junk": "Spam"}),
    ],
)
def test_a_rule_outdoes_the_pattern_that_speaks_of_its_folder(
    pattern: str, rules: Targets, expected: dict[str, str]
) -> None:
    plan = plan_of(tree("Junk", "Junk/a", "Junk/a/b"), rules, excluded=(pattern,))
    assert names(plan) == expected
    assert left(plan) == {"Junk", "Junk/a", "Junk/a/b"} - set(expected)


def test_a_view_is_copied_where_the_admin_says_so() -> None:
    plan = plan_of(tree(folder("Starred", Role.FLAGGED)), {"Starred": "Starred mail"})
    assert names(plan) == {"Starred": "Starred mail"}


@pytest.mark.parametrize("typed", ["INBOX", "inbox"])
def test_inbox_can_be_left_to_another_folder_only(typed: str) -> None:
    source = tree("INBOX", "new", "new/a")
    assert names(plan_of(source, {"new": typed, "Inbox": "old"})) == {
        "INBOX": "old", "new": "INBOX", "new/a": "INBOX/a",
    }  # fmt: skip
    both = plan_of(source, {"new": typed})
    assert names(both) == {"INBOX": "INBOX", "new": "INBOX (2)", "new/a": "INBOX (2)/a"}
    assert collisions(both) == {"new"}


def test_inbox_is_where_everything_lies_on_some_servers() -> None:
    courier = tree(delimiter=".", prefix="INBOX.")
    rules = {"INBOX": "old", "new": "INBOX", "b": "inbox/c"}
    assert names(plan_of(tree("INBOX", "INBOX/a", "new", "new/a", "b"), rules, courier)) == {
        "INBOX": "INBOX.old", "INBOX/a": "INBOX.old.a", "new": "INBOX", "new/a": "INBOX.a", "b": "INBOX.c",
    }  # fmt: skip


@pytest.mark.parametrize("source", [tree("a", "b", "c", "c/b"), tree("c/b", "c", "b", "a")], ids=["in order", "turned"])
def test_a_rule_displaces_no_folder(source: Tree) -> None:
    plan = plan_of(source, {"a": "b", "b": "c/b"})
    assert names(plan) == {"a": "b", "b": "c/b (2)", "c": "c", "c/b": "c/b"}
    assert collisions(plan) == {"b"}
    plan = plan_of(tree("a", folder("Verzonden", Role.SENT)), {"a": "Sent"}, tree(folder("Sent", Role.SENT)))
    assert names(plan) == {"a": "Sent (2)", "Verzonden": "Sent"}
    assert collisions(plan) == {"a"}


def test_two_rules_for_one_place_give_two_folders() -> None:
    plan = plan_of(tree("a", "b", "a/x", "b/x"), {"a": "c", "b": "c"})
    assert names(plan) == {"a": "c", "b": "c (2)", "a/x": "c/x", "b/x": "c (2)/x"}
    assert collisions(plan) == {"b"}


def test_folders_can_change_places() -> None:
    plan = plan_of(tree("a", "b", "b/x"), {"a": "b", "b": "a"}, kept={"a": "a", "b": "b", "b/x": "b/x"})
    assert names(plan) == {"a": "b", "b": "a", "b/x": "a/x"}
    assert not collisions(plan)


def test_a_role_goes_where_the_admin_says_and_is_given_to_no_second_folder() -> None:
    source = tree(folder("Verzonden", Role.SENT), "Verzonden/2019")
    plan = plan_of(source, {"Verzonden": "old/Sent"}, tree(folder("Sent", Role.SENT)))
    assert names(plan) == {"Verzonden": "old/Sent", "Verzonden/2019": "old/Sent/2019"}
    assert [mapped.role for mapped in plan.folders] == [None, None]


@pytest.mark.parametrize(
    ("typed", "destination", "name"),
    [
        ("x.y/z", tree(delimiter="."), "x_y.z"),
        ("*/%a", tree(), "_/_a"),
        ("~x/..", tree(), "_x/__"),
        ("日本/a\x01", tree(), "&ZeVnLA-/a_"),
        ("x/y", tree(delimiter=""), "x_y"),
        ("x/y", tree(delimiter=".", prefix="INBOX."), "INBOX.x.y"),
    ],
)
def test_what_the_destination_cannot_hold_is_replaced_and_stays_so(typed: str, destination: Tree, name: str) -> None:
    first = plan_of(tree("a", "a/b"), {"a": typed}, destination)
    below = name + (destination.delimiter or "_") + "b"
    assert names(first) == {"a": name, "a/b": below}
    kept = {mapped.source.name: mapped.name for mapped in first.folders}
    again = make_plan(tree("a", "a/b"), destination, (), kept, [FolderRule("a", typed)])
    assert names(again) == names(first)


def test_names_are_compared_as_an_admin_reads_them() -> None:
    assert names(plan_of(tree("Prive\u0301"), {"Priv\u00e9": "x"})) == {encode("Prive\u0301").decode(): "x"}


# After a first run


def test_a_rule_outdoes_an_earlier_run_for_its_folder_and_what_followed_it() -> None:
    kept = {"a": "a", "a/b": "a/b", "a/c": "elsewhere", "d": "d"}
    plan = plan_of(tree("a", "a/b", "a/c", "a/new", "d"), {"a": "x"}, kept=kept)
    assert names(plan) == {"a": "x", "a/b": "x/b", "a/c": "x/c", "a/new": "x/new", "d": "d"}


def test_without_its_rule_a_folder_stays_where_its_mail_is() -> None:
    assert names(plan_of(tree("a", "a/b"), {}, kept={"a": "x", "a/b": "x/b"})) == {"a": "x", "a/b": "x/b"}


def test_a_newcomer_does_not_get_the_place_that_a_folder_leaves() -> None:
    plan = plan_of(tree("a.b", "a_b"), {"a.b": "x"}, tree(delimiter="."), kept={"a.b": "a_b"})
    assert names(plan) == {"a.b": "x", "a_b": "a_b (2)"}


def test_the_place_of_a_folder_that_stays_behind_is_not_given_away() -> None:
    plan = plan_of(tree("a", "b"), {"a": None, "b": "a"}, kept={"a": "a", "b": "b"})
    assert names(plan) == {"b": "a (2)"}
    assert collisions(plan) == {"b"}


def test_a_number_is_kept_while_the_place_is_anothers() -> None:
    both = tree("a", "b")
    assert names(plan_of(both, {"a": "b"}, kept={"a": "b (2)", "b": "b"})) == {"a": "b (2)", "b": "b"}
    assert names(plan_of(both, {"a": "b", "b": "c"}, kept={"a": "b (2)", "b": "b"})) == {"a": "b", "b": "c"}


@given(paths, paths, places, st.data())
def test_never_two_in_one_and_never_another_place(
    before: list[str], added: list[str], place: tuple[str, str], data: st.DataObject
) -> None:
    destination = Tree((), *place)
    targets = st.none() | st.sampled_from(["INBOX", "a", "a/A", "é", "x", "inbox/a", "_", *before])
    made = data.draw(st.dictionaries(st.sampled_from(["INBOX", "a", *before]), targets, max_size=4))
    rules = [FolderRule(source, target) for source, target in made.items()]
    old = {mapped.source.name: mapped.name for mapped in make_plan(tree("INBOX", *before), destination, ()).folders}
    kept = data.draw(st.sampled_from([{}, old]))
    first = make_plan(tree("INBOX", *before), destination, (), kept, rules)
    assert len({mapped.name for mapped in first.folders}) == len(first.folders)
    after = kept | {mapped.source.name: mapped.name for mapped in first.folders}
    both = dict.fromkeys([*added, *before])
    again = make_plan(tree("INBOX", *both), destination, (), after, rules)
    assert {name: names(again)[name] for name in names(first)} == names(first)
    assert len({mapped.name for mapped in again.folders}) == len(again.folders)
    for mapped in again.folders:
        if (target := made.get(mapped.source.display)) and mapped.display.upper() != target.upper():
            assert mapped.target.collides or not set(target).isdisjoint("_./~*%&\x01") or target == "inbox/a"


# With real mail


class Office:
    """One mailbox to move, and what the admin does about its folders."""

    def __init__(self, server: Dovecot, other: Dovecot, user: str, folder: Path) -> None:
        self.source, self.there = server.add_user(user, "secret"), other.add_user(f"new-{user}", "secret")
        self.plan = write_plan(folder, plain(server.port), plain(other.port), [(user, f"new-{user}")])
        self._data = folder / "data"
        with self.service() as service:
            self.migration_id, _ = service.plans.save(load_plan(self.plan))
            (account,) = service.accounts.listing(self.migration_id)
        self.account_id = account.id

    @contextmanager
    def service(self) -> Iterator[Service]:
        service = open_service(self._data)
        yield service
        service.close()

    def say(self, rules: Targets, *, all_accounts: bool = False) -> None:
        with self.service() as service:
            for source, target in rules.items():
                rule = FolderRule(source, target, None if all_accounts else self.account_id)
                service.folders.set_rule(self.migration_id, rule)

    def forget(self, source: str) -> None:
        with self.service() as service:
            service.folders.remove_rule(self.migration_id, source, self.account_id)

    def preview(self) -> dict[str, FolderMapping]:
        with self.service() as service:
            found = service.folders.preview(self.account_id, service.folders.trees(self.account_id))
        return {each.source: each for each in found.folders}

    def run(self) -> Counts:
        """A pass that comes to a good end just where the preview has said."""
        said = {each.goes.target for each in self.preview().values() if each.goes.target}
        ended = migrate(self.plan, self._data)
        assert ended.code == 0, str(ended)
        with self.service() as service:
            assert {each.destination_name for each in service.folders.listing(self.account_id)} >= said
        return ended.counts


@pytest.fixture
def office(dovecot_factory: DovecotFactory, unique_user: Callable[[], str], tmp_path: Path) -> Office:
    """From a server with `/` to one with `.` between the parts of a name."""
    source = dovecot_factory()
    destination = dovecot_factory(DovecotOptions(separator="."))
    return Office(source, destination, unique_user(), tmp_path)


FOLDERS = ("INBOX", "Klanten", "Klanten/2019", "Klanten/2019/mei", "Lists", "Lists/dev", "Lists/dev/old", "Junk")
MAIL = [item(name, number) for name in FOLDERS for number in range(2)]


def only(*names: str) -> list[MailItem]:
    return [each for each in MAIL if each.folder in names]


def test_mail_goes_where_the_admin_says_and_a_second_pass_finds_it_there(office: Office) -> None:
    write_maildir(office.source, "/", MAIL)
    office.say({"Klanten": "Old/Clients", "Klanten/2019/mei": "May", "Lists": None, "Lists/dev": "Dev.talk"})
    rest = ("INBOX", "Klanten", "Klanten/2019", "Klanten/2019/mei", "Lists/dev", "Lists/dev/old", "Junk")
    arrived = {
        "Klanten": "Old/Clients",
        "Klanten/2019": "Old/Clients/2019",
        "Klanten/2019/mei": "May",
        "Lists/dev": "Dev_talk",
        "Lists/dev/old": "Dev_talk/old",
    }
    assert office.run() == Counts(listed=16, copied=14, excluded=2)
    assert read_maildir(office.there, ".") == counted(moved(only(*rest), arrived))
    assert office.run() == Counts(listed=16, brought=14, excluded=2)
    assert folder_names(office.there, ".") == {"INBOX", "Junk", *arrived.values()}


def test_the_accounts_own_rule_outdoes_the_one_for_all(office: Office) -> None:
    write_maildir(office.source, "/", MAIL)
    office.say({"Klanten": "Mine"})
    office.say({"Klanten": "All", "Junk": None, "Lists": "All lists"}, all_accounts=True)
    office.run()
    places = {name: name.replace("Klanten", "Mine").replace("Lists", "All lists") for name in FOLDERS}
    copied = only(*(name for name in FOLDERS if name != "Junk"))
    assert read_maildir(office.there, ".") == counted(moved(copied, places))
    with office.service() as service:
        told = [event.what for event in service.logs.events(migration_id=office.migration_id)]
    assert {"folder Junk: all accounts: stays behind", "folder Klanten: goes to Mine"} <= {*told}


def test_two_folders_for_one_place_stay_two_and_it_is_said_before(office: Office) -> None:
    write_maildir(office.source, "/", MAIL)
    office.say({"Junk": "INBOX", "Lists": "Klanten"})
    said = office.preview()
    assert {name for name, each in said.items() if each.goes.collision} == {"Junk", "Lists"}
    assert (said["INBOX"].goes.target, said["Klanten"].goes.target) == ("INBOX", "Klanten")
    office.run()
    places = {name: name.replace("Lists", "Klanten (2)").replace("Junk", "INBOX (2)") for name in FOLDERS}
    assert read_maildir(office.there, ".") == counted(moved(MAIL, places))
    assert office.run().copied == 0
    assert {name for name, each in office.preview().items() if each.goes.collision} == {"Junk", "Lists"}


def test_a_special_use_is_named_only_where_it_decides() -> None:
    source = tree(guessed("Verzonden", Role.SENT), guessed("Sent", Role.SENT), guessed("Prullenbak", Role.TRASH))
    there = tree(folder("Sent", Role.SENT), folder("Trash", Role.TRASH), guessed("Verzonden", Role.SENT))
    found = preview(Trees(source, there), (), {b"Verzonden": b"Verzonden"}, [], {})
    said = {each.source: (each.goes.target, each.decided.role) for each in found.folders}
    assert said == {"Verzonden": ("Verzonden", ""), "Sent": ("Sent", "Sent"), "Prullenbak": ("Trash", "Trash")}


def test_a_rule_after_a_first_pass_copies_anew_and_takes_nothing_away(office: Office) -> None:
    write_maildir(office.source, "/", MAIL)
    office.run()
    office.say({"Klanten": "Clients", "Junk": None})
    said = office.preview()
    assert {name: each.goes.copied_to for name, each in said.items()} == dict(zip(FOLDERS, FOLDERS, strict=True))
    assert (said["Klanten/2019"].goes.target, said["Junk"].goes.target, said["Junk"].goes.otherwise) == (
        "Clients/2019",
        "",
        "Junk",
    )
    assert office.run() == Counts(listed=16, copied=6, brought=8, excluded=2)
    klanten = only("Klanten", "Klanten/2019", "Klanten/2019/mei")
    anew = moved(klanten, {each.folder: each.folder.replace("Klanten", "Clients") for each in klanten})
    assert read_maildir(office.there, ".") == counted([*MAIL, *anew])
    write_maildir(office.source, "/", [item("Klanten", 7)])
    assert office.run() == Counts(listed=17, copied=1, brought=14, excluded=2)
    office.forget("Klanten")
    assert office.run().copied == 0
    assert office.preview()["Klanten"].goes.target == "Clients"
    office.say({"Klanten": "Klanten"})
    # Its record went with the other place: what lies there is as good as anybody's.
    assert office.run() == Counts(listed=17, copied=1, there=6, brought=8, excluded=2)
    new = moved([item("Klanten", 7)], {"Klanten": "Clients"})
    assert read_maildir(office.there, ".") == counted([*MAIL, *anew, *new, item("Klanten", 7)])


def test_folders_that_change_places_between_passes_and_back_lose_nothing_and_double_nothing(office: Office) -> None:
    """What lies in either place stays there; mail that is in both is in each of them once."""
    write_maildir(office.source, "/", only("INBOX", "Lists", "Junk"))
    office.run()
    office.say({"Lists": "Junk", "Junk": "Lists"})
    assert office.run() == Counts(listed=6, copied=4, brought=2)
    swapped = moved(only("Lists", "Junk"), {"Lists": "Junk", "Junk": "Lists"})
    both = counted([*only("INBOX", "Lists", "Junk"), *swapped])
    assert read_maildir(office.there, ".") == both
    write_maildir(office.source, "/", [item("Lists", 7)])
    office.say({"Lists": "Lists", "Junk": "Junk"})
    assert office.run() == Counts(listed=7, copied=1, there=4, brought=2)
    assert read_maildir(office.there, ".") == both + counted([item("Lists", 7)])
    assert office.run().copied == 0


def test_a_folder_that_a_pattern_leaves_behind_is_taken_along(office: Office) -> None:
    write_maildir(office.source, "/", MAIL)
    text = office.plan.read_text("utf-8")
    office.plan.write_text(text.replace("excluded_folders = []", 'excluded_folders = ["Lists", "Junk"]'), "utf-8")
    with office.service() as service:
        service.plans.save(load_plan(office.plan))
    said = office.preview()
    assert [name for name, each in said.items() if each.decided.stays] == [
        "Junk",
        "Lists",
        "Lists/dev",
        "Lists/dev/old",
    ]
    assert all(each.decided.rule is None for each in said.values())
    office.say({"Lists/dev": said["Lists/dev"].goes.otherwise})
    assert office.run() == Counts(listed=16, copied=12, excluded=4)
    assert read_maildir(office.there, ".") == counted(each for each in MAIL if each.folder not in ("Lists", "Junk"))
