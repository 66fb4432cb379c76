"""Servers that say one thing to a copy and another to who asks again: `verify` and `check` ask again, and say so."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.engine.support import plain, write_plan
from tests.engine.test_pop import pop
from tests.servers.scripted import Rule
from tests.servers.scripted_pop import ScriptedPop
from tests.support.box_server import BASE, OK, BoxServer, Item
from tui_migrate.cli import main
from tui_migrate.config.plan import load_plan
from tui_migrate.service import open_service


def item(uid: int, body: str = "hello", **changes: Any) -> Item:
    head = f"Message-ID: <{uid}@old>\r\nSubject: mail {uid}\r\nDate: Sun, 13 Sep 2020 12:26:40 +0000\r\n\r\n"
    return replace(Item(uid, f"{head}{body}\r\n".encode()), **changes)


FIVE = [item(uid) for uid in range(1, 6)]
BOX = {"INBOX": FIVE}


def asked(folder: Path, words: Sequence[str], source: BoxServer, destination: BoxServer) -> tuple[int, str]:
    """A command's exit code and output, for a migration of one account between these two."""
    path = write_plan(folder, plain(source.port), plain(destination.port), ["anna"])
    service = open_service(folder / "data")
    service.import_plan(load_plan(path))
    service.close()
    ended = CliRunner().invoke(main, [*words, "--data-dir", str(folder / "data")])
    assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.output
    return ended.exit_code, ended.stdout


def checked(folder: Path, source: BoxServer, destination: BoxServer) -> dict[str, Any]:
    """What `check` says of the account."""
    with source, destination:
        _, text = asked(folder, ["check", "--json"], source, destination)
    ((account,),) = [each["accounts"] for each in json.loads(text)["migrations"]]
    assert isinstance(account, dict)
    return account


def gate(account: Mapping[str, Any], name: str) -> tuple[str, str, str]:
    """Verdict, sentence and the server's words."""
    (found,) = [each for each in account["gates"] if each["gate"] == name]
    return found["verdict"], found["sentence"], found["server_words"]


def verified(folder: Path, source: BoxServer, destination: BoxServer, *words: str) -> dict[str, Any]:
    """What `verify` says of the account; its exit code is seen to agree."""
    with source, destination:
        code, text = asked(folder, ["verify", "--json", *words], source, destination)
    found = json.loads(text)
    assert code == (0 if found["same"] else 1)
    (account,) = found["accounts"]
    assert account["error"] is None, account
    assert isinstance(account, dict)
    return account


def kinds(account: Mapping[str, Any]) -> list[tuple[str, int, list[str]]]:
    return [
        (each["kind"], (each["source"] or each["destination"])["uid"], each["differs"])
        for folder in account["folders"]
        for each in folder["messages"]
    ]


# Folders


EXTENDED = f"{BASE} LIST-EXTENDED LIST-STATUS SPECIAL-USE"
ONLY_INBOX = b'* LIST () "/" INBOX\r\n'


@pytest.mark.parametrize(
    ("hides", "capabilities", "ways"),
    [
        (r'LIST "" "\*" RETURN .*', EXTENDED, 'LIST "" "*", LIST "" "%", LSUB "" "*"'),
        (r'LIST "" .*', EXTENDED, 'LSUB "" "*"'),
        (r'(LIST "" "\*"|LSUB "" "\*").*', BASE, 'LIST "" "%"'),
    ],
    ids=["the extended listing", "every listing", "long listings"],
)
def test_a_folder_that_the_listing_hides_is_found(tmp_path: Path, hides: str, capabilities: str, ways: str) -> None:
    source = BoxServer({**BOX, "Work": [item(11), item(12)]}, Rule(hides, ONLY_INBOX + OK), capabilities=capabilities)
    account = verified(tmp_path, source, BoxServer(BOX))
    work = account["folders"][1]
    assert (work["source"], work["folder_missing"], work["found_by"]) == ("Work", True, ways)
    assert kinds(account) == [("missing", 11, []), ("missing", 12, [])]
    assert account["notes"] == [f"The source's own listing does not show Work ({ways})."]


