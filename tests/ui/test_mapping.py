"""Where folders go, on real servers: seen before a run, changed, excluded, shared with all accounts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import mkdtemp

import pytest
from textual.pilot import Pilot

from tests.conftest import DovecotFactory
from tests.engine.folder_mail import item
from tests.engine.support import memory_disk, plain, run_cli, write_plan
from tests.servers.dovecot import Dovecot, DovecotOptions
from tests.servers.maildir import write_maildir
from tests.ui import office
from tests.ui.dashboard import (
    LARGE,
    SMALL,
    compare,
    compare_at_both_sizes,
    dashboard,
    line,
    press,
    screen,
    settle,
    shows,
    unsaid,
)
from tui_migrate.config.plan import load_plan
from tui_migrate.model import FolderRule
from tui_migrate.service.folders import Trees

FOLDERS = {
    "INBOX": 12, "Verzonden": 7, "Verzonden/2019": 3, "Concepten": 1, "Ongewenst": 5, "Klanten": 2, "Klanten/Gent": 4,
    "Klanten/v1.0": 1, "Klanten/v1_0": 1, "Projecten/日本": 2, "Trash": 6,
}  # fmt: skip
USES = {"Verzonden": "\\Sent", "Concepten": "\\Drafts", "Ongewenst": "\\Junk"}


class Mailboxes:
    """Two mailboxes to move, from Dutch folder names with `/` to English ones with `.`."""

    def __init__(self, old: Dovecot, new: Dovecot, users: list[str], folder: Path) -> None:
        items = [item(name, number) for name, many in FOLDERS.items() for number in range(many)]
        for user in users:
            _put_aside(old.maildir(user).parent)
            _put_aside(new.maildir(f"new-{user}").parent)
            write_maildir(old.add_user(user, "secret"), "/", items)
            write_maildir(new.add_user(f"new-{user}", "secret"), ".", [], folders=["Sent", "Drafts", "Junk", "Notes"])
        rows = [(user, f"new-{user}") for user in users]
        self.plan = write_plan(folder, plain(old.port), plain(new.port), rows, excluded=["Trash"], title="Office")
        self.data = folder / "data"
        self.service = office.open_service(self.data)
        self.migration_id, _ = self.service.plans.save(load_plan(self.plan))
        self.account_id = self.service.accounts.listing(self.migration_id)[0].id

    def passwords(self, before: str, now: str) -> None:
        """As the account list says from now on."""
        accounts = self.plan.parent / "accounts.csv"
        accounts.write_text(accounts.read_text("utf-8").replace(before, now), "utf-8")
        self.service.plans.save(load_plan(self.plan))

    def close(self) -> None:
        """The store is closed."""
        self.service.close()

    def rules(self) -> list[FolderRule]:
        return self.service.folders.rules(self.account_id)


def _put_aside(home: Path) -> None:
    """What the test before has left of a user; a session of it may still be ending in there."""
    if home.exists():
        home.rename(Path(mkdtemp(dir=home.parent)) / home.name)


@pytest.fixture(scope="session")
def servers(dovecot_factory: DovecotFactory) -> tuple[Dovecot, Dovecot]:
    """Of these tests alone, so that names are the same in every picture."""
    uses = {"Sent": "\\Sent", "Drafts": "\\Drafts", "Junk": "\\Junk"}
    old = dovecot_factory(DovecotOptions(special_use=USES, root=memory_disk()), fresh=True)
    return old, dovecot_factory(DovecotOptions(special_use=uses, separator=".", root=memory_disk()), fresh=True)


@pytest.fixture
def mailboxes(servers: tuple[Dovecot, Dovecot], tmp_path: Path) -> Iterator[Mailboxes]:
    with closing(Mailboxes(*servers, ["anna", "bert"], tmp_path)) as made:
        yield made


KEYS = ("enter", "m")


def row(pilot: Pilot[object], name: str) -> str:
    """What the source's tree says of a folder, in a small terminal."""
    (found,) = [half for text in screen(pilot).splitlines()[2:-4] if f" {name} " in (half := text[:39])]
    return found


async def test_both_trees_as_they_will_be(mailboxes: Mailboxes) -> None:
    async with dashboard(mailboxes.service, *KEYS, *"jjjj") as pilot:
        await compare_at_both_sizes(pilot, "mapping")


async def test_what_the_admin_has_said(mailboxes: Mailboxes) -> None:
    mine = {"Klanten": "Old/Clients", "Klanten/v1.0": "Old/v1.0", "Concepten": None}
    every = {"Projecten": "Projects", "Ongewenst": None, "Trash": "Trash"}
    for rules, account_id in ((mine, mailboxes.account_id), (every, None)):
        for source, target in rules.items():
            mailboxes.service.folders.set_rule(mailboxes.migration_id, FolderRule(source, target, account_id))
    async with dashboard(mailboxes.service, *KEYS, *"jjjj") as pilot:
        await compare_at_both_sizes(pilot, "mapping-ruled")


