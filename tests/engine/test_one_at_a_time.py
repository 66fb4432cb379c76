"""Servers that take one command at a time are looked at as they are copied: nobody has to try twice."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from tests.engine.support import migrate, plan_between, run_here
from tests.servers.faults.commands import RefusePipelining
from tests.servers.imap.server import ImapDouble
from tests.servers.mailbox import Mailbox
from tui_migrate.service import open_service


@pytest.mark.parametrize("sides", ["source", "destination", "both"])
def test_they_are_copied_verified_checked_and_mapped(tmp_path: Path, sides: str) -> None:
    old, new = Mailbox(), Mailbox()
    for name in ("INBOX", "Sent", "Work"):
        folder = old.folder("INBOX") if name == "INBOX" else old.add_folder(name)
        folder.add(f"Subject: {name}\r\n\r\nx\r\n".encode())

    def faults(side: str) -> list[RefusePipelining]:
        return [RefusePipelining()] if sides in (side, "both") else []

    with ImapDouble(old, faults("source")) as source, ImapDouble(new, faults("destination")) as destination:
        ended = migrate(plan_between(tmp_path, source, destination), tmp_path / "data")
        assert (ended.code, ended.counts.copied, new.octets()) == (0, 3, old.octets()), ended
        for command in ("verify", "check"):
            looked = run_here(command, "--data-dir", tmp_path / "data")
            assert looked.returncode == 0, looked
        with closing(open_service(tmp_path / "fresh")) as fresh:
            assert fresh.migrations.listing() == []
        with closing(open_service(tmp_path / "data")) as service:
            (account,) = service.accounts.listing(1)
            assert len(service.folders.trees(account.id).source.folders) == 3
