"""Whole migrations by way of a proxy: nothing comes from anywhere else, and its password is nowhere but there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from zipfile import ZipFile

import pytest
import tomli_w

from tests.engine.support import Keys, migrate, run_here, write_plan
from tests.engine.traced import QUICK
from tests.servers.certificates import Certificates
from tests.servers.forward_proxies import ConnectProxy, ForwardProxy, SocksProxy
from tests.servers.imap.server import ImapDouble
from tests.servers.loopback_server import LoopbackServer
from tests.servers.mailbox import Mailbox
from tests.servers.pop.server import PopDouble
from tests.servers.smtp import SmtpServer
from tests.support.leaks import found
from tui_migrate.config.plan import load_plan
from tui_migrate.model import AccountState, NetworkServer
from tui_migrate.service import open_service
from tui_migrate.store import migrations
from tui_migrate.store.vault import Unopened

KINDS = (SocksProxy, ConnectProxy)
PASSWORD, WRONG = "Kiwi-3f9-geheim", "Mango-77-falsch"
USER = "bob-at-the-proxy"
OLD = NEW = "mail.elsewhere.example"
"""That one of the certificates is made for, and that resolves nowhere."""
NEW_PORT, SMTP_PORT = 1993, 1465
MESSAGES = 40


def filled() -> Mailbox:
    box = Mailbox("alice")
    for number in range(MESSAGES):
        box.folder("INBOX").add(b"Message-ID: <%d@old>\r\nSubject: %d\r\n\r\ntext\r\n" % (number, number), ["\\Seen"])
    return box


@dataclass
class Office:
    """Servers that only a proxy knows the way to."""

    folder: Path
    proxy: ForwardProxy
    old: LoopbackServer
    new: ImapDouble
    smtp: SmtpServer
    trusted: Path
    boxes: tuple[Mailbox, Mailbox]
    protocol: str
    printed: list[str] = field(default_factory=list)

    def way(self, password: str = PASSWORD) -> Keys:
        secret = self.folder / "proxy.secret"
        secret.touch(0o600)
        secret.write_text(f"{password}\n")
        login = {"user": USER, "password_file": "proxy.secret"}
        return {"proxy": self.proxy.url, "proxy_login": login, "ca_file": str(self.trusted)}

    def plan(self, password: str = PASSWORD) -> Path:
        way = self.way(password)
        source = {"protocol": self.protocol, "host": OLD, **way}
        accounts = [{"Source": "alice", "Password": "secret", "Destination": "alice", "Notify": "alice@new.example"}]
        path = write_plan(self.folder, source, {"host": NEW, "port": NEW_PORT, **way}, accounts)
        mail = {"host": NEW, "port": SMTP_PORT, "sender": "help@new.example", **way}
        path.write_text(path.read_text() + tomli_w.dumps({"mail": mail}))
        return path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def run(self, *words: str | Path) -> int:
        ended = run_here(*words, "--data-dir", self.data)
        self.printed += [ended.stdout, ended.stderr]
        return ended.returncode

    def assert_nothing_came_from_elsewhere(self) -> None:
        """The servers have met nobody but the proxy, which was asked for names."""
        for server in (self.old, self.new, self.smtp):
            assert server.came_from
            assert server.came_from <= self.proxy.ports
        assert {each.host for each in self.proxy.asked} == {OLD}

    def assert_no_leak(self) -> None:
        """Neither in what was printed nor in any file, a bundle among them."""
        bundle = self.folder / "it.zip"
        assert self.run("bundle", "alice", "--output", bundle) == 0
        with ZipFile(bundle) as members:
            files = {name: members.read(name) for name in members.namelist()}
        files |= {str(path): path.read_bytes() for path in self.data.rglob("*") if path.is_file()}
        with closing(open_service(self.data)) as service:
            files["events"] = repr(service.logs.events()).encode()
            files["reprs"] = repr([*service.migrations.listing(), *service.failures.listing()]).encode()
        files["printed"] = "".join(self.printed).encode()
        assert [name for name, data in files.items() if found(data, [PASSWORD, WRONG])] == []
        assert USER in files["settings.json"].decode()
        bundle.unlink()


@pytest.fixture(params=[(SocksProxy, "imap")])
def office(request: pytest.FixtureRequest, tmp_path: Path, certificates: Certificates) -> Iterator[Office]:
    kind, protocol = request.param
    boxes = filled(), Mailbox("alice")
    tls = certificates.wrong_name.context()
    with ExitStack() as stack:
        old = stack.enter_context(ImapDouble(boxes[0], tls=tls) if protocol == "imap" else PopDouble(boxes[0], tls=tls))
        new = stack.enter_context(ImapDouble(boxes[1], tls=tls))
        smtp = stack.enter_context(SmtpServer(tls=certificates.wrong_name))
        places = {
            (OLD, 993 if protocol == "imap" else 995): old.port,
            (NEW, NEW_PORT): new.port,
            (NEW, SMTP_PORT): smtp.port,
        }
        proxy = stack.enter_context(kind(places, login=(USER, PASSWORD)))
        yield Office(tmp_path, proxy, old, new, smtp, certificates.ca_file, boxes, protocol)


@pytest.mark.parametrize("office", [(kind, of) for kind in KINDS for of in ("imap", "pop")], indirect=True)
def test_all_mail_arrives_by_the_proxy_alone(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    plan = office.plan()
    with closing(open_service(office.data)) as service:
        service.plans.save(load_plan(plan))
        service.logs.set_trace(1, on=True)
    assert office.run("check", "Test") == 0
    assert migrate(plan, office.data, QUICK).code == 0
    office.printed += capsys.readouterr()
    assert office.run("verify", "Test") == 0
    assert office.boxes[1].octets() == office.boxes[0].octets()
    assert [each.recipients for each in office.smtp.received] == [["alice@new.example"]]
    assert office.proxy.octets > 2 * sum(len(item.content) for item in office.boxes[0].contents())
    assert {*office.proxy.logins} == {(USER, PASSWORD)}
    office.assert_nothing_came_from_elsewhere()
    office.assert_no_leak()
    assert any(office.data.rglob("trace*"))


def test_a_wrong_login_is_told_and_the_right_one_is_enough(office: Office) -> None:
    ended = migrate(office.plan(WRONG), office.data, QUICK)
    assert (ended.code, ended.accounts[0].state) == (1, AccountState.FAILED)
    assert {each.kind for each in ended.failures} == {"login refused by the proxy"}
    assert f"does not accept the login of {USER}" in ended.failures[0].sentence
    assert len(office.proxy.logins) == 2  # each of the two servers is tried once
    assert office.run("check", "Test") == 1
    assert "does not accept the login" in office.printed[-2]
    ended = migrate(office.plan(), office.data, QUICK)
    assert (ended.code, ended.failures) == (0, []), ended
    office.assert_no_leak()


def test_an_account_that_had_worked_waits_for_the_new_login_of_the_proxy(office: Office) -> None:
    assert migrate(office.plan(), office.data, QUICK).code == 0
    office.boxes[0].folder("INBOX").add(b"Message-ID: <late@old>\r\n\r\nlate\r\n")
    office.proxy.login = (USER, WRONG)
    ended = migrate(office.plan(), office.data, QUICK)
    assert ended.accounts[0].state is AccountState.PAUSED
    asks = "Login refused by the proxy: give the migration the proxy's new login, and it goes on by itself."
    assert ended.accounts[0].detail.startswith(asks)
    with closing(open_service(office.data)) as service:
        service.plans.save(load_plan(office.plan(WRONG)))
        assert service.accounts.get(1).state is AccountState.WAITING
        assert service.logs.events()[0].what.startswith("imported plan.toml")
        assert service.logs.events()[1].what == "changed source proxy login, destination proxy login and mail to users"
    assert migrate(office.plan(WRONG), office.data, QUICK).code == 0
    assert office.boxes[1].octets() == office.boxes[0].octets()


def test_the_password_is_stored_for_its_proxy_alone(office: Office) -> None:
    """Whoever leads the way elsewhere in the store gets no password sent there."""
    with closing(open_service(office.data)) as service:
        service.plans.save(load_plan(office.plan()))
        with service.store.write() as connection:
            connection.exec_driver_sql(
                "UPDATE server SET settings = replace(settings, ?, ?)", (office.proxy.url, "socks5://evil.example:1080")
            )
            stored = migrations.get(connection, 1, service.store.vault).source
        assert isinstance(stored, NetworkServer)
        login = stored.proxy_login
        assert login is not None
        assert isinstance(login.password, Unopened)
        assert (login.user, login.password.is_lost) == (USER, True)
        assert "socks5://evil.example:1080" in login.password.why
