"""The demo's servers are real ones: mail is there, and one message is refused in the destination's own words."""

from __future__ import annotations

import csv
import imaplib
import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tui_migrate.demo import DemoServers, demo_servers, write_plan
from tui_migrate.demo.mail import FOLDERS, REFUSED_ATTACHMENT


@pytest.fixture(scope="module")
def servers() -> Iterator[DemoServers]:
    with demo_servers({"anna": 700, "bram": 60, "femke": 10}) as running:
        yield running


@contextmanager
def logged_in(port: int, account: tuple[str, str]) -> Iterator[imaplib.IMAP4]:
    client = imaplib.IMAP4("127.0.0.1", port, timeout=120)
    try:
        client.login(*account)
        yield client
    finally:
        client.logout()


def names(client: imaplib.IMAP4) -> dict[str, str]:
    """Every listed folder name as on the wire, with its attributes."""
    _, lines = client.list()
    found = (re.fullmatch(rb'\((.*?)\) "/" "?(.+?)"?', line) for line in lines if isinstance(line, bytes))
    return {match[2].decode(): match[1].decode() for match in found if match}


def messages(client: imaplib.IMAP4, folder: str) -> list[tuple[str, bytes]]:
    """The answer line and the bytes of every message in a folder."""
    client.select(f'"{folder}"', readonly=True)
    _, parts = client.uid("FETCH", "1:*", "(FLAGS INTERNALDATE BODY.PEEK[])")
    return [(part[0].decode(), part[1]) for part in parts if isinstance(part, tuple)]


def with_a_refused_message(servers: DemoServers) -> tuple[tuple[str, str], list[bytes], int]:
    """The account that has it, its INBOX, and the message's place in it."""
    found = []
    for account in servers.accounts:
        with logged_in(servers.source_port, account) as client:
            inbox = [data for _, data in messages(client, "INBOX")]
        found += [(account, inbox, n) for n, data in enumerate(inbox) if REFUSED_ATTACHMENT.encode() in data]
    (only,) = found
    return only


def test_source_has_the_folders_and_destination_only_an_inbox(servers: DemoServers) -> None:
    with logged_in(servers.source_port, servers.accounts[0]) as source:
        listed = names(source)
    with logged_in(servers.destination_port, servers.accounts[0]) as destination:
        empty = names(destination)
        inbox = messages(destination, "INBOX")
    assert {"INBOX", "Projects/Priv&AOk-", "&ZeVnLA-", "Empty"} <= set(listed)
    assert len(listed) == len(FOLDERS) + 1
    assert "\\Noselect" in listed["Archive"]
    assert (set(empty), inbox) == ({"INBOX"}, [])


def test_mail_is_of_many_kinds(servers: DemoServers) -> None:
    with logged_in(servers.source_port, servers.accounts[0]) as client:
        inbox = messages(client, "INBOX")
        japanese = messages(client, "&ZeVnLA-")
    assert len(inbox) > 200
    assert japanese
    lines = "\n".join(line for line, _ in inbox)
    for flag in ("\\Seen", "\\Answered", "\\Flagged", "$Forwarded", "project-x"):
        assert flag in lines
    assert {"2017", "2020", "2023"} <= set(re.findall(r"-(20\d\d) ", lines))
    assert {"+0100", "+0900", "-0500"} <= set(re.findall(r'([+-]\d{4})"', lines))
    assert any(b"\nMessage-ID:" not in data for _, data in inbox)


def test_destination_refuses_the_marked_message_and_takes_its_neighbours(servers: DemoServers) -> None:
    account, inbox, place = with_a_refused_message(servers)
    with logged_in(servers.destination_port, account) as client:
        answers = [client.append("INBOX", "", "", inbox[n]) for n in (place - 1, place, place + 1)]
        stored = [data for _, data in messages(client, "INBOX")]
    assert [status for status, _ in answers] == ["OK", "NO", "OK"]
    assert answers[1][1] == [f"[CANNOT] Attachment {REFUSED_ATTACHMENT} is not allowed on this server".encode()]
    assert stored == [inbox[place - 1], inbox[place + 1]]


def test_a_group_with_the_marked_message_is_refused_as_a_whole(servers: DemoServers) -> None:
    """RFC 3502: a MULTIAPPEND stores all of its messages or none."""
    account, inbox, place = with_a_refused_message(servers)
    with logged_in(servers.destination_port, account) as client:
        client.create("Group")
        group = b"".join(b" {%d+}\r\n%b" % (len(data), data) for data in inbox[place - 1 : place + 2])
        client.send(b"G1 APPEND Group" + group + b"\r\n")
        answer = client.readline()
        stored = messages(client, "Group")
    assert answer.startswith(b"G1 NO [CANNOT]")
    assert stored == []


def test_destination_keeps_keywords_and_says_so(servers: DemoServers) -> None:
    with logged_in(servers.destination_port, servers.accounts[-1]) as client:
        client.select("INBOX")
        _, flags = client.response("PERMANENTFLAGS")
        client.append("INBOX", "(project-x)", "", b"Subject: kept\r\n\r\n")
        ((line, _),) = messages(client, "INBOX")
    assert b"\\*" in (flags[0] or b"")
    assert "project-x" in line


def test_plan_names_these_servers_and_is_private(servers: DemoServers, tmp_path: Path) -> None:
    plan_file = write_plan(servers, tmp_path)
    plan = tomllib.loads(plan_file.read_text(encoding="utf-8"))
    accounts_file = tmp_path / plan["accounts"]["file"]
    assert plan["source"]["port"] == servers.source_port
    assert plan["destination"]["port"] == servers.destination_port
    assert {plan[end]["security"] for end in ("source", "destination")} == {"none"}
    with accounts_file.open(encoding="utf-8", newline="") as file:
        rows = [(row["Source"], row["Password"], row["Destination"]) for row in csv.DictReader(file)]
    assert rows == [(user, password, user) for user, password in servers.accounts]
    assert {file.stat().st_mode & 0o777 for file in (plan_file, accounts_file)} == {0o600}
