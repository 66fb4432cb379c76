"""Source and destination compared once more, on real servers: what is wrong is found and named, the rest is not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.conftest import DovecotFactory
from tests.engine.pop_mail import mail, pop
from tests.engine.support import migrate, plain, write_plan
from tests.engine.values import RESPELLED
from tests.engine.verify_mail import DAY, ITEMS, SEEN, item
from tests.servers.dovecot import Dovecot, DovecotOptions
from tests.servers.maildir import MailItem, write_maildir
from tests.servers.proxies import CutReply, CuttingProxy
from tests.support.counting_proxy import CountingProxy
from tests.support.nasty_mail import nasty
from tests.support.rewriting_proxy import RewritingProxy
from tui_migrate.cli import main
from tui_migrate.config.plan import load_plan
from tui_migrate.model import FolderRule, Selection
from tui_migrate.service import open_service


@dataclass
class Pair:
    """One account between two mailboxes on one server, whose mail the tests write on disk."""

    server: Dovecot
    user: str
    folder: Path

    def fill(self, mine: Iterable[MailItem], theirs: Iterable[MailItem], excluded: Iterable[str] = ()) -> None:
        """What lies at both ends, and a migration between them that has never run."""
        write_maildir(self.server.add_user(self.user, "secret"), "/", mine)
        write_maildir(self.server.add_user(f"new-{self.user}", "secret"), "/", theirs)
        self.load(excluded)

    def load(self, excluded: Iterable[str] = (), port: int = 0) -> Path:
        """The migration as its plan has it."""
        ends = plain(self.server.port), plain(port or self.server.port)
        path = write_plan(self.folder, *ends, [(self.user, f"new-{self.user}")], excluded=excluded)
        service = open_service(self.data)
        service.plans.save(load_plan(path))
        service.close()
        return path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def roots(self) -> list[Path]:
        return [self.server.maildir(user) for user in (self.user, f"new-{self.user}")]

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(main, ["verify", *words, "--data-dir", str(self.data)])

    def verify(self, *words: str) -> dict[str, Any]:
        """The JSON of the one account, after its exit code was seen to agree."""
        ended = self.run("--json", *words)
        found = json.loads(ended.stdout)
        assert ended.exit_code == (0 if found["whole"] else 1)
        (account,) = found["accounts"]
        assert account["same"] is found["same"]
        assert isinstance(account, dict)
        return account


@pytest.fixture
def pair(dovecot_factory: DovecotFactory, unique_user: Callable[[], str], tmp_path: Path) -> Pair:
    return Pair(dovecot_factory(), unique_user(), tmp_path)


def findings(account: Mapping[str, Any]) -> list[tuple[str, str, list[str]]]:
    """Folder, what it is, and in what it differs, for each message."""
    return [
        (folder["source"] or folder["destination"], message["kind"], message["differs"])
        for folder in account["folders"]
        for message in folder["messages"]
    ]


def files(roots: Iterable[Path]) -> dict[Path, tuple[str, float]]:
    """Every message file under its name, which tells its flags, and its folder, which tells if it is recent."""
    found = [path for root in roots for kind in ("cur", "new") for path in root.rglob(f"{kind}/*")]
    return {path: (path.name, path.stat().st_mtime) for path in found}


def test_a_copy_of_the_nasty_set_is_the_same_and_is_left_as_it_is(pair: Pair) -> None:
    """Without looking at the journal: no run of ours has made this copy. Recent mail stays recent, unread unread."""
    items = nasty("/").items
    pair.fill(items, [replace(each, folder=RESPELLED.get(each.folder, each.folder)) for each in items])
    for path in sorted(pair.roots[0].glob("cur/*:2,"))[:3]:
        path.rename(pair.roots[0] / "new" / path.name.partition(":")[0])
    before = files(pair.roots)
    account = pair.verify("--deep")
    assert account["error"] is None
    assert findings(account) == []
    assert account["source_messages"] == account["destination_messages"] == len(items)
    assert account["folders"]
    assert files(pair.roots) == before


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        (ITEMS[1:], [("INBOX", "missing", [])]),
        ([*ITEMS, item("new")], [("INBOX", "extra", [])]),
        ([replace(ITEMS[0], flags=frozenset()), *ITEMS[1:]], [("INBOX", "different", ["flags"])]),
        ([replace(ITEMS[0], flags=SEEN | {"Work"}), *ITEMS[1:]], [("INBOX", "different", ["flags"])]),
        ([replace(ITEMS[0], instant=DAY + 3600), *ITEMS[1:]], [("INBOX", "different", ["date"])]),
        ([item("mail 0", body="hello, you"), *ITEMS[1:]], [("INBOX", "different", ["size"])]),
        ([item("mail 0", body="jello"), *ITEMS[1:]], []),
        ([replace(ITEMS[0], folder="Work"), *ITEMS[1:]], [("INBOX", "missing", []), ("Work", "extra", [])]),
        ([*ITEMS, item("strange", "Theirs")], [("Theirs", "extra", [])]),
    ],
    ids=["missing", "extra", "flag lost", "flag added", "date", "size", "bytes", "in another folder", "extra folder"],
)
def test_what_is_wrong_is_found(pair: Pair, there: list[MailItem], expected: list[tuple[str, str, list[str]]]) -> None:
    pair.fill(ITEMS, there)
    assert findings(pair.verify()) == expected


def test_other_bytes_under_the_same_header_are_found_by_reading_them(pair: Pair) -> None:
    pair.fill(ITEMS, [item("mail 0", body="jello"), *ITEMS[1:]])
    account = pair.verify("--deep")
    assert findings(account) == [("INBOX", "different", ["bytes"])]
    assert (account["bytes"], account["size"]) == (1, 0)
    assert pair.verify()["bytes"] is None, "not read"


def test_twins_are_counted(pair: Pair) -> None:
    twins = [item("twin"), item("twin"), item("twin"), replace(item("twin"), flags=frozenset())]
    pair.fill([*ITEMS, *twins], [*ITEMS, *twins[1:]])
    (message,) = pair.verify()["folders"][0]["messages"]
    assert (message["kind"], message["source"]["flags"]) == ("missing", ["\\Seen"])


def test_renamed_folders_are_followed_and_excluded_ones_are_said(pair: Pair) -> None:
    """By a rule, by what they are for, and by the name that a collision has given them in an earlier run."""
    mine = [item("a", "Old"), item("b", "Verzonden"), item("c", "Junk"), item("d", "x_y"), item("e", "x%y")]
    theirs = [item("a", "Archive/Old"), item("b", "Sent"), item("d", "x_y"), item("e", "x_y (2)")]
    pair.fill(mine, [*theirs, item("s", "Sent")], excluded=["Junk"])
    service = open_service(pair.data)
    service.folders.set_rule(service.migrations.listing()[0].migration.id, FolderRule("Old", "Archive/Old"))
    service.close()
    account = pair.verify()
    assert findings(account) == [("Verzonden", "extra", [])]
    names = {folder["source"]: folder["destination"] for folder in account["folders"]}
    assert names == {"INBOX": "INBOX", "Old": "Archive/Old", "Verzonden": "Sent", "x_y": "x_y", "x%y": "x_y (2)"}
    assert account["excluded_folders"] == ["Junk"]


def test_what_our_own_run_has_copied(pair: Pair) -> None:
    """The destination is changed afterwards: the journal still says that all is there."""
    pair.fill([*ITEMS, item("e", "x%y"), item("d", "x_y")], [])
    assert migrate(pair.load(), pair.data).code == 0
    assert pair.verify("--deep")["same"] is True
    path = min(pair.roots[1].glob("cur/*"))
    path.unlink()
    account = pair.verify()
    assert findings(account) == [("INBOX", "missing", [])]
    assert migrate(pair.load(), pair.data).counts.brought == len(ITEMS) + 2, "the journal believes it is there"


def test_a_folder_that_was_never_made_is_missing_though_it_is_empty(pair: Pair) -> None:
    pair.fill(ITEMS, ITEMS)
    write_maildir(pair.roots[0], "/", [], folders=["Empty"])
    account = pair.verify()
    assert {folder["source"]: folder["folder_missing"] for folder in account["folders"]}["Empty"] is True
    assert account["same"] is False


def test_flags_that_cannot_be_kept_are_told_from_lost_ones(pair: Pair) -> None:
    """As PERMANENTFLAGS says after SELECT; after EXAMINE Dovecot says that it keeps none."""
    mine = replace(ITEMS[0], flags=frozenset({"\\Seen", "\\Answered", "Work"}))
    pair.fill([mine], [replace(mine, flags=frozenset())])

    def no_keywords(line: bytes, answered: bytes | None) -> bytes:
        return line.replace(b" \\*)", b")")

    with RewritingProxy(pair.server.port, server_line=no_keywords) as proxy:
        pair.load(port=proxy.port)
        account = pair.verify()
    (message,) = account["folders"][0]["messages"]
    assert (message["differs"], message["flags_not_kept"]) == (["flags", "flags not kept"], ["Work"])
    assert (account["flags"], account["flags_not_kept"], account["different"]) == (1, 1, 1)
    pair.load()
    assert findings(pair.verify()) == [("INBOX", "different", ["flags"])]


def test_what_a_server_keeps_back_is_not_called_the_same(pair: Pair) -> None:
    """A message that is listed and not handed out, and others that are counted and not listed."""
    pair.fill(ITEMS, ITEMS)

    def without_the_first(line: bytes) -> bytes:
        line = line.replace(b"FETCH 1:5 (UID BODY", b"FETCH 2:5 (UID BODY")
        return line.replace(b"FETCH 1 (UID BODY", b"FETCH 900 (UID BODY")

    with RewritingProxy(pair.server.port, client_line=without_the_first) as proxy:
        pair.load(port=proxy.port)
        account = pair.verify()
    inbox = account["folders"][0]
    assert [(each["kind"], each["source"] is None) for each in inbox["messages"][:2]] == [
        ("missing", False),
        ("not handed out", True),
    ]

    def more(line: bytes, answered: bytes | None) -> bytes:
        return line.replace(b"(MESSAGES 5", b"(MESSAGES 7")

    with RewritingProxy(pair.server.port, server_line=more) as proxy:
        pair.load(port=proxy.port)
        account = pair.verify()
        assert "not listed: 2 messages that a server says it holds" in pair.run().stdout
    assert [folder["unlisted"] for folder in account["folders"]] == [2, 2, 2]
    assert findings(account) == []


def test_what_was_read_before_a_connection_ended_is_told(pair: Pair) -> None:
    pair.fill(ITEMS, ITEMS[1:])
    with CuttingProxy(pair.server.port, CutReply(b"EXAMINE", nth=6)) as proxy:
        pair.load(port=proxy.port)
        account = pair.verify()
    assert findings(account) == [("INBOX", "missing", [])]
    assert [folder["source"] for folder in account["folders"]] == ["INBOX"]
    assert account["error"] is not None


def test_several_accounts_at_once_within_what_the_server_is_to_have(pair: Pair) -> None:
    """Both ends on one server: two accounts that had one connection each would wait for each other."""
    users = [f"{pair.user}-{number}" for number in range(4)]
    for user in users:
        for each in (user, f"new-{user}"):
            write_maildir(pair.server.add_user(each, "secret"), "/", ITEMS)
    with CountingProxy(pair.server.port) as proxy:
        keys = plain(proxy.port, max_connections=3)
        path = write_plan(pair.folder, keys, keys, [(user, f"new-{user}") for user in users])
        service = open_service(pair.data)
        service.plans.save(load_plan(path))
        service.close()
        found = json.loads(pair.run("--json").stdout)
    assert found["same"] is True
    assert [account["source_user"] for account in found["accounts"]] == users
    assert proxy.all == 8
    assert proxy.most <= 3


def test_what_the_admin_has_skipped_is_left_out(
    dovecot_factory: DovecotFactory, unique_user: Callable[[], str], tmp_path: Path
) -> None:
    small = dovecot_factory(DovecotOptions(quota_storage="100M", max_mail_size="20K"))
    pair = Pair(small, unique_user(), tmp_path)
    pair.fill([*ITEMS, item("big", body="x" * 30_000)], [])
    assert migrate(pair.load(), pair.data).code == 1
    assert findings(pair.verify()) == [("INBOX", "missing", [])]
    service = open_service(pair.data)
    service.failures.skip([failure.id for failure in service.failures.listing()])
    service.close()
    account = pair.verify()
    assert (account["same"], account["missing"], account["left_out"]) == (True, 0, 1)


def test_what_is_not_to_be_copied_is_left_out_unless_it_is_there(pair: Pair) -> None:
    """Another date, or too large; what is at the destination all the same is compared like the rest."""
    old, large = item("old", instant=DAY - 90_000), item("large", body="x" * 5000)
    pair.fill([*ITEMS, old, item("old too", instant=DAY - 90_000), large], [*ITEMS, replace(old, flags=frozenset())])
    service = open_service(pair.data)
    plan = load_plan(pair.folder / "plan.toml")
    chosen = Selection(since=date(2020, 9, 13), max_size=4000)
    service.plans.save(replace(plan, migration=replace(plan.migration, selection=chosen)))
    service.close()
    account = pair.verify()
    assert (account["missing"], account["left_out"]) == (0, 2)
    assert findings(account) == [("INBOX", "different", ["flags"])]


def test_a_pop_source_has_no_flags_to_compare_and_its_dates_are_in_its_headers(
    dovecot_factory: DovecotFactory, unique_user: Callable[[], str], tmp_path: Path
) -> None:
    pair = Pair(dovecot_factory(DovecotOptions(pop3=True)), unique_user(), tmp_path)
    mine = [mail(number) for number in range(1, 9)]
    pair.fill(mine, [*mine[:6], replace(mine[6], instant=DAY, flags=frozenset({"\\Flagged"}))])
    path = write_plan(tmp_path, pop(pair.server.pop3_port), plain(pair.server.port), [(pair.user, f"new-{pair.user}")])
    service = open_service(pair.data)
    service.plans.save(load_plan(path))
    service.close()
    assert findings(pair.verify("--deep")) == [("INBOX", "missing", []), ("INBOX", "different", ["date"])]


def test_one_account_of_several_and_names_that_there_are_not(pair: Pair) -> None:
    pair.fill(ITEMS, ITEMS)
    assert pair.run("Test", "--account", pair.user).exit_code == 0
    wrong = pair.run("Tset")
    assert (wrong.exit_code, wrong.stdout) == (2, "")
    assert "there is none called Tset; there are: Test" in wrong.stderr
    unknown = pair.run("--account", "nobody", "--account", pair.user)
    assert (unknown.exit_code, unknown.stdout) == (2, "")
    assert "nobody" in unknown.stderr


def test_the_table_names_every_message(pair: Pair) -> None:
    there = [replace(ITEMS[0], flags=frozenset()), *ITEMS[2:], item("new"), item("newer")]
    pair.fill(ITEMS, there)
    ended = pair.run()
    assert ended.exit_code == 1
    lines = [" ".join(line.split()) for line in ended.stdout.splitlines()]
    assert f"{pair.user} to new-{pair.user}: NOT the same" in lines
    assert "source dest. missing extra flags date size" in lines
    assert "INBOX 5 6 1 2 1 - -" in lines
    assert "Work 5 5 - - - - -" in lines
    assert "total 15 16 1 2 1 - -" in lines
    assert "missing: UID 2 2020-09-13 12:26:40Z, 47 bytes" in lines
    assert "different: UID 1 (there 1) \\Seen lost" in lines
    assert "extra: UID 5:6" in lines
    assert "mail 1" not in ended.stdout, "subjects are private unless they are asked for"
    asked = pair.run("--subjects").stdout
    assert "47 bytes  mail 1" in asked
    assert "\\Seen lost  mail 0" in asked


def test_an_account_that_cannot_be_read_is_not_the_same(pair: Pair) -> None:
    pair.fill(ITEMS, ITEMS)
    (pair.folder / "accounts.csv").write_text(f"Source,Password,Destination\n{pair.user},wrong,new-{pair.user}\n")
    service = open_service(pair.data)
    service.plans.save(load_plan(pair.folder / "plan.toml"))
    service.close()
    account = pair.verify()
    assert account["same"] is False
    assert "refused the login" in account["error"]
    assert "AUTHENTICATIONFAILED" in account["server_words"]
    assert "wrong" not in json.dumps(account)
    assert "not read to the end" in pair.run().stdout
