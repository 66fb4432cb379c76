"""What the admin does about a message that the destination refuses: skip it for good, save it, read its header."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import DovecotFactory, Imap
from tests.engine.refused_mail import CULPRIT, FUSSY, messages
from tests.engine.support import Ended, migrate, new_uidvalidity, plain, write_plan
from tests.servers.dovecot import Dovecot
from tests.servers.maildir import MailItem, counted, read_maildir, write_maildir
from tui_migrate.errors import LoginRefused, MessageRefused, NotFound, StoreUnusable
from tui_migrate.model import AccountSpec, AccountState, Counts, Failure, Secret
from tui_migrate.service import Service, open_service

BIG = {CULPRIT: 40_000, 11: 30_000}


@dataclass
class Refused:
    """A mailbox of which the destination has taken all but two messages."""

    old: Dovecot
    new: Dovecot
    user: str
    items: list[MailItem]
    plan: Path
    data: Path
    service: Service

    def again(self) -> Ended:
        return migrate(self.plan, self.data)

    def failures(self) -> list[Failure]:
        return self.service.failures.listing()

    def skip(self, *uids: int) -> None:
        self.service.failures.skip([each.id for each in self.failures() if each.uid in uids])


@pytest.fixture
def refused(dovecot_factory: DovecotFactory, unique_user: Callable[[], str], tmp_path: Path) -> Iterator[Refused]:
    old, new, user = dovecot_factory(), dovecot_factory(FUSSY), unique_user()
    items = messages(15, big=BIG)
    write_maildir(old.add_user(user, "secret"), "/", items)
    new.add_user(user, "secret")
    plan, data = write_plan(tmp_path, plain(old.port), plain(new.port), [user]), tmp_path / "data"
    assert migrate(plan, data).counts == Counts(15, 13, 0, 0, 0, 2)
    with closing(open_service(data)) as service:
        yield Refused(old, new, user, items, plan, data, service)


def test_a_skipped_message_is_excluded_from_then_on(refused: Refused) -> None:
    refused.skip(CULPRIT + 1)
    (account,) = refused.service.accounts.listing(1)
    assert (account.state, account.counts) == (AccountState.DONE_WITH_FAILURES, Counts(15, 13, 0, 1, 0, 1))
    refused.skip(12)
    (account,) = refused.service.accounts.listing(1)
    assert (account.state, account.counts) == (AccountState.DONE, Counts(15, 13, 0, 2, 0, 0))
    assert refused.service.logs.events(account_id=account.id)[0].what == (
        f"{refused.user}: skipped 1 message for good: INBOX 12"
    )
    for _ in range(3):  # the second time the folder is walked, the third it is unchanged
        ended = refused.again()
        assert (ended.code, ended.counts, ended.failures) == (0, Counts(15, excluded=2, brought=13), [])
        assert [each.state for each in ended.accounts] == [AccountState.DONE]
    others = [item for number, item in enumerate(refused.items) if number not in BIG]
    assert read_maildir(refused.new.maildir(refused.user), "/") == counted(others)


def test_a_skipped_message_that_is_deleted_counts_nowhere(refused: Refused, imap: Imap) -> None:
    refused.skip(CULPRIT + 1, 12)
    assert refused.again().counts == Counts(15, excluded=2, brought=13)
    client = imap(refused.old.port, refused.user)
    client.select()
    client.uid("STORE", "12", "+FLAGS", "(\\Deleted)")
    client.expunge()
    for _ in range(2):
        assert refused.again().counts == Counts(14, excluded=1, brought=13)


def test_under_another_uidvalidity_nothing_is_skipped(refused: Refused) -> None:
    """UID 8 is another message now: to leave it behind in silence would be to lose it."""
    refused.skip(CULPRIT + 1, 12)
    small = messages(30)[15:]
    root = refused.old.maildir(refused.user)
    for path in (root / "cur").iterdir():
        path.unlink()
    write_maildir(root, "/", small)
    new_uidvalidity(root)
    ended = refused.again()
    assert (ended.code, ended.counts.excluded, ended.counts.pending) == (0, 0, 0)
    arrived = read_maildir(refused.new.maildir(refused.user), "/")
    assert not counted(small) - arrived


def test_what_is_saved_is_the_message(refused: Refused, tmp_path: Path) -> None:
    first = refused.failures()[0]
    path = tmp_path / refused.service.messages.file_name(first)
    assert path.name == f"{refused.user}-{CULPRIT + 1}.eml"
    refused.service.messages.save(first.id, path)
    assert path.read_bytes() == refused.items[CULPRIT].content
    assert path.stat().st_mode & 0o777 == 0o600


def test_no_file_is_overwritten(refused: Refused, tmp_path: Path) -> None:
    first, path = refused.failures()[0], tmp_path / "mine.eml"
    path.write_text("mine")
    with pytest.raises(StoreUnusable, match="There is a file"):
        refused.service.messages.save(first.id, path)
    assert path.read_text() == "mine"
    with pytest.raises(StoreUnusable, match="There is no folder"):
        refused.service.messages.save(first.id, tmp_path / "nowhere" / "mine.eml")


def test_all_of_a_cause_are_saved_into_a_folder(refused: Refused, tmp_path: Path) -> None:
    failures, folder = refused.failures(), tmp_path / "refused" / "mail"
    told = list(refused.service.messages.save_each(failures, folder))
    assert [(failure.uid, trouble) for failure, trouble in told] == [(CULPRIT + 1, None), (12, None)]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        f"{refused.user}-INBOX-{number + 1}.eml": refused.items[number].content for number in BIG
    }
    again = [trouble for _, trouble in refused.service.messages.save_each(failures, folder)]
    assert ["File exists" in str(trouble) for trouble in again] == [True, True]


def test_the_header_is_shown_without_the_body(refused: Refused) -> None:
    header = refused.service.messages.headers(refused.failures()[0].id)
    expected = refused.items[CULPRIT].content.split(b"\r\n\r\n")[0].decode().replace("\r\n", "\n")
    assert header == expected


def test_why_a_message_cannot_be_had_is_said(refused: Refused, tmp_path: Path, imap: Imap) -> None:
    first, second = refused.failures()
    client = imap(refused.old.port, refused.user)
    client.select()
    client.uid("STORE", str(first.uid), "+FLAGS", "(\\Deleted)")
    client.expunge()
    with pytest.raises(MessageRefused, match="no longer at the source"):
        refused.service.messages.headers(first.id)
    told = [str(trouble or "") for _, trouble in refused.service.messages.save_each([first, second], tmp_path)]
    assert sorted(told) == ["", "The message is no longer at the source."]
    (account,) = refused.service.accounts.listing(1)
    wrong = AccountSpec(refused.user, Secret("another"), refused.user)
    refused.service.accounts.change(account.id, wrong, proven=False)
    with pytest.raises(LoginRefused):
        refused.service.messages.headers(second.id)
    (trouble,) = [trouble for _, trouble in refused.service.messages.save_each([second], tmp_path / "more")]
    assert isinstance(trouble, LoginRefused)
    assert list((tmp_path / "more").iterdir()) == []
    refused.skip(second.uid or 0)
    with pytest.raises(NotFound):
        refused.service.messages.headers(4711)


def test_where_the_time_went_is_kept_after_the_end(refused: Refused) -> None:
    (account,) = refused.service.accounts.listing(1)
    spent = refused.service.passes.pace(account.id).spent
    assert spent
    assert account.started_at is not None
    assert account.finished_at is not None
    assert sum(spent.values()) <= account.finished_at - account.started_at + 0.5
