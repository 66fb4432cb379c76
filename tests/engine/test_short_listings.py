"""What a source does not list well: copied all the same, or named, and the exit code says so."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from tests.engine.support import Ended, migrate, plain, run_here, write_plan
from tests.servers.faults.commands import Answer, RefuseCommand
from tests.servers.faults.fault import Fault
from tests.servers.faults.replies import ChangeReply
from tests.servers.imap.server import MODERN, ImapDouble
from tests.servers.mailbox import Mailbox
from tui_migrate.model import Lesson
from tui_migrate.store import lessons
from tui_migrate.store.database import Database

NOTHING = b"TAG OK LIST completed\r\n"


def mailbox(*names: str, user: str = "user", **keys: str) -> Mailbox:
    """Two messages in each folder."""
    made = Mailbox(user, **keys)
    for name in names:
        made.add_named(name)
    for folder in made.folders.values():
        for number in range(2):
            folder.add(f"Subject: {user} {folder.name} {number}\r\n\r\nx\r\n".encode("latin-1"))
    return made


def copied(
    folder: Path, mail: list[Mailbox], *faults: Fault, capabilities: str = MODERN
) -> tuple[Ended, list[Mailbox]]:
    """Copy these mailboxes to new ones."""
    there = [Mailbox(each.user) for each in mail]
    with ImapDouble(mail, faults, capabilities=capabilities) as source, ImapDouble(there) as destination:
        plan = write_plan(folder, plain(source.port), plain(destination.port), [each.user for each in mail])
        ended = migrate(plan, folder / "data")
        assert destination.unexpected == []
    return ended, there


def stored_lessons(folder: Path) -> dict[str, set[Lesson]]:
    """By server."""
    with closing(Database(folder / "data" / "store.db")) as store, store.read() as connection:
        return {key: {each.lesson for each in some} for key, some in lessons.listing(connection).items()}


@pytest.mark.parametrize(
    ("fault", "lesson", "word"),
    [
        (Answer(r"LIST .* RETURN", chunks=[NOTHING]), Lesson.PLAIN_LIST, b'"*" RETURN'),
        (RefuseCommand("EXAMINE", reply=b"BAD unknown command"), Lesson.SELECT, b"EXAMINE"),
        (RefuseCommand("AUTHENTICATE", reply=b"BAD unknown command"), Lesson.LOGIN, b"AUTHENTICATE"),
    ],
)
def test_the_second_way_copies_all_and_is_the_first_from_then_on(
    tmp_path: Path, fault: Fault, lesson: Lesson, word: bytes
) -> None:
    mail = [mailbox("Projects", "Sent", user=user) for user in ("a", "b")]
    there = [Mailbox(each.user) for each in mail]
    with ImapDouble(mail, [fault]) as source, ImapDouble(there) as destination:
        plan = write_plan(tmp_path, plain(source.port), plain(destination.port), ["a", "b"])
        ended = migrate(plan, tmp_path / "data")
        assert (ended.code, ended.failures) == (0, [])
        assert [each.octets() for each in there] == [each.octets() for each in mail]
        assert stored_lessons(tmp_path) == {f"{source.host}:{source.port}": {lesson}}
        before = len(source.commands)
        mail[1].find("Sent").add(b"Subject: more\r\n\r\nx\r\n")  # type: ignore[union-attr]
        assert migrate(plan, tmp_path / "data").code == 0
        assert not [each for each in source.commands[before:] if word in each]
    assert there[1].octets() == mail[1].octets()


def test_a_folder_whose_row_has_two_meanings_is_a_failure_and_the_rest_is_copied(tmp_path: Path) -> None:
    mail = mailbox("Projects", "Sent")
    change = ChangeReply(b'"Projects"', b'"Pro\\\\\\\\"jects"', to="LIST|LSUB")
    ended, (there,) = copied(tmp_path, [mail], change)
    (failure,) = ended.failures
    assert (ended.code, failure.kind) == (1, "folder list in doubt")
    assert 'Pro\\\\"jects' in failure.server_words
    assert there.folder_names() == {"INBOX", "Sent"}


def test_a_doubt_that_is_gone_is_no_failure_any_more(tmp_path: Path) -> None:
    mail, there = mailbox("Projects"), Mailbox()
    change = ChangeReply(b'"Projects"', b'"Pro\\\\\\\\"jects"', to="LIST|LSUB", times=3)
    with ImapDouble(mail, [change]) as source, ImapDouble(there) as destination:
        plan = write_plan(tmp_path, plain(source.port), plain(destination.port), ["user"])
        assert [migrate(plan, tmp_path / "data").code for _ in range(2)] == [1, 0]
    assert there.octets() == mail.octets()


def test_a_server_that_lists_nothing_is_never_done(tmp_path: Path) -> None:
    ended, (there,) = copied(tmp_path, [mailbox()], Answer("LIST|LSUB", chunks=[NOTHING]))
    assert (ended.code, [each.kind for each in ended.failures]) == (1, ["folder list in doubt"])
    assert sum(there.octets().values()) == 2


def test_an_inbox_that_is_neither_listed_nor_opened_is_a_failure(tmp_path: Path) -> None:
    refuse = [
        ChangeReply(rb'\* (LIST|LSUB) [^\r]*"INBOX"\r\n.*', b""),
        RefuseCommand('(STATUS|EXAMINE|SELECT) "INBOX"', reply=b"NO [NOPERM] not for you"),
    ]
    ended, (there,) = copied(tmp_path, [mailbox("Sent")], *refuse)
    (failure,) = ended.failures
    assert (ended.code, failure.folder, failure.server_words) == (1, "INBOX", "NO [NOPERM] not for you")
    assert sum(there.octets().values()) == 2


def test_other_peoples_folders_are_remarks(tmp_path: Path) -> None:
    mail, there = mailbox("INBOX.Sent", "pub.shared", delimiter=".", prefix="INBOX."), Mailbox()
    mail.namespaces = '(("INBOX." ".")) (("user." ".")) (("" "."))'
    with ImapDouble(mail) as source, ImapDouble(there) as destination:
        plan = write_plan(tmp_path, plain(source.port), plain(destination.port), ["user"])
        data = tmp_path / "data"
        for _ in range(2):
            ended = run_here("run", plan, "--data-dir", data)
            assert ended.returncode == 0, ended
        assert run_here("run", plan, "--strict", "--data-dir", data).returncode == 1
    assert there.folder_names() == {"INBOX", "Sent"}
    told = json.loads(run_here("remarks", "--json", "--data-dir", data).stdout)
    assert told == [
        {"account": "user", "kind": "other people's folder", "folder": "", "what": "pub/shared", "messages": 2}
    ]


def test_the_check_before_the_start_says_so_too(tmp_path: Path) -> None:
    change = ChangeReply(b'"Projects"', b'"Pro\\\\\\\\"jects"', to="LIST|LSUB")
    with ImapDouble(mailbox("Projects"), [change]) as source, ImapDouble(Mailbox()) as destination:
        plan = write_plan(tmp_path, plain(source.port), plain(destination.port), ["user"])
        migrate(plan, tmp_path / "data")
        said = run_here("check", "--json", "--data-dir", tmp_path / "data").stdout
    assert "1 in doubt (A row of the folder list has no clear meaning" in said


def test_two_spellings_of_one_folder_and_two_folders_of_one_spelling(tmp_path: Path) -> None:
    """INBOX once; `Work` and `Work/`, whose mail differs, both."""
    mail = mailbox("Work")
    mail.add_named("Work/").add(b"Subject: other\r\n\r\nx\r\n")
    twice = ChangeReply(rb'(\* (LIST|LSUB) [^"]*"/" )"INBOX"\r\n', rb'\1"Inbox"\r\n\1"INBOX"\r\n')
    ended, (there,) = copied(tmp_path, [mail], twice)
    assert ended.code == 0
    assert {octets for _, octets in there.octets()} == {octets for _, octets in mail.octets()}
    assert (there.folder_names(), sum(there.octets().values())) == ({"INBOX", "Work", "Work (2)"}, 5)