async def test_in_ascii(mailboxes: Mailboxes) -> None:
    async with dashboard(mailboxes.service, *KEYS, "enter", ascii_only=True) as pilot:
        assert screen(pilot).isascii()
        await press(pilot, "escape")
        compare(pilot, "mapping-ascii")


async def test_from_the_account_and_with_help_on_its_marks(mailboxes: Mailboxes) -> None:
    async with dashboard(mailboxes.service, "enter", "enter", "m") as pilot:
        assert "▲ collision" in line(pilot, "v1.0")
        await press(pilot, "question_mark", "pagedown")
        assert "this one gets a number" in screen(pilot)


async def test_a_folder_is_given_another_place(mailboxes: Mailboxes, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    ask = mailboxes.service.folders.trees

    def noted(account_id: int) -> Trees:
        asked.append(account_id)
        return ask(account_id)

    monkeypatch.setattr(mailboxes.service.folders, "trees", noted)
    async with dashboard(mailboxes.service, *KEYS, "j", "j", "t") as pilot:
        assert "What lies in the folder goes with it." in screen(pilot)
        await press(pilot, *["backspace"] * len("Klanten"))
        assert "✖ It must not be empty" in screen(pilot)
        await press(pilot, *"Old/", "enter")
        assert "✖ It must have a name before and after" in screen(pilot)
        await press(pilot, *["backspace"] * 4, *"Sent")
        assert "✖ Verzonden goes there" in screen(pilot)
        compare(pilot, "mapping-place-wrong")
        await press(pilot, *["backspace"] * 4, *"Old/Clients", "enter")
        await shows(pilot, "Klanten goes to Old/Clients from the next run on")
        assert "● your rule" in line(pilot, "▸ Klanten")
        assert "→ follows" in row(pilot, "Gent")
        await press(pilot, "j")
        assert "Goes with Klanten" in screen(pilot)
    assert mailboxes.rules() == [FolderRule("Klanten", "Old/Clients", mailboxes.account_id)]
    assert asked == [mailboxes.account_id]


async def test_escape_changes_nothing(mailboxes: Mailboxes) -> None:
    async with dashboard(mailboxes.service, *KEYS, "j", "enter", *"XYZ", "escape") as pilot:
        assert "◇ Drafts" in line(pilot, "▸ Concepten")
    assert mailboxes.rules() == []


async def test_a_collision_is_settled_by_hand(mailboxes: Mailboxes) -> None:
    async with dashboard(mailboxes.service, *KEYS, *"jjjj", "enter") as pilot:
        await press(pilot, *["backspace"] * 4, *"-one", "enter")
        await shows(pilot, "● your rule")
        assert "▲ collision" not in screen(pilot)
        assert "v1_0-one" in screen(pilot)


async def test_what_the_destination_cannot_hold_is_said(mailboxes: Mailboxes) -> None:
    async with dashboard(mailboxes.service, *KEYS, "j", "j", "enter") as pilot:
        await press(pilot, *" 2.0", "enter")
        await unsaid(pilot)
        await shows(pilot, "Your rule says Klanten 2.0; the destination cannot hold that name.")
        assert "Klanten → Klanten 2_0" in screen(pilot)


async def test_folders_stay_behind_and_are_taken_along(mailboxes: Mailboxes) -> None:
    async with dashboard(mailboxes.service, *KEYS, "j", "j", "x") as pilot:
        await shows(pilot, "Klanten stays behind from the next run on")
        assert "– excluded" in row(pilot, "Gent")
        assert "Stays behind by your rule for" in screen(pilot)
        await press(pilot, "j", "x")
        await shows(pilot, "Klanten/Gent goes to Klanten/Gent")
        assert "● your rule" in row(pilot, "Gent")
        await press(pilot, "k", "x")
        await shows(pilot, "Klanten: the rule is taken back")
        assert "excluded" not in row(pilot, "Klanten")
        await unsaid(pilot)
        await press(pilot, *"jjjjjjj")
        await shows(pilot, "Stays behind: it is among the excluded folders")
        await press(pilot, "x")
        await shows(pilot, "Trash goes to Trash")
        assert "● your rule" in row(pilot, "Trash")
    assert {rule.source: rule.target for rule in mailboxes.rules()} == {
        "Klanten/Gent": "Klanten/Gent",
        "Trash": "Trash",
    }


async def test_a_rule_is_given_to_all_accounts_and_taken_back_from_them(mailboxes: Mailboxes) -> None:
    async with dashboard(mailboxes.service, *KEYS, "j", "a") as pilot:
        assert "This folder has no rule of this account" in screen(pilot)
        await press(pilot, "x", "a")
        assert "Let Concepten stay behind in all 2 accounts of Office?" in screen(pilot)
        await press(pilot, "n")
        assert mailboxes.rules() == [FolderRule("Concepten", None, mailboxes.account_id)]
        await press(pilot, "a", "y")
        await unsaid(pilot)
        await shows(pilot, "Stays behind by your rule for all accounts.")
        assert mailboxes.rules() == [FolderRule("Concepten", None)]
        await press(pilot, "x")
        await shows(pilot, "● your rule")
        assert mailboxes.rules()[1:] == [FolderRule("Concepten", "Drafts", mailboxes.account_id)]
        await press(pilot, "u")
        await shows(pilot, "– excluded")
        await press(pilot, "u")
        assert "Take the rule for Concepten back for all 2 accounts?" in screen(pilot)
        await press(pilot, "y")
        await shows(pilot, "◇ Drafts")
        await press(pilot, "u")
        assert "There is no rule for this folder" in screen(pilot)
    assert mailboxes.rules() == []


async def test_a_folder_without_mail_takes_along_what_lies_in_it(mailboxes: Mailboxes) -> None:
    async with dashboard(mailboxes.service, *KEYS, *"jjjjjjj") as pilot:
        assert "Projecten holds folders only" in screen(pilot)
        await press(pilot, "enter", *"/alle", "enter")
        await shows(pilot, "→ Projecten/alle")
        await press(pilot, "j")
        assert "Projecten/日本 → Projecten/alle/日本" in screen(pilot)
        await press(pilot, "u")
        assert "It goes with Projecten: take the rule of that back." in screen(pilot)


async def test_what_is_copied_already_is_spoken_of(mailboxes: Mailboxes) -> None:
    assert (await asyncio.to_thread(run_cli, "--data-dir", mailboxes.data, "run", mailboxes.plan)).returncode == 0
    async with dashboard(mailboxes.service, *KEYS, "j", "j", "enter", size=LARGE) as pilot:
        assert "What lies in the folder goes with it. What was copied" in screen(pilot)
        await press(pilot, *["backspace"] * 7, *"Clients", "enter")
        await shows(pilot, "from the next run on; what was copied stays where it is")
        assert "What was copied to Klanten" in screen(pilot)
        await press(pilot, "x")
        await shows(pilot, "Stays behind by your rule")
        await shows(pilot, "Klanten stays behind from the next run on; what was copied stays where it is")
        await press(pilot, "u")
        await shows(pilot, "Klanten: the rule is taken back")
        assert "What was copied" not in screen(pilot)


async def test_a_filter_shows_folders_by_name_place_and_mark(mailboxes: Mailboxes) -> None:
    async with dashboard(mailboxes.service, *KEYS, "slash", *"klanten") as pilot:
        assert "4 of 12 folders match" in screen(pilot)
        assert "Klanten/Gent" in screen(pilot)
        assert "Notes" not in screen(pilot)
        await press(pilot, "enter", "j", "x")
        await shows(pilot, "Klanten/Gent stays behind")
        await press(pilot, "slash", *["backspace"] * 7, *"excl", "enter")
        assert "2 of 12 folders match" in screen(pilot)
        await press(pilot, "escape")
        assert "Notes" in screen(pilot)
        await press(pilot, "slash", *"nosuch")
        assert "No folder matches; esc shows all." in screen(pilot)


async def test_in_the_destinations_tree_there_is_nothing_to_change(mailboxes: Mailboxes) -> None:
    async with dashboard(mailboxes.service, *KEYS, "tab", "j") as pilot:
        assert "Drafts · is there already · gets Concepten" in screen(pilot)
        assert "enter change" not in screen(pilot)
        await press(pilot, "x", "G")
        assert "Sent/2019 · will be made · gets Verzonden/2019" in screen(pilot)
        await press(pilot, "tab")
        assert "INBOX → INBOX" in screen(pilot)
    assert mailboxes.rules() == []


async def test_a_server_that_refuses_is_quoted_and_asked_again(mailboxes: Mailboxes) -> None:
    mailboxes.passwords("secret", "changed")
    async with dashboard(mailboxes.service, *KEYS) as pilot:
        await shows(pilot, "The server said: NO [AUTHENTICATIONFAILED] Authentication failed.")
        assert "r asks the servers again." in " ".join(screen(pilot).split())
        await press(pilot, *"jxuat", "enter", "tab")
        mailboxes.passwords("changed", "secret")
        await press(pilot, "r")
        await shows(pilot, "◇ Drafts")
        assert "The server said" not in screen(pilot)


async def test_who_leaves_before_the_servers_answer_hears_nothing_of_it(mailboxes: Mailboxes) -> None:
    async with dashboard(mailboxes.service, "enter") as pilot:
        await pilot.press("m", "escape")
        await settle(pilot)
        assert "Destination folder" not in screen(pilot)


async def test_what_somebody_else_changes_is_seen(mailboxes: Mailboxes) -> None:
    async with dashboard(mailboxes.service, *KEYS) as pilot:
        mailboxes.service.folders.set_rule(mailboxes.migration_id, FolderRule("Concepten", "Konzepte"))
        await shows(pilot, "● for all")


async def test_no_terminal_is_too_small(mailboxes: Mailboxes) -> None:
    async with dashboard(mailboxes.service, *KEYS) as pilot:
        for width, height in [(60, 15), (40, 10), (20, 5), (5, 2), SMALL]:
            await pilot.resize_terminal(width, height)
            await settle(pilot)
        assert "◇ Drafts" in screen(pilot)
