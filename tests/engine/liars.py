"""One account between two servers in memory, which a test may make lie, and what `verify` and `check` say of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from tests.engine.pop_mail import pop
from tests.engine.support import plain, write_plan
from tests.servers.faults.fault import Fault
from tests.servers.imap.server import OLD, ImapDouble
from tests.servers.mailbox import Mailbox
from tests.servers.pop.server import PopDouble
from tui_migrate.cli import main
from tui_migrate.config.plan import load_plan
from tui_migrate.service import open_service

PLAIN = f"{OLD} AUTH=PLAIN SASL-IR UIDPLUS"
"""Capabilities of a server that has one way alone to list folders."""


@dataclass(frozen=True)
class Item:
    """A message as it lies there."""

    uid: int
    octets: bytes
    flags: str = "\\Seen"
    date: str = "13-Sep-2020 12:26:40 +0000"


def item(uid: int, body: str = "hello", **changes: Any) -> Item:
    """A message with everything that a message has, of its own."""
    head = f"Message-ID: <{uid}@old>\r\nSubject: mail {uid}\r\nDate: Sun, 13 Sep 2020 12:26:40 +0000\r\n\r\n"
    return replace(Item(uid, f"{head}{body}\r\n".encode()), **changes)


FIVE = [item(uid) for uid in range(1, 6)]
BOX = {"INBOX": FIVE}


def box(folders: Mapping[str, Sequence[Item]]) -> Mailbox:
    """A mailbox with these folders."""
    made = Mailbox()
    for name, items in folders.items():
        folder = made.find(name) or made.add_folder(name)
        for each in items:
            folder.add(each.octets, each.flags.split(), each.date, uid=each.uid)
    return made


def imap(folders: Mapping[str, Sequence[Item]], *faults: Fault, **more: Any) -> ImapDouble:
    """A server with a mailbox that has these folders."""
    return ImapDouble(box(folders), faults, **more)


def asked(folder: Path, source: ImapDouble | PopDouble, destination: ImapDouble, *words: str) -> tuple[int, str]:
    """A command's exit code and output, for a migration of one account between these two."""
    with source, destination:
        mine = pop(source.port) if isinstance(source, PopDouble) else plain(source.port)
        path = write_plan(folder, mine, plain(destination.port), ["user"])
        service = open_service(folder / "data")
        service.plans.save(load_plan(path))
        service.close()
        ended = CliRunner().invoke(main, [*words, "--data-dir", str(folder / "data")])
    assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.output
    return ended.exit_code, ended.stdout


def verified(folder: Path, source: ImapDouble | PopDouble, destination: ImapDouble, *words: str) -> dict[str, Any]:
    """What `verify` says of the account; its exit code is seen to agree."""
    code, text = asked(folder, source, destination, "verify", "--json", *words)
    found = json.loads(text)
    assert code == (0 if found["whole"] else 1)
    (account,) = found["accounts"]
    assert account["error"] is None, account
    assert isinstance(account, dict)
    return account


def checked(folder: Path, source: ImapDouble, destination: ImapDouble) -> dict[str, Any]:
    """What `check` says of the account."""
    _, text = asked(folder, source, destination, "check", "--json")
    ((account,),) = [each["accounts"] for each in json.loads(text)["migrations"]]
    assert isinstance(account, dict)
    return account


def result(account: Mapping[str, Any], name: str) -> tuple[str, str, str]:
    """Verdict, sentence and the server's words."""
    (found,) = [each for each in account["results"] if each["item"] == name]
    return found["verdict"], found["sentence"], found["server_words"]


def kinds(account: Mapping[str, Any]) -> list[tuple[str, int, list[str]]]:
    """What is wrong with which message, and in what it differs."""
    return [
        (each["kind"], (each["source"] or each["destination"])["uid"], each["differs"])
        for folder in account["folders"]
        for each in folder["messages"]
    ]
