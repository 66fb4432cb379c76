"""A trace that is switched on shows what passed between us and the servers, and nothing that is nobody's business."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.conftest import DovecotFactory
from tests.crash.office import beats
from tests.crash.support import wait_for
from tests.engine.clockwork import Clock, Clockwork
from tests.engine.support import Ended, encrypted, migrate, plan_between, write_plan
from tests.engine.traced import BODIES, PASSWORD, PRIVATE, QUICK, SUBJECTS, filled
from tests.servers.certificates import Certificates
from tests.servers.dovecot import DovecotOptions
from tests.servers.faults.commands import CutCommand, RefuseCommand, RefuseLiteral, StallCommand
from tests.servers.faults.fault import Fault
from tests.servers.faults.replies import ChangeItem, ReplyGarbage
from tests.servers.imap.server import MODERN, OLD, ImapDouble
from tests.servers.mailbox import Mailbox
from tests.servers.maildir import MailItem, write_maildir
from tests.servers.pop.server import PopDouble
from tests.servers.session import MailServer
from tests.support.leaks import forms, found
from tui_migrate.cli import main
from tui_migrate.config.plan import load_plan
from tui_migrate.model import AccountState
from tui_migrate.service import open_service


def traced(folder: Path, source: MailServer, destination: MailServer) -> tuple[Ended, str]:
    """How a run with a trace has ended, and the trace."""
    with source, destination:
        plan = plan_between(folder, source, destination)
        with closing(open_service(folder / "data")) as service:
            service.plans.save(load_plan(plan))
        done = CliRunner().invoke(main, ["trace", "user", "--data-dir", str(folder / "data")])
        assert (done.exit_code, "traced from now on" in done.output) == (0, True), done.output
        ended = migrate(plan, folder / "data", QUICK)
    trace = folder / "data" / "log" / "trace-1.log"
    assert trace.stat().st_mode & 0o777 == 0o600
    for file in trace.parent.iterdir():
        assert found(file.read_bytes(), PRIVATE) == [], file
    return ended, trace.read_text()


def test_the_search_finds_what_is_there() -> None:
    for private in PRIVATE:
        assert all(found(b"x" + form + b"x", PRIVATE) == [private] for form in forms(private))


@pytest.mark.parametrize(
    "capabilities",
    [MODERN, OLD, f"{OLD} AUTH=PLAIN", f"{OLD} LITERAL-", f"{OLD} LITERAL+ UIDPLUS", f"{OLD} MULTIAPPEND LITERAL-"],
)
def test_imap(tmp_path: Path, capabilities: str) -> None:
    old, new = filled(2_000_000), Mailbox(password=PASSWORD)
    both = ImapDouble(old, capabilities=capabilities), ImapDouble(new, capabilities=capabilities)
    ended, text = traced(tmp_path, *both)
    assert ended.code == 0, ended
    assert new.octets() == old.octets()
    login = "AUTHENTICATE PLAIN" if "AUTH=PLAIN" in capabilities else "LOGIN {"
    size = len(old.folder("INBOX").messages[-1].octets)
    for part in (login, "C: T", " UID FETCH 1:", f"S: {{{size} octets}}", f"C: {{{size} octets}}", "FLAGS (", " OK "):
        assert part in text, text


@pytest.mark.parametrize("way", ["", "USER", "SASL PLAIN"])
def test_pop(tmp_path: Path, way: str) -> None:
    old, new = filled(2_000_000), Mailbox(password=PASSWORD)
    server = PopDouble(old, capabilities=("TOP", "UIDL", way, "PIPELINING") if way else ())
    ended, text = traced(tmp_path, server, ImapDouble(new))
    assert ended.code == 0, ended
    size = len(old.folder("INBOX").messages[-1].octets)
    login = "AUTH PLAIN" if way == "SASL PLAIN" else "C: PASS {"
    for part in (login, "C: UIDL", "C: RETR 6", f"S: {{{size} octets}}", "C: QUIT"):
        assert part in text, text


@pytest.mark.parametrize(
    "faults",
    [
        [CutCommand("UID FETCH.*BODY", nth=2)],
        [ReplyGarbage(3, f'* 3 FETCH (UID 3 BODY[] "Subject: {SUBJECTS[2]}" {BODIES[2]})\r\n'.encode())],
        [ReplyGarbage(3, f"Subject: {SUBJECTS[2]}\r\n".encode())],
        [ReplyGarbage(3, f'* 3 FETCH (UID 3 ENVELOPE ("x" "{SUBJECTS[2]}") BODY[] {{5}}\r\n'.encode())],
        [ChangeItem("BODY[]", f'"{SUBJECTS[0]}\\" {BODIES[0]}"'.encode(), {1})],
        [RefuseCommand("AUTHENTICATE", reply=f'NO [AUTHENTICATIONFAILED] not "{PASSWORD}"'.encode())],
    ],
)
def test_a_source_that_misbehaves(tmp_path: Path, faults: Sequence[Fault]) -> None:
    traced(tmp_path, ImapDouble(filled(), faults), ImapDouble(Mailbox(password=PASSWORD)))


@pytest.mark.parametrize(
    "faults", [[CutCommand("APPEND")], [RefuseLiteral(times=2)], [RefuseLiteral(times=2, reply=b"NO no")]]
)
@pytest.mark.parametrize("capabilities", [MODERN, OLD])
def test_a_destination_that_misbehaves(tmp_path: Path, faults: Sequence[Fault], capabilities: str) -> None:
    there = ImapDouble(Mailbox(password=PASSWORD), faults, capabilities=capabilities)
    ended, text = traced(tmp_path, ImapDouble(filled()), there)
    if isinstance(faults[0], CutCommand):
        assert "-- 127.0.0.1 closed the connection." in text
        assert ended.code == 0, ended


@pytest.mark.parametrize("security", ["tls", "starttls"])
@pytest.mark.parametrize("protocol", ["imap", "pop"])
def test_real_servers_under_tls(
    dovecot_factory: DovecotFactory, certificates: Certificates, tmp_path: Path, protocol: str, security: str
) -> None:
    server = dovecot_factory(DovecotOptions(certificate=certificates.good, pop3=True))
    user = f"trace-{protocol}-{security}"
    mail = [f"Subject: {each}\r\n\r\n{body}\r\n" for each, body in zip(SUBJECTS, BODIES, strict=True)]
    mail.append(mail[0] + mail[0] * 20_000)
    items = [MailItem("INBOX", text.encode(), frozenset({"\\Seen"}), 1_234_567_890) for text in mail]
    write_maildir(server.add_user(user, PASSWORD), "/", items)
    server.add_user(f"new-{user}", PASSWORD)
    ports = {"imap": (server.tls_port, server.port), "pop": (server.pop3_tls_port, server.pop3_port)}
    port, there = (each[security == "starttls"] for each in (ports[protocol], ports["imap"]))
    rows = [{"Source": user, "Password": PASSWORD, "Destination": f"new-{user}"}]
    ends = [encrypted(each, certificates.ca_file, security) for each in (port, there)]
    plan = write_plan(tmp_path, {**ends[0], "protocol": protocol}, ends[1], rows)
    with closing(open_service(tmp_path / "data")) as service:
        service.plans.save(load_plan(plan))
        service.logs.set_trace(1, on=True)
    ended = migrate(plan, tmp_path / "data", QUICK)
    assert (ended.code, ended.counts.copied) == (0, 7), ended
    text = (tmp_path / "data" / "log" / "trace-1.log").read_text()
    size = len(mail[-1].encode())
    shown = f"S: {{{size} octets}}"
    assert shown in text, text
    assert f"C: {{{size} octets}}" in text
    assert ("STARTTLS" in text or "STLS" in text) is (security == "starttls")
    assert f"-- connected to 127.0.0.1 port {port} under TLSv1." in text
    for file in (tmp_path / "data" / "log").iterdir():
        assert found(file.read_bytes(), PRIVATE) == [], file


def test_it_is_switched_on_and_off_while_a_connection_works(tmp_path: Path) -> None:
    old, new = filled(), Mailbox(password=PASSWORD)
    first, second = StallCommand("UID FETCH.*BODY", times=1), StallCommand("APPEND", nth=2, times=1)
    trace = tmp_path / "data" / "log" / "trace-1.log"
    with (
        ImapDouble(old, [first]) as source,
        ImapDouble(new, [second], capabilities=f"{OLD} AUTH=PLAIN") as there,
        closing(open_service(tmp_path / "data")) as service,
    ):
        migration_id, _ = service.plans.save(load_plan(plan_between(tmp_path, source, there)))
        service.migrations.start(migration_id, everything=True, with_engine=False)
        with Clockwork(service, Clock(), QUICK):
            wait_for(lambda: first.met > 0)
            service.logs.set_trace(1, on=True)
            wait_for(trace.exists)
            beats(service)  # it is open before the connection writes to it
            first.event.set()
            wait_for(lambda: second.met > 1)
            service.logs.set_trace(1, on=False)
            wait_for(lambda: "the trace ends" in trace.read_text())
            second.event.set()
            wait_for(lambda: service.accounts.get(1).state is AccountState.DONE)
    text = trace.read_text()
    assert "S: * 1 FETCH (UID 1 BODY[] {" in text
    assert " APPEND " in text
    assert "AUTHENTICATE" not in text, "that was before"
    assert text.count(" APPEND ") == 3, "that of the others was after"
    assert found(trace.read_bytes(), PRIVATE) == []
    assert new.octets() == old.octets()


def test_a_link_in_the_place_of_a_trace_is_not_followed(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("mine")
    (tmp_path / "data" / "log").mkdir(parents=True)
    (tmp_path / "data" / "log" / "trace-1.log").symlink_to(other)
    with ImapDouble(filled()) as old, ImapDouble(Mailbox(password=PASSWORD)) as new:
        plan = plan_between(tmp_path, old, new)
        with closing(open_service(tmp_path / "data")) as service:
            service.plans.save(load_plan(plan))
            service.logs.set_trace(1, on=True)
        assert migrate(plan, tmp_path / "data", QUICK).code == 0
    assert other.read_text() == "mine"
    assert "cannot be written" in (tmp_path / "data" / "log" / "engine.log").read_text()


def test_nobody_is_traced_who_is_not_there(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["trace", "nobody", "--data-dir", str(tmp_path)])
    assert (done.exit_code, "no account of the source user nobody" in done.output) == (2, True)


def test_a_trace_goes_with_its_account(tmp_path: Path) -> None:
    with ImapDouble(Mailbox()) as old, ImapDouble(Mailbox()) as new:
        plan = plan_between(tmp_path, old, new)
    with closing(open_service(tmp_path / "data")) as service:
        service.plans.save(load_plan(plan))
        files = [
            service.store.paths.log_dir / name for name in ("trace-1.log", "trace-1.log.1", "trace-7.log", "engine.log")
        ]
        for file in files:
            file.touch(mode=0o600)
        service.logs.forget_traces()
        assert [file.exists() for file in files] == [True, True, False, True]
        service.accounts.delete([1])
        assert [file.exists() for file in files] == [False, False, False, True]
