"""Where each folder goes: never two into one, never another place on a second run, roles before names."""

from __future__ import annotations

import pytest
from hypothesis import given

from tests.engine.trees import folder, guessed, names, paths, places, tree
from tui_migrate.engine.choosing.folder_rules import is_excluded
from tui_migrate.engine.choosing.mapping import make_plan
from tui_migrate.mail.imap.names import encode
from tui_migrate.mail.protocols import ListedFolder, Role, Tree


@pytest.mark.parametrize(
    ("source", "destination", "expected"),
    [
        (tree("a/b"), tree(delimiter="."), {"a/b": "a.b"}),
        (tree("a.b", "a_b", "a/b"), tree(delimiter="."), {"a.b": "a_b (2)", "a_b": "a_b", "a/b": "a.b"}),
        (tree("INBOX.a.b", delimiter=".", prefix="INBOX."), tree(), {"INBOX.a.b": "a/b"}),
        (tree("a/b"), tree(delimiter=".", prefix="INBOX."), {"a/b": "INBOX.a.b"}),
        (tree("INBOX/a", "a"), tree(prefix="INBOX/"), {"INBOX/a": "INBOX/a (2)", "a": "INBOX/a"}),
        (tree("INBOX", "INBOX/INBOX"), tree(prefix="INBOX/"), {"INBOX": "INBOX", "INBOX/INBOX": "INBOX/INBOX (2)"}),
        (tree("INBOX.INBOX", delimiter=".", prefix="INBOX."), tree(), {"INBOX.INBOX": "INBOX (2)"}),
        (tree("a/b", "a"), tree(delimiter=""), {"a/b": "a_b", "a": "a"}),
        (tree("*b%"), tree(), {"*b%": "_b_"}),
        (tree("~a", "b~"), tree(), {"~a": "_a", "b~": "b~"}),
        (tree("~a", "b/~"), tree(delimiter=".", prefix="INBOX."), {"~a": "INBOX._a", "b/~": "INBOX.b.~"}),
        (tree("..", "a\x01b"), tree(), {"..": "__", "a&AAE-b": "a_b"}),
    ],
)  # fmt: skip
def test_names_in_the_destinations_spelling(source: Tree, destination: Tree, expected: dict[str, str]) -> None:
    got = names(make_plan(source, destination, ()))
    assert {name: got[name] for name in expected} == expected
    assert len({*got.values()}) == len(source.folders)


@pytest.mark.parametrize(
    "name", ["R&D", "日本", " a ", "NIL", 'q"\\', "a\u00a0b", "\u3000", "👩\u200d💻", "\uf8ff", "a~", "a..b"]
)
def test_names_that_every_server_can_hold_stay(name: str) -> None:
    assert names(make_plan(tree(name), tree(), ())) == {encode(name).decode(): encode(name).decode()}


def test_a_name_that_is_no_modified_utf7_is_kept_apart_from_the_one_it_looks_like() -> None:
    raw = ListedFolder(b"Priv\xc3\xa9", ("Privé",))
    assert len({mapped.name for mapped in make_plan(tree(raw, "Privé"), tree(), ()).folders}) == 2


def test_a_role_leads_to_the_destinations_folder_with_that_role() -> None:
    source = tree(
        folder("Sent", Role.SENT), "Sent/2019", "Sent/2019/May", guessed("Papierkorb", Role.TRASH), "Verzonden"
    )
    destination = tree(folder("Verzonden", Role.SENT), guessed("Prullenbak", Role.TRASH), delimiter=".")
    assert names(make_plan(source, destination, ())) == {
        "Sent": "Verzonden",
        "Sent/2019": "Verzonden.2019",
        "Sent/2019/May": "Verzonden.2019.May",
        "Papierkorb": "Prullenbak",
        "Verzonden": "Verzonden (2)",
    }


def test_what_the_server_says_of_a_role_counts_more_than_a_name() -> None:
    source = tree(guessed("Sent", Role.SENT), folder("Mine/Sent", Role.SENT))
    plan = make_plan(source, tree(guessed("Sent Items", Role.SENT), folder("Sent", Role.SENT)), ())
    assert names(plan) == {"Mine/Sent": "Sent", "Sent": "Sent (2)"}