def test_a_folder_below_another_is_found_level_by_level(tmp_path: Path) -> None:
    below = Rule(r'LIST "" "Work/%"', b'* LIST () "/" "Work/Deep"\r\n' + OK)
    top = Rule(r'LIST "" "%"', ONLY_INBOX + b'* LIST (\\HasChildren) "/" Work\r\n' + OK)
    short = Rule(r'(LIST|LSUB) "" "\*".*', ONLY_INBOX + b'* LIST () "/" Work\r\n' + OK)
    source = BoxServer({**BOX, "Work": [], "Work/Deep": [item(11)]}, below, top, short)
    account = verified(tmp_path, source, BoxServer({**BOX, "Work": []}))
    assert kinds(account) == [("missing", 11, [])]


def test_inbox_exists_whatever_the_listing_says(tmp_path: Path) -> None:
    source = BoxServer({**BOX, "Work": []}, Rule(r"(LIST|LSUB) .*", b'* LIST () "/" Work\r\n' + OK))
    account = verified(tmp_path, source, BoxServer({"INBOX": FIVE[1:], "Work": []}))
    assert kinds(account) == [("missing", 1, [])]
    assert account["notes"] == ["The source's own listing does not show INBOX (EXAMINE)."]


def test_a_folder_at_the_destination_that_its_listing_hides_is_not_called_missing(tmp_path: Path) -> None:
    there = BoxServer(
        {**BOX, "Work": [item(1)]}, Rule(r'LIST "" "\*" RETURN .*', ONLY_INBOX + OK), capabilities=EXTENDED
    )
    assert verified(tmp_path, BoxServer({**BOX, "Work": [item(11, octets=item(1).octets)]}), there)["same"] is True


def test_the_folders_of_others_and_dead_subscriptions_are_nobodys_loss(tmp_path: Path) -> None:
    """By whole components: `#Publications` is the user's own, `#Public` is not."""
    spaces = Rule("NAMESPACE", b'* NAMESPACE (("" "/")) (("#Users/" "/")) (("#Public" NIL))\r\n' + OK)
    rows = b"".join(
        b'* LSUB () "/" "%s"\r\n' % name
        for name in (b"#Users/bert", b"#Public", b"#Public/x", b"#Publications", b"Dead")
    )
    listed = Rule('LIST "" .*', ONLY_INBOX + OK)
    others = {"#Users/bert": [item(21)], "#Public": [item(22)], "#Public/x": [item(23)], "#Publications": [item(24)]}
    source = BoxServer(
        {**BOX, **others}, spaces, listed, Rule('LSUB "" .*', rows + OK), capabilities=f"{BASE} NAMESPACE"
    )
    account = verified(tmp_path, source, BoxServer(BOX))
    assert [folder["source"] for folder in account["folders"]] == ["INBOX", "#Publications"]
    assert kinds(account) == [("missing", 24, [])]


def test_an_extra_empty_folder_is_told_and_is_no_difference(tmp_path: Path) -> None:
    account = verified(tmp_path, BoxServer(BOX), BoxServer({**BOX, "Theirs": []}))
    assert account["same"] is True
    assert account["notes"] == ["Only at the destination, and empty: Theirs."]
    assert account["folders"][1]["destination"] == "Theirs"


# Messages


class Hiding(BoxServer):
    """Lists all but one message."""

    def row(self, number: int, item: Item) -> Sequence[bytes]:
        return [] if item.uid == 3 else super().row(number, item)


class Repeating(BoxServer):
    """Gives one message for another."""

    def row(self, number: int, item: Item) -> Sequence[bytes]:
        return super().row(number, replace(item, uid=2) if item.uid == 3 else item)


