"""A listing that is short is asked for in other ways, and what stays in doubt is said."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

import pytest

from tests.servers.faults.commands import Answer, RefuseCommand
from tests.servers.faults.fault import Fault
from tests.servers.faults.replies import ChangeReply, HideFromList
from tests.servers.imap.server import MODERN, ImapDouble
from tests.servers.mailbox import Mailbox
from tests.servers.ports import HOST
from tests.servers.session import Proceed
from tui_migrate.errors import CommandRefused, MailError
from tui_migrate.mail.connect import open_destination, open_source
from tui_migrate.mail.lessons import Lesson, Lessons
from tui_migrate.mail.looking import FolderStatus
from tui_migrate.mail.protocols import Tree
from tui_migrate.model import ImapServer, Login, Secret, Security

LOGIN = Login("user", Secret("secret"))
OLDER = "IMAP4rev1 AUTH=PLAIN NAMESPACE"
EXTENDED = r'LIST "" "\*" RETURN'
NOTHING = b"TAG OK LIST completed\r\n"


def mailbox(*names: str, delimiter: str = "/", prefix: str = "") -> Mailbox:
    made = Mailbox(delimiter=delimiter, prefix=prefix)
    for name in names:
        made.add_named(name)
    for number, folder in enumerate(made.folders.values(), 1):
        for _ in range(number):
            folder.add(b"Subject: x\r\n\r\nx\r\n")
    return made


def tree(
    mail: Mailbox,
    *faults: Fault,
    capabilities: str = MODERN,
    lessons: Lessons | None = None,
    prefix: str = "",
    commands: list[bytes] | None = None,
) -> Tree:
    """The folders as the source gives them."""
    with ImapDouble(mail, faults, capabilities=capabilities) as server:
        there = ImapServer(HOST, security=Security.NONE, port=server.port, path_prefix=prefix)
        with closing(open_source(there, LOGIN, lessons=lessons)) as source:
            found = source.tree()
        if commands is not None:
            commands += server.commands
    return found


def counts(found: Tree) -> dict[str, int | None]:
    """Messages by folder."""
    return {each.display: each.status.messages if each.status else None for each in found.folders}


ALL = {"INBOX": 1, "Projects": 2, "Sent": 3}


@pytest.mark.parametrize(
    "faults",
    [
        [Answer(EXTENDED, chunks=[NOTHING])],
        [RefuseCommand(EXTENDED, reply=b"BAD no")],
        [RefuseCommand(EXTENDED, reply=b"NO [CANNOT] no")],
        [HideFromList({"INBOX"}, to=EXTENDED)],
        [HideFromList({"Projects"}, to=EXTENDED)],
        [HideFromList({"INBOX", "Projects", "Sent"}, to=EXTENDED)],
    ],
)
def test_what_an_extended_list_leaves_out_a_plain_one_shows_and_it_is_asked_no_more(faults: list[Fault]) -> None:
    lessons, commands = Lessons(), list[bytes]()
    found = tree(mailbox("Projects", "Sent"), *faults, lessons=lessons)
    assert (counts(found), found.doubts) == (ALL, ())
    assert all(each.subscribed for each in found.folders if each.display != "INBOX")
    assert lessons.knows(Lesson.PLAIN_LIST)
    assert counts(tree(mailbox("Projects", "Sent"), lessons=lessons, commands=commands)) == ALL
    assert not [each for each in commands if b"RETURN" in each]


@pytest.mark.parametrize("capabilities", [MODERN, OLDER])
@pytest.mark.parametrize("hidden", ["INBOX", "Projects"])
def test_inbox_and_what_is_subscribed_to_are_there_whatever_is_listed(capabilities: str, hidden: str) -> None:
    lessons = Lessons()
    found = tree(mailbox("Projects", "Sent"), HideFromList({hidden}), capabilities=capabilities, lessons=lessons)
    assert (counts(found), found.doubts) == (ALL, ())
    assert not lessons.learned  # every LIST was as short


def test_a_subscription_to_what_is_gone_is_no_folder_and_no_doubt() -> None:
    mail = mailbox("Sent")
    mail.subscriptions.add("long gone")
    found = tree(mail)
    assert (counts(found), found.doubts) == ({"INBOX": 1, "Sent": 2}, ())


@pytest.mark.parametrize("reply", [b"BAD unknown command", b"NO not today"])
def test_a_subscribed_folder_is_there_when_it_can_be_opened(reply: bytes) -> None:
    mail = mailbox("Projects", "Sent")
    mail.subscriptions.add("long gone")
    found = tree(mail, HideFromList({"Projects"}), RefuseCommand("STATUS", reply=reply), capabilities=OLDER)
    assert (counts(found), found.doubts) == (ALL, ())


def test_a_subscribed_folder_that_cannot_be_asked_for_now_is_named() -> None:
    mail = mailbox("Sent")
    mail.subscriptions.add("hidden")
    found = tree(mail, RefuseCommand('(STATUS|EXAMINE) "hidden"', reply=b"NO [SERVERBUG] oops"))
    (doubt,) = found.doubts
    assert doubt.sentence == "hidden is subscribed to, but not listed, and cannot be read."
    assert doubt.server_words == "NO [SERVERBUG] oops"


@pytest.mark.parametrize("question", ["LSUB", 'LIST "" "\\*"$'])
def test_a_listing_that_comes_later_is_no_listing_without_the_folder(question: str) -> None:
    faults = [HideFromList({"Projects"}), RefuseCommand(question, reply=b"NO [LIMIT] try again later")]
    with pytest.raises(MailError) as refused:
        tree(mailbox("Projects", "Sent"), *faults)
    assert refused.value.retry


def test_a_list_that_answers_to_levels_alone() -> None:
    mail = mailbox("Projects", "Sent")
    mail.subscriptions.clear()
    found = tree(mail, Answer(r'(LIST|LSUB) "" "\*"', chunks=[NOTHING]), capabilities=OLDER)
    assert (counts(found), found.doubts) == (ALL, ())


@pytest.mark.parametrize("capabilities", [MODERN, OLDER])
def test_a_server_that_lists_nothing_at_all_is_named_and_inbox_is_there(capabilities: str) -> None:
    found = tree(mailbox(), Answer("LIST|LSUB", chunks=[NOTHING]), capabilities=capabilities)
    assert counts(found) == {"INBOX": 1}
    (doubt,) = found.doubts
    assert doubt.sentence.startswith("The server lists no folders.")


def test_a_listing_that_is_refused_in_every_way_is_an_error() -> None:
    with pytest.raises(CommandRefused, match="does not list the folders"):
        tree(mailbox(), RefuseCommand("LIST", reply=b"NO LIST failed"))


def test_a_plain_list_that_is_refused_is_not_needed() -> None:
    refuse = RefuseCommand(r'(LIST|LSUB) "" "\*"$', reply=b"NO [NOPERM] plainly no")
    found = tree(mailbox("Projects", "Sent"), refuse)
    assert (counts(found), found.doubts) == (ALL, ())


def test_rows_that_cannot_be_read_are_named_as_they_came() -> None:
    change = ChangeReply(b'"Projects"', b'"Pro\\\\\\\\"jects"', to="LIST")
    found = tree(mailbox("Projects", "Sent", "Projects2"), change)
    (doubt,) = found.doubts
    assert doubt.sentence.startswith("A row of the folder list has no clear meaning")
    assert 'Pro\\\\"jects' in doubt.server_words


def test_inbox_is_one_in_any_case_of_letters() -> None:
    twice = ChangeReply(rb'(\* (LIST|LSUB) [^"]*"/" )"INBOX"\r\n', rb'\1"Inbox"\r\n\1"INBOX"\r\n')
    for capabilities in (MODERN, OLDER):
        found = tree(mailbox("Sent"), twice, capabilities=capabilities)
        assert counts(found) == {"INBOX": 1, "Sent": 2}
        assert found.folders[0].name == b"INBOX"


def test_another_folder_called_inbox_is_another_folder() -> None:
    found = tree(mailbox("INBOX.INBOX", "INBOX.Inbox", delimiter=".", prefix="INBOX."))
    assert [each.name for each in found.folders] == [b"INBOX", b"INBOX.INBOX", b"INBOX.Inbox"]


@pytest.mark.parametrize("capabilities", [MODERN, OLDER])
@pytest.mark.parametrize("known", [b"Work", b"Work/"])
def test_a_name_with_its_delimiter_behind_it_is_the_name(capabilities: str, known: bytes) -> None:
    """Whichever of the two the server opens."""
    listed = ChangeReply(rb'(\* LIST [^"]*"/" )"Work/?"', rb'\1"Work/"')
    found = tree(mailbox(known.decode(), "Work/a"), listed, capabilities=capabilities)
    assert [(each.path, each.status.messages if each.status else None) for each in found.folders] == [
        (("INBOX",), 1),
        (("Work",), 2),
        (("Work", "a"), 3),
    ]


def test_a_directory_and_a_folder_of_one_name_are_one() -> None:
    mail = mailbox("Work", "Work/a")
    mail.add_named("Work/", "\\Noselect")
    assert [each.name for each in tree(mail).folders] == [b"INBOX", b"Work", b"Work/a"]


def test_two_folders_whose_numbers_differ_stay_two() -> None:
    found = tree(mailbox("Work", "Work/"))
    assert [(each.name, each.path) for each in found.folders[1:]] == [(b"Work", ("Work",)), (b"Work/", ("Work",))]


def test_an_inbox_that_is_listed_as_a_directory_is_asked_for() -> None:
    denied = ChangeReply(rb'\(\\HasNoChildren([^"]*"/" "INBOX")', rb"(\\Noselect\1", to="LIST")
    assert counts(tree(mailbox("Sent"), denied)) == {"INBOX": 1, "Sent": 2}
    true = RefuseCommand('(STATUS|EXAMINE|SELECT) "INBOX"', reply=b"NO [CANNOT] a directory")
    found = tree(mailbox("Sent"), denied, true, capabilities=OLDER)
    assert (counts(found), found.doubts) == ({"Sent": 2}, ())


def test_children_that_are_told_of_and_not_shown_are_asked_for() -> None:
    """A server whose `*` does not go down."""
    mail = mailbox("Work", "Work/a", "Work/b")
    mail.subscriptions.clear()
    deep = HideFromList({"Work/a", "Work/b"}, to=r'(LIST|LSUB) "" "\*"')
    for capabilities in (MODERN, OLDER):
        assert counts(tree(mail, deep, capabilities=capabilities)) == {"INBOX": 1, "Work": 2, "Work/a": 3, "Work/b": 4}


def test_a_row_that_denies_what_another_says_is_asked_about() -> None:
    denied = ChangeReply(rb'\(\\HasNoChildren(.*"Sent")', rb"(\\Noselect\1", to=EXTENDED)
    assert counts(tree(mailbox("Sent"), denied)) == {"INBOX": 1, "Sent": 2}
    true = RefuseCommand('(STATUS|EXAMINE|SELECT) "Sent"', reply=b"NO [CANNOT] a directory")
    assert counts(tree(mailbox("Sent"), denied, true, capabilities=MODERN.replace(" LIST-STATUS", ""))) == {"INBOX": 1}


# Whose


def others(found: Tree) -> list[str]:
    return [each.display for each in found.others]


def test_other_peoples_folders_are_left_and_listed() -> None:
    mail = mailbox("INBOX.Sent", "pub.shared", "user.bob.INBOX", "user", delimiter=".", prefix="INBOX.")
    mail.folders["user"].attributes.append("\\Noselect")
    mail.namespaces = '(("INBOX." ".")) (("user." ".")) (("" "."))'
    found = tree(mail)
    assert [each.display for each in found.folders] == ["INBOX", "Sent"]
    assert others(found) == ["pub/shared", "user/bob/INBOX"]
    assert found.others[0].status is not None


def test_a_prefix_without_its_delimiter_is_a_whole_component() -> None:
    mail = mailbox("#Publications", "#Public.board", delimiter=".")
    mail.namespaces = '(("" ".")) (("#Users" ".")) (("#Public" "."))'
    found = tree(mail)
    assert (counts(found), others(found)) == ({"INBOX": 1, "#Publications": 2}, ["#Public/board"])


def test_a_second_personal_namespace_is_asked_for_and_copied() -> None:
    """Some servers list it only when it is named."""
    mail = mailbox("Sent", "#mh/inbox", "#mh/lists")
    mail.subscriptions.clear()
    mail.namespaces = '(("" "/")("#mh/" "/")) (("~" "/")) NIL'
    hidden = HideFromList({"#mh/inbox", "#mh/lists"}, to=r'LIST "" "\*"')
    found = tree(mail, hidden)
    assert counts(found) == {"INBOX": 1, "Sent": 2, "#mh/inbox": 3, "#mh/lists": 4}


def test_what_lies_outside_of_the_admins_prefix_is_listed() -> None:
    mail = mailbox("Mail", "Mail/Sent", "News")
    found = tree(mail, prefix="Mail/")
    assert (counts(found), others(found)) == ({"INBOX": 1, "Mail": 2, "Sent": 3}, ["News"])


def test_what_is_subscribed_to_of_other_people_is_not_asked_for() -> None:
    mail, commands = mailbox("Sent"), list[bytes]()
    mail.namespaces = '(("" "/")) (("user/" "/")) NIL'
    mail.subscriptions.add("user/bob")
    found = tree(mail, commands=commands)
    assert (others(found), [each for each in commands if b"STATUS" in each and b"bob" in each]) == ([], [])


# What it costs


def test_the_usual_case_is_one_round_trip() -> None:
    commands: list[bytes] = []
    tree(mailbox("Projects", "Sent"), Answer("NOOP", chunks=[Proceed()]), commands=commands)
    begin = next(at for at, each in enumerate(commands) if each.startswith(b"LIST"))
    words: Sequence[bytes] = [each.split(b" ")[0] for each in commands[begin:]]
    assert words == [b"LIST", b"LIST", b"LSUB", b"NAMESPACE", b"LOGOUT"]


def test_a_destination_is_asked_in_one_way_unless_inbox_is_missing() -> None:
    for fault, asked in ((Answer("X", chunks=[]), 1), (HideFromList({"INBOX"}, to=EXTENDED), 2)):
        with ImapDouble(mailbox("Sent"), [fault]) as server:
            there = ImapServer(HOST, security=Security.NONE, port=server.port)
            with closing(open_destination(there, LOGIN)) as destination:
                assert {each.display for each in destination.tree().folders} == {"INBOX", "Sent"}
            assert sum(command.startswith(b"LIST") for command in server.commands) == asked


def test_numbers_are_those_of_the_folder() -> None:
    """A server that does not quote in STATUS either."""
    bare = ChangeReply(rb'"(Deleted( Items)?)"', rb"\1", to="LIST")
    found = tree(mailbox("Deleted", "Deleted Items"), bare)
    assert {each.display: each.status for each in found.folders} == {
        "INBOX": FolderStatus(1, 2, 1_700_000_001, "1"),
        "Deleted": FolderStatus(2, 3, 1_700_000_002, "3"),
        "Deleted Items": FolderStatus(3, 4, 1_700_000_003, "6"),
    }
