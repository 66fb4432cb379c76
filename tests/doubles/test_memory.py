"""A kind of mailbox that nothing in the program has heard of, from the plan to the report: what is true of it is true
of every kind that comes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.doubles.memory import MEMORY, MemoryServer
from tests.doubles.moving import Move
from tests.doubles.places import Fault, Moment, raising
from tests.doubles.source import NO_MAIL, WHY_NOT
from tests.servers.maildir import MailItem
from tests.support.sample_mail import mixed, plain
from tui_migrate.config.plan import load_plan
from tui_migrate.errors import (
    BadInput,
    CommandRefused,
    Disconnected,
    MailError,
    MessageRefused,
    ProtocolViolation,
    StoreUnusable,
    Throttled,
)
from tui_migrate.model import KINDS, AccountState, Counts
from tui_migrate.service import open_service

pytestmark = pytest.mark.usefixtures("memory")

MAIL = plain(120, 4, size=600)


def twins(items: list[MailItem]) -> list[MailItem]:
    """Each of them, and some twice."""
    return [*items, *items[::7]]


@pytest.fixture
def move(tmp_path: Path) -> Move:
    return Move(tmp_path, {"ann": twins(MAIL)})


def test_from_the_plan_to_the_report(tmp_path: Path) -> None:
    move = Move(tmp_path, {"ann": mixed(60, 12, total=90_000), "bob": twins(MAIL)}, max_connections=4)
    ended = move.run()
    messages = 60 + len(twins(MAIL))
    assert (ended.code, ended.counts) == (0, Counts(listed=messages, copied=messages)), str(ended)
    move.assert_exact()
    assert move.cli("check").returncode == 0
    for how in (["verify"], ["verify", "--deep"]):
        compared = move.cli(*how)
        assert compared.returncode == 0, compared.stdout
        assert "The same at both ends." in compared.stdout
    assert move.cli("report", "--out", tmp_path / "report").returncode == 0
    assert "/old to /new" in (tmp_path / "report" / "1-Test.html").read_text(encoding="utf-8")
    assert "Test,bob,bob,5,done" in (tmp_path / "report" / "accounts.csv").read_text(encoding="utf-8-sig")


def test_a_plan_is_kept_and_written_as_it_was_read(move: Move) -> None:
    move.write_plan(["ann"], bytes_per_second="5 MB", blackouts=["sun 03:00-04:00 UTC"])
    assert move.cli("import-plan", move.plan).returncode == 0
    read = load_plan(move.plan).migration
    assert read.source == MemoryServer("/old", bytes_per_second=5_000_000, blackouts=read.source.blackouts)
    assert move.cli("export", "Test", "--out", move.folder / "again").returncode == 0
    assert load_plan(move.folder / "again" / "plan.toml").migration == read
    with pytest.raises(BadInput, match=r"source\.host: must be left out with memory, which has no such setting"):
        load_plan(move.write_plan(["ann"], host="mail.example.com"))
    with pytest.raises(BadInput, match=r"source\.admin: must be left out with memory, where nobody logs in like that"):
        load_plan(move.write_plan(["ann"], admin={"user": "root", "password_file": "x"}))
    with pytest.raises(BadInput, match=r"source\.protocol: must be .* or memory or locked; did you"):
        load_plan(move.write_plan(["ann"], protocol="memoro"))


def test_a_store_of_a_kind_that_is_gone_says_so(move: Move) -> None:
    move.run()
    del KINDS["memory"]
    try:
        service = open_service(move.data)
        with pytest.raises(StoreUnusable, match="kind of mailbox that this program does not know: memory"):
            service.migrations.listing()
        service.close()
    finally:
        KINDS["memory"] = MEMORY


# Logins


def test_where_each_has_a_password_it_is_asked_for_and_tried(move: Move) -> None:
    with pytest.raises(BadInput, match=r"accounts\.csv line 1: the heading Password is missing"):
        load_plan(move.write_plan([{"Source": "ann", "Destination": "ann"}], protocol="locked"))
    move.write_plan(["ann"], protocol="locked")
    move.new.mailboxes["ann"].password = "changed"
    ended = move.run()
    assert ended.code == 1
    assert [(each.sentence, each.server_words) for each in ended.failures] == [("ann is not let in.", "not known")]
    move.write_plan([{"Source": "ann", "Password": "secret", "Destination": "ann", "Destination Password": "changed"}])
    plan = move.plan.read_text(encoding="utf-8").replace('protocol = "memory"', 'protocol = "locked"')
    move.plan.write_text(plan, encoding="utf-8")
    assert move.run().code == 0
    move.assert_exact()


def test_a_password_is_asked_for_on_the_side_alone_that_has_one(move: Move) -> None:
    rows = [{"Source": "ann", "Destination": "ann", "Destination Password": "secret"}]
    first, _, rest = move.write_plan(rows, protocol="locked").read_text(encoding="utf-8").partition("locked")
    move.plan.write_text(f"{first}memory{rest}", encoding="utf-8")
    assert move.run().code == 0
    move.assert_exact()


# Later passes


def test_a_later_pass_brings_what_has_changed_and_looks_at_nothing_else(move: Move) -> None:
    move.run()
    before = sum(move.old.mailboxes["ann"].contents().values())
    inbox = move.old.mailboxes["ann"].folder("INBOX")
    inbox.add(b"Subject: new\r\n\r\nmail\r\n", ["\\Seen"])
    inbox.change_flags(inbox.messages[3], ["\\Flagged", "project-x"])
    inbox.change_flags(inbox.messages[4], [])
    move.old.said.clear()
    ended = move.run()
    assert (ended.code, ended.counts) == (0, Counts(listed=before + 1, copied=1, brought=before)), str(ended)
    assert move.old.said == ["log in", "tree", "changes INBOX", "read INBOX"]
    move.assert_exact()
    assert move.cli("verify").returncode == 0


def test_what_happens_in_a_folder_while_it_is_copied_comes_with_the_next_pass(move: Move) -> None:
    inbox = move.old.mailboxes["ann"].folder("INBOX")

    def happen() -> None:
        inbox.add(b"Subject: new\r\n\r\nmail\r\n", ["\\Seen"])
        inbox.change_flags(inbox.messages[3], ["\\Flagged"])

    move.old.faults.append(Fault(Moment.READ, happen, nth=5, folder="INBOX"))
    before = sum(move.old.mailboxes["ann"].contents().values())
    assert (ended := move.run()).counts == Counts(listed=before, copied=before), str(ended)
    move.old.said.clear()
    assert (ended := move.run()).counts == Counts(listed=before + 1, copied=1, brought=before), str(ended)
    assert move.old.said == ["log in", "tree", "changes INBOX", "read INBOX"]
    move.assert_exact()
    move.old.said.clear()
    assert move.run().code == 0
    assert move.old.said == ["log in", "tree"]


@pytest.mark.parametrize("side", ["old", "new"])
def test_a_folder_that_was_numbered_anew_is_recognised(move: Move, side: str) -> None:
    move.run()
    before = sum(move.old.mailboxes["ann"].contents().values())
    getattr(move, side).mailboxes["ann"].folder("Folder 01").renumber()
    ended = move.run()
    assert (ended.code, ended.counts) == (0, Counts(listed=before, brought=before)), str(ended)
    move.assert_exact()


def test_a_deletion_at_the_destination_is_missing_when_it_is_verified(move: Move) -> None:
    move.run()
    folder = move.new.mailboxes["ann"].folder("Folder 02")
    folder.remove(folder.messages[0].uid)
    folder.change_flags(folder.messages[0], ["\\Draft", "odd"])
    compared = move.cli("verify")
    assert compared.returncode == 1
    row = next(each.split() for each in compared.stdout.splitlines() if "Folder 02" in each)
    assert row[2:7] == ["34", "33", "1", "-", "1"], compared.stdout


def test_what_is_no_mail_is_excluded_for_a_reason_that_is_told(move: Move) -> None:
    folder = move.old.mailboxes["ann"].folder("Folder 01")
    for number in range(3):
        folder.add(b"%s\r\n%d\r\n" % (NO_MAIL, number))
    messages = len(twins(MAIL))
    for brought in (0, messages):
        folder.change_flags(folder.messages[0], folder.messages[0].flags ^ {"\\Flagged"})
        ended = move.run()
        counts = Counts(listed=messages + 3, copied=messages - brought, brought=brought, excluded=3)
        assert (ended.code, ended.counts) == (0, counts), str(ended)
    service = open_service(move.data)
    (account,) = ended.accounts
    told = service.passes.left_out(account.id).selection
    assert [(each.folder, each.reason, each.messages) for each in told] == [("Folder 01", WHY_NOT, 3)]
    service.close()
    assert sum(move.new.mailboxes["ann"].contents().values()) == messages
    checked = move.cli("check")
    assert f"ann: contents: Stays behind: {WHY_NOT} (3)." in checked.stdout, checked.stdout
    compared = move.cli("verify")
    assert compared.returncode == 0, compared.stdout


# Faults


def cut() -> MailError:
    return Disconnected("The session ended.")


@pytest.mark.parametrize(
    ("where", "moment", "nth"),
    [
        ("old", Moment.LOG_IN, 1),
        ("old", Moment.TREE, 1),
        ("old", Moment.LIST, 2),
        ("old", Moment.READ, 40),
        ("new", Moment.LOG_IN, 1),
        ("new", Moment.TREE, 1),
        ("new", Moment.OPEN, 2),
        ("new", Moment.STORE, 40),
        ("new", Moment.STORED, 40),
        ("new", Moment.TELL, 1),
    ],
)
def test_a_session_that_ends_costs_nothing_and_brings_nothing_twice(
    move: Move, where: str, moment: Moment, nth: int
) -> None:
    """Once, and once more when it is tried again."""
    faults = [Fault(moment, raising(cut), nth), Fault(moment, raising(cut), nth + 1)]
    getattr(move, where).faults += faults
    ended = move.run()
    assert all(fault.happened for fault in faults)
    messages = len(twins(MAIL))
    assert (ended.code, ended.counts) == (0, Counts(listed=messages, copied=messages)), str(ended)
    move.assert_exact()


@pytest.mark.parametrize(("where", "moment"), [("old", Moment.CHANGES), ("new", Moment.FLAGS)])
def test_a_later_pass_whose_session_ends_brings_all_the_same(move: Move, where: str, moment: Moment) -> None:
    move.run()
    inbox = move.old.mailboxes["ann"].folder("INBOX")
    inbox.add(b"Subject: new\r\n\r\nmail\r\n", ["\\Seen"])
    inbox.change_flags(inbox.messages[3], ["\\Flagged", "project-x"])
    fault = Fault(moment, raising(cut))
    getattr(move, where).faults.append(fault)
    assert move.run().code == 0
    assert fault.happened
    move.assert_exact()


@pytest.mark.parametrize(
    ("where", "moment", "error"),
    [
        ("old", Moment.LIST, CommandRefused("The folder is locked.", server_words="try another one")),
        ("new", Moment.OPEN, CommandRefused("The folder is locked.", server_words="try another one")),
    ],
)
def test_a_folder_that_is_refused_fails_alone(move: Move, where: str, moment: Moment, error: MailError) -> None:
    getattr(move, where).faults.append(Fault(moment, raising(lambda: error), times=None, folder="Folder 02"))
    ended = move.run()
    there = sum(each.folder == "Folder 02" for each in twins(MAIL))
    assert (ended.code, ended.counts.failed) == (1, there), str(ended)
    assert [(each.folder, each.server_words) for each in ended.failures] == [("Folder 02", "try another one")]
    getattr(move, where).faults.clear()
    assert move.run().code == 0
    move.assert_exact()


@pytest.mark.parametrize(("where", "moment"), [("old", Moment.READ), ("new", Moment.STORE)])
def test_a_message_that_is_refused_fails_alone(move: Move, where: str, moment: Moment) -> None:
    refused = raising(lambda: MessageRefused("Refused.", server_words="no"))
    getattr(move, where).faults.append(Fault(moment, refused, nth=33, times=None, folder="INBOX"))
    ended = move.run()
    assert (ended.code, ended.counts.failed) == (1, len(ended.failures)), str(ended)
    assert {(each.folder, each.server_words) for each in ended.failures} == {("INBOX", "no")}
    getattr(move, where).faults.clear()
    assert move.run().code == 0
    move.assert_exact()


def test_a_full_mailbox_is_paused_and_goes_on(move: Move) -> None:
    move.new.mailboxes["ann"].quota = 30
    ended = move.run()
    assert [each.state for each in ended.accounts] == [AccountState.PAUSED], str(ended)
    assert move.cli("check").returncode == 1
    move.new.mailboxes["ann"].quota = 300
    assert move.cli("check").returncode == 0
    assert move.run().code == 0
    move.assert_exact()


@pytest.mark.parametrize("error", [Throttled("Later."), ProtocolViolation("What?", server_words="@#!")])
def test_what_passes_is_waited_for(move: Move, error: MailError) -> None:
    move.old.faults.append(Fault(Moment.READ, raising(lambda: error), nth=20))
    assert move.run().code == 0
    move.assert_exact()


def test_what_a_folder_does_not_keep_is_a_remark(move: Move) -> None:
    move.run()
    keywords = {flag for each in MAIL if each.folder == "INBOX" for flag in each.flags if not flag.startswith("\\")}
    other = Move(move.folder, {"ann": MAIL})
    other.data = move.folder / "other"
    other.new.mailboxes["ann"].folder("INBOX").permanent_flags = ("\\Answered", "\\Draft", "\\Flagged", "\\Seen")
    assert other.run().code == 0
    told = json.loads(other.cli("remarks", "--json").stdout)
    remarks = {(each["folder"], each["what"]) for each in told}
    assert {what for folder, what in remarks if folder == "INBOX"} >= keywords
    assert {folder for folder, _ in remarks} == {"INBOX"}


# Kills


@pytest.mark.parametrize(
    ("moment", "nth"), [(Moment.STORE, 1), (Moment.STORED, 1), (Moment.STORED, 77), (Moment.TELL, 1), (Moment.TELL, 2)]
)
def test_killed_between_sending_and_recording(move: Move, moment: Moment, nth: int) -> None:
    """The process is dead, and what it has stored is there: the next one finds it, twins and all, and knows whose it
    is."""
    move.run_and_kill(moment, nth)
    ended = move.run()
    messages = len(twins(MAIL))
    assert (ended.code, ended.counts) == (0, Counts(listed=messages, copied=messages)), str(ended)
    move.assert_exact()


def test_killed_while_flags_are_changed(move: Move) -> None:
    move.run()
    for folder in move.old.mailboxes["ann"].folders.values():
        for message in folder.messages:
            folder.change_flags(message, message.flags ^ {"\\Flagged"})
    move.run_and_kill(Moment.FLAGS, 2)
    assert move.run().code == 0
    move.assert_exact()