class Cutting(BoxServer):
    """Gives at most two messages of a listing (RFC 9738), and finds as few."""

    def searched(self) -> Sequence[int]:
        return super().searched()[-2:]

    def _fetched(self, uids: str, items: str) -> list[bytes]:
        rows = super()._fetched(uids, items)
        return rows if "BODY" in items else rows[-2:]


FOUR = [each for each in FIVE if each.uid != 3]


@pytest.mark.parametrize("server", [Hiding, Repeating])
def test_a_message_that_is_found_and_not_listed_is_named(tmp_path: Path, server: type[BoxServer]) -> None:
    source = server(BOX)
    account = verified(tmp_path, source, BoxServer({"INBOX": FOUR}))
    (hidden,) = account["folders"][0]["hidden"]
    assert hidden == {
        "end": "source",
        "messages": 1,
        "uids": [3],
        "numbers": {"STATUS": 5, "EXAMINE": 5, "SEARCH": 5, "listed": 4},
    }
    with server(BOX) as source, BoxServer({"INBOX": FOUR}) as destination:
        _, text = asked(tmp_path, ["verify"], source, destination)
    words = "not listed: 1 message that a server says it holds"
    assert f"{words} (source: STATUS 5, EXAMINE 5, SEARCH 5, listed 4; UID 3)" in text


def test_a_number_of_messages_that_is_more_than_can_be_found(tmp_path: Path) -> None:
    opened = Rule('EXAMINE "INBOX"', b"* 7 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n" + OK)
    account = verified(tmp_path, BoxServer(BOX, opened), BoxServer(BOX))
    assert (account["same"], account["folders"][0]["unlisted"]) == (False, 2)
    assert account["folders"][0]["hidden"][0]["numbers"]["EXAMINE"] == 7


def test_one_uid_for_two_messages_is_a_contradiction(tmp_path: Path) -> None:
    class Twofold(BoxServer):
        def row(self, number: int, item: Item) -> Sequence[bytes]:
            return [
                *super().row(number, item),
                *(super().row(9, replace(FIVE[0], uid=3, octets=b"x")) if item.uid == 3 else []),
            ]

    account = verified(tmp_path, Twofold(BOX), BoxServer(BOX))
    assert account["folders"][0]["doubts"] == ["source: UID 3 is listed twice, and not as the same message"]
    assert account["same"] is False


def test_one_message_in_several_replies_is_one_message(tmp_path: Path) -> None:
    class InParts(BoxServer):
        def row(self, number: int, item: Item) -> Sequence[bytes]:
            (row,) = super().row(number, item)
            head, _, size = row.partition(b" RFC822.SIZE ")
            return [head + b")\r\n", b"* %d FETCH (UID %d RFC822.SIZE %s" % (number, item.uid, size), row]

    assert verified(tmp_path, InParts(BOX), BoxServer(BOX))["same"] is True


def test_answers_that_are_cut_short_are_asked_for_in_parts(tmp_path: Path) -> None:
    assert verified(tmp_path, Cutting(BOX), BoxServer(BOX))["same"] is True
    account = verified(tmp_path, Cutting(BOX), BoxServer({"INBOX": FIVE[1:]}))
    assert kinds(account) == [("missing", 1, [])]


# What is not told


class Sizeless(BoxServer):
    """Tells no sizes that can be."""

    def row(self, number: int, item: Item) -> Sequence[bytes]:
        (row,) = super().row(number, item)
        return [row.partition(b" RFC822.SIZE ")[0] + b" RFC822.SIZE -1)\r\n"]


def test_where_sizes_are_not_told_the_octets_are_read(tmp_path: Path) -> None:
    account = verified(tmp_path, Sizeless(BOX), BoxServer(BOX))
    assert account["same"] is True
    assert account["notes"] == [
        "5 messages are the same byte for byte, though a server tells another size or header, or none."
    ]
    account = verified(tmp_path, Sizeless(BOX), BoxServer({"INBOX": [item(1, "hell"), *FIVE[1:4]]}))
    assert kinds(account) == [("missing", 5, []), ("different", 1, ["size"])]


