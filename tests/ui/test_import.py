"""A list of accounts on its way into the store, against real servers: nothing bad, refused or unproven gets in."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.conftest import DovecotFactory
from tests.support.counting_proxy import CountingProxy
from tests.ui import office
from tests.ui.dashboard import (
    LARGE,
    PATIENCE_SECONDS,
    SMALL,
    compare,
    compare_at_both_sizes,
    dashboard,
    line,
    open_list,
    press,
    screen,
    settle,
    shows,
    until,
)
from tests.ui.mailboxes import PASSWORD, add_users, make_migration, plain
from tests.ui.office import OfficeService
from tui_migrate.errors import CertificateRefused, LoginRefused
from tui_migrate.model import AccountSpec, AccountState, Counts, Migration, Secret
from tui_migrate.service.proofs import NOT_PROVEN
from tui_migrate.ui.paths import complete
from tui_migrate.ui.proofs import answer
from tui_migrate.ui.widgets.facts import Prose

HEADINGS = "Source,Password,Destination,Priority"


@pytest.fixture
def migration(dovecot_factory: DovecotFactory, empty_service: OfficeService) -> Migration:
    """From a server to itself."""
    server = plain(dovecot_factory().port)
    return make_migration(empty_service, server, server)


@pytest.fixture
def users(dovecot_factory: DovecotFactory, unique_user: Callable[[], str]) -> list[str]:
    """Three mailboxes."""
    names = [unique_user() for _ in range(3)]
    add_users(dovecot_factory(), names)
    return names


def write(folder: Path, *rows: str) -> Path:
    path = folder / "accounts.csv"
    path.write_text("\n".join([HEADINGS, *rows, ""]), encoding="utf-8")
    return path


def stored(service: OfficeService) -> list[str]:
    (overview,) = service.migrations.listing()
    return sorted(account.source_user for account in service.accounts.listing(overview.migration.id))


@pytest.mark.usefixtures("migration")
async def test_good_rows_are_stored_and_the_others_stay_with_the_servers_answer(
    empty_service: OfficeService, users: list[str], tmp_path: Path
) -> None:
    first, second, third = users
    path = write(
        tmp_path,
        f"{first},{PASSWORD},{first},1",
        f"{second},wrong,{second},",
        f"{third},{PASSWORD},nobody,",
        f",{PASSWORD},x,",
    )
    async with dashboard(empty_service, "enter") as pilot:
        await open_list(pilot, path)
        assert "Line 5: Source is empty" in screen(pilot)
        assert "4 rows · 1 bad · 3 new" in screen(pilot)
        assert stored(empty_service) == []
        await press(pilot, "v")
        await shows(pilot, "1 account proven, 2 refused")
        assert stored(empty_service) == [first]
        assert "✔ stored" in line(pilot, f"    2 {first}")
        await press(pilot, "b")
        assert f"✖ {second}" in line(pilot, "▸     3")
        assert f"Source: 127.0.0.1 refused the login of {second}. The server said: NO" in screen(pilot)
        await press(pilot, "b")
        assert "✖ nobody" in line(pilot, "▸     4")
        assert "Destination: 127.0.0.1 refused the login of nobody. The server said: NO" in screen(pilot)
        assert "[AUTHENTICATIONFAILED] Authentication failed." in screen(pilot)
        assert "Source: 127" not in screen(pilot)
        assert PASSWORD not in screen(pilot)
        assert "wrong" not in screen(pilot)


@pytest.mark.usefixtures("migration")
async def test_rows_are_corrected_in_place_or_dropped(
    empty_service: OfficeService, users: list[str], tmp_path: Path
) -> None:
    first, second, _ = users
    path = write(tmp_path, f"{first},{PASSWORD},{first},12", f"{second},wrong,{second},", f"{first},x,y,")
    async with dashboard(empty_service, "enter") as pilot:
        await open_list(pilot, path)
        assert "the same source as line 2" not in screen(pilot)
        await press(pilot, "e")
        assert "✖ Priority must be a whole number from 1 (first) to 9" in screen(pilot)
        await press(pilot, "ctrl+s")
        assert "○ new" in line(pilot, f"    2 {first}")
        await press(pilot, "v")
        await shows(pilot, "1 account proven, 1 refused")
        await press(pilot, "b", "b")
        assert "Line 4: the same source as line 2" in screen(pilot)
        await press(pilot, "d")
        assert "2 rows · 1 refused · 1 stored" in screen(pilot)
        await press(pilot, "e")
        password, destination_password = (screen(pilot).find(text) for text in ("Source password", "Its password"))
        refusals = [match.start() for match in re.finditer(f"✖ 127.0.0.1 refused the login of {second}", screen(pilot))]
        assert password < refusals[0] < destination_password < refusals[1]
        await press(pilot, *PASSWORD, "tab", "tab", *PASSWORD, "ctrl+s", "v")
        await shows(pilot, "2 rows · 2 stored")
        assert stored(empty_service) == sorted([first, second])
        await press(pilot, "escape")
        assert f"▸ {first}" in screen(pilot)


async def test_what_is_stored_already_is_not_proven_again(
    empty_service: OfficeService, migration: Migration, users: list[str], tmp_path: Path
) -> None:
    same, changed, _ = users
    for user in (same, changed):
        empty_service.accounts.add(migration.id, AccountSpec(user, Secret("unused"), user), proven=True)
    path = write(tmp_path, f"{same},unused,{same},", f"{changed},{PASSWORD},{changed},2")
    async with dashboard(empty_service, "enter") as pilot:
        await open_list(pilot, path)
        assert "= unchanged" in line(pilot, f" {same} ")
        assert "○ changed" in line(pilot, f" {changed} ")
        await press(pilot, "v")
        await shows(pilot, "1 account proven, 0 refused")
        assert "2 rows · 1 unchanged · 1 stored" in screen(pilot)


async def test_a_server_that_is_not_there_stops_the_proving_and_nothing_is_stored(
    empty_service: OfficeService, tmp_path: Path
) -> None:
    make_migration(empty_service, plain(1, connections=1), plain(1, connections=1))
    path = write(tmp_path, *(f"user{number},pw,user{number}," for number in range(50)))
    async with dashboard(empty_service, "enter") as pilot:
        await open_list(pilot, path)
        await press(pilot, "v")
        await shows(pilot, "Stopped: 127.0.0.1 port 1 cannot be reached")
        assert "0 accounts proven, 0 refused, 50 not tried" in screen(pilot)
        assert "Check host name, port and security of the server" in " ".join(screen(pilot).split())
        assert "50 rows · 50 new" in screen(pilot)
        assert stored(empty_service) == []
        await press(pilot, "v")
        await shows(pilot, "Then v goes on.")
        assert "0 accounts proven, 0 refused, 50 not tried" in screen(pilot)


@pytest.mark.usefixtures("migration")
async def test_only_an_explicit_yes_stores_what_is_not_proven(empty_service: OfficeService, tmp_path: Path) -> None:
    path = write(tmp_path, "anna,pw,anna,", "bram,pw,bram,", ",pw,x,")
    async with dashboard(empty_service, "enter") as pilot:
        await open_list(pilot, path)
        await press(pilot, "u")
        assert "Store 2 accounts although their logins are not proven?" in screen(pilot)
        await press(pilot, "n")
        assert stored(empty_service) == []
        await press(pilot, "u", "y")
        await shows(pilot, "2 accounts stored without proof")
        assert stored(empty_service) == ["anna", "bram"]
        assert {account.detail for account in empty_service.accounts.listing(1)} == {NOT_PROVEN}


@pytest.mark.usefixtures("migration")
async def test_leaving_with_rows_that_are_not_stored_asks(empty_service: OfficeService, tmp_path: Path) -> None:
    async with dashboard(empty_service, "enter") as pilot:
        await open_list(pilot, write(tmp_path, "anna,pw,anna,"))
        await press(pilot, "escape")
        assert "1 row of the list not stored" in screen(pilot)
        await press(pilot, "n")
        assert "anna" in screen(pilot)
        await press(pilot, "d")
        assert "All rows are dropped." in screen(pilot)
        await press(pilot, "escape")
        assert "No accounts yet" in screen(pilot)


@pytest.mark.usefixtures("migration")
@pytest.mark.parametrize(
    ("text", "part"),
    [
        (None, "accounts.csv: cannot be read: No such file or directory"),
        ("", "accounts.csv: is empty"),
        ("Source,Pasword\na,b\n", "unknown heading Pasword; did you mean Password?"),
        (f"{HEADINGS}\n", "has headings but no accounts"),
    ],
)
async def test_a_file_that_is_no_list_says_so_at_the_path(
    empty_service: OfficeService, tmp_path: Path, text: str | None, part: str
) -> None:
    path = tmp_path / "accounts.csv"
    if text is not None:
        path.write_text(text)
    async with dashboard(empty_service, "enter") as pilot:
        await open_list(pilot, path)
        assert part in " ".join(screen(pilot).split())


@pytest.mark.usefixtures("migration")
async def test_tab_completes_the_path(
    empty_service: OfficeService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lists").mkdir()
    write(tmp_path / "lists", "anna,pw,anna,")
    (tmp_path / "lists" / "accounts-nl.csv").touch()
    monkeypatch.chdir(tmp_path)
    async with dashboard(empty_service, "enter", "i", *"li", "tab", "a", "tab") as pilot:
        assert "lists/accounts" in line(pilot, "CSV file  ")
        assert "accounts-nl.csv   accounts.csv" in screen(pilot)
        await press(pilot, ".", "tab", "enter")
        await shows(pilot, "1 row · 1 new")


def test_a_path_completes_as_far_as_it_is_certain(tmp_path: Path) -> None:
    for name in ("alpha.csv", "alps.csv", ".hidden"):
        (tmp_path / name).touch()
    (tmp_path / "beta").mkdir()
    assert complete(f"{tmp_path}/al") == (f"{tmp_path}/alp", ["alpha.csv", "alps.csv"])
    assert complete(f"{tmp_path}/alpha") == (f"{tmp_path}/alpha.csv", [])
    assert complete(f"{tmp_path}/b") == (f"{tmp_path}/beta/", [])
    assert complete(f"{tmp_path}/.h") == (f"{tmp_path}/.hidden", [])
    assert complete(f"{tmp_path}/") == (f"{tmp_path}/", ["alpha.csv", "alps.csv", "beta/"])
    assert complete(f"{tmp_path}/nothing/x") == (f"{tmp_path}/nothing/x", [])


async def in_no_known_encoding(pilot: Pilot[object], folder: Path) -> None:
    """From the list of accounts to the question in which encoding the file is."""
    rows = "andré@old.example,gehéim,andré@new.example,\nzoë@old.example,gehéim,zoë@new.example,\n"
    (folder / "accounts.csv").write_bytes(f"{HEADINGS}\n{rows}".encode("mac_roman"))
    await open_list(pilot, folder / "accounts.csv")


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("size", [SMALL, LARGE, (80, 15)], ids=["small", "large", "low"])
async def test_the_encoding_is_chosen_by_what_users_are_called(
    service: OfficeService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    monkeypatch.chdir(tmp_path)
    async with dashboard(service, "j", "enter", size=size) as pilot:
        await in_no_known_encoding(pilot, Path())
        assert "In which encoding is accounts.csv?" in screen(pilot)
        assert "geh" not in screen(pilot)
        compare(pilot, "import-encoding")
        while "▸ Mac, Western Europe (mac_roman)" not in screen(pilot):
            await press(pilot, "down")
        assert "andré@old.example, zoë@old.example" in line(pilot, "(mac_roman)") or size == SMALL
        await press(pilot, "enter")
        assert "accounts.csv, read as mac_roman" in screen(pilot)
        assert "2 rows · 2 new" in screen(pilot)
        assert "andré@old.example" in screen(pilot)


async def test_a_list_of_unknown_encoding_is_not_read_without_an_answer(service: OfficeService, tmp_path: Path) -> None:
    async with dashboard(service, "j", "enter") as pilot:
        await in_no_known_encoding(pilot, tmp_path)
        await press(pilot, "escape")
        assert "accounts.csv was not read: choose its encoding, or save it as UTF-8" in " ".join(screen(pilot).split())
        await press(pilot, "enter", "enter")
        assert "accounts.csv, read as cp1252" in screen(pilot)


async def test_passwords_do_not_help_to_choose(service: OfficeService, tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_bytes(f"{HEADINGS}\nanna,gehéim,anna,\n".encode("cp850"))
    async with dashboard(service, "j", "enter") as pilot:
        await open_list(pilot, tmp_path / "accounts.csv")
        why = str(pilot.app.screen.query_one("#why", Prose).render())
        assert "passwords are not shown: ask who made the file" in why
        assert "geh" not in screen(pilot)


@pytest.mark.parametrize(("copying", "most"), [(0, 4), (1, 2), (3, 1)])
def test_proofs_leave_the_engine_its_connections(
    empty_service: OfficeService, dovecot_factory: DovecotFactory, users: list[str], copying: int, most: int
) -> None:
    busy = [AccountSpec(f"busy{number}", Secret("x"), "x") for number in range(copying)]
    specs = {number: AccountSpec(f"{users[0]}", Secret(PASSWORD), users[1]) for number in range(24)}
    ended = threading.Event()
    with CountingProxy(dovecot_factory().port) as proxy:
        server = plain(proxy.port, connections=4)  # an account takes two of them: it is source and destination
        migration = make_migration(empty_service, server, server)
        empty_service.accounts.add_unproven(migration.id, busy)
        for account in empty_service.accounts.listing(migration.id):
            office.set_account(empty_service, account.id, AccountState.COPYING, Counts(9), (9, 0))
        with office.engine_at_work(empty_service, rates=(1.0, 1.0)):
            empty_service.logins.prove_new(migration, specs, lambda proof: None, ended.set)
            assert ended.wait(PATIENCE_SECONDS)
    assert proxy.most == most
    assert users[0] in stored(empty_service)


MANY_MISTAKES = (
    "anna@old.example,geheim,anna@new.example,1",
    "bram@old.example,,bram@new.example,",
    "carla@old.example,geheim,carla@new.example,urgent",
    ",geheim,dirk@new.example,",
    "anna@old.example,geheim,a.peeters@new.example,",
    "elke@old.example,geheim,elke@new.example",
    "fien@old.example,geheim,fien@new.example,3",
)


@pytest.mark.usefixtures("engine")
async def test_the_preview(service: OfficeService, tmp_path: Path) -> None:
    async with dashboard(service, "j", "enter") as pilot:
        await open_list(pilot, write(tmp_path, *MANY_MISTAKES))
        await press(pilot, "b")
        await compare_at_both_sizes(pilot, "import-preview")
        await press(pilot, "e")
        await compare_at_both_sizes(pilot, "import-correct")


@pytest.mark.usefixtures("engine")
async def test_the_path(service: OfficeService) -> None:
    async with dashboard(service, "j", "enter", "i") as pilot:
        await until(pilot, lambda: "CSV file" in screen(pilot))
        await compare_at_both_sizes(pilot, "import-path")


@pytest.mark.parametrize("keys", [("a",), ("i",), ("slash", *"grace"), ("number_sign",), ("d",)])
async def test_no_terminal_is_too_small_and_ascii_is_enough(service: OfficeService, keys: tuple[str, ...]) -> None:
    async with dashboard(service, "enter", *keys, ascii_only=True) as pilot:
        for width, height in [(60, 15), (30, 8), SMALL]:
            await pilot.resize_terminal(width, height)
            await settle(pilot)
            assert all(len(line) <= width for line in screen(pilot).splitlines())
            assert screen(pilot).isascii()


def test_words_are_not_put_into_a_servers_mouth() -> None:
    assert answer(LoginRefused("No.", server_words="NO no")) == "No. The server said: NO no"
    assert answer(CertificateRefused("Expired.", server_words="expired")) == "Expired. OpenSSL says: expired"
    assert answer(LoginRefused("No.")) == "No."