def test_of_several_names_for_a_role_the_destinations_own_comes_first() -> None:
    source = tree(guessed("Verzonden items", Role.SENT), guessed("Sent", Role.SENT))
    plan = make_plan(source, tree(folder("Sent", Role.SENT)), ())
    assert names(plan) == {"Sent": "Sent", "Verzonden items": "Verzonden items"}


def test_without_a_counterpart_a_role_is_given_to_the_new_folder() -> None:
    (mapped,) = make_plan(tree(folder("Verzonden", Role.SENT)), tree("INBOX"), ()).folders
    assert (mapped.name, mapped.create, mapped.role) == (b"Verzonden", True, Role.SENT)


def test_views_are_no_folders() -> None:
    """Their mail lies in other folders as well."""
    source = tree(
        folder("Starred", Role.FLAGGED), folder("Important", Role.IMPORTANT), guessed("Flagged", Role.FLAGGED)
    )
    plan = make_plan(source, tree(folder("Also starred", Role.FLAGGED)), ())
    assert names(plan) == {"Flagged": "Flagged"}
    assert {each.display for each in plan.excluded} == {"Starred", "Important"}


def test_only_what_is_missing_is_created() -> None:
    parent = ListedFolder(b"parent", ("parent",), selectable=False)
    plan = make_plan(tree("INBOX", "parent", "here", "new"), tree("Inbox", parent, "here"), ())
    assert {mapped.display: mapped.create for mapped in plan.folders} == {
        "INBOX": False,
        "parent": True,
        "here": False,
        "new": True,
    }


def test_a_later_run_keeps_every_folder_where_it_was() -> None:
    """Else a newcomer with a claim to the name would send all mail of another folder to a second place."""
    first = make_plan(tree("b.c", "Sent"), tree(delimiter="."), ())
    kept = {mapped.source.name: mapped.name for mapped in first.folders}
    source = tree("b_c", "b.c", "b.c/new", folder("Sent", Role.SENT))
    second = make_plan(source, tree(folder("Verzonden", Role.SENT), delimiter="."), (), kept)
    assert names(second) == {"b.c": "b_c", "b_c": "b_c (2)", "b.c/new": "b_c.new", "Sent": "Sent"}


def test_a_name_of_an_earlier_run_is_not_given_away_while_its_folder_is_excluded() -> None:
    plan = make_plan(tree("a.b", "a_b"), tree(delimiter="."), ("a.b",), {b"a.b": b"a_b"})
    assert names(plan) == {"a_b": "a_b (2)"}


@given(paths, paths, places)
def test_never_two_in_one_and_never_another_place(before: list[str], added: list[str], place: tuple[str, str]) -> None:
    destination = Tree((), *place)
    first = names(make_plan(tree("INBOX", *before), destination, ()))
    assert len({*first.values()}) == len(first) == len({"INBOX", *map(str, first)})
    kept = {source.encode(): name.encode() for source, name in first.items()}
    both = dict.fromkeys([*added, *before])
    second = names(make_plan(tree("INBOX", *both), destination, (), kept))
    assert {source: second[source] for source in first} == first
    assert len({*second.values()}) == len(second)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("Junk", "Junk"),
        ("junk", "JUNK/old/er"),
        ("Trash/*", "Trash/2019/May"),
        ("*/tmp", "a/tmp/b"),
        ("Arch?v", "Archiv"),
        ("[Gmail]/Spam", "[Gmail]/Spam"),
        ("[Gmail]/*", "[Gmail]/All Mail"),
        ("Priv\u00e9", "Prive\u0301"),
        ("STRASSE", "straße"),
        ("INBOX/x", "INBOX/x"),
    ],
)
def test_excluded_with_everything_below(pattern: str, path: str) -> None:
    assert is_excluded(tuple(path.split("/")), ["other", pattern])


@pytest.mark.parametrize(
    ("pattern", "path"),
    [("Junk", "Junkyard"), ("Trash/*", "Trash"), ("a/b", "x/a/b"), ("[Gmail]", "G"), ("INBOX/*", "INBOX"), ("", "a")],
)
def test_not_excluded(pattern: str, path: str) -> None:
    assert not is_excluded(tuple(path.split("/")), [pattern])
