"""A migration written as a plan: read back the same elsewhere, and here without typing a password again."""

from __future__ import annotations

import csv
import stat
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ui.office import OfficeService, open_service
from tui_migrate.config.folders import names, spelled
from tui_migrate.config.plan import load_plan
from tui_migrate.config.values import read_moment, spell_moment_anywhere
from tui_migrate.errors import BadInput, StoreUnusable
from tui_migrate.model import (
    AccountSpec,
    AdminLogin,
    Blackout,
    FolderRule,
    ImapServer,
    MigrationSpec,
    PopServer,
    Schedule,
    Secret,
    Security,
    Selection,
    TokenLogin,
)
from tui_migrate.store import accounts, rules

SECRETS = ("alices-word", "bobs-word", "bobs-new-word", "roots-word")
SOURCE = ImapServer(
    "imap.old.example",
    security=Security.STARTTLS,
    port=143,
    max_connections=7,
    path_prefix="INBOX.",
    account_connections=2,
    bytes_per_second=2_500_000,
    messages_per_second=20,
    bytes_per_day=2_500_000_000,
    blackouts=(
        Blackout(frozenset(range(5)), time(8), time(18, 30), "Europe/Brussels"),
        Blackout(frozenset({5, 6}), time(0), time(0), "UTC"),
    ),
)
SPEC = MigrationSpec(
    'Head "office" 日本',
    SOURCE,
    ImapServer("imap.new.example"),
    ("Junk", "Trash/*", "a|b", " x "),
    Selection(newest_first=True, since=date(2015, 1, 1), before=date(2026, 1, 1), max_size=52_428_800),
    Schedule(datetime(2026, 12, 30, 22, tzinfo=UTC).timestamp(), datetime(2026, 12, 31, 22, tzinfo=UTC).timestamp()),
)
ALICE = AccountSpec("alice@old.example", Secret("alices-word"), "alice@new.example", notify="alice@home.example")
BOB = AccountSpec(
    "bob, the 'builder'",
    Secret("bobs-word"),
    'bob"new',
    Secret("bobs-new-word"),
    priority=1,
    excluded_folders=("Lists", "a|b", ' "quoted" ', '"q"', "=x"),
)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[OfficeService]:
    made = open_service(tmp_path / "data")
    yield made
    made.close()


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[OfficeService]:
    made = open_service(tmp_path / "elsewhere")
    yield made
    made.close()


def store(service: OfficeService, spec: MigrationSpec = SPEC, *specs: AccountSpec) -> int:
    """A migration with accounts, and with folder rules for all and for the first of them."""
    migration_id = service.migrations.create(spec)
    with service.store.write() as connection:
        accounts.save(connection, migration_id, specs or (ALICE, BOB), service.store.vault)
        first = accounts.listing(connection, migration_id)[-1].id
        rules.put(connection, migration_id, FolderRule("Sent Items", "Archive/Sent"))
        rules.put(connection, migration_id, FolderRule("Old=stuff", None))
        rules.put(connection, migration_id, FolderRule("Sent Items", "Mine", first))
        rules.put(connection, migration_id, FolderRule("Drafts.日本", None, first))
    return migration_id


def whole(service: OfficeService, migration_id: int) -> tuple[object, ...]:
    """All that is set for a migration, passwords too; account ids are no part of it."""
    migration = service.migrations.get(migration_id).migration
    spec = {each.name: getattr(migration, each.name) for each in fields(MigrationSpec)}
    with service.store.read() as connection:
        own = rules.of_accounts(connection, migration_id)
        return (
            spec,
            accounts.specs(connection, migration_id, service.store.vault),
            rules.listing(connection, migration_id),
            {user: [replace(rule, account_id=None) for rule in some] for user, some in own.items()},
        )


def fill_in(folder: Path, passwords: dict[str, dict[str, str]], heading: str = "Source") -> None:
    """Type passwords into the cells of the list, as an admin would."""
    path = folder / "accounts.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        found = list(csv.DictReader(file))
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, found[0])
        writer.writeheader()
        writer.writerows({**row, **passwords.get(row[heading], {})} for row in found)


def test_elsewhere_it_is_the_same_migration_once_the_passwords_are_filled_in(
    service: OfficeService, elsewhere: OfficeService, tmp_path: Path
) -> None:
    migration_id = store(service)
    folder = tmp_path / "plan"
    written = service.plans.export(migration_id, folder)
    assert [each.name for each in written] == ["plan.toml", "accounts.csv"]
    assert {stat.S_IMODE(each.stat().st_mode) for each in written} == {0o600}
    assert not [word for word in SECRETS for each in written if word in each.read_text("utf-8")]
    with pytest.raises(BadInput) as bad:
        elsewhere.plans.read(folder / "plan.toml")
    assert [str(problem) for problem in bad.value.problems] == [
        "accounts.csv line 2: Password is empty",
        "accounts.csv line 3: Password is empty",
    ]
    typed = {"Password": "bobs-word", "Destination Password": "bobs-new-word"}
    fill_in(folder, {ALICE.source_user: {"Password": "alices-word"}, BOB.source_user: typed})
    imported, _ = elsewhere.plans.save(elsewhere.plans.read(folder / "plan.toml"))
    assert whole(elsewhere, imported) == whole(service, migration_id)


