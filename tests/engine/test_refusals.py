"""A message that the destination does not take costs nobody else anything, and a full mailbox is no end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import DovecotFactory
from tests.engine.refused_mail import CULPRIT, FUSSY, messages
from tests.engine.support import migrate, plain, plan_between, run_cli, run_here, write_plan
from tests.servers.dovecot import Dovecot, DovecotOptions
from tests.servers.faults.fault import Fault
from tests.servers.imap.server import MODERN, OLD, ImapDouble, ImapSession
from tests.servers.loopback_server import Chunk
from tests.servers.mailbox import Mailbox
from tests.servers.maildir import MailItem, counted, read_maildir, write_maildir
from tests.servers.proxies import CapabilityProxy
from tests.servers.session import Command, Proceed, Session
from tests.support import nasty_mail
from tui_migrate.engine import process
from tui_migrate.model import AccountState, Failure
from tui_migrate.service import open_service


@pytest.mark.parametrize(
    ("remove", "add"),
    [((), ()), (("MULTIAPPEND",), ()), (("LITERAL+",), ("LITERAL-",)), (("LITERAL+", "MULTIAPPEND"), ())],
    ids=["in a group", "alone", "LITERAL-", "synchronising"],
)
def test_a_refused_message_is_named_and_its_neighbours_arrive_once(
    dovecot_factory: DovecotFactory,
    unique_user: Callable[[], str],
    tmp_path: Path,
    remove: tuple[str, ...],
    add: tuple[str, ...],
) -> None:
    old, new, user = dovecot_factory(), dovecot_factory(FUSSY), unique_user()
    items = messages(15, big={CULPRIT: 40_000}, folder="Sent")
    others = [item for item in items if item is not items[CULPRIT]]
    write_maildir(old.add_user(user, "secret"), "/", items)
    new.add_user(user, "secret")
    with CapabilityProxy(new.port, remove, add) as proxy:
        ended = migrate(write_plan(tmp_path, plain(old.port), plain(proxy.port), [user]), tmp_path / "data")
    assert (ended.code, ended.counts.copied, ended.counts.failed, ended.counts.pending) == (1, 14, 1, 0)
    assert [account.state for account in ended.accounts] == [AccountState.DONE_WITH_FAILURES]
    assert read_maildir(new.maildir(user), "/") == counted(others)
    (failure,) = ended.failures
    assert_named(failure, items[CULPRIT])
    appends = [command for command in proxy.commands if b" APPEND " in command]
    assert any(each.count(b"-May-2014") > 8 for each in appends) == (not remove), "in one command, or not"
    assert proxy.violations == []


def assert_named(failure: Failure, item: MailItem) -> None:
    """The admin can find the message and knows why."""
    header = dict(line.split(": ", 1) for line in item.content.decode().split("\r\n\r\n")[0].split("\r\n"))
    assert (failure.kind, failure.folder, failure.uid) == ("message refused", item.folder, CULPRIT + 1)
    assert (failure.size, failure.subject) == (len(item.content), header["Subject"])
    assert (failure.message_id, failure.date) == (header["Message-ID"], header["Date"])
    assert failure.server_words.startswith("NO [LIMIT] Mail size is larger than the maximum size allowed")
    assert failure.command.startswith(f"APPEND {item.folder} (")
    assert failure.advice


def test_a_refused_message_is_tried_again_until_it_arrives(dovecot_factory: DovecotFactory, tmp_path: Path) -> None:
    """By the command itself, as an admin who has the limit raised meanwhile."""
    old, new = dovecot_factory(), dovecot_factory(FUSSY, fresh=True)
    items = messages(15, big={CULPRIT: 40_000, 11: 30_000})
    write_maildir(old.add_user("refused", "secret"), "/", items)
    new.add_user("refused", "secret")
    plan, data = write_plan(tmp_path, plain(old.port), plain(new.port), ["refused"]), tmp_path / "data"
    first = run_here("run", plan, "--data-dir", data)
    assert (first.returncode, first.stderr) == (1, "")
    assert (
        "15 listed = 13 copied + 0 brought earlier + 0 already there + 0 excluded + 0 gone + 2 failed" in first.stdout
    )
    assert "2 failures:\nrefused INBOX message 8 (" in first.stdout
    assert "server: NO [LIMIT] Mail size is larger" in first.stdout
    allow(new, "35K")
    second = migrate(plan, data)
    assert (second.code, second.counts.copied, second.counts.brought, second.counts.failed) == (1, 1, 13, 1)
    assert [(failure.uid, failure.attempts) for failure in second.failures] == [(CULPRIT + 1, 2)]
    allow(new, None)
    third = run_here("run", plan, "--data-dir", data)
    assert (third.returncode, third.stderr) == (0, "")
    assert (
        "15 listed = 1 copied + 14 brought earlier + 0 already there + 0 excluded + 0 gone + 0 failed" in third.stdout
    )
    assert "failure" not in third.stdout
    assert run_here("failures", "--data-dir", data).stdout == "No failures.\n"
    assert read_maildir(new.maildir("refused"), "/") == counted(items)


def allow(server: Dovecot, size: str | None) -> None:
    """Give a server another limit for the size of a message."""
    server.stop()
    server.options = replace(FUSSY, max_mail_size=size)
    server.start()


def test_an_empty_message_is_named_until_it_is_gone(
    dovecot_factory: DovecotFactory, unique_user: Callable[[], str], tmp_path: Path
) -> None:
    old, new, user = dovecot_factory(), dovecot_factory(DovecotOptions(separator=".")), unique_user()
    items = [*messages(3), nasty_mail.zero_bytes(), *messages(4)]
    root = old.add_user(user, "secret")
    write_maildir(root, "/", items)
    new.add_user(user, "secret")
    plan, data = write_plan(tmp_path, plain(old.port), plain(new.port), [user]), tmp_path / "data"
    for copied in (7, 0):
        ended = migrate(plan, data)
        assert (ended.code, ended.counts.copied, ended.counts.failed) == (1, copied, 1)
        assert [(each.folder, each.uid, each.size) for each in ended.failures] == [("INBOX", 4, 0)]
        assert "empty message" in ended.failures[0].sentence
    (empty,) = (path for path in (root / "cur").iterdir() if not path.stat().st_size)
    empty.unlink()
    ended = migrate(plan, data)
    assert (ended.code, ended.counts.brought, ended.failures) == (0, 7, [])
    assert read_maildir(new.maildir(user), ".") == counted([*messages(3), *messages(4)])


@pytest.mark.parametrize(
    ("how", "remove"),
    [
        pytest.param("run", (), id="run, in groups"),
        pytest.param("service", ("MULTIAPPEND",), id="service, one by one"),
        pytest.param("run", ("MULTIAPPEND",), id="run, one by one", marks=pytest.mark.nightly),
        pytest.param("service", (), id="service, in groups", marks=pytest.mark.nightly),
    ],
)
def test_a_full_mailbox_pauses_its_account_until_the_quota_is_raised(
    dovecot_factory: DovecotFactory,
    unique_user: Callable[[], str],
    tmp_path: Path,
    remove: tuple[str, ...],
    how: str,
) -> None:
    old, new = dovecot_factory(), dovecot_factory(DovecotOptions(quota_storage="30M"))
    users = [unique_user() for _ in range(3)]
    items = [*messages(60), *messages(60, folder="Sent")]
    for user in users:
        write_maildir(old.add_user(user, "secret"), "/", items)
        new.add_user(user, "secret")
    new.set_quota(users[0], "150K")
    data = tmp_path / "data"
    with CapabilityProxy(new.port, remove) as proxy:
        plan = write_plan(tmp_path, plain(old.port), plain(proxy.port), users)
        ended = migrate(plan, data)
        full, *rest = ended.accounts
        assert (ended.code, full.state, full.counts.failed) == (1, AccountState.PAUSED, 0)
        assert full.detail == "The destination mailbox is over quota."
        assert full.server_words.startswith("NO [OVERQUOTA]")
        assert [(failure.account, failure.kind) for failure in ended.failures] == [(users[0], "destination over quota")]
        assert ended.failures[0].advice == "Raise the quota of the destination mailbox. Then retry the account."
        assert [account.state for account in rest] == [AccountState.DONE, AccountState.DONE]
        stored = read_maildir(new.maildir(users[0]), "/")
        assert not stored - counted(items)
        assert 0 < stored.total() == full.counts.copied < len(items)
        new.set_quota(users[0], "10M")
        again = migrate(plan, data).code if how == "run" else retry(data, full.id)
    assert again == 0
    with closing(open_service(data)) as service:
        account = service.accounts.get(full.id)
        assert (account.state, account.detail, account.counts.copied) == (AccountState.DONE, "", len(items))
        assert service.failures.listing() == []
    for user in users:
        assert read_maildir(new.maildir(user), "/") == counted(items)


def retry(data_dir: Path, account_id: int) -> int:
    """As the dashboard does it, with the engine that it starts in the background."""
    with closing(open_service(data_dir)) as service, pytest.MonkeyPatch.context() as patch:
        patch.setattr(process, "spawn", lambda *_: None)
        service.accounts.start([account_id])
    return run_cli("engine", "--until-idle", "--data-dir", data_dir).returncode


def test_refusals_of_one_server_stay_with_it(
    dovecot_factory: DovecotFactory, unique_user: Callable[[], str], tmp_path: Path
) -> None:
    """Many refused messages, in many groups and folders: every other message arrives, and each failure is its own."""
    old, new, user = dovecot_factory(), dovecot_factory(FUSSY), unique_user()
    big = dict.fromkeys(range(3, 120, 9), 40_000)
    items = [item for folder in ("INBOX", "Sent", "日本") for item in messages(120, 500, big=big, folder=folder)]
    write_maildir(old.add_user(user, "secret"), "/", items)
    new.add_user(user, "secret")
    ended = migrate(write_plan(tmp_path, plain(old.port), plain(new.port), [user]), tmp_path / "data")
    assert (ended.code, ended.counts.failed, ended.counts.pending) == (1, 3 * len(big), 0)
    assert {(failure.folder, failure.uid) for failure in ended.failures} == {
        (folder, number + 1) for folder in ("INBOX", "Sent", "日本") for number in big
    }
    assert read_maildir(new.maildir(user), "/") == counted(item for item in items if len(item.content) < 20_000)


class _WhatIsReadIsNotWritten(Fault):
    """Nothing is stored in a folder that the connection has opened by EXAMINE."""

    def asked(self, session: Session, command: Command) -> Sequence[Chunk | Proceed] | None:
        assert isinstance(session, ImapSession)
        if command.text.upper().startswith(b"APPEND") and session.folder is not None and session.read_only:
            return [command.tag + b" NO Current box is selected READ-ONLY.\r\n"]
        return None


@pytest.mark.parametrize("capabilities", [MODERN, f"{OLD} UIDPLUS"], ids=["UNSELECT", "no UNSELECT"])
def test_a_server_that_stores_nothing_in_a_folder_that_is_open_read_only(tmp_path: Path, capabilities: str) -> None:
    """The user has received mail at the destination, so the folder is looked at before the new mail is stored."""
    here, there = Mailbox(), Mailbox()
    here.folder("INBOX").add(b"Subject: old\r\n\r\nold\r\n")
    with (
        ImapDouble(here) as source,
        ImapDouble(there, [_WhatIsReadIsNotWritten()], capabilities=capabilities) as destination,
    ):
        plan = plan_between(tmp_path, source, destination)
        assert migrate(plan, tmp_path / "data").code == 0
        here.folder("INBOX").add(b"Subject: new\r\n\r\nnew\r\n")
        there.folder("INBOX").add(b"Subject: theirs\r\n\r\ntheirs\r\n")
        ended = migrate(plan, tmp_path / "data")
    assert (ended.code, ended.counts.copied, ended.counts.failed) == (0, 1, 0), str(ended)