@pytest.mark.parametrize(
    ("date", "there", "differs"),
    [
        ("01-Jan-1970 00:00:00 +0000", "29-Nov-2026 00:00:00 +0000", ["date"]),
        ("31-Dec-1969 23:00:00 +0000", "29-Nov-2026 00:00:00 +0000", ["date"]),
        ("01-Jan-1970 00:00:00 +0000", "31-Dec-1969 23:00:00 -0100", []),
        ("yesterday", "13-Sep-2020 12:26:40 +0000", ["not told"]),
    ],
)
def test_dates(tmp_path: Path, date: str, there: str, differs: list[str]) -> None:
    mine, theirs = (BoxServer({"INBOX": [item(1, date=each)]}) for each in (date, there))
    assert kinds(verified(tmp_path, mine, theirs)) == ([("different", 1, differs)] if differs else [])


def test_a_destination_that_stores_other_dates_and_drops_keywords(tmp_path: Path) -> None:
    mine = [item(1, flags="\\Seen Work", date="13-Sep-2019 12:26:40 +0000"), item(2, flags="\\Flagged")]
    account = verified(
        tmp_path, BoxServer({"INBOX": mine}), BoxServer({"INBOX": [item(1), item(2, flags="")]}, permanent="")
    )
    assert kinds(account) == [("different", 1, ["flags not kept", "date"]), ("different", 2, ["flags not kept"])]
    assert (account["flags_not_kept"], account["date"]) == (2, 1)


# Headers


def test_a_destination_that_rewrites_headers_has_neither_lost_nor_added_mail(tmp_path: Path) -> None:
    theirs = [replace(each, octets=b"X-Scanned: yes\r\n" + each.octets) for each in FIVE[1:]]
    account = verified(tmp_path, BoxServer(BOX), BoxServer({"INBOX": theirs}))
    assert kinds(account) == [("missing", 1, []), *(("different", uid, ["header"]) for uid in range(2, 6))]
    assert (account["missing"], account["extra"], account["header"], account["size"]) == (1, 0, 4, 0)


def test_a_header_that_is_not_that_of_the_message_says_nothing(tmp_path: Path) -> None:
    class OtherHeaders(BoxServer):
        def _fetched(self, uids: str, items: str) -> list[bytes]:
            rows = super()._fetched(uids, items)
            return [row.replace(b"Subject: mail", b"Subject: male") for row in rows] if "HEADER" in items else rows

    for words in ((), ("--deep",)):
        assert verified(tmp_path, BoxServer(BOX), OtherHeaders(BOX), *words)["same"] is True
    account = verified(tmp_path, BoxServer(BOX), OtherHeaders({"INBOX": FIVE[1:]}), "--deep")
    assert kinds(account) == [("missing", 1, [])]


# Before the start


QUOTA = Rule("GETQUOTAROOT INBOX", b'* QUOTA "" (STORAGE 0 100)\r\n' + OK)
WITH_QUOTA = f"{BASE} QUOTA APPENDLIMIT=4000"


def roomy() -> BoxServer:
    """A destination with a quota and a limit for a message."""
    return BoxServer({"INBOX": []}, QUOTA, capabilities=WITH_QUOTA)


def test_a_check_counts_folders_that_the_listing_hides_and_names_them(tmp_path: Path) -> None:
    hides = Rule(r'LIST "" "\*" RETURN .*', ONLY_INBOX + OK)
    account = checked(tmp_path, BoxServer({**BOX, "Work": [item(11)]}, hides, capabilities=EXTENDED), roomy())
    assert account["load"]["messages"] == 6
    ways = 'LIST "" "*", LIST "" "%", LSUB "" "*"'
    assert gate(account, "folder names")[:2] == ("warning", f"1 not in the source's own listing (Work: {ways}).")
    assert account["folders"] == 1


