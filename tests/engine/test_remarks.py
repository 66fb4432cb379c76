"""What is not as it was and is no failure: counted over all passes, listed, and a failure for whoever is strict."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests.conftest import DovecotFactory
from tests.engine.support import plain, run_here, write_plan
from tests.servers.maildir import MailItem, write_maildir
from tests.support.rewriting_proxy import RewritingProxy
from tui_migrate.model import RemarkKind
from tui_migrate.service import open_service


def item(number: int, *flags: str) -> MailItem:
    return MailItem("INBOX", b"Subject: %d\r\n\r\nx\r\n" % number, frozenset(flags), 1_500_000_000 + number)


def without_keywords(line: bytes, _: bytes | None) -> bytes:
    """A destination that keeps no keyword."""
    return line.replace(b" \\*)", b")") if b"PERMANENTFLAGS" in line else line


def test_flags_that_are_not_kept_are_listed_and_only_the_strict_end_with_1(
    dovecot_factory: DovecotFactory, unique_user: Callable[[], str], tmp_path: Path
) -> None:
    server, user = dovecot_factory(), unique_user()
    source = server.add_user(user, "secret")
    server.add_user(f"new-{user}", "secret")
    write_maildir(source, "/", [item(1, "$Odd"), item(2, "$Odd", "\\Seen"), item(3)])
    data = tmp_path / "data"
    with RewritingProxy(server.port, server_line=without_keywords) as proxy:
        plan = write_plan(tmp_path, plain(server.port), plain(proxy.port), [(user, f"new-{user}")])
        first = run_here("run", plan, "--data-dir", data)
        assert (first.returncode, f"{user} INBOX: flag not kept: $Odd, 2 messages" in first.stdout) == (0, True), first
        assert run_here("run", plan, "--data-dir", data).returncode == 0
        assert run_here("run", plan, "--strict", "--data-dir", data).returncode == 1, "it is not kept still"
        write_maildir(source, "/", [item(4, "$Odd")])
        assert run_here("run", plan, "--data-dir", data).returncode == 0
    told = json.loads(run_here("remarks", "--json", "--data-dir", data).stdout)
    assert told == [{"account": user, "kind": "flag not kept", "folder": "INBOX", "what": "$Odd", "messages": 3}]
    with closing(open_service(data)) as service:
        (account,) = service.accounts.listing(1)
        assert account.detail == "flag not kept: $Odd on 3."
        service.reports.write([1], tmp_path / "report")
    table = (tmp_path / "report" / "remarks.csv").read_text("utf-8-sig")
    assert table.splitlines()[1] == f"Test,{user},flag not kept,INBOX,$Odd,3"
    (page,) = (tmp_path / "report").glob("*.html")
    assert "Not as it was" in page.read_text()


def test_every_kind_says_whether_it_adds_up() -> None:
    adding = {RemarkKind.FLAG, RemarkKind.DATE, RemarkKind.REWRITTEN, RemarkKind.WITHOUT}
    assert {kind for kind in RemarkKind if not kind.stands} == adding