def test_here_priorities_are_changed_without_a_password(service: OfficeService, tmp_path: Path) -> None:
    migration_id = store(service)
    service.plans.export(migration_id, tmp_path / "plan")
    before = whole(service, migration_id)
    plan = service.plans.read(tmp_path / "plan" / "plan.toml")
    _, imported = service.plans.save(plan)
    assert (imported.added, imported.changed, len(imported.same)) == ((), (), 2)
    assert whole(service, migration_id) == before
    fill_in(tmp_path / "plan", {ALICE.source_user: {"Priority": "9"}})
    _, imported = service.plans.save(service.plans.read(tmp_path / "plan" / "plan.toml"))
    assert imported.changed == (ALICE.source_user,)
    with service.store.read() as connection:
        found = accounts.specs(connection, migration_id, service.store.vault)
    assert found == [replace(ALICE, priority=9), BOB]


def test_a_password_that_is_filled_in_replaces_the_stored_one(service: OfficeService, tmp_path: Path) -> None:
    migration_id = store(service)
    service.plans.export(migration_id, tmp_path / "plan")
    fill_in(
        tmp_path / "plan",
        {ALICE.source_user: {"Password": "another"}, BOB.source_user: {"Destination Password": "other"}},
    )
    service.plans.save(service.plans.read(tmp_path / "plan" / "plan.toml"))
    with service.store.read() as connection:
        alice, bob = accounts.specs(connection, migration_id, service.store.vault)
    assert (alice.source_password.reveal(), alice.destination_password) == ("another", None)
    assert bob.destination_password is not None
    assert (bob.source_password.reveal(), bob.destination_password.reveal()) == ("bobs-word", "other")


def test_a_new_account_needs_its_password(service: OfficeService, tmp_path: Path) -> None:
    service.plans.export(store(service), tmp_path / "plan")
    with (tmp_path / "plan" / "accounts.csv").open("a", encoding="utf-8") as file:
        file.write("carol@old.example,,carol@new.example,,5,,\r\n")
    with pytest.raises(BadInput, match=r"^accounts.csv line 4: Password is empty$"):
        service.plans.read(tmp_path / "plan" / "plan.toml")


@pytest.mark.parametrize("change", ["host", "security", "port"])
def test_stored_passwords_do_not_follow_a_plan_to_another_server(
    service: OfficeService, tmp_path: Path, change: str
) -> None:
    admin = AdminLogin("root", Secret("roots-word"))
    spec = replace(SPEC, destination=ImapServer("imap.new.example", security=Security.STARTTLS, port=143, admin=admin))
    service.plans.export(store(service, spec), tmp_path / "plan")
    plan = tmp_path / "plan" / "plan.toml"
    assert service.plans.read(plan).migration == spec
    other = {
        "host": ("imap.new.example", "imap.evil.example"),
        "security": ('security = "starttls"', 'security = "none"'),
        "port": ("port = 143", "port = 144"),
    }
    plan.write_text(plan.read_text("utf-8").replace(*other[change]), encoding="utf-8")
    with pytest.raises(BadInput) as bad:
        service.plans.read(plan)
    assert [str(problem) for problem in bad.value.problems] == [
        "plan.toml: destination.admin.password_file: is missing; the stored password stays with the servers that it "
        "was given for",
        "accounts.csv line 2: Password is empty",
        "accounts.csv line 3: Password is empty",
    ]


def test_nor_do_those_of_accounts_that_its_list_leaves_out(service: OfficeService, tmp_path: Path) -> None:
    migration_id = store(service)
    service.plans.export(migration_id, tmp_path / "plan")
    fill_in(tmp_path / "plan", {ALICE.source_user: {"Password": "another"}})
    folder = tmp_path / "plan"
    rows = (folder / "accounts.csv").read_text("utf-8").splitlines(keepends=True)
    (folder / "accounts.csv").write_text("".join(row for row in rows if "bob" not in row), encoding="utf-8")
    assert service.plans.read(folder / "plan.toml").migration.title == SPEC.title
    text = (folder / "plan.toml").read_text("utf-8")
    (folder / "plan.toml").write_text(text.replace("imap.new.example", "imap.evil.example"), encoding="utf-8")
    with pytest.raises(BadInput) as bad:
        service.plans.read(folder / "plan.toml")
    assert [str(problem) for problem in bad.value.problems] == [
        f"plan.toml: accounts.file: must name {BOB.source_user}, stored of this migration, with passwords; stored ones "
        "stay with the servers that they were given for"
    ]