def test_a_check_says_what_is_counted_and_not_listed(tmp_path: Path) -> None:
    """Then nobody knows that all of it fits."""
    account = checked(tmp_path, Hiding(BOX), roomy())
    assert account["load"] is None
    assert gate(account, "folder names")[:2] == (
        "warning",
        "1 cannot be read in full (INBOX: The source folder INBOX holds 1 messages that it does not list).",
    )
    assert gate(account, "quota")[0] == "unknown"
    opened = Rule('EXAMINE "INBOX"', b"* 5 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n" + OK)
    more = Rule(r"UID SEARCH .*", b"* SEARCH 1 2 3 4 5 6 7 8\r\n" + OK)
    account = checked(tmp_path, BoxServer(BOX, opened, more), roomy())
    assert gate(account, "folder names") == (
        "warning",
        "1 cannot be read in full (INBOX: 8 messages are said to be there, 5 are listed).",
        "STATUS 5, EXAMINE 5, SEARCH 8",
    )
    assert (account["load"], gate(account, "quota")[0]) == (None, "unknown")


# POP


def popped(folder: Path, source: ScriptedPop, there: Sequence[Item], *words: str) -> dict[str, Any]:
    """What `verify` says of a POP mailbox."""
    with source, BoxServer({"INBOX": there}) as destination:
        path = write_plan(folder, pop(source.port), plain(destination.port), ["anna"])
        service = open_service(folder / "data")
        service.import_plan(load_plan(path))
        service.close()
        ended = CliRunner().invoke(main, ["verify", "--json", *words, "--data-dir", str(folder / "data")])
    found = json.loads(ended.stdout)
    assert ended.exit_code == (0 if found["same"] else 1)
    (account,) = found["accounts"]
    assert account["error"] is None, account
    assert isinstance(account, dict)
    return account


DATED = [replace(each, octets=each.octets.replace(b"Date: ", b"Delivery-date: ")) for each in FIVE]
NO_FLAGS = "The source keeps no flags: they were not compared."


@pytest.mark.parametrize("words", [(), ("--deep",)], ids=["sizes", "bytes"])
def test_the_last_line_end_of_pop_is_said_once(tmp_path: Path, words: tuple[str, ...]) -> None:
    there = [replace(each, octets=each.octets.removesuffix(b"\r\n")) for each in DATED]
    account = popped(tmp_path, ScriptedPop([each.octets for each in DATED]), there, *words)
    assert (account["same"], kinds(account), account["line_ends"]) == (True, [], 5)
    said = "5 messages are the same but for the last line end, which POP adds: not counted as different."
    assert account["notes"] == [NO_FLAGS, said]


def test_a_pop_mailbox_that_counts_more_than_it_lists(tmp_path: Path) -> None:
    source = ScriptedPop([each.octets for each in DATED], replies={"STAT": b"+OK 7 900\r\n"})
    account = popped(tmp_path, source, DATED)
    (hidden,) = account["folders"][0]["hidden"]
    assert hidden == {
        "end": "source",
        "messages": 2,
        "uids": [],
        "numbers": {"STAT": 7, "LIST": 5, "UIDL": 5, "listed": 5},
    }


def test_sizes_that_a_pop_server_reckons_otherwise_are_settled_by_reading(tmp_path: Path) -> None:
    """It counts bare line feeds; one message is really another one."""
    lines = "".join(f"{number} {len(each.octets) - 5}\r\n" for number, each in enumerate(DATED, 1))
    source = ScriptedPop([each.octets for each in DATED], replies={"LIST": f"+OK\r\n{lines}.\r\n".encode()})
    there = [replace(DATED[0], octets=DATED[0].octets + b"and more\r\n"), *DATED[1:]]
    account = popped(tmp_path, source, there)
    assert kinds(account) == [("different", 1, ["size"])]
    assert account["weighed"] == 4
