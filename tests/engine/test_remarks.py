"""What is not as it was and is no failure: counted over all passes, listed, and a failure for whoever is strict."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.conftest import DovecotFactory
from tests.engine.support import migrate, plain, run_here, write_plan
from tests.servers.maildir import MailItem, write_maildir
from tests.support.rewriting_proxy import RewritingProxy
from tui_migrate.engine import supervisor
from tui_migrate.engine.copying.work import Additions, Work
from tui_migrate.engine.outcome import Outcome, record_end
from tui_migrate.model import RemarkKind
from tui_migrate.service import open_service
from tui_migrate.store.database import Transaction
from tui_migrate.timing import Timing


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


class _Again(Exception):
    """A neighbour in the same transaction has failed."""


def test_what_is_written_twice_because_a_neighbour_failed_counts_once(
    dovecot_factory: DovecotFactory, unique_user: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def twice(connection: Transaction, work: Work, outcome: Outcome, additions: Additions) -> bool:
        with suppress(_Again), connection.begin_nested():
            record_end(connection, work, outcome, additions)
            raise _Again
        return record_end(connection, work, outcome, additions)

    monkeypatch.setattr(supervisor, "record_end", twice)
    server, user = dovecot_factory(), unique_user()
    write_maildir(server.add_user(user, "secret"), "/", [item(1, "$Odd"), item(2, "$Odd")])
    server.add_user(f"new-{user}", "secret")
    with RewritingProxy(server.port, server_line=without_keywords) as proxy:
        plan = write_plan(tmp_path, plain(server.port), plain(proxy.port), [(user, f"new-{user}")])
        assert migrate(plan, tmp_path / "data", Timing(save=60.0)).code == 0
    told = json.loads(run_here("remarks", "--json", "--data-dir", tmp_path / "data").stdout)
    assert [(each["what"], each["messages"]) for each in told] == [("$Odd", 2)]


def test_every_kind_says_whether_it_adds_up() -> None:
    adding = {RemarkKind.FLAG, RemarkKind.DATE, RemarkKind.REWRITTEN, RemarkKind.WITHOUT}
    assert {kind for kind in RemarkKind if not kind.stands} == adding