def test_admins_and_tokens(service: OfficeService, elsewhere: OfficeService, tmp_path: Path) -> None:
    admin = AdminLogin("root", Secret("roots-word"), "separator:*")
    spec = replace(
        SPEC,
        source=replace(SOURCE, admin=admin),
        destination=ImapServer("imap.new.example", token=TokenLogin("get-token --user {user}")),
    )
    migration_id = store(service, spec, AccountSpec("alice", Secret(""), "alice"))
    service.plans.export(migration_id, tmp_path / "plan")
    plan = tmp_path / "plan" / "plan.toml"
    assert service.plans.read(plan).migration == spec
    with pytest.raises(BadInput, match=r"^plan.toml: source.admin.password_file: is missing$"):
        elsewhere.plans.read(plan)
    secret = tmp_path / "plan" / "root.secret"
    secret.touch(0o600)
    secret.write_text("roots-word\n")
    named = plan.read_text("utf-8").replace("[source.admin]\n", '[source.admin]\npassword_file = "root.secret"\n')
    plan.write_text(named, encoding="utf-8")
    imported, _ = elsewhere.plans.save(elsewhere.plans.read(plan))
    assert whole(elsewhere, imported) == whole(service, migration_id)


def test_another_admin_does_not_get_the_stored_password(service: OfficeService, tmp_path: Path) -> None:
    admin = AdminLogin("root", Secret("roots-word"))
    service.plans.export(store(service, replace(SPEC, source=replace(SOURCE, admin=admin))), tmp_path / "plan")
    plan = tmp_path / "plan" / "plan.toml"
    plan.write_text(plan.read_text("utf-8").replace('"root"', '"toor"'), encoding="utf-8")
    with pytest.raises(BadInput, match=r"^plan.toml: source.admin.password_file: is missing$"):
        service.plans.read(plan)


def test_a_pop_source(service: OfficeService, tmp_path: Path) -> None:
    spec = replace(SPEC, source=PopServer("pop.old.example", port=995))
    service.plans.export(store(service, spec), tmp_path / "plan")
    assert service.plans.read(tmp_path / "plan" / "plan.toml").migration == spec


def test_the_list_of_an_export_imports_on_the_screen_too(service: OfficeService, tmp_path: Path) -> None:
    migration_id = store(service)
    service.plans.export(migration_id, tmp_path / "plan")
    found = service.lists.read(service.migrations.get(migration_id).migration, tmp_path / "plan" / "accounts.csv")
    assert [row.mistakes for row in found] == [(), ()]
    assert [replace(row.spec, line=0) for row in found] == [ALICE, BOB]


def test_rules_of_an_account_that_is_not_in_the_list(service: OfficeService, tmp_path: Path) -> None:
    service.plans.export(store(service), tmp_path / "plan")
    plan = tmp_path / "plan" / "plan.toml"
    plan.write_text(plan.read_text("utf-8") + '\n[accounts.folders."eve"]\nA = 7\n', encoding="utf-8")
    with pytest.raises(BadInput) as bad:
        service.plans.read(plan)
    assert [str(problem) for problem in bad.value.problems] == [
        "plan.toml: accounts.folders.eve: is no account of the list",
        'plan.toml: accounts.folders.eve.A: must be a folder in quotation marks ("Archive/2019"), or false to leave it '
        "behind",
    ]


def test_a_plan_that_is_there_is_left_alone(service: OfficeService, tmp_path: Path) -> None:
    migration_id = store(service)
    (tmp_path / "accounts.csv").write_text("mine")
    with pytest.raises(StoreUnusable, match=r"accounts\.csv already: choose another folder"):
        service.plans.export(migration_id, tmp_path)
    assert not (tmp_path / "plan.toml").exists()


@given(st.lists(st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1).filter(str.strip)))
def test_any_names_of_folders_go_into_a_cell_and_come_out(folders: list[str]) -> None:
    assert names("|".join(spelled(each, "|") for each in folders), "|") == folders


@given(st.integers(0, 4_000_000_000 // 60).map(lambda minutes: minutes * 60.0))
def test_any_minute_is_spelled_for_any_machine(at: float) -> None:
    assert read_moment(spell_moment_anywhere(at)) == at


def test_a_plan_needs_no_store(tmp_path: Path) -> None:
    """`load_plan` alone knows of nothing that is stored."""
    service = open_service(tmp_path / "data")
    service.plans.export(store(service), tmp_path / "plan")
    service.close()
    with pytest.raises(BadInput, match="Password is empty"):
        load_plan(tmp_path / "plan" / "plan.toml")
